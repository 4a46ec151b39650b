//! Sigstore bundles, versions 0.1 to 0.3 (<https://github.com/sigstore/protobuf-specs>).

use super::Normalised;
use crate::model::{Problem, limits};
use crate::sigstore::json::{self, AtMost};
use crate::sigstore::{envelope, problem::problem};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sigstore_types::{Bundle, MediaType, SignatureContent};
use std::borrow::Cow;

/// What the media type of a layer with a Sigstore bundle starts with.
pub(in crate::sigstore) const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";

/// Items of a list that are counted; what is over the limits is then refused by name.
const COUNTED: usize = 4_096;

/// The parts of which exactly one may be there, and the lists that are counted before anything is decoded.
///
/// Nothing else may be there: the crate would copy it, whatever its size, and cosign reads no such Sigstore bundle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shape<'a> {
    #[serde(rename = "mediaType")]
    _media_type: Option<IgnoredAny>,
    #[serde(borrow)]
    verification_material: ShapeMaterial<'a>,
    #[serde(borrow)]
    message_signature: Option<ShapeMessage<'a>>,
    #[serde(borrow)]
    dsse_envelope: Option<envelope::Shape<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ShapeMaterial<'a> {
    #[serde(borrow)]
    certificate: Option<ShapeCertificate<'a>>,
    #[serde(borrow)]
    x509_certificate_chain: Option<ShapeChain<'a>>,
    #[serde(borrow)]
    public_key: Option<ShapeKey<'a>>,
    #[serde(default)]
    tlog_entries: AtMost<ShapeEntry, COUNTED>,
    timestamp_verification_data: Option<ShapeTimes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ShapeMessage<'a> {
    #[serde(borrow, rename = "messageDigest")]
    _message_digest: Option<ShapeDigest<'a>>,
    #[serde(borrow, rename = "signature")]
    _signature: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeDigest<'a> {
    #[serde(borrow, rename = "algorithm")]
    _algorithm: Cow<'a, str>,
    #[serde(borrow, rename = "digest")]
    _digest: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeCertificate<'a> {
    #[serde(borrow, rename = "rawBytes")]
    _raw_bytes: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeChain<'a> {
    #[serde(borrow, default)]
    certificates: AtMost<ShapeCertificate<'a>, COUNTED>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeKey<'a> {
    #[serde(borrow, rename = "hint")]
    _hint: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShapeEntry {
    inclusion_proof: Option<ShapeProof>,
}

#[derive(Deserialize)]
struct ShapeProof {
    #[serde(default)]
    hashes: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct ShapeTimes {
    #[serde(default, rename = "rfc3161Timestamps")]
    timestamps: Vec<IgnoredAny>,
}

/// Parses a Sigstore bundle. Checks no signature.
pub(in crate::sigstore) fn parse(bytes: &[u8]) -> Result<Normalised, Problem> {
    let malformed = |message: String| problem("bundle-malformed", message);
    if bytes.len() as u64 > limits::ATTESTATION_BYTES {
        return Err(problem("bundle-size", "the Sigstore bundle is too large"));
    }
    json::refuse_duplicate_keys(bytes).map_err(|error| malformed(error.to_string()))?;
    let shape: Shape<'_> =
        serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    check(&shape)?;
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    let mut bundle = Bundle::from_json(text).map_err(|error| malformed(error.to_string()))?;
    if let SignatureContent::DsseEnvelope(envelope) = &bundle.content {
        envelope::check_type(envelope)?;
    }
    if bundle.media_type == MediaType::Bundle0_1 {
        drop_unsigned_proofs(&mut bundle);
    }
    Ok(Normalised {
        bundle,
        old_entry: None,
        envelope: None,
    })
}

fn check(shape: &Shape<'_>) -> Result<(), Problem> {
    let malformed = |message: &str| Err(problem("bundle-malformed", message));
    let material = &shape.verification_material;
    if shape.message_signature.is_some() == shape.dsse_envelope.is_some() {
        return malformed("a Sigstore bundle has either a messageSignature or a dsseEnvelope");
    }
    let signers = [
        material.certificate.is_some(),
        material.x509_certificate_chain.is_some(),
        material.public_key.is_some(),
    ];
    if signers.into_iter().filter(|there| *there).count() != 1 {
        return malformed("a Sigstore bundle has one of certificate, chain and public key");
    }
    let counts = [
        (
            material.tlog_entries.0.len(),
            limits::LOG_ENTRIES,
            "log entries",
        ),
        (
            material
                .timestamp_verification_data
                .as_ref()
                .map_or(0, |times| times.timestamps.len()),
            limits::TIMESTAMPS,
            "timestamps",
        ),
        (
            material
                .x509_certificate_chain
                .as_ref()
                .map_or(0, |chain| chain.certificates.0.len()),
            limits::CHAIN_CERTIFICATES,
            "certificates",
        ),
        (
            material
                .tlog_entries
                .0
                .iter()
                .filter_map(|entry| entry.inclusion_proof.as_ref())
                .map(|proof| proof.hashes.len())
                .max()
                .unwrap_or_default(),
            limits::PROOF_HASHES,
            "hashes in a proof",
        ),
    ];
    match counts.into_iter().find(|(found, limit, _)| found > limit) {
        Some((found, limit, what)) => Err(problem(
            "bundle-size",
            format!("{found} {what}, at most {limit} are read"),
        )),
        None => Ok(()),
    }
}

/// Bundles of 2022 have proofs without a signed checkpoint, which prove nothing; there the promise must hold alone.
fn drop_unsigned_proofs(bundle: &mut Bundle) {
    for entry in &mut bundle.verification_material.tlog_entries {
        if entry
            .inclusion_proof
            .as_ref()
            .is_some_and(|proof| proof.checkpoint.is_empty())
        {
            entry.inclusion_proof = None;
        }
    }
}
