//! From a capture store to a manifest: what `pack` writes, and nothing of the machine that packs.

use super::configuration::ConfigurationSource;
use super::kept::fits;
use super::store::{Store, StoreError, StoredItem};
use crate::config::PlannedItem;
use crate::model::capture::StoredFile;
use crate::model::{CapturedFile, Digest, Item, Manifest, MemberPath, Redaction};
use crate::oci::{Index, Layout};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A manifest and where its files' bytes are.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// The manifest; `files[]` ascending by path, to be put in the order of members.
    pub manifest: Manifest,
    /// Bytes that are in no blob of the store: the one `oci/index.json` of all images.
    pub made: BTreeMap<Digest, Arc<[u8]>>,
}

/// Why a store cannot be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Items that are planned and not captured.
    #[error("not captured yet: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Items that were captured before the configuration was changed.
    #[error("captured for another configuration: {}", .0.join(", "))]
    Outdated(Vec<String>),
    /// Two items have different bytes for one member.
    #[error("two items have different bytes for {0}: capture them again")]
    Conflict(MemberPath),
}

/// Puts the planned items together, in that order.
///
/// # Errors
/// When one is not captured, or for another plan or configuration, or when the store cannot be read.
pub fn assemble(
    store: &Store,
    items: &[PlannedItem],
    configuration: &ConfigurationSource,
    sequence: u32,
    previous: Option<Digest>,
) -> Result<Assembled, AssembleError> {
    let mut stored = Vec::new();
    let mut missing = Vec::new();
    let mut outdated = Vec::new();
    for planned in items {
        match store.item(&planned.id)? {
            Some(item) if fits(&item, planned, configuration) => stored.push(item),
            Some(_) => outdated.push(planned.id.clone()),
            None => missing.push(planned.id.clone()),
        }
    }
    if !missing.is_empty() {
        return Err(AssembleError::Missing(missing));
    }
    if !outdated.is_empty() {
        return Err(AssembleError::Outdated(outdated));
    }
    let mut files: BTreeMap<MemberPath, StoredFile> = BTreeMap::new();
    let mut made = BTreeMap::new();
    if let Some(index) = common_index(store, &stored)? {
        let entry = entry_of(&index);
        made.insert(entry.sha256, index.bytes.clone());
        files.insert(index.path, entry);
    }
    for item in &stored {
        for file in item.files.iter().filter(|file| !is_index(&file.path)) {
            match files.get(&file.path) {
                Some(known) if known.sha256 != file.sha256 => {
                    return Err(AssembleError::Conflict(file.path.clone()));
                }
                Some(_) => {}
                None => {
                    files.insert(file.path.clone(), file.clone());
                }
            }
        }
    }
    let redactions: BTreeSet<Redaction> = (stored.iter())
        .flat_map(|item| item.redactions.iter().cloned())
        .collect();
    let redactions = redactions.into_iter().collect();
    let head = store.head();
    let mut moments = store.moments()?;
    moments
        .phases
        .retain(|name, _| (items.iter()).any(|planned| planned.phase.as_ref() == Some(name)));
    if moments.phases.is_empty() {
        moments.t0 = None;
    }
    let manifest = Manifest {
        version: 1,
        release: head.release.clone(),
        stage: head.stage.clone(),
        sequence,
        previous,
        producer: head.producer.clone(),
        items: stored
            .into_iter()
            .map(|stored| stored.item)
            .collect::<Vec<Item>>(),
        moments,
        redactions,
        files: files.into_values().collect(),
    };
    Ok(Assembled { manifest, made })
}

/// Each image was captured with an index of its own; the bundle has one for all.
fn common_index(store: &Store, items: &[StoredItem]) -> Result<Option<CapturedFile>, StoreError> {
    let mut layout = Layout::new();
    let mut found = None;
    for item in items {
        let Some(file) = item.files.iter().find(|file| is_index(&file.path)) else {
            continue;
        };
        let only_index = StoredItem {
            files: vec![file.clone()],
            ..item.clone()
        };
        for captured in store.capture(&only_index)?.files {
            if let Ok(index) = serde_json::from_slice::<Index>(&captured.bytes) {
                index
                    .manifests
                    .into_iter()
                    .for_each(|entry| layout.add_entry(entry));
            }
            found = Some(captured);
        }
    }
    Ok(found.map(|file| CapturedFile {
        bytes: layout.index_json().into(),
        ..file
    }))
}

fn entry_of(file: &CapturedFile) -> StoredFile {
    StoredFile {
        path: file.path.clone(),
        name: file.name.clone(),
        size: file.bytes.len() as u64,
        sha256: Digest::of(&file.bytes),
        media_type: file.media_type.clone(),
    }
}

fn is_index(path: &MemberPath) -> bool {
    path.as_str() == "oci/index.json"
}
