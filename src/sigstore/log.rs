//! Transparency log entries, whatever format they came in.

pub(super) mod body;
pub(super) mod inclusion;

use super::key::fingerprint;
use super::problem::problem;
use super::root::Root;
use crate::model::{Digest, LogRecord, LogTree, Problem, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_types::bundle::InclusionProof;
use sigstore_types::{Checkpoint, DerPublicKey, Sha256Hash, TransparencyLogEntry};

/// Rekor v2's only kind. It has neither a promise nor a time.
const TILED: (&str, &str) = ("hashedrekord", "0.0.2");

/// An `intoto` 0.0.1 entry, which no Sigstore bundle holds: it names the envelope by its digest as it was sent.
#[derive(Clone)]
pub(super) struct OldEntry {
    pub(super) body: Vec<u8>,
    pub(super) integrated: Timestamp,
    pub(super) index: u64,
    pub(super) log_id: Vec<u8>,
    pub(super) promise: Vec<u8>,
}

/// An entry in either form.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Kind and version.
    kind: (&'a str, &'a str),
    body: &'a [u8],
    pub(super) log_id: &'a [u8],
    index: u64,
    integrated: Option<Timestamp>,
    promise: Option<&'a [u8]>,
    proof: Option<&'a InclusionProof>,
}

impl<'a> From<&'a TransparencyLogEntry> for Entry<'a> {
    fn from(entry: &'a TransparencyLogEntry) -> Self {
        let promise = entry.inclusion_promise.as_ref();
        Self {
            kind: (entry.kind_version.kind(), entry.kind_version.version()),
            body: entry.canonicalized_body.as_bytes(),
            log_id: entry.log_id.key_id.as_bytes(),
            index: entry.log_index.get(),
            integrated: entry.integrated_time,
            promise: promise.map(|promise| promise.signed_entry_timestamp.as_bytes()),
            proof: entry.inclusion_proof.as_ref(),
        }
    }
}

impl<'a> From<&'a OldEntry> for Entry<'a> {
    fn from(entry: &'a OldEntry) -> Self {
        Self {
            kind: ("intoto", "0.0.1"),
            body: &entry.body,
            log_id: &entry.log_id,
            index: entry.index,
            integrated: Some(entry.integrated),
            promise: Some(&entry.promise),
            proof: None,
        }
    }
}

impl Entry<'_> {
    /// When the log promised to take it; none where no promise signs the time.
    pub(super) fn promised(&self) -> Option<Timestamp> {
        self.promise
            .and(self.integrated)
            .filter(|_| self.kind != TILED)
    }

    /// Checks that the entry's body is of the kind and version that the entry states.
    pub(super) fn check_kind(&self) -> Result<(), Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            kind: String,
            api_version: String,
        }
        super::json::refuse_duplicate_keys(self.body)
            .map_err(|error| problem("log-entry-malformed", error))?;
        let body: Body = serde_json::from_slice(self.body)
            .map_err(|error| problem("log-entry-malformed", error))?;
        if (body.kind.as_str(), body.api_version.as_str()) == self.kind {
            Ok(())
        } else {
            Err(problem(
                "log-entry-mismatch",
                format!(
                    "the logged body is {} {}, the entry states {} {}",
                    body.kind, body.api_version, self.kind.0, self.kind.1
                ),
            ))
        }
    }

    /// Checks that the log's key counted at that time. The crates look only at whether it does by now.
    pub(super) fn check_window(&self, root: &Root, time: Timestamp) -> Result<(), Problem> {
        let id = Sha256Hash::try_from(self.log_id);
        let is_over = id
            .is_ok_and(|id| root.logs.key(&id).is_some() && root.logs.key_at(&id, time).is_none());
        if is_over {
            return Err(problem(
                "log-window",
                format!("the log's key did not count at {time}"),
            ));
        }
        Ok(())
    }

    /// The entry for the report. Only for entries that were verified.
    pub(super) fn record(&self) -> LogRecord {
        // Rekor v1 proves an entry's index by the promise, or else within the tree of the proof alone.
        let index = match (self.promise, self.proof) {
            (None, Some(proof)) if self.kind != TILED => proof.log_index.get(),
            _ => self.index,
        };
        LogRecord {
            index,
            log_id: hex::encode(self.log_id),
            leaf_hash: leaf_hash(self.body),
            integrated: self.promised(),
            kind: format!("{} {}", self.kind.0, self.kind.1),
            tree: self.proof.and_then(tree),
        }
    }

    /// Fingerprint of the public key that the body names. A hint for people: nothing was verified.
    pub(super) fn named_key(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(self.body).ok()?;
        let pem = [
            "/spec/signature/publicKey/content",
            "/spec/signatures/0/verifier",
            "/spec/publicKey",
        ]
        .iter()
        .find_map(|place| body.pointer(place)?.as_str())
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| DerPublicKey::from_pem(&text).ok());
        let raw = || {
            let text = body
                .pointer("/spec/hashedRekordV002/signature/verifier/publicKey/rawBytes")?
                .as_str()?;
            Some(DerPublicKey::new(STANDARD.decode(text).ok()?))
        };
        pem.or_else(raw).map(|der| fingerprint(&der))
    }
}

/// The tree of an inclusion proof, as its checkpoint names it.
fn tree(proof: &InclusionProof) -> Option<LogTree> {
    let checkpoint = Checkpoint::from_text(proof.checkpoint.envelope()).ok()?;
    Some(LogTree {
        origin: checkpoint.origin().into(),
        size: checkpoint.tree_size(),
        root: Digest::from_raw(*checkpoint.root_hash().as_bytes()),
        leaf_index: proof.log_index.get(),
    })
}

/// RFC 6962, section 2.1.
fn leaf_hash(body: &[u8]) -> String {
    Digest::of(&[&[0], body].concat()).hex()
}
