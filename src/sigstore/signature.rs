//! What is known about a signature once it was judged.

use super::{identity, problem::problem};
use crate::model::identity::CertificateClaim;
use crate::model::{Identity, IdentityRule, LogRecord, Problem, Timestamp};
use sigstore_crypto::CertificateInfo;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName};

/// A signature that holds: who, when, where it was logged. Whether the signer was asked for is [`accepted`]'s answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// Who signed.
    pub identity: Identity,
    /// What the certificate says about the CI run; none for keys.
    pub certificate: Option<CertificateClaims>,
    /// The verified log entry; none where none was asked for.
    pub log: Option<LogRecord>,
    /// Verified times of the signature, ascending; may be empty for a key.
    pub times: Vec<Timestamp>,
    /// Name of the trusted root; none for a key that needed none.
    pub root: Option<String>,
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

/// Who a certificate is for. Exactly one name: of several, two readers would report two signers.
pub(super) fn identity_of(
    certificate: &Certificate,
    info: &CertificateInfo,
) -> Result<Identity, Problem> {
    let names: Option<(bool, SubjectAltName)> = certificate
        .tbs_certificate
        .get()
        .map_err(|error| problem("certificate-malformed", error))?;
    let count = names.map_or(0, |(_, names)| names.0.len());
    if count != 1 {
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
        _ => Err(problem(
            "certificate-identity",
            "the certificate names no e-mail address or URI, or no OIDC issuer",
        )),
    }
}

/// The key id of the authority that a certificate says issued it.
pub(super) fn authority_key_id(certificate: &Certificate) -> Option<Vec<u8>> {
    let extension: (bool, AuthorityKeyIdentifier) =
        certificate.tbs_certificate.get().ok().flatten()?;
    extension.1.key_identifier.map(|id| id.into_bytes())
}
