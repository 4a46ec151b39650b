//! Object ids (gitformat-pack, "Object IDs"): SHA-1, or SHA-256 in repositories of that format.

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// The id of an object: 40 lower-case hex digits (SHA-1) or 64 (SHA-256).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum ObjectId {
    /// SHA-1.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
}

/// A repository's hash function (`extensions.objectFormat`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObjectFormat {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

/// What an object is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObjectKind {
    /// An annotated tag.
    Tag,
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file's content.
    Blob,
}

/// A text that is no object id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{found:?} is no git object id: expected 40 or 64 lower-case hex digits")]
pub struct ObjectIdError {
    /// The text, cut to 100 characters.
    pub found: String,
}

impl ObjectId {
    /// The id of an object with these contents (without the `kind size\0` header, which is hashed before them).
    pub fn of(format: ObjectFormat, kind: ObjectKind, contents: &[u8]) -> Self {
        let header = format!("{kind} {}\0", contents.len());
        match format {
            ObjectFormat::Sha1 => {
                let hash = Sha1::new().chain_update(header).chain_update(contents);
                Self::Sha1(hash.finalize().into())
            }
            ObjectFormat::Sha256 => {
                let hash = Sha256::new().chain_update(header).chain_update(contents);
                Self::Sha256(hash.finalize().into())
            }
        }
    }

    /// The hash function it was made with.
    pub fn format(&self) -> ObjectFormat {
        match self {
            Self::Sha1(_) => ObjectFormat::Sha1,
            Self::Sha256(_) => ObjectFormat::Sha256,
        }
    }

    /// From the raw bytes, as trees hold them; none when there are not exactly 20 or 32.
    pub fn from_raw(raw: &[u8]) -> Option<Self> {
        match raw.len() {
            20 => raw.try_into().ok().map(Self::Sha1),
            _ => raw.try_into().ok().map(Self::Sha256),
        }
    }

    /// From hex digits as an object's header holds them.
    pub(super) fn from_ascii(text: &[u8]) -> Option<Self> {
        std::str::from_utf8(text).ok()?.parse().ok()
    }
}

impl ObjectFormat {
    /// Bytes of an id.
    pub fn raw_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ObjectIdError {
            found: text.chars().take(100).collect(),
        };
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) || !matches!(text.len(), 40 | 64) {
            return Err(error());
        }
        let raw = hex::decode(text).map_err(|_| error())?;
        Self::from_raw(&raw).ok_or_else(error)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = ObjectIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha1(raw) => f.write_str(&hex::encode(raw)),
            Self::Sha256(raw) => f.write_str(&hex::encode(raw)),
        }
    }
}

impl ObjectKind {
    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "tag" => Some(Self::Tag),
            "commit" => Some(Self::Commit),
            "tree" => Some(Self::Tree),
            "blob" => Some(Self::Blob),
            _ => None,
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tag => "tag",
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_the_empty_blob_and_tree_are_the_well_known_ones() {
        let of = |format, kind| ObjectId::of(format, kind, b"").to_string();

        assert_eq!(
            of(ObjectFormat::Sha1, ObjectKind::Blob),
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        );
        assert_eq!(
            of(ObjectFormat::Sha1, ObjectKind::Tree),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        );
        assert_eq!(
            of(ObjectFormat::Sha256, ObjectKind::Blob),
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
        );
    }

    #[test]
    fn other_lengths_letters_and_letter_cases_are_no_ids() {
        let good = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        assert!(good.parse::<ObjectId>().is_ok());
        for bad in ["", "e69de29", &good.to_uppercase(), &good[1..], "HEAD"] {
            assert!(bad.parse::<ObjectId>().is_err(), "{bad}");
        }
        let other_letters = "g".repeat(40);
        assert!(other_letters.parse::<ObjectId>().is_err());
    }
}
