//! The seal's predicate: enough for a policy engine, never a substitute for the bundle.

use super::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Predicate type of the seal over an evidence bundle.
pub const SEAL_PREDICATE_TYPE: &str = "https://intelgraph.github.io/evidence/bundle/v1";

/// What the seal says about the bundle (in-toto attestation v1, `predicate`).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SealPredicate {
    /// What was released.
    pub release: SealedRelease,
    /// Stage of the bundle in the release's chain.
    pub stage: String,
    /// Its number in the chain.
    pub sequence: u32,
    /// The bundle before it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<ResourceDescriptor>,
    /// `manifest.json`.
    pub manifest: ResourceDescriptor,
    /// The plain tar, which any later compressor version must give again.
    pub tar: ResourceDescriptor,
    /// Name and version of the compressor that made the `.gz`.
    pub compressor: String,
    /// GREEN, YELLOW, RED, INCONCLUSIVE, or `none` without gates.
    pub gates: String,
    /// A line per item.
    pub items: Vec<SealedItem>,
}

/// Release as resource descriptors.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedRelease {
    /// `github.com/OWNER/REPO`.
    pub repository: String,
    /// The tag's name.
    pub tag: String,
    /// The version.
    pub version: String,
    /// Digest `gitCommit`.
    pub commit: ResourceDescriptor,
    /// Digest `gitTag`, for an annotated tag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tag_object: Option<ResourceDescriptor>,
}

/// An item in one line.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct SealedItem {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: super::Kind,
    /// How far its claim is proven.
    pub status: super::Status,
    /// Whether its expectation is met.
    pub met: Option<bool>,
}

/// in-toto ResourceDescriptor v1, the fields that are used here.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceDescriptor {
    /// File name or short name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Where it can be found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uri: Option<String>,
    /// Algorithm (`sha256`, `gitCommit`, `gitTag`) to hex.
    pub digest: BTreeMap<String, String>,
    /// RFC 6838.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
}

impl ResourceDescriptor {
    /// A named resource with its SHA-256.
    pub fn sha256(name: &str, digest: &Digest) -> Self {
        Self::with(name, "sha256", &digest.hex())
    }

    /// A named resource with a digest of another algorithm.
    pub fn with(name: &str, algorithm: &str, hex: &str) -> Self {
        Self {
            name: Some(name.into()),
            uri: None,
            digest: BTreeMap::from([(algorithm.into(), hex.into())]),
            media_type: None,
        }
    }
}
