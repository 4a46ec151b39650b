//! Certificate chains, as the `sigstore-verify` crate verifies them: for certificates whose signatures it cannot judge.

use crate::model::{Problem, Timestamp};
use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use rustls_pki_types::{CertificateDer, UnixTime};
use sigstore_crypto::WEBPKI_VERIFICATION_ALGS;
use sigstore_types::bundle::VerificationMaterialContent;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};
use x509_cert::Certificate;
use x509_cert::der::{Any, Encode, Tag};

/// `id-kp-codeSigning` (RFC 5280, section 4.2.1.12), 1.3.6.1.5.5.7.3.3, as DER writes it.
const CODE_SIGNING: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 3];

/// Checks that the certificate was valid at that time.
pub(super) fn check_validity(leaf: &Certificate, time: Timestamp) -> Result<(), Problem> {
    let validity = &leaf.tbs_certificate.validity;
    let parse = |time: x509_cert::time::Time| {
        Timestamp::try_from(time.to_system_time())
            .map_err(|error| problem("certificate-malformed", error))
    };
    let (from, to) = (parse(validity.not_before)?, parse(validity.not_after)?);
    if from <= time && time <= to {
        return Ok(());
    }
    Err(problem(
        "certificate-expired",
        format!("the certificate counts from {from} to {to}, it was signed at {time}"),
    ))
}

/// Checks that at that time the certificate chained to an authority of the root, to sign code. Returns the DER
/// SubjectPublicKeyInfo of its issuer.
pub(super) fn verify_chain(
    normalised: &Normalised,
    root: &Root,
    time: Timestamp,
) -> Result<Vec<u8>, Problem> {
    let bad = |error: webpki::Error| problem("certificate-chain", error);
    let certificates: Vec<CertificateDer<'_>> =
        match &normalised.bundle.verification_material.content {
            VerificationMaterialContent::Certificate(one) => vec![one.raw_bytes.as_bytes().into()],
            VerificationMaterialContent::X509CertificateChain { certificates } => certificates
                .iter()
                .map(|one| one.raw_bytes.as_bytes().into())
                .collect(),
            _ => Vec::new(),
        };
    let Some((leaf, intermediates)) = certificates.split_first() else {
        return Err(problem("certificate-malformed", "there is no certificate"));
    };
    let anchors = root.anchors_at(time);
    if anchors.is_empty() {
        return Err(problem(
            "certificate-authority-window",
            format!("no certificate authority counted at {time}"),
        ));
    }
    let seconds = u64::try_from(time.as_second())
        .map_err(|_| problem("certificate-expired", "it was signed before 1970"))?;
    let leaf = EndEntityCert::try_from(leaf).map_err(bad)?;
    let path = leaf
        .verify_for_usage(
            WEBPKI_VERIFICATION_ALGS,
            &anchors,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::required(CODE_SIGNING),
            None,
            None,
        )
        .map_err(bad)?;
    match path.intermediate_certificates().next() {
        Some(issuer) => Ok(issuer.subject_public_key_info().as_ref().to_vec()),
        // An anchor's key comes without the header of its sequence.
        None => Any::new(
            Tag::Sequence,
            path.anchor().subject_public_key_info.as_ref(),
        )
        .and_then(|key| key.to_der())
        .map_err(|error| problem("certificate-chain", error)),
    }
}
