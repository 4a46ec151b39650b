//! Signatures: who made them, over what, when, and whether they hold.
//!
//! Every wire format is first normalised into one shape, then judged by one path ([`verify`]). A judgement says
//! who signed; whether that signer was asked for is another question ([`accepted`]).

pub mod docker_reference;
pub mod embedded;
pub mod envelope;
pub mod identity;
pub mod image;
pub mod online;
pub mod root_facts;
pub mod rotation;
pub mod seal_statement;
pub mod signature;
pub mod signers;
pub mod statement;
pub mod tag_binding;
pub mod trust;
pub mod verified;
pub mod verify;

mod json;
mod key;
mod log;
mod normalise;
mod problem;
mod root;

pub use image::{Content, Format, Object, judge_image};
pub use signature::{CertificateClaims, Judgement, Signature, Unlogged, accepted};
pub use statement::Statement;
pub use trust::{Key, Options, Roots};
pub use verified::Verified;
pub use verify::{
    Artifact, BundleJudgement, Detached, judge_attestation, judge_blob, judge_bundle,
};

#[cfg(test)]
mod defects;
