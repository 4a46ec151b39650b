//! What the sandbox's services make is judged by other people's verifiers, over HTTP where there is a protocol.

mod dashboards;
mod metrics;
mod registry;
mod signing;
mod sigstore;

use super::*;
use serde_json::{Value, json};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};

pub(super) const COMMIT: &str = "4f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39";

pub(super) fn options() -> SandboxOptions {
    SandboxOptions::release("example-org/shop", "v1.4.0", COMMIT)
}

pub(super) async fn sandbox() -> Sandbox {
    Sandbox::start(options()).await.unwrap()
}

pub(super) fn verifier(sandbox: &Sandbox) -> Verifier {
    Verifier::new(&TrustedRoot::from_json(sandbox.trusted_root_json()).unwrap()).unwrap()
}

/// The certificate's identity, when the bundle proves that it signed something about this digest.
pub(super) fn identity(sandbox: &Sandbox, bundle: &str, digest: Digest) -> Result<String, String> {
    let bundle = Bundle::from_json(bundle).map_err(|error| error.to_string())?;
    let result = verifier(sandbox)
        .verify(
            Sha256Hash::new(*digest.as_raw()),
            &bundle,
            &VerificationPolicy::any_identity(),
        )
        .map_err(|error| error.to_string())?;
    Ok(result.identity().unwrap().to_string())
}

pub(super) fn statement(digest: Digest) -> Vec<u8> {
    json!({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "x", "digest": {"sha256": digest.hex()}}],
        "predicateType": "https://example.test/p", "predicate": {}})
    .to_string()
    .into_bytes()
}

pub(super) async fn get(url: &str) -> (u16, Vec<u8>) {
    let response = reqwest::get(url).await.unwrap();
    let status = response.status().as_u16();
    (status, response.bytes().await.unwrap().to_vec())
}

pub(super) async fn get_json(url: &str) -> Value {
    serde_json::from_slice(&get(url).await.1).unwrap()
}

pub(super) async fn post(url: &str, body: Vec<u8>) -> reqwest::Response {
    let client = reqwest::Client::new();
    client.post(url).body(body).send().await.unwrap()
}
