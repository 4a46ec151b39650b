//! An image of a registry and everything that is attached to it, as raw bytes in an image layout in memory.

use super::layout_dir::{LayoutError, read_image_layout};
use super::repository::Repository;
use crate::model::{Digest, limits};
use crate::net::{Registry, RegistryError};
use crate::oci::layout::REF_NAME;
use crate::oci::manifest::ManifestError;
use crate::oci::{Descriptor, Document, ImageRef, Layout, Reference, Selector};
use std::collections::BTreeSet;

/// What BuildKit writes on the entries of an index that are no platforms.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// An image with its attachments.
#[derive(Clone, Debug)]
pub struct FetchedImage {
    /// What was asked for.
    pub reference: String,
    /// What it is.
    pub digest: Digest,
    /// The image's manifests and configurations, the manifests that are attached to it or to one of its platforms,
    /// and their content. Entries: the image (`ref.name` is the tag that was resolved, if one was), what cosign's tags
    /// hold (`ref.name` is that tag), and the referrers (without `ref.name`).
    pub layout: Layout,
    /// Where attachments were looked for and what was there, for people.
    pub looked_at: Vec<String>,
}

/// Why an image could not be captured whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The registry's answer.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The layout on disk.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The registry says that there is no such image.
    #[error("no image {reference}")]
    Absent {
        /// What was asked for.
        reference: String,
    },
    /// It lists something that is no longer there.
    #[error("{reference}: the registry lists {digest} as attached and does not have it")]
    Gone {
        /// The image.
        reference: String,
        /// The manifest that is not there.
        digest: Digest,
    },
    /// Something that should be a manifest is none.
    #[error("{reference}: {what} is no manifest")]
    Malformed {
        /// The image.
        reference: String,
        /// Which manifest.
        what: String,
        /// What is wrong.
        #[source]
        source: ManifestError,
    },
    /// Over a limit.
    #[error("{reference} has more than {limit} {what}")]
    TooMany {
        /// The image.
        reference: String,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The index does not list the platform.
    #[error("{reference} has no platform {wanted}; it lists {}", list(listed))]
    NoPlatform {
        /// The image.
        reference: String,
        /// What was asked for.
        wanted: String,
        /// What there is.
        listed: Vec<String>,
    },
    /// A registry that answers, but never comes to an end.
    #[error("{reference} with all that is attached to it did not come within {seconds} s")]
    Late {
        /// The image.
        reference: String,
        /// The limit.
        seconds: u64,
    },
    /// A reference into a registry where no network is allowed.
    #[error("{reference} is in a registry, and no registry is asked when offline")]
    Offline {
        /// What was asked for.
        reference: String,
    },
    /// A task ended early.
    #[error("the capture of {reference} was interrupted")]
    Interrupted {
        /// The image.
        reference: String,
    },
}

impl ImageError {
    /// Whether it says nothing about the image: something could not be read. Else what was read is wrong.
    pub fn is_undetermined(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_undetermined(),
            Self::Layout(error) => error.is_undetermined(),
            Self::Absent { .. }
            | Self::Gone { .. }
            | Self::Late { .. }
            | Self::Offline { .. }
            | Self::Interrupted { .. } => true,
            Self::Malformed { .. } | Self::TooMany { .. } | Self::NoPlatform { .. } => false,
        }
    }
}

fn list(platforms: &[String]) -> String {
    match platforms {
        [] => "none: it is no index".into(),
        _ => platforms.join(", "),
    }
}

/// Captures an image from where it is; without a registry client only from disk.
///
/// # Errors
/// As [`fetch_image`] and [`read_image_layout`].
pub async fn fetch(
    registry: Option<&Registry>,
    image: &ImageRef,
) -> Result<FetchedImage, ImageError> {
    match (image, registry) {
        (ImageRef::Registry(reference), Some(registry)) => fetch_image(registry, reference).await,
        (ImageRef::Registry(reference), None) => Err(ImageError::Offline {
            reference: reference.to_string(),
        }),
        (ImageRef::Layout { dir, select }, _) => {
            let (dir, select) = (dir.clone(), select.clone());
            tokio::task::spawn_blocking(move || read_image_layout(&dir, select.as_ref()))
                .await
                .map_err(|_| ImageError::Interrupted {
                    reference: image.to_string(),
                })?
        }
    }
}

