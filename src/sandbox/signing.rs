//! Signatures and attestations as cosign makes them, in both of its formats, by an identity or by a key.

use super::ca::pem;
use super::defects::{Defect, EntryDefect};
use super::oidc::{Caller, Claims};
use super::rekor::{self, Entry, Rejected};
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

/// The kind of log entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogVersion {
    /// Rekor 1: a promise with a time, and a proof.
    One,
    /// Rekor 2: a proof alone; the time is the timestamp authority's.
    Two,
}

/// How something is signed.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// By whom.
    pub signer: SignedBy,
    /// How it is logged.
    pub log: LogVersion,
    /// What is to be wrong with it.
    pub defect: Option<Defect>,
}

impl Recipe {
    /// Signed by this signer and logged in Rekor 1.
    pub fn new(signer: &SignedBy, defect: Option<Defect>) -> Self {
        Self {
            signer: signer.clone(),
            log: LogVersion::One,
            defect,
        }
    }
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
        self.sign_statement_as(statement, &Recipe::new(signer, defect))
    }

    /// The same, as the recipe says.
    ///
    /// # Errors
    /// As [`Self::sign_statement`].
    pub fn sign_statement_as(
        &self,
        statement: &[u8],
        recipe: &Recipe,
    ) -> Result<String, SandboxError> {
        let (envelope, made) = self.envelope(statement, recipe)?;
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
        self.sign_blob_as(blob, &Recipe::new(signer, defect))
    }

    /// The same, as the recipe says.
    ///
    /// # Errors
    /// As [`Self::sign_blob`].
    pub fn sign_blob_as(&self, blob: &[u8], recipe: &Recipe) -> Result<String, SandboxError> {
        let made = self.sign_bytes(blob, recipe)?;
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
        let made = self.sign_bytes(blob, &Recipe::new(signer, Some(Defect::NoLogEntry)))?;
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
    pub(super) fn sign_bytes(&self, bytes: &[u8], recipe: &Recipe) -> Result<Made, SandboxError> {
        self.make(bytes, recipe, |signature, verifier| {
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
        recipe: &Recipe,
    ) -> Result<(Value, Made), SandboxError> {
        let payload_type = match recipe.defect {
            Some(Defect::PayloadType) => "application/json",
            _ => IN_TOTO,
        };
        let envelope = |signature: &str| {
            json!({"payload": STANDARD.encode(payload), "payloadType": payload_type,
                "signatures": [{"sig": signature}]})
        };
        let signed = pae(payload_type, payload);
        let made = self.make(&signed, recipe, |signature, verifier| {
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
        recipe: &Recipe,
        proposal: impl Fn(&str, &str) -> Value,
    ) -> Result<Made, SandboxError> {
        let defect = recipe.defect;
        let (key, certificate) = self.signing_key(&recipe.signer, defect)?;
        let public = key.public_key_der()?;
        let verifier = certificate.as_deref().map_or_else(|| public.to_pem(), pem);
        let mut signature = key.sign(bytes)?.into_bytes();
        let timestamp = (defect != Some(Defect::NoTimestamp))
            .then(|| {
                self.authority()
                    .stamp(&signature, Defect::timestamp(defect))
            })
            .transpose()?;
        let logged = match defect {
            // ECDSA signs the same bytes otherwise each time.
            Some(Defect::Entry(EntryDefect::OtherSignature)) => key.sign(bytes)?.into_bytes(),
            _ => signature.clone(),
        };
        let wrong = Defect::entry(defect);
        let entry = match (defect, recipe.log) {
            (Some(Defect::NoLogEntry), _) => None,
            (_, LogVersion::One) => {
                let proposal = proposal(&STANDARD.encode(&logged), &STANDARD.encode(verifier));
                let added = self.rekor().add(proposal.to_string().as_bytes(), wrong);
                Some(added.map_err(rejected)?)
            }
            (_, LogVersion::Two) => {
                let signed = rekor::Signed {
                    digest: Digest::of(bytes),
                    signature: &logged,
                    key: public.as_bytes(),
                    certificate: certificate.as_deref(),
                };
                Some(self.rekor().add_v2(&signed, wrong).map_err(rejected)?)
            }
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
        defect: Option<Defect>,
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
        let wrong = Defect::certificate(defect);
        let certificate = self
            .fulcio()
            .certify(&token, &key.public_key_der()?, &proof, wrong)?;
        Ok((Arc::new(key), Some(certificate)))
    }
}

fn rejected(rejected: Rejected) -> SandboxError {
    match rejected {
        Rejected::Exists(uuid) => {
            Refusal::new(409, format!("the log has this entry: {uuid}")).into()
        }
        Rejected::Refused(refusal) => refusal.into(),
    }
}
