//! Functions of the samples of a stretch (`promql/functions.go`).

use super::rate::{Rate, extrapolated};
use super::rows::Row;
use super::sums::{Compensated, mean_over_time};
use super::{EvalError, Evaluation};
use crate::metrics::Sample;
use crate::metrics::promql::ast::{RangeFunction, RangeSelector};
use crate::metrics::promql::samples::is_stale_marker;
use crate::metrics::promql::semantics::Semantics;
use std::collections::BTreeSet;

impl Evaluation<'_> {
    pub(super) fn over_time(
        &mut self,
        function: RangeFunction,
        range: &RangeSelector,
    ) -> Result<Vec<Row>, EvalError> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for series in self.raw_series(&range.selector)? {
            self.charge(1)?;
            let samples: Vec<Sample> = series
                .samples
                .iter()
                .filter(|sample| !is_stale_marker(sample.value))
                .copied()
                .collect();
            self.visit(samples.len())?;
            let (mut first, mut behind) = (0, 0);
            let mut values = Vec::new();
            for ms in self.steps() {
                let window = self.window(range, ms);
                let sample = |at: usize| samples.get(at);
                while sample(behind).is_some_and(|one| one.ms <= window.to_ms) {
                    behind += 1;
                }
                while first < behind && sample(first).is_some_and(|one| window.is_before(one.ms)) {
                    first += 1;
                }
                let held = samples.get(first..behind).unwrap_or_default();
                self.visit(held.len())?;
                values.push(match function {
                    RangeFunction::Rate | RangeFunction::Increase | RangeFunction::Delta => {
                        let rate = Rate {
                            is_counter: function != RangeFunction::Delta,
                            per_second: function == RangeFunction::Rate,
                            range_ms: range.range_ms,
                        };
                        extrapolated(held, &window, rate, self.semantics)
                    }
                    _ => of_values(function, held, self.semantics),
                });
            }
            if values.iter().all(Option::is_none) {
                continue;
            }
            // It acts like an offset: the series is still the same.
            let labels = match function {
                RangeFunction::LastOverTime => series.labels.clone(),
                _ => self.nameless(&series.labels),
            };
            // Over the whole range, not only at one step.
            if !seen.insert(labels.clone()) {
                return Err(EvalError::SameLabels);
            }
            rows.push(Row { labels, values });
        }
        Ok(rows)
    }
}

fn of_values(function: RangeFunction, held: &[Sample], semantics: Semantics) -> Option<f64> {
    let (first, last) = (held.first()?.value, held.last()?.value);
    let values = || held.iter().map(|sample| sample.value);
    Some(match function {
        RangeFunction::CountOverTime => held.len() as f64,
        RangeFunction::LastOverTime => last,
        RangeFunction::MinOverTime => values().fold(first, lesser),
        RangeFunction::MaxOverTime => values().fold(first, greater),
        RangeFunction::AvgOverTime => mean_over_time(values(), semantics),
        _ => {
            let mut sum = Compensated::default();
            values().for_each(|value| sum.add(value, semantics));
            match sum.sum.is_infinite() {
                true => sum.sum,
                false => sum.sum + sum.rest,
            }
        }
    })
}

/// The lesser of two; a NaN only when both are.
pub(super) fn lesser(best: f64, value: f64) -> f64 {
    if value < best || best.is_nan() {
        value
    } else {
        best
    }
}

/// The greater of two; a NaN only when both are.
pub(super) fn greater(best: f64, value: f64) -> f64 {
    if value > best || best.is_nan() {
        value
    } else {
        best
    }
}
