//! Evaluates queries as Prometheus 2 does: five minutes of lookback, ranges with both ends, extrapolated rates.

use super::query::{Aggregation, Expr, Operation, Query};
use super::samples::{Labels, Sample, Store};
use std::collections::BTreeMap;

/// How far back an instant selector looks, milliseconds.
const LOOKBACK_MS: i64 = 300_000;

/// What a query gives at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vec<(Labels, f64)>),
}

/// A query over the samples that it needs.
pub(super) struct Evaluation {
    expr: Expr,
    /// Samples of each selector.
    data: Vec<Vec<(Labels, Vec<Sample>)>>,
}

impl Evaluation {
    /// Fetches what the query needs at any time from `start_ms` to `end_ms`.
    pub(super) fn new(query: &Query, store: &Store, start_ms: i64, end_ms: i64) -> Self {
        let data = query
            .selectors
            .iter()
            .map(|selector| {
                let back = selector.range_ms.max(LOOKBACK_MS);
                store.select(
                    |labels| selector.takes(labels),
                    start_ms.saturating_sub(back),
                    end_ms,
                )
            })
            .collect();
        Self {
            expr: query.expr.clone(),
            data,
        }
    }

    /// The raw samples, where the query is nothing but a range selector.
    pub(super) fn matrix(&self, at_ms: i64) -> Option<Vec<(Labels, Vec<Sample>)>> {
        let Expr::Range(selector, range_ms) = self.expr else {
            return None;
        };
        let series = self.data.get(selector).into_iter().flatten();
        Some(
            series
                .map(|(labels, samples)| {
                    (labels.clone(), within(samples, at_ms, range_ms).to_vec())
                })
                .filter(|(_, samples)| !samples.is_empty())
                .collect(),
        )
    }

    /// The value at this time.
    ///
    /// The error is Prometheus's text for an execution error.
    pub(super) fn at(&self, at_ms: i64) -> Result<Value, String> {
        self.value(&self.expr, at_ms)
    }

    fn value(&self, expr: &Expr, at_ms: i64) -> Result<Value, String> {
        Ok(match expr {
            Expr::Number(number) => Value::Scalar(*number),
            Expr::Range(..) => return Err("unexpected range vector".into()),
            Expr::Select(selector) => Value::Vector(self.each(*selector, |samples| {
                within(samples, at_ms, LOOKBACK_MS)
                    .last()
                    .map(|sample| sample.1)
            })),
            Expr::Rate {
                selector,
                range_ms,
                per_second,
            } => {
                let rates = self.each(*selector, |samples| {
                    extrapolated(
                        within(samples, at_ms, *range_ms),
                        at_ms,
                        *range_ms,
                        *per_second,
                    )
                });
                Value::Vector(rates.into_iter().map(nameless).collect())
            }
            Expr::Aggregate {
                function,
                by,
                inner,
            } => {
                let inner = vector(self.value(inner, at_ms)?)?;
                Value::Vector(aggregate(
                    *function,
                    by.as_deref().unwrap_or_default(),
                    inner,
                ))
            }
            Expr::Quantile(quantile, inner) => {
                let Value::Scalar(quantile) = self.value(quantile, at_ms)? else {
                    return Err(
                        "expected type scalar in call to function \"histogram_quantile\"".into(),
                    );
                };
                Value::Vector(quantiles(quantile, vector(self.value(inner, at_ms)?)?))
            }
            Expr::Binary(operation, left, right) => binary(
                *operation,
                self.value(left, at_ms)?,
                self.value(right, at_ms)?,
            )?,
        })
    }

    fn each(
        &self,
        selector: usize,
        value: impl Fn(&[Sample]) -> Option<f64>,
    ) -> Vec<(Labels, f64)> {
        let series = self.data.get(selector).into_iter().flatten();
        series
            .filter_map(|(labels, samples)| Some((labels.clone(), value(samples)?)))
            .collect()
    }
}

/// The samples from `at - range` to `at`, both included.
fn within(samples: &[Sample], at_ms: i64, range_ms: i64) -> &[Sample] {
    let from = samples.partition_point(|sample| sample.0 < at_ms - range_ms);
    let to = samples.partition_point(|sample| sample.0 <= at_ms);
    samples.get(from..to).unwrap_or_default()
}

/// `extrapolatedRate` of Prometheus 2 (`promql/functions.go`) for counters.
fn extrapolated(samples: &[Sample], at_ms: i64, range_ms: i64, per_second: bool) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    if samples.len() < 2 {
        return None;
    }
    let mut result = last.1 - first.1;
    for pair in samples.windows(2) {
        if let [before, after] = pair
            && after.1 < before.1
        {
            result += before.1;
        }
    }
    let mut to_start = (first.0 - (at_ms - range_ms)) as f64 / 1_000.0;
    let to_end = (at_ms - last.0) as f64 / 1_000.0;
    let sampled = (last.0 - first.0) as f64 / 1_000.0;
    let mean_gap = sampled / (samples.len() - 1) as f64;
    if result > 0.0 && first.1 >= 0.0 {
        // A counter cannot have been below zero.
        to_start = to_start.min(sampled * (first.1 / result));
    }
    let threshold = mean_gap * 1.1;
    let mut interval = sampled;
    for edge in [to_start, to_end] {
        interval += if edge < threshold {
            edge
        } else {
            mean_gap / 2.0
        };
    }
    let mut factor = interval / sampled;
    if per_second {
        factor /= range_ms as f64 / 1_000.0;
    }
    Some(result * factor)
}

