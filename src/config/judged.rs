//! The window that a gate's check judges, and what does not fit in it.

use super::diagnostic::{Position, Problems, Spot, quoted};
use super::rule_source::Checkpoint;
use crate::model::{MetricRef, Part, Phase, Range, Statistic};
use std::collections::BTreeMap;

/// The window that a check judges.
pub(super) struct Judged<'p> {
    pub(super) window_ms: u64,
    pub(super) step_ms: u64,
    /// Length of the part that counts.
    pub(super) length_ms: u64,
    pub(super) part: Part,
    pub(super) phase: Option<&'p str>,
}

impl Judged<'_> {
    /// A run that does not fit would make the rule one that holds whatever happens. Of a gate in phases, which has one
    /// rule for short and long windows, it may fit in another: `evidence check` says where it does not.
    pub(super) fn check_run(&self, length: &Spot<u64>, inclusive: bool, problems: &mut Problems) {
        let fits = match inclusive {
            true => length.value <= self.length_ms,
            false => length.value < self.length_ms,
        };
        if !fits && self.phase.is_none() {
            let place = self.place();
            let message = format!("the rule can never fire: {place} is too short for such a run");
            problems.hinted(
                length.at,
                message,
                "judge a longer window, or a shorter run",
            );
        }
    }

    /// One value has no thirds to compare.
    pub(super) fn check_growth(&self, at: Position, problems: &mut Problems) {
        if self.length_ms == 0 {
            let message = "the rule can never fire: an instant query has one value";
            problems.hinted(at, message, "a metric with window and step");
        }
    }

    fn place(&self) -> String {
        match self.phase {
            Some(phase) => format!("the window in the phase {}", quoted(phase)),
            None => "the window".into(),
        }
    }

    /// Milliseconds from the start of the window, ascending.
    pub(super) fn checkpoints(
        &self,
        at: &[Spot<Checkpoint>],
        phases: &BTreeMap<String, Phase>,
        problems: &mut Problems,
    ) -> Option<Vec<u64>> {
        let begins = self.part.from_ms.unwrap_or(0);
        let ends = self.part.to_ms.unwrap_or(self.window_ms);
        let mut all: Vec<u64> = Vec::new();
        let mut all_right = true;
        for checkpoint in at {
            let Some(found) = self.elapsed(checkpoint, phases, problems) else {
                all_right = false;
                continue;
            };
            if !(begins..=ends).contains(&found) {
                let place = self.place();
                let message =
                    format!("the checkpoint is not in the part of {place} that is judged");
                problems.add(checkpoint.at, message);
                all_right = false;
            } else if all.last().is_some_and(|last| *last >= found) {
                problems.add(checkpoint.at, "the checkpoint is not after the one before");
                all_right = false;
            }
            all.push(found);
        }
        all_right.then_some(all)
    }

    fn elapsed(
        &self,
        checkpoint: &Spot<Checkpoint>,
        phases: &BTreeMap<String, Phase>,
        problems: &mut Problems,
    ) -> Option<u64> {
        let moment = match checkpoint.value {
            Checkpoint::Elapsed(elapsed) => return Some(elapsed),
            Checkpoint::Moment(moment) => moment,
        };
        let phase = self.phase.and_then(|phase| phases.get(phase));
        let Some(end) = phase.and_then(|phase| phase.at_ms) else {
            let place = match self.phase {
                Some(phase) => format!("the phase {} has no time", quoted(phase)),
                None => "the gate has no phases".into(),
            };
            problems.hinted(
                checkpoint.at,
                format!("nobody knows when this is: {place}"),
                "count from the start of the window: 15m",
            );
            return None;
        };
        let length = i64::try_from(self.window_ms).unwrap_or(i64::MAX);
        let elapsed = moment.saturating_sub(end.saturating_sub(length));
        let found = u64::try_from(elapsed).ok();
        if found.is_none() {
            let message = format!("the checkpoint is before {}", self.place());
            problems.add(checkpoint.at, message);
        }
        found
    }
}

/// What is computed of two metrics is computed step by step.
pub(super) fn check_same_steps(
    one: &MetricRef,
    other: &MetricRef,
    at: Position,
    problems: &mut Problems,
) {
    if one.expectation.range != other.expectation.range {
        let (one, other) = (quoted(&one.item), quoted(&other.item));
        problems.hinted(
            at,
            format!("{one} and {other} have not the same window and step"),
            "what is computed of two metrics is computed step by step",
        );
    }
}

/// Length of the part in milliseconds; none, with a problem, when it is not in the window.
pub(super) fn check_part(
    part: &Spot<Part>,
    range: Option<Range>,
    problems: &mut Problems,
) -> Option<u64> {
    let window = range.map_or(0, |range| range.window_ms);
    let from = part.value.from_ms.unwrap_or(0);
    let to = part.value.to_ms.unwrap_or(window);
    if to > window || from > to {
        problems.hinted(
            part.at,
            "the part is not in the window",
            "from and to count from the window's start",
        );
        return None;
    }
    Some(to - from)
}

pub(super) fn check_statistic(
    statistic: Statistic,
    range: Option<Range>,
    at: Position,
    problems: &mut Problems,
) {
    if range.is_none() && statistic != Statistic::Last {
        problems.hinted(
            at,
            "an instant query has one value: its statistic is last",
            "statistic: last, or a metric with window and step",
        );
    }
}
