//! Signatures and attestations as cosign makes them, in both of its formats, by an identity or by a key.

use super::ca::pem;
use super::oidc::{Caller, Claims};
use super::rekor::{Entry, Rejected};
use super::{Refusal, Sandbox, SandboxError};
use crate::model::Digest;
use crate::oci::Descriptor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sigstore_crypto::KeyPair;
use sigstore_types::{DerPublicKey, SignatureBytes, pae};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

const IN_TOTO: &str = "application/vnd.in-toto+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Who signs.
#[derive(Clone, Debug)]
pub enum SignedBy {
    /// An identity, with a certificate for a key of the moment.
    Identity(Caller),
    /// A key that verifiers know.
    Key(LocalKey),
}

/// A key of the sandbox's own.
#[derive(Clone)]
pub struct LocalKey(Arc<KeyPair>);

impl LocalKey {
    /// A fresh P-256 key.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn generate() -> Result<Self, SandboxError> {
        Ok(Self(Arc::new(KeyPair::generate_ecdsa_p256()?)))
    }

    /// The public key, PEM.
    ///
    /// # Errors
    /// When it has no DER encoding.
    pub fn public_pem(&self) -> Result<String, SandboxError> {
        Ok(self.0.public_key_der()?.to_pem())
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey(…)")
    }
}

/// How the signature is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// cosign 2: layers under the tags `sha256-….sig` and `sha256-….att`.
    Legacy,
    /// cosign 3: a Sigstore bundle, attached by its `subject`.
    Bundle,
}

/// What is signed about the image.
#[derive(Clone, Debug)]
pub enum Content {
    /// That it is this image, with these annotations.
    Signature(BTreeMap<String, String>),
    /// A predicate about it.
    Attestation {
        /// URI of its type.
        predicate_type: String,
        /// It.
        predicate: Value,
    },
}

/// One thing that is wrong with an otherwise good signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Defect {
    /// It is about this other digest.
    OtherSubject(Digest),
    /// One bit of the signature is flipped after all was signed and logged.
    BrokenSignature,
    /// There is no log entry with it.
    NoLogEntry,
    /// There is no timestamp with it (Sigstore bundles only: the legacy format has none anyway).
    NoTimestamp,
}

/// What is to be signed.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// Repository in the sandbox's registry.
    pub repository: String,
    /// The image.
    pub image: Descriptor,
    /// By whom.
    pub signer: SignedBy,
    /// How it is stored.
    pub format: Format,
    /// What is said.
    pub content: Content,
    /// What is to be wrong with it.
    pub defect: Option<Defect>,
}

/// What was signed and stored.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The manifest that holds it.
    pub manifest: Digest,
    /// The layer: simple signing payload, DSSE envelope or Sigstore bundle.
    pub object: Vec<u8>,
    /// UUID of its log entry.
    pub uuid: Option<String>,
}

/// A signature over some bytes, with all that goes beside it.
pub(super) struct Made {
    pub(super) signature: Vec<u8>,
    pub(super) entry: Option<Entry>,
    pub(super) certificate: Option<Vec<u8>>,
    key: DerPublicKey,
    timestamp: Option<Vec<u8>>,
}

impl Sandbox {
    /// The Sigstore bundle (JSON, version 0.3) of a DSSE envelope around this in-toto statement.
    ///
    /// # Errors
    /// When one of the services refuses, such as a log that has this very envelope already.
    pub fn sign_statement(
        &self,
        statement: &[u8],
        signer: &SignedBy,
        defect: Option<Defect>,
    ) -> Result<String, SandboxError> {
        let (envelope, made) = self.envelope(statement, signer, defect)?;
        self.bundle(&made, "dsseEnvelope", envelope)
    }

    /// The Sigstore bundle (JSON, version 0.3) of a signature over these bytes, as `cosign sign-blob` makes it.
    ///
    /// # Errors
    /// When one of the services refuses.
    pub fn sign_blob(
        &self,
        blob: &[u8],
        signer: &SignedBy,
        defect: Option<Defect>,
    ) -> Result<String, SandboxError> {
        let made = self.sign_bytes(blob, signer, defect)?;
        let content = json!({
            "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(Digest::of(blob).as_raw())},
            "signature": STANDARD.encode(&made.signature),
        });
        self.bundle(&made, "messageSignature", content)
    }

    /// The same, logged in the tiled log.
    ///
    /// # Errors
    /// When one of the services refuses.
    pub fn sign_blob_in_tiles(
        &self,
        blob: &[u8],
        signer: &SignedBy,
    ) -> Result<String, SandboxError> {
        let made = self.sign_bytes(blob, signer, Some(Defect::NoLogEntry))?;
        let verifier = match &made.certificate {
            Some(der) => ("x509Certificate", der.as_slice()),
            None => ("publicKey", made.key.as_bytes()),
        };
        let entry = self
            .tile_log()
            .add(Digest::of(blob), &made.signature, verifier)?;
        let content = json!({
            "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(Digest::of(blob).as_raw())},
            "signature": STANDARD.encode(&made.signature),
        });
        let bundle = self.bundle(&made, "messageSignature", content)?;
        let mut bundle: Value = serde_json::from_str(&bundle)?;
        if let Some(material) = bundle.get_mut("verificationMaterial") {
            *material.get_mut("tlogEntries").unwrap_or(&mut Value::Null) = json!([entry]);
        }
        Ok(bundle.to_string())
    }

