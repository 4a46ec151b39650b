//! Rekor v1's answers (`openapi.yaml`): its trees, an entry with a fresh proof, a proof of growth.

use super::{Flaw, Head, TrustedLog};
use crate::model::{LogRecord, limits};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_merkle::{hash_leaf, verify_inclusion_proof};
use sigstore_types::Sha256Hash;
use std::collections::BTreeMap;

/// The trees of a log: the present one, and those that it no longer writes to. Nothing is proven yet.
#[derive(Clone, Debug)]
pub struct Trees(BTreeMap<u64, String>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLog {
    #[serde(flatten)]
    active: WireTree,
    #[serde(default)]
    inactive_shards: Option<Vec<WireTree>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTree {
    #[serde(rename = "treeID")]
    tree_id: String,
    signed_tree_head: String,
}

impl Trees {
    /// Parses the answer of `GET /api/v1/log`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(answer: &[u8]) -> Result<Self, Flaw> {
        let wire: WireLog = serde_json::from_slice(answer)
            .map_err(|error| Flaw::answer(format!("the log does not say its trees: {error}")))?;
        let shards = wire.inactive_shards.unwrap_or_default();
        if shards.len() >= limits::LOG_TREES {
            return Err(Flaw::answer(format!(
                "the log names {} trees, at most {} are looked at",
                shards.len() + 1,
                limits::LOG_TREES
            )));
        }
        let mut trees = BTreeMap::new();
        for tree in shards.into_iter().chain([wire.active]) {
            let id = tree
                .tree_id
                .parse()
                .map_err(|_| Flaw::answer(format!("{:.40?} is no id of a tree", tree.tree_id)))?;
            trees.insert(id, tree.signed_tree_head);
        }
        Ok(Self(trees))
    }

    /// The present state of a tree.
    ///
    /// # Errors
    /// When the log does not have the tree, or did not sign what it says of it.
    pub fn head(&self, tree_id: u64, log: &TrustedLog) -> Result<Head, Flaw> {
        let Some(note) = self.0.get(&tree_id) else {
            let is_the_log = self.0.values().any(|note| log.head(note).is_ok());
            return Err(if is_the_log {
                let message = format!("the log no longer has the tree {tree_id}");
                Flaw::contradiction("tree-missing", message)
            } else {
                let message = format!(
                    "no tree there is signed by the log of the signature, {}",
                    log.id()
                );
                Flaw::contradiction("checkpoint", message)
            });
        };
        let head = log.head(note)?;
        if tree_of(&head.origin) != Some(tree_id) {
            return Err(Flaw::contradiction(
                "checkpoint",
                format!(
                    "the checkpoint of the tree {tree_id} is of {:?}",
                    head.origin
                ),
            ));
        }
        Ok(head)
    }
}

/// The id at the end of a checkpoint's origin, `HOST - ID`.
pub fn tree_of(origin: &str) -> Option<u64> {
    origin.rsplit_once(" - ")?.1.parse().ok()
}

/// Which entry to ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// Its index over all trees, which the log has promised.
    Index(u64),
    /// Its tree and leaf hash: without a promise only the place within the tree is proven.
    Uuid(String),
}

