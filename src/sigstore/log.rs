//! Transparency log entries: what the crates leave unchecked, and the one kind that they cannot hold.

use super::problem::problem;
use super::trust::{Key, Root, fingerprint};
use crate::model::{Digest, LogRecord, LogTree, Problem, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sigstore_types::{
    Checkpoint, DerPublicKey, DsseEnvelope, InclusionProof, KindVersion, Sha256Hash,
    SignatureBytes, TransparencyLogEntry,
};

/// An `intoto` 0.0.1 entry: it names the envelope by its digest as it was sent, and has a promise only.
#[derive(Clone)]
pub(super) struct OldEntry {
    pub(super) body: Vec<u8>,
    pub(super) integrated: Timestamp,
    pub(super) index: u64,
    pub(super) log_id: Vec<u8>,
    pub(super) promise: Vec<u8>,
}

/// Checks that the entry's body is of the kind and version that the entry states.
pub(super) fn check_kind(entry: &TransparencyLogEntry) -> Result<(), Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        kind: String,
        api_version: String,
    }
    let body: Body = serde_json::from_slice(entry.canonicalized_body.as_bytes())
        .map_err(|error| problem("log-entry-malformed", error))?;
    let stated = (entry.kind_version.kind(), entry.kind_version.version());
    if (body.kind.as_str(), body.api_version.as_str()) == stated {
        Ok(())
    } else {
        Err(problem(
            "log-entry-mismatch",
            format!(
                "the logged body is {} {}, the entry states {} {}",
                body.kind, body.api_version, stated.0, stated.1
            ),
        ))
    }
}

/// Whether the root holds the log that the id names.
pub(super) fn is_known(root: &Root, log_id: &[u8]) -> bool {
    Sha256Hash::try_from(log_id).is_ok_and(|id| root.logs.key(&id).is_some())
}

/// Checks that the very log that the entry names signed the checkpoint; any log of the root would do for the crates.
pub(super) fn check_checkpoint_is_of_the_log(
    entry: &TransparencyLogEntry,
    root: &Root,
) -> Result<(), Problem> {
    let Some(proof) = &entry.inclusion_proof else {
        return Ok(());
    };
    let of_the_log = || {
        let id = Sha256Hash::try_from(entry.log_id.key_id.as_bytes()).ok()?;
        let key = root.logs.key(&id)?;
        let checkpoint = Checkpoint::from_text(proof.checkpoint.envelope()).ok()?;
        checkpoint
            .signatures()
            .iter()
            .find(|line| {
                key.verify(checkpoint.signed_data(), &line.signature)
                    .is_ok()
            })
            .map(drop)
    };
    of_the_log().ok_or_else(|| {
        problem(
            "log-checkpoint",
            "the checkpoint is not signed by the log that the entry names",
        )
    })
}

/// The entry for the report. Only for entries that were verified.
pub(super) fn record(entry: &TransparencyLogEntry) -> LogRecord {
    // Rekor v1 proves an entry's index by the promise, or else within the tree of the proof alone.
    let in_proof = entry.inclusion_proof.as_ref().map(|proof| proof.log_index);
    let index = match (entry.kind_version, &entry.inclusion_promise, in_proof) {
        (KindVersion::HashedRekordV002, ..) | (_, Some(_), _) | (.., None) => entry.log_index,
        (_, None, Some(index)) => index,
    };
    LogRecord {
        index: index.get(),
        log_id: hex::encode(entry.log_id.key_id.as_bytes()),
        leaf_hash: leaf_hash(entry.canonicalized_body.as_bytes()),
        // Without a promise nothing signs the time.
        integrated: entry.inclusion_promise.as_ref().and(entry.integrated_time),
        kind: format!(
            "{} {}",
            entry.kind_version.kind(),
            entry.kind_version.version()
        ),
        tree: entry.inclusion_proof.as_ref().and_then(tree),
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

/// Fingerprint of the public key that a logged body names. A hint for people: nothing was verified.
pub(super) fn named_key(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
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

/// What the log signs in a signed entry timestamp, as canonical JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promised {
    body: String,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
}

#[derive(Deserialize)]
struct OldBody {
    spec: OldSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldSpec {
    content: OldContent,
    public_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldContent {
    hash: OldHash,
    payload_hash: OldHash,
}

#[derive(Deserialize)]
struct OldHash {
    algorithm: String,
    value: String,
}

impl OldEntry {
    /// Checks the log's promise, and that the entry is about this envelope and this key.
    ///
    /// `wire` is the digest of the envelope as it came: the entry names it, and with it the signature.
    pub(super) fn verify(
        &self,
        root: &Root,
        key: &Key,
        envelope: &DsseEnvelope,
        wire: &Digest,
    ) -> Result<LogRecord, Problem> {
        self.verify_promise(root)?;
        let body: OldBody = serde_json::from_slice(&self.body)
            .map_err(|error| problem("log-entry-malformed", error))?;
        let logged = STANDARD
            .decode(&body.spec.public_key)
            .ok()
            .and_then(|pem| Key::parse(&pem).ok());
        let content = body.spec.content;
        let payload = Digest::of(envelope.payload.as_bytes());
        let is_about = |hash: &OldHash, digest: &Digest| {
            hash.algorithm == "sha256" && hash.value == digest.hex()
        };
        if logged.as_ref() != Some(key)
            || !is_about(&content.payload_hash, &payload)
            || !is_about(&content.hash, wire)
        {
            return Err(problem(
                "log-entry-mismatch",
                "the log entry is about another envelope or key",
            ));
        }
        Ok(LogRecord {
            index: self.index,
            log_id: hex::encode(&self.log_id),
            leaf_hash: leaf_hash(&self.body),
            integrated: Some(self.integrated),
            kind: "intoto 0.0.1".into(),
            tree: None,
        })
    }

    fn verify_promise(&self, root: &Root) -> Result<(), Problem> {
        let bad = |message: String| problem("log-promise", message);
        let id =
            Sha256Hash::try_from(self.log_id.as_slice()).map_err(|error| bad(error.to_string()))?;
        let promised = Promised {
            body: STANDARD.encode(&self.body),
            integrated_time: self.integrated.as_second(),
            log_id: hex::encode(&self.log_id),
            log_index: self.index,
        };
        let message =
            serde_json_canonicalizer::to_vec(&promised).map_err(|error| bad(error.to_string()))?;
        let signature = SignatureBytes::new(self.promise.clone());
        root.logs
            .verify_with_key_id_at(&id, self.integrated, message, &signature)
            .map_err(|error| bad(error.to_string()))
    }
}
