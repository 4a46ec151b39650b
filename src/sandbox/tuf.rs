//! A TUF repository on loopback: real metadata and signatures, and one defect where a test wants it.

use super::service::{self, Running, answer};
use super::{Clock, SandboxError};
use crate::model::{Digest, limits};
use axum::Router;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Map, Value, json};
use sigstore_crypto::KeyPair;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seconds for which metadata is good.
const LIFE: i64 = 86_400;
const TARGET: &str = "trusted_root.json";

/// A top-level role of a TUF repository.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TufRole {
    /// `root.json`.
    Root,
    /// `timestamp.json`.
    Timestamp,
    /// `snapshot.json`.
    Snapshot,
    /// `targets.json`.
    Targets,
}

/// The one thing that is wrong with what a repository publishes; all else is signed as it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TufDefect {
    /// The role's metadata has expired.
    Expired(TufRole),
    /// The role's metadata is signed by a key that the root does not name for it; for a root, not by the last root's key.
    ForeignKey(TufRole),
    /// The file that this role vouches for has another byte than its hash: `timestamp` for the snapshot, and so on.
    OtherBytes(TufRole),
}

/// A repository with the trusted root of a Sigstore instance as its one target. It ends when it is dropped.
pub struct TufRepository {
    running: Running,
    state: Arc<Mutex<State>>,
    clock: Clock,
    first_root: Vec<u8>,
}

/// Files by their paths.
pub type TufFiles = BTreeMap<String, Vec<u8>>;

struct State {
    root_key: KeyPair,
    online_key: KeyPair,
    root_version: u64,
    version: u64,
    trusted_root: Vec<u8>,
    files: TufFiles,
    requests: Vec<String>,
}

impl TufRepository {
    /// Makes new keys and serves the trusted root, all versions being 1.
    ///
    /// # Errors
    /// When there is no port, or a key cannot be made.
    pub async fn start(trusted_root: &[u8], clock: Clock) -> Result<Self, SandboxError> {
        let mut state = State {
            root_key: KeyPair::generate_ecdsa_p256()?,
            online_key: KeyPair::generate_ecdsa_p256()?,
            root_version: 1,
            version: 0,
            trusted_root: trusted_root.into(),
            files: TufFiles::new(),
            requests: Vec::new(),
        };
        let now = clock.now().as_second();
        let root = state.root(now + LIFE)?;
        let first_root = envelope(&root, &[&state.root_key])?;
        state.files.insert("1.root.json".into(), first_root.clone());
        state.publish(now, None)?;
        let state = Arc::new(Mutex::new(state));
        let (listener, address) = service::listen().await?;
        Ok(Self {
            running: Running::serve(listener, address, router(state.clone())),
            state,
            clock,
            first_root,
        })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// The root of version 1, with which trust in it begins.
    pub fn first_root(&self) -> &[u8] {
        &self.first_root
    }

    /// Publishes another trusted root: the next version of targets, snapshot and timestamp.
    ///
    /// # Errors
    /// When a key does not sign.
    pub fn publish(
        &self,
        trusted_root: &[u8],
        defect: Option<TufDefect>,
    ) -> Result<(), SandboxError> {
        let mut state = lock(&self.state);
        state.trusted_root = trusted_root.into();
        state.publish(self.clock.now().as_second(), defect)
    }

    /// Publishes a root with new keys for every role, and signs the rest again with them.
    ///
    /// # Errors
    /// When a key cannot be made or does not sign.
    pub fn rotate(&self, defect: Option<TufDefect>) -> Result<(), SandboxError> {
        let now = self.clock.now().as_second();
        let mut state = lock(&self.state);
        let last = std::mem::replace(&mut state.root_key, KeyPair::generate_ecdsa_p256()?);
        state.online_key = KeyPair::generate_ecdsa_p256()?;
        state.root_version += 1;
        let expires = match defect {
            Some(TufDefect::Expired(TufRole::Root)) => now - LIFE,
            _ => now + LIFE,
        };
        let root = state.root(expires)?;
        let bytes = match defect {
            Some(TufDefect::ForeignKey(TufRole::Root)) => envelope(&root, &[&state.root_key])?,
            _ => envelope(&root, &[&last, &state.root_key])?,
        };
        let name = format!("{}.root.json", state.root_version);
        state.files.insert(name, bytes);
        state.publish(now, defect)
    }

    /// All that it serves.
    pub fn files(&self) -> TufFiles {
        lock(&self.state).files.clone()
    }

    /// Serves these files instead.
    pub fn set_files(&self, files: TufFiles) {
        lock(&self.state).files = files;
    }

    /// The paths that it has been asked for, newest last.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.state).requests.clone()
    }

    /// Closes it: whoever asks meets a refused connection.
    pub async fn stop(&mut self) {
        self.running.stop().await;
    }
}

/// Shows the address, never keys.
impl fmt::Debug for TufRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TufRepository").field(&self.url()).finish()
    }
}

impl State {
    fn root(&self, expires: i64) -> Result<Value, SandboxError> {
        let (root_id, root_key) = public(&self.root_key)?;
        let (online_id, online_key) = public(&self.online_key)?;
        let role = |id: &str| json!({"keyids": [id], "threshold": 1});
        let more = json!({
            "consistent_snapshot": true,
            "keys": {root_id.clone(): root_key, online_id.clone(): online_key},
            "roles": {
                "root": role(&root_id), "timestamp": role(&online_id),
                "snapshot": role(&online_id), "targets": role(&online_id),
            },
        });
        signed("root", self.root_version, expires, more)
    }

