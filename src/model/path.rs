//! Names of bundle members.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a member lies inside a bundle: parts of ASCII letters, digits and `. _ + -`, split by `/`.
///
/// At most 100 bytes, so that a ustar header holds it; no part is empty, `.` or `..`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberPath(String);

/// Why a text is no member path.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberPathError {
    /// Longer than a ustar header holds.
    #[error(
        "a member name of {found} bytes is longer than {} bytes",
        MemberPath::MAX_BYTES
    )]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// A part that is empty, special or has other characters.
    #[error("{0:?} is no part of a member name")]
    Part(String),
}

impl MemberPath {
    /// What a ustar name field holds.
    pub const MAX_BYTES: usize = 100;

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the path is `folder` or lies below it.
    pub fn is_under(&self, folder: &str) -> bool {
        self.0
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn is_plain(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

impl TryFrom<&str> for MemberPath {
    type Error = MemberPathError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if text.len() > Self::MAX_BYTES {
            return Err(MemberPathError::TooLong { found: text.len() });
        }
        match text.split('/').find(|part| !is_plain(part)) {
            Some(part) => Err(MemberPathError::Part(part.into())),
            None => Ok(Self(text.into())),
        }
    }
}

impl TryFrom<String> for MemberPath {
    type Error = MemberPathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_from(text.as_str())
    }
}

impl From<MemberPath> for String {
    fn from(path: MemberPath) -> Self {
        path.0
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_the_folder_or_confuse_a_reader_is_refused() {
        for text in [
            "", "/", "/etc", "a//b", "a/../b", "./a", "a\\b", "a b", "é", "a\nb", "a/", "c:d",
        ] {
            assert!(MemberPath::try_from(text).is_err(), "{text:?}");
        }
        assert!(MemberPath::try_from("x".repeat(101).as_str()).is_err());
        assert!(MemberPath::try_from("oci/blobs/sha256/0f").is_ok());
    }
}
