//! What holds between the sections of a configuration.

use super::diagnostic::{Problems, Spot, quoted};
use super::model::{Config, Image};
use super::{fields, phases, redact};
use crate::model::limits::{CHOICES, PLANNED_ITEMS};
use std::collections::BTreeMap;

/// Ids of the items that every bundle has.
pub(super) const RESERVED: [&str; 2] = ["configuration", "release"];

/// Says what does not fit together.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    check_ids(config, problems);
    check_drift(config, problems);
    check_choices(config, problems);
    check_stages(config, problems);
    redact::check(config, problems);
}

/// Id of an SBOM's item.
pub(super) fn sbom_id(image: &Image, format: impl std::fmt::Display) -> String {
    let name = &image.name.value;
    match image.sboms.len() {
        1 => format!("{name}.sbom"),
        _ => format!("{name}.sbom-{format}"),
    }
}

/// Id of the item of what moved in an SBOM.
pub(super) fn drift_id(image: &Image, format: impl std::fmt::Display) -> String {
    let name = &image.name.value;
    match image.sboms.len() {
        1 => format!("{name}.drift"),
        _ => format!("{name}.drift-{format}"),
    }
}

/// There must be something to compare with.
fn check_drift(config: &Config, problems: &mut Problems) {
    if config.release.previous.is_some() {
        return;
    }
    let drifts = config.images.iter().flat_map(|image| &image.sboms);
    for drift in drifts.filter_map(|sbom| sbom.drift.as_ref()) {
        problems.hinted(
            drift.at,
            "there is no release to compare with",
            "name the tag before as release.previous",
        );
    }
}

fn check_ids(config: &Config, problems: &mut Problems) {
    let names = config.images.iter().map(|image| &image.name);
    let scans = config.scans.iter().map(|scan| &scan.id);
    let mut ids: Vec<Spot<String>> = Vec::new();
    for id in names.chain(scans) {
        fields::check_id(id, problems);
        ids.push(id.clone());
    }
    let metrics = config.metrics.iter().map(|item| (&item.id, &item.phases));
    let derived = config.derived.iter().map(|item| (&item.id, &item.phases));
    let gates = config.gates.iter().map(|gate| (&gate.name, &gate.phases));
    let dashboards = config.dashboards.iter();
    let dashboards = dashboards.map(|item| (&item.id, &item.phases));
    let files = config.files.iter().map(|item| (&item.id, &item.phases));
    let commands = config.commands.iter().map(|item| (&item.id, &item.phases));
    let items = metrics.chain(derived).chain(dashboards).chain(files);
    for (id, phases) in items.chain(commands) {
        ids.extend(phases::check_item_id(id, phases, problems));
    }
    for (name, phases) in gates {
        // Its name was looked at where it is read.
        let mut unheard = Problems::of("");
        ids.extend(phases::check_item_id(name, phases, &mut unheard));
    }
    for id in ids
        .iter()
        .filter(|id| RESERVED.contains(&id.value.as_str()))
    {
        let id_text = quoted(&id.value);
        let message = format!("the id {id_text} is taken by an item that every bundle has");
        problems.add(id.at, message);
    }
    for image in &config.images {
        for sbom in &image.sboms {
            let at = image.name.at;
            let value = sbom_id(image, sbom.format);
            ids.push(Spot { value, at });
            if sbom.drift.is_some() {
                let value = drift_id(image, sbom.format);
                ids.push(Spot { value, at });
            }
        }
    }
    if let Some(beyond) = ids.get(PLANNED_ITEMS) {
        let message = format!("more than {PLANNED_ITEMS} items, each phase counted");
        problems.add(beyond.at, message);
    }
    check_unique(ids, problems);
}

fn check_unique(mut ids: Vec<Spot<String>>, problems: &mut Problems) {
    ids.sort_by(|a, b| (&a.value, a.at).cmp(&(&b.value, b.at)));
    for pair in ids.windows(2) {
        if let [first, second] = pair
            && first.value == second.value
        {
            problems.hinted(
                second.at,
                format!("the id {} is used twice", quoted(&second.value)),
                format!(
                    "first on line {}; an image's SBOM is IMAGE.sbom, what moved in it IMAGE.drift, an item in a phase ID.PHASE",
                    first.at.line
                ),
            );
        }
    }
}

fn check_choices(config: &Config, problems: &mut Problems) {
    if let Some(beyond) = config.choices.get(CHOICES) {
        problems.add(beyond.id.at, format!("more than {CHOICES} choices"));
    }
    let mut lines: BTreeMap<&str, u32> = BTreeMap::new();
    for choice in &config.choices {
        let id = &choice.id;
        if let Some(line) = lines.insert(&id.value, id.at.line) {
            let message = format!("the choice {} is there twice", quoted(&id.value));
            problems.hinted(id.at, message, format!("first on line {line}"));
        }
    }
}

/// What a gate or derived value is compared with is in the bundle that holds it.
fn check_stages(config: &Config, problems: &mut Problems) {
    let Some(stages) = &config.stages else { return };
    let derived = (config.derived.iter())
        .map(|derived| (&derived.phases, derived.source.baseline_phase()))
        .filter_map(|(phases, baseline)| Some((phases, baseline?)));
    let gates = config.gates.iter().flat_map(|gate| {
        let baselines = gate.checks.iter().flat_map(|check| {
            let rules = check.rules.iter();
            let rules = rules.filter_map(|rule| rule.test.baseline_phase());
            check.source.baseline_phase().into_iter().chain(rules)
        });
        baselines.map(|baseline| (&gate.phases, baseline))
    });
    for (phases, baseline) in derived.chain(gates) {
        for (stage, held) in &stages.value {
            let is_judged = phases.is_empty() || phases.iter().any(|p| held.contains(&p.value));
            if is_judged && !held.contains(&baseline.value) {
                let phase = quoted(&baseline.value);
                problems.hinted(
                    baseline.at,
                    format!("the phase {phase} is not in the stage {}", quoted(stage)),
                    "what is compared with it is judged in that stage: name the phase there too",
                );
            }
        }
    }
}
