//! What a transparency log says now, held against what a signature recorded then.
//!
//! Pure: the answers come in as bytes, and nothing in them is believed but what the log's key in a trusted root signed
//! and what hashes prove. A log that lies must contradict one of its own signatures, and then the signature that rests on
//! it is refused; a log that gives no answer leaves the question open.

pub mod tiles;
pub mod v1;
pub mod v2;

use super::problem::problem;
use super::root::Root;
use super::trust::Roots;
use crate::model::{LogRecord, LogTree, Problem, limits};
use sigstore_merkle::verify_consistency_proof;
use sigstore_types::{Checkpoint, Sha256Hash};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why the log's word of today does not support what it recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// The log contradicts what it signed before, or is not the log.
    Contradiction(Problem),
    /// There is no answer, or none that says anything.
    Unanswered(Problem),
}

impl Flaw {
    /// The log is caught.
    pub fn contradiction(code: &str, message: impl std::fmt::Display) -> Self {
        Self::Contradiction(problem(code, message))
    }

    /// Nothing can be said.
    pub fn unanswered(code: &str, message: impl std::fmt::Display) -> Self {
        Self::Unanswered(problem(code, message))
    }

    /// An answer from which nothing follows.
    fn answer(message: impl std::fmt::Display) -> Self {
        Self::unanswered("answer", message)
    }
}

/// How a log is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interface {
    /// Rekor v1: it computes the proofs.
    V1,
    /// Rekor v2: tiles, from which proofs are computed here.
    V2,
}

/// How the log of this entry is asked: Rekor v2 has kinds of its own.
pub fn interface(record: &LogRecord) -> Interface {
    match record.kind.as_str() {
        "hashedrekord 0.0.2" | "dsse 0.0.2" => Interface::V2,
        _ => Interface::V1,
    }
}

/// A log of the trusted roots, by its key.
#[derive(Clone, Debug)]
pub struct TrustedLog {
    id: Sha256Hash,
    roots: Vec<Arc<Root>>,
}

impl Roots {
    /// The log of this id, in hex.
    pub fn log(&self, log_id: &str) -> Option<TrustedLog> {
        let id = Sha256Hash::from_hex(log_id).ok()?;
        let roots: Vec<_> = self
            .roots
            .iter()
            .filter(|root| root.logs.key(&id).is_some())
            .cloned()
            .collect();
        (!roots.is_empty()).then_some(TrustedLog { id, roots })
    }

    /// Id in hex and address of every log, by id.
    ///
    /// Of several addresses of one log that of the first root counts.
    pub fn logs(&self) -> BTreeMap<String, &str> {
        self.roots
            .iter()
            .rev()
            .flat_map(|root| &root.trusted.tlogs)
            .map(|log| {
                let id = hex::encode(log.log_id.key_id.as_bytes());
                (id, log.base_url.as_str())
            })
            .collect()
    }
}

impl TrustedLog {
    /// SHA-256 of its key, or a tiled log's key id, in hex.
    pub fn id(&self) -> String {
        self.id.to_hex()
    }

    /// The roots that have it.
    pub fn root_names(&self) -> Vec<&str> {
        self.roots.iter().map(|root| root.name.as_str()).collect()
    }

    /// The tree of a signed checkpoint.
    ///
    /// # Errors
    /// When it is none, or this log did not sign it.
    pub fn head(&self, note: &str) -> Result<Head, Flaw> {
        let checkpoint = Checkpoint::from_text(note)
            .map_err(|error| Flaw::answer(format!("the log's checkpoint is none: {error}")))?;
        let is_signed = self.roots.iter().any(|root| {
            root.logs.key(&self.id).is_some_and(|key| {
                checkpoint
                    .signatures()
                    .iter()
                    .take(limits::CHECKPOINT_SIGNATURES)
                    .any(|line| {
                        key.verify(checkpoint.signed_data(), &line.signature)
                            .is_ok()
                    })
            })
        });
        if !is_signed {
            return Err(Flaw::contradiction(
                "checkpoint",
                format!(
                    "the present checkpoint of {:?} is not signed by the log of the signature, {}",
                    checkpoint.origin(),
                    self.id()
                ),
            ));
        }
        Ok(Head {
            origin: checkpoint.origin().into(),
            size: checkpoint.tree_size(),
            root: *checkpoint.root_hash(),
        })
    }
}

/// A state of a log that it signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// The log's name for the tree.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash.
    pub root: Sha256Hash,
}

impl From<&LogTree> for Head {
    fn from(tree: &LogTree) -> Self {
        Self {
            origin: tree.origin.clone(),
            size: tree.size,
            root: Sha256Hash::from(*tree.root.as_raw()),
        }
    }
}

/// Whether a proof is needed to tell that the older tree is the beginning of the newer one.
///
/// # Errors
/// When the sizes and roots alone show that it is not.
pub fn needs_proof(old: &Head, new: &Head) -> Result<bool, Flaw> {
    if old.size > new.size {
        return Err(Flaw::contradiction(
            "shrunk",
            format!("the log had {} entries and now has {}", old.size, new.size),
        ));
    }
    if old.size == new.size && old.root != new.root {
        return Err(Flaw::contradiction(
            "forked",
            format!(
                "the log signed two different trees of {} entries: {} and {}",
                old.size,
                old.root.to_hex(),
                new.root.to_hex()
            ),
        ));
    }
    Ok(old.size != new.size)
}

/// Checks that the newer tree is the older one with more entries (RFC 9162, section 2.1.4).
///
/// # Errors
/// When the proof does not show it.
pub fn check_growth(old: &Head, new: &Head, proof: &[Sha256Hash]) -> Result<(), Flaw> {
    if !needs_proof(old, new)? {
        return Ok(());
    }
    verify_consistency_proof(old.size, new.size, proof, &old.root, &new.root).map_err(|error| {
        Flaw::contradiction(
            "inconsistent",
            format!(
                "the log's tree of {} entries is not its tree of {} entries with more added: {error}",
                new.size, old.size
            ),
        )
    })
}
