//! What a rule says of one series.

use crate::model::{RuleOutcome, Run};

/// What a rule says of one series.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) outcome: RuleOutcome,
    /// Code of the reason when it could not be judged.
    pub(super) code: String,
    /// What was found, in words.
    pub(super) found: String,
    pub(super) runs: Vec<Run>,
    /// How bad it is; compared among the series of one rule.
    pub(super) weight: u64,
    /// The run that the window's end cuts off, in words, where the rule is quiet: it may fire yet.
    pub(super) open: Option<String>,
}

impl Judged {
    pub(super) fn quiet(found: impl Into<String>) -> Self {
        Self::new(RuleOutcome::Quiet, String::new(), found.into())
    }

    pub(super) fn fired(found: impl Into<String>) -> Self {
        Self::new(RuleOutcome::Fired, String::new(), found.into())
    }

    pub(super) fn inconclusive(code: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(RuleOutcome::Inconclusive, code.into(), found.into())
    }

    /// Fired or quiet.
    pub(super) fn when(fires: bool, found: String) -> Self {
        if fires {
            Self::fired(found)
        } else {
            Self::quiet(found)
        }
    }

    pub(super) fn weighing(self, weight: u64) -> Self {
        Self { weight, ..self }
    }

    fn new(outcome: RuleOutcome, code: String, found: String) -> Self {
        Self {
            outcome,
            code,
            found,
            runs: Vec::new(),
            weight: 0,
            open: None,
        }
    }
}
