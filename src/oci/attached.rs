//! What is attached to an image: cosign's tags, OCI 1.1 referrers, and the referrers fallback tag.

use super::{Document, Layout};
use crate::model::Digest;
use std::collections::BTreeSet;

/// A manifest that is attached to an image.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Attached {
    /// How it was found.
    pub found: Found,
    /// Digest of the manifest.
    pub manifest: Digest,
}

/// How an attached manifest was found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Found {
    /// cosign's tag `sha256-<hex>.sig`.
    SignatureTag,
    /// cosign's tag `sha256-<hex>.att`.
    AttestationTag,
    /// cosign's tag `sha256-<hex>.sbom`: never signed.
    SbomTag,
    /// Its `subject` is the image.
    Subject,
}

impl Found {
    /// The three suffixes of cosign's tags.
    pub const TAGS: [(&'static str, Self); 3] = [
        (".sig", Self::SignatureTag),
        (".att", Self::AttestationTag),
        (".sbom", Self::SbomTag),
    ];
}

/// cosign's tag of an image without its suffix, which is the referrers fallback tag too
/// (distribution spec, "Referrers Tag Schema").
pub fn tag_of(image: &Digest) -> String {
    format!("sha256-{}", image.hex())
}

impl Layout {
    /// Everything in the layout that is attached to the image, ascending, each once.
    ///
    /// A manifest counts as attached by `subject` only when its own bytes say so; the fallback tag and index
    /// entries merely say where to look.
    pub fn attached(&self, image: &Digest) -> Vec<Attached> {
        let mut all = BTreeSet::new();
        for (suffix, found) in Found::TAGS {
            let tag = format!("{}{suffix}", tag_of(image));
            all.extend(
                self.tagged(&tag)
                    .into_iter()
                    .map(|manifest| Attached { found, manifest }),
            );
        }
        for (digest, bytes) in self.blobs() {
            // Blobs that are no manifest are no error here: signatures and configurations lie among them.
            if let Ok(document) = Document::parse(bytes)
                && document.subject() == Some(*image)
            {
                all.insert(Attached {
                    found: Found::Subject,
                    manifest: *digest,
                });
            }
        }
        all.into_iter().collect()
    }
}
