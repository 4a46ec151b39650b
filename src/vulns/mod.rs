//! Vulnerabilities: what scanners report, what VEX documents say about it, and what follows from both.

mod attested;
pub mod diff;
mod ecosystem;
mod group;
mod grype;
mod inventory;
mod json;
pub mod judge;
mod key;
mod osv;
mod problems;
pub mod report;
mod sarif;
pub mod scanner;
pub mod severity;
pub mod summary;
mod trivy;
pub mod vex;

pub use crate::model::{MatchesInSbom, Severity, SeverityLimit, VulnLimits};
pub use inventory::Inventory;
pub use judge::{Scan, judge};
pub use report::{Database, Match, PackageRef, ScanFormat, ScanReport, Scanner, Suppression};

pub use summary::{Counts, VulnSummary, Vulnerability};
pub use vex::VexDocument;

use crate::model::limits;
use crate::sbom::document::Text;
use json::Str;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Why bytes are no report or VEX document that is read here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// More bytes than are read.
    #[error("{found} bytes, more than {} bytes", limits::SCAN_BYTES)]
    TooLarge {
        /// Bytes.
        found: u64,
    },
    /// Nested deeper than is read.
    #[error("nested deeper than {} levels", limits::SCAN_DEPTH)]
    TooDeep,
    /// More entries than are read.
    #[error("{found} {what}, more than {most}")]
    TooMany {
        /// Of what, by the field's name.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are read.
        most: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    /// Malformed JSON, or JSON of another shape.
    #[error("malformed JSON")]
    Json(#[from] serde_json::Error),
    /// None of the formats.
    #[error("no scanner's report of a format that is known")]
    Unknown,
    /// None of the VEX formats.
    #[error("neither OpenVEX, CycloneDX with vulnerabilities nor CSAF")]
    UnknownVex,
    /// SARIF of a tool whose results are not read as vulnerabilities.
    #[error("SARIF by {found:?}, which is none of grype, trivy and osv-scanner")]
    Tool {
        /// The tool's name.
        found: String,
    },
    /// A statement about something else.
    #[error("predicate type {0:?} is no vulnerability report's")]
    PredicateType(String),
    /// CSAF of a version that is not read.
    #[error("CSAF version {found:?} is not read")]
    CsafVersion {
        /// The version.
        found: String,
    },
    /// Facts about another scanner than the one that made the report.
    #[error("the report is of {report}, the facts are about {facts}")]
    OtherScanner {
        /// Name and version that the report states.
        report: String,
        /// Name and version that the facts state.
        facts: String,
    },
    /// A version that is not read.
    #[error("{format} version {found:?} is not read")]
    Version {
        /// The format.
        format: ScanFormat,
        /// The version.
        found: String,
    },
    /// A document without something that its format demands.
    #[error("{format} without {what}")]
    Lacks {
        /// The format.
        format: ScanFormat,
        /// What is missing.
        what: &'static str,
    },
}

/// Reads a scanner's report; the format follows from the bytes.
///
/// # Errors
/// When the bytes are none of the formats, malformed, too large, too deep or have too many entries.
pub fn parse(bytes: &[u8]) -> Result<ScanReport<'_>, ScanError> {
    let text = json::checked(bytes)?;
    let probe: Probe = serde_json::from_str(text)?;
    match probe {
        Probe {
            predicate_type: Some(_),
            ..
        } => attested::statement(text),
        Probe {
            scanner: Some(_), ..
        } => attested::predicate(text),
        probe => report(text, &probe),
    }
}

/// Reads what a scanner wrote itself.
fn report<'a>(text: &'a str, probe: &Probe) -> Result<ScanReport<'a>, ScanError> {
    match probe {
        Probe {
            matches: Some(_),
            descriptor: Some(_),
            ..
        } => grype::parse(text),
        Probe {
            schema_version: Some(_),
            ..
        } => trivy::parse(text),
        Probe { runs: Some(_), .. } => sarif::parse(text),
        Probe {
            results: Some(_), ..
        } => osv::parse(text),
        _ => Err(ScanError::Unknown),
    }
}

#[derive(Deserialize)]
struct Probe {
    matches: Option<IgnoredAny>,
    descriptor: Option<IgnoredAny>,
    #[serde(rename = "SchemaVersion")]
    schema_version: Option<IgnoredAny>,
    runs: Option<IgnoredAny>,
    results: Option<IgnoredAny>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<IgnoredAny>,
    scanner: Option<IgnoredAny>,
}

/// A match's id, which every format demands.
fn id(found: Option<Str<'_>>, format: ScanFormat) -> Result<Text<'_>, ScanError> {
    let what = "the id of a vulnerability";
    json::text(found).ok_or(ScanError::Lacks { format, what })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vex_tests;
