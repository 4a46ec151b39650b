//! Why there is no answer.

use super::http::{StatusCode, Url};
use crate::model::redact::url_without_secrets;
use std::error::Error;
use std::time::Duration;

/// Why there is no answer. URLs are without user, password and query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The client could not be set up.
    #[error("cannot set up TLS: {0}")]
    Setup(String),
    /// A header has characters that no header has; its value is not shown.
    #[error("the header {name:?} has a value that cannot be sent")]
    Header {
        /// Its name.
        name: String,
    },
    /// No connection, a broken one, or no answer in time.
    #[error("{url}: {reason}")]
    Unreachable {
        /// Where to.
        url: String,
        /// What happened.
        reason: String,
    },
    /// Nobody who is trusted says that the server is who it should be.
    #[error("{url}: the server's certificate is not accepted: {reason}")]
    Certificate {
        /// Where to.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The body is larger than what is taken.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// Where from.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A failure that is itself larger than what is taken.
    #[error("{url}: answered {status} with more than {limit} bytes")]
    Endless {
        /// Where from.
        url: String,
        /// What it answered.
        status: StatusCode,
        /// The limit in bytes.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("{url}: answered with a redirect to {to}, which is not followed")]
    Redirect {
        /// Where from.
        url: String,
        /// Where it points, without query.
        to: String,
    },
}

impl HttpError {
    pub(super) fn redirect(from: &Url, to: &Url) -> Self {
        Self::Redirect {
            url: url_without_secrets(from.as_str()),
            to: url_without_secrets(to.as_str()),
        }
    }

    pub(super) fn too_large(url: &Url, status: StatusCode, limit: u64) -> Self {
        let url = url_without_secrets(url.as_str());
        match status.is_success() {
            true => Self::TooLarge { url, limit },
            false => Self::Endless { url, status, limit },
        }
    }

    /// The deadline of the whole request passed.
    pub(super) fn late(url: &Url, deadline: Duration) -> Self {
        Self::Unreachable {
            url: url_without_secrets(url.as_str()),
            reason: format!(
                "no answer in time: {} s with all further tries",
                deadline.as_secs_f32()
            ),
        }
    }

    pub(super) fn broken(url: &Url, error: &reqwest::Error) -> Self {
        // The innermost cause says what happened; the outer ones repeat the URL with its query.
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let (url, said) = (url_without_secrets(url.as_str()), cause.to_string());
        match said.strip_prefix("invalid peer certificate: ") {
            Some(reason) => Self::Certificate {
                url,
                reason: reason.into(),
            },
            None if error.is_timeout() => Self::Unreachable {
                url,
                reason: "no answer in time".into(),
            },
            None => Self::Unreachable { url, reason: said },
        }
    }
}
