//! Whether what a server answered follows from raw samples.

use crate::metrics::{Data, Labels, Sample, TimeSeries};
use std::collections::BTreeMap;

/// The largest relative distance of two values that differ by rounding only.
const ROUNDING: f64 = 1e-9;

/// How an answer and its recomputation agree.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreement {
    /// The same series, times and bits. All NaN are the same.
    Equal,
    /// The same series and times; values that differ by rounding.
    Rounded {
        /// The largest distance, relative to the larger of two values; at most 1e-9.
        worst_relative: f64,
    },
    /// Not the same.
    Differs {
        /// The first series that differs, in the order of labels.
        labels: Labels,
        /// When it first differs, in milliseconds since 1970.
        ms: i64,
        /// What the server answered; none for no sample.
        found: Option<f64>,
        /// What follows from the raw samples; none for no sample.
        recomputed: Option<f64>,
    },
}

/// Compares what a server answered with what follows from raw samples.
///
/// Native histograms in an answer differ from everything.
pub fn compare(found: &[TimeSeries], recomputed: &[TimeSeries]) -> Agreement {
    let mut series: BTreeMap<&Labels, [&[Sample]; 2]> = BTreeMap::new();
    for one in found {
        if one.histograms > 0 {
            return Agreement::Differs {
                labels: one.labels.clone(),
                ms: one.samples.first().map_or(0, |sample| sample.ms),
                found: None,
                recomputed: None,
            };
        }
        series.entry(&one.labels).or_default()[0] = &one.samples;
    }
    for one in recomputed {
        series.entry(&one.labels).or_default()[1] = &one.samples;
    }
    let mut worst: Option<f64> = None;
    for (labels, [found, recomputed]) in series {
        let mut recomputed = recomputed.iter().peekable();
        let mut found = found.iter().peekable();
        loop {
            let ms = match (found.peek(), recomputed.peek()) {
                (Some(a), Some(b)) => a.ms.min(b.ms),
                (Some(one), None) | (None, Some(one)) => one.ms,
                (None, None) => break,
            };
            let at = |side: &mut std::iter::Peekable<std::slice::Iter<'_, Sample>>| {
                side.next_if(|sample| sample.ms == ms).map(|s| s.value)
            };
            let (a, b) = (at(&mut found), at(&mut recomputed));
            match a.zip(b).and_then(|(a, b)| distance(a, b)) {
                Some(None) => {}
                Some(Some(relative)) => worst = Some(worst.map_or(relative, |w| w.max(relative))),
                None => {
                    return Agreement::Differs {
                        labels: labels.clone(),
                        ms,
                        found: a,
                        recomputed: b,
                    };
                }
            }
        }
    }
    worst.map_or(Agreement::Equal, |worst_relative| Agreement::Rounded {
        worst_relative,
    })
}

/// Whether `found` has everywhere the bits of the one or of the other.
pub(super) fn is_either(found: &[TimeSeries], one: &[TimeSeries], other: &[TimeSeries]) -> bool {
    let mut series: BTreeMap<&Labels, [&[Sample]; 3]> = BTreeMap::new();
    for (number, side) in [found, one, other].into_iter().enumerate() {
        for one in side {
            if let Some(samples) = series.entry(&one.labels).or_default().get_mut(number) {
                *samples = &one.samples;
            }
        }
    }
    let value = |side: &[Sample], ms: i64| {
        let place = side.binary_search_by_key(&ms, |sample| sample.ms).ok()?;
        side.get(place).map(|sample| sample.value)
    };
    let is_same = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => distance(a, b) == Some(None),
        (a, b) => a.is_none() && b.is_none(),
    };
    found.iter().all(|one| one.histograms == 0)
        && series.values().all(|[found, one, other]| {
            let mut moments = [found, one, other].into_iter().copied().flatten();
            moments.all(|Sample { ms, .. }| {
                let [found, one, other] = [found, one, other].map(|side| value(side, *ms));
                is_same(found, one) || is_same(found, other)
            })
        })
}

/// `Some(None)` for the same, the relative distance where it is rounding, none where it is not.
fn distance(a: f64, b: f64) -> Option<Option<f64>> {
    if a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) {
        return Some(None);
    }
    // Two zeros of different signs.
    if a == b {
        return Some(Some(0.0));
    }
    let relative = (a - b).abs() / a.abs().max(b.abs());
    (relative <= ROUNDING).then_some(Some(relative))
}

/// The series of an answer, to be compared; a scalar is one without labels. None for a text.
pub fn answered(data: Data) -> Option<Vec<TimeSeries>> {
    match data {
        Data::Vector(series) | Data::Matrix(series) => Some(series),
        Data::Scalar(sample) => Some(vec![TimeSeries {
            labels: Labels::default(),
            samples: vec![sample],
            histograms: 0,
        }]),
        Data::String => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, values: &[(i64, f64)]) -> TimeSeries {
        TimeSeries {
            labels: Labels([("a".to_string(), name.to_string())].into()),
            samples: values
                .iter()
                .map(|(ms, value)| Sample {
                    ms: *ms,
                    value: *value,
                })
                .collect(),
            histograms: 0,
        }
    }

    #[test]
    fn any_nan_is_the_same_and_order_does_not_count() {
        let stale = f64::from_bits(0x7ff8_0000_0000_0007);
        let a = [series("1", &[(1, f64::NAN)]), series("2", &[(1, 0.5)])];
        let b = [series("2", &[(1, 0.5)]), series("1", &[(1, stale)])];

        assert_eq!(compare(&a, &b), Agreement::Equal);
        assert_eq!(compare(&[], &[]), Agreement::Equal);
    }

    #[test]
    fn rounding_is_told_from_another_value() {
        let a = [series("1", &[(1, 1.0), (2, 4.0)])];
        let near = [series("1", &[(1, 1.0 + 1e-12), (2, 4.0)])];
        let far = [series("1", &[(1, 1.0), (2, 4.1)])];
        let zero = [series("1", &[(1, 0.0)])];

        let Agreement::Rounded { worst_relative } = compare(&a, &near) else {
            panic!("no rounding");
        };
        assert!((9e-13..1.1e-12).contains(&worst_relative));
        assert_eq!(
            compare(&a, &far),
            Agreement::Differs {
                labels: a[0].labels.clone(),
                ms: 2,
                found: Some(4.0),
                recomputed: Some(4.1),
            }
        );
        assert_eq!(
            compare(&zero, &[series("1", &[(1, -0.0)])]),
            Agreement::Rounded {
                worst_relative: 0.0
            }
        );
    }

    #[test]
    fn a_sample_or_series_on_one_side_only_differs() {
        let a = [series("1", &[(1, 1.0), (2, f64::NAN)])];
        let b = [series("1", &[(1, 1.0)])];

        for (found, recomputed) in [(&a[..], &b[..]), (&b, &a), (&a, &[]), (&[], &a)] {
            assert!(matches!(
                compare(found, recomputed),
                Agreement::Differs { .. }
            ));
        }
        assert!(matches!(
            compare(&a, &[series("1", &[(1, 1.0), (2, 2.0)])]),
            Agreement::Differs { ms: 2, .. }
        ));
        assert!(matches!(
            compare(
                &[series("1", &[(1, f64::INFINITY)])],
                &[series("1", &[(1, f64::MAX)])]
            ),
            Agreement::Differs { .. }
        ));
    }
}
