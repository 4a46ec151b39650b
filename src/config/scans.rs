//! The section `scans`: reports of vulnerability scanners.

use super::diagnostic::{Problems, Spot};
use super::fields::{self, Fields};
use super::identity::{check_known, template};
use super::metrics::{duration, title};
use super::model::Scan;
use super::node::{Node, Value};
use super::paths;
use super::template::{Placeholder, Template};
use crate::model::{MatchesInSbom, Severity, SeverityLimit, VulnLimits, limits};

/// Reads one scan; `images` are the names of images.
pub(super) fn scan(node: &Node, images: &[&str], problems: &mut Problems) -> Option<Scan> {
    const KEYS: &[&str] = &["id", "title", "path", "image", "database", "vex", "limits"];
    let fields = Fields::of(node, KEYS, problems)?;
    let id = fields.need_text("id", problems);
    let path = fields.need_text("path", problems);
    let path = path.and_then(|path| file(&path, problems));
    let database = fields.text("database", problems);
    let database = database.and_then(|path| file(&path, problems));
    let image = fields.text("image", problems);
    if let Some(image) = &image {
        check_known(image, "image", images, problems);
    }
    let nodes = fields
        .get("vex")
        .map(|node| fields::one_or_more(node, problems));
    let nodes = nodes.unwrap_or_default();
    if let Some(beyond) = nodes.get(limits::VEX_DOCUMENTS) {
        let message = format!("more than {} VEX documents", limits::VEX_DOCUMENTS);
        problems.add(beyond.at, message);
    }
    let vex = fields::texts(nodes, problems);
    let vex = vex.iter().filter_map(|path| file(path, problems)).collect();
    let found = fields
        .get("limits")
        .and_then(|node| scan_limits(node, problems));
    let limits = found.unwrap_or_default();
    if let (true, None, Some(node)) = (
        limits.matches_in_sbom == MatchesInSbom::Require,
        &image,
        fields.get("limits"),
    ) {
        problems.hinted(
            node.at,
            "matches can only be tied to the packages of an image's SBOM",
            "give image: NAME",
        );
    }
    let id = id?;
    Some(Scan {
        title: title(&fields, &id, problems),
        id,
        path: path?,
        database,
        vex,
        image: image.map(|image| image.value),
        limits,
    })
}

/// One file of the repository, no glob.
fn file(path: &Spot<String>, problems: &mut Problems) -> Option<Spot<Template>> {
    let template = template(path, &Placeholder::ALL, problems)?;
    let sample = template.value.fill(|_| "x".into());
    paths::check_glob(&sample, path.at, problems)?;
    if sample.contains(['*', '?', '[', ']', '{', '}']) {
        problems.add(path.at, "one file is meant here, and not a pattern");
        return None;
    }
    Some(template)
}

fn scan_limits(node: &Node, problems: &mut Problems) -> Option<VulnLimits> {
    let names: Vec<String> = Severity::ALL.iter().map(ToString::to_string).collect();
    let mut keys: Vec<&str> = names.iter().map(String::as_str).collect();
    keys.extend(["max-database-age", "unlisted-packages"]);
    let fields = Fields::of(node, &keys, problems)?;
    let mut severities = Vec::new();
    for severity in Severity::ALL {
        let name = severity.to_string();
        if let Some(node) = fields.get(&name) {
            severities.extend(severity_limits(&fields, severity, node, problems));
        }
    }
    let age = duration(&fields, "max-database-age", problems);
    let must = fields.word(
        "unlisted-packages",
        &[
            ("show", MatchesInSbom::Show),
            ("deny", MatchesInSbom::Require),
        ],
        problems,
    );
    Some(VulnLimits {
        severities,
        max_database_age_ms: age.map(|age| age.value),
        matches_in_sbom: must.unwrap_or_default(),
    })
}

/// A number, `{max: N, older-than: 30d}`, or several of these, each of which must hold.
fn severity_limits(
    outer: &Fields<'_>,
    severity: Severity,
    node: &Node,
    problems: &mut Problems,
) -> Vec<SeverityLimit> {
    let range = (0, i64::from(u32::MAX));
    let most = |number: Spot<i64>| u64::try_from(number.value).unwrap_or_default();
    if let Value::Number(_) = node.value {
        let number = outer.number(&severity.to_string(), range, problems);
        let limit = number.map(|number| SeverityLimit {
            severity,
            max: most(number),
            older_than_ms: None,
        });
        return limit.into_iter().collect();
    }
    let mut limits = Vec::new();
    for node in fields::one_or_more(node, problems) {
        let Some(fields) = Fields::of(node, &["max", "older-than"], problems) else {
            continue;
        };
        if fields.need("max", problems).is_none() {
            continue;
        }
        let age = duration(&fields, "older-than", problems);
        if let Some(max) = fields.number("max", range, problems) {
            limits.push(SeverityLimit {
                severity,
                max: most(max),
                older_than_ms: age.map(|age| age.value),
            });
        }
    }
    limits
}
