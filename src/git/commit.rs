//! Commit objects, and what tags and commits have in common: header lines, a person's stamp, a message.

use super::{ObjectError, ObjectId, ObjectKind};
use crate::model::Timestamp;

/// A commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commit {
    /// Its root tree.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Stamp,
    /// Who made the commit.
    pub committer: Stamp,
    /// The message; bytes that are no UTF-8 are replaced.
    pub message: String,
    /// Whether it carries a signature (OpenPGP, X.509 or SSH). Present, not verified.
    pub signed: bool,
}

/// A person and a moment, as git writes them: `Name <mail> 1700000000 +0100`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// `Name <mail>`; bytes that are no UTF-8 are replaced.
    pub who: String,
    /// When, by that person's clock.
    pub when: Timestamp,
}

impl Commit {
    /// Parses the contents of a commit object (without its `commit size\0` header).
    ///
    /// # Errors
    /// When a header line is missing, doubled, out of order or malformed, as `git fsck` would say.
    pub fn parse(contents: &[u8]) -> Result<Self, ObjectError> {
        let error = |reason| ObjectError::new(ObjectKind::Commit, reason);
        let (header, message) = split(contents).ok_or(error("no blank line after the header"))?;
        let mut lines = Lines(header).peekable();
        let tree = lines
            .next()
            .and_then(|line| line.strip_prefix(b"tree "))
            .and_then(ObjectId::from_ascii)
            .ok_or(error("the first line names no tree"))?;
        let mut parents = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(b"parent ")) {
            let id = line.strip_prefix(b"parent ").and_then(ObjectId::from_ascii);
            parents.push(id.ok_or(error("a parent is no object id"))?);
        }
        let mut stamp = |key: &[u8], reason| {
            lines
                .next()
                .and_then(|line| line.strip_prefix(key))
                .and_then(Stamp::parse)
                .ok_or(error(reason))
        };
        let author = stamp(b"author ", "no author line after the parents")?;
        let committer = stamp(b"committer ", "no committer line after the author")?;
        let mut signed = false;
        let further = further(lines).ok_or(error("a header line goes on that may not"))?;
        for line in further {
            // A second one of these would be read by some readers and not by others.
            if [&b"tree "[..], b"parent ", b"author ", b"committer "]
                .iter()
                .any(|key| line.starts_with(key))
            {
                return Err(error("a header line is doubled or out of order"));
            }
            signed |= line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ");
        }
        Ok(Self {
            tree,
            parents,
            author,
            committer,
            message: String::from_utf8_lossy(message).into_owned(),
            signed,
        })
    }
}

impl Stamp {
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mail_end = text.iter().rposition(|byte| *byte == b'>')?;
        let (who, rest) = text.split_at_checked(mail_end.checked_add(1)?)?;
        let mut words = std::str::from_utf8(rest.strip_prefix(b" ")?)
            .ok()?
            .split(' ');
        let seconds: i64 = words.next()?.parse().ok()?;
        let zone = words.next()?;
        let zone_is_plain = zone.len() >= 5
            && zone.starts_with(['+', '-'])
            && zone.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        (zone_is_plain && words.next().is_none()).then_some(())?;
        Some(Self {
            who: String::from_utf8_lossy(who).into_owned(),
            when: Timestamp::from_second(seconds).ok()?,
        })
    }
}

/// Header and message, parted by the first blank line. NUL has no place in a header.
pub(super) fn split(contents: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = contents.windows(2).position(|pair| pair == b"\n\n")?;
    let (header, rest) = contents.split_at_checked(end.checked_add(1)?)?;
    (!header.contains(&0)).then_some((header, rest.get(1..)?))
}

/// Lines of a header.
pub(super) struct Lines<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(line)
    }
}

/// What may stand behind the lines that every object of a kind has: lines of any length, each of which goes on in those
/// that begin with a space. None when the first of them does: git knows no such line that goes on.
pub(super) fn further<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Vec<&'a [u8]>> {
    let mut lines = lines.peekable();
    if lines.peek().is_some_and(|line| line.starts_with(b" ")) {
        return None;
    }
    Some(lines.filter(|line| !line.starts_with(b" ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const AUTHOR: &str = "author A U Thor <a@example.org> 1700000000 +0100\n";
    const COMMITTER: &str = "committer C O Mitter <c@example.org> 1700000060 +0000\n";

    #[test]
    fn a_commit_gives_tree_parents_times_message_and_whether_it_is_signed() {
        let parent = "parent e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n";
        let text = format!(
            "{TREE}{parent}{AUTHOR}{COMMITTER}gpgsig -----BEGIN SSH SIGNATURE-----\n tree x\n\nsubject\n\nbody\n"
        );

        let commit = Commit::parse(text.as_bytes()).unwrap();

        assert_eq!(commit.tree.to_string(), TREE[5..45]);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.author.who, "A U Thor <a@example.org>");
        assert_eq!(commit.committer.when.as_second(), 1_700_000_060);
        assert_eq!(commit.message, "subject\n\nbody\n");
        assert!(commit.signed);
    }

    #[test]
    fn a_commit_whose_header_could_be_read_in_two_ways_is_refused() {
        for (bad, reason) in [
            (format!("{TREE}{AUTHOR}{COMMITTER}"), "no blank line"),
            (format!("{AUTHOR}{COMMITTER}\nm"), "no tree"),
            (format!("{TREE}{COMMITTER}\nm"), "no author"),
            (format!("{TREE}{AUTHOR}\nm"), "no committer"),
            (format!("{TREE}{AUTHOR}{COMMITTER}{TREE}\nm"), "doubled"),
            (
                format!("{TREE}parent HEAD\n{AUTHOR}{COMMITTER}\nm"),
                "no object id",
            ),
            (format!("{TREE}\0{AUTHOR}{COMMITTER}\nm"), "no blank line"),
            // To git such a commit has no parent.
            (
                format!("{TREE} \nparent {}{AUTHOR}{COMMITTER}\nm", &TREE[5..]),
                "no author",
            ),
            (format!("{TREE}{AUTHOR} \n{COMMITTER}\nm"), "no committer"),
            (format!("{TREE}{AUTHOR}{COMMITTER} \n\nm"), "goes on"),
        ] {
            let error = Commit::parse(bad.as_bytes()).unwrap_err();
            assert!(error.reason.contains(reason), "{bad:?}: {error}");
        }
    }
}
