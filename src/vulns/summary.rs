//! What follows from a scan: recomputed counts, and every vulnerability, whether it counts or not.

use super::report::ScanFormat;
use crate::model::Severity;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scan after duplicates were merged and VEX documents applied.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VulnSummary {
    /// The report's format.
    pub format: ScanFormat,
    /// The scanner's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner_version: Option<String>,
    /// When the vulnerability database was last updated, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_updated: Option<String>,
    /// The field that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_stated_by: Option<String>,
    /// When the report was made, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// What was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Digests that the report gives for it, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_digests: Vec<String>,
    /// Matches that the report lists, suppressed and repeated ones included.
    pub matches: u64,
    /// Results of other kinds (misconfigurations, secrets, licenses).
    pub others: u64,
    /// Vulnerabilities that count, by severity.
    pub counts: Counts,
    /// Vulnerabilities that are suppressed, by severity.
    pub suppressed_counts: Counts,
    /// Vulnerabilities in packages that the SBOM does not list, suppressed ones included; none without an SBOM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in_sbom: Option<u64>,
    /// Severities that are none of the scanner's words, the first ten; their matches count as `unknown`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd_severities: Vec<String>,
    /// Those that count: by severity, id and package.
    pub vulnerabilities: Vec<Vulnerability>,
    /// Those that are suppressed, in the same order.
    pub suppressed: Vec<Vulnerability>,
    /// The VEX documents that were applied, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<VexSummary>,
}

/// A vulnerability in a package.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vulnerability {
    /// How bad it is: the worst that the report says of it.
    pub severity: Severity,
    /// Its CVE number where it has exactly one, else the id that the scanner gave it.
    pub id: String,
    /// Every other id that the report gives it, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The package's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The package's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The package's URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// When it was published: the first of the report's dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Versions that have it no more, ascending as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_in: Vec<String>,
    /// Whether the SBOM lists the package; none without an SBOM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_sbom: Option<bool>,
    /// Why it does not count; empty where it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed_by: Vec<SuppressedBy>,
}

/// Why a vulnerability does not count.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuppressedBy {
    /// Who says so: the scanner's own rule, or a VEX document.
    pub by: String,
    /// What is said.
    pub reason: String,
}

/// A VEX document that was applied.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexSummary {
    /// Its format and id.
    pub document: String,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its statements.
    pub statements: u64,
    /// Entries in it that are no statement.
    pub unread: u64,
}

/// How many there are of each severity; a severity without any is listed with zero.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Severity, u64>);

impl Counts {
    /// Counts of a list.
    pub fn of(list: &[Vulnerability]) -> Self {
        let mut counts: BTreeMap<_, _> = Severity::ALL.into_iter().map(|one| (one, 0)).collect();
        for one in list {
            *counts.entry(one.severity).or_default() += 1;
        }
        Self(counts)
    }

    /// How many there are of a severity.
    pub fn get(&self, severity: Severity) -> u64 {
        self.0.get(&severity).copied().unwrap_or_default()
    }

    /// How many there are in all.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl VulnSummary {
    /// Vulnerabilities in packages that the SBOM does not list, those that count first.
    pub fn outside_sbom(&self) -> impl Iterator<Item = &Vulnerability> {
        let all = self.vulnerabilities.iter().chain(&self.suppressed);
        all.filter(|one| one.in_sbom == Some(false))
    }
}

impl Vulnerability {
    /// Such as `CVE-2024-1 in left@1.0`.
    pub fn title(&self) -> String {
        let package = match (&self.package, &self.version, &self.purl) {
            (Some(name), Some(version), _) => format!("{name}@{version}"),
            (Some(name), None, _) => name.clone(),
            (None, _, Some(purl)) => purl.clone(),
            (None, _, None) => return format!("{} in a package that is not named", self.id),
        };
        format!("{} in {package}", self.id)
    }
}
