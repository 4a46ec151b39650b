//! Why a capture from Prometheus failed.

use crate::metrics::remote_read::RemoteReadError;
use crate::metrics::{AnswerError, GridError};
use crate::model::limits::{METRIC_BYTES, METRIC_SECONDS, RAW_BYTES, RAW_REQUESTS};
use crate::model::{MemberPathError, Timestamp};
use crate::net::HttpError;

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrometheusError {
    /// No whole answer, or a redirect: with a token none is followed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// 401, 403 or 407.
    #[error(
        "{url}: access is denied (HTTP {status}): check the server's credentials in the configuration"
    )]
    Denied {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Another status, from the server or a proxy before it.
    #[error("{url}: HTTP {status}: {text:?}{}", next(*.status))]
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
    /// A good answer to another kind of question.
    #[error("{url}: answers with a {found} where a {wanted} is expected: {}", kind_hint(.found, .wanted))]
    Kind {
        /// Where.
        url: String,
        /// Its `resultType`.
        found: &'static str,
        /// The one that is expected.
        wanted: &'static str,
    },
    /// One answer is larger than what is taken.
    #[error(
        "{url}: the answer is larger than {limit} bytes: ask for fewer series, or take a longer step"
    )]
    TooLarge {
        /// Where.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// All answers together are larger than what is kept.
    #[error(
        "{url}: the answers have more than {METRIC_BYTES} bytes in all: ask for fewer series, or take a longer step"
    )]
    TooLargeInAll {
        /// Where.
        url: String,
    },
    /// All requests together take too long.
    #[error(
        "{url}: not captured within {METRIC_SECONDS} s: the server is busy, or the query too expensive for its window"
    )]
    Late {
        /// Where.
        url: String,
    },
    /// The newest samples of the window may still change.
    #[error("{url}: the window ends at {end}, which is not settled yet: ask again after {again}")]
    Unsettled {
        /// Where.
        url: String,
        /// End of the window.
        end: Timestamp,
        /// By the local clock.
        again: Timestamp,
    },
    /// Status 200 with something else than an answer of remote read.
    #[error(
        "{url}: answers {content_type:?} in place of remote read: is there a login page or another server behind the url?"
    )]
    NotProtobuf {
        /// Where.
        url: String,
        /// Its content type.
        content_type: String,
    },
    /// An answer of remote read that is not whole or none.
    #[error("{url}: remote read failed")]
    RemoteRead {
        /// Where.
        url: String,
        /// What is wrong.
        #[source]
        source: RemoteReadError,
    },
    /// The samples behind the query take more requests than are made.
    #[error(
        "the raw samples of the query take {found} requests, at most {RAW_REQUESTS} are made: take a shorter window, or \
         leave `raw` out"
    )]
    RawRequests {
        /// How many.
        found: usize,
    },
    /// The samples behind the query are more than what is kept.
    #[error(
        "{url}: the raw samples of the query have more than {RAW_BYTES} bytes: narrow its selectors, take a shorter \
         window, or leave `raw` out"
    )]
    RawTooLarge {
        /// Where.
        url: String,
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
            Self::Denied { .. } | Self::Late { .. } | Self::Unsettled { .. } => true,
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

/// What to do about a status, to be put behind it.
fn next(status: u16) -> &'static str {
    match status {
        400 => ": is it https that is spoken there?",
        404 | 405 => ": is the path before /api/v1 part of the server's url?",
        408 | 429 | 500..=599 => ": run again later",
        413 | 414 => ": a proxy finds the query too long",
        _ => "",
    }
}

fn kind_hint(found: &str, wanted: &str) -> &'static str {
    match (found, wanted) {
        ("string", _) => "a text is no metric",
        (_, "matrix") => "is it a Prometheus API?",
        _ => "a range selector such as `x[5m]` needs a function around it",
    }
}
