//! RFC 8785 canonical JSON of the manifest.

use crate::model::{Digest, Manifest, limits};

/// Why bytes are no manifest of an evidence bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Over the limit.
    #[error(
        "manifest.json has {found} bytes, more than {}",
        limits::MANIFEST_BYTES
    )]
    TooLarge {
        /// Its size.
        found: u64,
    },
    /// Not the JSON of a manifest.
    #[error("manifest.json is not a manifest")]
    Json(#[source] serde_json::Error),
    /// Of another version.
    #[error("manifest.json has version {found}, this reads version 1")]
    Version {
        /// What it says.
        found: u32,
    },
    /// Not in canonical form, so that two readers could see two things (doubled keys, for one).
    #[error("manifest.json is not canonical JSON (RFC 8785)")]
    NotCanonical,
}

/// The canonical bytes of a manifest.
///
/// # Errors
/// When it holds a number that JSON does not have.
pub fn to_bytes(manifest: &Manifest) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(manifest)
}

/// Parses a manifest and demands that its bytes are the canonical ones.
///
/// # Errors
/// When the bytes are over the limit, no manifest, of another version, or not canonical.
pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    if bytes.len() as u64 > limits::MANIFEST_BYTES {
        return Err(ManifestError::TooLarge {
            found: bytes.len() as u64,
        });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(ManifestError::Json)?;
    if manifest.version != 1 {
        return Err(ManifestError::Version {
            found: manifest.version,
        });
    }
    let canonical = to_bytes(&manifest).map_err(ManifestError::Json)?;
    if Digest::of(&canonical) != Digest::of(bytes) {
        return Err(ManifestError::NotCanonical);
    }
    Ok(manifest)
}
