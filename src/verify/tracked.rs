//! Which files the release's commit has, known before they come: no other needs the id of a git blob.

use crate::appraise::file::in_commit;
use crate::git::repository::FOLDER;
use crate::model::{CapturedFile, Expectation, FileEntry, Manifest, MemberPath};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes below which hashing a file once more costs less than looking for it.
const WORTH_LOOKING: u64 = 256 << 10;

/// For each item that waits for a large file: the paths that the commit has, when its git objects have shown them.
#[derive(Default)]
pub(super) struct Tracked {
    items: BTreeMap<usize, Option<BTreeSet<String>>>,
}

impl Tracked {
    /// Whether the item's git objects, which come first, show that the commit has no such file. What they show stays so:
    /// each is named by its content.
    pub(super) fn lacks(
        &mut self,
        at: usize,
        file: &FileEntry,
        manifest: &Manifest,
        held: &BTreeMap<MemberPath, CapturedFile>,
    ) -> bool {
        let Some(item) = manifest.items.get(at) else {
            return false;
        };
        let (Expectation::File { path, .. }, Some(name)) = (&item.expectation, &file.name) else {
            return false;
        };
        if file.size < WORTH_LOOKING {
            return false;
        }
        let shown = self.items.entry(at).or_insert_with(|| {
            let objects = item.files.iter().filter(|path| path.is_under(FOLDER));
            let objects = objects.filter_map(|path| held.get(path));
            in_commit(objects, path, &manifest.release)
        });
        shown.as_ref().is_some_and(|paths| !paths.contains(name))
    }

    /// The item is judged.
    pub(super) fn forget(&mut self, at: usize) {
        self.items.remove(&at);
    }
}
