//! Any bytes as a git object: what a tree holds is, in git's order, the very bytes; commits and tags name what they start with.

#![no_main]

use evidence::git::{Commit, Entry, ObjectFormat, ObjectKind, PathGlob, Repository, Tag, Tree};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static DOCS: LazyLock<PathGlob> = LazyLock::new(|| PathGlob::parse("docs/**/*.md").unwrap());

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, contents)) = bytes.split_first() else {
        return;
    };
    match choice % 4 {
        0 => {
            if let Ok(commit) = Commit::parse(contents) {
                let start = format!("tree {}\n", commit.tree);
                assert!(contents.starts_with(start.as_bytes()));
            }
        }
        1 => {
            if let Ok(tag) = Tag::parse(contents) {
                let start = format!("object {}\ntype {}\n", tag.object, tag.kind);
                assert!(contents.starts_with(start.as_bytes()));
            }
        }
        2 => tree(ObjectFormat::Sha1, contents),
        _ => history(contents),
    }
});

fn tree(format: ObjectFormat, contents: &[u8]) {
    let Ok(tree) = Tree::parse(format, contents) else {
        return;
    };
    for (name, entry) in tree.entries() {
        assert_eq!(tree.entry(name), Some(entry));
        assert!(!name.is_empty() && name != b".." && !name.contains(&b'/'));
        let (Entry::File(id) | Entry::Tree(id) | Entry::Link(id) | Entry::Submodule(id)) = entry;
        assert_eq!(id.format(), format);
    }
}

/// Objects one behind the other, each behind a byte for its kind and one for its length, and paths looked for in them.
fn history(bytes: &[u8]) {
    let mut repository = Repository::new();
    let mut rest = bytes;
    let mut commits = Vec::new();
    while let Some(([kind, length], after)) = rest.split_first_chunk::<2>() {
        let kinds = [
            ObjectKind::Commit,
            ObjectKind::Tree,
            ObjectKind::Blob,
            ObjectKind::Tag,
        ];
        let kind = kinds[usize::from(*kind) % kinds.len()];
        let (contents, after) = after.split_at(after.len().min(usize::from(*length)));
        let id = repository.insert(ObjectFormat::Sha1, kind, contents);
        if kind == ObjectKind::Commit {
            commits.push(id);
        }
        rest = after;
    }
    for commit in &commits {
        drop(repository.commit(commit));
        drop(repository.blob_at(commit, "docs/a.md"));
        drop(repository.files_matching(commit, &DOCS));
    }
}
