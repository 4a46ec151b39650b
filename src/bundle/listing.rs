//! All members of a bundle with their sizes and digests, without judging.

use super::MANIFEST;
use super::archive::ArchiveError;
use super::contents::{Contents, Summary};
use super::inspect::InspectError;
use crate::model::{Digest, Manifest, MemberPath};
use std::io::Read;

/// What a bundle holds. Nothing here is verified.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The members as they stand in the archive, the manifest first.
    pub members: Vec<ListedMember>,
    /// Whether the archive was read to its end.
    pub is_complete: bool,
    /// Sizes, digests, and what is not as the manifest says.
    pub summary: Summary,
}

/// A member as it is in the archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedMember {
    /// Its path.
    pub path: MemberPath,
    /// Its own name, where the manifest has one for it.
    pub name: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Of the bytes that are there.
    pub sha256: Digest,
    /// As the manifest says; none of what it does not list.
    pub media_type: Option<String>,
}

/// Reads a bundle to its end. An archive that breaks after the manifest is listed as far as it goes.
///
/// # Errors
/// When it has no manifest that can be read, or the source fails.
pub fn list(bundle: impl Read) -> Result<Listing, InspectError> {
    let mut contents = Contents::open(bundle)?;
    let mut members = Vec::new();
    let is_complete = match add_all(&mut contents, &mut members) {
        Ok(()) => true,
        Err(error) if error.is_read_failure() => return Err(error.into()),
        Err(error) => {
            contents.broken(&error);
            false
        }
    };
    Ok(Listing {
        manifest: contents.manifest().clone(),
        members,
        is_complete,
        summary: contents.finish()?,
    })
}

fn add_all(
    contents: &mut Contents<impl Read>,
    members: &mut Vec<ListedMember>,
) -> Result<(), ArchiveError> {
    while let Some(member) = contents.next_member()? {
        let sha256 = contents.read(&member, &mut |_| {})?;
        let is_manifest = member.path.as_str() == MANIFEST && members.is_empty();
        let (name, media_type) = match member.entry {
            Some(entry) => (entry.name, Some(entry.media_type)),
            None => (None, is_manifest.then(|| "application/json".into())),
        };
        members.push(ListedMember {
            path: member.path,
            name,
            size: member.size,
            sha256,
            media_type,
        });
    }
    Ok(())
}
