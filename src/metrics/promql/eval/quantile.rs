//! `histogram_quantile` over classic buckets (`promql/quantile.go`).

use super::rows::{Row, Rows, at};
use super::{EvalError, Evaluation};
use crate::metrics::Labels;
use crate::metrics::promql::selector::NAME;
use crate::metrics::promql::semantics::Semantics;
use std::collections::BTreeMap;

/// The label with a bucket's upper bound.
const BOUND: &str = "le";
/// The relative difference of two buckets that counts as none.
const SMALL_DELTA: f64 = 1e-12;

#[derive(Clone, Copy)]
struct Bucket {
    bound: f64,
    count: f64,
}

impl Evaluation<'_> {
    pub(super) fn histogram_quantile(
        &mut self,
        quantile: &[f64],
        rows: Vec<Row>,
    ) -> Result<Vec<Row>, EvalError> {
        // One histogram for each set of the other labels, the name among them.
        let mut histograms: Vec<(Labels, Vec<(f64, Row)>)> = Vec::new();
        let mut places = BTreeMap::new();
        for mut row in rows {
            let bound = row.labels.0.remove(BOUND).as_deref().and_then(bound);
            let Some(bound) = bound else {
                continue;
            };
            let place = *places.entry(row.labels.clone()).or_insert_with(|| {
                histograms.push((row.labels.clone(), Vec::new()));
                histograms.len() - 1
            });
            if let Some((_, buckets)) = histograms.get_mut(place) {
                buckets.push((bound, row));
            }
        }
        let mut made = Rows::default();
        for (mut labels, buckets) in histograms {
            self.charge(1)?;
            self.visit(buckets.len().saturating_mul(quantile.len()))?;
            labels.0.remove(NAME);
            let place = made.place(self.nameless(&labels), quantile.len());
            for (step, quantile) in quantile.iter().enumerate() {
                let present = buckets.iter().filter_map(|(bound, row)| {
                    Some(Bucket {
                        bound: *bound,
                        count: at(row, step)?,
                    })
                });
                let present: Vec<Bucket> = present.collect();
                if let Some(value) = bucket_quantile(*quantile, present, self.semantics) {
                    made.set(place, step, value)?;
                }
            }
        }
        Ok(made.into_vec())
    }
}

/// None for no bucket.
fn bucket_quantile(quantile: f64, mut buckets: Vec<Bucket>, semantics: Semantics) -> Option<f64> {
    buckets.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    let highest = buckets.last()?.bound;
    if quantile.is_nan() {
        return Some(f64::NAN);
    }
    if quantile < 0.0 {
        return Some(f64::NEG_INFINITY);
    }
    if quantile > 1.0 {
        return Some(f64::INFINITY);
    }
    if highest != f64::INFINITY {
        return Some(f64::NAN);
    }
    let mut buckets = coalesced(buckets);
    make_monotonic(&mut buckets, semantics);
    let [.., second_highest, all] = buckets.as_slice() else {
        return Some(f64::NAN);
    };
    if all.count == 0.0 {
        return Some(f64::NAN);
    }
    let rank = quantile * all.count;
    let found = first_of_rank(&buckets, rank);
    let Some(bucket) = buckets.get(found).filter(|_| found + 1 < buckets.len()) else {
        return Some(second_highest.bound);
    };
    let below = found.checked_sub(1).and_then(|at| buckets.get(at));
    Some(match below {
        None if bucket.bound <= 0.0 => bucket.bound,
        None => 0.0 + (bucket.bound - 0.0) * (rank / bucket.count),
        Some(below) => {
            let count = bucket.count - below.count;
            let rank = rank - below.count;
            below.bound + (bucket.bound - below.bound) * (rank / count)
        }
    })
}

/// The first bucket but the last that counts at least the rank, by the bisection of Go's `sort.Search`: where counts are
/// NaN, another search would find another.
fn first_of_rank(buckets: &[Bucket], rank: f64) -> usize {
    let (mut low, mut high) = (0, buckets.len().saturating_sub(1));
    while low < high {
        let middle = low.midpoint(high);
        match buckets.get(middle) {
            Some(bucket) if bucket.count >= rank => high = middle,
            _ => low = middle + 1,
        }
    }
    low
}

