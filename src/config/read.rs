//! From text to configuration: all sections, and what holds between them.

use super::defaults;
use super::diagnostic::{Diagnostics, Position, Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::formula::Scope;
use super::identity::{IdentitySource, Paths, identity, template};
use super::metrics::Moments;
use super::model::{Config, Previous, ReleaseSection, RootSource};
use super::node::{self, Node, Value};
use super::template::{Placeholder, Template};
use super::{
    choices, consistency, dashboards, derived, gates, images, items, metrics, paths, phases,
    places, redact, scans, servers,
};
use crate::model::Instance;
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "version",
    "release",
    "identities",
    "trusted-roots",
    "images",
    "prometheus",
    "grafana",
    "phases",
    "stages",
    "metrics",
    "derived",
    "gates",
    "dashboards",
    "files",
    "scans",
    "commands",
    "choices",
    "redact",
    "secrets",
];
/// Reads `evidence.yaml`; `name` is how diagnostics call it.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(text: &[u8], name: &str) -> Result<Config, Diagnostics> {
    let mut problems = Problems::of(name);
    let config =
        node::parse(text, &mut problems).and_then(|root| config(&root, name, &mut problems));
    problems.finish(config)
}

fn config(root: &Node, file: &str, problems: &mut Problems) -> Option<Config> {
    check_version(root, problems)?;
    let fields = Fields::of(root, KEYS, problems)?;
    let release = fields
        .need("release", problems)
        .and_then(|node| release(node, problems));
    let identities = identities(&fields, problems);
    let signers = names(&fields, "identities");
    let trusted_roots = match fields.get("trusted-roots") {
        Some(node) => roots(node, Paths::Member, problems),
        None => vec![RootSource::Instance(Instance::PublicGood)],
    };
    let prometheus = match fields.get("prometheus") {
        Some(node) => servers::by_name(node, servers::prometheus, problems),
        None => BTreeMap::new(),
    };
    let grafana = match fields.get("grafana") {
        Some(node) => servers::by_name(node, servers::grafana, problems),
        None => BTreeMap::new(),
    };
    let metric_servers = names(&fields, "prometheus");
    let picture_servers = names(&fields, "grafana");
    let image_names = listed_names(&fields, "images", "name");
    let phase_names = names(&fields, "phases");
    let metric_ids = listed_names(&fields, "metrics", "id");
    let derived_ids = listed_names(&fields, "derived", "id");
    let phases = match fields.get("phases") {
        Some(node) => phases::phases(node, problems),
        None => BTreeMap::new(),
    };
    let stages = fields.get("stages").map(|node| Spot {
        value: phases::stages(node, &phase_names, problems),
        at: node.at,
    });
    let moments = Moments {
        names: &phase_names,
        phases: &phases,
    };
    let metrics = section(&fields, "metrics", problems, |node, problems| {
        metrics::metric(node, &metric_servers, &prometheus, &moments, problems)
    });
    let scope = Scope {
        metrics: &metrics,
        metric_ids: &metric_ids,
        derived: &[],
        derived_ids: &derived_ids,
        phases: &phase_names,
    };
    let derived = section(&fields, "derived", problems, |node, problems| {
        derived::derived(node, &scope, problems)
    });
    let scope = Scope {
        derived: &derived,
        ..scope
    };
    let gates = match fields.get("gates") {
        Some(node) => gates::gates(node, &scope, problems),
        None => Vec::new(),
    };
    let config = Config {
        file: file.into(),
        release: release.unwrap_or_else(no_release),
        identities,
        trusted_roots,
        images: section(&fields, "images", problems, |node, problems| {
            images::image(node, &signers, problems)
        }),
        dashboards: section(&fields, "dashboards", problems, |node, problems| {
            dashboards::dashboard(
                node,
                &picture_servers,
                &metric_servers,
                &phase_names,
                problems,
            )
        }),
        files: section(&fields, "files", problems, |node, problems| {
            items::files(node, &phase_names, problems)
        }),
        scans: section(&fields, "scans", problems, |node, problems| {
            scans::scan(node, &image_names, problems)
        }),
        commands: section(&fields, "commands", problems, |node, problems| {
            items::command(node, &phase_names, problems)
        }),
        choices: section(&fields, "choices", problems, choices::choice),
        redact: section(&fields, "redact", problems, redact::redact),
        allowed: match fields.get("secrets") {
            Some(node) => redact::allowed(node, problems),
            None => Vec::new(),
        },
        phases,
        stages,
        metrics,
        derived,
        gates,
        prometheus,
        grafana,
    };
    consistency::check(&config, problems);
    places::check_references(&config, problems);
    Some(config)
}

/// Stands in for a section that was a problem, so that the rest is read too.
fn no_release() -> ReleaseSection {
    ReleaseSection {
        repository: String::new(),
        version: None,
        package: package(),
        previous: None,
    }
}

/// Nothing else is read of a file of another version: its keys may mean anything.
pub(super) fn check_version(root: &Node, problems: &mut Problems) -> Option<()> {
    let entries = fields::entries(root, problems)?;
    match entries.iter().find(|(key, _)| key.value == "version") {
        Some((
            _,
            Spot {
                value: Value::Number(number),
                ..
            },
        )) if number == "1" => Some(()),
        Some((_, node)) => {
            let message = "this version of evidence reads version 1 only";
            problems.hinted(node.at, message, "write version: 1");
            None
        }
        None => {
            problems.hinted(
                root.at,
                "the key \"version\" is missing",
                "write version: 1",
            );
            None
        }
    }
}

