//! The number that others are compared with.

use super::values::judged_part;
use super::words::{counted, exact, percent};
use super::{Inputs, usable};
use crate::metrics::decimal::Decimal;
use crate::metrics::{Coverage, series, statistic};
use crate::model::time::duration_text;
use crate::model::{Baseline, GateCheck, MetricExpectation, Problem};

/// How much of a window must have values.
#[derive(Clone, Copy)]
pub(crate) struct Demand {
    pub(crate) min_coverage_percent: u8,
    pub(crate) max_gap_ms: u64,
}

impl Demand {
    pub(super) fn of_check(check: &GateCheck) -> Self {
        Self {
            min_coverage_percent: check.min_coverage_percent,
            max_gap_ms: check.max_gap_ms,
        }
    }

    pub(crate) fn of_metric(expectation: &MetricExpectation) -> Self {
        Self {
            min_coverage_percent: expectation.min_coverage_percent,
            max_gap_ms: expectation.max_gap_ms,
        }
    }

    /// What is lacking, in words; none when enough is there.
    pub(super) fn lacking(self, found: &Coverage, step_ms: u64) -> Option<String> {
        let gap_ms = found.longest_gap.saturating_mul(step_ms);
        if !found.is_at_least(self.min_coverage_percent) {
            let of = counted(found.points, "step");
            let share = percent(found.numbers, found.points);
            let has = if found.numbers == 1 { "has" } else { "have" };
            let most = duration_text(gap_ms);
            return Some(format!(
                "{} of {of} {has} a value ({share}), at least {} % must; the longest gap is {most}",
                found.numbers, self.min_coverage_percent
            ));
        }
        (gap_ms > self.max_gap_ms).then(|| {
            let (found, most) = (duration_text(gap_ms), duration_text(self.max_gap_ms));
            format!("there is no value for {found} in a row, at most {most} may be without")
        })
    }
}

/// The baseline: finite and above zero.
///
/// # Errors
/// When there is no such number, or its window is not covered as demanded.
pub(crate) fn value(
    baseline: &Baseline,
    inputs: &Inputs,
    demand: Option<Demand>,
) -> Result<f64, Problem> {
    let value = match baseline {
        Baseline::Constant { value } => Decimal::parse(value)
            .map(Decimal::to_f64)
            .ok_or_else(|| problem(format!("the baseline {value:?} is no decimal number")))?,
        Baseline::Of {
            metric,
            part,
            statistic,
        } => {
            let captured = usable(metric, inputs)?;
            let one = match captured.series.as_slice() {
                [one] => one.samples.as_slice(),
                [] => &[],
                many => {
                    let count = many.len();
                    let what = format!(
                        "the baseline {} has {count} series, one is asked for",
                        metric.item
                    );
                    return Err(problem(what));
                }
            };
            let (grid, beyond) = judged_part(*part, &captured.grid);
            if beyond {
                let what = format!("the baseline's window of {} was not captured", metric.item);
                return Err(problem(what));
            }
            let steps = series::steps(&grid, one);
            let demand = demand.unwrap_or(Demand::of_metric(&metric.expectation));
            if let Some(what) = demand.lacking(&Coverage::of(&steps), grid.step_ms) {
                return Err(problem(format!("the baseline {}: {what}", metric.item)));
            }
            let numbers: Vec<f64> = steps.iter().filter_map(|step| step.number()).collect();
            statistic::compute(*statistic, &numbers, None).ok_or_else(|| {
                let name = statistic::name(*statistic);
                problem(format!("the baseline {} has no {name}", metric.item))
            })?
        }
    };
    match value.is_finite() && value > 0.0 {
        true => Ok(value),
        false => {
            let found = exact(value);
            Err(problem(format!(
                "the baseline is {found}, which nothing can be compared with"
            )))
        }
    }
}

fn problem(message: String) -> Problem {
    Problem::new("gate-baseline", message)
}