/// Captures an image of a registry and all signatures, attestations and SBOMs that are attached to it or to one of
/// its platforms. A tag is resolved once; everything else is asked for by digest.
///
/// Fails closed: only what the registry says is not there counts as not there, and one attachment that cannot be read
/// fails the capture.
///
/// # Errors
/// When something could not be read, is malformed, or is over a limit; when it takes longer than the registry client's
/// time for one image.
pub async fn fetch_image(
    registry: &Registry,
    reference: &Reference,
) -> Result<FetchedImage, ImageError> {
    let limit = registry.image_deadline();
    let captured = tokio::time::timeout(limit, capture(registry, reference)).await;
    captured.map_err(|_| ImageError::Late {
        reference: reference.to_string(),
        seconds: limit.as_secs(),
    })?
}

async fn capture(registry: &Registry, reference: &Reference) -> Result<FetchedImage, ImageError> {
    let select = reference.selector();
    let source = Repository::new(registry, reference);
    let root = source.image(&select).await?;
    let digest = root.digest;
    let mut layout = Layout::new();
    let document = source.keep(&mut layout, &root)?;
    let mut entry = Descriptor::of(document.media_type(), &root.bytes);
    if let Selector::Tag(tag) = &select {
        entry = entry.annotated(REF_NAME, tag);
    }
    layout.add_entry(entry);

    let platforms = contents(&source, &mut layout, &document).await?;
    let mut looked_at = Vec::new();
    if platforms.len() > limits::PLATFORMS {
        let rest = platforms.len() - limits::PLATFORMS;
        looked_at.push(format!("not the attachments of {rest} further platforms"));
    }
    let subjects: BTreeSet<Digest> = platforms.into_iter().take(limits::PLATFORMS).collect();
    let subjects = std::iter::once(digest).chain(subjects.into_iter().filter(|one| *one != digest));
    let work = subjects.map(|subject| source.clone().attachments(subject));
    for (found, seen) in source.gather(work).await? {
        layout.merge(found);
        looked_at.extend(seen);
    }
    Ok(FetchedImage {
        reference: reference.to_string(),
        digest,
        layout,
        looked_at,
    })
}

/// Child manifests, nested ones included, and configurations, into the layout. Returns the platforms.
async fn contents(
    source: &Repository,
    layout: &mut Layout,
    root: &Document,
) -> Result<Vec<Digest>, ImageError> {
    let mut platforms = Vec::new();
    let mut configs = Vec::new();
    let mut level = Vec::new();
    let mut known = BTreeSet::new();
    let mut visit = |document: &Document, level: &mut Vec<Descriptor>| match document {
        Document::Manifest(manifest) => configs.push(manifest.config.clone()),
        Document::Index(index) => level.extend(
            index
                .manifests
                .iter()
                .filter(|child| known.insert(child.digest))
                .cloned(),
        ),
    };
    visit(root, &mut level);
    let (mut count, mut depth) = (0, 0);
    while !level.is_empty() {
        count += level.len();
        depth += 1;
        if depth > limits::INDEX_DEPTH {
            return Err(source.too_many("indexes inside each other", limits::INDEX_DEPTH as u64));
        }
        if count > limits::IMAGE_MANIFESTS {
            return Err(source.too_many("manifests", limits::IMAGE_MANIFESTS as u64));
        }
        source.reserve(level.iter())?;
        let work = level
            .iter()
            .map(|child| source.clone().manifest(child.clone()));
        let found = source.gather(work).await?;
        let mut next = Vec::new();
        for (child, fetched) in level.iter().zip(&found) {
            let document = source.keep(layout, fetched)?;
            visit(&document, &mut next);
            if !child.annotations.contains_key(REFERENCE_TYPE) {
                platforms.push(child.digest);
            }
        }
        level = next;
    }
    source.reserve(configs.iter())?;
    let work = configs
        .into_iter()
        .map(|config| source.clone().blob(config, limits::DOCUMENT_BYTES));
    for bytes in source.gather(work).await? {
        layout.add_blob(bytes);
    }
    Ok(platforms)
}
