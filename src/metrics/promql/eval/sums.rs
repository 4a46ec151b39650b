//! Sums and means, with the compensation that each version has.

use crate::metrics::promql::semantics::{Mean, Semantics};

/// A sum by Kahan's method, improved by Neumaier (`kahanSumInc`, later `util/kahansum`).
#[derive(Clone, Copy, Default)]
pub(super) struct Compensated {
    pub(super) sum: f64,
    /// What rounding has taken from the sum so far.
    pub(super) rest: f64,
}

impl Compensated {
    pub(super) fn add(&mut self, value: f64, semantics: Semantics) {
        let total = self.sum + value;
        if semantics.compensates_sums() && total.is_infinite() {
            self.rest = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.rest += (self.sum - total) + value;
        } else {
            self.rest += (value - total) + self.sum;
        }
        self.sum = total;
    }
}

/// `avg_over_time`; nothing has the mean 0.
pub(super) fn mean_over_time(values: impl Iterator<Item = f64>, semantics: Semantics) -> f64 {
    match semantics.mean() {
        Mean::Incremental => {
            let mut mean = Compensated::default();
            for (count, value) in counted(values) {
                if !keeps_infinite(mean.sum, value) {
                    mean.add(value / count - mean.sum / count, semantics);
                }
            }
            match mean.sum.is_infinite() {
                true => mean.sum,
                false => mean.sum + mean.rest,
            }
        }
        _ => mean(values, semantics, Compensated::default()),
    }
}

/// The aggregation `avg`; nothing has the mean 0.
pub(super) fn mean_of_series(mut values: impl Iterator<Item = f64>, semantics: Semantics) -> f64 {
    if semantics.mean() != Mean::Incremental {
        // Sums begin with the first value here, which tells -0 from 0.
        return mean(
            values,
            semantics,
            Compensated {
                sum: -0.0,
                rest: 0.0,
            },
        );
    }
    let mut mean = values.next().unwrap_or_default();
    for (count, value) in counted(values) {
        let count = count + 1.0;
        if !keeps_infinite(mean, value) {
            mean += value / count - mean / count;
        }
    }
    mean
}

/// A mean by a compensated sum, and value by value from where the sum would overflow.
fn mean(values: impl Iterator<Item = f64>, semantics: Semantics, mut total: Compensated) -> f64 {
    let weighted = semantics.mean() == Mean::Weighted;
    let mut incremental = false;
    let mut last = 0.0;
    for (count, value) in counted(values) {
        last = count;
        if count == 1.0 && weighted {
            total.sum = value;
            continue;
        }
        if !incremental {
            let mut next = total;
            next.add(value, semantics);
            if count == 1.0 || !next.sum.is_infinite() {
                total = next;
                continue;
            }
            incremental = true;
            total.sum /= count - 1.0;
            total.rest /= count - 1.0;
        }
        if weighted {
            let share = (count - 1.0) / count;
            total.sum *= share;
            total.rest *= share;
            total.add(value / count, semantics);
        } else if !keeps_infinite(total.sum, value) {
            let corrected = total.sum + total.rest;
            total.add(value / count - corrected / count, semantics);
        }
    }
    match (incremental, weighted) {
        _ if last == 0.0 => 0.0,
        (true, _) => total.sum + total.rest,
        (false, true) => total.sum / last + total.rest / last,
        (false, false) => (total.sum + total.rest) / last,
    }
}

/// Whether an infinite mean stays as it is: value by value it would become a NaN.
fn keeps_infinite(mean: f64, value: f64) -> bool {
    if !mean.is_infinite() {
        return false;
    }
    match value.is_infinite() {
        true => (mean > 0.0) == (value > 0.0),
        false => !value.is_nan(),
    }
}

fn counted(values: impl Iterator<Item = f64>) -> impl Iterator<Item = (f64, f64)> {
    values.scan(0.0, |count, value| {
        *count += 1.0;
        Some((*count, value))
    })
}
