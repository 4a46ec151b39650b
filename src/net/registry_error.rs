//! What a registry's answer means when it is not the one that was wanted.

use super::auth::TokenError;
use super::credentials::CredentialsError;
use super::http::{HttpError, Response, StatusCode};
use crate::model::Digest;
use crate::oci::Reference;
use serde::Deserialize;

/// Why a registry gave no answer that can be used. Never holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No answer.
    #[error("cannot reach the registry for {reference}")]
    Unreachable {
        /// What was asked for.
        reference: String,
        /// What happened.
        #[source]
        source: HttpError,
    },
    /// No answer to an earlier question either.
    #[error("cannot reach the registry for {reference}: it was not there before ({reason})")]
    Down {
        /// What was asked for.
        reference: String,
        /// What happened then.
        reason: String,
    },
    /// 401 or 403.
    #[error("the registry denies access to {reference}: {status}{code}")]
    Denied {
        /// What was asked for.
        reference: String,
        /// The status.
        status: StatusCode,
        /// The registry's own error code.
        code: ErrorCode,
    },
    /// 401 or 403, and what lacks is not a login: `insufficient_scope`.
    #[error(
        "the registry's token for {reference} does not allow this: {status} (insufficient_scope)"
    )]
    Scope {
        /// What was asked for.
        reference: String,
        /// The status.
        status: StatusCode,
    },
    /// 429, after all tries.
    #[error("the registry limits the rate of requests for {reference}: {status}{code}")]
    RateLimited {
        /// What was asked for.
        reference: String,
        /// The status.
        status: StatusCode,
        /// The registry's own error code.
        code: ErrorCode,
    },
    /// Any other status that is no answer to the question.
    #[error("the registry answered for {reference}: {status}{code}")]
    Status {
        /// What was asked for.
        reference: String,
        /// The status.
        status: StatusCode,
        /// The registry's own error code.
        code: ErrorCode,
    },
    /// It is not there, although something that was read names it.
    #[error("{reference} is not in the registry")]
    Absent {
        /// What was asked for.
        reference: String,
    },
    /// Other bytes than what was asked for, or than the registry itself says they are.
    #[error("{reference}: the registry served bytes with digest {found}, expected {expected}")]
    Digest {
        /// What was asked for.
        reference: String,
        /// What they should be.
        expected: String,
        /// What they are.
        found: Digest,
    },
    /// Another size than its descriptor says.
    #[error("{reference}: the registry served {found} bytes, its descriptor says {expected}")]
    Size {
        /// What was asked for.
        reference: String,
        /// By the descriptor.
        expected: u64,
        /// Bytes that came.
        found: u64,
    },
    /// Over the limit.
    #[error("{reference} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        reference: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A list of referrers that cannot be read to its end.
    #[error("the list of referrers of {reference} is malformed: {reason}")]
    Referrers {
        /// Whose referrers.
        reference: String,
        /// What is wrong.
        reason: String,
    },
    /// No token from the token service.
    #[error("no token for {reference}")]
    Token {
        /// What was asked for.
        reference: String,
        /// What happened.
        #[source]
        source: TokenError,
    },
    /// The credentials could not be read.
    #[error("no credentials for {reference}")]
    Credentials {
        /// What was asked for.
        reference: String,
        /// What happened.
        #[source]
        source: CredentialsError,
    },
    /// A mirror failed, and so did the registry itself.
    #[error("a mirror did not help ({mirror})")]
    Mirrored {
        /// What came of the mirror.
        mirror: String,
        /// What came of the registry itself.
        #[source]
        upstream: Box<RegistryError>,
    },
    /// The reference makes no address.
    #[error("{reference} makes no address of a registry")]
    Address {
        /// What was asked for.
        reference: String,
    },
}

/// The first error code of an answer (distribution spec, "Error Codes"), for people: upper-case letters only.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErrorCode(pub Option<String>);

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl RegistryError {
    /// Whether it says nothing about the content: it could not be read. Else what was read is wrong.
    pub fn is_undetermined(&self) -> bool {
        if let Self::Mirrored { upstream, .. } = self {
            return upstream.is_undetermined();
        }
        !matches!(
            self,
            Self::Digest { .. }
                | Self::Size { .. }
                | Self::TooLarge { .. }
                | Self::Referrers { .. }
        )
    }
}

impl RegistryError {
    /// The registry's own failure, with that of the mirror that was asked before, if one was.
    pub(super) fn after(self, mirror: Option<Self>) -> Self {
        let Some(mirror) = mirror else {
            return self;
        };
        let causes = std::iter::successors(Some(&mirror as &dyn std::error::Error), |error| {
            error.source()
        });
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        Self::Mirrored {
            mirror: causes.join(": "),
            upstream: Box::new(self),
        }
    }
}

/// The repository's whole name with a tag or digest.
pub(super) fn full_name(reference: &Reference, suffix: &str) -> String {
    format!("{}/{}{suffix}", reference.registry, reference.repository)
}

/// The answer, if it has that status; else what the status means.
pub(super) fn expect(
    status: StatusCode,
    what: &str,
    response: Response,
) -> Result<Response, RegistryError> {
    if response.status == status {
        return Ok(response);
    }
    let (reference, status, code) = (what.into(), response.status, error_code(&response));
    Err(match status.as_u16() {
        401 | 403 => RegistryError::Denied {
            reference,
            status,
            code,
        },
        429 => RegistryError::RateLimited {
            reference,
            status,
            code,
        },
        _ => RegistryError::Status {
            reference,
            status,
            code,
        },
    })
}

pub(super) fn error_code(response: &Response) -> ErrorCode {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        code: String,
    }
    let envelope: Option<Envelope> = serde_json::from_slice(&response.body).ok();
    let first = envelope.and_then(|envelope| envelope.errors.into_iter().next());
    ErrorCode(first.map(|entry| entry.code).filter(|code| {
        (1..=64).contains(&code.len())
            && code
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    }))
}

pub(super) fn says_absent(response: &Response) -> bool {
    let code = error_code(response).0;
    let known = ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"];
    response.body.is_empty() || code.is_some_and(|code| known.contains(&code.as_str()))
}

pub(super) fn same_digest(what: &str, expected: &str, found: Digest) -> Result<(), RegistryError> {
    if expected == found.to_string() {
        return Ok(());
    }
    Err(RegistryError::Digest {
        reference: what.into(),
        expected: expected.chars().take(100).collect(),
        found,
    })
}

pub(super) fn within(limit: u64, what: &str, response: &Response) -> Result<(), RegistryError> {
    if response.body.len() as u64 <= limit {
        return Ok(());
    }
    Err(RegistryError::TooLarge {
        reference: what.into(),
        limit,
    })
}

pub(super) fn same_size(reference: String, expected: u64, found: u64) -> Result<(), RegistryError> {
    if expected == found {
        return Ok(());
    }
    Err(RegistryError::Size {
        reference,
        expected,
        found,
    })
}
