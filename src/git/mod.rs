//! Git objects: what a tag, a commit and its trees prove about names and contents.

pub mod commit;
pub mod glob;
pub mod id;
pub mod repository;
pub mod tag;
pub mod tree;

pub use commit::{Commit, Stamp};
pub use glob::{GlobError, PathGlob};
pub use id::{ObjectFormat, ObjectId, ObjectIdError, ObjectKind};
pub use repository::{ProofError, Repository, TagChain};
pub use tag::Tag;
pub use tree::{Entry, Tree};

/// Why bytes are no object of their kind.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("malformed {kind}: {reason}")]
pub struct ObjectError {
    /// What they were read as.
    pub kind: ObjectKind,
    /// What is wrong.
    pub reason: &'static str,
}

impl ObjectError {
    fn new(kind: ObjectKind, reason: &'static str) -> Self {
        Self { kind, reason }
    }
}