fn aggregate(
    function: Aggregation,
    by: &[String],
    vector: Vec<(Labels, f64)>,
) -> Vec<(Labels, f64)> {
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for (labels, value) in vector {
        let kept = labels
            .into_iter()
            .filter(|(name, _)| by.contains(name))
            .collect();
        groups.entry(kept).or_default().push(value);
    }
    let reduce = |values: &[f64]| {
        let sum: f64 = values.iter().sum();
        match function {
            Aggregation::Sum => sum,
            Aggregation::Avg => sum / values.len() as f64,
            Aggregation::Count => values.len() as f64,
            Aggregation::Min => values.iter().copied().fold(f64::NAN, f64::min),
            Aggregation::Max => values.iter().copied().fold(f64::NAN, f64::max),
        }
    };
    groups
        .into_iter()
        .map(|(labels, values)| (labels, reduce(&values)))
        .collect()
}

/// `histogram_quantile` over classic buckets. A series without `le` that is a number is left out.
fn quantiles(quantile: f64, vector: Vec<(Labels, f64)>) -> Vec<(Labels, f64)> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for (labels, count) in vector {
        let (mut labels, _) = nameless((labels, count));
        let bound = labels.remove("le").and_then(|bound| bound.parse().ok());
        if let Some(bound) = bound {
            histograms.entry(labels).or_default().push((bound, count));
        }
    }
    histograms
        .into_iter()
        .map(|(labels, buckets)| (labels, bucket_quantile(quantile, buckets)))
        .collect()
}

/// `bucketQuantile` of Prometheus 2 (`promql/quantile.go`); buckets are upper bound and count.
fn bucket_quantile(quantile: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    match quantile {
        q if q.is_nan() => return f64::NAN,
        q if q < 0.0 => return f64::NEG_INFINITY,
        q if q > 1.0 => return f64::INFINITY,
        _ => {}
    }
    buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut highest = f64::NEG_INFINITY;
    for bucket in &mut buckets {
        highest = highest.max(bucket.1);
        bucket.1 = highest;
    }
    let (Some(last), Some(below)) = (
        buckets.last().copied(),
        buckets.len().checked_sub(2).and_then(|at| buckets.get(at)),
    ) else {
        return f64::NAN;
    };
    if last.0 != f64::INFINITY || last.1 == 0.0 {
        return f64::NAN;
    }
    let mut rank = quantile * last.1;
    let at = buckets.partition_point(|bucket| bucket.1 < rank);
    let Some(found) = buckets.get(at).filter(|bucket| bucket.0 != f64::INFINITY) else {
        return below.0;
    };
    let before = at.checked_sub(1).and_then(|at| buckets.get(at));
    if before.is_none() && found.0 <= 0.0 {
        return found.0;
    }
    let (start, counted) = before.copied().unwrap_or((0.0, 0.0));
    rank -= counted;
    start + (found.0 - start) * (rank / (found.1 - counted))
}

fn binary(operation: Operation, left: Value, right: Value) -> Result<Value, String> {
    let keep = operation.compares();
    Ok(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let result = apply(operation, left, right);
            Value::Scalar(result.ok_or("comparisons between scalars must use BOOL modifier")?)
        }
        (Value::Vector(left), Value::Scalar(right)) => {
            combined(left, keep, |value| apply(operation, value, right))
        }
        (Value::Scalar(left), Value::Vector(right)) => combined(right, keep, |value| {
            apply(operation, left, value).map(|result| if keep { value } else { result })
        }),
        (Value::Vector(left), Value::Vector(right)) => matched(operation, left, right)?,
    })
}

fn combined(
    vector: Vec<(Labels, f64)>,
    keep_name: bool,
    value: impl Fn(f64) -> Option<f64>,
) -> Value {
    let results = vector.into_iter().filter_map(|(labels, old)| {
        let new = (labels, value(old)?);
        Some(if keep_name { new } else { nameless(new) })
    });
    Value::Vector(results.collect())
}

/// One-to-one: series with the same labels, names apart.
fn matched(
    operation: Operation,
    left: Vec<(Labels, f64)>,
    right: Vec<(Labels, f64)>,
) -> Result<Value, String> {
    let mut others = BTreeMap::new();
    for series in right {
        let (labels, value) = nameless(series);
        if others.insert(labels, value).is_some() {
            return Err(
                "many-to-many matching not allowed: matching labels must be unique on one side"
                    .into(),
            );
        }
    }
    let results = left.into_iter().filter_map(|series| {
        let (labels, value) = nameless(series.clone());
        let result = apply(operation, value, *others.get(&labels)?)?;
        Some(if operation.compares() {
            series
        } else {
            (labels, result)
        })
    });
    Ok(Value::Vector(results.collect()))
}

/// Nothing for a comparison that does not hold, its left side for one that does.
fn apply(operation: Operation, left: f64, right: f64) -> Option<f64> {
    let holds = match operation {
        Operation::Add => return Some(left + right),
        Operation::Subtract => return Some(left - right),
        Operation::Multiply => return Some(left * right),
        Operation::Divide => return Some(left / right),
        Operation::Greater => left > right,
        Operation::GreaterOrEqual => left >= right,
        Operation::Less => left < right,
        Operation::LessOrEqual => left <= right,
        Operation::Equal => left == right,
        Operation::NotEqual => left != right,
    };
    holds.then_some(left)
}

fn nameless((mut labels, value): (Labels, f64)) -> (Labels, f64) {
    labels.remove("__name__");
    (labels, value)
}

fn vector(value: Value) -> Result<Vec<(Labels, f64)>, String> {
    match value {
        Value::Vector(vector) => Ok(vector),
        Value::Scalar(_) => Err("expected type instant vector, got scalar".into()),
    }
}
