//! The Sigstore bundle as it is written: v0.3, one DSSE envelope.

use super::log::{Recorded, Verifier};
use crate::model::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sigstore_types::TransparencyLogEntry;

/// Payload type of the envelope (in-toto attestation v1, "Envelope").
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The bundle with its keys in cosign's order (protobuf-specs, `sigstore_bundle.proto`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle<'a> {
    media_type: &'static str,
    verification_material: Material<'a>,
    dsse_envelope: Envelope,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Material<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyHint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<RawBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tlog_entries: Option<[&'a TransparencyLogEntry; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Serialize)]
struct KeyHint {
    hint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timestamps {
    rfc3161_timestamps: Vec<SignedTimestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedTimestamp {
    signed_timestamp: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    payload: String,
    payload_type: &'static str,
    signatures: [EnvelopeSignature; 1],
}

#[derive(Serialize)]
struct EnvelopeSignature {
    sig: String,
}

impl<'a> Bundle<'a> {
    pub(super) fn new(
        verifier: &Verifier,
        timestamps: &[Vec<u8>],
        recorded: Option<&'a Recorded>,
        envelope: Envelope,
    ) -> Self {
        let (public_key, certificate) = match verifier {
            // The hint that cosign gives and looks for: the digest of the key.
            Verifier::Key(key) => {
                let hint = STANDARD.encode(Digest::of(key.as_bytes()).as_raw());
                (Some(KeyHint { hint }), None)
            }
            Verifier::Certificate(certificate) => {
                let raw_bytes = STANDARD.encode(certificate.as_bytes());
                (None, Some(RawBytes { raw_bytes }))
            }
        };
        let rfc3161_timestamps: Vec<_> = timestamps
            .iter()
            .map(|bytes| SignedTimestamp {
                signed_timestamp: STANDARD.encode(bytes),
            })
            .collect();
        Self {
            media_type: MEDIA_TYPE,
            verification_material: Material {
                public_key,
                certificate,
                tlog_entries: recorded.map(|found| [&found.entry]),
                timestamp_verification_data: (!rfc3161_timestamps.is_empty())
                    .then_some(Timestamps { rfc3161_timestamps }),
            },
            dsse_envelope: envelope,
        }
    }
}

impl Envelope {
    pub(super) fn new(statement: &[u8], signature: &[u8]) -> Self {
        let sig = STANDARD.encode(signature);
        Self {
            payload: STANDARD.encode(statement),
            payload_type: PAYLOAD_TYPE,
            signatures: [EnvelopeSignature { sig }],
        }
    }
}
