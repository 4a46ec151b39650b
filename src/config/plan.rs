//! From configuration and release to the items of a bundle: collector and verifier plan the same.

use super::consistency::{RESERVED, drift_id, sbom_id};
use super::diagnostic::{Diagnostics, Problems};
use super::identity::IdentitySource;
use super::model::{Config, Dashboard, Image, RootSource};
use super::phases::filled;
use super::places::{Phases, measured, phases_of, places};
use super::previous::{Before, before};
use super::read::is_package;
use super::template::Placeholder;
use super::{images, paths};
use crate::model::{
    DriftExpectation, Expectation, IdentityRule, Kind, Phase, RedactRule, ScanExpectation,
    ScannedImage, ScannedSbom, Signers,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the release fills into the configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binding {
    /// The tag's name.
    pub tag: String,
    /// Object id of the commit.
    pub commit: String,
    /// The version, where it is not the configuration's.
    pub version: Option<String>,
    /// Stage of the bundle.
    pub stage: String,
    /// Path of the configuration in the repository; none when it lies outside of it.
    pub config_path: Option<String>,
}

/// The items of a bundle, and what its head says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// `github.com/OWNER/REPO`.
    pub repository: String,
    /// The version that is released.
    pub version: String,
    /// File name of the bundle.
    pub package: String,
    /// The previous release's tag.
    pub previous: Option<String>,
    /// Items: configuration, release, each image and its SBOMs, metrics, derived values, gates, dashboards, files, scans,
    /// commands; an item with phases once for each of the stage's.
    pub items: Vec<PlannedItem>,
    /// The phases that the stage's bundle holds, by name.
    pub phases: BTreeMap<String, Phase>,
    /// Paths, as the configuration names them, of the files that must become members (see [`super::member_of`]), ascending.
    pub config_files: Vec<String>,
    /// PEM text of each key file, by the path as the configuration names it.
    pub keys: BTreeMap<String, String>,
}

/// One item to capture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedItem {
    /// Unique in the plan.
    pub id: String,
    /// For people.
    pub title: String,
    /// A named moment of the release.
    pub phase: Option<String>,
    /// What should be seen.
    pub expectation: Expectation,
    /// What is blanked in its files before they are hashed.
    pub redact: Vec<RedactRule>,
}

/// Plans a bundle. `read` gives a file that the configuration names, by its path relative to the configuration's folder.
///
/// # Errors
/// When a key file cannot be read or is none, or what was filled in makes no reference, path or file name.
pub fn plan(
    config: &Config,
    binding: &Binding,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
) -> Result<Plan, Diagnostics> {
    let mut problems = Problems::of(&config.file);
    let version = version(config, binding);
    let fill = |placeholder| match placeholder {
        Placeholder::Tag => binding.tag.clone(),
        Placeholder::Version => version.clone(),
        Placeholder::Commit => binding.commit.clone(),
        Placeholder::Stage => binding.stage.clone(),
        Placeholder::Phase => String::new(),
    };
    let rules = rules(config, &fill, read, &mut problems);
    let mut items = head(binding);
    let before = before(config, binding, read, &mut problems);
    for image in &config.images {
        images_of(image, &rules, &fill, &mut items, &mut problems);
        drift_of(image, &rules, before.as_ref(), &mut items);
    }
    let phases = phases_of(config, &binding.stage, &mut problems);
    measured(config, &phases, &mut items, &mut problems);
    for dashboard in &config.dashboards {
        let Dashboard {
            id,
            title,
            phases: own,
            expectation,
        } = dashboard;
        for place in places(&id.value, title, own, &phases) {
            let mut expectation = expectation.clone();
            let phase = place.phase.and_then(|phase| phases.get(phase));
            if let Some(window_ms) = phase.and_then(|phase| phase.window_for(1_000)) {
                expectation.window_ms = window_ms;
            }
            items.push(place.item(Expectation::Dashboard(expectation)));
        }
    }
    files(config, &phases, &fill, &mut items, &mut problems);
    items.extend(config.scans.iter().map(|scan| {
        let expectation = ScanExpectation {
            path: scan.path.value.fill(fill),
            database: (scan.database.as_ref()).map(|path| path.value.fill(fill)),
            vex: scan.vex.iter().map(|path| path.value.fill(fill)).collect(),
            image: (scan.image.as_ref()).map(|name| scanned(name, config, &rules)),
            limits: scan.limits.clone(),
        };
        item(&scan.id.value, &scan.title, Expectation::Scan(expectation))
    }));
    for command in &config.commands {
        for place in places(&command.id.value, &command.title, &command.phases, &phases) {
            let run = command.run.iter();
            let expectation = Expectation::Command {
                run: run.map(|text| filled(text, place.phase)).collect(),
                exit_code: command.exit_code,
            };
            items.push(place.item(expectation));
        }
    }
    mark_gated(&mut items);
    for item in &mut items {
        item.redact = config.redact_rules(&item.id, item.phase.as_deref());
    }
    let package = package(config, &fill, &mut problems);
    let plan = Plan {
        repository: config.release.repository.clone(),
        version: version.clone(),
        package,
        previous: (config.release.previous.as_ref()).map(|previous| previous.tag.clone()),
        items,
        phases: phases
            .into_iter()
            .map(|(name, phase)| (name.into(), phase.clone()))
            .collect(),
        config_files: config_files(config),
        keys: keys(config, &rules),
    };
    problems.finish(Some(plan))
}

