//! Vulnerability reports in attestations: the in-toto predicate `vulns` (v0.1, v0.2) and cosign's `vuln` (v1).
//!
//! `scanner.result` holds a scanner's own report, which is then read as such, or the in-toto list of ids and severities,
//! which names no packages.

use super::json::{List, Str, cut, text};
use super::report::{Database, Match, ScanFormat, ScanReport, Scanner, time};
use super::{Probe, ScanError, id, key, report, severity};
use crate::model::{Severity, limits};
use crate::sbom::document::Text;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Reads a statement.
pub(super) fn statement(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let statement: Statement<'_> = serde_json::from_str(document)?;
    let kind = text(statement.predicate_type).unwrap_or_default();
    let known = match kind.strip_prefix("https://in-toto.io/attestation/vulns") {
        Some(version) => matches!(version, "" | "/v0.1" | "/v0.2"),
        None => kind.trim_start_matches("https://") == "cosign.sigstore.dev/attestation/vuln/v1",
    };
    if !known {
        return Err(ScanError::PredicateType(cut(&kind)));
    }
    predicate(statement.predicate.ok_or_else(|| lacks("predicate"))?.get())
}

/// Reads a predicate, as `trivy -f cosign-vuln` writes it.
pub(super) fn predicate(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let predicate: Predicate<'_> = serde_json::from_str(document)?;
    let scanner = predicate.scanner.ok_or_else(|| lacks("scanner"))?;
    let result = scanner.result.ok_or_else(|| lacks("scanner.result"))?;
    let mut found = inner(result.get())?;
    found.scanner.version = found.scanner.version.or(text(scanner.version));
    found.scanner.name = found.scanner.name.or(text(scanner.uri).map(name));
    let stated = scanner
        .db
        .and_then(|db| text(db.last_update))
        .map(|updated| Database {
            updated,
            stated_by: "scanner.db.lastUpdate",
        });
    found.database = older(found.database, stated);
    let metadata = predicate.metadata.and_then(|one| text(one.finished));
    found.created = found.created.or(metadata);
    Ok(found)
}

fn lacks(what: &'static str) -> ScanError {
    let format = ScanFormat::InToto;
    ScanError::Lacks { format, what }
}

/// What a scanner's own report says, or a list of results.
fn inner(result: &str) -> Result<ScanReport<'_>, ScanError> {
    if result.starts_with('[') {
        return list(serde_json::from_str(result)?);
    }
    let probe: Probe = serde_json::from_str(result)?;
    match report(result, &probe) {
        // The form that the protocol buffer of version 0.1 has.
        Err(ScanError::Unknown) => {
            let results: Results<'_> = serde_json::from_str(result)?;
            list(results.vulnerabilities.ok_or(ScanError::Unknown)?)
        }
        other => other,
    }
}

fn list<'a>(list: List<Entry<'a>, { limits::SCAN_MATCHES }>) -> Result<ScanReport<'a>, ScanError> {
    let mut matches = Vec::new();
    for entry in list.all("scanner.result")? {
        // Version 0.1 nests it.
        let entry = match entry.vulnerability {
            Some(nested) => nested,
            None => Nested {
                id: entry.id,
                severity: entry.severity,
            },
        };
        let scores = entry.severity.all("severity")?.into_iter();
        let scores: Vec<Text<'a>> = scores.filter_map(|one| text(one.score)).collect();
        let rated = scores.iter().filter_map(|score| rating(score)).min();
        matches.push(Match {
            id: id(entry.id, ScanFormat::InToto)?,
            severity: rated.unwrap_or_default(),
            odd_severity: match rated {
                Some(_) => None,
                None => scores.into_iter().next(),
            },
            ..Match::default()
        });
    }
    Ok(ScanReport {
        format: ScanFormat::InToto,
        scanner: Scanner::default(),
        database: None,
        created: None,
        target: None,
        target_digests: Vec::new(),
        matches,
        others: 0,
    })
}

fn rating(score: &str) -> Option<Severity> {
    severity::of_word(severity::IN_TOTO, score).or_else(|| severity::of_score(score))
}

/// The scanner's name from its URI: a package URL's name, else the URI itself.
fn name(uri: Text<'_>) -> Text<'_> {
    match key::purl(&uri) {
        Some(purl) => purl.name.into_owned().into(),
        None => uri,
    }
}

/// Of two dates the older; one that is none counts as older than any.
fn older<'a>(one: Option<Database<'a>>, other: Option<Database<'a>>) -> Option<Database<'a>> {
    match (one, other) {
        (Some(one), Some(other)) if time(&other.updated) < time(&one.updated) => Some(other),
        (one, other) => one.or(other),
    }
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(borrow, rename = "predicateType")]
    predicate_type: Option<Str<'a>>,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Predicate<'a> {
    #[serde(borrow)]
    scanner: Option<WireScanner<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Deserialize)]