fn section<T>(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems,
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let nodes = fields
        .get(key)
        .and_then(|node| fields::list(node, problems));
    let nodes = nodes.unwrap_or_default();
    nodes
        .iter()
        .filter_map(|node| read(node, problems))
        .collect()
}

/// Names that a map defines, whether or not what they stand for is right.
pub(super) fn names<'n>(fields: &Fields<'n>, key: &str) -> Vec<&'n str> {
    match fields.get(key).map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|(key, _)| key.value.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Names that the maps of a list have under `inner`, whether or not the rest of them is right.
fn listed_names<'n>(fields: &Fields<'n>, key: &str, inner: &str) -> Vec<&'n str> {
    let Some(Value::List(nodes)) = fields.get(key).map(|node| &node.value) else {
        return Vec::new();
    };
    let name = |node: &'n Node| {
        let Value::Map(entries) = &node.value else {
            return None;
        };
        let (_, node) = entries.iter().find(|(key, _)| key.value == inner)?;
        match &node.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        }
    };
    nodes.iter().filter_map(name).collect()
}

fn release(node: &Node, problems: &mut Problems) -> Option<ReleaseSection> {
    let fields = Fields::of(
        node,
        &["repository", "version", "package", "previous"],
        problems,
    )?;
    let repository = fields
        .need_text("repository", problems)
        .and_then(|repository| check_repository(repository, problems));
    let known = [Placeholder::Tag, Placeholder::Commit, Placeholder::Stage];
    let version = fields.text("version", problems);
    let version = version.and_then(|text| template(&text, &known, problems));
    let package = match fields.text("package", problems) {
        Some(text) => read_package(&text, problems)?,
        None => package(),
    };
    let previous = fields
        .get("previous")
        .and_then(|node| previous(node, problems));
    Some(ReleaseSection {
        repository: repository?,
        version: version.map(|version| version.value),
        package,
        previous,
    })
}

/// A tag, or `{tag: TAG, bundle: PATH}`.
fn previous(node: &Node, problems: &mut Problems) -> Option<Previous> {
    if !matches!(node.value, Value::Map(_)) {
        let tag = fields::text(node, problems)?.value;
        return Some(Previous { tag, bundle: None });
    }
    let fields = Fields::of(node, &["tag", "bundle"], problems)?;
    let tag = fields.need_text("tag", problems);
    let bundle = fields.text("bundle", problems).and_then(|path| {
        let sidecar = path.value.ends_with(".tar.gz");
        if !sidecar {
            problems.add(path.at, "the name of a bundle ends in .tar.gz");
        }
        sidecar.then_some(path.value)
    });
    let tag = tag?.value;
    Some(Previous { tag, bundle })
}

fn package() -> Spot<Template> {
    Spot {
        value: Template::parse(defaults::PACKAGE).unwrap_or_default(),
        at: Position::default(),
    }
}

fn read_package(text: &Spot<String>, problems: &mut Problems) -> Option<Spot<Template>> {
    if !is_package(&text.value) {
        problems.hinted(
            text.at,
            format!("{} is no name for a bundle", quoted(&text.value)),
            "a file name of ASCII letters, digits and . _ + - that ends in .tar.gz; placeholders such as {version}",
        );
        return None;
    }
    template(text, &Placeholder::ALL, problems)
}

/// Whether a text, with or without placeholders, can name the bundle's file.
pub(super) fn is_package(text: &str) -> bool {
    text.ends_with(".tar.gz")
        && text.len() <= 200
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._+-{}".contains(&b))
}

/// `HOST/OWNER/REPO` as a certificate of a CI names it, without the scheme.
pub(super) fn check_repository(text: Spot<String>, problems: &mut Problems) -> Option<String> {
    let part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._~:-".contains(&b))
    };
    let parts: Vec<_> = text.value.split('/').collect();
    if parts.len() >= 2
        && parts.iter().all(|p| part(p))
        && !text.value.contains("//")
        && text.value.len() <= 300
    {
        return Some(text.value);
    }
    let hint = match text.value.split_once("://") {
        Some(_) => "write it without https:// and without what is before the host's name",
        None => "the host and the path, such as github.com/OWNER/REPO",
    };
    // It may hold a password before the host: not repeated.
    problems.hinted(
        text.at,
        "the repository is not of the form HOST/OWNER/REPO",
        hint,
    );
    None
}

fn identities(fields: &Fields<'_>, problems: &mut Problems) -> BTreeMap<String, IdentitySource> {
    let mut identities = BTreeMap::new();
    let Some(node) = fields.get("identities") else {
        return identities;
    };
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        fields::check_id(name, problems);
        if let Some(source) = identity(node, Paths::Member, problems) {
            identities.insert(name.value.clone(), source);
        }
    }
    identities
}

/// Reads `[path | public-good | staging | github]`.
pub(super) fn roots(node: &Node, whose: Paths, problems: &mut Problems) -> Vec<RootSource> {
    let Some(list) = fields::list(node, problems) else {
        return Vec::new();
    };
    if list.is_empty() {
        problems.hinted(
            node.at,
            "the list is empty",
            "name a trusted_root.json, public-good, staging or github",
        );
    }
    let mut roots = Vec::new();
    for text in fields::texts(list, problems) {
        if let Ok(instance) = text.value.parse() {
            roots.push(RootSource::Instance(instance));
        } else if whose == Paths::Any || paths::check_member(&text, problems).is_some() {
            roots.push(RootSource::File(text));
        }
    }
    roots
}
