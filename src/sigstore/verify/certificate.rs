//! Signatures by certificates.

use super::chain::{check_validity, verify_chain};
use super::sct::{has_promise, is_over, verify_sct};
use super::time::{no_authority, timestamps};
use super::{Artifact, Job, Log, Verifier, knows_issuer};
use crate::model::{Problem, Timestamp};
use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::{self, problem};
use crate::sigstore::root::Root;
use crate::sigstore::signature::{self, CertificateClaims, Judgement, Signature};
use crate::sigstore::trust::Key;
use sigstore_crypto::CertificateInfo;
use sigstore_types::{DerPublicKey, Sha256Hash};
use sigstore_verify::{CertificateError, Error, TimestampError, VerificationPolicy};
use std::borrow::Cow;
use x509_cert::Certificate;
use x509_cert::der::Encode;

/// Of a larger statement the crate's tree of its predicate would take many times its size in memory.
const LARGE_PAYLOAD_BYTES: usize = 1 << 20;

impl Job<'_> {
    pub(super) fn certificate_under(
        &self,
        root: &Root,
        normalised: &Normalised,
        log: Log,
    ) -> Judgement {
        let normalised = complete(root, normalised);
        match self.try_certificate(root, &normalised, log) {
            Ok(signature) => Judgement::Valid(Box::new(signature)),
            Err(judgement) => *judgement,
        }
    }

    fn try_certificate(
        &self,
        root: &Root,
        normalised: &Normalised,
        log: Log,
    ) -> Result<Signature, Box<Judgement>> {
        let invalid = |problem| Box::new(Judgement::Invalid(problem));
        let leaf = knows_issuer(root, normalised)?;
        self.check_log_is_known(root, normalised)?;
        // A private CA's certificates are logged nowhere; of others a promise says that they are.
        if root.certificate_logs.is_empty() && !root.may_omit_names && has_promise(&leaf) {
            return Err(Box::new(Judgement::UnknownRoot(problem(
                "root-unknown",
                format!("{} has no certificate log", root.name),
            ))));
        }
        let entry = normalised.entry();
        let promised = entry.and_then(|entry| entry.promised());
        if let (Some(entry), Some(time)) = (entry, promised) {
            entry.check_window(root, time).map_err(invalid)?;
        }
        let key = key_of(&leaf).map_err(invalid)?;
        let is_common = normalised.old_entry.is_none()
            && key.is_common_in_certificates()
            && normalised.payload_bytes() <= LARGE_PAYLOAD_BYTES;
        let (times, info) = if is_common {
            self.by_crate(root, normalised, log, &leaf)?
        } else {
            let times = self.directly(root, normalised, log, &leaf, &key)?;
            (times, signature::claims_of(&leaf).map_err(invalid)?)
        };
        if let (Some(entry), None) = (entry, promised) {
            // Nothing signs the time of its insertion but the timestamps around it.
            let mut all = times.iter();
            all.try_for_each(|time| entry.check_window(root, *time))
                .map_err(invalid)?;
        }
        Ok(Signature {
            identity: signature::identity_of(&leaf, &info, root.may_omit_names).map_err(invalid)?,
            certificate: Some(CertificateClaims::of(&info)),
            log: entry.map(|entry| entry.record()),
            unlogged: match log {
                Log::Asked => None,
                Log::Not(why) => Some(why),
            },
            times,
            root: Some(root.name.clone()),
        })
    }

    /// The crate's verification, and whose log signed the checkpoint.
    fn by_crate(
        &self,
        root: &Root,
        normalised: &Normalised,
        log: Log,
        leaf: &Certificate,
    ) -> Result<(Vec<Timestamp>, CertificateInfo), Box<Judgement>> {
        let invalid = |problem| Box::new(Judgement::Invalid(problem));
        let mut policy = VerificationPolicy::any_identity();
        if log != Log::Asked {
            policy = policy.skip_tlog_unsafe();
        }
        if root.certificate_logs.is_empty() {
            // A root without certificate logs is of an instance whose certificates are logged nowhere.
            policy = policy.skip_sct();
        }
        let verified = match self.artifact {
            Artifact::Bytes(bytes) => root.verifier.verify(bytes, &normalised.bundle, &policy),
            Artifact::Digest(digest) => {
                let digest = Sha256Hash::from(*digest.as_raw());
                root.verifier.verify(digest, &normalised.bundle, &policy)
            }
        };
        let result = verified.map_err(|error| match &error {
            Error::Timestamp(TimestampError::Invalid(_))
                if root.timestamp_authorities.is_empty() =>
            {
                no_authority(root)
            }
            _ => invalid(explain(&error, root, normalised, leaf)),
        })?;
        let info = result
            .certificate()
            .filter(|_| result.certificate_verified())
            .cloned()
            .ok_or_else(|| {
                invalid(problem(
                    "certificate-invalid",
                    "no certificate was verified",
                ))
            })?;
        if let Some(entry) = normalised.entry() {
            entry.verify_checkpoint_of_log(root).map_err(invalid)?;
        }
        let mut times = result.verified_timestamps().to_vec();
        times.sort_unstable();
        times.dedup();
        Ok((times, info))
    }

    /// The same, step by step, for log entries, keys and sizes that the crate does not take.
    fn directly(
        &self,
        root: &Root,
        normalised: &Normalised,
        log: Log,
        leaf: &Certificate,
        key: &Key,
    ) -> Result<Vec<Timestamp>, Box<Judgement>> {
        let invalid = |problem: Problem| Box::new(Judgement::Invalid(problem));
        let der = normalised
            .bundle
            .signing_certificate()
            .ok_or_else(|| invalid(problem("certificate-malformed", "there is no certificate")))?;
        if log == Log::Asked {
            self.check_log(root, normalised, Verifier::Certificate(der))
                .map_err(invalid)?;
        }
        let mut times = timestamps(root, normalised)?;
        times.extend(normalised.entry().and_then(|entry| entry.promised()));
        times.sort_unstable();
        times.dedup();
        if times.is_empty() {
            return Err(invalid(problem(
                "time-missing",
                "neither a log nor a timestamp authority says when it was signed",
            )));
        }
        for time in &times {
            check_validity(leaf, *time).map_err(invalid)?;
            let issuer = verify_chain(normalised, root, *time).map_err(|problem| {
                invalid(authority_window(root, leaf, *time).unwrap_or(problem))
            })?;
            if !root.certificate_logs.is_empty() {
                verify_sct(leaf, &issuer, root).map_err(invalid)?;
            }
        }
        if !self.is_made_with(key) {
            return Err(invalid(problem(
                "signature-invalid",
                "the certificate's key did not make the signature over this",
            )));
        }
        Ok(times)
    }
}

