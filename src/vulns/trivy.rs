//! `trivy -f json`, schema version 2 (aquasecurity/trivy, `pkg/types/report.go`).
//!
//! The report states no database date, except in client/server mode: `trivy version -f json` does.

use super::json::{List, Str, text};
use super::report::{
    Database, Match, PackageRef, ScanFormat, ScanReport, Scanner, Suppression, time,
};
use super::{ScanError, severity};
use crate::model::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub(super) fn parse(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    if document.schema_version != 2 {
        return Err(ScanError::Version {
            format: ScanFormat::Trivy,
            found: document.schema_version.to_string(),
        });
    }
    let mut matches = Vec::new();
    let mut others: usize = 0;
    for result in document.results.all("Results")? {
        for found in result.vulnerabilities.all("Vulnerabilities")? {
            matches.push(read(found)?);
        }
        for modified in result.modified.all("ExperimentalModifiedFindings")? {
            match modified_match(modified)? {
                Some(found) => matches.push(found),
                None => others += 1,
            }
        }
        for list in [result.misconfigurations, result.secrets, result.licenses] {
            others += list.all("results of other kinds")?.len();
        }
        if matches.len() > limits::SCAN_MATCHES {
            return Err(ScanError::TooMany {
                what: "Vulnerabilities",
                found: matches.len(),
                most: limits::SCAN_MATCHES,
            });
        }
    }
    let own = document.trivy.unwrap_or_default();
    let server = own.server.unwrap_or_default();
    let metadata = document.metadata.unwrap_or_default();
    let repository = metadata.repo_digests.texts("RepoDigests")?;
    let mut target_digests: Vec<_> = repository
        .into_iter()
        .filter_map(|one| Some(one.rsplit_once('@')?.1.to_owned().into()))
        .chain(text(metadata.image_id))
        .collect();
    target_digests.sort();
    target_digests.dedup();
    Ok(ScanReport {
        format: ScanFormat::Trivy,
        scanner: Scanner {
            name: Some("trivy".into()),
            version: text(own.version),
        },
        database: (server.database.and_then(|one| text(one.updated))).map(|updated| Database {
            updated,
            stated_by: "Trivy.Server.VulnerabilityDB.UpdatedAt",
        }),
        created: text(document.created),
        target: text(document.artifact_name),
        target_digests,
        matches,
        others,
    })
}

fn read(found: Vulnerability<'_>) -> Result<Match<'_>, ScanError> {
    let word = text(found.severity);
    let known = severity::of_word(severity::TRIVY, word.as_deref().unwrap_or_default());
    let fixed = text(found.fixed_version).unwrap_or_default();
    let published = text(found.published).and_then(|text| time(&text));
    Ok(Match {
        id: super::id(found.id, ScanFormat::Trivy)?,
        aliases: found.vendor_ids.texts("VendorIDs")?,
        severity: known.unwrap_or_default(),
        odd_severity: known
            .is_none()
            .then(|| word.unwrap_or_else(|| "none".into())),
        package: PackageRef {
            name: text(found.package_name),
            version: text(found.version),
            purl: found.identifier.and_then(|one| text(one.purl)),
        },
        published,
        fixed_in: (fixed.split(',').map(str::trim))
            .filter(|one| !one.is_empty())
            .take(limits::SCAN_ALIASES)
            .map(|one| one.to_owned().into())
            .collect(),
        suppressed: None,
    })
}

/// A vulnerability that trivy was told about; none for findings of other kinds.
fn modified_match<'a>(modified: Modified<'a>) -> Result<Option<Match<'a>>, ScanError> {
    if text(modified.kind).as_deref() != Some("vulnerability") {
        return Ok(None);
    }
    let lacks = ScanError::Lacks {
        format: ScanFormat::Trivy,
        what: "the Finding of a modified finding",
    };
    let finding = modified.finding.ok_or(lacks)?;
    let mut found = read(serde_json::from_str::<Vulnerability<'a>>(finding.get())?)?;
    let status = text(modified.status).unwrap_or_default();
    // Any other status (affected, under_investigation) is no reason not to count it.
    if matches!(status.as_ref(), "ignored" | "not_affected" | "fixed") {
        let source = text(modified.source).unwrap_or_else(|| "no source given".into());
        found.suppressed = Some(Suppression {
            by: format!("trivy: {source}").into(),
            reason: match text(modified.statement) {
                Some(statement) => format!("{status}: {statement}").into(),
                None => status,
            },
        });
    }
    Ok(Some(found))
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(rename = "SchemaVersion")]
    schema_version: u64,
    #[serde(borrow, rename = "Trivy")]
    trivy: Option<Trivy<'a>>,
    #[serde(borrow, rename = "CreatedAt")]
    created: Option<Str<'a>>,
    #[serde(borrow, rename = "ArtifactName")]
    artifact_name: Option<Str<'a>>,
    #[serde(borrow, rename = "Metadata")]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, rename = "Results")]
    results: List<Scanned<'a>, { limits::SCAN_TARGETS }>,
}

#[derive(Default, Deserialize)]
struct Trivy<'a> {
    #[serde(borrow, rename = "Version")]
    version: Option<Str<'a>>,
    #[serde(borrow, rename = "Server")]
    server: Option<Server<'a>>,
}

#[derive(Default, Deserialize)]
struct Server<'a> {
    #[serde(borrow, rename = "VulnerabilityDB")]
    database: Option<VulnerabilityDb<'a>>,
}

