//! The certificate log's promise inside a certificate (RFC 6962, section 3.2).

use crate::model::{Digest, Problem, Timestamp};
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use sigstore_crypto::{SigningScheme, VerificationKey};
use sigstore_types::SignatureBytes;
use x509_cert::Certificate;
use x509_cert::der::Encode;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::pkix::sct::{HashAlgorithm, SignatureAlgorithm};
use x509_cert::ext::pkix::{SignedCertificateTimestamp, SignedCertificateTimestampList};

/// `sct_version` v1 and `signature_type` certificate_timestamp.
const V1_CERTIFICATE_TIMESTAMP: [u8; 2] = [0, 0];
const PRECERT_ENTRY: [u8; 2] = [0, 1];

/// Checks that exactly one certificate log of the root promised to take the certificate.
pub(super) fn verify_sct(leaf: &Certificate, issuer: &[u8], root: &Root) -> Result<(), Problem> {
    let bad = |message: &str| problem("certificate-log", message);
    let promise = promise_in(leaf)?;
    if let Some(problem) = is_over(leaf, root) {
        return Err(problem);
    }
    let log = root
        .certificate_logs
        .iter()
        .find(|log| log.id == promise.log_id.key_id)
        .ok_or_else(|| bad("the certificate log is not in the trusted root"))?;
    let algorithm = &promise.signature.algorithm;
    let scheme = match (&algorithm.signature, &algorithm.hash) {
        (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha256) => SigningScheme::EcdsaP256Sha256,
        (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha384) => SigningScheme::EcdsaP384Sha384,
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha256) => SigningScheme::RsaPkcs1Sha256,
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha384) => SigningScheme::RsaPkcs1Sha384,
        (SignatureAlgorithm::Rsa, HashAlgorithm::Sha512) => SigningScheme::RsaPkcs1Sha512,
        _ => return Err(bad("the certificate log signed with an unknown algorithm")),
    };
    let signature = SignatureBytes::new(promise.signature.signature.as_slice().into());
    VerificationKey::from_der(&log.key, scheme)
        .and_then(|key| key.verify(signed(leaf, &promise, issuer)?, &signature))
        .map_err(|error| problem("certificate-log", error))
}

/// Whether the certificate carries promises of certificate logs, readable or not.
pub(super) fn has_promise(leaf: &Certificate) -> bool {
    let mut extensions = leaf.tbs_certificate.extensions.iter().flatten();
    extensions.any(|one| one.extn_id == SignedCertificateTimestampList::OID)
}

/// The problem, when the log that promised to take the certificate was none at that time.
pub(super) fn is_over(leaf: &Certificate, root: &Root) -> Option<Problem> {
    let promise = promise_in(leaf).ok()?;
    let time = Timestamp::from_millisecond(i64::try_from(promise.timestamp).ok()?).ok()?;
    let mut logs = root.certificate_logs.iter();
    let log = logs.find(|log| log.id == promise.log_id.key_id)?;
    log.window.filter(|window| !window.contains(time)).map(|_| {
        problem(
            "certificate-log-window",
            format!("the certificate log's key did not count at {time}"),
        )
    })
}

fn promise_in(leaf: &Certificate) -> Result<SignedCertificateTimestamp, Problem> {
    let bad = |message: String| problem("certificate-log", message);
    let list: Option<(bool, SignedCertificateTimestampList)> = leaf
        .tbs_certificate
        .get()
        .map_err(|error| bad(error.to_string()))?;
    let (_, list) = list.ok_or_else(|| bad("no certificate log promised to take it".into()))?;
    let promises = list
        .parse_timestamps()
        .map_err(|error| bad(format!("{error:?}")))?;
    match promises.as_slice() {
        [one] => one
            .parse_timestamp()
            .map_err(|error| bad(format!("{error:?}"))),
        _ => Err(bad(format!(
            "{} promises of certificate logs, not one",
            promises.len()
        ))),
    }
}

