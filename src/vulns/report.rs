//! One model for every scanner's report, borrowed from its bytes.

use crate::model::Severity;
use crate::model::Timestamp;
use crate::sbom::document::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a scanner reported.
#[derive(Clone, Debug)]
pub struct ScanReport<'a> {
    /// The report's format.
    pub format: ScanFormat,
    /// The scanner, where the report names one.
    pub scanner: Scanner<'a>,
    /// The state of the vulnerability database, where the report states it.
    pub database: Option<Database<'a>>,
    /// When the report was made, as it stands.
    pub created: Option<Text<'a>>,
    /// What was scanned, by the name that the scanner was given.
    pub target: Option<Text<'a>>,
    /// Digests that the report gives for a scanned image (`sha256:…`): of its manifest, index or configuration.
    pub target_digests: Vec<Text<'a>>,
    /// Vulnerabilities found, those that the scanner was told to suppress among them.
    pub matches: Vec<Match<'a>>,
    /// Results of other kinds (misconfigurations, secrets, licenses): counted, not kept.
    pub others: usize,
}

/// A scanner; a part that the report does not state is none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scanner<'a> {
    /// Its name.
    pub name: Option<Text<'a>>,
    /// Its version.
    pub version: Option<Text<'a>>,
}

/// The state of a vulnerability database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Database<'a> {
    /// When it was built or last updated, as it stands.
    pub updated: Text<'a>,
    /// The field that says so, such as `descriptor.db.status.built`.
    pub stated_by: &'static str,
}

/// A vulnerability in a package.
#[derive(Clone, Debug, Default)]
pub struct Match<'a> {
    /// Such as `CVE-2024-1234` or `GHSA-…`.
    pub id: Text<'a>,
    /// Other ids that the report gives it.
    pub aliases: Vec<Text<'a>>,
    /// How bad it is.
    pub severity: Severity,
    /// The scanner's word for the severity where it is none of those that it is known to use.
    pub odd_severity: Option<Text<'a>>,
    /// The package it was found in.
    pub package: PackageRef<'a>,
    /// When the vulnerability was published; none where the report does not say.
    pub published: Option<Timestamp>,
    /// Versions that have it no more, as they stand.
    pub fixed_in: Vec<Text<'a>>,
    /// Why the scanner does not count it.
    pub suppressed: Option<Suppression<'a>>,
}

/// A package as a report names it; all of it is none where the report ties a match to no package.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct PackageRef<'a> {
    /// Its name.
    pub name: Option<Text<'a>>,
    /// Its version.
    pub version: Option<Text<'a>>,
    /// Its package URL, as it stands or as made from its ecosystem.
    pub purl: Option<Text<'a>>,
}

/// Why a match does not count.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Suppression<'a> {
    /// Who says so.
    pub by: Text<'a>,
    /// What is said.
    pub reason: Text<'a>,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanFormat {
    /// `grype -o json`.
    Grype,
    /// `trivy -f json`, schema version 2.
    Trivy,
    /// `osv-scanner --format json`, versions 1 and 2.
    OsvScanner,
    /// SARIF 2.1.0.
    Sarif,
    /// An in-toto vulnerability predicate that lists its results itself.
    InToto,
}

impl fmt::Display for ScanFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grype => "grype JSON",
            Self::Trivy => "trivy JSON",
            Self::OsvScanner => "osv-scanner JSON",
            Self::Sarif => "SARIF",
            Self::InToto => "in-toto vulns",
        })
    }
}

impl PackageRef<'_> {
    /// `name@version`, `name`, the package URL, or `no package`.
    pub fn title(&self) -> String {
        match (&self.name, &self.version, &self.purl) {
            (Some(name), Some(version), _) => format!("{name}@{version}"),
            (Some(name), None, _) => name.clone().into_owned(),
            (None, _, Some(purl)) => purl.clone().into_owned(),
            (None, _, None) => "no package".into(),
        }
    }
}

/// A time as RFC 3339 writes it; none for Go's zero time, which stands for no time.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.trim().parse().ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}
