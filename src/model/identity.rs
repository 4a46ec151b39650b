//! Who signed, and who is expected to.

use serde::{Deserialize, Serialize};
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
    /// A certificate whose subject and issuer both match.
    Certificate {
        /// What the subject must be.
        subject: Pattern,
        /// What the issuer must be.
        issuer: Pattern,
    },
    /// A public key, as PEM (`PUBLIC KEY`).
    Key {
        /// The PEM text as it was read.
        pem: String,
    },
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
