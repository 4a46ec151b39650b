//! Stories of what is inside: SBOMs that must be good, what moved in them since the release before, and what scanners
//! found. The real binary releases against in-process services and verifies offline.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../verify/bundle.rs"]
#[allow(dead_code, reason = "shared with the stories of verification")]
mod bundle;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "shared by all stories")]
mod common;
#[path = "../verify/sample.rs"]
#[allow(dead_code, reason = "shared with the stories of verification")]
mod sample;

mod drift;
mod image;
mod page;
mod sbom;
mod scan;