    /// The next version of the three online roles.
    fn publish(&mut self, now: i64, defect: Option<TufDefect>) -> Result<(), SandboxError> {
        self.version += 1;
        let version = self.version;
        let foreign = KeyPair::generate_ecdsa_p256()?;
        let expires = |role| match defect == Some(TufDefect::Expired(role)) {
            true => now - LIFE,
            false => now + LIFE,
        };
        let sign = |role, value: &Value| match defect == Some(TufDefect::ForeignKey(role)) {
            true => forged(value, &foreign, &self.online_key),
            false => envelope(value, &[&self.online_key]),
        };
        let changed = |role, mut bytes: Vec<u8>| {
            if defect == Some(TufDefect::OtherBytes(role)) {
                // White space changes no signature, only the hash.
                if let Some(last) = bytes.last_mut() {
                    *last = b' ';
                }
            }
            bytes
        };

        let mut trusted_root = self.trusted_root.clone();
        trusted_root.push(b'\n');
        let digest = Digest::of(&trusted_root).hex();
        let entry = json!({"length": trusted_root.len(), "hashes": {"sha256": digest.clone()}});
        let targets = json!({"targets": {TARGET: entry}});
        let targets = signed("targets", version, expires(TufRole::Targets), targets)?;
        let targets = sign(TufRole::Targets, &targets)?;
        let snapshot = json!({"meta": {"targets.json": pin(&targets, version)}});
        let snapshot = signed("snapshot", version, expires(TufRole::Snapshot), snapshot)?;
        let snapshot = sign(TufRole::Snapshot, &snapshot)?;
        let timestamp = json!({"meta": {"snapshot.json": pin(&snapshot, version)}});
        let timestamp = signed("timestamp", version, expires(TufRole::Timestamp), timestamp)?;
        let timestamp = sign(TufRole::Timestamp, &timestamp)?;

        let files = [
            (
                format!("targets/{digest}.{TARGET}"),
                changed(TufRole::Targets, trusted_root),
            ),
            (
                format!("{version}.targets.json"),
                changed(TufRole::Snapshot, targets),
            ),
            (
                format!("{version}.snapshot.json"),
                changed(TufRole::Timestamp, snapshot),
            ),
            ("timestamp.json".into(), timestamp),
        ];
        self.files.extend(files);
        Ok(())
    }
}

fn signed(role: &str, version: u64, expires: i64, more: Value) -> Result<Value, SandboxError> {
    let expires = crate::model::Timestamp::from_second(expires)
        .map_err(|error| super::Refusal::new(500, error.to_string()))?;
    let mut map = Map::new();
    map.insert("_type".into(), role.into());
    map.insert("spec_version".into(), "1.0.31".into());
    map.insert("version".into(), version.into());
    map.insert("expires".into(), expires.to_string().into());
    if let Value::Object(more) = more {
        map.extend(more);
    }
    Ok(Value::Object(map))
}

/// How one file is vouched for in another.
fn pin(bytes: &[u8], version: u64) -> Value {
    json!({
        "version": version, "length": bytes.len(), "hashes": {"sha256": Digest::of(bytes).hex()},
    })
}

/// A key's id, and the key as metadata has it.
fn public(key: &KeyPair) -> Result<(String, Value), SandboxError> {
    let value = json!({
        "keytype": "ecdsa",
        "scheme": "ecdsa-sha2-nistp256",
        "keyval": {"public": key.public_key_der()?.to_pem()},
    });
    let parsed: sigstore_tuf::Key = serde_json::from_value(value.clone())?;
    Ok((parsed.key_id()?, value))
}

fn envelope(signed: &Value, keys: &[&KeyPair]) -> Result<Vec<u8>, SandboxError> {
    let mut signatures = Vec::new();
    for key in keys {
        signatures.push(signature(signed, key, &public(key)?.0)?);
    }
    enclose(signed, signatures)
}

/// Signed by a key in another's name.
fn forged(signed: &Value, by: &KeyPair, as_if: &KeyPair) -> Result<Vec<u8>, SandboxError> {
    enclose(signed, vec![signature(signed, by, &public(as_if)?.0)?])
}

fn signature(signed: &Value, key: &KeyPair, id: &str) -> Result<Value, SandboxError> {
    let bytes = sigstore_tuf::canonical_json::to_canonical_bytes(signed)?;
    let signature = key.sign(&bytes)?;
    Ok(json!({"keyid": id, "sig": hex::encode(signature.as_bytes())}))
}

fn enclose(signed: &Value, signatures: Vec<Value>) -> Result<Vec<u8>, SandboxError> {
    let value = json!({"signed": signed, "signatures": signatures});
    let mut bytes = serde_json::to_vec(&value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn router(state: Arc<Mutex<State>>) -> Router {
    Router::new().fallback(move |uri: Uri| {
        let answer = respond(&mut lock(&state), uri.path());
        async move { answer }
    })
}

fn respond(state: &mut State, path: &str) -> Response {
    let path = path.trim_start_matches('/');
    if state.requests.len() < limits::SANDBOX_REQUESTS {
        state.requests.push(path.into());
    }
    match state.files.get(path) {
        Some(bytes) => answer(200, "application/octet-stream", bytes.clone()),
        None => answer(404, "text/plain", "not found\n"),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
