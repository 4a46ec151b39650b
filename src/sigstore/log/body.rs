//! What a logged body says was signed, compared field by field with what is at hand.

use super::OldEntry;
use crate::model::{Digest, Problem};
use crate::sigstore::problem::problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sigstore_rekor::body::{HashValue, IntotoSignature, RekorEntryBody};
use sigstore_types::{
    DerCertificate, DerPublicKey, DigestBytes, DsseEnvelope, HashAlgorithm, KindVersion,
    MessageSignature, PemContent, SignatureBytes, TransparencyLogEntry,
};

/// Who signed.
#[derive(Clone, Copy)]
pub(in crate::sigstore) enum Verifier<'a> {
    Key(&'a DerPublicKey),
    Certificate(&'a DerCertificate),
}

/// What was signed.
#[derive(Clone, Copy)]
pub(in crate::sigstore) enum Signed<'a> {
    /// A message, by its digest in any of the algorithms; none where only another digest of it is at hand.
    Message(
        &'a MessageSignature,
        &'a dyn Fn(HashAlgorithm) -> Option<Vec<u8>>,
    ),
    /// An envelope, what its signature is over, and the digest of its bytes as they came.
    Envelope(&'a DsseEnvelope, &'a [u8], Option<&'a Digest>),
}

/// Checks that the entry is about this signature by this signer.
pub(in crate::sigstore) fn check(
    entry: &TransparencyLogEntry,
    signed: Signed<'_>,
    verifier: Verifier<'_>,
) -> Result<(), Problem> {
    let malformed = |error: sigstore_rekor::Error| problem("log-entry-malformed", error);
    if entry.kind_version == KindVersion::HashedRekordV002 {
        return check_tiled(entry.canonicalized_body.as_bytes(), signed, verifier);
    }
    let body =
        RekorEntryBody::parse(&entry.canonicalized_body, entry.kind_version).map_err(malformed)?;
    match (&body, signed) {
        (RekorEntryBody::HashedRekordV001(body), Signed::Message(message, digest)) => {
            let (data, signature) = (&body.spec.data, &body.spec.signature);
            same_digest(&data.hash, digest)?;
            same_signature(message.signature.as_bytes(), signature.content.as_bytes())?;
            verifier.is_in_pem(&signature.public_key.content)
        }
        (RekorEntryBody::DsseV001(body), Signed::Envelope(envelope, ..)) => {
            let payload = &body.spec.payload_hash;
            let [logged] = body.spec.signatures.as_slice() else {
                return Err(problem(
                    "log-entry-mismatch",
                    "the log entry has not exactly one signature",
                ));
            };
            same_payload(payload.algorithm, &payload.value, envelope)?;
            let signature = envelope.signature.sig.as_bytes();
            same_signature(signature, logged.signature.as_bytes())?;
            verifier.is_in_pem(&logged.verifier)
        }
        (RekorEntryBody::IntotoV002(body), Signed::Envelope(envelope, ..)) => {
            let content = &body.spec.content;
            let [logged] = content.envelope.signatures.as_slice() else {
                return Err(problem(
                    "log-entry-mismatch",
                    "the log entry has not exactly one signature",
                ));
            };
            if content.envelope.payload_type != envelope.payload_type {
                return Err(problem(
                    "log-entry-mismatch",
                    "the log entry has another payload type",
                ));
            }
            same_payload(
                content.payload_hash.algorithm,
                content.payload_hash.value.as_str(),
                envelope,
            )?;
            same_intoto_signature(envelope, logged)?;
            verifier.is_in_pem(&logged.public_key)
        }
        (_, Signed::Message(..)) => Err(unfit(entry.kind_version, "a file's signature")),
        (_, Signed::Envelope(..)) => Err(unfit(entry.kind_version, "an envelope")),
    }
}

/// The same for Rekor v2's only kind, whose digest of an envelope is that of what its signature is over. The crate reads
/// such entries of P-256 keys only.
fn check_tiled(body: &[u8], signed: Signed<'_>, verifier: Verifier<'_>) -> Result<(), Problem> {
    #[derive(Deserialize)]
    struct Body {
        spec: Spec,
    }
    #[derive(Deserialize)]
    struct Spec {
        #[serde(rename = "hashedRekordV002")]
        record: Record,
    }
    #[derive(Deserialize)]
    struct Record {
        data: Data,
        signature: Signature,
    }
    #[derive(Deserialize)]
    struct Data {
        algorithm: HashAlgorithm,
        digest: DigestBytes,
    }
    #[derive(Deserialize)]
    struct Signature {
        content: SignatureBytes,
        verifier: Logged,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Logged {
        public_key: Option<Raw<DerPublicKey>>,
        x509_certificate: Option<Raw<DerCertificate>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Raw<T> {
        raw_bytes: T,
    }
    let body: Body =
        serde_json::from_slice(body).map_err(|error| problem("log-entry-malformed", error))?;
    let Record { data, signature } = body.spec.record;
    let (found, made) = match signed {
        Signed::Message(message, digest) => (digest(data.algorithm), &message.signature),
        Signed::Envelope(envelope, over, _) => {
            (digest_of(data.algorithm, over), &envelope.signature.sig)
        }
    };
    if found.as_deref() != Some(data.digest.as_bytes()) {
        return Err(other_digest());
    }
    same_signature(made.as_bytes(), signature.content.as_bytes())?;
    let is_same = match (verifier, signature.verifier) {
        (
            Verifier::Key(key),
            Logged {
                public_key: Some(logged),
                x509_certificate: None,
            },
        ) => logged.raw_bytes == *key,
        (
            Verifier::Certificate(certificate),
            Logged {
                x509_certificate: Some(logged),
                public_key: None,
            },
        ) => logged.raw_bytes == *certificate,
        _ => false,
    };
    if is_same { Ok(()) } else { Err(other_signer()) }
}

/// Checks that the entry of the old kind is about this envelope by this signer.
pub(in crate::sigstore) fn check_old(
    entry: &OldEntry,
    signed: Signed<'_>,
    verifier: Verifier<'_>,
) -> Result<(), Problem> {
    #[derive(Deserialize)]
    struct Body {
        spec: Spec,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Spec {
        content: Content,
        public_key: PemContent,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Content {
        hash: HashValue,
        payload_hash: HashValue,
    }
    let Signed::Envelope(envelope, _, Some(wire)) = signed else {
        return Err(problem(
            "log-entry-mismatch",
            "an entry of kind intoto is about an envelope",
        ));
    };
    let body: Body = serde_json::from_slice(&entry.body)
        .map_err(|error| problem("log-entry-malformed", error))?;
    let content = body.spec.content;
    // The envelope's digest stands for its signature, too.
    if content.hash.algorithm != HashAlgorithm::Sha2256 || content.hash.value.as_str() != wire.hex()
    {
        return Err(problem(
            "log-entry-mismatch",
            "the log entry is about another envelope",
        ));
    }
    same_payload(
        content.payload_hash.algorithm,
        content.payload_hash.value.as_str(),
        envelope,
    )?;
    verifier.is_in_pem(&body.spec.public_key)
}

impl Verifier<'_> {
    fn is_in_pem(self, logged: &PemContent) -> Result<(), Problem> {
        let text = std::str::from_utf8(logged.as_bytes())
            .map_err(|error| problem("log-entry-malformed", error))?;
        let is_same = match self {
            Self::Key(key) => DerPublicKey::from_pem(text).is_ok_and(|logged| logged == *key),
            Self::Certificate(certificate) => {
                DerCertificate::from_pem(text).is_ok_and(|logged| logged == *certificate)
            }
        };
        if is_same { Ok(()) } else { Err(other_signer()) }
    }
}

fn same_digest(
    logged: &HashValue,
    digest: &dyn Fn(HashAlgorithm) -> Option<Vec<u8>>,
) -> Result<(), Problem> {
    let found = digest(logged.algorithm).map(hex::encode);
    if found.as_deref() == Some(logged.value.as_str()) {
        Ok(())
    } else {
        Err(other_digest())
    }
}

fn same_payload(
    algorithm: HashAlgorithm,
    logged: &str,
    envelope: &DsseEnvelope,
) -> Result<(), Problem> {
    let found = digest_of(algorithm, envelope.payload.as_bytes()).map(hex::encode);
    if found.as_deref() == Some(logged) {
        Ok(())
    } else {
        Err(problem(
            "log-entry-mismatch",
            "the log entry is about another payload",
        ))
    }
}

fn same_signature(found: &[u8], logged: &[u8]) -> Result<(), Problem> {
    if found == logged {
        Ok(())
    } else {
        Err(problem(
            "log-entry-mismatch",
            "the log entry has another signature",
        ))
    }
}

/// Rekor keeps the signature of this kind in base64 twice.
fn same_intoto_signature(envelope: &DsseEnvelope, logged: &IntotoSignature) -> Result<(), Problem> {
    let decoded = STANDARD
        .decode(logged.sig.as_bytes())
        .map_err(|error| problem("log-entry-malformed", error))?;
    same_signature(envelope.signature.sig.as_bytes(), &decoded)
}

/// The digest of bytes; none in an algorithm that no log uses.
pub(in crate::sigstore) fn digest_of(algorithm: HashAlgorithm, bytes: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        HashAlgorithm::Sha2256 => Some(Digest::of(bytes).as_raw().to_vec()),
        HashAlgorithm::Sha2384 => Some(sigstore_crypto::sha384(bytes).as_slice().to_vec()),
        HashAlgorithm::Sha2512 => Some(sigstore_crypto::sha512(bytes).as_slice().to_vec()),
        _ => None,
    }
}

fn other_digest() -> Problem {
    problem("log-entry-mismatch", "the log entry is about other bytes")
}

fn other_signer() -> Problem {
    problem("log-entry-mismatch", "the log entry names another signer")
}

fn unfit(kind: KindVersion, what: &str) -> Problem {
    problem(
        "log-entry-mismatch",
        format!(
            "an entry of kind {} {} is not about {what}",
            kind.kind(),
            kind.version()
        ),
    )
}
