//! Why a capture from Grafana failed.

use crate::appraise::dashboard::PLACEHOLDER;
use crate::appraise::picture::PictureError;
use crate::model::MemberPathError;
use crate::net::HttpError;

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrafanaError {
    /// No whole answer, or a redirect that is no login.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A redirect to the login page, or that page.
    #[error(
        "{url}: answers with a login page: the token is missing, unknown, or not for this organisation"
    )]
    Login {
        /// Where.
        url: String,
    },
    /// 401 or 403.
    #[error("{url}: access is denied (HTTP {status})")]
    Denied {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// It has no image renderer.
    #[error("{url}: has no image renderer")]
    NoRenderer {
        /// Where.
        url: String,
    },
    /// It has no such dashboard.
    #[error("{url}: has no dashboard {uid:?}")]
    NotFound {
        /// Where.
        url: String,
        /// The uid.
        uid: String,
    },
    /// Rendering failed or took too long.
    #[error("{url}: rendering failed (HTTP {status})")]
    RenderFailed {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Another status than 200.
    #[error("{url}: HTTP {status}")]
    Status {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Something else than what was asked for.
    #[error("{url}: answers {content_type:?}, wanted {wanted}")]
    ContentType {
        /// Where.
        url: String,
        /// Its content type.
        content_type: String,
        /// The one wanted.
        wanted: &'static str,
    },
    /// The dashboard's JSON is not that of the dashboard.
    #[error("{url}: {reason}")]
    Dashboard {
        /// Where.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The dashboard has no such panel.
    #[error("{url}: dashboard {uid:?} has no panel {panel}")]
    Panel {
        /// Where.
        url: String,
        /// The uid.
        uid: String,
        /// The panel's id.
        panel: u64,
    },
    /// The picture is not one that was asked for.
    #[error("{url}: the picture is refused")]
    Picture {
        /// Where.
        url: String,
        /// What is wrong.
        #[source]
        source: PictureError,
    },
    /// The same picture comes for a dashboard that does not exist.
    #[error("{url}: {PLACEHOLDER}")]
    Placeholder {
        /// Where.
        url: String,
    },
    /// The id gives no member path.
    #[error("the id gives no member path")]
    Path(#[from] MemberPathError),
    /// An answer holds a credential of this very run; it is not stored.
    #[error("{file} would hold a secret of this run and is not stored")]
    Secret {
        /// The file.
        file: String,
    },
}

impl GrafanaError {
    /// Whether the same may succeed later: unreachable, busy, out of time, or not yet allowed.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, HttpError::Unreachable { .. }),
            Self::Login { .. }
            | Self::Denied { .. }
            | Self::RenderFailed { .. }
            | Self::Placeholder { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}
