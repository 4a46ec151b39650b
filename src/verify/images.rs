//! Each image's own part of the one index of all images, so that judging n of them does not take reading n times n
//! entries.

use crate::model::{CapturedFile, Digest, MemberPath, limits};
use crate::oci::Index;
use std::collections::BTreeMap;

const INDEX: &str = "oci/index.json";
const BLOBS: &str = "oci/blobs/sha256/";

/// The entries of the index by what they are about.
#[derive(Debug, Default)]
pub(super) struct Images {
    index: Option<Index>,
    places: BTreeMap<Digest, Vec<usize>>,
}

impl Images {
    /// Reads the index, when that is what has come. One that is none has no entries.
    pub(super) fn learn(&mut self, file: &CapturedFile) {
        if file.path.as_str() != INDEX || file.bytes.len() as u64 > limits::DOCUMENT_BYTES {
            return;
        }
        let Ok(index) = serde_json::from_slice::<Index>(&file.bytes) else {
            return;
        };
        for (at, entry) in index.manifests.iter().enumerate() {
            self.places.entry(entry.digest).or_default().push(at);
        }
        self.index = Some(index);
    }

    /// What an item with these members sees in the place of the index: the entries of blobs that it has. Those of
    /// others would say nothing to it. None for any other file.
    pub(super) fn own(&self, file: &CapturedFile, members: &[MemberPath]) -> Option<CapturedFile> {
        if file.path.as_str() != INDEX {
            return None;
        }
        let mut places: Vec<usize> = (members.iter())
            .filter_map(|path| Digest::from_hex(path.as_str().strip_prefix(BLOBS)?).ok())
            .filter_map(|digest| self.places.get(&digest))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        let bytes = match &self.index {
            None => Vec::new(),
            Some(all) => {
                let own = Index {
                    schema_version: all.schema_version,
                    media_type: all.media_type.clone(),
                    manifests: (places.into_iter())
                        .filter_map(|at| all.manifests.get(at).cloned())
                        .collect(),
                    subject: None,
                    annotations: BTreeMap::new(),
                };
                // A struct of text, numbers and maps always serialises.
                serde_json::to_vec(&own).unwrap_or_default()
            }
        };
        Some(CapturedFile::new(
            file.path.clone(),
            &file.media_type,
            bytes,
        ))
    }
}
