//! Stores signatures and attestations beside their image, where cosign looks for them.

use super::ca::pem;
use super::defects::Defect;
use super::signing::{Content, Format, Made, Recipe, SignRequest, Signed};
use super::{Refusal, Sandbox, SandboxError};
use crate::model::Digest;
use crate::oci::{Descriptor, Document, Manifest, manifest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

impl Sandbox {
    /// Signs an image and stores the signature beside it.
    ///
    /// # Errors
    /// When one of the services refuses.
    pub fn sign(&self, request: &SignRequest) -> Result<Signed, SandboxError> {
        let about = match request.defect {
            Some(Defect::OtherSubject(other)) => other,
            _ => request.image.digest,
        };
        match (request.format, &request.content) {
            (Format::Legacy, Content::Signature(annotations)) => {
                self.legacy_signature(request, about, annotations)
            }
            (
                Format::Legacy,
                Content::Attestation {
                    predicate_type,
                    predicate,
                },
            ) => self.legacy_attestation(request, about, predicate_type, predicate),
            (Format::Bundle, content) => self.attached_bundle(request, about, content),
        }
    }

    fn legacy_signature(
        &self,
        request: &SignRequest,
        about: Digest,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Signed, SandboxError> {
        let reference = match request.defect {
            Some(Defect::OtherReference(other)) => other.to_owned(),
            _ => format!("{}/{}", self.registry(), request.repository),
        };
        let optional = if annotations.is_empty() {
            Value::Null
        } else {
            json!(annotations)
        };
        let payload = json!({
            "critical": {
                "identity": {"docker-reference": reference},
                "image": {"docker-manifest-digest": about},
                "type": "cosign container image signature",
            },
            "optional": optional,
        })
        .to_string();
        let recipe = Recipe::new(&request.signer, request.defect);
        let made = self.sign_bytes(payload.as_bytes(), &recipe)?;
        let mut layer = Descriptor::of(SIMPLE_SIGNING, payload.as_bytes());
        layer.annotations = self.beside(&made, &STANDARD.encode(&made.signature))?;
        self.append(request, "sig", layer, payload.into_bytes(), &made)
    }

    /// The annotations of a layer with this simple signing payload: its signature, and what cosign 2 keeps beside it.
    ///
    /// # Errors
    /// When one of the services refuses.
    pub fn sign_payload(
        &self,
        payload: &[u8],
        recipe: &Recipe,
    ) -> Result<BTreeMap<String, String>, SandboxError> {
        let made = self.sign_bytes(payload, recipe)?;
        self.beside(&made, &STANDARD.encode(&made.signature))
    }

    /// A DSSE envelope around this statement, and the annotations of a layer with it as cosign 2 keeps them.
    ///
    /// # Errors
    /// When one of the services refuses.
    pub fn sign_envelope(
        &self,
        statement: &[u8],
        recipe: &Recipe,
    ) -> Result<(Vec<u8>, BTreeMap<String, String>), SandboxError> {
        let (envelope, made) = self.envelope(statement, recipe)?;
        Ok((envelope.to_string().into_bytes(), self.beside(&made, "")?))
    }

    fn legacy_attestation(
        &self,
        request: &SignRequest,
        about: Digest,
        predicate_type: &str,
        predicate: &Value,
    ) -> Result<Signed, SandboxError> {
        let statement = self.statement(request, about, predicate_type, predicate);
        let recipe = Recipe::new(&request.signer, request.defect);
        let (envelope, made) = self.envelope(&statement, &recipe)?;
        let envelope = envelope.to_string();
        let mut layer = Descriptor::of(ENVELOPE, envelope.as_bytes());
        layer.annotations = self.beside(&made, "")?;
        let layer = layer.annotated("predicateType", predicate_type);
        self.append(request, "att", layer, envelope.into_bytes(), &made)
    }

    fn beside(
        &self,
        made: &Made,
        signature: &str,
    ) -> Result<BTreeMap<String, String>, SandboxError> {
        let mut found = BTreeMap::from([(
            "dev.cosignproject.cosign/signature".to_owned(),
            signature.to_owned(),
        )]);
        if let Some(der) = &made.certificate {
            let chain: String = self.fulcio().chain()?.iter().map(|der| pem(der)).collect();
            found.insert("dev.sigstore.cosign/certificate".into(), pem(der));
            found.insert("dev.sigstore.cosign/chain".into(), chain);
        }
        if let Some(entry) = &made.entry {
            let bundle = entry.to_legacy().to_string();
            found.insert("dev.sigstore.cosign/bundle".into(), bundle);
        }
        Ok(found)
    }

    /// Adds a layer to the manifest under the image's tag of this kind.
    fn append(
        &self,
        request: &SignRequest,
        kind: &str,
        layer: Descriptor,
        object: Vec<u8>,
        made: &Made,
    ) -> Result<Signed, SandboxError> {
        let (store, repository) = (self.store(), request.repository.as_str());
        let tag = format!("sha256-{}.{kind}", request.image.digest.hex());
        let mut layers = match store.manifest(repository, &tag) {
            Some((_, stored)) => match Document::parse(&stored.bytes) {
                Ok(Document::Manifest(found)) => found.layers,
                _ => return Err(Refusal::new(400, "the tag holds no manifest").into()),
            },
            None => Vec::new(),
        };
        layers.push(layer);
        store.put_blob(repository, object.clone());
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.digest).collect();
        let config = json!({"architecture": "", "os": "", "created": "0001-01-01T00:00:00Z",
            "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}})
        .to_string();
        let config_descriptor = Descriptor::of(CONFIG, config.as_bytes());
        store.put_blob(repository, config);
        let bytes = serde_json::to_vec(&artifact(config_descriptor, layers))?;
        Ok(Signed {
            manifest: store.put_manifest(repository, Some(&tag), manifest::IMAGE_MANIFEST, bytes),
            object,
            uuid: made.entry.as_ref().map(|entry| entry.uuid.clone()),
        })
    }

    fn attached_bundle(
        &self,
        request: &SignRequest,
        about: Digest,
        content: &Content,
    ) -> Result<Signed, SandboxError> {
        let (predicate_type, statement) = match content {
            // cosign names no subject here, only its digest.
            Content::Signature(annotations) => {
                let mut subject = json!({"digest": {"sha256": about.hex()}});
                if let (false, Some(subject)) = (annotations.is_empty(), subject.as_object_mut()) {
                    subject.insert("annotations".into(), json!(annotations));
                }
                let statement = json!({"_type": "https://in-toto.io/Statement/v1",
                    "subject": [subject], "predicateType": COSIGN_SIGN, "predicate": {}});
                (COSIGN_SIGN, statement.to_string().into_bytes())
            }
            Content::Attestation {
                predicate_type,
                predicate,
            } => (
                predicate_type.as_str(),
                self.statement(request, about, predicate_type, predicate),
            ),
        };
        let recipe = Recipe::new(&request.signer, request.defect);
        let (envelope, made) = self.envelope(&statement, &recipe)?;
        let bundle = self.bundle(&made, "dsseEnvelope", envelope)?.into_bytes();
        let manifest = self.attach_bundle(
            &request.repository,
            &request.image,
            predicate_type,
            bundle.clone(),
        )?;
        Ok(Signed {
            manifest,
            object: bundle,
            uuid: made.entry.map(|entry| entry.uuid),
        })
    }

    /// Attaches a Sigstore bundle to an image as cosign 3 does, and returns its manifest's digest.
    ///
    /// # Errors
    /// When the manifest has no JSON, or the registry's fallback tag holds no index.
    pub fn attach_bundle(
        &self,
        repository: &str,
        image: &Descriptor,
        predicate_type: &str,
        bundle: Vec<u8>,
    ) -> Result<Digest, SandboxError> {
        let store = self.store();
        store.put_blob(repository, bundle.clone());
        store.put_blob(repository, &b"{}"[..]);
        let mut config = Descriptor::of(EMPTY, b"{}");
        config.artifact_type = Some(BUNDLE.into());
        let mut found = artifact(config, vec![Descriptor::of(BUNDLE, &bundle)]);
        found.artifact_type = Some(BUNDLE.into());
        let mut subject = image.clone();
        subject.platform = None;
        found.subject = Some(subject);
        found.annotations = BTreeMap::from([
            ("dev.sigstore.bundle.content".into(), "dsse-envelope".into()),
            (
                "dev.sigstore.bundle.predicateType".into(),
                predicate_type.into(),
            ),
            (
                "org.opencontainers.image.created".into(),
                self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            ),
        ]);
        let bytes = serde_json::to_vec(&found)?;
        Ok(store.attach(repository, bytes, image.digest)?)
    }

    /// `cosign attest` of either version writes Statement v0.1, with a named subject.
    fn statement(
        &self,
        request: &SignRequest,
        about: Digest,
        predicate_type: &str,
        predicate: &Value,
    ) -> Vec<u8> {
        let name = format!("{}/{}", self.registry(), request.repository);
        json!({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": predicate_type,
            "subject": [{"name": name, "digest": {"sha256": about.hex()}}], "predicate": predicate})
        .to_string()
        .into_bytes()
    }
}

fn artifact(config: Descriptor, layers: Vec<Descriptor>) -> Manifest {
    Manifest {
        schema_version: 2,
        media_type: Some(manifest::IMAGE_MANIFEST.into()),
        artifact_type: None,
        config,
        layers,
        subject: None,
        annotations: BTreeMap::new(),
    }
}
