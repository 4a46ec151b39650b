//! Bundles as files from strangers: looked into, unpacked, and an archive for each way to fool a reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod extract;
mod inspect;
mod sample;
mod stage;
