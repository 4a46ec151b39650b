//! What `vulns check` found: a scan after VEX, and what stands against it.

mod junit;
mod markdown;
mod sarif;
mod text;

pub use junit::suites;
pub use markdown::markdown;
pub(crate) use markdown::row;
pub use sarif::sarif;
pub use text::text;

use super::sbom::Standing;
use crate::model::{Digest, Problem, Timestamp};
use crate::vulns::VulnSummary;
use serde::Serialize;

/// The answer about a scanner's report.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VulnAnswer {
    /// Of this format of answers.
    pub version: u32,
    /// The report, as it was named.
    pub report: String,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// How it stands.
    pub standing: Standing,
    /// The moment it was judged at.
    pub at: Timestamp,
    /// What was demanded, in words.
    pub demands: Vec<String>,
    /// The SBOM that its packages were looked up in.
    pub sbom: Option<InventoryFact>,
    /// What follows from it; none when it cannot be read.
    pub scan: Option<VulnSummary>,
    /// What stands against it.
    pub problems: Vec<Problem>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// An SBOM that packages were looked up in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryFact {
    /// As it was named.
    pub target: String,
    /// Whether no signature was asked for.
    pub unverified: bool,
    /// Documents of it.
    pub documents: usize,
    /// Packages that they list.
    pub packages: usize,
}
