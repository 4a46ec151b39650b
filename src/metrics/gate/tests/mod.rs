//! Captures and checks made by hand, for the tests of gates.

mod cutover;
mod drawn;
mod fail_open;
mod inputs;
mod numbers;
mod properties;
mod runs;
mod steps;

use super::{Captured, Inputs, chart, judge};
use crate::metrics::{Grid, Labels, Sample, TimeSeries};
use crate::model::{
    Bad, Baseline, CheckResult, Formula, GateCheck, GateExpectation, GateVerdict, Level,
    MetricExpectation, MetricRef, MissingPolicy, NanPolicy, OpenRun, Operator, Part, Rule,
    RuleOutcome, RuleResult, Series, Statistic, Test,
};
use std::collections::BTreeMap;

/// 2025-09-21 15:00:00 UTC.
pub(super) const START: i64 = 1_758_466_800_000;
pub(super) const STEP: u64 = 15_000;
/// A step without a sample.
pub(super) const GONE: Option<f64> = None;

pub(super) fn metric(item: &str) -> MetricRef {
    MetricRef {
        item: item.into(),
        expectation: Box::new(MetricExpectation {
            from: "main".into(),
            expr: item.into(),
            range: None,
            series: Series::Single,
            statistic: Statistic::Max,
            unit: "s".into(),
            limit: None,
            min_coverage_percent: 90,
            max_gap_ms: 300_000,
            raw: false,
            accept_warnings: false,
            gated: false,
            source_query: None,
        }),
    }
}

pub(super) fn check(rules: Vec<Rule>) -> GateCheck {
    GateCheck {
        id: "p95".into(),
        source: Formula::Metric {
            metric: metric("m"),
        },
        unit: "s".into(),
        part: Part::default(),
        series: Series::Single,
        nan: NanPolicy::Missing,
        missing: MissingPolicy::Inconclusive,
        guard: None,
        min_coverage_percent: 90,
        max_gap_ms: 300_000,
        open_run: OpenRun::SoFar,
        rules,
    }
}

/// A check that coverage does not stand against.
pub(super) fn uncovered(rules: Vec<Rule>) -> GateCheck {
    GateCheck {
        min_coverage_percent: 0,
        max_gap_ms: u64::MAX,
        ..check(rules)
    }
}

pub(super) fn fixed(operator: Operator, bound: &str) -> Bad {
    Bad::Fixed {
        operator,
        bound: bound.into(),
    }
}

pub(super) fn above(bound: &str) -> Bad {
    fixed(Operator::Greater, bound)
}

pub(super) fn relative(factor: &str, min_delta: Option<&str>, baseline: Baseline) -> Bad {
    Bad::Relative {
        operator: Operator::Greater,
        factor: factor.into(),
        min_delta: min_delta.map(Into::into),
        baseline,
    }
}

pub(super) fn constant(value: &str) -> Baseline {
    Baseline::Constant {
        value: value.into(),
    }
}

pub(super) fn red(test: Test) -> Rule {
    Rule {
        level: Level::Red,
        test,
    }
}

pub(super) fn yellow(test: Test) -> Rule {
    Rule {
        level: Level::Yellow,
        test,
    }
}

pub(super) fn lasting(when: Bad, length_ms: u64, inclusive: bool) -> Test {
    Test::For {
        when,
        length_ms,
        inclusive,
    }
}

/// A rule that any bad step fires.
pub(super) fn any_bad(when: Bad) -> Vec<Rule> {
    vec![red(lasting(when, 0, true))]
}

pub(super) fn labels(name: &str) -> Labels {
    Labels(BTreeMap::from([("instance".into(), name.into())]))
}

pub(super) fn grid(points: usize) -> Grid {
    Grid {
        start_ms: START,
        step_ms: STEP,
        points: points as u64,
    }
}

pub(super) fn series(name: &str, values: &[Option<f64>]) -> TimeSeries {
    let grid = grid(values.len());
    TimeSeries {
        labels: labels(name),
        samples: (0..)
            .zip(values)
            .filter_map(|(index, value)| {
                Some(Sample {
                    ms: grid.at(index),
                    value: (*value)?,
                })
            })
            .collect(),
        histograms: 0,
    }
}

pub(super) fn captured(values: &[Option<f64>]) -> Captured {
    Captured {
        grid: grid(values.len()),
        series: vec![series("a", values)],
        warnings: Vec::new(),
        doubt: None,
    }
}

pub(super) fn inputs(values: &[Option<f64>]) -> Inputs {
    Inputs::from([("m".into(), Ok(captured(values)))])
}

/// One value for each letter: `.` 0.1, `x` 0.9, `-` no sample, `n` NaN, `i` infinite.
pub(super) fn drawn(steps: &str) -> Vec<Option<f64>> {
    steps
        .chars()
        .map(|letter| match letter {
            '.' => Some(0.1),
            'x' => Some(0.9),
            'n' => Some(f64::NAN),
            'i' => Some(f64::INFINITY),
            _ => None,
        })
        .collect()
}

pub(super) fn judged(check: GateCheck, inputs: &Inputs) -> CheckResult {
    let expectation = GateExpectation {
        checks: vec![check],
    };
    let mut result = judge(&expectation, inputs);
    assert_eq!(result.verdict, result.checks[0].verdict);
    result.checks.remove(0)
}

/// The one rule's outcome over the one series.
pub(super) fn outcome(check: GateCheck, values: &[Option<f64>]) -> RuleResult {
    judged(check, &inputs(values)).series[0].rules[0].clone()
}

pub(super) fn codes(result: &CheckResult) -> Vec<&str> {
    let reasons = result.reasons.iter();
    reasons.map(|problem| problem.code.as_str()).collect()
}
