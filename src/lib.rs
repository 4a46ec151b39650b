//! Collects a release's evidence, seals it, and proves every claim of it again, offline.

pub mod appraise;
pub mod bundle;
pub mod config;
pub mod git;
pub mod metrics;
pub mod model;
pub mod oci;
pub mod redact;
pub mod report;
pub mod sbom;
pub mod secrets;
pub mod sigstore;
pub mod verify;
pub mod vulns;

#[cfg(feature = "net")]
pub mod collect;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "net")]
pub mod seal;
