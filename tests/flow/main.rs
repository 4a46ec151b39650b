//! Stories of collection, resumption and sealing: the real binary against in-process services that fail and come back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
mod common;

mod canary;
mod dashboards;
mod failing;
mod git;
mod hostile;
mod kept;
mod killed;
mod large;
mod locked;
mod pack;
mod redact;
mod resealed;
mod seal;
mod secrets;
mod stage;
