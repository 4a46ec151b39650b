//! Named moments of a release.

use super::{Timestamp, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named moment, as the configuration plans it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Phase {
    /// When it is, in milliseconds after T0; none where the operator says so when it is there.
    pub at_ms: Option<i64>,
    /// Length of its windows in milliseconds; none where it follows from change and time, or each item has its own.
    pub window_ms: Option<u64>,
    /// When the change took place whose effect it looks at, in milliseconds after T0; none where the operator says so.
    pub change_ms: Option<i64>,
    /// How long after the change its windows may begin, in milliseconds: the longest range of the queries, so that
    /// none of them sees what was before.
    pub settle_ms: u64,
}

impl Phase {
    /// Length of its windows on a grid of this step; none where each item has its own.
    ///
    /// Without a length of its own a phase runs from the change, settled, to its time, less one step: the end of a window
    /// is brought to the grid, whatever T0 is, and its start must not come before the change has settled.
    pub fn window_for(&self, step_ms: u64) -> Option<u64> {
        self.window_ms.or_else(|| {
            let settled = self.change_ms?.checked_add_unsigned(self.settle_ms)?;
            let room = u64::try_from(self.at_ms?.checked_sub(settled)?).ok()?;
            let step = step_ms.max(1);
            Some((room / step).saturating_sub(1).saturating_mul(step))
        })
    }

    /// When it is, for one that the configuration gives a time: `change` is T0 where it names none.
    ///
    /// None where the operator says when it is, or the times are beyond what a calendar has.
    pub fn scheduled(&self, t0: Timestamp) -> Option<Moment> {
        let after =
            |ms: i64| Timestamp::from_millisecond(t0.as_millisecond().checked_add(ms)?).ok();
        let at_ms = self.at_ms?;
        let change_ms = self
            .change_ms
            .or((at_ms > 0 && self.settle_ms > 0).then_some(0));
        Some(Moment {
            at: after(at_ms)?,
            change: match change_ms {
                Some(ms) => Some(after(ms)?),
                None => None,
            },
        })
    }
}

impl Moment {
    /// Why a window of this phase is none: it begins before the change has settled.
    pub fn unsettled(&self, phase: &Phase, window: Window) -> Option<String> {
        let change = self.change?.as_millisecond();
        let settled = change.saturating_add_unsigned(phase.settle_ms);
        (window.start_ms < settled).then(|| {
            let time = |ms| {
                Timestamp::from_millisecond(ms)
                    .map_or_else(|_| format!("{ms} ms"), |time| time.to_string())
            };
            format!(
                "its window begins at {}, the change has settled at {}",
                time(window.start_ms),
                time(settled)
            )
        })
    }
}

/// When a phase was, as the producer says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moment {
    /// The end of its windows, before it is brought to their steps.
    pub at: Timestamp,
    /// The change whose effect it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Timestamp>,
}

/// When everything was, as the producer says.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moments {
    /// What the phases' times count from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t0: Option<Timestamp>,
    /// The phases that were, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phases: BTreeMap<String, Moment>,
}

impl Moments {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
