//! Bundles as files from strangers: looked into, unpacked, and an archive for each way to fool a reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod bounded;
mod corpus;
mod extract;
mod gz;
mod hostile;
mod inspect;
mod mutate;
mod sample;
mod stage;
mod tape;
