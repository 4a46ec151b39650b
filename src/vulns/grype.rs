//! `grype -o json` (anchore/grype, `grype/presenter/models`), of database schemas 1 to 6.

use super::json::{List, Str, text};
use super::report::{Database, Match, PackageRef, ScanFormat, ScanReport, Scanner, Suppression};
use super::{ScanError, severity};
use crate::model::limits;
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) fn parse(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let lacks = |what| ScanError::Lacks {
        format: ScanFormat::Grype,
        what,
    };
    let found = document.matches.ok_or_else(|| lacks("matches"))?;
    let descriptor = document.descriptor.ok_or_else(|| lacks("descriptor"))?;
    let mut matches = Vec::new();
    for one in found.all("matches")? {
        matches.push(read(one)?);
    }
    for one in document.ignored.all("ignoredMatches")? {
        matches.push(read(one)?);
    }
    let (target, target_digests) = document.source.map_or(Ok(Default::default()), scanned)?;
    Ok(ScanReport {
        format: ScanFormat::Grype,
        scanner: Scanner {
            name: text(descriptor.name),
            // What a build without a release says.
            version: text(descriptor.version).filter(|version| version != "[not provided]"),
        },
        database: descriptor.db.and_then(database),
        created: text(descriptor.timestamp),
        target,
        target_digests,
        matches,
        others: 0,
    })
}

fn read(found: WireMatch<'_>) -> Result<Match<'_>, ScanError> {
    let word = text(found.vulnerability.severity);
    let known = severity::of_word(severity::GRYPE, word.as_deref().unwrap_or_default());
    let related = found.related.all("relatedVulnerabilities")?;
    Ok(Match {
        id: super::id(found.vulnerability.id, ScanFormat::Grype)?,
        aliases: related.into_iter().filter_map(|one| text(one.id)).collect(),
        severity: known.unwrap_or_default(),
        odd_severity: known
            .is_none()
            .then(|| word.unwrap_or_else(|| "none".into())),
        package: PackageRef {
            name: text(found.artifact.name),
            version: text(found.artifact.version),
            purl: text(found.artifact.purl),
        },
        published: None,
        fixed_in: (found.vulnerability.fix.unwrap_or_default().versions).texts("fix versions")?,
        suppressed: suppression(found.rules.all("appliedIgnoreRules")?),
    })
}

/// A match that no rule applies to counts, wherever it stands.
fn suppression(rules: Vec<Rule<'_>>) -> Option<Suppression<'_>> {
    let rule = rules.into_iter().next()?;
    let (by, said) = match (text(rule.vex_status), text(rule.vex_justification)) {
        (Some(status), Some(why)) => ("grype: VEX", format!("{status}: {why}").into()),
        (Some(status), None) => ("grype: VEX", status),
        (None, _) => match (text(rule.fix_state), text(rule.vulnerability)) {
            (Some(state), _) => ("grype: ignore rule", format!("fix state {state}").into()),
            (None, Some(id)) => ("grype: ignore rule", id),
            (None, None) => ("grype: ignore rule", "no reason given".into()),
        },
    };
    Some(Suppression {
        by: by.into(),
        reason: text(rule.reason).unwrap_or(said),
    })
}

/// Version 6 of the database nests its status, the versions before do not.
fn database(db: Db<'_>) -> Option<Database<'_>> {
    let nested = db.status.and_then(|status| text(status.built));
    let (updated, stated_by) = match nested {
        Some(built) => (built, "descriptor.db.status.built"),
        None => (text(db.built)?, "descriptor.db.built"),
    };
    Some(Database { updated, stated_by })
}

type Scanned<'a> = (
    Option<crate::sbom::document::Text<'a>>,
    Vec<crate::sbom::document::Text<'a>>,
);

/// The target is a path, or an object about an image.
fn scanned<'a>(source: Source<'a>) -> Result<Scanned<'a>, ScanError> {
    let Some(target) = source.target else {
        return Ok(Default::default());
    };
    if target.get().starts_with('"') {
        let path: Str<'a> = serde_json::from_str(target.get())?;
        return Ok((text(Some(path)), Vec::new()));
    }
    if !target.get().starts_with('{') {
        return Ok(Default::default());
    }
    let image: Image<'a> = serde_json::from_str(target.get())?;
    let repository = image.repo_digests.texts("repoDigests")?;
    let repository = repository.into_iter().filter_map(|one| {
        let (_, digest) = one.rsplit_once('@')?;
        Some(digest.to_owned().into())
    });
    let mut digests: Vec<_> = text(image.manifest_digest)
        .into_iter()
        .chain(text(image.image_id))
        .chain(repository)
        .collect();
    digests.sort();
    digests.dedup();
    Ok((text(image.user_input), digests))
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    matches: Option<List<WireMatch<'a>, { limits::SCAN_MATCHES }>>,
    #[serde(borrow, default, rename = "ignoredMatches")]
    ignored: List<WireMatch<'a>, { limits::SCAN_MATCHES }>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
    #[serde(borrow)]
    descriptor: Option<Descriptor<'a>>,
}

#[derive(Deserialize)]
struct WireMatch<'a> {
    #[serde(borrow)]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow, default, rename = "relatedVulnerabilities")]
    related: List<Related<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    artifact: Artifact<'a>,
    #[serde(borrow, default, rename = "appliedIgnoreRules")]
    rules: List<Rule<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    severity: Option<Str<'a>>,
    #[serde(borrow)]
    fix: Option<Fix<'a>>,
}