/// How to ask for the recorded entry.
pub fn asked(record: &LogRecord) -> Asked {
    let tree = record.tree.as_ref().and_then(|tree| tree_of(&tree.origin));
    match (record.integrated, tree) {
        (None, Some(tree)) => Asked::Uuid(format!("{tree:016x}{}", record.leaf_hash)),
        (None, None) => Asked::Uuid(record.leaf_hash.clone()),
        _ => Asked::Index(record.index),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry {
    body: String,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    verification: WireVerification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireVerification {
    inclusion_proof: WireProof,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProof {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}

/// Where the log has the entry now.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The tree.
    pub tree_id: u64,
    /// The state in which the log has just proven the entry.
    pub head: Head,
}

/// Checks that the answer of `GET /api/v1/log/entries…` is the recorded entry, with a proof that it is in the log now.
///
/// # Errors
/// When it is another entry, or the proof does not lead to a checkpoint that the log signed.
pub fn check_entry(answer: &[u8], record: &LogRecord, log: &TrustedLog) -> Result<Seen, Flaw> {
    let unreadable =
        |error: &dyn std::fmt::Display| Flaw::answer(format!("the log's entry is none: {error}"));
    let entries: BTreeMap<String, WireEntry> =
        serde_json::from_slice(answer).map_err(|error| unreadable(&error))?;
    let mut entries = entries.into_iter();
    let (Some((uuid, entry)), None) = (entries.next(), entries.next()) else {
        return Err(unreadable(&"it does not hold exactly one"));
    };
    let body = STANDARD
        .decode(&entry.body)
        .map_err(|error| unreadable(&error))?;
    let leaf = hash_leaf(&body);
    let proof = &entry.verification.inclusion_proof;
    let other = |what: &str| {
        Flaw::contradiction(
            "entry",
            format!(
                "the log has another entry at index {}: {what}",
                record.index
            ),
        )
    };
    if leaf.to_hex() != record.leaf_hash {
        return Err(other(&format!(
            "its leaf hash is {}, {} was recorded",
            leaf.to_hex(),
            record.leaf_hash
        )));
    }
    if entry.log_id != record.log_id {
        return Err(other("it is said to be of another log"));
    }
    if record
        .integrated
        .is_some_and(|time| time.as_second() != entry.integrated_time)
    {
        return Err(other("it bears another time"));
    }
    let has_index = match (record.integrated, &record.tree) {
        (Some(_), _) => entry.log_index == record.index,
        (None, _) => proof.log_index == record.index,
    };
    let has_leaf_index = record
        .tree
        .as_ref()
        .is_none_or(|tree| tree.leaf_index == proof.log_index);
    if !has_index || !has_leaf_index {
        return Err(other("the recorded one is now at another index"));
    }
    let head = check_inclusion(proof, &leaf, log)?;
    let tree_id = tree_of(&head.origin)
        .ok_or_else(|| unreadable(&format!("its checkpoint is of {:?}", head.origin)))?;
    let recorded = record.tree.as_ref().map(|tree| tree_of(&tree.origin));
    let of_uuid = uuid.strip_suffix(&record.leaf_hash);
    let is_named = of_uuid.is_some_and(|tree| tree.is_empty() || tree == format!("{tree_id:016x}"));
    if !is_named || recorded.is_some_and(|recorded| recorded != Some(tree_id)) {
        return Err(other("it is in another tree"));
    }
    Ok(Seen { tree_id, head })
}

fn check_inclusion(proof: &WireProof, leaf: &Sha256Hash, log: &TrustedLog) -> Result<Head, Flaw> {
    let head = log.head(&proof.checkpoint)?;
    let wrong = |why: &dyn std::fmt::Display| {
        Flaw::contradiction(
            "inclusion",
            format!("the log does not prove that the entry is in its tree now: {why}"),
        )
    };
    if proof.tree_size != head.size || proof.root_hash != head.root.to_hex() {
        return Err(wrong(&"the proof is for another tree than its checkpoint"));
    }
    let hashes = hashes(&proof.hashes)?;
    verify_inclusion_proof(leaf, proof.log_index, head.size, &hashes, &head.root)
        .map_err(|error| wrong(&error))?;
    Ok(head)
}

/// The hashes of the answer of `GET /api/v1/log/proof`.
///
/// # Errors
/// When it is none.
pub fn growth_proof(answer: &[u8]) -> Result<Vec<Sha256Hash>, Flaw> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        hashes: Option<Vec<String>>,
    }
    let wire: Wire = serde_json::from_slice(answer)
        .map_err(|error| Flaw::answer(format!("the log's proof is none: {error}")))?;
    hashes(&wire.hashes.unwrap_or_default())
}

fn hashes(texts: &[String]) -> Result<Vec<Sha256Hash>, Flaw> {
    // A consistency proof has one hash more than the tree is high, at most.
    if texts.len() > limits::PROOF_HASHES + 1 {
        return Err(Flaw::answer(format!("a proof of {} hashes", texts.len())));
    }
    texts
        .iter()
        .map(|text| Sha256Hash::from_hex(text))
        .collect::<Result<_, _>>()
        .map_err(|error| Flaw::answer(format!("the log's proof is none: {error}")))
}
