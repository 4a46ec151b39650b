//! One entry of a bundle.

use super::{Expectation, GateVerdict, MemberPath, Problem, Status, Timestamp, Window};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of a bundle: what was asked, what is stated to follow, and the files that show it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// Unique in the bundle: lower-case letters, digits and `_ . -`.
    pub id: String,
    /// For people.
    pub title: String,
    /// A named moment of the release; none for what is captured at no special one.
    pub phase: Option<String>,
    /// When the capture was complete.
    pub captured: Timestamp,
    /// The window of time it speaks of.
    pub window: Option<Window>,
    /// The request, without secrets; shape by kind.
    pub request: serde_json::Value,
    /// What should be seen.
    pub expectation: Expectation,
    /// What the producer says follows. Compared with what does follow, never used.
    pub claim: StatedClaim,
    /// Members, ascending.
    pub files: Vec<MemberPath>,
}

/// What a manifest says follows from a capture. Compared, never used: a `Claim` comes from `appraise` alone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedClaim {
    /// How far it is proven.
    pub status: Status,
    /// Whether the expectation is met; none where nothing is demanded.
    pub met: Option<bool>,
    /// What was computed; shape by kind. Numbers that matter are decimal text.
    pub facts: serde_json::Value,
    /// What stands against it, in the order found.
    pub problems: Vec<Problem>,
}

/// Kinds of item.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `evidence.yaml` itself.
    Configuration,
    /// Tag and commit.
    Release,
    /// A container image and its signatures.
    Image,
    /// An SBOM attested for an image.
    Sbom,
    /// What moved in an SBOM since the release before.
    Drift,
    /// A scanner's report.
    Scan,
    /// A query of a metrics server.
    Metric,
    /// What is computed from metrics.
    Derived,
    /// Rules over metrics.
    Gate,
    /// A Grafana render.
    Dashboard,
    /// Files of the repository.
    File,
    /// A command's record.
    Command,
}

impl StatedClaim {
    /// The verdict that the facts of a gate's claim give. What is no such claim is INCONCLUSIVE.
    pub fn gate_verdict(&self) -> GateVerdict {
        let verdict =
            (self.facts.get("verdict")).and_then(|word| serde_json::from_value(word.clone()).ok());
        verdict.unwrap_or(GateVerdict::Inconclusive)
    }
}

impl Expectation {
    /// Whether an item of this expectation can fail a requirement.
    pub fn demands(&self) -> bool {
        match self {
            Self::Image { signed_by, .. } => !signed_by.is_empty(),
            Self::Metric(metric) => metric.limit.is_some(),
            Self::Derived(derived) => derived.limit.is_some(),
            _ => true,
        }
    }

    /// The kind of item that this is the expectation of.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Configuration { .. } => Kind::Configuration,
            Self::Release { .. } => Kind::Release,
            Self::Image { .. } => Kind::Image,
            Self::Sbom { .. } => Kind::Sbom,
            Self::Drift(_) => Kind::Drift,
            Self::Scan(_) => Kind::Scan,
            Self::Metric(_) => Kind::Metric,
            Self::Derived(_) => Kind::Derived,
            Self::Gate(_) => Kind::Gate,
            Self::Dashboard(_) => Kind::Dashboard,
            Self::File { .. } => Kind::File,
            Self::Command { .. } => Kind::Command,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "configuration",
            Self::Release => "release",
            Self::Image => "image",
            Self::Sbom => "sbom",
            Self::Drift => "drift",
            Self::Scan => "scan",
            Self::Metric => "metric",
            Self::Derived => "derived",
            Self::Gate => "gate",
            Self::Dashboard => "dashboard",
            Self::File => "file",
            Self::Command => "command",
        })
    }
}
