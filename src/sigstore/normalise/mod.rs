//! Every wire format in one shape: a Sigstore bundle, and what a bundle cannot say beside it.

pub(super) mod blob;
pub(super) mod bundle;
pub(super) mod legacy;

mod entry;

use super::log::{self, OldEntry};
use super::problem::problem;
use crate::model::{Digest, Problem, limits};
use entry::Entry;
use sigstore_types::{
    Bundle, DerCertificate, MediaType, PublicKeyIdentifier, Rfc3161Timestamp, SignatureContent,
    TimestampToken, TimestampVerificationData, VerificationMaterial, VerificationMaterialContent,
    X509Certificate,
};
use std::sync::Arc;

/// A signature in one shape.
#[derive(Clone)]
pub(super) struct Normalised {
    /// The signature, its signer and what proves its time.
    pub(super) bundle: Bundle,
    /// A log entry of a kind that no Sigstore bundle holds.
    pub(super) old_entry: Option<OldEntry>,
    /// Digest of the envelope's bytes as they came, outside of Sigstore bundles.
    pub(super) envelope: Option<Digest>,
}

/// What cosign stored beside a signature before there were Sigstore bundles.
#[derive(Default)]
struct Beside<'a> {
    certificate: Option<&'a str>,
    chain: Option<&'a str>,
    log: Option<&'a str>,
    timestamp: Option<&'a str>,
}

impl Normalised {
    fn assemble(content: SignatureContent, beside: &Beside<'_>) -> Result<Self, Problem> {
        let entry = beside.log.map(entry::parse).transpose()?;
        let mut certificates = beside.certificate.map(pem_certificates).transpose()?;
        if let (Some(leaf), Some(chain)) = (&mut certificates, beside.chain) {
            leaf.truncate(1);
            leaf.extend(pem_certificates(chain)?);
        }
        let signer = match certificates {
            Some(certificates) => {
                VerificationMaterialContent::X509CertificateChain { certificates }
            }
            None => VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new("")),
        };
        let (entries, old_entry) = match entry {
            Some(Entry::Known(entry)) => (vec![*entry], None),
            Some(Entry::Old(entry)) => (Vec::new(), Some(entry)),
            None => (Vec::new(), None),
        };
        let timestamps = beside.timestamp.map(timestamp).transpose()?;
        let material = VerificationMaterial::new(signer)
            .with_tlog_entries(entries)
            .with_timestamp_verification_data(TimestampVerificationData::new(
                timestamps.into_iter().collect(),
            ));
        Ok(Self {
            // Version 0.1 alone lets a signed entry timestamp stand for the proof, as these formats have none.
            bundle: Bundle::new(MediaType::Bundle0_1, material, content),
            old_entry,
            envelope: None,
        })
    }

    /// Its first log entry.
    pub(super) fn entry(&self) -> Option<log::Entry<'_>> {
        let entries = &self.bundle.verification_material.tlog_entries;
        let old = self.old_entry.as_ref().map(Into::into);
        entries.first().map(Into::into).or(old)
    }

    /// Bytes of the signed statement, where it is an envelope.
    pub(super) fn payload_bytes(&self) -> usize {
        match &self.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => envelope.payload.as_bytes().len(),
            _ => 0,
        }
    }

    /// The signed statement's bytes, where it is an envelope.
    pub(super) fn into_payload(self) -> Option<Arc<[u8]>> {
        match self.bundle.content {
            SignatureContent::DsseEnvelope(envelope) => {
                Some(Arc::from(envelope.payload.into_bytes()))
            }
            _ => None,
        }
    }

    /// The same with certificates that complete its chain.
    pub(super) fn with_intermediates(&self, intermediates: &[X509Certificate]) -> Self {
        let mut completed = self.clone();
        let content = &mut completed.bundle.verification_material.content;
        let mut certificates = match content {
            VerificationMaterialContent::Certificate(one) => {
                vec![X509Certificate::new(one.raw_bytes.clone())]
            }
            VerificationMaterialContent::X509CertificateChain { certificates } => {
                std::mem::take(certificates)
            }
            _ => return completed,
        };
        certificates.extend_from_slice(intermediates);
        *content = VerificationMaterialContent::X509CertificateChain { certificates };
        if completed.bundle.media_type == MediaType::Bundle0_3 {
            // Version 0.2 asks for the same and takes chains.
            completed.bundle.media_type = MediaType::Bundle0_2;
        }
        completed
    }

    /// The same without its log entry.
    pub(super) fn without_log(&self) -> Self {
        let mut bundle = self.bundle.clone();
        bundle.verification_material.tlog_entries.clear();
        // Version 0.2 takes chains and, without a log, asks for a timestamp only.
        bundle.media_type = MediaType::Bundle0_2;
        Self {
            bundle,
            old_entry: None,
            envelope: self.envelope,
        }
    }
}

/// The certificates of a PEM text, or of the base64 of one (cosign writes both).
pub(super) fn pem_certificates(text: &str) -> Result<Vec<X509Certificate>, Problem> {
    let malformed = |message: String| problem("certificate-malformed", message);
    let decoded;
    let text = if text.contains("-----BEGIN") {
        text
    } else {
        let bytes = base64_of(text).map_err(malformed)?;
        decoded = String::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
        &decoded
    };
    let mut found = Vec::new();
    for block in text.split_inclusive("-----END CERTIFICATE-----") {
        if block.trim().is_empty() {
            continue;
        }
        if found.len() >= limits::CHAIN_CERTIFICATES {
            return Err(malformed(format!(
                "more than {} certificates",
                limits::CHAIN_CERTIFICATES
            )));
        }
        let certificate =
            DerCertificate::from_pem(block).map_err(|error| malformed(error.to_string()))?;
        found.push(X509Certificate::new(certificate));
    }
    if found.is_empty() {
        return Err(malformed("there is no certificate".into()));
    }
    Ok(found)
}

/// cosign's `{"SignedRFC3161Timestamp": base64}`.
fn timestamp(text: &str) -> Result<Rfc3161Timestamp, Problem> {
    #[derive(serde::Deserialize)]
    struct Wire {
        #[serde(rename = "SignedRFC3161Timestamp")]
        token: String,
    }
    let malformed = |message: String| problem("timestamp-invalid", message);
    let wire: Wire = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let token = base64_of(&wire.token).map_err(malformed)?;
    Ok(Rfc3161Timestamp::new(TimestampToken::new(token)))
}

fn base64_of(text: &str) -> Result<Vec<u8>, String> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .map_err(|error| error.to_string())
}
