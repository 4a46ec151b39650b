//! A record in a transparency log, and what is checked of it before it is believed.
//!
//! The log's own signatures are judged with the trusted root, by whoever has one; here stands what needs none: the
//! record is about this very signature, and its inclusion proof leads to the checkpoint.

use super::exchange::SealError;
use super::key::unix_lines;
use super::services::{Log, RekorVersion};
use super::{log_v1, log_v2};
use crate::model::Digest;
use crate::model::report::{LogRecord, LogTree};
use crate::net::http::Http;
use sigstore_merkle::{hash_leaf, verify_inclusion_proof};
use sigstore_types::{DerCertificate, DerPublicKey, TransparencyLogEntry};

/// What is to be recorded.
pub(super) struct Proposal {
    /// The DSSE envelope as JSON.
    pub envelope: String,
    /// Of the payload.
    pub payload: Digest,
    /// Of the pre-authentication encoding, which is what is signed.
    pub pae: Digest,
    /// DER.
    pub signature: Vec<u8>,
    /// What verifies it.
    pub verifier: Verifier,
}

/// What verifies a signature.
#[derive(Clone)]
pub(super) enum Verifier {
    /// Keyless.
    Certificate(DerCertificate),
    /// A key that the verifier knows.
    Key(DerPublicKey),
}

impl Verifier {
    pub(super) fn der(&self) -> &[u8] {
        match self {
            Self::Certificate(certificate) => certificate.as_bytes(),
            Self::Key(key) => key.as_bytes(),
        }
    }

    pub(super) fn pem(&self) -> String {
        unix_lines(&match self {
            Self::Certificate(certificate) => certificate.to_pem(),
            Self::Key(key) => key.to_pem(),
        })
    }

    /// Whether this PEM is the same certificate or key; logs write it anew in their own way.
    pub(super) fn is_pem(&self, pem: &str) -> bool {
        match self {
            Self::Certificate(own) => {
                DerCertificate::from_pem(pem).is_ok_and(|other| other == *own)
            }
            Self::Key(own) => DerPublicKey::from_pem(pem).is_ok_and(|other| other == *own),
        }
    }
}

/// A record as the bundle holds it.
pub(super) struct Recorded {
    pub entry: TransparencyLogEntry,
    pub record: LogRecord,
    /// Rekor v1's name of the entry.
    pub uuid: Option<String>,
}

/// Writes the proposal into the log.
pub(super) async fn record(
    http: &Http,
    log: &Log,
    proposal: &Proposal,
) -> Result<Recorded, SealError> {
    match log.version {
        RekorVersion::V1 => log_v1::record(http, &log.url, proposal).await,
        RekorVersion::V2 => log_v2::record(http, &log.url, proposal).await,
    }
}

/// Follows the inclusion proof from the entry to the checkpoint, and sums the entry up.
pub(super) fn included(entry: &TransparencyLogEntry) -> Result<LogRecord, String> {
    let proof = entry
        .inclusion_proof
        .as_ref()
        .ok_or("it has no inclusion proof")?;
    let checkpoint = proof
        .checkpoint
        .checkpoint()
        .ok_or("its inclusion proof has no checkpoint")?;
    if checkpoint.tree_size() != proof.tree_size || *checkpoint.root_hash() != proof.root_hash {
        return Err("its inclusion proof is for another tree than its checkpoint".into());
    }
    let leaf = hash_leaf(entry.canonicalized_body.as_bytes());
    verify_inclusion_proof(
        &leaf,
        proof.log_index.get(),
        proof.tree_size,
        &proof.hashes,
        &proof.root_hash,
    )
    .map_err(|error| format!("its inclusion proof does not hold: {error}"))?;
    let kind = entry.kind_version;
    Ok(LogRecord {
        index: entry.log_index.get(),
        log_id: hex::encode(entry.log_id.key_id.as_bytes()),
        leaf_hash: leaf.to_hex(),
        integrated: entry.integrated_time,
        kind: format!("{} {}", kind.kind(), kind.version()),
        tree: Some(LogTree {
            origin: checkpoint.origin().into(),
            size: proof.tree_size,
            root: Digest::from_raw(*proof.root_hash.as_bytes()),
            leaf_index: proof.log_index.get(),
        }),
    })
}
