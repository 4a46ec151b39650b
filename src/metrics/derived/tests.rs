use super::*;
use crate::metrics::Grid;
use crate::model::{Baseline, MetricExpectation, Part, Series, Statistic};

const STEP: u64 = 60_000;

fn metric(item: &str) -> MetricRef {
    MetricRef {
        item: item.into(),
        expectation: Box::new(MetricExpectation {
            from: "main".into(),
            expr: item.into(),
            range: None,
            series: Series::Single,
            statistic: Statistic::Max,
            unit: String::new(),
            limit: None,
            min_coverage_percent: 75,
            max_gap_ms: STEP,
            raw: false,
            accept_warnings: item.starts_with("accepted"),
            gated: false,
            source_query: None,
        }),
    }
}

/// Labels, and a value for each step.
type Drawn<'a> = (&'a [(&'a str, &'a str)], &'a [Option<f64>]);

/// Series by their labels; a step without a value has no sample.
fn captured(all: &[Drawn<'_>]) -> Captured {
    let points = all.first().map_or(4, |(_, values)| values.len()) as u64;
    let grid = Grid {
        start_ms: 0,
        step_ms: STEP,
        points,
    };
    let series = all.iter().map(|(labels, values)| TimeSeries {
        labels: Labels(
            (labels.iter())
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        ),
        samples: (0..)
            .zip(*values)
            .filter_map(|(index, value)| {
                Some(Sample {
                    ms: grid.at(index),
                    value: (*value)?,
                })
            })
            .collect(),
        histograms: 0,
    });
    Captured {
        grid,
        series: series.collect(),
        warnings: Vec::new(),
        doubt: None,
    }
}

fn one(values: &[Option<f64>]) -> Captured {
    captured(&[(&[], values)])
}

fn inputs(all: &[(&str, Captured)]) -> Inputs {
    (all.iter())
        .map(|(item, captured)| ((*item).into(), Ok(captured.clone())))
        .collect()
}

/// The value at each step of the first series; none where there is no sample.
fn values(captured: &Captured) -> Vec<Option<f64>> {
    let samples = &captured.series[0].samples;
    (0..captured.grid.points)
        .map(|index| {
            let ms = captured.grid.at(index);
            let at = samples.iter().find(|sample| sample.ms == ms);
            at.map(|sample| sample.value)
        })
        .collect()
}

fn ratio() -> Formula {
    Formula::Ratio {
        numerator: metric("a"),
        denominator: metric("b"),
    }
}

fn message(found: Result<Captured, Problem>) -> String {
    let problem = found.unwrap_err();
    assert_eq!(problem.code, "gate-formula");
    problem.message
}

#[test]
fn a_ratio_divides_step_by_step_and_a_missing_side_is_missing() {
    let above = one(&[Some(1.0), Some(2.0), None, Some(4.0)]);
    let below = one(&[Some(4.0), None, Some(4.0), Some(4.0)]);

    let found = compute(&ratio(), &inputs(&[("a", above), ("b", below)])).unwrap();

    assert_eq!(values(&found), [Some(0.25), None, None, Some(1.0)]);
}

#[test]
fn a_division_by_zero_is_as_in_ieee_754() {
    let above = one(&[Some(1.0), Some(-1.0), Some(0.0), Some(f64::NAN)]);
    let below = one(&[Some(0.0), Some(0.0), Some(0.0), Some(1.0)]);

    let found = compute(&ratio(), &inputs(&[("a", above), ("b", below)])).unwrap();

    let found = values(&found);
    assert_eq!(found[..2], [Some(f64::INFINITY), Some(f64::NEG_INFINITY)]);
    assert!(found[2].unwrap().is_nan() && found[3].unwrap().is_nan());
}

#[test]
fn label_sets_pair_without_the_metric_s_name_and_one_alone_has_no_values() {
    let above = captured(&[
        (&[("__name__", "errors"), ("job", "api")], &[Some(1.0)]),
        (&[("job", "web")], &[Some(1.0)]),
    ]);
    let below = captured(&[
        (&[("__name__", "requests"), ("job", "api")], &[Some(2.0)]),
        (&[("job", "worker")], &[Some(1.0)]),
    ]);

    let found = compute(&ratio(), &inputs(&[("a", above), ("b", below)])).unwrap();

    let series: Vec<(&str, usize)> = (found.series.iter())
        .map(|one| (one.labels.0["job"].as_str(), one.samples.len()))
        .collect();
    assert_eq!(series, [("api", 1), ("web", 0), ("worker", 0)]);
    assert_eq!(found.series[0].samples[0].value, 0.5);
    assert_eq!(found.series[0].labels.0.len(), 1);
}

#[test]
fn metrics_on_other_steps_or_with_the_same_labels_are_no_ratio() {
    let other = inputs(&[("a", one(&[Some(1.0); 3])), ("b", one(&[Some(1.0); 4]))]);
    assert!(message(compute(&ratio(), &other)).contains("same steps"));

    let twice = captured(&[
        (&[("__name__", "x")], &[Some(1.0)]),
        (&[("__name__", "y")], &[Some(1.0)]),
    ]);
    let twice = inputs(&[("a", twice), ("b", one(&[Some(1.0)]))]);
    assert!(message(compute(&ratio(), &twice)).contains("two series"));
}

#[test]
fn a_burn_rate_of_one_is_just_the_share_that_the_objective_leaves() {
    let of = |objective: &str, share| {
        let formula = Formula::BurnRate {
            errors: metric("a"),
            objective: objective.into(),
        };
        compute(&formula, &inputs(&[("a", one(&[Some(share)]))])).map(|found| values(&found)[0])
    };

    assert_eq!(of("0.999", 0.001).unwrap(), Some(1.0));
    assert_eq!(of("0.9", 0.1).unwrap(), Some(1.0));
    assert_eq!(of("0.95", 0.1).unwrap(), Some(2.0));
    for objective in ["1", "1.0", "1.5", "99.9 %", ""] {
        assert!(message(of(objective, 0.0).map(|_| one(&[]))).contains("objective"));
    }
}

#[test]
fn a_step_without_a_number_uses_as_much_of_the_budget_as_the_worse_of_its_neighbours() {
    let formula = |period_ms| Formula::BudgetUsed {
        errors: metric("a"),
        objective: "0.5".into(),
        period_ms,
    };
    let shares = one(&[Some(0.25), None, Some(f64::NAN), Some(0.5)]);
    let inputs = inputs(&[("a", shares)]);

    // Ten steps whose half may fail: 5 steps of errors use it up.
    let found = values(&compute(&formula(10 * STEP), &inputs).unwrap());

    assert_eq!(
        found,
        [Some(0.05), None, None, Some(0.350_000_000_000_000_03)]
    );
    assert!(message(compute(&formula(0), &inputs)).contains("period"));
}

#[test]
fn a_change_is_the_share_that_a_value_is_more_than_its_baseline() {
    let of = |baseline| {
        let formula = Formula::Change {
            metric: metric("a"),
            baseline,
        };
        let all = [
            ("a", one(&[Some(5.0), Some(2.0)])),
            ("b", one(&[Some(3.0), Some(4.0), Some(5.0), None])),
            ("c", one(&[Some(3.0), Some(4.0), None, None])),
        ];
        compute(&formula, &inputs(&all))
    };
    let median = |item| Baseline::Of {
        metric: metric(item),
        part: Part::default(),
        statistic: Statistic::Median,
    };

    let found = of(median("b")).unwrap();
    assert_eq!(values(&found), [Some(0.25), Some(-0.5)]);
    let constant = |value: &str| Baseline::Constant {
        value: value.into(),
    };
    assert_eq!(values(&of(constant("2.5")).unwrap())[0], Some(1.0));
    // As its own expectation asks for 75 % and no gap of two steps.
    assert_eq!(of(median("c")).unwrap_err().code, "gate-baseline");
    assert_eq!(of(constant("0")).unwrap_err().code, "gate-baseline");
}

#[test]
fn warnings_that_are_not_accepted_come_along() {
    let warned = |text: &str| Captured {
        warnings: vec![text.into()],
        ..one(&[Some(1.0)])
    };
    let formula = Formula::Ratio {
        numerator: metric("a"),
        denominator: metric("accepted"),
    };
    let inputs = inputs(&[("a", warned("partial")), ("accepted", warned("slow"))]);

    assert_eq!(compute(&formula, &inputs).unwrap().warnings, ["partial"]);
    let plain = Formula::Metric {
        metric: metric("accepted"),
    };
    assert_eq!(compute(&plain, &inputs).unwrap().warnings, [""; 0]);
}

#[test]
fn what_cannot_be_used_is_not_computed_with() {
    let doubtful = Captured {
        doubt: Some(Problem::new("x", "its samples do not give its answer")),
        ..one(&[Some(1.0)])
    };
    let mut all = inputs(&[("a", one(&[Some(1.0)])), ("b", doubtful)]);
    assert_eq!(compute(&ratio(), &all).unwrap_err().code, "gate-doubt");

    all.insert(
        "b".into(),
        Err(Problem::new("metric-html", "the answer is an HTML page")),
    );
    assert_eq!(compute(&ratio(), &all).unwrap_err().code, "metric-html");
    all.remove("b");
    assert_eq!(compute(&ratio(), &all).unwrap_err().code, "gate-capture");
}
