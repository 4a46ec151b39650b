//! An image and its attachments from an image layout on disk, as cosign, crane, oras, regctl and skopeo write it.

use super::attachment::{layers_by_tag, layers_by_type};
use super::image::{FetchedImage, ImageError};
pub use super::layout_files::LayoutError;
use super::layout_files::{Folder, blob_name, same_digest};
use crate::model::{Digest, limits};
use crate::oci::attached::tag_of;
use crate::oci::layout::REF_NAME;
use crate::oci::{Descriptor, Document, Found, ImageRef, Layout, Selector};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// The annotation with which `cosign save` says what an entry is.
const KIND: &str = "kind";
/// Its values for images.
const IMAGES: [&str; 2] = [
    "dev.cosignproject.cosign/image",
    "dev.cosignproject.cosign/imageIndex",
];
/// Its values for what is attached to the image before them, with the suffix of the tag that it has in a registry.
const ATTACHED: [(&str, &str); 2] = [
    ("dev.cosignproject.cosign/sigs", ".sig"),
    ("dev.cosignproject.cosign/atts", ".att"),
];

/// Captures one image of a layout and all that is attached to it or to one of its platforms: by cosign's tags, by the
/// annotation `kind` of `cosign save`, and by `subject` in any blob, listed or not. Blobs that an index or manifest
/// names and the folder does not hold are left out; file system layers are not read.
///
/// # Errors
/// When a file cannot be read, leads out of the folder, is over a limit, has another digest than its name, or no
/// image, or more than one, is meant.
pub fn read_image_layout(
    dir: &Path,
    select: Option<&Selector>,
) -> Result<FetchedImage, ImageError> {
    let reader = Folder::open(dir)?;
    let entries = reader.entries()?;

    // What the selection looks at: the listed manifests, and the one that is asked for by digest.
    let mut listed = Layout::new();
    for entry in &entries {
        if reader.manifest(&mut listed, entry)?.is_some() {
            listed.add_entry(entry.clone());
        }
    }
    if let Some(Selector::Digest(digest)) = select
        && let Some(bytes) = reader.blob(digest, limits::OCI_MANIFEST_BYTES)?
    {
        listed.add_blob(bytes);
    }
    let digest = listed
        .select(select)
        .map_err(|source| reader.unselected(source))?;

    let mut layout = Layout::new();
    let subjects = reader.image(&mut layout, digest)?;
    let mut own = entries
        .iter()
        .filter(|entry| entry.digest == digest)
        .peekable();
    if own.peek().is_none()
        && let Some(bytes) = layout.blob(&digest).cloned()
    {
        let document = reader.parse(&bytes, &digest)?;
        layout.add_entry(Descriptor::of(document.media_type(), &bytes));
    }
    own.for_each(|entry| layout.add_entry(entry.clone()));

    let mut looked_at = Vec::new();
    for subject in &subjects {
        for (suffix, _) in Found::TAGS {
            let tag = format!("{}{suffix}", tag_of(subject));
            let found = reader.tagged(&mut layout, &entries, &tag)?;
            looked_at.push(format!("{}tag {tag}", if found { "" } else { "no " }));
        }
    }
    let referrers = reader.referrers(&mut layout, &entries, &subjects)?;
    let plural = if referrers == 1 { "" } else { "s" };
    looked_at.push(format!(
        "{referrers} manifest{plural} with this subject among all blobs"
    ));
    Ok(FetchedImage {
        reference: ImageRef::Layout {
            dir: dir.into(),
            select: select.cloned(),
        }
        .to_string(),
        digest,
        layout,
        looked_at,
    })
}

impl Folder {
    /// The entries of `index.json`, with the tags that entries of `cosign save` would have in a registry.
    fn entries(&self) -> Result<Vec<Descriptor>, LayoutError> {
        let name = "index.json";
        let bytes = self
            .file(name, limits::OCI_MANIFEST_BYTES)?
            .ok_or_else(|| LayoutError::Read {
                path: self.path(name),
                source: io::ErrorKind::NotFound.into(),
            })?;
        let document = Document::parse(&bytes).map_err(|source| LayoutError::Malformed {
            path: self.path(name),
            source,
        })?;
        let Document::Index(index) = document else {
            return Err(LayoutError::NoIndex {
                path: self.path(name),
            });
        };
        let mut entries = index.manifests;
        let mut image = None;
        for entry in &mut entries {
            let Some(kind) = entry.annotations.get(KIND) else {
                continue;
            };
            if IMAGES.contains(&kind.as_str()) {
                image = Some(entry.digest);
            }
            let suffix = ATTACHED.iter().find(|(known, _)| known == kind);
            if let (Some((_, suffix)), Some(image)) = (suffix, image) {
                let tag = format!("{}{suffix}", tag_of(&image));
                entry.annotations.insert(REF_NAME.into(), tag);
            }
        }
        Ok(entries)
    }

