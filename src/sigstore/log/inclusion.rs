//! Whether a log holds an entry: its promise, and the proof for one of its trees.
//!
//! The `sigstore-verify` crate checks the same for the signatures that it can judge; this is for those that it cannot.

use super::{Entry, TILED};
use crate::model::Problem;
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sigstore_types::bundle::InclusionProof;
use sigstore_types::{Checkpoint, Sha256Hash, SignatureBytes};

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

impl Entry<'_> {
    /// Checks the promise and the proof, as far as they are there. One must be.
    pub(in crate::sigstore) fn verify_inclusion(&self, root: &Root) -> Result<(), Problem> {
        if self.promise.is_none() && self.proof.is_none() {
            return Err(problem(
                "log-proof-missing",
                "the log entry has neither a proof nor a promise",
            ));
        }
        if let Some(promise) = self.promise {
            self.verify_promise(root, promise)?;
        }
        if let Some(proof) = self.proof {
            self.verify_proof(proof)?;
            self.verify_checkpoint(root, proof)?;
        }
        Ok(())
    }

    fn verify_promise(&self, root: &Root, promise: &[u8]) -> Result<(), Problem> {
        let bad = |message: String| problem("log-promise", message);
        let id = Sha256Hash::try_from(self.log_id).map_err(|error| bad(error.to_string()))?;
        let integrated = self
            .integrated
            .ok_or_else(|| bad("a promise without a time".into()))?;
        self.check_window(root, integrated)?;
        let promised = Promised {
            body: STANDARD.encode(self.body),
            integrated_time: integrated.as_second(),
            log_id: hex::encode(self.log_id),
            log_index: self.index,
        };
        let message =
            serde_json_canonicalizer::to_vec(&promised).map_err(|error| bad(error.to_string()))?;
        let signature = SignatureBytes::new(promise.into());
        root.logs
            .verify_with_key_id_at(&id, integrated, message, &signature)
            .map_err(|error| bad(error.to_string()))
    }

    /// RFC 9162, section 2.1.3.2.
    fn verify_proof(&self, proof: &InclusionProof) -> Result<(), Problem> {
        let bad = |message: String| problem("log-proof", message);
        let checkpoint = proof
            .checkpoint
            .checkpoint()
            .ok_or_else(|| problem("log-checkpoint", "the proof has no checkpoint"))?;
        // Of Rekor v2 only the checkpoint speaks of the tree; version 1 repeats it in the proof.
        let (index, size) = if self.kind == TILED {
            (self.index, checkpoint.tree_size())
        } else {
            (proof.log_index.get(), proof.tree_size)
        };
        self.check_tree(proof, checkpoint)?;
        sigstore_merkle::verify_inclusion_proof(
            &sigstore_merkle::hash_leaf(self.body),
            index,
            size,
            &proof.hashes,
            checkpoint.root_hash(),
        )
        .map_err(|error| bad(error.to_string()))
    }

    /// A proof often holds for several sizes of the tree, and with them for several indices: it must be the
    /// checkpoint's.
    fn check_tree(&self, proof: &InclusionProof, checkpoint: &Checkpoint) -> Result<(), Problem> {
        let is_of_the_tree = self.kind == TILED
            || (proof.root_hash == *checkpoint.root_hash()
                && proof.tree_size == checkpoint.tree_size());
        if is_of_the_tree {
            return Ok(());
        }
        Err(problem(
            "log-checkpoint",
            "the proof and the checkpoint are about different trees",
        ))
    }

    /// Checks that the very log that the entry names signed the checkpoint, and of the proof's tree; any log of the root
    /// would do for the crates, and any size.
    pub(in crate::sigstore) fn verify_checkpoint_of_log(&self, root: &Root) -> Result<(), Problem> {
        let Some(proof) = self.proof else {
            return Ok(());
        };
        if let Some(checkpoint) = proof.checkpoint.checkpoint() {
            self.check_tree(proof, checkpoint)?;
        }
        self.verify_checkpoint(root, proof)
    }

    fn verify_checkpoint(&self, root: &Root, proof: &InclusionProof) -> Result<(), Problem> {
        let is_signed = || {
            let id = Sha256Hash::try_from(self.log_id).ok()?;
            let key = root.logs.key(&id)?;
            let checkpoint = Checkpoint::from_text(proof.checkpoint.envelope()).ok()?;
            let mut lines = checkpoint.signatures().iter();
            lines
                .find(|line| {
                    key.verify(checkpoint.signed_data(), &line.signature)
                        .is_ok()
                })
                .map(drop)
        };
        is_signed().ok_or_else(|| {
            problem(
                "log-checkpoint",
                "the checkpoint is not signed by the log that the entry names",
            )
        })
    }
}
