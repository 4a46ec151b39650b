//! Stories of `evidence verify`: a good bundle, one thing wrong with it, and the check that must say so.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
mod common;

mod archive;
mod bundle;
mod checks;
mod claims;
mod identity;
mod members;
mod pack;
mod plan;
mod reading;
mod release;
mod requirements;
mod sample;
mod seal;
