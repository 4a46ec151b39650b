//! Image layouts (OCI image spec, "Image Layout Specification") held in memory: entries and blobs, without file system layers.

use super::{Descriptor, Document, Index, Selector, manifest};
use crate::model::{CapturedFile, Digest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The annotation that holds an entry's tag.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// `oci-layout`, as every writer writes it.
pub const OCI_LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Entries of `index.json` and the blobs at hand. Every blob's digest was computed here.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    entries: Vec<Descriptor>,
    /// Where the entries of each digest stand: looking through all of them for each would take time that grows as a
    /// square.
    places: BTreeMap<Digest, Vec<usize>>,
    blobs: BTreeMap<Digest, Arc<[u8]>>,
}

/// Why an image is not in a layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// No entry with that tag or digest.
    #[error("no image {0} in the layout")]
    Absent(String),
    /// Nothing was named and there are several.
    #[error("the layout holds {found} images: name one with :TAG or @sha256:…")]
    Several {
        /// How many.
        found: usize,
    },
    /// One tag, two digests.
    #[error("the tag {0:?} names several digests in the layout")]
    Doubled(String),
}

impl Layout {
    /// An empty layout.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry to `index.json`, once.
    pub fn add_entry(&mut self, entry: Descriptor) {
        let places = self.places.entry(entry.digest).or_default();
        let is_known = |at: &usize| self.entries.get(*at) == Some(&entry);
        if !places.iter().any(is_known) {
            places.push(self.entries.len());
            self.entries.push(entry);
        }
    }

    /// Takes over the entries of an index, doubled ones too: an index may have many of one digest.
    pub fn add_entries(&mut self, entries: Vec<Descriptor>) {
        for entry in entries {
            self.places
                .entry(entry.digest)
                .or_default()
                .push(self.entries.len());
            self.entries.push(entry);
        }
    }

    /// Adds a blob under the digest of its bytes.
    pub fn add_blob(&mut self, bytes: impl Into<Arc<[u8]>>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        self.blobs.insert(digest, bytes);
        digest
    }

    /// Adds a captured file as a blob, under the digest of its bytes.
    pub fn add_file(&mut self, file: &CapturedFile) {
        self.blobs.insert(file.sha256(), file.bytes.clone());
    }

    /// The blob with that digest.
    pub fn blob(&self, digest: &Digest) -> Option<&Arc<[u8]>> {
        self.blobs.get(digest)
    }

    /// All blobs, ascending by digest.
    pub fn blobs(&self) -> impl Iterator<Item = (&Digest, &Arc<[u8]>)> {
        self.blobs.iter()
    }

    /// Entries of `index.json`.
    pub fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    /// Takes over entries and blobs of another layout.
    pub fn merge(&mut self, other: Self) {
        for entry in other.entries {
            self.add_entry(entry);
        }
        self.blobs.extend(other.blobs);
    }

    /// The bytes of `index.json`: entries sorted by digest and annotations, so that equal layouts give equal bytes.
    pub fn index_json(&self) -> Vec<u8> {
        let mut manifests = self.entries.clone();
        manifests.sort_by(|a, b| (a.digest, &a.annotations).cmp(&(b.digest, &b.annotations)));
        let index = Index {
            schema_version: 2,
            media_type: Some(manifest::IMAGE_INDEX.into()),
            manifests,
            subject: None,
            annotations: BTreeMap::new(),
        };
        // A struct of text, numbers and maps always serialises.
        serde_json::to_vec(&index).unwrap_or_default()
    }

    /// Digests of the entries with that tag.
    pub fn tagged(&self, tag: &str) -> BTreeSet<Digest> {
        self.entries
            .iter()
            .filter(|entry| {
                entry
                    .annotations
                    .get(REF_NAME)
                    .is_some_and(|name| name == tag)
            })
            .map(|entry| entry.digest)
            .collect()
    }

    /// The digest of the image that is meant. A digest is found among the blobs even when no entry lists it.
    ///
    /// # Errors
    /// When there is none, or several and nothing says which.
    pub fn select(&self, select: Option<&Selector>) -> Result<Digest, SelectError> {
        match select {
            Some(Selector::Digest(digest)) => {
                let known = self.blobs.contains_key(digest);
                known
                    .then_some(*digest)
                    .ok_or_else(|| SelectError::Absent(digest.to_string()))
            }
            Some(Selector::Tag(tag)) => {
                let found = self.tagged(tag);
                match (found.first(), found.len()) {
                    (Some(digest), 1) => Ok(*digest),
                    (None, _) => Err(SelectError::Absent(tag.clone())),
                    _ => Err(SelectError::Doubled(tag.clone())),
                }
            }
            None => {
                let images = self.images();
                match (images.first(), images.len()) {
                    (Some(digest), 1) => Ok(*digest),
                    (_, found) => Err(SelectError::Several { found }),
                }
            }
        }
    }

    /// Entries that are images: not attached to another, no cosign tag, and not named by one of the indexes.
    fn images(&self) -> BTreeSet<Digest> {
        let documents: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry, Document::parse(self.blob(&entry.digest)?).ok()?)))
            .collect();
        let children: BTreeSet<Digest> = documents
            .iter()
            .filter_map(|(_, document)| match document {
                Document::Index(index) => Some(index.manifests.iter().map(|child| child.digest)),
                Document::Manifest(_) => None,
            })
            .flatten()
            .collect();
        documents
            .iter()
            .filter(|(entry, document)| {
                let cosign_tag = entry
                    .annotations
                    .get(REF_NAME)
                    .is_some_and(|name| name.starts_with("sha256-"));
                document.subject().is_none() && !cosign_tag && !children.contains(&entry.digest)
            })
            .map(|(entry, _)| entry.digest)
            .collect()
    }
}
