//! Why a capture store cannot be used.

use crate::disk::{LockError, WriteError};
use std::io;
use std::path::PathBuf;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of it cannot be read.
    #[error("{}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of it cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Another run uses it, or it cannot be locked.
    #[error("the capture store in {} cannot be used", dir.display())]
    Lock {
        /// The store.
        dir: PathBuf,
        /// Why.
        #[source]
        source: LockError,
    },
    /// A file of it is no JSON of ours.
    #[error("{} is not a file of a capture store", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It is about another release.
    #[error("the store in {} is about {found}, not {wanted}", dir.display())]
    OtherRelease {
        /// The store.
        dir: PathBuf,
        /// Tag and commit in it.
        found: String,
        /// Tag and commit that are asked for.
        wanted: String,
    },
    /// There is none.
    #[error("there is no capture store in {}", .0.display())]
    Absent(PathBuf),
}
