//! What is written to disk: files that are there whole or not at all, folders that outlive a power cut, and locks that
//! end with their process.

mod lock;
mod write;

pub use lock::{Lock, LockError};
pub use write::{Part, WriteError, make_folder, remove, remove_parts, sync_folder};
