//! Rules that recorded answers do not show, from the servers' source.

use super::super::*;
use crate::metrics::{Grid, Labels, Sample, TimeSeries};

/// A NaN that marks the end of a series.
const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// A metric's series, one sample every 15 s from 0 on; a missing one has none.
pub(super) type Made<'a> = (&'a str, &'a [Option<f64>]);

pub(super) fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    Labels(pairs.map(|(a, b)| (a.into(), b.into())).collect())
}

pub(super) fn samples(expr: &Expr, grid: &Grid, made: &[Made<'_>]) -> RawSamples {
    let mut samples = RawSamples::new();
    for need in needs(expr, grid) {
        let series = made.iter().map(|(text, values)| RawSeries {
            labels: labels(text),
            samples: (0..)
                .zip(*values)
                .filter_map(|(n, value)| {
                    Some(Sample {
                        ms: n * 15_000,
                        value: (*value)?,
                    })
                })
                .collect(),
        });
        let selected = series.filter(|one| need.selector.matches(&one.labels));
        samples.insert(&need.selector, selected.collect());
    }
    samples
}

fn at(
    text: &str,
    seconds: i64,
    semantics: Semantics,
    made: &[Made<'_>],
) -> Result<Vec<TimeSeries>, EvalError> {
    let expr = parse(text).unwrap();
    let grid = Grid::instant(seconds * 1_000);
    evaluate(&expr, &grid, semantics, &samples(&expr, &grid, made))
}

/// Labels and values of an instant.
fn values(text: &str, seconds: i64, semantics: Semantics, made: &[Made<'_>]) -> Vec<(String, f64)> {
    let found = at(text, seconds, semantics, made).unwrap();
    found
        .iter()
        .map(|one| (one.labels.to_string(), one.samples[0].value))
        .collect()
}

fn value(text: &str, seconds: i64, semantics: Semantics, made: &[Made<'_>]) -> Option<f64> {
    let found = values(text, seconds, semantics, made);
    assert!(found.len() < 2, "{found:?}");
    found.first().map(|(_, value)| *value)
}

fn counter(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().map(|value| Some(*value)).collect()
}

const BOTH: [Semantics; 2] = [Semantics::V2, Semantics::V3];

#[test]
fn the_lookback_is_five_minutes_and_its_left_end_belongs_to_v2_only() {
    let made = [("__name__=x", &[Some(1.0)][..])];

    for semantics in BOTH {
        assert_eq!(value("x", 299, semantics, &made), Some(1.0));
        assert_eq!(value("x", 301, semantics, &made), None);
        assert_eq!(value("x offset 1m", 359, semantics, &made), Some(1.0));
        assert_eq!(value("x offset -1m", 0, semantics, &made), Some(1.0));
    }
    assert_eq!(value("x", 300, Semantics::V2, &made), Some(1.0));
    assert_eq!(value("x", 300, Semantics::V3, &made), None);
}

#[test]
fn a_stale_marker_ends_a_series_at_once_and_a_nan_does_not() {
    let made = [
        ("__name__=x,a=stale", &[Some(1.0), Some(STALE), None][..]),
        ("__name__=x,a=nan", &[Some(1.0), Some(f64::NAN), None]),
    ];

    for semantics in BOTH {
        let found = values("x", 30, semantics, &made);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.contains("nan") && found[0].1.is_nan());
        let counts = values("count_over_time(x[1m])", 30, semantics, &made);
        assert_eq!(
            counts.iter().map(|one| one.1).collect::<Vec<_>>(),
            [2.0, 1.0]
        );
    }
}

#[test]
fn rate_needs_two_samples_and_goes_over_resets() {
    let made = counter(&[10.0, 20.0, 5.0, 15.0, 25.0]);
    let one = [("__name__=x", &made[..])];
    let steady = counter(&[0.0, 15.0, 30.0, 45.0, 60.0]);
    let steady_one = [("__name__=x", &steady[..])];

    for semantics in BOTH {
        assert_eq!(value("rate(x[10s])", 60, semantics, &one), None);
        assert_eq!(
            value("delta(x[1m])", 60, semantics, &steady_one),
            Some(60.0)
        );
    }
    // Over the window (0, 60]: v3 has 20, 5, 15, 25 and extrapolates to the left edge, which it may not pass 0 for.
    assert_eq!(
        value("increase(x[1m])", 60, Semantics::V2, &one),
        Some(35.0)
    );
    assert_eq!(
        value("increase(x[1m])", 60, Semantics::V3, &one),
        Some(25.0 * (60.0 / 45.0))
    );
}

#[test]
fn a_counters_zero_is_clamped_before_or_after_the_threshold() {
    // The first sample of the window lies far from its start, its zero less far.
    let values = [None, None, None, None, Some(1.0), Some(2.0), Some(3.0)];
    let made = [("__name__=x", &values[..])];
    let to_zero = 15.0;

    // 30 s sampled; its start is 60 s away; the zero, at 15 s, is within 1.1 of a gap.
    let v2 = value("increase(x[150s])", 90, Semantics::V2, &made);
    let v3 = value("increase(x[150s])", 90, Semantics::V3, &made);

    assert_eq!(v2, Some(2.0 * ((30.0 + to_zero) / 30.0)));
    assert_eq!(v3, Some(2.0 * ((30.0 + 7.5) / 30.0)));
}

#[test]
fn sums_are_compensated_since_2_54() {
    let big = [
        ("__name__=x,a=1", &[Some(1e100)][..]),
        ("__name__=x,a=2", &[Some(1.0)]),
        ("__name__=x,a=3", &[Some(-1e100)]),
    ];

    assert_eq!(value("sum(x)", 0, Semantics::V2, &big), Some(0.0));
    assert_eq!(value("sum(x)", 0, Semantics::V3, &big), Some(1.0));
    let over_time = counter(&[1e100, 1.0, -1e100]);
    let over_time = [("__name__=x", &over_time[..])];
    for semantics in BOTH {
        assert_eq!(
            value("sum_over_time(x[1m])", 30, semantics, &over_time),
            Some(1.0)
        );
    }
}

#[test]
fn means_bear_what_would_overflow() {
    let big = [
        ("__name__=x,a=1", &[Some(f64::MAX)][..]),
        ("__name__=x,a=2", &[Some(f64::MAX)]),
    ];
    let over_time = counter(&[f64::MAX, f64::MAX]);
    let over_time = [("__name__=x", &over_time[..])];

    for semantics in BOTH {
        assert_eq!(value("avg(x)", 0, semantics, &big), Some(f64::MAX));
        assert_eq!(
            value("avg_over_time(x[1m])", 30, semantics, &over_time),
            Some(f64::MAX)
        );
        assert_eq!(value("sum(x)", 0, semantics, &big), Some(f64::INFINITY));
    }
}

#[test]
fn least_and_greatest_pass_over_nan() {
    let made = [
        ("__name__=x,a=1", &[Some(f64::NAN), Some(f64::NAN)][..]),
        ("__name__=x,a=2", &[Some(2.0), Some(f64::NAN)]),
        ("__name__=x,a=3", &[Some(3.0), Some(f64::NAN)]),
    ];

    for semantics in BOTH {
        assert_eq!(value("min(x)", 0, semantics, &made), Some(2.0));
        assert_eq!(value("max(x)", 0, semantics, &made), Some(3.0));
        assert!(value("max(x)", 15, semantics, &made).unwrap().is_nan());
        let over_time = values("min_over_time(x[1m])", 15, semantics, &made);
        assert_eq!(over_time[1], (r#"{a="2"}"#.into(), 2.0));
        assert_eq!(value("count(x)", 0, semantics, &made), Some(3.0));
    }
}

#[test]
fn names_go_where_the_meaning_changes() {
    let made = [("__name__=x,a=1", &[Some(1.0), Some(2.0)][..])];

    for semantics in BOTH {
        let labels = |text: &str| values(text, 15, semantics, &made)[0].0.clone();
        let (with, without) = (r#"{__name__="x", a="1"}"#, r#"{a="1"}"#);
        assert_eq!(labels("x"), with);
        assert_eq!(labels("last_over_time(x[1m])"), with);
        assert_eq!(labels("max_over_time(x[1m])"), without);
        assert_eq!(labels("x > 1"), with);
        assert_eq!(labels("1 < x"), with);
        assert_eq!(labels("x > bool 1"), without);
        assert_eq!(labels("x > ignoring (a) x / 2"), r#"{__name__="x"}"#);
        assert_eq!(labels("x > on (a) x / 2"), without);
        assert_eq!(labels("x * 2"), without);
        assert_eq!(labels("-x"), without);
        assert_eq!(labels("sum by (__name__) (x)"), r#"{__name__="x"}"#);
        assert_eq!(labels("sum without (b) (x)"), without);
        assert_eq!(labels("x or x"), with);
    }
}

#[test]
fn comparisons_filter_and_keep_the_vectors_value() {
    let made = [
        ("__name__=x,a=1", &[Some(1.0)][..]),
        ("__name__=x,a=2", &[Some(5.0)]),
        ("__name__=y,a=2", &[Some(3.0)]),
    ];

    for semantics in BOTH {
        let found = |text: &str| -> Vec<f64> {
            let found = values(text, 0, semantics, &made);
            found.into_iter().map(|one| one.1).collect()
        };
        assert_eq!(found("x > 2"), [5.0]);
        assert_eq!(found("2 < x"), [5.0]);
        assert_eq!(found("x > bool 2"), [0.0, 1.0]);
        assert_eq!(found("x > y"), [5.0]);
        assert_eq!(found("x < bool y"), [0.0]);
        assert_eq!(found("3 > bool 2"), [1.0]);
        assert_eq!(found("x / y"), [5.0 / 3.0]);
        assert_eq!(found("x and y"), [5.0]);
        assert_eq!(found("x unless y"), [1.0]);
        assert_eq!(found("y or x"), [1.0, 3.0]);
        assert_eq!(found("x or vector(7)"), [7.0, 1.0, 5.0]);
        assert_eq!(found("x and on () vector(1)"), [1.0, 5.0]);
        assert_eq!(found("no or vector(0)"), [0.0]);
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let made = [
        ("__name__=x,a=1", &[Some(1.0)][..]),
        ("__name__=x,a=2", &[Some(2.0)]),
        ("__name__=y", &[Some(1.0)]),
        ("__name__=z,a=1", &[Some(1.0)]),
    ];

    for semantics in BOTH {
        let refused = |text: &str| at(text, 0, semantics, &made).unwrap_err();
        assert!(matches!(
            refused("y / on () x"),
            EvalError::ManyToMany { .. }
        ));
        assert_eq!(refused("x / on () y"), EvalError::ManyToOne);
        assert_eq!(refused(r#"-{a="1"}"#), EvalError::SameLabels);
        assert_eq!(refused(r#"{a="1"} * 2"#), EvalError::SameLabels);
        assert_eq!(
            refused(r#"max_over_time({a="1"}[1m])"#),
            EvalError::SameLabels
        );
        // Nothing on one side: nothing is looked at.
        assert_eq!(at("no / on () x", 0, semantics, &made), Ok(Vec::new()));
    }
    // The second is filtered out: only newer servers count it.
    let filtered = "x > on () y";
    assert_eq!(value(filtered, 0, Semantics::V2, &made), Some(2.0));
    assert_eq!(
        at(filtered, 0, Semantics::V3, &made),
        Err(EvalError::ManyToOne)
    );
}

#[test]
fn series_that_follow_each_other_are_negated_into_one_by_v3_only() {
    let long = [vec![Some(1.0), Some(STALE)], vec![None; 30]].concat();
    let late = [vec![None; 30], vec![Some(2.0)]].concat();
    let made = [("__name__=x,a=1", &long[..]), ("__name__=y,a=1", &late)];
    let expr = parse(r#"-{a="1"}"#).unwrap();
    let grid = Grid::new(0, 450_000, 15_000).unwrap();
    let samples = samples(&expr, &grid, &made);

    let v2 = evaluate(&expr, &grid, Semantics::V2, &samples);
    let v3 = evaluate(&expr, &grid, Semantics::V3, &samples).unwrap();

    assert_eq!(v2, Err(EvalError::SameLabels));
    let values: Vec<f64> = v3[0].samples.iter().map(|one| one.value).collect();
    assert_eq!((v3.len(), values), (1, vec![-1.0, -2.0]));
}

#[test]
fn histograms_of_several_metrics_are_not_mixed() {
    let made = [
        ("__name__=x,le=1", &[Some(1.0)][..]),
        ("__name__=x,le=+Inf", &[Some(2.0)]),
        ("__name__=y,le=+Inf,a=1", &[Some(2.0)]),
        ("__name__=z,le=none", &[Some(2.0)]),
        ("__name__=z", &[Some(2.0)]),
    ];

    for semantics in BOTH {
        assert_eq!(
            value("histogram_quantile(0.25, x)", 0, semantics, &made),
            Some(0.5)
        );
        assert!(
            value("histogram_quantile(0.25, y)", 0, semantics, &made)
                .unwrap()
                .is_nan()
        );
        assert_eq!(
            value("histogram_quantile(0.25, z)", 0, semantics, &made),
            None
        );
    }
}

#[test]
fn a_stretch_of_samples_is_an_instant_querys_only() {
    let made = [("__name__=x", &[Some(1.0), Some(STALE), Some(3.0)][..])];
    let expr = parse("x[30s]").unwrap();

    let times = |semantics| -> Vec<i64> {
        let found = at("x[30s]", 30, semantics, &made).unwrap();
        found[0].samples.iter().map(|one| one.ms).collect()
    };
    let range = Grid::new(0, 30_000, 15_000).unwrap();
    let refused = evaluate(&expr, &range, Semantics::V2, &samples(&expr, &range, &made));

    assert_eq!(times(Semantics::V2), [0, 30_000]);
    assert_eq!(times(Semantics::V3), [30_000]);
    assert_eq!(refused, Err(EvalError::Range));
}

#[test]
fn a_recomputation_that_would_take_too_much_is_refused() {
    let grid = Grid::new(0, 4_000_000_000, 1_000).unwrap();
    let text = ["vector(1)"; 6].join(" + ");
    let expr = parse(&text).unwrap();

    let refused = evaluate(&expr, &grid, Semantics::V3, &RawSamples::new());

    assert_eq!(refused, Err(EvalError::TooManyValues));
    let endless = Grid {
        points: u64::MAX,
        ..grid
    };
    let refused = evaluate(
        &parse("1").unwrap(),
        &endless,
        Semantics::V3,
        &RawSamples::new(),
    );
    assert_eq!(refused, Err(EvalError::TooManyValues));
}