struct WireScanner<'a> {
    #[serde(borrow)]
    uri: Option<Str<'a>>,
    #[serde(borrow)]
    version: Option<Str<'a>>,
    #[serde(borrow, alias = "database")]
    db: Option<Db<'a>>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Db<'a> {
    #[serde(borrow, rename = "lastUpdate", alias = "last_update")]
    last_update: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, rename = "scanFinishedOn")]
    finished: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    vulnerabilities: Option<List<Entry<'a>, { limits::SCAN_MATCHES }>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    severity: List<Score<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    vulnerability: Option<Nested<'a>>,
}

#[derive(Deserialize)]
struct Nested<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    severity: List<Score<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Score<'a> {
    #[serde(borrow)]
    score: Option<Str<'a>>,
}

#[cfg(test)]
mod tests {
    use super::super::{grype, parse, trivy};
    use super::*;

    fn wrapped(kind: &str, result: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"{kind}","predicate":{{
            "scanner":{{"uri":"pkg:github/aquasecurity/trivy@244fd47","version":"0.19.2",
            "db":{{"uri":"x","version":"v1","lastUpdate":"2021-08-06T17:45:50.52Z"}},"result":{result}}},
            "metadata":{{"scanStartedOn":"2021-08-06T17:45:50Z","scanFinishedOn":"2021-08-06T17:50:50Z"}}}}}}"#
        )
    }

    #[test]
    fn a_list_of_results_is_read_with_scanner_and_database() {
        let text = wrapped(
            "https://in-toto.io/attestation/vulns/v0.2",
            r#"[{"id":"CVE-123","severity":[{"method":"nvd","score":"medium"},{"method":"cvss_score","score":"8.2"}]},
                {"vulnerability":{"id":"CVE-124","severity":[{"score":"dire"}]}},{"id":"CVE-125"}]"#,
        );

        let report = parse(text.as_bytes()).unwrap();

        assert_eq!(report.scanner.to_string(), "trivy 0.19.2");
        assert_eq!(report.database.unwrap().updated, "2021-08-06T17:45:50.52Z");
        assert_eq!(report.created.as_deref(), Some("2021-08-06T17:50:50Z"));
        let severities: Vec<_> = report.matches.iter().map(|one| one.severity).collect();
        assert_eq!(
            severities,
            [Severity::High, Severity::Unknown, Severity::Unknown]
        );
        assert_eq!(report.matches[1].odd_severity.as_deref(), Some("dire"));
    }

    #[test]
    fn a_scanners_own_report_is_read_as_such_and_the_older_date_counts() {
        let kind = "https://cosign.sigstore.dev/attestation/vuln/v1";
        let of_trivy = wrapped(kind, trivy::tests::REPORT);
        let of_grype = wrapped(kind, grype::tests::REPORT);

        let trivy = parse(of_trivy.as_bytes()).unwrap();
        let grype = parse(of_grype.as_bytes()).unwrap();

        assert_eq!((trivy.format, trivy.matches.len()), (ScanFormat::Trivy, 3));
        assert_eq!(trivy.database.unwrap().stated_by, "scanner.db.lastUpdate");
        assert_eq!(grype.scanner.to_string(), "grype 0.90.0");
        assert_eq!(grype.database.unwrap().updated, "2021-08-06T17:45:50.52Z");
    }

    #[test]
    fn other_predicates_and_missing_results_are_refused() {
        let slsa = wrapped("https://slsa.dev/provenance/v1", "[]");
        let prefix = wrapped("https://in-toto.io/attestation/vulns/v0.2x", "[]");
        let kind = "https://in-toto.io/attestation/vulns/v0.1";
        let is = |text: String, wanted: fn(&ScanError) -> bool| {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(wanted(&error), "{error:?}");
        };

        is(slsa, |error| matches!(error, ScanError::PredicateType(_)));
        is(prefix, |error| matches!(error, ScanError::PredicateType(_)));
        is(wrapped(kind, "null"), |error| {
            matches!(error, ScanError::Lacks { .. })
        });
        is(wrapped(kind, "{}"), |error| {
            matches!(error, ScanError::Unknown)
        });
        is(wrapped(kind, "[{}]"), |error| {
            matches!(error, ScanError::Lacks { .. })
        });
        let nested = wrapped(kind, &wrapped(kind, "[]"));
        is(nested, |error| matches!(error, ScanError::Unknown));
    }
}
