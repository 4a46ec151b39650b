//! The list of items and member files of an evidence bundle.

use super::capture::StoredFile;
use super::redact::RedactedPlace;
use super::{Digest, GateVerdict, Item, Kind, MemberPath, Moments, Release};
use serde::{Deserialize, Serialize};

/// `manifest.json` of an evidence bundle, version 1. Canonical JSON (RFC 8785).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Always 1.
    pub version: u32,
    /// What was released.
    pub release: Release,
    /// Which bundle in the release's chain this is, such as `tag` or `t+120`.
    pub stage: String,
    /// 0 for the first bundle of a release, one more for each addendum.
    pub sequence: u32,
    /// Digest of the bundle before this one in the chain.
    pub previous: Option<Digest>,
    /// Who packed it, with what.
    pub producer: Producer,
    /// When the phases were.
    #[serde(default, skip_serializing_if = "Moments::is_empty")]
    pub moments: Moments,
    /// The items, in the order of the plan.
    pub items: Vec<Item>,
    /// What was blanked, ascending by pointer, rule and digest.
    pub redactions: Vec<Redaction>,
    /// Every member but `manifest.json`, in the order of the archive.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// The worst verdict that its gates are stated to have; none without gates.
    pub fn gates(&self) -> Option<GateVerdict> {
        let gates = (self.items.iter()).filter(|item| item.expectation.kind() == Kind::Gate);
        gates.map(|item| item.claim.gate_verdict()).max()
    }

    /// The blanked places of a member; `redactions` ascends, or the list is what its own check finds wrong.
    pub fn redactions_of(&self, member: &MemberPath) -> &[Redaction] {
        let prefix = format!("{member}#");
        let all = &self.redactions;
        let start = all.partition_point(|place| place.pointer.as_str() < prefix.as_str());
        let rest = all.get(start..).unwrap_or_default();
        // No character of a path stands before `#`, so the places of one member stand together.
        let count = rest.partition_point(|place| place.pointer.starts_with(&prefix));
        rest.get(..count).unwrap_or_default()
    }

    /// The same as a seal says it: `none` without gates.
    pub fn gates_word(&self) -> String {
        self.gates()
            .map_or_else(|| "none".into(), |verdict| verdict.to_string())
    }
}

/// A blanked place.
pub type Redaction = RedactedPlace;
/// A member.
pub type FileEntry = StoredFile;

/// What made the capture store.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Producer {
    /// Name of the tool, `evidence`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of its executable file.
    pub binary: Option<Digest>,
    /// URL of the CI run.
    pub run: Option<String>,
    /// Local clock minus a server's clock, in milliseconds; none where it was not measured.
    pub clock_offset_ms: Option<i64>,
}
