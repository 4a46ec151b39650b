//! Image references in files: hostile files.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]
#![cfg(test)]

mod hostile;
