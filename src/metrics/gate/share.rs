//! The rule that too few steps are good, compared without rounding.

use super::judged::Judged;
use super::runs;
use super::threshold::{Threshold, decimal};
use super::values::Values;
use super::words::percent;

/// Judges the rule: fires when less than this share of the valid steps is good.
pub(super) fn judge(values: &Values, threshold: &Threshold, min: &str) -> Judged {
    let min = match decimal(min) {
        Ok(min) => min,
        Err(problem) => return Judged::inconclusive(problem.code, problem.message),
    };
    let valid = values.coverage.numbers;
    if valid == 0 {
        return Judged::inconclusive("gate-number", "no step has a value");
    }
    let states = values.steps.iter().map(|value| threshold.is_bad(*value));
    let good = states.filter(|state| *state == Some(false)).count() as u64;
    let found = format!(
        "{good} of {valid} steps are good ({}), at least {} % must",
        percent(good, valid),
        min.percent()
    );
    let judged = match min.is_reached_by(good, valid) {
        Some(is_reached) => Judged::when(!is_reached, found),
        None => Judged::inconclusive("gate-rule", "the share has too many digits"),
    };
    Judged {
        runs: runs::of(values, threshold),
        ..judged.weighing(valid - good)
    }
}