/// What the log signed: the certificate without the promise, and whose key issued it.
fn signed(
    leaf: &Certificate,
    promise: &SignedCertificateTimestamp,
    issuer: &[u8],
) -> Result<Vec<u8>, sigstore_crypto::Error> {
    let invalid = |message: String| sigstore_crypto::Error::InvalidCertificate(message);
    let mut precertificate = leaf.tbs_certificate.clone();
    if let Some(extensions) = &mut precertificate.extensions {
        extensions.retain(|one| one.extn_id != SignedCertificateTimestampList::OID);
    }
    let precertificate = precertificate
        .to_der()
        .map_err(|error| invalid(error.to_string()))?;
    let extensions = promise.extensions.as_slice();
    let (Some(length), Some(extensions_length)) = (
        length::<3>(precertificate.len()),
        length::<2>(extensions.len()),
    ) else {
        return Err(invalid("too large for a certificate log".into()));
    };
    Ok([
        &V1_CERTIFICATE_TIMESTAMP[..],
        &promise.timestamp.to_be_bytes(),
        &PRECERT_ENTRY,
        Digest::of(issuer).as_raw(),
        &length,
        &precertificate,
        &extensions_length,
        extensions,
    ]
    .concat())
}

/// A length in `N` bytes, as TLS writes it; none when it does not fit.
fn length<const N: usize>(of: usize) -> Option<[u8; N]> {
    let bytes = of.to_be_bytes();
    let (over, bytes) = bytes.split_at_checked(bytes.len().checked_sub(N)?)?;
    if over.iter().any(|byte| *byte != 0) {
        return None;
    }
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigstore::Roots;
    use x509_cert::der::Decode;

    const ROOT: &str = include_str!("../../../fixtures/sigstore/trust/trusted_root.json");
    const CHAIN: &str = include_str!("../../../fixtures/sigstore/trust/fulcio_chain.pem");
    const BUNDLE: &str =
        include_str!("../../../fixtures/sigstore/blobs/b04-v3-keyless-rekor1/bundle.sigstore.json");

    fn leaf() -> Certificate {
        let bundle = sigstore_types::Bundle::from_json(BUNDLE).unwrap();
        Certificate::from_der(bundle.signing_certificate().unwrap().as_bytes()).unwrap()
    }

    /// The key that issued it.
    fn issuer() -> Vec<u8> {
        let first = CHAIN.split_inclusive("-----END CERTIFICATE-----").next();
        let der = sigstore_types::DerCertificate::from_pem(first.unwrap()).unwrap();
        let issuer = Certificate::from_der(der.as_bytes()).unwrap();
        let key = issuer.tbs_certificate.subject_public_key_info;
        key.to_der().unwrap()
    }

    fn code(leaf: &Certificate, issuer: &[u8], root: &str) -> Option<String> {
        let mut roots = Roots::none();
        roots.add("test", root.as_bytes()).unwrap();
        verify_sct(leaf, issuer, &roots.roots[0])
            .err()
            .map(|problem| problem.code)
    }

    #[test]
    fn the_promise_of_a_known_log_holds() {
        assert_eq!(code(&leaf(), &issuer(), ROOT), None);
    }

    #[test]
    fn a_promise_about_another_certificate_or_by_another_log_is_refused() {
        let bad = Some("certificate-log".to_owned());
        let mut moved = leaf();
        moved.tbs_certificate.subject = moved.tbs_certificate.issuer.clone();
        let mut bare = leaf();
        let extensions = bare.tbs_certificate.extensions.as_mut().unwrap();
        extensions.retain(|one| one.extn_id != SignedCertificateTimestampList::OID);
        let mut other: serde_json::Value = serde_json::from_str(ROOT).unwrap();
        other["ctlogs"][0]["logId"] = other["tlogs"][0]["logId"].clone();

        assert_eq!(code(&moved, &issuer(), ROOT), bad);
        assert_eq!(code(&leaf(), b"another key", ROOT), bad);
        assert_eq!(code(&bare, &issuer(), ROOT), bad);
        assert_eq!(code(&leaf(), &issuer(), &other.to_string()), bad);
    }
}
