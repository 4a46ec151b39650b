//! A tiled log (Rekor v2): what to fetch for an entry, and what follows from it.

use super::tiles::{Question, Tile, Tiles, entry_bundle, entry_of};
use super::{Flaw, Head, check_growth, needs_proof};
use crate::model::LogRecord;
use sigstore_merkle::{hash_leaf, verify_inclusion_proof};
use std::collections::BTreeSet;

/// What is needed to judge an entry under the log's present checkpoint.
#[derive(Clone, Debug)]
pub struct Needed {
    /// Tiles of hashes.
    pub tiles: BTreeSet<Tile>,
    /// The entry bundle with the entry.
    pub bundle: Tile,
    place: usize,
    index: u64,
    recorded: Option<Head>,
    now: Head,
}

/// What to fetch, once the present checkpoint is known.
///
/// # Errors
/// When the two checkpoints alone contradict each other.
pub fn needed(record: &LogRecord, now: Head) -> Result<Needed, Flaw> {
    let recorded = record.tree.as_ref().map(Head::from);
    let index = record
        .tree
        .as_ref()
        .map_or(record.index, |tree| tree.leaf_index);
    let mut tiles = Question::Leaf(index).tiles(now.size);
    if let Some(recorded) = &recorded {
        if recorded.origin != now.origin {
            return Err(Flaw::contradiction(
                "checkpoint",
                format!(
                    "the present checkpoint is of {:?}, the recorded one of {:?}",
                    now.origin, recorded.origin
                ),
            ));
        }
        if needs_proof(recorded, &now)? {
            tiles.extend(Question::Older(recorded.size).tiles(now.size));
        }
    }
    let (bundle, place) = entry_bundle(index, now.size).ok_or_else(|| {
        Flaw::contradiction(
            "shrunk",
            format!(
                "the log has {} entries now, and none at index {index}",
                now.size
            ),
        )
    })?;
    Ok(Needed {
        tiles,
        bundle,
        place,
        index,
        recorded,
        now,
    })
}

impl Needed {
    /// Checks that the log has the entry under its index, and that its tree has only grown since.
    ///
    /// # Errors
    /// When what was fetched does not prove it.
    pub fn check(&self, record: &LogRecord, bundle: &[u8], tiles: &Tiles) -> Result<(), Flaw> {
        if let Some(recorded) = &self.recorded {
            let proof = tiles.proof(Question::Older(recorded.size), self.now.size)?;
            check_growth(recorded, &self.now, &proof)?;
        }
        let leaf = hash_leaf(entry_of(bundle, self.place)?);
        if leaf.to_hex() != record.leaf_hash {
            return Err(Flaw::contradiction(
                "entry",
                format!(
                    "the log has another entry at index {}: its leaf hash is {}, {} was recorded",
                    self.index,
                    leaf.to_hex(),
                    record.leaf_hash
                ),
            ));
        }
        let proof = tiles.proof(Question::Leaf(self.index), self.now.size)?;
        verify_inclusion_proof(&leaf, self.index, self.now.size, &proof, &self.now.root).map_err(
            |error| {
                Flaw::contradiction(
                    "inclusion",
                    format!(
                        "the log's tiles do not lead from the entry to its checkpoint: {error}"
                    ),
                )
            },
        )
    }

    /// Entries of the log now.
    pub fn size(&self) -> u64 {
        self.now.size
    }
}
