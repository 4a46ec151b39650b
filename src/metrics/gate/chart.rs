//! A check as a chart: its samples, what they are compared with, and when they were bad.

use super::baseline::Demand;
use super::values::judged_part;
use super::words::{rounded, with_unit};
use super::{Inputs, threshold};
use crate::metrics::{Grid, Step, TimeSeries, derived, series};
use crate::model::limits::CHART_POINTS;
use crate::model::time::duration_text;
use crate::model::{
    Bad, Chart, CheckResult, GateCheck, Level, Line, RuleOutcome, RuleResult, Shade, Test,
    Threshold,
};
use std::collections::BTreeMap;

/// The chart of a check; none where there are no samples to draw.
///
/// The worst series, at most 20; each threshold once; runs of rules that fired or could not be judged, and runs that the
/// window's end cuts off.
pub fn chart(check: &GateCheck, inputs: &Inputs, result: &CheckResult) -> Option<Chart> {
    let captured = derived::source(&check.source, inputs, Some(Demand::of_check(check))).ok()?;
    let (grid, _) = judged_part(check.part, &captured.grid);
    let mut all: Vec<&TimeSeries> = captured.series.iter().collect();
    let places: BTreeMap<&BTreeMap<String, String>, usize> = (result.series.iter())
        .zip(0..)
        .map(|(one, place)| (&one.labels, place))
        .collect();
    let place = |one: &TimeSeries| places.get(&one.labels.0).copied().unwrap_or(usize::MAX);
    all.sort_by(|a, b| (place(a), &a.labels).cmp(&(place(b), &b.labels)));
    let points = usize::try_from(grid.points.max(1)).unwrap_or(usize::MAX);
    all.truncate(SHOWN_SERIES.min((CHART_POINTS / points).max(1)));
    if all.is_empty() || grid.points == 0 {
        return None;
    }
    Some(Chart {
        title: check.id.clone(),
        unit: check.unit.clone(),
        window: result.window,
        step_ms: grid.step_ms,
        lines: all.iter().map(|one| line(one, &grid)).collect(),
        thresholds: thresholds(check, result),
        shades: shades(check, result),
        marks: Vec::new(),
    })
}

fn line(one: &TimeSeries, grid: &Grid) -> Line {
    let steps = series::steps(grid, &one.samples);
    let value = |step: Step| step.number().unwrap_or(f64::NAN);
    let mut points: Vec<(i64, f64)> = (0..)
        .map(|index| grid.at(index))
        .zip(steps.into_iter().map(value))
        .collect();
    // The first of a gap breaks the line.
    points.dedup_by(|point, before| point.1.is_nan() && before.1.is_nan());
    points.shrink_to_fit();
    Line {
        name: one.labels.to_string(),
        points,
    }
}

/// The labels are without the values: whoever draws them adds these.
fn thresholds(check: &GateCheck, result: &CheckResult) -> Vec<Threshold> {
    let mut found: Vec<Threshold> = Vec::new();
    let mut add = |value: f64, label: String, level: Option<Level>| {
        let same = |known: &&mut Threshold| known.value == value && known.label == label;
        if let Some(known) = found.iter_mut().find(same) {
            // A red rule may follow a yellow one at the same value.
            known.level = known.level.max(level);
        } else if found.len() < SHOWN_THRESHOLDS && value.is_finite() {
            found.push(Threshold {
                value,
                label,
                level,
            });
        }
    };
    // All series of a check are compared with the same numbers.
    let known = result.series.first().map_or(&[][..], |one| &one.rules);
    for (place, rule) in check.rules.iter().enumerate() {
        let Some(when) = rule.test.when() else {
            continue;
        };
        let known = known.get(place);
        match when {
            Bad::Fixed { operator, bound } => {
                if let Ok(value) = threshold::number(bound) {
                    add(value, operator.to_string(), Some(rule.level));
                }
            }
            Bad::Relative {
                operator, factor, ..
            } => {
                if let Some(value) = known.and_then(|known| number(&known.threshold)) {
                    add(
                        value,
                        format!("{operator} {factor}x baseline"),
                        Some(rule.level),
                    );
                }
                if let Some(value) = known.and_then(|known| number(&known.baseline)) {
                    add(value, "baseline".into(), None);
                }
            }
        }
    }
    found
}

/// What is bad, with the number that it comes to: `> 0.35 s`.
fn bad(when: &Bad, known: Option<&RuleResult>, unit: &str) -> String {
    let threshold = known.and_then(|known| number(&known.threshold));
    match (when, threshold) {
        (Bad::Relative { operator, .. }, Some(value)) => {
            format!("{operator} {}", with_unit(&rounded(value, None), unit))
        }
        _ => threshold::words(when, unit),
    }
}

fn number(text: &Option<String>) -> Option<f64> {
    text.as_deref()?.parse().ok()
}

fn shades(check: &GateCheck, result: &CheckResult) -> Vec<Shade> {
    let mut found: BTreeMap<(i64, i64), Shade> = BTreeMap::new();
    for one in result.series.iter().take(SHOWN_SERIES) {
        for (rule, known) in check.rules.iter().zip(&one.rules) {
            let Some(when) = rule.test.when() else {
                continue;
            };
            let bad = bad(when, Some(known), &check.unit);
            for run in &known.runs {
                let level = match level(&rule.test, known, run.length_ms()) {
                    Some(level) => level,
                    None if run.open_end => Level::Yellow,
                    None => continue,
                };
                let label = match run.length_ms() {
                    0 => bad.clone(),
                    length => format!("{} {bad}", duration_text(length)),
                };
                let shade = Shade {
                    start_ms: run.start_ms,
                    end_ms: run.end_ms,
                    level,
                    label,
                };
                let place = (run.start_ms, run.end_ms);
                let known = found.get(&place).map(|known| known.level);
                let is_room = known.is_some() || found.len() < SHOWN_SHADES;
                if known < Some(level) && is_room {
                    found.insert(place, shade);
                }
            }
        }
    }
    found.into_values().collect()
}

/// What a run came to under its rule; none for one that a quiet rule looked at.
fn level(test: &Test, known: &RuleResult, length: u64) -> Option<Level> {
    let is_long = match test {
        Test::For {
            length_ms,
            inclusive,
            ..
        } => length > *length_ms || (length == *length_ms && (*inclusive || length == 0)),
        Test::OkRatio { .. } => true,
        Test::Checkpoints { .. } | Test::Growth { .. } | Test::Reduce { .. } => false,
    };
    match known.outcome {
        RuleOutcome::Fired if is_long => Some(known.level),
        RuleOutcome::Fired | RuleOutcome::Inconclusive => Some(Level::Yellow),
        RuleOutcome::Quiet => None,
    }
}

const SHOWN_SERIES: usize = 20;
const SHOWN_THRESHOLDS: usize = 20;
const SHOWN_SHADES: usize = 200;