#[derive(Deserialize)]
struct VulnerabilityDb<'a> {
    #[serde(borrow, rename = "UpdatedAt")]
    updated: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, rename = "ImageID")]
    image_id: Option<Str<'a>>,
    #[serde(borrow, default, rename = "RepoDigests")]
    repo_digests: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Scanned<'a> {
    #[serde(borrow, default, rename = "Vulnerabilities")]
    vulnerabilities: List<Vulnerability<'a>, { limits::SCAN_MATCHES }>,
    #[serde(borrow, default, rename = "ExperimentalModifiedFindings")]
    modified: List<Modified<'a>, { limits::SCAN_MATCHES }>,
    #[serde(default, rename = "Misconfigurations")]
    misconfigurations: List<IgnoredAny, { limits::SCAN_MATCHES }>,
    #[serde(default, rename = "Secrets")]
    secrets: List<IgnoredAny, { limits::SCAN_MATCHES }>,
    #[serde(default, rename = "Licenses")]
    licenses: List<IgnoredAny, { limits::SCAN_MATCHES }>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    id: Option<Str<'a>>,
    #[serde(borrow, default, rename = "VendorIDs")]
    vendor_ids: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow, rename = "PkgName")]
    package_name: Option<Str<'a>>,
    #[serde(borrow, rename = "PkgIdentifier")]
    identifier: Option<Identifier<'a>>,
    #[serde(borrow, rename = "InstalledVersion")]
    version: Option<Str<'a>>,
    #[serde(borrow, rename = "FixedVersion")]
    fixed_version: Option<Str<'a>>,
    #[serde(borrow, rename = "Severity")]
    severity: Option<Str<'a>>,
    #[serde(borrow, rename = "PublishedDate")]
    published: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow, rename = "PURL")]
    purl: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Modified<'a> {
    #[serde(borrow, rename = "Type")]
    kind: Option<Str<'a>>,
    #[serde(borrow, rename = "Status")]
    status: Option<Str<'a>>,
    #[serde(borrow, rename = "Statement")]
    statement: Option<Str<'a>>,
    #[serde(borrow, rename = "Source")]
    source: Option<Str<'a>>,
    #[serde(borrow, rename = "Finding")]
    finding: Option<&'a RawValue>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Severity;

    pub(crate) const REPORT: &str = r#"{"SchemaVersion":2,"Trivy":{"Version":"0.69.3"},
        "CreatedAt":"2025-03-02T00:00:00.5Z","ArtifactName":"app:1","ArtifactType":"container_image",
        "Metadata":{"ImageID":"sha256:aa","RepoDigests":["r.example/app@sha256:cc"]},
        "Results":[{"Target":"app:1 (debian 12.1)","Class":"os-pkgs","Vulnerabilities":[
          {"VulnerabilityID":"CVE-2024-1","VendorIDs":["DLA-1"],"PkgID":"a@1","PkgName":"a","InstalledVersion":"1",
           "PkgIdentifier":{"PURL":"pkg:deb/debian/a@1?arch=amd64","UID":"x"},"FixedVersion":"1.1, 2.0",
           "Severity":"HIGH","PublishedDate":"2024-01-02T03:04:05.06Z"}],
          "ExperimentalModifiedFindings":[
           {"Type":"vulnerability","Status":"not_affected","Statement":"vulnerable_code_not_present","Source":"a.vex",
            "Finding":{"VulnerabilityID":"CVE-2024-2","PkgName":"a","InstalledVersion":"1","Severity":"CRITICAL"}},
           {"Type":"vulnerability","Status":"affected","Statement":"","Source":"a.vex",
            "Finding":{"VulnerabilityID":"CVE-2024-4","PkgName":"a","InstalledVersion":"1","Severity":"LOW"}},
           {"Type":"secret","Status":"ignored","Source":".trivyignore","Finding":{}}]},
         {"Target":"Dockerfile","Class":"config","Misconfigurations":[{}],"Vulnerabilities":null}]}"#;

    #[test]
    fn vulnerabilities_and_modified_ones_are_read_and_other_kinds_counted() {
        let report = parse(REPORT).unwrap();

        assert_eq!(report.scanner.version.as_deref(), Some("0.69.3"));
        assert_eq!(report.database, None);
        assert_eq!(report.others, 2);
        assert_eq!(report.target_digests, ["sha256:aa", "sha256:cc"]);
        let first = &report.matches[0];
        assert_eq!(first.severity, Severity::High);
        assert_eq!(first.fixed_in, ["1.1", "2.0"]);
        assert_eq!(first.aliases, ["DLA-1"]);
        assert_eq!(
            first.package.purl.as_deref(),
            Some("pkg:deb/debian/a@1?arch=amd64")
        );
        assert!(first.published.is_some());
        let suppressed = report.matches[1].suppressed.as_ref().unwrap();
        assert_eq!(suppressed.by, "trivy: a.vex");
        assert_eq!(
            suppressed.reason,
            "not_affected: vulnerable_code_not_present"
        );
        assert!(report.matches[2].suppressed.is_none());
    }

    #[test]
    fn another_schema_version_is_refused() {
        let text = REPORT.replace("\"SchemaVersion\":2", "\"SchemaVersion\":3");

        assert!(matches!(parse(&text), Err(ScanError::Version { .. })));
    }
}
