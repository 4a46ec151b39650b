//! The judged steps of a series, with the check's policies applied.

use super::words::exact;
use crate::metrics::{Coverage, Grid, Sample, Step, series};
use crate::model::{MissingPolicy, NanPolicy, Part};

/// What is known of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// This number, may be infinite.
    Number(f64),
    /// No number, and good all the same.
    Good,
    /// No number, and bad.
    Bad,
    /// Nothing.
    Unknown,
}

/// What steps without a number are.
pub(super) struct Policies<'a> {
    pub(super) nan: NanPolicy,
    pub(super) missing: MissingPolicy,
    /// Whether the guard has a number at each judged step; empty without a guard.
    pub(super) guarded: &'a [bool],
}

/// A series on the judged steps.
pub(super) struct Values {
    pub(super) grid: Grid,
    pub(super) steps: Vec<Value>,
    /// Its numbers are the valid steps: those that count as good or bad.
    pub(super) coverage: Coverage,
    pub(super) last: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

impl Values {
    pub(super) fn of(grid: Grid, samples: &[Sample], policies: &Policies<'_>) -> Self {
        let found = series::steps(&grid, samples);
        let numbers = || found.iter().filter_map(|step| step.number());
        let steps: Vec<Value> = (found.iter().enumerate())
            .map(|(index, step)| policies.apply(index, *step))
            .collect();
        let valid: Vec<Step> = (steps.iter())
            .map(|value| match value {
                Value::Unknown => Step::Missing,
                _ => Step::Number(0.0),
            })
            .collect();
        let raw = Coverage::of(&found);
        Self {
            grid,
            coverage: Coverage {
                missing: raw.missing,
                nan: raw.nan,
                infinite: raw.infinite,
                ..Coverage::of(&valid)
            },
            last: numbers().next_back(),
            min: numbers().reduce(f64::min),
            max: numbers().reduce(f64::max),
            steps,
        }
    }

    /// Time and what is known, ascending.
    pub(super) fn timed(&self) -> impl Iterator<Item = (i64, Value)> {
        (0..)
            .map(|index| self.grid.at(index))
            .zip(self.steps.iter().copied())
    }

    /// The numbers in the order of time.
    pub(super) fn numbers(&self) -> Vec<f64> {
        self.timed()
            .filter_map(|(_, value)| value.number())
            .collect()
    }

    /// Steps that are bad and have no number.
    pub(super) fn bad_without_number(&self) -> usize {
        let bad = |value: &&Value| **value == Value::Bad;
        self.steps.iter().filter(bad).count()
    }

    pub(super) fn shown(value: Option<f64>) -> Option<String> {
        value.map(exact)
    }
}

impl Value {
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Good | Self::Bad | Self::Unknown => None,
        }
    }
}

impl Policies<'_> {
    fn apply(&self, index: usize, step: Step) -> Value {
        match step {
            Step::Number(value) => Value::Number(value),
            Step::NaN => match self.nan {
                NanPolicy::Missing => self.missing(index),
                NanPolicy::Breach => Value::Bad,
                NanPolicy::Ok => Value::Good,
            },
            Step::Missing => self.missing(index),
        }
    }

    fn missing(&self, index: usize) -> Value {
        match self.missing {
            MissingPolicy::Inconclusive => Value::Unknown,
            MissingPolicy::Breach => Value::Bad,
            MissingPolicy::Ok if self.guarded.get(index) == Some(&true) => Value::Good,
            MissingPolicy::Ok => Value::Unknown,
        }
    }
}

/// The steps of the part, and whether some of it was not captured.
///
/// A window may end up to a step after its last step, so that much of the part may lie behind it.
pub(super) fn judged_part(part: Part, grid: &Grid) -> (Grid, bool) {
    let last = grid.points.saturating_sub(1).saturating_mul(grid.step_ms);
    let end = last.saturating_add(grid.step_ms.saturating_sub(1));
    let from = part.from_ms.unwrap_or(0);
    let to = part.to_ms.unwrap_or(last);
    let step = grid.step_ms.max(1);
    let first = from.div_ceil(step).min(grid.points);
    let behind = (to / step).saturating_add(1).min(grid.points);
    let judged = Grid {
        start_ms: grid.at(first),
        step_ms: grid.step_ms,
        points: behind.saturating_sub(first),
    };
    (judged, from > end || to > end)
}
