//! Spot checks of images in a registry: how many requests, how many answers, and what hides nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod common;

mod blobs;
mod hidden;
mod manifests;
mod many;
mod platforms;
mod policy;
mod requests;
mod shop;
