//! Rekor: a transparency log in memory, served as version 1; entries of version 2 are made for clients in the process.

mod api;
mod forge;
mod proposal;

use super::defects::EntryDefect;
use super::merkle::{self, Hash};
use super::{Clock, Refusal, SandboxError};
use crate::model::{Digest, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proposal::Canonical;
pub(super) use proposal::Signed;
use serde_json::{Value, json};
use sigstore_crypto::KeyPair;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name in the log's checkpoints.
const HOST: &str = "rekor.demo.invalid";

/// The log.
pub(super) struct Rekor {
    key: KeyPair,
    key_id: Digest,
    tree_id: u64,
    clock: Clock,
    tree: Mutex<Tree>,
    /// Only an entry with a defect is signed by it.
    stranger: KeyPair,
}

#[derive(Default)]
struct Tree {
    leaves: Vec<Hash>,
    entries: Vec<Logged>,
    by_leaf: BTreeMap<Hash, usize>,
    /// `sha256:…` to the entries that are about it.
    by_hash: BTreeMap<String, BTreeSet<usize>>,
}

struct Logged {
    body: Vec<u8>,
    time: Timestamp,
    promise: Vec<u8>,
}

/// An entry with a proof for the tree of the moment.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) uuid: String,
    pub(super) body: Vec<u8>,
    pub(super) kind: String,
    pub(super) version: String,
    pub(super) time: Timestamp,
    pub(super) index: usize,
    pub(super) log_id: Digest,
    pub(super) promise: Vec<u8>,
    pub(super) size: usize,
    pub(super) root: Hash,
    pub(super) path: Vec<Hash>,
    pub(super) checkpoint: String,
}

/// Why nothing was added.
pub(super) enum Rejected {
    /// The very entry is in the log under this UUID.
    Exists(String),
    Refused(Refusal),
}

impl Rekor {
    pub(super) fn new(clock: Clock) -> Result<Self, SandboxError> {
        let key = KeyPair::generate_ecdsa_p256()?;
        let key_id = Digest::of(key.public_key_der()?.as_bytes());
        let mut tree_id = [0; 8];
        tree_id.copy_from_slice(key_id.as_raw().get(..8).unwrap_or(&[0; 8]));
        Ok(Self {
            key,
            key_id,
            // Trillian's tree ids are positive 64-bit numbers.
            tree_id: u64::from_be_bytes(tree_id) >> 1 | 1,
            clock,
            tree: Mutex::default(),
            stranger: KeyPair::generate_ecdsa_p256()?,
        })
    }

