//! What is computed of metrics, step by step, as PromQL would: labels without `__name__`, numbers as in IEEE 754.

use super::decimal::Decimal;
use super::gate::{Captured, Demand, Inputs, baseline_value, usable, warnings};
use super::{Labels, Sample, TimeSeries};
use crate::metrics::Grid;
use crate::model::limits::STEPS;
use crate::model::{Formula, MetricRef, Problem};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Computes the values of a formula; its warnings are those that its metrics do not accept.
///
/// A step of one input without a sample is a step of the result without one. A NaN gives a NaN.
///
/// # Errors
/// When a metric is not known, in doubt, or not what was asked for; when two metrics have other steps; when a number of the
/// formula is none; when a baseline cannot be had, whose window must be covered as its metric asks.
pub fn compute(source: &Formula, inputs: &Inputs) -> Result<Captured, Problem> {
    let mut captured = self::source(source, inputs, None)?.into_owned();
    captured.warnings = unaccepted(&source.metrics(), inputs);
    Ok(captured)
}

/// The values of a formula; a baseline's window must be covered as demanded, or as its metric asks.
pub(super) fn source<'a>(
    source: &Formula,
    inputs: &'a Inputs,
    demand: Option<Demand>,
) -> Result<Cow<'a, Captured>, Problem> {
    let computed = match source {
        Formula::Metric { metric } => return Ok(Cow::Borrowed(usable(metric, inputs)?)),
        Formula::Ratio {
            numerator,
            denominator,
        } => ratio(usable(numerator, inputs)?, usable(denominator, inputs)?)?,
        Formula::BurnRate { errors, objective } => {
            let allowed = allowed(objective)?;
            each(usable(errors, inputs)?, || move |share| share / allowed)?
        }
        Formula::BudgetUsed {
            errors,
            objective,
            period_ms,
        } => {
            let captured = usable(errors, inputs)?;
            let budget = allowed(objective)? * *period_ms as f64;
            let step = captured.grid.step_ms as f64;
            if budget == 0.0 || step == 0.0 {
                return Err(problem("a budget is used over a period, step by step"));
            }
            let grid = captured.grid;
            let all = unnamed(&captured.series)?.into_iter();
            let used =
                all.map(|(labels, samples)| series(labels, used(&grid, samples, step / budget)));
            Captured {
                grid,
                series: used.collect(),
                warnings: Vec::new(),
                doubt: None,
            }
        }
        Formula::Change { metric, baseline } => {
            let captured = usable(metric, inputs)?;
            let base = baseline_value(baseline, inputs, demand)?;
            each(captured, || move |value| value / base - 1.0)?
        }
    };
    Ok(Cow::Owned(Captured {
        warnings: unaccepted(&source.metrics(), inputs),
        ..computed
    }))
}

/// Sums the share of the budget that is used up to each sample, `weight` of it a step.
///
/// A step without a number costs as much as the worse of its neighbours: what was not seen is no time without errors.
fn used(grid: &Grid, samples: &[Sample], weight: f64) -> Vec<Sample> {
    let numbers = samples.iter().filter(|sample| !sample.value.is_nan());
    let mut sum = 0.0;
    let mut before: Option<(u64, f64)> = None;
    let mut all = Vec::with_capacity(samples.len());
    for sample in numbers {
        let Some(index) = grid.index_of(sample.ms) else {
            continue;
        };
        let (lacking, worse) = match before {
            None => (index, sample.value),
            Some((last, share)) => (index.saturating_sub(last + 1), sample.value.max(share)),
        };
        sum += worse * lacking as f64 + sample.value;
        before = Some((index, sample.value));
        all.push(Sample {
            value: sum * weight,
            ..*sample
        });
    }
    all
}

fn unaccepted(metrics: &[&MetricRef], inputs: &Inputs) -> Vec<String> {
    let all = metrics.iter().flat_map(|metric| warnings(metric, inputs));
    let mut all: Vec<String> = all.cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What the objective leaves for errors: 1 less the objective, exact before it is a float.
fn allowed(objective: &str) -> Result<f64, Problem> {
    Decimal::parse(objective)
        .and_then(Decimal::one_minus)
        .filter(|allowed| allowed.is_positive())
        .map(Decimal::to_f64)
        .ok_or_else(|| problem(format!("the objective {objective:?} is no share below 1")))
}

/// Applies a function to each series, made anew for it, in the order of time.
fn each<F: FnMut(f64) -> f64>(
    captured: &Captured,
    function: impl Fn() -> F,
) -> Result<Captured, Problem> {
    let series = unnamed(&captured.series)?
        .into_iter()
        .map(|(labels, samples)| {
            let mut function = function();
            let samples = samples.iter().map(|sample| Sample {
                value: function(sample.value),
                ..*sample
            });
            series(labels, samples.collect())
        });
    Ok(Captured {
        grid: captured.grid,
        series: series.collect(),
        warnings: Vec::new(),
        doubt: None,
    })
}

/// Divides step by step; a label set of one side alone is a series without values.
fn ratio(above: &Captured, below: &Captured) -> Result<Captured, Problem> {
    if above.grid != below.grid {
        return Err(problem("the two metrics were not asked for the same steps"));
    }
    let mut pairs: BTreeMap<Labels, (&[Sample], &[Sample])> = BTreeMap::new();
    for (labels, samples) in unnamed(&above.series)? {
        pairs.entry(labels).or_default().0 = samples;
    }
    for (labels, samples) in unnamed(&below.series)? {
        pairs.entry(labels).or_default().1 = samples;
    }
    let steps = above.grid.points.saturating_mul(pairs.len() as u64);
    if steps > STEPS {
        let what = format!("the ratio has {steps} steps, at most {STEPS} are judged");
        return Err(problem(what));
    }
    let series = pairs
        .into_iter()
        .map(|(labels, (above, below))| series(labels, divide(above, below)));
    Ok(Captured {
        grid: above.grid,
        series: series.collect(),
        warnings: Vec::new(),
        doubt: None,
    })
}

fn divide(above: &[Sample], below: &[Sample]) -> Vec<Sample> {
    let (mut above, mut below) = (above.iter().peekable(), below.iter().peekable());
    let mut quotients = Vec::new();
    while let (Some(a), Some(b)) = (above.peek(), below.peek()) {
        match a.ms.cmp(&b.ms) {
            Ordering::Less => {
                above.next();
            }
            Ordering::Greater => {
                below.next();
            }
            Ordering::Equal => {
                quotients.push(Sample {
                    ms: a.ms,
                    value: a.value / b.value,
                });
                above.next();
                below.next();
            }
        }
    }
    quotients
}

/// Series by their labels without the metric's name.
fn unnamed(series: &[TimeSeries]) -> Result<BTreeMap<Labels, &[Sample]>, Problem> {
    let mut found = BTreeMap::new();
    for one in series {
        let mut labels = one.labels.clone();
        labels.0.remove("__name__");
        if found
            .insert(labels.clone(), one.samples.as_slice())
            .is_some()
        {
            let what = "two series have the same labels when their names are left out";
            return Err(problem(what));
        }
    }
    Ok(found)
}

fn series(labels: Labels, samples: Vec<Sample>) -> TimeSeries {
    TimeSeries {
        labels,
        samples,
        histograms: 0,
    }
}

fn problem(message: impl Into<String>) -> Problem {
    Problem::new("gate-formula", message)
}

#[cfg(test)]
mod tests;
