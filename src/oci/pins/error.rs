//! Why a file's references could not be found.

/// Why nothing is known about a file's references.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// Over the limit.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Not UTF-8.
    #[error("the file is not UTF-8")]
    NotUtf8 {
        /// Line of the first byte that is none.
        line: u32,
    },
    /// No YAML, or no Dockerfile.
    #[error("{reason}")]
    Malformed {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// One key twice in a map: readers differ in which of them counts.
    #[error("the key {key:?} stands twice in one map")]
    DuplicateKey {
        /// Line of the second one.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// The key.
        key: String,
    },
    /// More references, documents or nodes than are looked at.
    #[error("the file has more than {limit} {what}")]
    TooMany {
        /// The limit.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

impl FindError {
    /// Line and column, from 1, where they are known.
    pub fn position(&self) -> Option<(u32, u32)> {
        match self {
            Self::NotUtf8 { line } => Some((*line, 1)),
            Self::Malformed { line, column, .. } | Self::DuplicateKey { line, column, .. } => {
                Some((*line, *column))
            }
            Self::TooLarge { .. } | Self::TooMany { .. } => None,
        }
    }
}
