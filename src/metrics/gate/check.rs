//! One check: its series, each under its rules.

use super::baseline::Demand;
use super::input::warned;
use super::reasons::Reasons;
use super::rule::Ready;
use super::values::{Policies, Values, judged_part};
use super::words::{Clock, named};
use super::{Captured, Inputs, usable};
use crate::metrics::{Grid, Labels, TimeSeries, derived};
use crate::model::limits::GATE_STEPS;
use crate::model::{
    CheckResult, GateCheck, GateVerdict, MissingPolicy, Problem, Series, SeriesResult, Window,
};
use std::cmp::Reverse;

/// Judges a check; takes its steps, each as often as it has rules, from what is left for the gate.
pub(super) fn judge(check: &GateCheck, inputs: &Inputs, left: &mut u64) -> CheckResult {
    let mut result = CheckResult {
        id: check.id.clone(),
        verdict: GateVerdict::Inconclusive,
        unit: check.unit.clone(),
        window: None,
        step_ms: 0,
        reasons: Vec::new(),
        series_count: 0,
        series: Vec::new(),
    };
    let mut reasons = Reasons::default();
    match derived::source(&check.source, inputs, Some(Demand::of_check(check))) {
        Ok(captured) => match left.checked_sub(work(check, &captured)) {
            Some(rest) => {
                *left = rest;
                judge_captured(check, &captured, inputs, &mut result, &mut reasons);
            }
            None => {
                let what = format!("the gate has more than {GATE_STEPS} steps under rules");
                reasons.add(GateVerdict::Inconclusive, Problem::new("gate-rule", what));
            }
        },
        Err(problem) => reasons.add(GateVerdict::Inconclusive, problem),
    }
    result.verdict = reasons.verdict();
    result.reasons = reasons.told(result.series_count);
    result
}

fn work(check: &GateCheck, captured: &Captured) -> u64 {
    let series = (captured.series.len() as u64).max(1);
    let rules = (check.rules.len() as u64).saturating_add(1);
    let (grid, _) = judged_part(check.part, &captured.grid);
    grid.points.saturating_mul(series).saturating_mul(rules)
}

fn judge_captured(
    check: &GateCheck,
    captured: &Captured,
    inputs: &Inputs,
    result: &mut CheckResult,
    reasons: &mut Reasons,
) {
    let (grid, beyond) = judged_part(check.part, &captured.grid);
    let window = Window {
        start_ms: grid.start_ms,
        end_ms: grid.end_ms(),
    };
    result.window = Some(window);
    result.step_ms = grid.step_ms;
    result.series_count = captured.series.len();
    let mut all: Vec<&TimeSeries> = captured.series.iter().collect();
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    if check.series == Series::Single && all.len() > 1 {
        reasons.add(GateVerdict::Inconclusive, several(&all));
        return;
    }
    for problem in against(check, inputs, beyond) {
        reasons.add(GateVerdict::Inconclusive, problem);
    }
    let guarded = guarded(check, &grid, inputs).unwrap_or_else(|problem| {
        reasons.add(GateVerdict::Inconclusive, problem);
        Vec::new()
    });
    let policies = Policies {
        nan: check.nan,
        missing: check.missing,
        guarded: &guarded,
    };
    let rules: Vec<Ready<'_>> = (check.rules.iter())
        .map(|rule| Ready::of(rule, check, inputs, captured.grid.start_ms))
        .collect();
    // Nothing was answered: each step is missing.
    let nothing = TimeSeries {
        labels: Labels::default(),
        samples: Vec::new(),
        histograms: 0,
    };
    if all.is_empty() {
        all.push(&nothing);
    }
    let mut worst = Worst::default();
    for one in all {
        let values = Values::of(grid, &one.samples, &policies);
        worst.push(judge_series(
            check,
            &rules,
            one,
            &values,
            Clock::of(window),
            reasons,
        ));
    }
    result.series = worst.into_series();
}

/// What stands against the check whatever its values are.
fn against(check: &GateCheck, inputs: &Inputs, beyond: bool) -> Vec<Problem> {
    let sources = check.source.metrics();
    let mut found: Vec<Problem> = (sources.into_iter().chain(&check.guard))
        .filter_map(|metric| warned(metric, inputs))
        .collect();
    if beyond {
        let what = "a part of the window that is to be judged was not captured";
        found.push(Problem::new("gate-window", what));
    }
    if check.rules.is_empty() {
        found.push(Problem::new("gate-rule", "the check has no rule"));
    }
    if check.missing == MissingPolicy::Ok && check.guard.is_none() {
        let what =
            "missing steps are to count as good, and no guard shows that the server had data";
        found.push(Problem::new("gate-guard", what));
    }
    found
}

