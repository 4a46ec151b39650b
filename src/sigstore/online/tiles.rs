//! Tiles of a log (<https://c2sp.org/tlog-tiles>): which are needed for a proof, and the proof from them.
//!
//! A tile of level L and index N holds up to 256 hashes: of the entries for level 0, else each of a whole tile of the
//! level below. Nothing in a tile is believed: a proof of wrong hashes does not lead to the signed root.

use super::Flaw;
use sigstore_merkle::hash_children;
use sigstore_types::Sha256Hash;
use std::collections::{BTreeMap, BTreeSet};

/// Hashes of a whole tile, and entries of a whole entry bundle.
const WIDTH: u64 = 256;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A tile of hashes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tile {
    /// Level, 0 for hashes of entries.
    pub level: u8,
    /// Index within the level.
    pub index: u64,
    /// Hashes in it, 1 to 256; fewer than 256 only at the right edge of the tree.
    pub width: u16,
}

/// The subtree over the leaves from the first number up to, but without, the second one.
type Range = (u64, u64);

/// The subtrees whose hashes prove that a leaf is in a tree, from the leaf up (RFC 9162, section 2.1.3.1).
///
/// Empty where there is no such leaf.
fn inclusion(index: u64, size: u64) -> Vec<Range> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    if index >= size {
        return path;
    }
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push((middle, high));
            high = middle;
        } else {
            path.push((low, middle));
            low = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees whose hashes prove that a tree is the beginning of a larger one (RFC 9162, section 2.1.4.1).
fn growth(old: u64, size: u64) -> Vec<Range> {
    let (mut low, mut high) = (0, size);
    let mut proof = Vec::new();
    if old == 0 || old >= size {
        return proof;
    }
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            proof.push((middle, high));
            high = middle;
        } else {
            proof.push((low, middle));
            low = middle;
        }
    }
    // The old tree's own root is known to whoever checks the proof.
    if low != 0 {
        proof.push((low, high));
    }
    proof.reverse();
    proof
}

/// The largest power of two below `count`, which is two at least.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The whole subtrees of which a range is made, from left to right: height and index.
///
/// A range begins at a multiple of the smallest power of two that is not below its length.
fn whole_subtrees((low, high): Range) -> Vec<(u32, u64)> {
    let mut parts = Vec::new();
    let mut at = low;
    while at < high {
        let height = (high - at).ilog2();
        parts.push((height, at >> height));
        at += 1 << height;
    }
    parts
}

/// The tile that holds a whole subtree's hash, or the hashes below it: level, index, and how many from which place.
fn place(height: u32, index: u64) -> (u8, u64, usize, usize) {
    // A height is below 64, so the level is below 8.
    let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
    let below = height % 8;
    let first = index << below;
    let offset = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
    (level, first / WIDTH, offset, 1 << below)
}

/// The tile at this place in a tree of that size. None where the tree has none.
fn tile(level: u8, index: u64, size: u64) -> Option<Tile> {
    let hashes = size.checked_shr(8 * u32::from(level))?;
    let width = hashes.checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
    let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
    Some(Tile {
        level,
        index,
        width,
    })
}

/// The entry bundle that holds an entry: its index and how many entries it has; and the entry's place in it.
pub fn entry_bundle(index: u64, size: u64) -> Option<(Tile, usize)> {
    let bundle = tile(0, index / WIDTH, size)?;
    let place = usize::try_from(index % WIDTH).ok()?;
    (place < usize::from(bundle.width)).then_some((bundle, place))
}

/// An entry of an entry bundle: each has its length before it, 16 bits, big-endian.
///
/// # Errors
/// When the bundle ends before it.
pub fn entry_of(bundle: &[u8], place: usize) -> Result<&[u8], Flaw> {
    let short = || Flaw::answer("the log's entry bundle ends before the entry");
    let mut rest = bundle;
    for at in 0..=place {
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or_else(short)?;
        if at == place {
            return Ok(entry);
        }
        rest = after;
    }
    Err(short())
}

/// What is to be proven of a tree.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// That this leaf is in it.
    Leaf(u64),
    /// That its beginning is a tree of this size.
    Older(u64),
}

impl Question {
    fn ranges(self, size: u64) -> Vec<Range> {
        match self {
            Self::Leaf(index) => inclusion(index, size),
            Self::Older(old) => growth(old, size),
        }
    }

    /// The tiles of a tree of this size that answer it: at most 64 subtrees lie on each side of a path.
    pub fn tiles(self, size: u64) -> BTreeSet<Tile> {
        self.ranges(size)
            .into_iter()
            .flat_map(whole_subtrees)
            .filter_map(|(height, index)| {
                let (level, index, ..) = place(height, index);
                tile(level, index, size)
            })
            .collect()
    }
}

/// Tiles of one tree.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<(u8, u64), Vec<Sha256Hash>>);

impl Tiles {
    /// Adds a tile. A whole one will do for one at the right edge: the tree may have grown since.
    ///
    /// # Errors
    /// When it has fewer hashes than it must, or is no row of hashes.
    pub fn add(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), Flaw> {
        let width = usize::from(tile.width);
        let found = bytes.len() / HASH_BYTES;
        let is_whole = bytes.len().is_multiple_of(HASH_BYTES)
            && u64::try_from(found).is_ok_and(|found| found <= WIDTH);
        if !is_whole || found < width {
            return Err(Flaw::answer(format!(
                "the log's tile {}/{} has {} bytes, not {}",
                tile.level,
                tile.index,
                bytes.len(),
                width * HASH_BYTES
            )));
        }
        let hashes = bytes
            .as_chunks::<HASH_BYTES>()
            .0
            .iter()
            .take(width)
            .map(|hash| Sha256Hash::from(*hash))
            .collect();
        self.0.insert((tile.level, tile.index), hashes);
        Ok(())
    }

    /// The proof, once all its tiles were added.
    ///
    /// # Errors
    /// When one is lacking.
    pub fn proof(&self, question: Question, size: u64) -> Result<Vec<Sha256Hash>, Flaw> {
        question
            .ranges(size)
            .into_iter()
            .map(|range| self.hash(range))
            .collect::<Option<_>>()
            .ok_or_else(|| Flaw::answer("a tile of the log is lacking"))
    }

    fn hash(&self, range: Range) -> Option<Sha256Hash> {
        let mut parts = whole_subtrees(range).into_iter().rev();
        let (height, index) = parts.next()?;
        let mut hash = self.whole(height, index)?;
        for (height, index) in parts {
            hash = hash_children(&self.whole(height, index)?, &hash);
        }
        Some(hash)
    }

    fn whole(&self, height: u32, index: u64) -> Option<Sha256Hash> {
        let (level, tile, first, count) = place(height, index);
        let hashes = self.0.get(&(level, tile))?;
        let mut row = hashes.get(first..first.checked_add(count)?)?.to_vec();
        while row.len() > 1 {
            row = row
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[left, right]| hash_children(left, right))
                .collect();
        }
        row.first().copied()
    }
}

#[cfg(test)]
mod tests;
