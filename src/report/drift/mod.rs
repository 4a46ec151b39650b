//! What `sbom diff` found: what changed from one thing to another, platform by platform.

mod markdown;
mod text;

pub use markdown::markdown;
pub use text::text;

use super::sbom::{Origin, Standing, TargetKind};
use crate::model::expectation::SbomFormat;
use crate::model::{Digest, Problem};
use crate::sbom::drift::{Drift, HashChange, LicenseChange, LicenseKind, Relicense};
use crate::vulns::Counts;
use crate::vulns::diff::VulnDiff;
use serde::Serialize;

/// What changed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffAnswer {
    /// Of this format of answers.
    pub version: u32,
    /// The earlier thing.
    pub old: DiffSide,
    /// The later one.
    pub new: DiffSide,
    /// Whether anything differs.
    pub differs: bool,
    /// How the change stands to what was demanded.
    pub standing: Standing,
    /// What was demanded, in words.
    pub demands: Vec<String>,
    /// Documents in pairs, by image and platform.
    pub comparisons: Vec<Comparison>,
    /// Scans in pairs.
    pub scans: Vec<ScanComparison>,
    /// What stands against the comparison as a whole.
    pub problems: Vec<Problem>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// One of the two things.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffSide {
    /// As it was named.
    pub target: String,
    /// What it is.
    pub kind: TargetKind,
    /// Whether no signature was asked for.
    pub unverified: bool,
    /// The image's digest.
    pub image: Option<Digest>,
}

/// Two documents against each other.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The image's name in a bundle.
    pub item: Option<String>,
    /// The platform; none where the documents speak for the whole.
    pub platform: Option<String>,
    /// The earlier document; none where there was none for the platform.
    pub old: Option<ComparedSbom>,
    /// The later one; none where there is none any more.
    pub new: Option<ComparedSbom>,
    /// What changed.
    pub drift: Drift,
    /// Limits that it breaks.
    pub problems: Vec<Problem>,
}

/// A document that was compared.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparedSbom {
    /// Where it was found.
    pub origin: Origin,
    /// Digest of its own bytes; none where it was not computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its format.
    pub format: SbomFormat,
    /// The format's version.
    pub format_version: String,
}

/// Two scans against each other.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanComparison {
    /// The item's id in the bundles; none of scans that are files.
    pub scan: Option<String>,
    /// Vulnerabilities that counted in the earlier scan.
    pub old_counts: Counts,
    /// Those that count in the later one.
    pub new_counts: Counts,
    /// What changed.
    pub diff: VulnDiff,
}

impl Comparison {
    /// Of which image of a bundle and which platform it is; empty where neither is known.
    pub fn place(&self) -> String {
        let parts = [self.item.as_deref(), self.platform.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether anything differs: how often a package is listed does not.
    pub fn differs(&self) -> bool {
        !self.drift.is_empty() || self.old.is_none() || self.new.is_none()
    }
}

impl ScanComparison {
    /// Whether anything differs.
    pub fn differs(&self) -> bool {
        let diff = &self.diff;
        let lists = [
            &diff.new,
            &diff.resurfaced,
            &diff.resolved,
            &diff.suppressed,
        ];
        lists.iter().any(|list| !list.is_empty())
    }
}

/// Such as `3 added, 1 removed`; `no difference` where there is none.
pub fn summary(drift: &Drift) -> String {
    let counts = [
        (drift.added.len(), "added"),
        (drift.removed.len(), "removed"),
        (drift.upgraded.len(), "upgraded"),
        (drift.downgraded.len(), "downgraded"),
        (drift.changed.len(), "changed"),
        (drift.relicensed.len(), "with another license"),
        (drift.rehashed.len(), "with another hash"),
    ];
    let some: Vec<String> = (counts.iter())
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", super::columns::grouped(*count)))
        .collect();
    match some.is_empty() {
        true => "no difference".into(),
        false => some.join(", "),
    }
}

/// Such as `declared MIT → Apache-2.0`.
fn licenses(relicense: &Relicense) -> String {
    let change = |change: &LicenseChange| {
        let kind = match change.of {
            LicenseKind::Declared => "declared ",
            LicenseKind::Concluded => "concluded ",
            LicenseKind::Any => "",
        };
        format!("{kind}{} → {}", all(&change.from), all(&change.to))
    };
    let changes: Vec<_> = relicense.licenses.iter().map(change).collect();
    changes.join("; ")
}

/// Such as `sha256 0123456789ab… → …`.
fn hashes(changes: &[HashChange]) -> String {
    let short = |values: &[String]| {
        let cut = values
            .iter()
            .map(|value| match value.char_indices().nth(12) {
                Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
                None => value.clone(),
            });
        cut.collect::<Vec<_>>().join(" ")
    };
    let change = |one: &HashChange| {
        format!(
            "{} {} → {}",
            one.algorithm,
            short(&one.from),
            short(&one.to)
        )
    };
    changes.iter().map(change).collect::<Vec<_>>().join("; ")
}

fn all(texts: &[String]) -> String {
    match texts {
        [] => "(none)".into(),
        some => some.join(", "),
    }
}
