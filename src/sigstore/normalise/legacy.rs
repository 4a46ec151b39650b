//! cosign's formats before Sigstore bundles: layers of the tags `sha256-<hex>.sig` and `.att`.

use super::{Beside, Normalised, base64_of};
use crate::model::{Digest, Problem};
use crate::sigstore::statement::text_of;
use crate::sigstore::{envelope, json, problem::problem};
use serde::Deserialize;
use sigstore_types::{MessageSignature, SignatureBytes, SignatureContent};
use std::collections::{BTreeMap, BTreeSet};

/// Layers that hold a simple signing payload.
pub(in crate::sigstore) const SIMPLE_SIGNING: &str =
    "application/vnd.dev.cosign.simplesigning.v1+json";
/// Layers that hold a DSSE envelope.
pub(in crate::sigstore) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// What a simple signing payload says
/// (<https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>).
#[derive(Debug)]
pub(in crate::sigstore) struct Payload {
    pub(in crate::sigstore) docker_reference: Option<String>,
    pub(in crate::sigstore) image: Digest,
    pub(in crate::sigstore) annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Wire {
    critical: WireCritical,
    optional: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct WireCritical {
    identity: Option<WireIdentity>,
    image: WireImage,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct WireIdentity {
    #[serde(rename = "docker-reference")]
    docker_reference: Option<String>,
}

#[derive(Deserialize)]
struct WireImage {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: Digest,
}

impl Payload {
    /// Parses a payload. cosign takes the last of doubled keys, any letter case and any type; here these are refused.
    pub(in crate::sigstore) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let malformed = |error: serde_json::Error| problem("payload-malformed", error);
        json::refuse_duplicate_keys(bytes).map_err(malformed)?;
        refuse_lookalikes(bytes).map_err(malformed)?;
        let wire: Wire = serde_json::from_slice(bytes).map_err(malformed)?;
        if wire.critical.kind != "cosign container image signature" {
            return Err(problem(
                "payload-type",
                format!("the payload is a {:?}", wire.critical.kind),
            ));
        }
        Ok(Self {
            docker_reference: wire.critical.identity.and_then(|id| id.docker_reference),
            image: wire.critical.image.docker_manifest_digest,
            annotations: wire
                .optional
                .unwrap_or_default()
                .into_iter()
                .map(|(key, value)| (key, text_of(value)))
                .collect(),
        })
    }
}

/// Refuses names that differ in letter case alone: cosign takes either for the other, and so another digest than here.
fn refuse_lookalikes(bytes: &[u8]) -> Result<(), serde_json::Error> {
    let payload: serde_json::Value = serde_json::from_slice(bytes)?;
    for place in ["", "/critical", "/critical/image", "/critical/identity"] {
        let object = payload.pointer(place).and_then(|value| value.as_object());
        let names = object.into_iter().flat_map(|object| object.keys());
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name.to_lowercase()) {
                let message = format!("the name {name:?} stands there in another letter case, too");
                return Err(serde::de::Error::custom(message));
            }
        }
    }
    Ok(())
}

/// A layer of `.sig`: the signature over its bytes is in its annotations.
pub(in crate::sigstore) fn signature(
    annotations: &BTreeMap<String, String>,
) -> Result<Normalised, Problem> {
    let text = annotations
        .get(SIGNATURE)
        .ok_or_else(|| problem("signature-missing", "the layer has no signature annotation"))?;
    let bytes = base64_of(text).map_err(|error| problem("signature-malformed", error))?;
    let content =
        SignatureContent::MessageSignature(MessageSignature::new(SignatureBytes::new(bytes)));
    Normalised::assemble(content, &beside(annotations))
}

/// A layer of `.att`: it is the envelope, all but the signature is in its annotations.
pub(in crate::sigstore) fn attestation(
    bytes: &[u8],
    annotations: &BTreeMap<String, String>,
) -> Result<Normalised, Problem> {
    let content = SignatureContent::DsseEnvelope(envelope::parse(bytes)?);
    let mut normalised = Normalised::assemble(content, &beside(annotations))?;
    normalised.envelope = Some(Digest::of(bytes));
    Ok(normalised)
}

fn beside(annotations: &BTreeMap<String, String>) -> Beside<'_> {
    // cosign writes empty annotations where it has nothing to say.
    let get = |key| {
        annotations
            .get(key)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    };
    Beside {
        certificate: get(CERTIFICATE),
        chain: get(CHAIN),
        log: get(LOG),
        timestamp: get(TIMESTAMP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(edit: impl Fn(String) -> String) -> Result<Payload, Problem> {
        let hex = Digest::of(b"x").hex();
        let text = format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"h/r"}},"image":{{"docker-manifest-digest":"sha256:{hex}"}},"type":"cosign container image signature"}},"optional":{{"stage":"release","n":1}}}}"#
        );
        Payload::parse(edit(text).as_bytes())
    }

    #[test]
    fn a_payload_keeps_digest_reference_and_annotations() {
        let parsed = payload(|text| text).unwrap();

        assert_eq!(parsed.image, Digest::of(b"x"));
        assert_eq!(parsed.docker_reference.as_deref(), Some("h/r"));
        assert_eq!(parsed.annotations["stage"], "release");
        assert_eq!(parsed.annotations["n"], "1");
    }

    #[test]
    fn payloads_that_cosign_lets_pass_are_refused() {
        let doubled = |text: String| {
            let other = Digest::of(b"y");
            text.replace(
                r#"{"docker-manifest-digest""#,
                &format!(r#"{{"docker-manifest-digest":"{other}","docker-manifest-digest""#),
            )
        };
        assert_eq!(payload(doubled).unwrap_err().code, "payload-malformed");

        let case = |text: String| text.replace("docker-manifest-digest", "Docker-Manifest-Digest");
        assert_eq!(payload(case).unwrap_err().code, "payload-malformed");

        let kind = |text: String| text.replace("cosign container image signature", "");
        assert_eq!(payload(kind).unwrap_err().code, "payload-type");
    }
}
