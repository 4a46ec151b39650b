//! Gates: rules over captured metrics, judged step by step. Pure: the same captures give the same result.
//!
//! A step has a number, a NaN, or no sample, and the check's policies say what the latter two are: good, bad, or nothing
//! known. What is known is judged by each rule; the worst of all counts: RED, INCONCLUSIVE, YELLOW, GREEN.
//!
//! - What makes values other than what was asked for ends the judging: an unreadable capture, a sample off its grid, a
//!   native histogram, a doubt, several series where one is asked for. INCONCLUSIVE, whatever the values are.
//! - What makes them too few does not: too little coverage, a server's warning, a part of the window that was not
//!   captured. INCONCLUSIVE, unless what is there is RED already.
//!
//! Codes of reasons: `gate-red` and `gate-yellow` (a rule fired), `gate-coverage`, `gate-several-series`, `gate-open-run`,
//! `gate-sparse-run`, `gate-baseline`, `gate-warnings`, `gate-guard`, `gate-histogram`, `gate-doubt`, `gate-window` (not
//! captured), `gate-capture` (none, or not as asked for), `gate-formula` (cannot be computed), `gate-number` (a rule has no
//! number to compare), `gate-rule` (cannot be read); and those of captures that could not be read, as they are.

mod baseline;
mod chart;
mod check;
mod checkpoints;
mod growth;
mod input;
mod judged;
mod reasons;
mod reduce;
mod rule;
mod runs;
mod share;
mod threshold;
mod values;
mod words;

pub(super) use baseline::{Demand, value as baseline_value};
pub use chart::chart;
pub(super) use input::{usable, warnings};

use super::{Grid, TimeSeries};
use crate::model::limits::{GATE_CHECKS, GATE_STEPS};
use crate::model::{GateExpectation, GateResult, GateVerdict, Problem};
use std::collections::BTreeMap;

/// What is known of one metric item.
#[derive(Clone, Debug, PartialEq)]
pub struct Captured {
    /// The steps that were asked for.
    pub grid: Grid,
    /// What was answered, each label set once.
    pub series: Vec<TimeSeries>,
    /// What the server warns of.
    pub warnings: Vec<String>,
    /// What makes it unusable for a verdict, such as samples that do not give its answer.
    pub doubt: Option<Problem>,
}

/// What is known of metrics, by the id of their items; a problem where nothing could be read.
pub type Inputs = BTreeMap<String, Result<Captured, Problem>>;

/// Judges a gate.
///
/// Total: whatever the inputs, the answer is a result; what could not be judged is INCONCLUSIVE. The order of series does
/// not matter.
pub fn judge(expectation: &GateExpectation, inputs: &Inputs) -> GateResult {
    let mut left = GATE_STEPS;
    // A configuration has no more; a manifest may say anything.
    let checks: Vec<_> = (expectation.checks.iter().take(GATE_CHECKS))
        .map(|check| check::judge(check, inputs, &mut left))
        .collect();
    let verdicts = checks.iter().map(|check| check.verdict);
    GateResult {
        verdict: match expectation.checks.len() > GATE_CHECKS {
            true => GateVerdict::Inconclusive,
            false => verdicts.max().unwrap_or(GateVerdict::Inconclusive),
        },
        checks,
    }
}

#[cfg(test)]
mod tests;
