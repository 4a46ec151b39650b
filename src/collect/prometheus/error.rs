//! Why a capture from Prometheus failed.

use crate::metrics::{AnswerError, GridError};
use crate::model::MemberPathError;
use crate::net::HttpError;

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrometheusError {
    /// No whole answer, or a redirect: with a token none is followed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// 401, 403 or 407.
    #[error("{url}: access is denied (HTTP {status})")]
    Denied {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Another status, from the server or a proxy before it.
    #[error("{url}: HTTP {status}: {text:?}")]
    Status {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
        /// The first characters of the body.
        text: String,
    },
    /// Status 200 with something else than a JSON document.
    #[error(
        "{url}: answers {content_type:?} in place of JSON: is it a login page, or no Prometheus API?"
    )]
    NotJson {
        /// Where.
        url: String,
        /// Its content type.
        content_type: String,
    },
    /// The body was compressed although none was asked for.
    #[error("{url}: the answer is encoded as {encoding:?}, which was not asked for")]
    Encoded {
        /// Where.
        url: String,
        /// Its content encoding.
        encoding: String,
    },
    /// The server refuses or fails the query.
    #[error("{url}: the query failed")]
    Query {
        /// Where.
        url: String,
        /// What it says.
        #[source]
        source: AnswerError,
        /// HTTP status.
        status: u16,
    },
    /// The window cannot be asked for.
    #[error("the window cannot be asked for")]
    Grid(#[from] GridError),
    /// The id gives no member path.
    #[error("the id gives no member path")]
    Path(#[from] MemberPathError),
    /// It fails, in words that repeat a credential of this very run.
    #[error("{url}: HTTP {status}, with an answer that repeats a credential and is not shown")]
    Repeats {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// An answer holds a credential of this very run; it is not stored.
    #[error("{file} would hold a secret of this run and is not stored")]
    Secret {
        /// The file.
        file: String,
    },
}

impl PrometheusError {
    /// Whether the same may succeed later: unreachable, busy, out of time, or not yet allowed.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Unreachable { .. }),
            Self::Denied { .. } => true,
            Self::Status { status, .. } | Self::Repeats { status, .. } => {
                matches!(status, 408 | 429 | 500..=599)
            }
            Self::Query { source, status, .. } => {
                let timed_out = |kind: &str| matches!(kind, "timeout" | "canceled" | "unavailable");
                *status >= 500
                    || matches!(source, AnswerError::Server { kind, .. } if timed_out(kind))
            }
            _ => false,
        }
    }
}