/// Whether any series of the guard has a number at each step; empty where it is not asked for.
fn guarded(check: &GateCheck, grid: &Grid, inputs: &Inputs) -> Result<Vec<bool>, Problem> {
    let Some(guard) = check
        .guard
        .as_ref()
        .filter(|_| check.missing == MissingPolicy::Ok)
    else {
        return Ok(Vec::new());
    };
    let captured = usable(guard, inputs).map_err(|problem| {
        let message = format!("the guard cannot be used: {}", problem.message);
        Problem::new("gate-guard", message)
    })?;
    let mut guarded = vec![false; usize::try_from(grid.points).unwrap_or_default()];
    for sample in captured.series.iter().flat_map(|one| &one.samples) {
        let index = grid
            .index_of(sample.ms)
            .and_then(|at| usize::try_from(at).ok());
        if let Some(has) = index.and_then(|index| guarded.get_mut(index)) {
            *has |= !sample.value.is_nan();
        }
    }
    Ok(guarded)
}

fn judge_series(
    check: &GateCheck,
    rules: &[Ready<'_>],
    one: &TimeSeries,
    values: &Values,
    clock: Clock,
    reasons: &mut Reasons,
) -> Ranked {
    let found = &values.coverage;
    let mut verdict = GateVerdict::Green;
    let mut weight = 0;
    if let Some(what) = Demand::of_check(check).lacking(found, values.grid.step_ms) {
        verdict = GateVerdict::Inconclusive;
        let missing = found.points - found.numbers;
        let problem = Problem::new("gate-coverage", what);
        reasons.add_of_series(0, verdict, problem, missing, &one.labels);
    }
    let mut results = Vec::with_capacity(rules.len());
    for (place, rule) in (1..).zip(rules) {
        let judged = rule.judge(values, clock);
        if let Some((code, level)) = rule.stands(&judged) {
            let message = format!("{}: {}", rule.words, judged.found);
            let problem = Problem::new(code, message);
            reasons.add_of_series(place, level, problem, judged.weight, &one.labels);
            if level >= verdict {
                weight = if level > verdict { 0 } else { weight }.max(judged.weight);
                verdict = level;
            }
        }
        if let Some(open) = &judged.open {
            // It may fire after the window.
            let message = format!("{}: not so far, but the window ends in {open}", rule.words);
            let problem = Problem::new("gate-open-run", message);
            let green = GateVerdict::Green;
            reasons.add_of_series(place, green, problem, judged.weight, &one.labels);
        }
        results.push(rule.result(&judged));
    }
    Ranked {
        weight,
        result: SeriesResult {
            labels: one.labels.0.clone(),
            verdict,
            points: found.points,
            valid: found.numbers,
            missing: found.missing,
            nan: found.nan,
            longest_gap_ms: found.longest_gap.saturating_mul(values.grid.step_ms),
            last: Values::shown(values.last),
            min: Values::shown(values.min),
            max: Values::shown(values.max),
            rules: results,
        },
    }
}

fn several(all: &[&TimeSeries]) -> Problem {
    let shown: Vec<String> = (all.iter().take(3)).map(|one| named(&one.labels)).collect();
    let more = if all.len() > shown.len() { ", …" } else { "" };
    let message = format!(
        "there are {} series, one is asked for: {}{more}",
        all.len(),
        shown.join(", ")
    );
    Problem::new("gate-several-series", message)
}

/// A series with what it is ranked by.
struct Ranked {
    weight: u64,
    result: SeriesResult,
}

/// The worst series, a bounded number of them.
#[derive(Default)]
struct Worst(Vec<Ranked>);

impl Worst {
    fn push(&mut self, one: Ranked) {
        self.0.push(one);
        if self.0.len() >= 2 * LISTED {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.0.sort_by(|a, b| {
            let rank = |one: &Ranked| Reverse((one.result.verdict, one.weight));
            (rank(a), &a.result.labels).cmp(&(rank(b), &b.result.labels))
        });
        self.0.truncate(LISTED);
    }

    fn into_series(mut self) -> Vec<SeriesResult> {
        self.cut();
        self.0.into_iter().map(|one| one.result).collect()
    }
}

/// Series that a result lists; all are judged.
const LISTED: usize = 100;
