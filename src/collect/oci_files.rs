//! A fetched image as members of the bundle's one image layout.

use super::image::FetchedImage;
use crate::appraise::ImageRequest;
use crate::model::{Capture, CapturedFile, Digest, MemberPath, Timestamp};
use crate::oci::layout::{OCI_LAYOUT, REF_NAME};
use crate::oci::{Descriptor, Document, Index, Layout};
use std::collections::BTreeMap;

/// The image as a capture. Its own entry in `index.json` is named by the item's id: tags of two images may be the
/// same.
pub(super) fn capture(
    id: &str,
    reference: &str,
    image: &FetchedImage,
    captured: Timestamp,
) -> Capture {
    let request = ImageRequest {
        reference: reference.into(),
        digest: image.digest,
    };
    Capture {
        captured,
        window: None,
        // Two texts always serialise.
        request: serde_json::to_value(request).unwrap_or_default(),
        files: files(&named(id, image)),
    }
}

fn files(layout: &Layout) -> Vec<CapturedFile> {
    let types = media_types(layout);
    let mut files = Vec::new();
    let mut add = |path: String, media_type: &str, bytes: std::sync::Arc<[u8]>| {
        // These paths are made of letters, digits and slashes.
        if let Ok(path) = MemberPath::try_from(path) {
            files.push(CapturedFile::new(path, media_type, bytes));
        }
    };
    add(
        "oci/oci-layout".into(),
        "application/vnd.oci.layout.header.v1+json",
        OCI_LAYOUT.as_bytes().into(),
    );
    add(
        "oci/index.json".into(),
        "application/vnd.oci.image.index.v1+json",
        layout.index_json().into(),
    );
    for (digest, bytes) in layout.blobs() {
        let media_type = types
            .get(digest)
            .map_or("application/octet-stream", String::as_str);
        add(
            format!("oci/blobs/sha256/{}", digest.hex()),
            media_type,
            bytes.clone(),
        );
    }
    files
}

/// Adds another layout to the capture of an image; both are in the bundle's one layout.
pub(super) fn merge(capture: &mut Capture, other: &Layout) {
    let mut layout = Layout::new();
    for file in &capture.files {
        if file.path.is_under("oci/blobs") {
            layout.add_blob(file.bytes.clone());
        } else if file.path.as_str() == "oci/index.json"
            && let Ok(index) = serde_json::from_slice::<Index>(&file.bytes)
        {
            layout.add_entries(index.manifests);
        }
    }
    layout.merge(other.clone());
    capture.files = files(&layout);
}

fn named(id: &str, image: &FetchedImage) -> Layout {
    let mut layout = Layout::new();
    for entry in image.layout.entries() {
        let mut entry = entry.clone();
        if entry.digest == image.digest {
            entry.annotations.insert(REF_NAME.into(), id.into());
        }
        layout.add_entry(entry);
    }
    for (_, bytes) in image.layout.blobs() {
        layout.add_blob(bytes.clone());
    }
    layout
}

/// What each blob is, as the manifests that name it say.
fn media_types(layout: &Layout) -> BTreeMap<Digest, String> {
    let mut types = BTreeMap::new();
    let mut learn = |descriptor: &Descriptor| {
        types
            .entry(descriptor.digest)
            .or_insert_with(|| descriptor.media_type.clone());
    };
    layout.entries().iter().for_each(&mut learn);
    for (_, bytes) in layout.blobs() {
        match Document::parse(bytes) {
            Ok(Document::Manifest(manifest)) => {
                learn(&manifest.config);
                manifest.layers.iter().for_each(&mut learn);
            }
            Ok(Document::Index(index)) => index.manifests.iter().for_each(&mut learn),
            Err(_) => {}
        }
    }
    for (digest, bytes) in layout.blobs() {
        if let Ok(document) = Document::parse(bytes) {
            types.insert(*digest, document.media_type().into());
        }
    }
    types
}