/// Buckets of the same bound added up.
fn coalesced(buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut made: Vec<Bucket> = Vec::new();
    for bucket in buckets {
        match made.last_mut() {
            Some(last) if last.bound == bucket.bound => last.count += bucket.count,
            _ => made.push(bucket),
        }
    }
    made
}

/// Makes counts ascend, so that bisection finds what it looks for.
fn make_monotonic(buckets: &mut [Bucket], semantics: Semantics) {
    let Some((first, rest)) = buckets.split_first_mut() else {
        return;
    };
    let mut before = first.count;
    for bucket in rest {
        let small = semantics.ignores_small_deltas()
            && bucket.count != before
            && almost_equal(before, bucket.count);
        if small || bucket.count < before {
            bucket.count = before;
        } else if semantics.ignores_small_deltas() || bucket.count > before {
            // The older loop goes on from the largest count, which a NaN never is.
            before = bucket.count;
        }
    }
}

/// `almost.Equal` of `util/almost`; no count is a stale marker.
fn almost_equal(a: f64, b: f64) -> bool {
    if (a.is_nan() && b.is_nan()) || a == b {
        return true;
    }
    let sum = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < SMALL_DELTA * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < SMALL_DELTA
}

/// A bound as Go's `ParseFloat` reads it; none for what it refuses, and for its hexadecimal numbers.
fn bound(text: &str) -> Option<f64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1.0, text.get(1..)?),
        b'-' => (-1.0, text.get(1..)?),
        _ => (1.0, text),
    };
    match digits.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" if digits.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    let value: f64 = text.bytes().all(plain).then(|| text.parse().ok())??;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(q: f64, buckets: &[(f64, f64)], semantics: Semantics) -> f64 {
        let buckets = buckets.iter().map(|(bound, count)| Bucket {
            bound: *bound,
            count: *count,
        });
        bucket_quantile(q, buckets.collect(), semantics).unwrap()
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn it_interpolates_from_zero_and_never_beyond_the_highest_finite_bound() {
        let buckets = [(1.0, 10.0), (2.0, 20.0), (INF, 40.0)];

        for semantics in [Semantics::V2, Semantics::V3] {
            let at = |q| quantile(q, &buckets, semantics);
            assert_eq!(at(0.125), 0.5);
            assert_eq!(at(0.375), 1.5);
            assert_eq!(at(0.99), 2.0);
            assert_eq!(at(-0.1), f64::NEG_INFINITY);
            assert_eq!(at(1.1), INF);
            assert!(at(f64::NAN).is_nan());
            assert_eq!(quantile(0.1, &[(-1.0, 1.0), (INF, 2.0)], semantics), -1.0);
        }
    }

    #[test]
    fn no_observations_or_no_highest_bucket_give_nan() {
        for buckets in [
            &[(1.0, 1.0), (2.0, 2.0)][..],
            &[(INF, 3.0)],
            &[(1.0, 0.0), (INF, 0.0)],
        ] {
            assert!(quantile(0.5, buckets, Semantics::V2).is_nan());
            assert!(quantile(0.5, buckets, Semantics::V3).is_nan());
        }
    }

    #[test]
    fn small_deltas_are_ignored_by_v3_only() {
        let buckets = [
            (1.0, 1.0),
            (2.0, 1.0 + 1e-13),
            (3.0, 1.0 + 2e-13),
            (INF, 1.0 + 2e-13),
        ];

        assert_eq!(quantile(1.0, &buckets, Semantics::V3), 1.0);
        assert_eq!(quantile(1.0, &buckets, Semantics::V2), 3.0);
    }

    #[test]
    fn bounds_are_read_as_go_reads_them() {
        assert_eq!(bound("+Inf"), Some(INF));
        assert_eq!(bound("-infinity"), Some(-INF));
        assert_eq!(bound("1e-3"), Some(0.001));
        assert_eq!(bound(".5"), Some(0.5));
        for text in ["", "x", "+nan", "1e999", "0x1p4", "1 ", "."] {
            assert_eq!(bound(text), None, "{text}");
        }
    }
}
