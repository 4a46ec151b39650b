//! One trusted root, made ready: authorities and logs, each with the window in which it counts.

use crate::model::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use sigstore_crypto::Keyring;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{DerPublicKey, Sha256Hash, TimeRange, TsaAuthority, X509Certificate};
use sigstore_verify::Verifier;
use std::fmt;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

/// One trusted root, made ready.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) verifier: Verifier,
    pub(super) logs: Keyring,
    /// As it was read.
    pub(super) trusted: TrustedRoot,
    pub(super) certificate_logs: Vec<CertificateLog>,
    pub(super) timestamp_authorities: Vec<TsaAuthority>,
    /// Certificates that complete chains and are trusted by nobody.
    pub(super) intermediates: Vec<X509Certificate>,
    /// Its certificates need not say who asked for them, nor by which OIDC issuer's word: a private CA's, and those of
    /// GitHub's releases.
    pub(super) may_omit_names: bool,
    authorities: Vec<Authority>,
}

/// A certificate transparency log.
pub(super) struct CertificateLog {
    pub(super) id: Vec<u8>,
    pub(super) key: DerPublicKey,
    pub(super) window: Option<TimeRange>,
}

/// A CA certificate: what names it in those that it issued, and when it counts.
struct Authority {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    anchor: TrustAnchor<'static>,
    window: Option<TimeRange>,
}

impl Root {
    /// # Errors
    /// What is wrong with the root.
    pub(super) fn new(name: String, trusted: &TrustedRoot) -> Result<Self, String> {
        let text = |error: &dyn fmt::Display| error.to_string();
        let authorities = trusted
            .certificate_authorities
            .iter()
            .flat_map(|authority| {
                let certificates = authority.cert_chain.certificates.iter();
                certificates
                    .map(|one| Authority::parse(one.raw_bytes.as_bytes(), authority.valid_for))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            trusted: trusted.clone(),
            verifier: Verifier::new(trusted).map_err(|error| text(&error))?,
            logs: trusted.rekor_keys().map_err(|error| text(&error))?,
            certificate_logs: trusted
                .ctlogs
                .iter()
                .map(|log| CertificateLog {
                    id: log.log_id.key_id.as_bytes().to_vec(),
                    key: log.public_key.raw_bytes.clone(),
                    window: log.public_key.valid_for,
                })
                .collect(),
            timestamp_authorities: trusted.tsa_authorities(),
            intermediates: Vec::new(),
            may_omit_names: trusted.tlogs.is_empty(),
            authorities,
            name,
        })
    }

    /// Whether the instance keeps transparency logs. Where it keeps none, nobody can ask for an entry.
    pub(super) fn has_logs(&self) -> bool {
        !self.trusted.tlogs.is_empty()
    }

    /// Whether the root holds the log that the id names.
    pub(super) fn knows_log(&self, id: &[u8]) -> bool {
        Sha256Hash::try_from(id).is_ok_and(|id| self.logs.key(&id).is_some())
    }

    /// Whether one of the root's certificate authorities says that it issued this: by name, and by key id where both
    /// state one. Whether it really did is the verifier's business.
    pub(super) fn knows_issuer_of(&self, certificate: &Certificate) -> bool {
        self.issuers_of(certificate).next().is_some()
    }

    /// Whether none of the authorities that say they issued this was one at that time.
    pub(super) fn issuer_window_is_over(&self, certificate: &Certificate, time: Timestamp) -> bool {
        let mut issuers = self.issuers_of(certificate).peekable();
        issuers.peek().is_some()
            && issuers.all(|one| one.window.is_some_and(|it| !it.contains(time)))
    }

    /// The CA certificates that counted at that time.
    pub(super) fn anchors_at(&self, time: Timestamp) -> Vec<TrustAnchor<'static>> {
        self.authorities
            .iter()
            .filter(|authority| authority.window.is_none_or(|window| window.contains(time)))
            .map(|authority| authority.anchor.clone())
            .collect()
    }

    /// Whether a CA of the root says DEMO in its own name.
    pub(super) fn is_demo(&self) -> bool {
        let mut subjects = self.authorities.iter().map(|authority| &authority.subject);
        subjects.any(|subject| subject.windows(4).any(|word| word == b"DEMO"))
    }

    fn issuers_of(&self, certificate: &Certificate) -> impl Iterator<Item = &Authority> {
        let issuer = certificate.tbs_certificate.issuer.to_der().ok();
        let wanted = super::signature::authority_key_id(certificate);
        self.authorities.iter().filter(move |authority| {
            Some(&authority.subject) == issuer.as_ref()
                && match (&authority.key_id, &wanted) {
                    (Some(has), Some(wanted)) => has == wanted,
                    _ => true,
                }
        })
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Root").field(&self.name).finish()
    }
}

impl Authority {
    fn parse(der: &[u8], window: Option<TimeRange>) -> Result<Self, String> {
        let text = |error: x509_cert::der::Error| error.to_string();
        let certificate = Certificate::from_der(der).map_err(text)?;
        let key_id: Option<(bool, SubjectKeyIdentifier)> =
            certificate.tbs_certificate.get().map_err(text)?;
        let anchor = webpki::anchor_from_trusted_cert(&CertificateDer::from(der))
            .map_err(|error| error.to_string())?
            .to_owned();
        Ok(Self {
            subject: certificate.tbs_certificate.subject.to_der().map_err(text)?,
            key_id: key_id.map(|(_, id)| id.0.into_bytes()),
            anchor,
            window,
        })
    }
}
