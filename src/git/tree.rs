//! Tree objects.

use super::{ObjectError, ObjectFormat, ObjectId, ObjectKind};
use std::collections::BTreeMap;

/// A directory: names, ascending as bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tree {
    entries: BTreeMap<Vec<u8>, Entry>,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entry {
    /// A regular file, executable or not.
    File(ObjectId),
    /// A directory.
    Tree(ObjectId),
    /// A symbolic link; the blob is its target.
    Link(ObjectId),
    /// A commit of another repository (submodule).
    Submodule(ObjectId),
}

impl Tree {
    /// Parses the contents of a tree object (without its `tree size\0` header).
    ///
    /// # Errors
    /// When an entry is malformed, names are not in git's order, or one is doubled, special or holds a slash.
    pub fn parse(format: ObjectFormat, contents: &[u8]) -> Result<Self, ObjectError> {
        let error = |reason| ObjectError::new(ObjectKind::Tree, reason);
        let mut entries = BTreeMap::new();
        let mut last_key: Option<Vec<u8>> = None;
        let mut rest = contents;
        while !rest.is_empty() {
            let (mode, after_mode) = cut(rest, b' ').ok_or(error("an entry has no mode"))?;
            let (name, after_name) = cut(after_mode, 0).ok_or(error("an entry has no name"))?;
            let (raw, next) = after_name
                .split_at_checked(format.raw_len())
                .ok_or(error("an entry's id is cut short"))?;
            let id = ObjectId::from_raw(raw).ok_or(error("an entry's id is cut short"))?;
            let entry = match mode {
                // Group-writable files were made by early versions.
                b"100644" | b"100755" | b"100664" => Entry::File(id),
                b"40000" => Entry::Tree(id),
                b"120000" => Entry::Link(id),
                b"160000" => Entry::Submodule(id),
                _ => return Err(error("an entry has an unknown mode")),
            };
            if matches!(name, b"" | b"." | b"..")
                || name.contains(&b'/')
                || name.eq_ignore_ascii_case(b".git")
            {
                return Err(error("an entry has a name that no file may have"));
            }
            // Directories are ordered as if their name ended with a slash.
            let mut key = name.to_vec();
            if matches!(entry, Entry::Tree(_)) {
                key.push(b'/');
            }
            if last_key.as_ref().is_some_and(|last| *last >= key) {
                return Err(error("entries are out of order"));
            }
            last_key = Some(key);
            if entries.insert(name.to_vec(), entry).is_some() {
                return Err(error("a name is doubled"));
            }
            rest = next;
        }
        Ok(Self { entries })
    }

    /// What stands under that name.
    pub fn entry(&self, name: &[u8]) -> Option<Entry> {
        self.entries.get(name).copied()
    }

    /// Names and entries, names ascending as bytes.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_slice(), *entry))
    }
}

/// The part before the first `stop` and the part after it.
fn cut(bytes: &[u8], stop: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == stop)?;
    let (before, after) = bytes.split_at_checked(at)?;
    Some((before, after.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: &str, name: &str) -> Vec<u8> {
        let mut bytes = format!("{mode} {name}\0").into_bytes();
        bytes.extend([7; 20]);
        bytes
    }

    fn parse(entries: &[Vec<u8>]) -> Result<Tree, ObjectError> {
        Tree::parse(ObjectFormat::Sha1, &entries.concat())
    }

    #[test]
    fn a_tree_gives_its_files_directories_links_and_submodules() {
        let tree = parse(&[
            entry("100644", "a"),
            entry("100755", "a.sh"),
            entry("40000", "b"),
            entry("120000", "c"),
            entry("160000", "d"),
        ])
        .unwrap();

        let id = ObjectId::Sha1([7; 20]);
        assert_eq!(tree.entry(b"a.sh"), Some(Entry::File(id)));
        assert_eq!(tree.entry(b"b"), Some(Entry::Tree(id)));
        assert_eq!(tree.entry(b"c"), Some(Entry::Link(id)));
        assert_eq!(tree.entry(b"d"), Some(Entry::Submodule(id)));
        assert_eq!(tree.entry(b"e"), None);
        assert_eq!(tree.entries().count(), 5);
    }

    #[test]
    fn directories_are_ordered_with_their_slash() {
        assert!(parse(&[entry("100644", "a.b"), entry("40000", "a")]).is_ok());
        assert!(parse(&[entry("40000", "a"), entry("100644", "a.b")]).is_err());
    }

    #[test]
    fn a_tree_that_readers_could_read_differently_is_refused() {
        for (bad, reason) in [
            (vec![entry("100644", "b"), entry("100644", "a")], "order"),
            (vec![entry("100644", "a"), entry("100644", "a")], "order"),
            (
                vec![
                    entry("100644", "a"),
                    entry("100644", "a.b"),
                    entry("40000", "a"),
                ],
                "doubled",
            ),
            (vec![entry("100600", "a")], "mode"),
            (vec![entry("100644", "..")], "name"),
            (vec![entry("40000", ".GIT")], "name"),
            (vec![entry("100644", "a/b")], "name"),
            (vec![b"100644 a\0short".to_vec()], "cut short"),
            (vec![b"100644 a".to_vec()], "name"),
        ] {
            let error = parse(&bad).unwrap_err();
            assert!(error.reason.contains(reason), "{error}, wanted {reason}");
        }
    }
}