    /// The image's manifests, nested ones included, and configurations. Returns it and its platforms.
    fn image(&self, layout: &mut Layout, root: Digest) -> Result<Vec<Digest>, LayoutError> {
        let mut subjects = Vec::new();
        let mut open = vec![root];
        let mut known = BTreeSet::from([root]);
        while let Some(digest) = open.pop() {
            if known.len() > limits::IMAGE_MANIFESTS {
                return Err(self.too_many("manifests in one image", limits::IMAGE_MANIFESTS as u64));
            }
            let Some(bytes) = self.blob(&digest, limits::OCI_MANIFEST_BYTES)? else {
                continue;
            };
            if subjects.len() <= limits::PLATFORMS {
                subjects.push(digest);
            }
            let document = self.parse(&bytes, &digest)?;
            layout.add_blob(bytes);
            match document {
                Document::Index(index) => {
                    // The last one in is the first one out: keeps the index's order.
                    let children = index.manifests.iter().rev().map(|child| child.digest);
                    open.extend(children.filter(|child| known.insert(*child)));
                }
                Document::Manifest(manifest) => {
                    self.content(layout, &manifest.config, limits::DOCUMENT_BYTES)?;
                }
            }
        }
        Ok(subjects)
    }

    fn tagged(
        &self,
        layout: &mut Layout,
        entries: &[Descriptor],
        tag: &str,
    ) -> Result<bool, LayoutError> {
        let mut found = false;
        for entry in entries {
            let name = entry.annotations.get(REF_NAME);
            if name.is_none_or(|name| name != tag) {
                continue;
            }
            // Listed and not there is not the same as not listed.
            let document = self
                .manifest(layout, entry)?
                .ok_or_else(|| LayoutError::Read {
                    path: self.path(&blob_name(&entry.digest)),
                    source: io::ErrorKind::NotFound.into(),
                })?;
            if let Document::Manifest(manifest) = &document {
                self.layers(layout, layers_by_tag(manifest))?;
            }
            layout.add_entry(entry.clone());
            found = true;
        }
        Ok(found)
    }

    /// Manifests among all blobs whose `subject` is one of these. Returns how many.
    fn referrers(
        &self,
        layout: &mut Layout,
        entries: &[Descriptor],
        subjects: &[Digest],
    ) -> Result<usize, LayoutError> {
        let mut found = 0;
        for digest in self.digests()? {
            let Some(bytes) = self.small_json(&digest)? else {
                continue;
            };
            let Ok(document) = Document::parse(&bytes) else {
                continue;
            };
            if document
                .subject()
                .is_none_or(|subject| !subjects.contains(&subject))
            {
                continue;
            }
            found += 1;
            if found > limits::REFERRERS {
                return Err(self.too_many("referrers", limits::REFERRERS as u64));
            }
            same_digest(&self.path(&blob_name(&digest)), digest, &bytes)?;
            let mut entry = Descriptor::of(document.media_type(), &bytes);
            layout.add_blob(bytes);
            if let Document::Manifest(manifest) = &document {
                entry.artifact_type = manifest.artifact_type.clone();
                entry.annotations = manifest.annotations.clone();
                entry.annotations.remove(REF_NAME);
                self.layers(layout, layers_by_type(manifest))?;
            }
            let mut listed = entries
                .iter()
                .filter(|entry| entry.digest == digest)
                .peekable();
            match listed.peek() {
                Some(_) => listed.for_each(|entry| layout.add_entry(entry.clone())),
                None => layout.add_entry(entry),
            }
        }
        Ok(found)
    }

    fn layers(
        &self,
        layout: &mut Layout,
        layers: Vec<(&Descriptor, u64)>,
    ) -> Result<(), LayoutError> {
        if layers.len() > limits::ATTACHED_LAYERS {
            return Err(self.too_many("layers in one manifest", limits::ATTACHED_LAYERS as u64));
        }
        for (layer, limit) in layers {
            self.reserve(layer.size)?;
            self.content(layout, layer, limit)?;
        }
        Ok(())
    }
}