/// Metrics that a gate reads and that have no limit of their own: what is lacking in them is the gate's to judge.
fn mark_gated(items: &mut [PlannedItem]) {
    let gates = items
        .iter()
        .filter(|item| item.expectation.kind() == Kind::Gate);
    let read: BTreeSet<String> = gates
        .flat_map(|gate| gate.expectation.inputs())
        .map(str::to_owned)
        .collect();
    for item in items.iter_mut() {
        if let Expectation::Metric(metric) = &mut item.expectation {
            metric.gated = metric.limit.is_none() && read.contains(&item.id);
        }
    }
}

pub(super) fn version(config: &Config, binding: &Binding) -> String {
    if let Some(version) = &binding.version {
        return version.clone();
    }
    let bare = binding.tag.strip_prefix('v').unwrap_or(&binding.tag);
    match &config.release.version {
        Some(template) => template.fill(|placeholder| match placeholder {
            Placeholder::Tag => binding.tag.clone(),
            Placeholder::Version => bare.into(),
            Placeholder::Commit => binding.commit.clone(),
            Placeholder::Stage => binding.stage.clone(),
            Placeholder::Phase => String::new(),
        }),
        None => bare.into(),
    }
}

fn head(binding: &Binding) -> Vec<PlannedItem> {
    let [configuration, release] = RESERVED;
    vec![
        item(
            configuration,
            "Configuration",
            Expectation::Configuration {
                path: binding.config_path.clone(),
            },
        ),
        item(
            release,
            "Release",
            Expectation::Release {
                tag: binding.tag.clone(),
            },
        ),
    ]
}

fn images_of(
    image: &Image,
    rules: &BTreeMap<&str, IdentityRule>,
    fill: &dyn Fn(Placeholder) -> String,
    items: &mut Vec<PlannedItem>,
    problems: &mut Problems,
) {
    let name = &image.name.value;
    let reference = image.reference.value.fill(fill);
    images::check_reference(&reference, &image.reference, problems);
    let expectation = Expectation::Image {
        reference,
        signed_by: named(&image.signed_by, rules),
    };
    items.push(item(name, &format!("Image {name}"), expectation));
    for sbom in &image.sboms {
        let expectation = Expectation::Sbom {
            image: name.clone(),
            format: sbom.format,
            signed_by: named(&sbom.signed_by, rules),
            checks: sbom.checks.clone(),
        };
        let title = format!("SBOM of {name} ({})", sbom.format);
        items.push(item(&sbom_id(image, sbom.format), &title, expectation));
    }
}

/// A name without a rule was a problem, so that no group is left smaller than it was written.
fn named(groups: &[Vec<String>], rules: &BTreeMap<&str, IdentityRule>) -> Signers {
    let group = |names: &Vec<String>| {
        let found = names.iter().filter_map(|name| rules.get(name.as_str()));
        found.cloned().collect()
    };
    Signers::all_of(groups.iter().map(group).collect())
}

/// The first SBOM of the image that was scanned is the one whose packages are known.
fn scanned(name: &str, config: &Config, rules: &BTreeMap<&str, IdentityRule>) -> ScannedImage {
    let mut images = config.images.iter();
    let image = images.find(|image| image.name.value == name);
    let sbom = image.and_then(|image| image.sboms.first());
    ScannedImage {
        item: name.into(),
        sbom: sbom.map(|sbom| ScannedSbom {
            format: sbom.format,
            signed_by: named(&sbom.signed_by, rules),
        }),
    }
}

