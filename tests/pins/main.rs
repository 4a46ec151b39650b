//! Image references in files: what is found and fixed through the command line, and what hostile files do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "shared with tests that release projects")]
mod common;

mod command;
mod fix;
mod hostile;
