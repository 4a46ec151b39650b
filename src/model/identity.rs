//! Who signed, and who is expected to.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Who signed: what a certificate or a key says, never more.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Identity {
    /// A short-lived certificate of a Sigstore CA.
    Certificate {
        /// The certificate's first subject alternative name (URI or e-mail).
        subject: String,
        /// OIDC issuer, Fulcio extension 1.3.6.1.4.1.57264.1.8 (or .1).
        issuer: String,
    },
    /// A public key.
    Key {
        /// SHA-256 of the DER SubjectPublicKeyInfo, 64 hex digits.
        fingerprint: String,
    },
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { subject, issuer } => write!(f, "{subject} (issuer {issuer})"),
            Self::Key { fingerprint } => {
                write!(
                    f,
                    "key SHA256:{}",
                    fingerprint.get(..16).unwrap_or(fingerprint)
                )
            }
        }
    }
}

/// Which signer is accepted. Matching is `sigstore::identity`'s.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum IdentityRule {
    /// A certificate of which everything that is named here matches.
    Certificate {
        /// What the subject must be; none only where `claims` say what the repository must be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<Pattern>,
        /// What the issuer must be.
        issuer: Pattern,
        /// What the certificate must say about the CI run.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        claims: BTreeMap<CertificateClaim, Pattern>,
    },
    /// A public key, as PEM (`PUBLIC KEY`).
    Key {
        /// The PEM text as it was read.
        pem: String,
    },
}

impl IdentityRule {
    /// A certificate by subject and issuer, whatever it says about the CI run.
    pub fn certificate(subject: Pattern, issuer: Pattern) -> Self {
        Self::Certificate {
            subject: Some(subject),
            issuer,
            claims: BTreeMap::new(),
        }
    }

    /// Whether the rule says which repository's CI may sign.
    pub fn names_repository(&self) -> bool {
        match self {
            Self::Certificate { claims, .. } => claims.contains_key(&CertificateClaim::Repository),
            Self::Key { .. } => false,
        }
    }
}

impl fmt::Display for IdentityRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { .. } => f.write_str("a key"),
            Self::Certificate {
                subject,
                issuer,
                claims,
            } => {
                match subject {
                    Some(subject) => write!(f, "{subject} (issuer {issuer}")?,
                    None => write!(f, "any subject (issuer {issuer}")?,
                }
                for (claim, pattern) in claims {
                    write!(f, ", {claim} {pattern}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// What a CI's certificate says about the run, in extensions of its own
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateClaim {
    /// The repository, `github.com/OWNER/REPO` (extension 1.12, or 1.5).
    Repository,
    /// The ref, `refs/tags/v1.0.0` (1.14, or 1.6).
    Ref,
    /// The commit (1.13, or 1.3).
    Commit,
    /// The workflow's file: its path in the repository, or the whole URI with its ref (1.18).
    Workflow,
    /// The workflow's own name (1.4).
    WorkflowName,
    /// What triggered the run, `push` (1.20, or 1.2).
    Trigger,
    /// The deployment environment (1.23).
    Environment,
    /// `github-hosted` or `self-hosted` (1.11).
    Runner,
}

impl CertificateClaim {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Repository,
        Self::Ref,
        Self::Commit,
        Self::Workflow,
        Self::WorkflowName,
        Self::Trigger,
        Self::Environment,
        Self::Runner,
    ];

    /// Its name in configuration, policy and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Ref => "ref",
            Self::Commit => "commit",
            Self::Workflow => "workflow",
            Self::WorkflowName => "workflow-name",
            Self::Trigger => "trigger",
            Self::Environment => "environment",
            Self::Runner => "runner",
        }
    }
}

impl fmt::Display for CertificateClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text to equal, or a regular expression that must match the whole text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// Equal, byte for byte.
    Exact(String),
    /// A regular expression, anchored at both ends by us.
    Regexp(String),
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Regexp(text) => write!(f, "/{text}/"),
        }
    }
}
