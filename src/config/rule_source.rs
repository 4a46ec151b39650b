//! The rules of a gate's check, as they are written.

use super::diagnostic::{Position, Spot};
use super::formula::BaselineSource;
use crate::model::{Level, Operator, Statistic};

/// What a check comes to when something is so.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// The verdict when it fires.
    pub level: Level,
    /// When it fires.
    pub test: TestSource,
}

/// When a rule fires.
#[derive(Clone, Debug)]
pub enum TestSource {
    /// A run of bad steps lasts that long.
    For {
        /// What is bad.
        when: BadSource,
        /// In milliseconds.
        length: Spot<u64>,
        /// Whether a run of just that length fires.
        inclusive: bool,
    },
    /// So many checkpoints in a row are bad.
    Checkpoints {
        /// What is bad.
        when: BadSource,
        /// When they are.
        at: Vec<Spot<Checkpoint>>,
        /// How many in a row.
        consecutive: u32,
        /// In milliseconds.
        max_age_ms: Option<u64>,
    },
    /// The last third of the window exceeds the first.
    Growth {
        /// Decimal share.
        relative: String,
        /// Decimal.
        absolute: String,
        /// Where it is asked for.
        at: Position,
    },
    /// Too few steps are good.
    OkRatio {
        /// What is bad.
        when: BadSource,
        /// Decimal share.
        min: String,
    },
    /// One number of all steps is bad.
    Reduce {
        /// What is bad.
        when: BadSource,
        /// The number.
        statistic: Spot<Statistic>,
    },
}

impl TestSource {
    /// The phase of its baseline, where it names one.
    pub(super) fn baseline_phase(&self) -> Option<&Spot<String>> {
        match self {
            Self::For { when, .. }
            | Self::Checkpoints { when, .. }
            | Self::OkRatio { when, .. }
            | Self::Reduce { when, .. } => match when {
                BadSource::Fixed { .. } => None,
                BadSource::Relative { baseline, .. } => baseline.phase(),
            },
            Self::Growth { .. } => None,
        }
    }
}

/// A moment at which is looked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Checkpoint {
    /// Milliseconds from the window's start.
    Elapsed(u64),
    /// Milliseconds after T0.
    Moment(i64),
}

/// A comparison that holds for a bad value.
#[derive(Clone, Debug)]
pub enum BadSource {
    /// With a number.
    Fixed {
        /// How a bad value compares.
        operator: Operator,
        /// Decimal.
        bound: String,
    },
    /// With a multiple of a baseline.
    Relative {
        /// How a bad value compares.
        operator: Operator,
        /// Decimal.
        factor: String,
        /// Decimal.
        min_delta: Option<String>,
        /// The baseline.
        baseline: BaselineSource,
    },
}
