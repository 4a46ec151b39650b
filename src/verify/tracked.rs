//! Which files the release's commit has, known before they come: no other needs the id of a git blob.

use crate::appraise::file::in_commit;
use crate::git::repository::FOLDER;
use crate::model::{CapturedFile, Expectation, FileEntry, Manifest, MemberPath};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes below which hashing a file once more costs less than looking for it.
const WORTH_LOOKING: u64 = 256 << 10;

/// For the item whose large files are coming: the paths that the commit has, when its git objects have shown them. Of one
/// item at a time: a stranger's manifest has many, which may all mean the same large tree.
#[derive(Default)]
pub(super) struct Tracked {
    shown: Option<(usize, Option<BTreeSet<String>>)>,
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
        if self.shown.as_ref().is_none_or(|(item, _)| *item != at) {
            let objects = item.files.iter().filter(|path| path.is_under(FOLDER));
            let objects = objects.filter_map(|path| held.get(path));
            self.shown = Some((at, in_commit(objects, path, &manifest.release)));
        }
        match &self.shown {
            Some((_, Some(paths))) => !paths.contains(name),
            _ => false,
        }
    }
}
