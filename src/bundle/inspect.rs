//! What a bundle says of itself, and its digests: without judging, for sealing and listing.

use super::archive::{Archive, ArchiveError};
use super::canonical::{self, ManifestError};
use super::gunzip::Gunzip;
use super::{MANIFEST, Packed};
use crate::model::{Digest, Manifest, limits};
use sha2::{Digest as _, Sha256};
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

/// Reads a bundle twice: once as archive, once as plain bytes.
///
/// # Errors
/// When it is no bundle or cannot be read.
pub fn inspect(first: impl Read, second: impl Read) -> Result<Inspected, InspectError> {
    let mut archive = Archive::new(first);
    let head = archive
        .next_member()?
        .filter(|head| head.path.as_str() == MANIFEST);
    if head.is_none_or(|head| head.size > limits::MANIFEST_BYTES) {
        return Err(InspectError::NoManifest);
    }
    let mut json = Vec::new();
    archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
    let manifest = canonical::parse(&json)?;
    while archive.next_member()?.is_some() {}
    let totals = archive.finish()?;
    let tar = plain_digest(second)?;
    let packed = Packed {
        digest: totals.digest,
        size: totals.size,
        tar,
        manifest: Digest::of(&json),
    };
    Ok(Inspected { manifest, packed })
}

fn plain_digest(file: impl Read) -> Result<Digest, InspectError> {
    let mut plain = Gunzip::new(file);
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let got = plain.fill(&mut buffer).map_err(ArchiveError::from)?;
        if got == 0 {
            return Ok(Digest::from_raw(hash.finalize().into()));
        }
        hash.update(buffer.get(..got).unwrap_or_default());
    }
}
