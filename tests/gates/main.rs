//! Stories of gates: the real binary against a metrics server whose service lived through something.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other suites use more of it")]
mod common;

mod check;
mod live;
mod phases;
mod release;
mod stage;
mod watch;
