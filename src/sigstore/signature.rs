//! What is known about a signature once it was judged.

use super::{identity, problem::problem};
use crate::model::identity::CertificateClaim;
use crate::model::{Identity, IdentityRule, LogRecord, Problem, Timestamp};
use sigstore_crypto::{CertificateInfo, parse_certificate_info};
use sigstore_types::DerCertificate;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// The pattern by which a rule asks for a certificate that does not say who, or by whose word.
pub const ABSENT: &str = "^$";

/// The SubjectPublicKeyInfo of P-256's base point.
const SOME_KEY: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1,
    0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
    0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b,
    0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// A signature that holds: who, when, where it was logged. Whether the signer was asked for is [`accepted`]'s answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// Who signed.
    pub identity: Identity,
    /// What the certificate says about the CI run; none for keys.
    pub certificate: Option<CertificateClaims>,
    /// The verified log entry; none where none was asked for.
    pub log: Option<LogRecord>,
    /// Why there is no log entry.
    pub unlogged: Option<Unlogged>,
    /// Verified times of the signature, ascending; may be empty for a key.
    pub times: Vec<Timestamp>,
    /// Name of the trusted root; none for a key that needed none.
    pub root: Option<String>,
}

/// Why no log entry stands behind a signature: nobody could notice that its key was stolen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unlogged {
    /// The verifier was told not to ask for one.
    Ignored,
    /// The instance keeps no log, as GitHub's own does for private repositories: a trusted timestamp dates it.
    NoLogs,
}

impl std::fmt::Display for Unlogged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ignored => "no log entry was asked for",
            Self::NoLogs => "its instance keeps no transparency log",
        })
    }
}

/// Whether a signature holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Judgement {
    /// It holds.
    Valid(Box<Signature>),
    /// It does not hold, or proves too little.
    Invalid(Problem),
    /// Its certificate authority or log is in none of the roots: it cannot be judged.
    UnknownRoot(Problem),
    /// It was made with a key that is none of those given: it cannot be judged.
    UnknownKey(Problem),
}

impl Judgement {
    /// The signature, if it holds.
    pub fn valid(&self) -> Option<&Signature> {
        match self {
            Self::Valid(signature) => Some(signature),
            _ => None,
        }
    }

    /// What stands against it, unless it holds.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Valid(_) => None,
            Self::Invalid(problem) | Self::UnknownRoot(problem) | Self::UnknownKey(problem) => {
                Some(problem)
            }
        }
    }
}

/// Whether one of the rules accepts the signer.
///
/// A name or an issuer that the certificate does not state only the pattern `^$` accepts: one that takes everything is
/// not meant for nothing.
pub fn accepted(rules: &[IdentityRule], signature: &Signature) -> bool {
    rules.iter().any(|rule| identity::matches(rule, signature))
}

/// What a Fulcio certificate says about the CI run that asked for it
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>). All none for a person's certificate.
///
/// An old certificate has only the extensions 1.2 to 1.6, in GitHub's own words; they stand in where a newer one is absent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateClaims {
    /// The repository, `https://github.com/OWNER/REPO` (extension 1.12).
    pub source_repository: Option<String>,
    /// The ref, `refs/tags/v1.0.0` (1.14).
    pub source_ref: Option<String>,
    /// The commit (1.13).
    pub source_digest: Option<String>,
    /// What triggered the run, `push` (1.20).
    pub trigger: Option<String>,
    /// The workflow that ran (1.18).
    pub build_config: Option<String>,
    /// The workflow's own name (1.4).
    pub workflow_name: Option<String>,
    /// `github-hosted` or `self-hosted` (1.11).
    pub runner_environment: Option<String>,
    /// The run's page (1.21).
    pub run_invocation: Option<String>,
    /// The deployment environment, whose protection rules the run passed (1.23).
    pub deployment_environment: Option<String>,
}

