//! Tag objects.

use super::commit::{Lines, further, split};
use super::{ObjectError, ObjectId, ObjectKind, Stamp};

/// An annotated tag.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tag {
    /// What it points at.
    pub object: ObjectId,
    /// The kind of what it points at.
    pub kind: ObjectKind,
    /// Its own name, without `refs/tags/`.
    pub name: String,
    /// Who made it; very old tags have none.
    pub tagger: Option<Stamp>,
    /// The message, signature included; bytes that are no UTF-8 are replaced.
    pub message: String,
    /// Whether it carries a signature (OpenPGP, X.509 or SSH). Present, not verified.
    pub signed: bool,
}

impl Tag {
    /// Parses the contents of a tag object (without its `tag size\0` header).
    ///
    /// # Errors
    /// When a header line is missing, out of order or malformed, as `git fsck` would say.
    pub fn parse(contents: &[u8]) -> Result<Self, ObjectError> {
        let error = |reason| ObjectError::new(ObjectKind::Tag, reason);
        let (header, message) = split(contents).ok_or(error("no blank line after the header"))?;
        let mut lines = Lines(header);
        let object = lines
            .next()
            .and_then(|line| line.strip_prefix(b"object "))
            .and_then(ObjectId::from_ascii)
            .ok_or(error("the first line names no object"))?;
        let kind = text(lines.next(), b"type ")
            .and_then(|name| ObjectKind::from_name(&name))
            .ok_or(error("the second line names no type"))?;
        let name = text(lines.next(), b"tag ").ok_or(error("the third line names no tag"))?;
        let tagger = match lines.next() {
            None => None,
            Some(line) => {
                let stamp = line.strip_prefix(b"tagger ").and_then(Stamp::parse);
                Some(stamp.ok_or(error("the fourth line names no tagger"))?)
            }
        };
        let mut signed = SIGNATURES
            .iter()
            .any(|start| message.windows(start.len()).any(|part| part == *start));
        let further = further(lines).ok_or(error("a header line goes on that may not"))?;
        for line in further {
            if !line.starts_with(b"gpgsig") {
                return Err(error("a header line is doubled or unknown"));
            }
            signed = true;
        }
        Ok(Self {
            object,
            kind,
            name,
            tagger,
            message: String::from_utf8_lossy(message).into_owned(),
            signed,
        })
    }
}

fn text(line: Option<&[u8]>, key: &[u8]) -> Option<String> {
    let value = line?.strip_prefix(key)?;
    String::from_utf8(value.to_vec()).ok()
}

/// How a signature at the end of a tag's message begins (gitformat-signature).
const SIGNATURES: [&[u8]; 4] = [
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
];

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const TAGGER: &str = "tagger T <t@example.org> 1700000000 -0730\n";

    #[test]
    fn a_tag_gives_its_object_its_own_name_and_whether_it_is_signed() {
        let plain = format!("{OBJECT}type commit\ntag v1.0\n{TAGGER}\nrelease\n");
        let signed = format!("{plain}-----BEGIN SSH SIGNATURE-----\n…\n");

        let tag = Tag::parse(plain.as_bytes()).unwrap();

        assert_eq!(tag.object.to_string(), OBJECT[7..47]);
        assert_eq!((tag.kind, tag.name.as_str()), (ObjectKind::Commit, "v1.0"));
        assert_eq!(tag.tagger.unwrap().when.as_second(), 1_700_000_000);
        assert!(!tag.signed);
        assert!(Tag::parse(signed.as_bytes()).unwrap().signed);
    }

    #[test]
    fn a_tag_with_a_missing_or_second_line_is_refused() {
        for bad in [
            format!("{OBJECT}type commit\ntag v1.0\n{TAGGER}"),
            format!("type commit\ntag v1.0\n{TAGGER}\nm"),
            format!("{OBJECT}type branch\ntag v1.0\n{TAGGER}\nm"),
            format!("{OBJECT}type commit\n{TAGGER}\nm"),
            format!("{OBJECT}type commit\ntag v1.0\ntagger nobody\n\nm"),
            format!("{OBJECT}type commit\ntag v1.0\n{TAGGER}tag v2.0\n\nm"),
            // git cannot read the first two; its fsck refuses them all.
            format!("{OBJECT} \ntype commit\ntag v1.0\n{TAGGER}\nm"),
            format!("{OBJECT}type commit\n x\ntag v1.0\n{TAGGER}\nm"),
            format!("{OBJECT}type commit\ntag v1.0\n x\n{TAGGER}\nm"),
            format!("{OBJECT}type commit\ntag v1.0\n{TAGGER} x\n\nm"),
        ] {
            assert!(Tag::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
