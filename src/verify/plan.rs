//! The bundle's own `evidence.yaml`, planned again: configuration and judgement cannot disagree.

use super::members::Pass;
use super::state::is_configuration;
use super::{inputs, phases};
use crate::bundle::CONFIGURATION;
use crate::config::{self, Binding, Plan};
use crate::model::{Check, Digest, Expectation, Finding, Group, Item, Kind, MemberPath, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Plans again and compares with the items.
pub(super) fn compare(pass: &Pass, report: &mut Report) {
    if let Some(path) = lacking(pass) {
        // Said already, by the closed world, the digest or the archive: nothing planned without it means anything.
        for check in [Check::Configuration, Check::Plan] {
            let why = "a member of the configuration did not come as listed";
            let finding = Finding::not_checked(check, Group::Integrity, path, why);
            report.findings.push(finding);
        }
        return;
    }
    let Some(text) = member(pass, CONFIGURATION) else {
        fail(
            report,
            Check::Configuration,
            CONFIGURATION,
            "missing",
            "the manifest lists no evidence.yaml",
        );
        return;
    };
    let plan = match plan_again(pass, text) {
        Ok(plan) => plan,
        Err(message) => {
            fail(report, Check::Configuration, CONFIGURATION, "", &message);
            return;
        }
    };
    report.findings.push(Finding::pass(
        Check::Configuration,
        Group::Integrity,
        CONFIGURATION,
        format!("{} items planned", plan.items.len()),
    ));
    if let Some(path) = unjudged(pass, &plan) {
        let message =
            "it is no file of the configuration item, so nothing judges whether it is the commit's";
        fail(report, Check::Configuration, &path, "unjudged", message);
    }
    let release = &pass.manifest.release;
    let by_id: BTreeMap<&str, &Item> = (pass.manifest.items.iter())
        .map(|item| (item.id.as_str(), item))
        .collect();
    let mut same = true;
    let mut wrong = |subject: &str, detail: &str, message: String| {
        same = false;
        fail(report, Check::Plan, subject, detail, &message);
    };
    if plan.repository != release.repository
        || plan.version != release.version
        || plan.previous != release.previous
    {
        wrong(
            "release",
            "release",
            "repository, version or previous release is not that of evidence.yaml".into(),
        );
    }
    for planned in &plan.items {
        match by_id.get(planned.id.as_str()) {
            None => wrong(
                &planned.id,
                "missing",
                "evidence.yaml plans this item, the manifest has none".into(),
            ),
            Some(item) if item.expectation != planned.expectation => {
                wrong(
                    &planned.id,
                    "expectation",
                    "the expectation is not that of evidence.yaml".into(),
                );
            }
            Some(item) if item.title != planned.title || item.phase != planned.phase => {
                wrong(
                    &planned.id,
                    "title",
                    "title or phase is not that of evidence.yaml".into(),
                );
            }
            Some(item) => {
                if let Some(message) = other_image(pass, item) {
                    wrong(&item.id, "sbom-image", message);
                }
            }
        }
    }
    for item in &pass.manifest.items {
        if let Some(message) = inputs::wrong(&by_id, item) {
            wrong(&item.id, "inputs", message);
        }
    }
    for (id, message) in phases::wrong(pass, &plan) {
        wrong(&id, "phase", message);
    }
    let planned: BTreeSet<&str> = plan.items.iter().map(|item| item.id.as_str()).collect();
    let mut ids = BTreeSet::new();
    for item in &pass.manifest.items {
        if !ids.insert(&item.id) {
            wrong(
                &item.id,
                "doubled",
                "the manifest has two items of this id".into(),
            );
        } else if !planned.contains(item.id.as_str()) {
            wrong(
                &item.id,
                "unplanned",
                "evidence.yaml does not plan this item".into(),
            );
        }
    }
    if same {
        report.findings.push(Finding::pass(
            Check::Plan,
            Group::Integrity,
            "items",
            "every item is as evidence.yaml plans it",
        ));
    }
}

/// A member of the configuration, or a file that it names, that the configuration item does not have.
fn unjudged(pass: &Pass, plan: &Plan) -> Option<String> {
    let judged: BTreeSet<&MemberPath> = (pass.manifest.items.iter())
        .filter(|item| item.expectation.kind() == Kind::Configuration)
        .flat_map(|item| &item.files)
        .collect();
    let named = (plan.config_files.iter()).filter_map(|name| config::member_of(name).ok());
    (pass.manifest.files.iter())
        .map(|file| file.path.clone())
        .filter(is_configuration)
        .chain(named)
        .find(|path| !judged.contains(path))
        .map(String::from)
}

/// An SBOM speaks of the very digest that its image's item has.
fn other_image(pass: &Pass, item: &Item) -> Option<String> {
    let Expectation::Sbom { image, .. } = &item.expectation else {
        return None;
    };
    let digest = |id: &str, fact: &str| -> Option<Option<Digest>> {
        let facts = pass.items.get(id)?.appraised.claim.to_stated().facts;
        Some(facts.get(fact).and_then(|text| text.as_str()?.parse().ok()))
    };
    let (Some(described), Some(found)) = (digest(&item.id, "image")?, digest(image, "digest")?)
    else {
        return None;
    };
    (described != found).then(|| format!("the SBOM is judged for {described}, {image} is {found}"))
}

fn member<'a>(pass: &'a Pass, path: &str) -> Option<&'a Arc<[u8]>> {
    pass.configuration.get(&MemberPath::try_from(path).ok()?)
}

/// A member of the configuration that is listed and did not come as listed.
fn lacking(pass: &Pass) -> Option<&str> {
    pass.manifest
        .files
        .iter()
        .filter(|file| is_configuration(&file.path))
        .find(|file| !pass.configuration.contains_key(&file.path))
        .map(|file| file.path.as_str())
}

fn plan_again(pass: &Pass, text: &[u8]) -> Result<Plan, String> {
    let release = &pass.manifest.release;
    let config_path = pass
        .manifest
        .items
        .iter()
        .find_map(|item| match &item.expectation {
            Expectation::Configuration { path } => path.clone(),
            _ => None,
        });
    let config = config::parse(text, CONFIGURATION).map_err(one_line)?;
    let binding = Binding {
        tag: release.tag.clone(),
        commit: release.commit.clone(),
        version: None,
        stage: pass.manifest.stage.clone(),
        config_path,
    };
    let mut read = |name: &str| {
        let path = config::member_of(name).ok()?;
        pass.configuration.get(&path).map(|bytes| bytes.to_vec())
    };
    config::plan(&config, &binding, &mut read).map_err(one_line)
}

fn one_line(diagnostics: config::Diagnostics) -> String {
    let text = diagnostics.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("; ")
}

fn fail(report: &mut Report, check: Check, subject: &str, detail: &str, message: &str) {
    report.findings.push(Finding::fail(
        check,
        Group::Integrity,
        subject,
        detail,
        message,
    ));
}