/// With the intermediate certificates that the verifier has at hand.
pub(super) fn complete<'a>(root: &Root, normalised: &'a Normalised) -> Cow<'a, Normalised> {
    if root.intermediates.is_empty() {
        Cow::Borrowed(normalised)
    } else {
        Cow::Owned(normalised.with_intermediates(&root.intermediates))
    }
}

fn key_of(leaf: &Certificate) -> Result<Key, Problem> {
    let der = leaf
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .map_err(|error| problem("certificate-malformed", error))?;
    Key::from_der(DerPublicKey::new(der)).map_err(|error| problem("certificate-key", error))
}

/// The crate's error; where a window was over and it says only that something did not fit, that.
fn explain(error: &Error, root: &Root, normalised: &Normalised, leaf: &Certificate) -> Problem {
    let window = match error {
        Error::Certificate(CertificateError::Sct(_)) => is_over(leaf, root),
        Error::Certificate(CertificateError::ChainInvalid(_)) => {
            let promised = normalised.entry().and_then(|entry| entry.promised());
            let stamped = timestamps(root, normalised).unwrap_or_default();
            let mut times = promised.into_iter().chain(stamped);
            times.find_map(|time| authority_window(root, leaf, time))
        }
        _ => None,
    };
    window.unwrap_or_else(|| problem::of(error))
}

fn authority_window(root: &Root, leaf: &Certificate, time: Timestamp) -> Option<Problem> {
    root.issuer_window_is_over(leaf, time).then(|| {
        problem(
            "certificate-authority-window",
            format!("the certificate authority did not count at {time}"),
        )
    })
}
