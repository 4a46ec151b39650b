//! What the bundle of the release before has of an image: its manifests and attestations, the bundle's manifest that
//! lists them, and the seal.

use super::oci_files;
use crate::appraise::drift::{MANIFEST_NAME, PreviousRequest, SEAL_NAME};
use crate::bundle::{Archive, ArchiveError, Inline, MANIFEST, canonical};
use crate::model::{
    Capture, CapturedFile, Expectation, Item, Manifest, MemberPath, MemberPathError, limits,
};
use crate::oci::layout::REF_NAME;
use crate::oci::{Index, Layout};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is taken of the bundle before.
#[derive(Debug)]
pub struct PreviousImage {
    /// The request, as the item has it.
    pub request: PreviousRequest,
    manifest: Arc<[u8]>,
    seal: Option<Arc<[u8]>>,
    layout: Layout,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreviousError {
    /// A file that cannot be read.
    #[error("the bundle {} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no bundle.
    #[error("{} is no evidence bundle", path.display())]
    Archive {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// Its manifest is none.
    #[error("{} has no readable manifest: {reason}", path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A bundle without that image.
    #[error("{} has no image {image}", path.display())]
    NoImage {
        /// Which.
        path: PathBuf,
        /// The item's id.
        image: String,
    },
    /// More bytes than are taken.
    #[error("{}: more than {limit} bytes of {what}", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A name that is none of a member.
    #[error("no member name")]
    Member(#[from] MemberPathError),
}

/// Reads the image's members out of a bundle. Nothing is verified here: the appraisal does.
///
/// # Errors
/// When the file cannot be read, is no bundle, or has no such image.
pub fn read(path: &Path, image: &str) -> Result<PreviousImage, PreviousError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let archive = |source| PreviousError::Archive {
        path: path.into(),
        source,
    };
    let mut members = Archive::new(file);
    let (json, manifest) = manifest(&mut members, path)?;
    let item = manifest
        .items
        .iter()
        .find(|item| item.id == image && matches!(item.expectation, Expectation::Image { .. }));
    let item = item.ok_or_else(|| PreviousError::NoImage {
        path: path.into(),
        image: image.into(),
    })?;
    let wanted: BTreeSet<&MemberPath> = (item.files.iter())
        .filter(|path| path.is_under("oci"))
        .collect();
    let bodies = bodies(&mut members, path, &wanted)?;
    let totals = members.finish().map_err(archive)?;
    let digest = (item.request.get("digest")).and_then(|digest| digest.as_str()?.parse().ok());
    Ok(PreviousImage {
        request: PreviousRequest {
            bundle: totals.digest,
            image: digest,
        },
        manifest: json.into(),
        seal: seal(path)?,
        layout: layout(item, &bodies),
    })
}

impl PreviousImage {
    /// Adds what was taken to the capture of the image as it is now.
    ///
    /// # Errors
    /// When the id gives no member names.
    pub(super) fn join(&self, id: &str, now: &mut Capture) -> Result<(), PreviousError> {
        oci_files::merge(now, &self.layout);
        let folder = format!("files/{id}");
        let mut add = |name: &str, media_type: &str, bytes: &Arc<[u8]>| {
            let path = MemberPath::try_from(format!("{folder}/{name}"))?;
            now.files
                .push(CapturedFile::new(path, media_type, bytes.clone()));
            Ok::<_, PreviousError>(())
        };
        add(MANIFEST_NAME, "application/json", &self.manifest)?;
        if let Some(seal) = &self.seal {
            add(
                SEAL_NAME,
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                seal,
            )?;
        }
        Ok(())
    }
}

/// The bytes of the wanted members.
pub(super) fn bodies(
    members: &mut Archive<Inline<File>>,
    path: &Path,
    wanted: &BTreeSet<&MemberPath>,
) -> Result<BTreeMap<MemberPath, Arc<[u8]>>, PreviousError> {
    let archive = |source| PreviousError::Archive {
        path: path.into(),
        source,
    };
    let mut bodies = BTreeMap::new();
    let mut left = limits::ATTACHED_BYTES;
    while let Some(head) = members.next_member().map_err(archive)? {
        if !wanted.contains(&head.path) {
            continue;
        }
        left = left
            .checked_sub(head.size)
            .ok_or_else(|| PreviousError::TooLarge {
                path: path.into(),
                what: "attachments and scans",
                limit: limits::ATTACHED_BYTES,
            })?;
        let mut bytes = Vec::new();
        members
            .read_body(&mut |piece| bytes.extend_from_slice(piece))
            .map_err(archive)?;
        bodies.insert(head.path, bytes.into());
    }
    Ok(bodies)
}

/// An image's own part of the one layout of all images.
pub(super) fn layout(item: &Item, bodies: &BTreeMap<MemberPath, Arc<[u8]>>) -> Layout {
    let mut layout = Layout::new();
    let mut index = None;
    for path in &item.files {
        let Some(bytes) = bodies.get(path) else {
            continue;
        };
        if path.as_str() == "oci/index.json" {
            index = serde_json::from_slice::<Index>(bytes).ok();
        } else if path.is_under("oci/blobs") {
            layout.add_blob(bytes.clone());
        }
    }
    for mut entry in index.map(|index| index.manifests).unwrap_or_default() {
        if layout.blob(&entry.digest).is_none() {
            continue;
        }
        let name = entry.annotations.get(REF_NAME);
        if name.is_some_and(|name| *name == item.id) {
            entry.annotations.remove(REF_NAME);
        }
        layout.add_entry(entry);
    }
    layout
}

pub(super) fn manifest(
    members: &mut Archive<Inline<File>>,
    path: &Path,
) -> Result<(Vec<u8>, Manifest), PreviousError> {
    let wrong = |reason: String| PreviousError::Manifest {
        path: path.into(),
        reason,
    };
    let archive = |source| PreviousError::Archive {
        path: path.into(),
        source,
    };
    let head = members.next_member().map_err(archive)?;
    let is_manifest = head
        .is_some_and(|head| head.path.as_str() == MANIFEST && head.size <= limits::MANIFEST_BYTES);
    if !is_manifest {
        return Err(wrong(format!("the first member is not {MANIFEST}")));
    }
    let mut json = Vec::new();
    members
        .read_body(&mut |piece| json.extend_from_slice(piece))
        .map_err(archive)?;
    let manifest = canonical::parse(&json).map_err(|error| wrong(error.to_string()))?;
    Ok((json, manifest))
}

/// The seal beside the bundle; none when there is no such file.
fn seal(bundle: &Path) -> Result<Option<Arc<[u8]>>, PreviousError> {
    let mut path = bundle.as_os_str().to_owned();
    path.push(".sigstore.json");
    let path = PathBuf::from(path);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unreadable(&path, source)),
    };
    let mut bytes = Vec::new();
    file.take(limits::DOCUMENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| unreadable(&path, source))?;
    if bytes.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(PreviousError::TooLarge {
            path,
            what: "the seal",
            limit: limits::DOCUMENT_BYTES,
        });
    }
    Ok(Some(bytes.into()))
}

fn unreadable(path: &Path, source: std::io::Error) -> PreviousError {
    PreviousError::Read {
        path: path.into(),
        source,
    }
}