    /// A signature over these bytes, logged as `hashedrekord`.
    pub(super) fn sign_bytes(
        &self,
        bytes: &[u8],
        signer: &SignedBy,
        defect: Option<Defect>,
    ) -> Result<Made, SandboxError> {
        self.make(bytes, signer, defect, |signature, verifier| {
            json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": Digest::of(bytes).hex()}},
                "signature": {"content": signature, "publicKey": {"content": verifier}},
            }})
        })
    }

    /// A signed envelope around this payload, logged as `dsse`.
    pub(super) fn envelope(
        &self,
        payload: &[u8],
        signer: &SignedBy,
        defect: Option<Defect>,
    ) -> Result<(Value, Made), SandboxError> {
        let envelope = |signature: &str| {
            json!({"payload": STANDARD.encode(payload), "payloadType": IN_TOTO,
                "signatures": [{"sig": signature}]})
        };
        let signed = pae(IN_TOTO, payload);
        let made = self.make(&signed, signer, defect, |signature, verifier| {
            json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": {
                "envelope": envelope(signature).to_string(), "verifiers": [verifier],
            }}})
        })?;
        Ok((envelope(&STANDARD.encode(&made.signature)), made))
    }

    /// The Sigstore bundle around some content.
    pub(super) fn bundle(
        &self,
        made: &Made,
        name: &str,
        content: Value,
    ) -> Result<String, SandboxError> {
        let mut material = Map::new();
        match &made.certificate {
            Some(der) => material.insert(
                "certificate".into(),
                json!({"rawBytes": STANDARD.encode(der)}),
            ),
            None => material.insert(
                "publicKey".into(),
                json!({"hint": STANDARD.encode(Digest::of(made.key.as_bytes()).as_raw())}),
            ),
        };
        let entries: Vec<Value> = made.entry.iter().map(Entry::to_bundle).collect();
        material.insert("tlogEntries".into(), entries.into());
        if let Some(token) = &made.timestamp {
            let timestamps = json!([{"signedTimestamp": STANDARD.encode(token)}]);
            material.insert(
                "timestampVerificationData".into(),
                json!({"rfc3161Timestamps": timestamps}),
            );
        }
        let mut bundle = Map::new();
        bundle.insert("mediaType".into(), BUNDLE.into());
        bundle.insert("verificationMaterial".into(), material.into());
        bundle.insert(name.into(), content);
        Ok(serde_json::to_string(&bundle)?)
    }

    /// Key, certificate, signature, timestamp, log entry, in this order.
    fn make(
        &self,
        bytes: &[u8],
        signer: &SignedBy,
        defect: Option<Defect>,
        proposal: impl Fn(&str, &str) -> Value,
    ) -> Result<Made, SandboxError> {
        let (key, certificate) = self.signing_key(signer)?;
        let public = key.public_key_der()?;
        let verifier = certificate.as_deref().map_or_else(|| public.to_pem(), pem);
        let mut signature = key.sign(bytes)?.into_bytes();
        let timestamp = (defect != Some(Defect::NoTimestamp))
            .then(|| self.authority().stamp(&signature))
            .transpose()?;
        let entry = if defect == Some(Defect::NoLogEntry) {
            None
        } else {
            let proposal = proposal(&STANDARD.encode(&signature), &STANDARD.encode(verifier));
            Some(self.log(&proposal)?)
        };
        if let (Some(Defect::BrokenSignature), Some(last)) = (defect, signature.last_mut()) {
            *last ^= 1;
        }
        Ok(Made {
            signature,
            entry,
            certificate,
            key: public,
            timestamp,
        })
    }

    fn signing_key(
        &self,
        signer: &SignedBy,
    ) -> Result<(Arc<KeyPair>, Option<Vec<u8>>), SandboxError> {
        let caller = match signer {
            SignedBy::Key(key) => return Ok((key.0.clone(), None)),
            SignedBy::Identity(caller) => caller,
        };
        let key = KeyPair::generate_ecdsa_p256()?;
        let token = self.identity_token(&Claims::of(caller.clone()))?;
        let identity = match caller {
            Caller::Email(address) => address.clone(),
            Caller::Workflow(workflow) => workflow.subject(),
        };
        let proof: SignatureBytes = key.sign(identity.as_bytes())?;
        let certificate = self
            .fulcio()
            .certify(&token, &key.public_key_der()?, &proof)?;
        Ok((Arc::new(key), Some(certificate)))
    }

    fn log(&self, proposal: &Value) -> Result<Entry, SandboxError> {
        self.rekor()
            .add(proposal.to_string().as_bytes())
            .map_err(|rejected| match rejected {
                Rejected::Exists(uuid) => {
                    Refusal::new(409, format!("the log has this entry: {uuid}")).into()
                }
                Rejected::Refused(refusal) => refusal.into(),
            })
    }
}
