//! Image manifests and indexes, OCI and docker alike.

use super::{Descriptor, Platform};
use crate::model::{Digest, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Media types of manifests.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's manifest, version 2 schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// An image manifest (OCI image spec, "Image Manifest Specification").
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// Its own media type, where stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Kind of artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Configuration.
    pub config: Descriptor,
    /// Layers.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Free-form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An image index (OCI image spec, "Image Index Specification").
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// Its own media type, where stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this index is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Free-form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An image that an index names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// Where it runs; none where the index does not say.
    pub platform: Option<Platform>,
    /// Its manifest.
    pub digest: Digest,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.platform {
            Some(platform) => platform.fmt(f),
            None => f.write_str("unstated platform"),
        }
    }
}

/// A manifest or an index.
#[derive(Clone, Debug)]
pub enum Document {
    /// One image, or an artifact.
    Manifest(Box<Manifest>),
    /// Several.
    Index(Box<Index>),
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Over the limit.
    #[error(
        "a manifest of {found} bytes is larger than {}",
        limits::OCI_MANIFEST_BYTES
    )]
    TooLarge {
        /// Its size.
        found: u64,
    },
    /// Not the JSON of a manifest.
    #[error("not the JSON of a manifest or index")]
    Json(#[source] serde_json::Error),
    /// Both `layers` and `manifests`, or neither: two readers would see two things.
    #[error("a manifest has either layers or manifests, this one has {0}")]
    Ambiguous(&'static str),
    /// Another schema version.
    #[error("schemaVersion is {0}, not 2")]
    Version(u32),
}

#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "schemaVersion")]
    schema_version: u32,
    layers: Option<serde::de::IgnoredAny>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl Index {
    /// The images that it names, each with its platform, where one is stated. BuildKit's attestations, entries of an
    /// unknown platform, are none.
    pub fn platforms(&self) -> Vec<Listed> {
        self.manifests
            .iter()
            .map(|child| Listed {
                platform: child.platform.clone(),
                digest: child.digest,
            })
            .filter(|one| one.platform.as_ref().is_none_or(|one| one.os != "unknown"))
            .collect()
    }
}

impl Document {
    /// Parses a manifest or index.
    ///
    /// # Errors
    /// When the bytes are over the limit, no JSON of either, or could be read as both.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > limits::OCI_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge {
                found: bytes.len() as u64,
            });
        }
        let shape: Shape = serde_json::from_slice(bytes).map_err(ManifestError::Json)?;
        if shape.schema_version != 2 {
            return Err(ManifestError::Version(shape.schema_version));
        }
        match (shape.layers.is_some(), shape.manifests.is_some()) {
            (true, false) => {
                serde_json::from_slice(bytes).map(|manifest| Self::Manifest(Box::new(manifest)))
            }
            (false, true) => {
                serde_json::from_slice(bytes).map(|index| Self::Index(Box::new(index)))
            }
            (true, true) => return Err(ManifestError::Ambiguous("both")),
            (false, false) => return Err(ManifestError::Ambiguous("neither")),
        }
        .map_err(ManifestError::Json)
    }

    /// What it is attached to.
    pub fn subject(&self) -> Option<Digest> {
        match self {
            Self::Manifest(manifest) => manifest.subject.as_ref(),
            Self::Index(index) => index.subject.as_ref(),
        }
        .map(|subject| subject.digest)
    }

    /// The media type that these bytes are served under.
    pub fn media_type(&self) -> &str {
        match self {
            Self::Manifest(manifest) => manifest.media_type.as_deref().unwrap_or(IMAGE_MANIFEST),
            Self::Index(index) => index.media_type.as_deref().unwrap_or(IMAGE_INDEX),
        }
    }
}
