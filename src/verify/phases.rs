//! The windows of a phase's items are where its time, T0 and the configuration put them.

use super::members::Pass;
use crate::config::{Plan, PlannedItem};
use crate::model::{Item, Moment, Phase};
use std::collections::BTreeMap;

/// What is wrong with the windows of items in phases: the item's id, and what.
///
/// When a phase was is the producer's word. That all of its windows end there, that none begins before the change has
/// settled, and that a phase which counts from T0 keeps to it, follows.
pub(super) fn wrong(pass: &Pass, plan: &Plan) -> Vec<(String, String)> {
    let is_there = |planned: &&PlannedItem| planned.phase.is_some();
    let by_id: BTreeMap<&str, &Item> = (pass.manifest.items.iter())
        .map(|item| (item.id.as_str(), item))
        .collect();
    (plan.items.iter())
        .filter(is_there)
        .filter_map(|planned| {
            let item = by_id.get(planned.id.as_str())?;
            Some((planned.id.clone(), of(pass, plan, planned, item)?))
        })
        .collect()
}

fn of(pass: &Pass, plan: &Plan, planned: &PlannedItem, item: &Item) -> Option<String> {
    let name = planned.phase.as_ref()?;
    let moments = &pass.manifest.moments;
    let (Some(phase), Some(moment)) = (plan.phases.get(name), moments.phases.get(name)) else {
        return Some(format!(
            "the manifest does not say when the phase {name} was"
        ));
    };
    if phase.at_ms.is_none() && phase.settle_ms > 0 && moment.change.is_none() {
        return Some(format!(
            "the manifest does not say which change the phase {name} looks at"
        ));
    }
    if let Some(text) = off_schedule(pass, phase, moment) {
        return Some(format!("the phase {name} {text}"));
    }
    let window = planned.expectation.window(moment.at)?;
    if item.window != Some(window) {
        return Some(format!(
            "its window is not the one that ends when the phase {name} was"
        ));
    }
    moment.unsettled(phase, window)
}

/// A phase that the configuration gives a time is at no other.
fn off_schedule(pass: &Pass, phase: &Phase, moment: &Moment) -> Option<String> {
    phase.at_ms?;
    let Some(t0) = pass.manifest.moments.t0 else {
        return Some("counts from T0, which the manifest does not say".into());
    };
    let wanted = phase.scheduled(t0);
    (wanted != Some(*moment)).then(|| "is not where its configuration and T0 put it".into())
}
