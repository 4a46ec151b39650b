//! From configuration and release to the items of a bundle: collector and verifier plan the same.

use super::diagnostic::{Diagnostics, Problems};
use super::identity::IdentitySource;
use super::model::{Config, Image, RootSource};
use super::read::{RESERVED, drift_id, is_package, sbom_id};
use super::template::Placeholder;
use super::{images, paths};
use crate::model::{
    DriftExpectation, Expectation, IdentityRule, ScanExpectation, ScannedImage, ScannedSbom,
    Signers,
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
    /// Items: configuration, release, each image and its SBOMs, metrics, dashboards, files, commands.
    pub items: Vec<PlannedItem>,
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
    };
    let rules = rules(config, &fill, read, &mut problems);
    let mut items = head(binding);
    let before = before(config, binding, read, &mut problems);
    for image in &config.images {
        images_of(image, &rules, &fill, &mut items, &mut problems);
        drift_of(image, &rules, before.as_ref(), &mut items);
    }
    items.extend(config.metrics.iter().map(|metric| {
        item(
            &metric.id.value,
            &metric.title,
            Expectation::Metric(metric.expectation.clone()),
        )
    }));
    items.extend(config.dashboards.iter().map(|dashboard| {
        let expectation = Expectation::Dashboard(dashboard.expectation.clone());
        item(&dashboard.id.value, &dashboard.title, expectation)
    }));
    files(config, &fill, &mut items, &mut problems);
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
    items.extend(config.commands.iter().map(|command| {
        let expectation = Expectation::Command {
            run: command.run.clone(),
            exit_code: command.exit_code,
        };
        item(&command.id.value, &command.title, expectation)
    }));
    let package = package(config, &fill, &mut problems);
    let plan = Plan {
        repository: config.release.repository.clone(),
        version: version.clone(),
        package,
        previous: (config.release.previous.as_ref()).map(|previous| previous.tag.clone()),
        items,
        config_files: config_files(config),
        keys: keys(config, &rules),
    };
    problems.finish(Some(plan))
}

fn version(config: &Config, binding: &Binding) -> String {
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

/// The release before: its tag, and who signed for it.
struct Before<'c> {
    tag: &'c str,
    rules: BTreeMap<&'c str, IdentityRule>,
}

/// The same identities with what the release before fills in; none where nothing is compared with it.
fn before<'c>(
    config: &'c Config,
    binding: &Binding,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    problems: &mut Problems,
) -> Option<Before<'c>> {
    let previous = config.release.previous.as_ref()?;
    let mut sboms = config.images.iter().flat_map(|image| &image.sboms);
    if !sboms.any(|sbom| sbom.drift.is_some()) {
        return None;
    }
    let binding = Binding {
        tag: previous.tag.clone(),
        version: None,
        ..binding.clone()
    };
    let version = version(config, &binding);
    let fill = |placeholder| match placeholder {
        Placeholder::Tag => binding.tag.clone(),
        Placeholder::Version => version.clone(),
        // Nobody knows it here: whoever signs with the commit in the name is not found, and the comparison not met.
        Placeholder::Commit => "0".repeat(binding.commit.len()),
        Placeholder::Stage => binding.stage.clone(),
    };
    Some(Before {
        tag: &previous.tag,
        rules: rules(config, &fill, read, problems),
    })
}

/// Where the bundle of the release before is, relative to the repository's root; none when there is no such release.
///
/// What the configuration names, else what it calls a bundle, with that release's tag and version.
pub fn previous_bundle(config: &Config) -> Option<String> {
    let previous = config.release.previous.as_ref()?;
    if let Some(path) = &previous.bundle {
        return Some(path.clone());
    }
    let binding = Binding {
        tag: previous.tag.clone(),
        commit: String::new(),
        version: None,
        stage: "tag".into(),
        config_path: None,
    };
    let version = version(config, &binding);
    let name = config.release.package.value.fill(|placeholder| {
        let text = match placeholder {
            Placeholder::Tag => &binding.tag,
            Placeholder::Version => &version,
            Placeholder::Commit => &binding.commit,
            Placeholder::Stage => &binding.stage,
        };
        text.replace('/', "-")
    });
    Some(name)
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
    fill: &dyn Fn(Placeholder) -> String,
    items: &mut Vec<PlannedItem>,
    problems: &mut Problems,
) {
    for files in &config.files {
        // A tag may hold braces: they are its name, not a choice.
        let path = files
            .path
            .value
            .fill(|placeholder| globset::escape(&fill(placeholder)));
        paths::check_glob(&path, files.path.at, problems);
        let expectation = Expectation::File {
            path,
            media_type: files.media_type.clone(),
        };
        items.push(item(&files.id.value, &files.title, expectation));
    }
}

fn package(
    config: &Config,
    fill: &dyn Fn(Placeholder) -> String,
    problems: &mut Problems,
) -> String {
    let package = &config.release.package;
    // A tag may hold a slash; a file name may not.
    let name = package
        .value
        .fill(|placeholder| fill(placeholder).replace('/', "-"));
    if !is_package(&name) || name.contains(['{', '}']) {
        problems.add(package.at, format!("{name:?} is no name for a bundle"));
    }
    name
}

fn rules<'c>(
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

fn item(id: &str, title: &str, expectation: Expectation) -> PlannedItem {
    PlannedItem {
        id: id.into(),
        title: title.into(),
        phase: None,
        expectation,
    }
}
