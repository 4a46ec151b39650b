//! One thing wrong with a signature that is otherwise good, and the one check that must say so.
//!
//! Each case is asked twice: with the defect it fails by its code alone, without it the same thing is verified.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod attached;
mod blob;
mod bundle;
mod case;
mod certificate;
mod checks;
mod envelope;
mod image;
mod large;
mod leaves;
mod legacy;
mod log;
mod positive;
mod proof;
mod questions;
mod signer;
mod stage;
mod statement;
mod timestamp;