    /// DER of the log's key.
    pub(super) fn spki(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.key.public_key_der()?.into_bytes())
    }

    /// DER of the stranger's key.
    pub(super) fn foreign_spki(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.stranger.public_key_der()?.into_bytes())
    }

    /// Adds what a client proposes, once its signature is verified; with this defect.
    pub(super) fn add(
        &self,
        proposal: &[u8],
        defect: Option<EntryDefect>,
    ) -> Result<Entry, Rejected> {
        let entry = proposal::canonical(proposal).map_err(Rejected::Refused)?;
        self.include(entry, defect)
    }

    /// Adds an entry of version 2, which has no promise and no time.
    pub(super) fn add_v2(
        &self,
        signed: &Signed<'_>,
        defect: Option<EntryDefect>,
    ) -> Result<Entry, Rejected> {
        let entry = proposal::version_2(signed).map_err(Rejected::Refused)?;
        self.include(entry, defect)
    }

    fn include(
        &self,
        mut proposed: Canonical,
        defect: Option<EntryDefect>,
    ) -> Result<Entry, Rejected> {
        let (kind, version) = kind_of(&proposed.body);
        let mut time = self.clock.now();
        if let Some(defect) = defect {
            proposed.body = self
                .forged_body(&proposed.body, defect)
                .map_err(Rejected::Refused)?;
            time = forge::time(time, defect);
        }
        let leaf = merkle::leaf(&proposed.body);
        let mut tree = self.tree();
        if tree.by_leaf.contains_key(&leaf) {
            return Err(Rejected::Exists(self.uuid(leaf)));
        }
        let index = tree.leaves.len();
        let promise = self
            .promise(&self.key, &proposed.body, time, index)
            .map_err(|error| Rejected::Refused(error.into()))?;
        tree.leaves.push(leaf);
        tree.by_leaf.insert(leaf, index);
        for hash in proposed.hashes {
            tree.by_hash.entry(hash).or_default().insert(index);
        }
        tree.entries.push(Logged {
            body: proposed.body,
            time,
            promise,
        });
        let mut entry = self.at(&tree, index).map_err(Rejected::Refused)?;
        if let Some(defect) = defect {
            (entry.kind, entry.version) = (kind, version);
            self.forge(&tree, &mut entry, defect)
                .map_err(Rejected::Refused)?;
        }
        Ok(entry)
    }

    /// The entry at this index.
    pub(super) fn by_index(&self, index: usize) -> Result<Entry, Refusal> {
        self.at(&self.tree(), index)
    }

    /// The entry of this UUID, with or without the tree id before it.
    pub(super) fn by_uuid(&self, uuid: &str) -> Result<Entry, Refusal> {
        let bad = || {
            Refusal::new(
                422,
                format!(
                    "uuid in path should match '^([0-9a-fA-F]{{64}}|[0-9a-fA-F]{{80}})$': {uuid}"
                ),
            )
        };
        let leaf = match uuid.len() {
            64 => uuid,
            80 => uuid
                .strip_prefix(&format!("{:016x}", self.tree_id))
                .ok_or_else(|| Refusal::new(404, "entry not found"))?,
            _ => return Err(bad()),
        };
        let leaf = *Digest::from_hex(leaf).map_err(|_| bad())?.as_raw();
        let tree = self.tree();
        let index = tree.by_leaf.get(&leaf).copied();
        index.map_or_else(
            || Err(Refusal::new(404, "entry not found")),
            |index| self.at(&tree, index),
        )
    }

    /// UUIDs of the entries about this digest.
    pub(super) fn about(&self, hash: &str) -> Vec<String> {
        let tree = self.tree();
        let indices = tree.by_hash.get(hash).into_iter().flatten();
        indices
            .filter_map(|index| tree.leaves.get(*index))
            .map(|leaf| self.uuid(*leaf))
            .collect()
    }

    /// Forgets all entries but the first ones, and adds these bodies unseen.
    pub(super) fn rewrite(&self, keep: usize, then: &[Vec<u8>]) {
        let mut tree = self.tree();
        tree.leaves.truncate(keep);
        tree.entries.truncate(keep);
        tree.by_leaf.retain(|_, index| *index < keep);
        tree.by_hash.clear();
        for body in then {
            let (leaf, index) = (merkle::leaf(body), tree.leaves.len());
            tree.leaves.push(leaf);
            tree.by_leaf.insert(leaf, index);
            tree.entries.push(Logged {
                body: body.clone(),
                time: self.clock.now(),
                promise: Vec::new(),
            });
        }
    }

    /// Number of entries.
    pub(super) fn size(&self) -> usize {
        self.tree().leaves.len()
    }

    fn at(&self, tree: &Tree, index: usize) -> Result<Entry, Refusal> {
        let missing = || Refusal::new(404, "entry not found");
        let logged = tree.entries.get(index).ok_or_else(missing)?;
        let leaf = tree.leaves.get(index).ok_or_else(missing)?;
        let root = merkle::root(&tree.leaves);
        let (kind, version) = kind_of(&logged.body);
        Ok(Entry {
            uuid: self.uuid(*leaf),
            body: logged.body.clone(),
            kind,
            version,
            time: logged.time,
            index,
            log_id: self.key_id,
            promise: logged.promise.clone(),
            size: tree.leaves.len(),
            root,
            path: merkle::inclusion(&tree.leaves, index),
            checkpoint: self.checkpoint(&self.key, tree.leaves.len(), root)?,
        })
    }

    /// The signed entry timestamp: over the canonical JSON of what the log says about the entry.
    fn promise(
        &self,
        key: &KeyPair,
        body: &[u8],
        time: Timestamp,
        index: usize,
    ) -> Result<Vec<u8>, SandboxError> {
        let said = json!({
            "body": STANDARD.encode(body), "integratedTime": time.as_second(),
            "logID": self.key_id.hex(), "logIndex": index,
        });
        let canonical = serde_json_canonicalizer::to_vec(&said)?;
        Ok(key.sign(&canonical)?.into_bytes())
    }

    /// A signed note (<https://c2sp.org/signed-note>) of this tree.
    fn checkpoint(&self, key: &KeyPair, size: usize, root: Hash) -> Result<String, Refusal> {
        let note = format!(
            "{HOST} - {}\n{size}\n{}\n",
            self.tree_id,
            STANDARD.encode(root)
        );
        let failed = |error: sigstore_crypto::Error| Refusal::new(500, error.to_string());
        let signature = key.sign(note.as_bytes()).map_err(failed)?;
        let key_id = Digest::of(key.public_key_der().map_err(failed)?.as_bytes());
        let hint = key_id.as_raw().get(..4).unwrap_or_default();
        let signature = STANDARD.encode([hint, signature.as_bytes()].concat());
        Ok(format!("{note}\n\u{2014} {HOST} {signature}\n"))
    }

    fn uuid(&self, leaf: Hash) -> String {
        format!("{:016x}{}", self.tree_id, hex::encode(leaf))
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// As the API serves it: hashes in hex.
    pub(super) fn to_api(&self) -> Value {
        let entry = json!({
            "body": STANDARD.encode(&self.body),
            "integratedTime": self.time.as_second(),
            "logID": self.log_id.hex(),
            "logIndex": self.index,
            "verification": {
                "inclusionProof": {
                    "checkpoint": self.checkpoint,
                    "hashes": self.path.iter().map(hex::encode).collect::<Vec<_>>(),
                    "logIndex": self.index,
                    "rootHash": hex::encode(self.root),
                    "treeSize": self.size,
                },
                "signedEntryTimestamp": STANDARD.encode(&self.promise),
            },
        });
        Value::Object([(self.uuid.clone(), entry)].into_iter().collect())
    }

    /// As a Sigstore bundle holds it: hashes in base64, numbers as text.
    pub(super) fn to_bundle(&self) -> Value {
        let mut entry = json!({
            "logIndex": self.index.to_string(),
            "logId": {"keyId": STANDARD.encode(self.log_id.as_raw())},
            "kindVersion": {"kind": self.kind, "version": self.version},
            "inclusionProof": {
                "logIndex": self.index.to_string(),
                "rootHash": STANDARD.encode(self.root),
                "treeSize": self.size.to_string(),
                "hashes": self.path.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>(),
                "checkpoint": {"envelope": self.checkpoint},
            },
            "canonicalizedBody": STANDARD.encode(&self.body),
        });
        if let (Some(entry), "0.0.1") = (entry.as_object_mut(), self.version.as_str()) {
            entry.insert(
                "integratedTime".into(),
                self.time.as_second().to_string().into(),
            );
            entry.insert(
                "inclusionPromise".into(),
                json!({"signedEntryTimestamp": STANDARD.encode(&self.promise)}),
            );
        }
        entry
    }

    /// As cosign's old annotation holds it: the promise and what it is over.
    pub(super) fn to_legacy(&self) -> Value {
        json!({
            "SignedEntryTimestamp": STANDARD.encode(&self.promise),
            "Payload": {
                "body": STANDARD.encode(&self.body),
                "integratedTime": self.time.as_second(),
                "logIndex": self.index,
                "logID": self.log_id.hex(),
            },
        })
    }
}

/// Kind and version that a body states; empty for one that states none.
fn kind_of(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    (text("kind").into(), text("apiVersion").into())
}
