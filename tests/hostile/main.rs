//! `evidence image verify` against registries that stall, babble, lie and steal: each gives the exit code that fits, in
//! time, in little memory, and no secret gets out. Every case changes one answer of a registry that is otherwise good.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other tests need the rest")]
mod common;

mod case;
mod lies;
mod mirrors;
mod proxies;
mod recovery;
mod redirects;
mod server;
mod sizes;
mod tls;
mod tokens;
mod transport;
