//! Reports, for people and for programs: of a verification, a [`crate::model::Report`]; of SBOMs, of what changed between
//! them, and of scans, what `sbom` and `vulns` computed.

pub mod chart;
mod columns;
pub mod drift;
pub mod gates;
pub mod html;
pub mod json;
pub mod junit;
pub mod licenses;
pub mod markdown;
mod markup;
mod numbers;
pub mod paint;
pub mod quality;
pub mod sarif;
pub mod sbom;
pub mod statements;
pub mod text;
mod times;
pub mod vulns;

pub use gates::{gate_junit, gate_markdown, gate_text};
pub use html::html;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use statements::statements;
pub use text::text;

use crate::model::{Decision, Finding, Outcome, Status, Verdict};

/// Said at the head of every report under a throw-away root.
pub(crate) const DEMO: &str =
    "DEMO: sealed under a throw-away root that was made for a demonstration; it proves nothing";

/// The word for a verdict.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Refused => "refused",
        Verdict::Undetermined => "undetermined",
    }
}

/// The word for a decision.
pub fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "APPROVED",
        Decision::Conditional => "CONDITIONAL",
        Decision::Hold => "HOLD",
    }
}

/// Only what was recomputed from bytes gets a tick.
pub(crate) fn mark(finding: &Finding) -> char {
    match (finding.outcome, finding.status) {
        (Outcome::Pass, Status::Verified) => '✓',
        (Outcome::Pass, _) => '○',
        (Outcome::Warning, _) => '!',
        (Outcome::Fail, _) => '✗',
        (Outcome::Undetermined, _) => '?',
        (Outcome::NotChecked, _) => '-',
    }
}
