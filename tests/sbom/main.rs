//! `sbom check`, `sbom diff` and `vulns check` as people and programs use them, on documents that real tools made.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod common;

mod asked;
mod bundles;
mod check;
mod diff;
mod hostile;
mod images;
mod licenses;
mod platforms;
mod policy;
mod vulns;