impl CertificateClaims {
    pub(super) fn of(certificate: &CertificateInfo) -> Self {
        let claims = certificate.ci_claims.clone();
        let old = claims.deprecated_github;
        let old_repository =
            (old.workflow_repository).map(|path| format!("https://github.com/{path}"));
        Self {
            source_repository: claims.source_repository_uri.or(old_repository),
            source_ref: claims.source_repository_ref.or(old.workflow_ref),
            source_digest: claims.source_repository_digest.or(old.workflow_sha),
            trigger: claims.build_trigger.or(old.workflow_trigger),
            build_config: claims.build_config_uri,
            workflow_name: old.workflow_name,
            runner_environment: claims.runner_environment,
            run_invocation: claims.run_invocation_uri,
            deployment_environment: claims.deployment_environment,
        }
    }

    /// One of them, as the certificate has it.
    pub fn get(&self, claim: CertificateClaim) -> Option<&str> {
        match claim {
            CertificateClaim::Repository => self.source_repository.as_deref(),
            CertificateClaim::Ref => self.source_ref.as_deref(),
            CertificateClaim::Commit => self.source_digest.as_deref(),
            CertificateClaim::Workflow => self.build_config.as_deref(),
            CertificateClaim::WorkflowName => self.workflow_name.as_deref(),
            CertificateClaim::Trigger => self.trigger.as_deref(),
            CertificateClaim::Environment => self.deployment_environment.as_deref(),
            CertificateClaim::Runner => self.runner_environment.as_deref(),
        }
    }

    /// The workflow's file in its repository, `.github/workflows/release.yml`.
    pub fn workflow_path(&self) -> Option<&str> {
        let uri = self.build_config.as_deref()?;
        let path = uri
            .strip_prefix(self.source_repository.as_deref()?)?
            .strip_prefix('/')?;
        // At the last sign: a file that is named like another one up to an `@` must not pass for it.
        path.rsplit_once('@').map(|(path, _)| path)
    }

    /// Whether the certificate says nothing about a CI run.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a certificate says, whatever its key.
pub(super) fn claims_of(certificate: &Certificate) -> Result<CertificateInfo, Problem> {
    let mut readable = certificate.clone();
    // The crate refuses certificates with keys that it cannot use. Only names are read here, so any key will do.
    readable.tbs_certificate.subject_public_key_info =
        SubjectPublicKeyInfoOwned::from_der(SOME_KEY).map_err(malformed)?;
    let der = readable.to_der().map_err(malformed)?;
    parse_certificate_info(&DerCertificate::new(der))
        .map_err(|error| problem("certificate-malformed", error))
}

/// Who a certificate is for. Exactly one name: of several, two readers would report two signers.
///
/// Of some authorities, name and issuer may be absent: then they are empty, and [`accepted`] takes only those who asked
/// for just that.
pub(super) fn identity_of(
    certificate: &Certificate,
    info: &CertificateInfo,
    may_omit: bool,
) -> Result<Identity, Problem> {
    let names: Option<(bool, SubjectAltName)> =
        certificate.tbs_certificate.get().map_err(malformed)?;
    let count = names.map_or(0, |(_, names)| names.0.len());
    if count > 1 || (count == 0 && !may_omit) {
        return Err(problem(
            "certificate-names",
            format!("the certificate names {count} signers, not one"),
        ));
    }
    match (&info.identity, &info.issuer) {
        (Some(subject), Some(issuer)) => Ok(Identity::Certificate {
            subject: subject.as_str().into(),
            issuer: issuer.clone(),
        }),
        (subject, issuer) if may_omit && (subject.is_some() || count == 0) => {
            Ok(Identity::Certificate {
                subject: subject
                    .as_ref()
                    .map(|subject| subject.as_str().into())
                    .unwrap_or_default(),
                issuer: issuer.clone().unwrap_or_default(),
            })
        }
        _ => Err(problem(
            "certificate-identity",
            "the certificate names no e-mail address or URI, or no OIDC issuer",
        )),
    }
}

fn malformed(error: x509_cert::der::Error) -> Problem {
    problem("certificate-malformed", error)
}

/// The key id of the authority that a certificate says issued it.
pub(super) fn authority_key_id(certificate: &Certificate) -> Option<Vec<u8>> {
    let extension: (bool, AuthorityKeyIdentifier) =
        certificate.tbs_certificate.get().ok().flatten()?;
    extension.1.key_identifier.map(|id| id.into_bytes())
}
