//! What a scanner says of itself beside its report: version and state of the vulnerability database.
//!
//! Trivy's report has no database date, osv-scanner's has neither version nor date.

use super::ScanError;
use super::json::{Str, checked, cut, text};
use super::report::{Database, ScanReport, Scanner};
use crate::sbom::document::Text;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What a scanner says of itself.
#[derive(Clone, Debug)]
pub struct ScannerFacts<'a> {
    /// Its name and version.
    pub scanner: Scanner<'a>,
    /// The state of its vulnerability database.
    pub database: Option<Database<'a>>,
}

/// Reads the output of `trivy version -f json`, `grype db status -o json` or `osv-scanner --version`.
///
/// # Errors
/// When the bytes are none of these.
pub fn parse(bytes: &[u8]) -> Result<ScannerFacts<'_>, ScanError> {
    let document = checked(bytes)?;
    if !document.trim_start().starts_with('{') {
        return osv_scanner(document).ok_or(ScanError::Unknown);
    }
    let wire: Wire<'_> = serde_json::from_str(document)?;
    if let Some(version) = text(wire.version) {
        let database = wire.vulnerability_db.and_then(|one| text(one.updated));
        return Ok(ScannerFacts {
            scanner: scanner("trivy", Some(version)),
            database: database.map(|updated| Database {
                updated,
                stated_by: "trivy version: VulnerabilityDB.UpdatedAt",
            }),
        });
    }
    match (text(wire.built), wire.schema_version) {
        (Some(updated), Some(_)) => Ok(ScannerFacts {
            scanner: scanner("grype", None),
            database: Some(Database {
                updated,
                stated_by: "grype db status: built",
            }),
        }),
        _ => Err(ScanError::Unknown),
    }
}

impl<'a> ScanReport<'a> {
    /// Adds what the report does not state itself: the scanner's version and the database's state.
    ///
    /// # Errors
    /// When the facts are about another scanner, or another version of it.
    pub fn complete(&mut self, facts: ScannerFacts<'a>) -> Result<(), ScanError> {
        let differs = |one: &Option<Text<'_>>, other: &Option<Text<'_>>| match (one, other) {
            (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
            _ => false,
        };
        let found = facts.scanner;
        if differs(&self.scanner.name, &found.name)
            || differs(&self.scanner.version, &found.version)
        {
            return Err(ScanError::OtherScanner {
                report: self.scanner.to_string(),
                facts: found.to_string(),
            });
        }
        self.scanner.name = self.scanner.name.take().or(found.name);
        self.scanner.version = self.scanner.version.take().or(found.version);
        self.database = self.database.take().or(facts.database);
        Ok(())
    }
}

impl std::fmt::Display for Scanner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name.as_deref().unwrap_or("an unnamed scanner");
        match self.version.as_deref() {
            Some(version) => write!(f, "{} {}", cut(name), cut(version)),
            None => f.write_str(&cut(name)),
        }
    }
}

fn scanner<'a>(name: &'static str, version: Option<Text<'a>>) -> Scanner<'a> {
    let name = Some(name.into());
    Scanner { name, version }
}

/// Lines `osv-scanner version: 2.0.0`, `commit: …`.
fn osv_scanner(document: &str) -> Option<ScannerFacts<'_>> {
    let version = document
        .lines()
        .take(16)
        .find_map(|line| line.trim().strip_prefix("osv-scanner version:"))?
        .trim();
    (!version.is_empty()).then(|| ScannerFacts {
        scanner: scanner("osv-scanner", Some(Cow::Borrowed(version))),
        database: None,
    })
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "Version")]
    version: Option<Str<'a>>,
    #[serde(borrow, rename = "VulnerabilityDB")]
    vulnerability_db: Option<VulnerabilityDb<'a>>,
    #[serde(borrow)]
    built: Option<Str<'a>>,
    #[serde(rename = "schemaVersion")]
    schema_version: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct VulnerabilityDb<'a> {
    #[serde(borrow, rename = "UpdatedAt")]
    updated: Option<Str<'a>>,
}

#[cfg(test)]
mod tests {
    use super::super::{grype, trivy};
    use super::*;

    const TRIVY: &[u8] =
        br#"{"Version":"0.69.3","VulnerabilityDB":{"Version":2,"NextUpdate":"2025-03-02T00:00:00Z",
        "UpdatedAt":"2025-03-01T00:00:00Z","DownloadedAt":"2025-03-01T01:00:00Z"}}"#;

    #[test]
    fn trivys_own_version_completes_its_report() {
        let mut report = trivy::parse(trivy::tests::REPORT).unwrap();

        report.complete(parse(TRIVY).unwrap()).unwrap();

        assert_eq!(report.database.unwrap().updated, "2025-03-01T00:00:00Z");
    }

    #[test]
    fn facts_about_another_scanner_or_version_are_refused() {
        let mut other = grype::parse(grype::tests::REPORT).unwrap();
        let newer = trivy::tests::REPORT.replace("0.69.3", "0.70.0");
        let mut newer = trivy::parse(&newer).unwrap();

        for report in [&mut other, &mut newer] {
            let refused = report.complete(parse(TRIVY).unwrap());
            assert!(matches!(refused, Err(ScanError::OtherScanner { .. })));
        }
        assert!(newer.database.is_none());
    }

    #[test]
    fn the_state_of_grypes_database_and_the_version_of_osv_scanner_are_read() {
        let grype = parse(
            br#"{"schemaVersion":"v6.0.2","from":"x","built":"2025-03-01T00:00:00Z","valid":true}"#,
        );
        let osv = parse(b"osv-scanner version: 2.0.1\ncommit: n/a\nbuilt at: n/a\n").unwrap();

        assert_eq!(
            grype.unwrap().database.unwrap().stated_by,
            "grype db status: built"
        );
        assert_eq!(osv.scanner.version.as_deref(), Some("2.0.1"));
        for other in [&b"{}"[..], b"", b"trivy"] {
            assert!(parse(other).is_err());
        }
    }
}
