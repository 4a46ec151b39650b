//! What do the rules of a gate say of the captured metrics?

use super::{Appraised, Claim, metric_inputs};
use crate::metrics::gate;
use crate::model::limits::CHART_POINTS;
use crate::model::{
    Capture, Exhibit, GateExpectation, GateResult, GateVerdict, MetricRef, Problem, Status,
};

/// Appraises a gate from the files of the metrics that it reads.
///
/// The facts are a [`GateResult`]. `met` is false for RED and none for INCONCLUSIVE; a YELLOW gate is met, and says so
/// in its problems.
pub fn gate(capture: &Capture, expectation: &GateExpectation) -> Appraised {
    let metrics: Vec<&MetricRef> = (expectation.checks.iter())
        .flat_map(|check| check.metrics())
        .collect();
    let read = metric_inputs::read(capture, &metrics);
    let proven = read.status();
    let inputs = read.inputs;
    let mut result = gate::judge(expectation, &inputs);
    // The metrics that were redacted are in doubt already; whatever lets a verdict come to be, it is none.
    if capture.is_redacted() && result.verdict != GateVerdict::Red {
        result.verdict = GateVerdict::Inconclusive;
    }
    let mut exhibits = Vec::new();
    let mut room = CHART_POINTS;
    for (check, found) in expectation.checks.iter().zip(&result.checks) {
        let Some(chart) = gate::chart(check, &inputs, found) else {
            continue;
        };
        let points: usize = chart.lines.iter().map(|line| line.points.len()).sum();
        let Some(left) = room.checked_sub(points) else {
            break;
        };
        room = left;
        exhibits.push(Exhibit::Chart(chart));
    }
    let problems = problems(&result);
    let summary = summary(&result);
    let (status, met) = match result.verdict {
        GateVerdict::Green | GateVerdict::Yellow => (proven, Some(true)),
        GateVerdict::Red => (proven, Some(false)),
        GateVerdict::Inconclusive => (Status::Missing, None),
    };
    let appraised = Appraised {
        claim: Claim::new(status, met, result, problems),
        summary,
        exhibits,
    };
    match capture.is_redacted() {
        true => appraised.redacted(),
        false => appraised,
    }
}

/// One for each check that is not GREEN, the worst first.
fn problems(result: &GateResult) -> Vec<Problem> {
    let mut against: Vec<_> = (result.checks.iter())
        .filter(|check| check.verdict != GateVerdict::Green)
        .collect();
    against.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let problem = |check: &&crate::model::CheckResult| {
        let code = match check.verdict {
            GateVerdict::Red => "gate-red",
            GateVerdict::Yellow => "gate-yellow",
            _ => "gate-inconclusive",
        };
        let reason = check.reasons.first();
        let why = reason.map_or("", |reason| reason.message.as_str());
        Problem::new(code, format!("{} {}: {why}", check.verdict, check.id))
    };
    against.iter().map(problem).collect()
}

fn summary(result: &GateResult) -> String {
    let count = |verdict| {
        let of_it = (result.checks.iter()).filter(|check| check.verdict == verdict);
        of_it.count()
    };
    let all = [
        GateVerdict::Red,
        GateVerdict::Inconclusive,
        GateVerdict::Yellow,
        GateVerdict::Green,
    ];
    let parts: Vec<String> = (all.into_iter())
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| format!("{} {verdict}", count(verdict)))
        .collect();
    format!("{}: {}", result.verdict, parts.join(", "))
}

#[cfg(test)]
mod tests;
