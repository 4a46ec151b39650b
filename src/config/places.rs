//! Where items stand in the plan: once, or once for each of their phases that the stage's bundle holds.

use super::diagnostic::{Problems, Spot};
use super::model::Config;
use super::phases::{filled, planned_id};
use super::plan::{PlannedItem, item};
use super::resolve::Resolver;
use crate::model::{Expectation, Phase};
use std::collections::BTreeMap;

/// The phases of a stage.
pub(super) type Phases<'c> = BTreeMap<&'c str, &'c Phase>;

/// All, where the configuration has no stages.
pub(super) fn phases_of<'c>(
    config: &'c Config,
    stage: &str,
    problems: &mut Problems,
) -> Phases<'c> {
    let all = config.phases.iter();
    let Some(stages) = &config.stages else {
        return all.map(|(name, phase)| (name.as_str(), phase)).collect();
    };
    let Some(held) = stages.value.get(stage) else {
        let names: Vec<&str> = stages.value.keys().map(String::as_str).collect();
        problems.hinted(
            stages.at,
            format!("the stage {stage:?} is not among the stages"),
            format!(
                "defined: {}; a stage without phases is {stage}: []",
                names.join(", ")
            ),
        );
        return BTreeMap::new();
    };
    all.filter(|(name, _)| held.contains(*name))
        .map(|(name, phase)| (name.as_str(), phase))
        .collect()
}

/// Where an item stands in the plan: once, or once per phase.
pub(super) struct Place<'c> {
    id: String,
    title: String,
    pub(super) phase: Option<&'c str>,
}

impl Place<'_> {
    pub(super) fn item(&self, expectation: Expectation) -> PlannedItem {
        PlannedItem {
            phase: self.phase.map(Into::into),
            ..item(&self.id, &self.title, expectation)
        }
    }
}

pub(super) fn places<'c>(
    id: &str,
    title: &str,
    own: &'c [Spot<String>],
    phases: &Phases<'_>,
) -> Vec<Place<'c>> {
    if own.is_empty() {
        return vec![Place {
            id: id.into(),
            title: title.into(),
            phase: None,
        }];
    }
    let own = own.iter().map(|phase| phase.value.as_str());
    own.filter(|phase| phases.contains_key(phase))
        .map(|phase| {
            let text = filled(title, Some(phase));
            Place {
                id: planned_id(id, phase),
                title: if text == title {
                    format!("{title} ({phase})")
                } else {
                    text
                },
                phase: Some(phase),
            }
        })
        .collect()
}

/// Metrics, what is computed of them, and gates.
pub(super) fn measured(
    config: &Config,
    phases: &Phases<'_>,
    items: &mut Vec<PlannedItem>,
    problems: &mut Problems,
) {
    let mut resolver = Resolver::of(config);
    for metric in &config.metrics {
        for place in places(&metric.id.value, &metric.title, &metric.phases, phases) {
            let at = metric.id.at;
            let expectation = resolver.expectation(metric, place.phase, at, problems);
            items.extend(expectation.map(|found| place.item(Expectation::Metric(found))));
        }
    }
    for derived in &config.derived {
        for place in places(&derived.id.value, &derived.title, &derived.phases, phases) {
            let expectation = resolver.derived(derived, place.phase, problems);
            items.extend(expectation.map(|found| place.item(Expectation::Derived(found))));
        }
    }
    for gate in &config.gates {
        for place in places(&gate.name.value, &gate.title, &gate.phases, phases) {
            let expectation = resolver.gate(gate, place.phase, problems);
            items.push(place.item(Expectation::Gate(expectation)));
        }
    }
}

/// What gates and derived values name is there, in each of their phases.
pub(super) fn check_references(config: &Config, problems: &mut Problems) {
    let all = config.phases.iter();
    let phases = all.map(|(name, phase)| (name.as_str(), phase)).collect();
    measured(config, &phases, &mut Vec::new(), problems);
}