fn drift_of(
    image: &Image,
    rules: &BTreeMap<&str, IdentityRule>,
    before: Option<&Before<'_>>,
    items: &mut Vec<PlannedItem>,
) {
    let Some(before) = before else { return };
    let name = &image.name.value;
    for sbom in &image.sboms {
        let Some(limits) = &sbom.drift else { continue };
        let expectation = DriftExpectation {
            image: name.clone(),
            format: sbom.format,
            signed_by: named(&sbom.signed_by, rules),
            previous: before.tag.into(),
            previous_signed_by: named(&sbom.signed_by, &before.rules),
            limits: limits.value.clone(),
        };
        let title = format!("Packages of {name} since {}", before.tag);
        let id = drift_id(image, sbom.format);
        items.push(item(&id, &title, Expectation::Drift(expectation)));
    }
}

fn files(
    config: &Config,
    phases: &Phases<'_>,
    fill: &dyn Fn(Placeholder) -> String,
    items: &mut Vec<PlannedItem>,
    problems: &mut Problems,
) {
    for files in &config.files {
        for place in places(&files.id.value, &files.title, &files.phases, phases) {
            // A tag may hold braces: they are its name, not a choice.
            let path = files.path.value.fill(|placeholder| {
                globset::escape(&match placeholder {
                    Placeholder::Phase => place.phase.unwrap_or_default().into(),
                    other => fill(other),
                })
            });
            paths::check_glob(&path, files.path.at, problems);
            let media_type = files.media_type.clone();
            items.push(place.item(Expectation::File { path, media_type }));
        }
    }
}

/// The stage of the bundle that is sealed for the tag itself.
const FIRST_STAGE: &str = "tag";

fn package(
    config: &Config,
    fill: &dyn Fn(Placeholder) -> String,
    problems: &mut Problems,
) -> String {
    let package = &config.release.package;
    // A tag may hold a slash; a file name may not.
    let mut name = package
        .value
        .fill(|placeholder| fill(placeholder).replace('/', "-"));
    let names_stage = (package.value.placeholders()).any(|one| one == Placeholder::Stage);
    let stage = fill(Placeholder::Stage);
    // A later bundle of the same release must not take the place of the first.
    if stage != FIRST_STAGE
        && !names_stage
        && let Some(bare) = name.strip_suffix(".tar.gz")
    {
        name = format!("{bare}-{}.tar.gz", stage.replace('/', "-"));
    }
    if !is_package(&name) || name.contains(['{', '}']) {
        problems.add(package.at, format!("{name:?} is no name for a bundle"));
    }
    name
}

pub(super) fn rules<'c>(
    config: &'c Config,
    fill: &dyn Fn(Placeholder) -> String,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    problems: &mut Problems,
) -> BTreeMap<&'c str, IdentityRule> {
    let mut rules = BTreeMap::new();
    for (name, source) in &config.identities {
        if let Some(rule) = source.rule(fill, read, problems) {
            rules.insert(name.as_str(), rule);
        }
    }
    rules
}

fn config_files(config: &Config) -> Vec<String> {
    let keys = config
        .identities
        .values()
        .filter_map(|source| match source {
            IdentitySource::Key { path } => Some(path.value.clone()),
            IdentitySource::Certificate { .. } => None,
        });
    let roots = config.trusted_roots.iter().filter_map(|root| match root {
        RootSource::File(path) => Some(path.value.clone()),
        RootSource::Instance(_) => None,
    });
    let unique: BTreeSet<String> = keys.chain(roots).collect();
    unique.into_iter().collect()
}

fn keys(config: &Config, rules: &BTreeMap<&str, IdentityRule>) -> BTreeMap<String, String> {
    let sources = config.identities.iter();
    sources
        .filter_map(|(name, source)| match (source, rules.get(name.as_str())) {
            (IdentitySource::Key { path }, Some(IdentityRule::Key { pem })) => {
                Some((path.value.clone(), pem.clone()))
            }
            _ => None,
        })
        .collect()
}

pub(super) fn item(id: &str, title: &str, expectation: Expectation) -> PlannedItem {
    PlannedItem {
        id: id.into(),
        title: title.into(),
        phase: None,
        expectation,
        redact: Vec::new(),
    }
}
