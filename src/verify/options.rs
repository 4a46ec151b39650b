//! How a bundle is read: within which bounds, by how many threads, and which of its items are judged.

use crate::bundle::Bounds;
use crate::model::{Item, Kind};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// How a bundle is read. The default judges everything in the calling thread, within [`Bounds::DEFAULT`].
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Bounds on what the bundle may ask of its reader.
    pub bounds: Bounds,
    /// Threads that inflate, hash and appraise. The report does not depend on how many there are.
    pub threads: NonZeroUsize,
    /// What is judged.
    pub select: Selection,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            bounds: Bounds::DEFAULT,
            threads: NonZeroUsize::MIN,
            select: Selection::default(),
        }
    }
}

/// Items to judge: those of the kinds and those of the ids; all when neither is given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// Kinds of item.
    pub kinds: BTreeSet<Kind>,
    /// Ids of items.
    pub ids: BTreeSet<String>,
}

impl Selection {
    /// Whether everything is judged.
    pub fn is_all(&self) -> bool {
        self.kinds.is_empty() && self.ids.is_empty()
    }

    /// Whether the item is judged.
    pub fn has(&self, item: &Item) -> bool {
        self.is_all()
            || self.kinds.contains(&item.expectation.kind())
            || self.ids.contains(&item.id)
    }
}