#[derive(Default, Deserialize)]
struct Fix<'a> {
    #[serde(borrow, default)]
    versions: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Related<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Artifact<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    version: Option<Str<'a>>,
    #[serde(borrow)]
    purl: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow)]
    vulnerability: Option<Str<'a>>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow, rename = "fix-state")]
    fix_state: Option<Str<'a>>,
    #[serde(borrow, rename = "vex-status")]
    vex_status: Option<Str<'a>>,
    #[serde(borrow, rename = "vex-justification")]
    vex_justification: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    target: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow, rename = "userInput")]
    user_input: Option<Str<'a>>,
    #[serde(borrow, rename = "imageID")]
    image_id: Option<Str<'a>>,
    #[serde(borrow, rename = "manifestDigest")]
    manifest_digest: Option<Str<'a>>,
    #[serde(borrow, default, rename = "repoDigests")]
    repo_digests: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Descriptor<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    version: Option<Str<'a>>,
    #[serde(borrow)]
    timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    db: Option<Db<'a>>,
}

#[derive(Deserialize)]
struct Db<'a> {
    #[serde(borrow)]
    built: Option<Str<'a>>,
    #[serde(borrow)]
    status: Option<DbStatus<'a>>,
}

#[derive(Deserialize)]
struct DbStatus<'a> {
    #[serde(borrow)]
    built: Option<Str<'a>>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Severity;

    /// Two matches, and one that a rule ignores.
    pub(crate) const REPORT: &str = r#"{
        "matches":[
          {"vulnerability":{"id":"GHSA-a","severity":"High","fix":{"versions":["1.1"],"state":"fixed"}},
           "relatedVulnerabilities":[{"id":"CVE-2024-1"}],"matchDetails":[],
           "artifact":{"name":"left","version":"1.0","purl":"pkg:npm/left@1.0","locations":[]}},
          {"vulnerability":{"id":"CVE-2024-2","severity":"Negligible","fix":{"versions":null}},
           "relatedVulnerabilities":null,"artifact":{"name":"right","version":"2","purl":""}}],
        "ignoredMatches":[
          {"vulnerability":{"id":"CVE-2024-3","severity":"Critical"},"artifact":{"name":"left","version":"1.0"},
           "appliedIgnoreRules":[{"vulnerability":"CVE-2024-3","namespace":"","vex-status":"not_affected",
                                  "vex-justification":"component_not_present"}]}],
        "source":{"type":"image","target":{"userInput":"app:1","imageID":"sha256:aa","manifestDigest":"sha256:bb",
                  "repoDigests":["r.example/app@sha256:cc"],"layers":[]}},
        "descriptor":{"name":"grype","version":"0.90.0","timestamp":"2025-03-02T00:00:00Z",
          "db":{"status":{"schemaVersion":"v6.0.2","built":"2025-03-01T00:00:00Z","valid":true}}}}"#;

    #[test]
    fn matches_and_ignored_ones_are_read_with_scanner_and_database() {
        let report = parse(REPORT).unwrap();

        assert_eq!(report.scanner.version.as_deref(), Some("0.90.0"));
        let database = report.database.unwrap();
        assert_eq!(database.updated, "2025-03-01T00:00:00Z");
        assert_eq!(database.stated_by, "descriptor.db.status.built");
        assert_eq!(report.target.as_deref(), Some("app:1"));
        assert_eq!(
            report.target_digests,
            ["sha256:aa", "sha256:bb", "sha256:cc"]
        );
        let severities: Vec<_> = report.matches.iter().map(|one| one.severity).collect();
        assert_eq!(
            severities,
            [Severity::High, Severity::Negligible, Severity::Critical]
        );
        assert_eq!(report.matches[0].aliases, ["CVE-2024-1"]);
        assert_eq!(report.matches[0].fixed_in, ["1.1"]);
        assert_eq!(report.matches[1].package.purl, None);
        let suppressed = report.matches[2].suppressed.as_ref().unwrap();
        assert_eq!(suppressed.reason, "not_affected: component_not_present");
    }

    #[test]
    fn the_database_of_the_older_versions_is_read_too() {
        let old = r#"{"matches":[],"source":{"type":"directory","target":"."},"descriptor":{"name":"grype",
            "version":"0.70.0","db":{"built":"2023-10-01T01:25:48Z","schemaVersion":5,"error":null}}}"#;

        let report = parse(old).unwrap();

        assert_eq!(report.database.unwrap().stated_by, "descriptor.db.built");
        assert_eq!(report.target.as_deref(), Some("."));
    }

    #[test]
    fn an_ignored_match_without_a_rule_counts() {
        let text = REPORT.replace("appliedIgnoreRules", "otherRules");

        let report = parse(&text).unwrap();

        assert!(report.matches[2].suppressed.is_none());
    }

    #[test]
    fn a_severity_that_grype_does_not_use_is_unknown_and_kept_as_odd() {
        let text = REPORT.replace("\"High\"", "\"H1gh\"");

        let report = parse(&text).unwrap();

        assert_eq!(report.matches[0].severity, Severity::Unknown);
        assert_eq!(report.matches[0].odd_severity.as_deref(), Some("H1gh"));
    }
}
