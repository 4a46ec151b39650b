//! Stories of `--online`: the real binary asks logs that are honest, that lie, and that are not there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
mod common;

mod bundle;
mod flags;
mod liar;
mod many;
mod shared;
mod silent;
mod tiled;
mod v1;
