//! What can go wrong in the sandbox.

/// Why the sandbox could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No address on loopback could be had.
    #[error("no listener on loopback")]
    Listen(#[source] std::io::Error),
    /// A layer of an image could not be written.
    #[error("no layer for a demo image")]
    Layer(#[source] std::io::Error),
    /// A key could not be made, or did not sign.
    #[error("a key of the sandbox failed")]
    Key(#[source] sigstore_crypto::Error),
    /// A certificate or timestamp could not be encoded.
    #[error("a structure of the sandbox has no DER encoding")]
    Der(#[source] x509_cert::der::Error),
    /// A document could not be written as JSON.
    #[error("a document of the sandbox has no JSON encoding")]
    Json(#[source] serde_json::Error),
    /// TUF metadata could not be made.
    #[error("the sandbox's TUF metadata cannot be made")]
    Tuf(#[source] sigstore_tuf::Error),
    /// One of the services refused what another part of the sandbox asked.
    #[error("a service of the sandbox refused: {0}")]
    Refused(Refusal),
}

/// What a service answers when it does not do what was asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Why.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
}

impl From<sigstore_crypto::Error> for SandboxError {
    fn from(error: sigstore_crypto::Error) -> Self {
        Self::Key(error)
    }
}

impl From<sigstore_tuf::Error> for SandboxError {
    fn from(error: sigstore_tuf::Error) -> Self {
        Self::Tuf(error)
    }
}

impl From<x509_cert::der::Error> for SandboxError {
    fn from(error: x509_cert::der::Error) -> Self {
        Self::Der(error)
    }
}

impl From<serde_json::Error> for SandboxError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<Refusal> for SandboxError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A service that fails inside answers 500, with the reason.
impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Refused(refusal) => refusal,
            other => Self::new(500, other.to_string()),
        }
    }
}
