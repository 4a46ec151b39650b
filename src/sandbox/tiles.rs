//! A tiled log as Rekor 2 is one: a checkpoint and tiles to read (<https://c2sp.org/tlog-tiles>), `hashedrekord` 0.0.2.
//!
//! Its key is ECDSA, which Rekor 2 allows; then the log's id is that of the key, as in Rekor 1.

use super::merkle::{self, Hash};
use super::service::{answer, json};
use super::{Refusal, SandboxError};
use crate::model::Digest;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_crypto::KeyPair;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name in the log's checkpoints.
const ORIGIN: &str = "tiles.demo.invalid";
/// Hashes of a whole tile.
const WIDTH: usize = 256;

/// The log.
pub(super) struct TileLog {
    key: KeyPair,
    key_id: Digest,
    bodies: Mutex<Vec<Vec<u8>>>,
}

impl TileLog {
    pub(super) fn new() -> Result<Self, SandboxError> {
        let key = KeyPair::generate_ecdsa_p256()?;
        let key_id = Digest::of(key.public_key_der()?.as_bytes());
        Ok(Self {
            key,
            key_id,
            bodies: Mutex::default(),
        })
    }

    /// DER of the log's key.
    pub(super) fn spki(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.key.public_key_der()?.into_bytes())
    }

    /// Adds a signature over the digest by a certificate or key (`x509Certificate` or `publicKey`), and gives the entry as
    /// a Sigstore bundle holds it. That the signature holds is not checked: whoever signs here is the sandbox itself.
    pub(super) fn add(
        &self,
        digest: Digest,
        signature: &[u8],
        verifier: (&str, &[u8]),
    ) -> Result<Value, SandboxError> {
        let (name, der) = verifier;
        let body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
            "data": {"algorithm": "SHA2_256", "digest": STANDARD.encode(digest.as_raw())},
            "signature": {"content": STANDARD.encode(signature), "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256", name: {"rawBytes": STANDARD.encode(der)},
            }},
        }}});
        let body = serde_json_canonicalizer::to_vec(&body)?;
        let mut bodies = self.bodies();
        let index = bodies.len();
        bodies.push(body.clone());
        let leaves = leaves(&bodies);
        let root = merkle::root(&leaves);
        let path = merkle::inclusion(&leaves, index);
        Ok(json!({
            "logIndex": index.to_string(),
            "logId": {"keyId": STANDARD.encode(self.key_id.as_raw())},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "inclusionProof": {
                "logIndex": index.to_string(),
                "rootHash": STANDARD.encode(root),
                "treeSize": leaves.len().to_string(),
                "hashes": path.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>(),
                "checkpoint": {"envelope": self.checkpoint(&leaves)?},
            },
            "canonicalizedBody": STANDARD.encode(&body),
        }))
    }

    /// Forgets all entries but the first ones, and adds these.
    pub(super) fn rewrite(&self, keep: usize, then: &[Vec<u8>]) {
        let mut bodies = self.bodies();
        bodies.truncate(keep);
        bodies.extend_from_slice(then);
    }

    /// Number of entries.
    pub(super) fn size(&self) -> usize {
        self.bodies().len()
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v2/checkpoint", get(checkpoint))
            .route("/api/v2/tile/{*path}", get(tile))
            .with_state(self)
    }

    fn checkpoint(&self, leaves: &[Hash]) -> Result<String, SandboxError> {
        let root = STANDARD.encode(merkle::root(leaves));
        let note = format!("{ORIGIN}\n{}\n{root}\n", leaves.len());
        let signature = self.key.sign(note.as_bytes())?;
        let hint = self.key_id.as_raw().get(..4).unwrap_or_default();
        let signature = STANDARD.encode([hint, signature.as_bytes()].concat());
        Ok(format!("{note}\n\u{2014} {ORIGIN} {signature}\n"))
    }

    fn bodies(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn checkpoint(State(log): State<Arc<TileLog>>) -> Response {
    let leaves = leaves(&log.bodies());
    match log.checkpoint(&leaves) {
        Ok(note) => answer(200, "text/plain; charset=utf-8", note),
        Err(error) => refused(&error.into()),
    }
}

async fn tile(State(log): State<Arc<TileLog>>, Path(path): Path<String>) -> Response {
    let bodies = log.bodies();
    match read(&path, &bodies) {
        Some(bytes) => answer(200, "application/octet-stream", bytes),
        None => refused(&Refusal::new(404, "there is no such tile")),
    }
}

/// `LEVEL/INDEX[.p/WIDTH]` or `entries/INDEX[.p/WIDTH]`, as far as the log has it.
fn read(path: &str, bodies: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (row, rest) = path.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, WIDTH),
    };
    let index = index.split('/').try_fold(0usize, |number, group| {
        let digits: usize = group.trim_start_matches('x').parse().ok()?;
        number.checked_mul(1_000)?.checked_add(digits)
    })?;
    let first = index.checked_mul(WIDTH)?;
    let last = first.checked_add(width)?;
    if row == "entries" {
        let entries = bodies.get(first..last)?.iter().map(|body| {
            let length = u16::try_from(body.len()).ok()?.to_be_bytes();
            Some([&length[..], body].concat())
        });
        return Some(entries.collect::<Option<Vec<_>>>()?.concat());
    }
    let span = WIDTH.checked_pow(row.parse().ok()?)?;
    let leaves = leaves(bodies);
    let below = leaves.get(first.checked_mul(span)?..last.checked_mul(span)?)?;
    Some(below.chunks(span).flat_map(merkle::root).collect())
}

fn leaves(bodies: &[Vec<u8>]) -> Vec<Hash> {
    bodies.iter().map(|body| merkle::leaf(body)).collect()
}

fn refused(refusal: &Refusal) -> Response {
    json(
        refusal.status,
        &json!({"code": refusal.status, "message": refusal.message}),
    )
}
