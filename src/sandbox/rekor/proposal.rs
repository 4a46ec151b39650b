//! What clients propose to the log, and the canonical bodies that it keeps.

use super::super::Refusal;
use crate::model::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_crypto::VerificationKey;
use sigstore_types::{DerPublicKey, SignatureBytes, pae};
use std::collections::BTreeSet;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

/// What goes into the tree.
pub(super) struct Canonical {
    pub(super) body: Vec<u8>,
    /// Digests that the entry is found by, `sha256:…`.
    pub(super) hashes: BTreeSet<String>,
}

/// What an entry of version 2 is about.
pub(in super::super) struct Signed<'a> {
    /// SHA-256 of the signed bytes.
    pub(in super::super) digest: Digest,
    pub(in super::super) signature: &'a [u8],
    /// DER of the signer's key.
    pub(in super::super) key: &'a [u8],
    /// DER of the signer's certificate.
    pub(in super::super) certificate: Option<&'a [u8]>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Proposal {
    Dsse(Versioned<Dsse>),
    HashedRekord(Versioned<HashedRekord>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned<T> {
    api_version: String,
    spec: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    proposed_content: Proposed,
}

#[derive(Deserialize)]
struct Proposed {
    envelope: String,
    verifiers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

#[derive(Deserialize)]
struct HashedRekord {
    data: Data,
    signature: Signature,
}

#[derive(Deserialize)]
struct Data {
    hash: Hash,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    content: String,
    public_key: PublicKey,
}

#[derive(Deserialize)]
struct PublicKey {
    content: String,
}

/// The entry for this proposal, if its signature verifies.
pub(super) fn canonical(proposal: &[u8]) -> Result<Canonical, Refusal> {
    let proposal: Proposal =
        serde_json::from_slice(proposal).map_err(|error| bad(&error.to_string()))?;
    let (version, (body, hashes)) = match &proposal {
        Proposal::Dsse(entry) => (&entry.api_version, dsse(&entry.spec)?),
        Proposal::HashedRekord(entry) => (&entry.api_version, hashedrekord(&entry.spec)?),
    };
    if version != "0.0.1" {
        return Err(bad(&format!("unsupported apiVersion {version}")));
    }
    let body = serde_json_canonicalizer::to_vec(&body).map_err(|error| bad(&error.to_string()))?;
    Ok(Canonical { body, hashes })
}

/// The entry of version 2 (rekor-tiles, `hashedrekord.proto`), if its signature verifies.
pub(super) fn version_2(signed: &Signed<'_>) -> Result<Canonical, Refusal> {
    let raw = SignatureBytes::new(signed.signature.to_vec());
    VerificationKey::from_spki(&DerPublicKey::new(signed.key.to_vec()))
        .and_then(|key| key.verify_prehashed(signed.digest.as_raw(), &raw))
        .map_err(|_| bad("invalid signature"))?;
    let (name, der) = match signed.certificate {
        Some(der) => ("x509Certificate", der),
        None => ("publicKey", signed.key),
    };
    let body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
        "data": {"algorithm": "SHA2_256", "digest": STANDARD.encode(signed.digest.as_raw())},
        "signature": {
            "content": STANDARD.encode(signed.signature),
            "verifier": {"keyDetails": "PKIX_ECDSA_P256_SHA_256", name: {"rawBytes": STANDARD.encode(der)}},
        },
    }}});
    let body = serde_json_canonicalizer::to_vec(&body).map_err(|error| bad(&error.to_string()))?;
    Ok(Canonical {
        body,
        hashes: BTreeSet::from([signed.digest.to_string()]),
    })
}

fn dsse(spec: &Dsse) -> Result<(Value, BTreeSet<String>), Refusal> {
    let text = &spec.proposed_content.envelope;
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| bad(&error.to_string()))?;
    let payload = decode(&envelope.payload)?;
    let signed = pae(&envelope.payload_type, &payload);
    if envelope.signatures.is_empty() {
        return Err(bad("an envelope without signature"));
    }
    let mut signatures = Vec::new();
    for signature in &envelope.signatures {
        let raw = SignatureBytes::new(decode(&signature.sig)?);
        let verifier = spec.proposed_content.verifiers.iter().find(|verifier| {
            public_key(verifier)
                .and_then(|key| VerificationKey::from_spki(&key).map_err(|_| bad("key")))
                .is_ok_and(|key| key.verify(&signed, &raw).is_ok())
        });
        let verifier = verifier
            .ok_or_else(|| bad("invalid signature when validating ASN.1 encoded signature"))?;
        signatures.push(json!({"signature": signature.sig, "verifier": verifier}));
    }
    let envelope_hash = Digest::of(text.as_bytes());
    let payload_hash = Digest::of(&payload);
    let mut hashes = subjects(&payload);
    hashes.extend([envelope_hash.to_string(), payload_hash.to_string()]);
    let body = json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": {"algorithm": "sha256", "value": envelope_hash.hex()},
        "payloadHash": {"algorithm": "sha256", "value": payload_hash.hex()},
        "signatures": signatures,
    }});
    Ok((body, hashes))
}

fn hashedrekord(spec: &HashedRekord) -> Result<(Value, BTreeSet<String>), Refusal> {
    if spec.data.hash.algorithm != "sha256" {
        return Err(bad("unsupported hash algorithm"));
    }
    let digest = Digest::from_hex(&spec.data.hash.value).map_err(|_| bad("invalid hash"))?;
    let verifier = &spec.signature.public_key.content;
    let signature = SignatureBytes::new(decode(&spec.signature.content)?);
    VerificationKey::from_spki(&public_key(verifier)?)
        .and_then(|key| key.verify_prehashed(digest.as_raw(), &signature))
        .map_err(|_| {
            bad("verifying signature: invalid signature when validating ASN.1 encoded signature")
        })?;
    let body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {"content": spec.signature.content, "publicKey": {"content": verifier}},
    }});
    Ok((body, BTreeSet::from([digest.to_string()])))
}

/// SHA-256 digests of an in-toto statement's subjects; none for another payload.
fn subjects(payload: &[u8]) -> BTreeSet<String> {
    let statement: Value = serde_json::from_slice(payload).unwrap_or_default();
    let subjects = statement.get("subject").and_then(Value::as_array);
    subjects
        .into_iter()
        .flatten()
        .filter_map(|subject| subject.get("digest")?.get("sha256")?.as_str())
        .map(|hex| format!("sha256:{hex}"))
        .collect()
}

/// The key in base64 of PEM: of a certificate or of a key.
fn public_key(verifier: &str) -> Result<DerPublicKey, Refusal> {
    let text = String::from_utf8(decode(verifier)?).map_err(|_| bad("invalid PEM"))?;
    if let Ok(key) = DerPublicKey::from_pem(&text) {
        return Ok(key);
    }
    let der = sigstore_types::DerCertificate::from_pem(&text).map_err(|_| bad("invalid PEM"))?;
    Certificate::from_der(der.as_bytes())
        .and_then(|certificate| {
            let spki = certificate.tbs_certificate.subject_public_key_info;
            spki.to_der().map(DerPublicKey::new)
        })
        .map_err(|_| bad("invalid certificate"))
}

fn decode(text: &str) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(text).map_err(|_| bad("invalid base64"))
}

fn bad(why: &str) -> Refusal {
    Refusal::new(400, format!("error processing entry: {why}"))
}
