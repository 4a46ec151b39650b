//! What a gate came to. Written as JSON, byte for byte the same whenever the same captures are judged.

use super::{GateVerdict, Level, Problem, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a gate came to.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateResult {
    /// The worst of its checks.
    pub verdict: GateVerdict,
    /// In the order of the expectation.
    pub checks: Vec<CheckResult>,
}

/// What one check came to.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// Its id.
    pub id: String,
    /// The worst of its series, of what stands against the captures, and of what could not be judged.
    pub verdict: GateVerdict,
    /// Unit of the values.
    pub unit: String,
    /// The judged part of the captured window; none where no capture could be read.
    pub window: Option<Window>,
    /// Its step in milliseconds; 0 for a single moment.
    pub step_ms: u64,
    /// Why it is not GREEN, the worst first; and what is to be known of a GREEN one.
    pub reasons: Vec<Problem>,
    /// How many series there were.
    pub series_count: usize,
    /// The series, the worst first, at most 100.
    pub series: Vec<SeriesResult>,
}

/// What one series came to.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesResult {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The worst of its fired rules and of its coverage.
    pub verdict: GateVerdict,
    /// Steps that are judged.
    pub points: u64,
    /// Steps that count as good or bad.
    pub valid: u64,
    /// Steps of those that are missing, whatever they count as.
    pub missing: u64,
    /// Steps that are NaN, whatever they count as.
    pub nan: u64,
    /// Longest stretch without a valid step, in milliseconds.
    pub longest_gap_ms: u64,
    /// The last number, decimal; none without one.
    pub last: Option<String>,
    /// The smallest number, decimal.
    pub min: Option<String>,
    /// The largest number, decimal.
    pub max: Option<String>,
    /// In the order of the expectation.
    pub rules: Vec<RuleResult>,
}

/// How one rule fared with one series.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// The verdict when it fires.
    pub level: Level,
    /// The rule in words, such as `> 0.35 s for more than 15m`.
    pub rule: String,
    /// Whether it fires.
    pub outcome: RuleOutcome,
    /// What was found, in words; empty where there is nothing to say.
    pub found: String,
    /// What values are compared with, decimal; none where there is no such number.
    pub threshold: Option<String>,
    /// The baseline, decimal; none without one.
    pub baseline: Option<String>,
    /// Runs of bad steps, in the order of time, at most 100.
    pub runs: Vec<Run>,
}

/// Whether a rule fires.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleOutcome {
    /// It does not.
    Quiet,
    /// It does.
    Fired,
    /// It could not be judged.
    Inconclusive,
}

/// A run of bad steps: missing steps between two are bridged, a good one ends it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its first bad step, milliseconds since 1970.
    pub start_ms: i64,
    /// Its last bad step.
    pub end_ms: i64,
    /// Bad steps.
    pub bad: u64,
    /// Missing steps between them.
    pub bridged: u64,
    /// Whether no good step is before it in the window.
    pub open_start: bool,
    /// Whether no good step is after it in the window: it may go on.
    pub open_end: bool,
}

impl Run {
    /// Last step less first, in milliseconds.
    pub fn length_ms(&self) -> u64 {
        self.end_ms.abs_diff(self.start_ms)
    }
}
