//! Certificate transparency: promises of one log, embedded in certificates (RFC 6962).

use super::{SandboxError, x509};
use crate::model::{Digest, Timestamp};
use sigstore_crypto::KeyPair;
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::OctetString;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::Extension;

const SCT_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
/// `sct_version` v1, and `signature_type` certificate_timestamp.
const V1_CERTIFICATE_TIMESTAMP: [u8; 2] = [0, 0];
const PRECERT_ENTRY: [u8; 2] = [0, 1];
const NO_EXTENSIONS: [u8; 2] = [0, 0];
/// SHA-256 with ECDSA (RFC 5246 section 7.4.1.4.1).
const SHA256_ECDSA: [u8; 2] = [4, 3];

/// The log: only its key, since nobody here monitors it.
#[derive(Debug)]
pub(super) struct CtLog {
    key: KeyPair,
}

impl CtLog {
    pub(super) fn new() -> Result<Self, SandboxError> {
        Ok(Self {
            key: KeyPair::generate_ecdsa_p256()?,
        })
    }

    /// DER of the log's key.
    pub(super) fn spki(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.key.public_key_der()?.into_bytes())
    }

    /// This log's promise to include a certificate of this to-be-signed part.
    pub(super) fn promise(
        &self,
        tbs: &TbsCertificate,
        issuer_spki: &[u8],
        at: Timestamp,
    ) -> Result<Vec<u8>, SandboxError> {
        let time = at.as_millisecond().to_be_bytes();
        let precertificate = tbs.to_der()?;
        let signed = [
            &V1_CERTIFICATE_TIMESTAMP[..],
            &time,
            &PRECERT_ENTRY,
            Digest::of(issuer_spki).as_raw(),
            &length::<3>(precertificate.len()),
            &precertificate,
            &NO_EXTENSIONS,
        ]
        .concat();
        let signature = self.key.sign(&signed)?;
        Ok([
            &[0][..],
            Digest::of(&self.spki()?).as_raw(),
            &time,
            &NO_EXTENSIONS,
            &SHA256_ECDSA,
            &length::<2>(signature.len()),
            signature.as_bytes(),
        ]
        .concat())
    }
}

/// The extension with these promises (section 3.3).
pub(super) fn list(promises: &[Vec<u8>]) -> Result<Extension, SandboxError> {
    let items: Vec<u8> = promises
        .iter()
        .flat_map(|promise| [&length::<2>(promise.len())[..], promise].concat())
        .collect();
    let list = [&length::<2>(items.len())[..], &items].concat();
    x509::raw_extension(SCT_LIST, &OctetString::new(list)?.to_der()?, false)
}

/// The last `N` bytes of a length, as TLS writes it.
fn length<const N: usize>(of: usize) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().rev().zip(of.to_be_bytes().iter().rev()) {
        *to = *from;
    }
    bytes
}
