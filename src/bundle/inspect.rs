//! What a bundle says of itself, and its digests: without judging, for sealing and listing.

use super::archive::{Archive, ArchiveError};
use super::canonical::{self, ManifestError};
use super::{MANIFEST, Packed};
use crate::model::{Digest, Manifest};
use std::io::Read;

/// A bundle's manifest and digests. Nothing here is verified.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The manifest.
    pub manifest: Manifest,
    /// The digests.
    pub packed: Packed,
}

/// Why a file is no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The first member is another one.
    #[error("the first member is not {MANIFEST}")]
    NoManifest,
}

/// Reads a bundle once.
///
/// # Errors
/// When it is no bundle or cannot be read.
pub fn inspect(file: impl Read) -> Result<Inspected, InspectError> {
    let mut archive = Archive::new(file);
    let limit = archive.bounds().manifest_bytes;
    let head = (archive.next_member()?).filter(|head| head.path.as_str() == MANIFEST);
    if head.is_none_or(|head| head.size > limit) {
        return Err(InspectError::NoManifest);
    }
    let mut json = Vec::new();
    archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
    let manifest = canonical::parse(&json)?;
    while archive.next_member()?.is_some() {}
    let tar = archive.tar().ok_or(InspectError::NoManifest)?;
    let totals = archive.finish()?;
    let packed = Packed {
        digest: totals.digest,
        size: totals.size,
        tar,
        manifest: Digest::of(&json),
    };
    Ok(Inspected { manifest, packed })
}
