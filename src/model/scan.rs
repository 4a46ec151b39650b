//! What is demanded of a vulnerability scan.

use super::Signers;
use super::expectation::SbomFormat;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A scanner's report, what it is read with, and what it may say.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanExpectation {
    /// The report, relative to the repository's root.
    pub path: String,
    /// A file that says from when the scanner's database is (`trivy version -f json`), where the report does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// VEX documents, relative to the repository's root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<String>,
    /// The image that was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ScannedImage>,
    /// What the report may say.
    pub limits: VulnLimits,
}

/// The image that was scanned.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScannedImage {
    /// Id of its item.
    pub item: String,
    /// Its SBOM, to whose packages matches are tied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sbom: Option<ScannedSbom>,
}

/// The SBOM of a scanned image.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScannedSbom {
    /// Its format.
    pub format: SbomFormat,
    /// Who must have signed it.
    pub signed_by: Signers,
}

/// Limits on a scan. Scanner, its version and the database's date are demanded in any case.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VulnLimits {
    /// How many vulnerabilities of a severity there may be. A severity may have several limits: each must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<SeverityLimit>,
    /// How old the vulnerability database may be, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_database_age_ms: Option<u64>,
    /// What a match means whose package the SBOM does not list.
    #[serde(default)]
    pub matches_in_sbom: MatchesInSbom,
}

/// A limit on vulnerabilities of exactly one severity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeverityLimit {
    /// Which.
    pub severity: Severity,
    /// How many there may be.
    pub max: u64,
    /// Counts only those published longer ago than this, in milliseconds; one without a date counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than_ms: Option<u64>,
}

/// What a match means whose package the SBOM does not list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchesInSbom {
    /// It is shown.
    #[default]
    Show,
    /// It is a problem.
    Require,
}

/// How bad a vulnerability is; the worst first, so that lists sort by it. What is not rated is `Unknown`.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// CVSS 9.0 to 10.0.
    Critical,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 0.1 to 3.9.
    Low,
    /// Grype's word for what Debian and Ubuntu call unimportant or negligible.
    Negligible,
    /// Not rated, or by a word that is not known.
    #[default]
    Unknown,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 6] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Negligible,
        Self::Unknown,
    ];
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Negligible => "negligible",
            Self::Unknown => "unknown",
        })
    }
}

/// Not the name of a severity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such severity: critical, high, medium, low, negligible or unknown")]
pub struct SeverityError;

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|severity| severity.to_string() == text)
            .ok_or(SeverityError)
    }
}
