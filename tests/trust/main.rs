//! Trusted roots: the TUF refresh against a repository that is made and broken here, the cache, and who uses it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

mod cached;
mod refused;
mod stage;
mod unheard;
mod update;
