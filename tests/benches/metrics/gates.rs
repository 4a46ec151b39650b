//! Twenty gates over 72 hours at 15 s, each with the rules of document 002: YELLOW at once, RED after 15 minutes.

use super::process::{Cost, Meter};
use super::seeded::Seeded;
use evidence::metrics::gate::{Captured, Inputs, judge};
use evidence::metrics::{Grid, Labels, Sample, TimeSeries};
use evidence::model::{
    Bad, Formula, GateCheck, GateExpectation, Level, MetricExpectation, MetricRef, MissingPolicy,
    NanPolicy, OpenRun, Operator, Part, Range, Rule, Series, Statistic, Test,
};
use serde_json::json;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

const GATES: u64 = 20;
const HOURS: u64 = 72;
const GRID: Grid = Grid {
    start_ms: 1_758_466_800_000,
    step_ms: 15_000,
    points: HOURS * 240 + 1,
};
const LIMIT: f64 = 0.35;

/// Judges all of them.
pub(super) fn judged() -> Cost {
    let gates: Vec<_> = (0..GATES)
        .map(|gate| (gate_of(gate), inputs(gate)))
        .collect();
    let (results, cost) = Meter::repeated(|| -> Vec<_> {
        let judged = gates.iter().map(|(gate, inputs)| judge(gate, inputs));
        judged.collect()
    });
    let verdicts: Vec<String> = (results.iter())
        .map(|result| result.verdict.to_string())
        .collect();
    Cost {
        count: GATES * GRID.points,
        answer: verdicts.join(" "),
        ..cost
    }
}

/// Compares each value with the limit and does no more: what nobody who judges can leave out.
pub(super) fn compared() -> Cost {
    let all: Vec<_> = (0..GATES).map(samples).collect();
    let is_bad = |sample: &&Sample| sample.value > black_box(LIMIT);
    let (bad, cost) = Meter::repeated(|| -> usize {
        let bad = black_box(&all)
            .iter()
            .map(|one| one.iter().filter(is_bad).count());
        bad.sum()
    });
    assert!(bad > 0);
    Cost {
        count: GATES * GRID.points,
        ..cost
    }
}

/// Writes the samples for others to judge.
pub(super) fn write(folder: &Path) {
    let numbers = |value: f64| (!value.is_nan()).then_some(value);
    let series = |gate| -> Vec<_> {
        let samples = samples(gate).into_iter();
        samples.map(|one| (one.ms, numbers(one.value))).collect()
    };
    let all: Vec<_> = (0..GATES).map(series).collect();
    let text = json!({
        "start": GRID.start_ms, "step": GRID.step_ms, "points": GRID.points, "limit": LIMIT, "series": all,
    });
    fs::write(file(folder), text.to_string()).unwrap();
}

pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("gates.json")
}

/// Latencies with an outage of up to 20 minutes, one step in 500 missing and one NaN.
fn samples(gate: u64) -> Vec<Sample> {
    let mut numbers = Seeded::new(gate);
    let outage = 240 * (gate + 10)..240 * (gate + 10) + 20 * (gate % 5);
    let mut samples = Vec::new();
    for index in 0..GRID.points {
        let base = if outage.contains(&index) { 0.36 } else { 0.2 };
        let value = match numbers.next() % 500 {
            0 => continue,
            1 => f64::NAN,
            _ => base + numbers.share() / 10.0,
        };
        samples.push(Sample {
            ms: GRID.at(index),
            value,
        });
    }
    samples
}

fn inputs(gate: u64) -> Inputs {
    let captured = Captured {
        grid: GRID,
        series: vec![TimeSeries {
            labels: Labels::default(),
            samples: samples(gate),
            histograms: 0,
        }],
        warnings: Vec::new(),
        doubt: None,
    };
    Inputs::from([(item(gate), Ok(captured))])
}

fn item(gate: u64) -> String {
    format!("p95-{gate}")
}

fn gate_of(gate: u64) -> GateExpectation {
    let metric = MetricRef {
        item: item(gate),
        expectation: Box::new(MetricExpectation {
            from: "main".into(),
            expr: "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))".into(),
            range: Some(Range {
                window_ms: HOURS * 3_600_000,
                step_ms: GRID.step_ms,
            }),
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
    };
    let rule = |level, length_ms, inclusive| Rule {
        level,
        test: Test::For {
            when: Bad::Fixed {
                operator: Operator::Greater,
                bound: LIMIT.to_string(),
            },
            length_ms,
            inclusive,
        },
    };
    GateExpectation {
        checks: vec![GateCheck {
            id: "p95".into(),
            source: Formula::Metric { metric },
            unit: "s".into(),
            part: Part::default(),
            series: Series::Single,
            nan: NanPolicy::Missing,
            missing: MissingPolicy::Inconclusive,
            guard: None,
            min_coverage_percent: 90,
            max_gap_ms: 300_000,
            open_run: OpenRun::SoFar,
            rules: vec![
                rule(Level::Yellow, 0, true),
                rule(Level::Red, 900_000, false),
            ],
        }],
    }
}
