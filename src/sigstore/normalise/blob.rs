//! Signatures of files: Sigstore bundles, cosign's old bundle, and detached signatures.

use super::{Beside, Normalised, base64_of, bundle};
use crate::model::{Digest, Problem, limits};
use crate::sigstore::verify::Detached;
use crate::sigstore::{envelope, json, problem::problem};
use serde::Deserialize;
use serde_json::value::RawValue;
use sigstore_types::{MessageSignature, SignatureBytes, SignatureContent};

/// The bundle of cosign up to version 2: no media type, no proof.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Old {
    base64_signature: String,
    cert: Option<String>,
    rekor_bundle: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "base64Signature")]
    old: Option<serde::de::IgnoredAny>,
}

/// Whichever it is, in one shape.
pub(in crate::sigstore) fn parse(detached: &Detached<'_>) -> Result<Normalised, Problem> {
    let given = detached.signature.map(content).transpose()?;
    let certificate = detached.certificate.map(text).transpose()?;
    let Some(bytes) = detached.bundle else {
        let given = given.ok_or_else(|| problem("signature-missing", "there is no signature"))?;
        let beside = Beside {
            certificate,
            ..Beside::default()
        };
        return given.with(&beside);
    };
    let malformed = |error: serde_json::Error| problem("bundle-malformed", error);
    if bytes.len() as u64 > limits::ATTESTATION_BYTES {
        return Err(problem("bundle-size", "the bundle is too large"));
    }
    let probe: Probe = serde_json::from_slice(bytes).map_err(malformed)?;
    if probe.old.is_none() {
        if given.is_some() || certificate.is_some() {
            return Err(problem(
                "signature-differs",
                "a Sigstore bundle has its own signature and certificate: give no other",
            ));
        }
        return bundle::parse(bytes);
    }
    json::refuse_duplicate_keys(bytes).map_err(malformed)?;
    let old: Old = serde_json::from_slice(bytes).map_err(malformed)?;
    let inside = content(old.base64_signature.as_bytes())?;
    if given.is_some_and(|given| given.content != inside.content) {
        return Err(problem(
            "signature-differs",
            "the signature beside the bundle is another one than in it",
        ));
    }
    let cert = old.cert.as_deref().filter(|cert| !cert.is_empty());
    if let (Some(inside), Some(given)) = (cert, certificate)
        && super::pem_certificates(inside)?.first() != super::pem_certificates(given)?.first()
    {
        return Err(problem(
            "certificate-differs",
            "the certificate beside the bundle is another one than in it",
        ));
    }
    let beside = Beside {
        certificate: cert.or(certificate),
        log: old.rekor_bundle.as_deref().map(RawValue::get),
        ..Beside::default()
    };
    inside.with(&beside)
}

struct Given {
    content: SignatureContent,
    /// Of a DSSE envelope's bytes.
    digest: Digest,
}

impl Given {
    fn with(self, beside: &Beside<'_>) -> Result<Normalised, Problem> {
        let mut normalised = Normalised::assemble(self.content, beside)?;
        normalised.envelope = Some(self.digest);
        Ok(normalised)
    }
}

/// A signature file: base64 or raw bytes of a signature, or a DSSE envelope, plain or base64.
fn content(bytes: &[u8]) -> Result<Given, Problem> {
    let decoded = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| base64_of(text).ok())
        .unwrap_or_else(|| bytes.to_vec());
    let digest = Digest::of(&decoded);
    let content = if decoded.first() == Some(&b'{') {
        SignatureContent::DsseEnvelope(envelope::parse(&decoded)?)
    } else if decoded.len() > MAX_SIGNATURE {
        return Err(problem(
            "signature-malformed",
            "a signature is not that long",
        ));
    } else {
        SignatureContent::MessageSignature(MessageSignature::new(SignatureBytes::new(decoded)))
    };
    Ok(Given { content, digest })
}

/// ML-DSA-87 signatures, the longest, have 4,627 bytes.
const MAX_SIGNATURE: usize = 8_192;

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|error| problem("certificate-malformed", error))
}
