//! One bounded exchange with a signing service, and what can go wrong with it.

use super::token::TokenError;
use crate::model::limits::SEAL_ANSWER_BYTES;
use crate::model::redact::{Secret, url_without_secrets};
use crate::net::http::{Http, HttpError, Request, Response, StatusCode, Url};
use std::fmt;

/// A service that takes part in signing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Service {
    /// Fulcio: certificates for identity tokens.
    CertificateAuthority,
    /// Rekor.
    Log,
    /// RFC 3161.
    TimestampAuthority,
    /// What gives a CI job its identity token.
    TokenIssuer,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateAuthority => "the certificate authority",
            Self::Log => "the transparency log",
            Self::TimestampAuthority => "the timestamp authority",
            Self::TokenIssuer => "the issuer of identity tokens",
        })
    }
}

/// Why nothing was signed. What was to be signed is never harmed by it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// No answer within the limits of time.
    #[error("{service} cannot be reached")]
    Unreachable {
        /// Which one.
        service: Service,
        /// What happened.
        #[source]
        source: HttpError,
    },
    /// An answer that says no.
    #[error("{service} at {url} answered with status {status}: {words}")]
    Refused {
        /// Which one.
        service: Service,
        /// Where, without secrets.
        url: String,
        /// HTTP status.
        status: u16,
        /// Its own words, cut to 300 characters.
        words: String,
    },
    /// An answer that says yes and does not hold what it must.
    #[error("{service} gave an answer that is not used: {reason}")]
    BadAnswer {
        /// Which one.
        service: Service,
        /// What is wrong with it.
        reason: String,
    },
    /// A secret would travel in the clear.
    #[error("{service} at {url} is neither https nor on this machine: no token is sent there")]
    Plain {
        /// Which one.
        service: Service,
        /// Where, without secrets.
        url: String,
    },
    /// Keyless without a certificate authority.
    #[error("signing without a key needs a certificate authority, and none is configured")]
    NoCertificateAuthority,
    /// A certificate lives for minutes, and nobody would say when it was used.
    #[error("this way of signing needs a timestamp authority, and none is configured")]
    NoTrustedTime,
    /// The token cannot be used.
    #[error("the identity token cannot be used")]
    Token(#[source] TokenError),
    /// The statement is none.
    #[error("what is to be signed is no in-toto statement: {0}")]
    Statement(String),
    /// The signature could not be made.
    #[error("cannot sign: {0}")]
    Sign(String),
}

impl SealError {
    /// Whether the same call may succeed later: a service is down or busy, nothing is wrong with what was asked.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// The service that failed, where one did.
    pub fn service(&self) -> Option<Service> {
        match self {
            Self::Unreachable { service, .. }
            | Self::Refused { service, .. }
            | Self::BadAnswer { service, .. }
            | Self::Plain { service, .. } => Some(*service),
            _ => None,
        }
    }
}

/// Sends the request; any status is an answer.
pub(super) async fn ask(
    http: &Http,
    service: Service,
    request: Request,
) -> Result<Response, SealError> {
    http.send(request).await.map_err(|error| match error {
        HttpError::TooLarge { .. } | HttpError::Redirect { .. } | HttpError::Header { .. } => {
            bad(service, error)
        }
        source => SealError::Unreachable { service, source },
    })
}

/// A JSON body for the service.
pub(super) fn post_json(url: Url, body: &serde_json::Value) -> Request {
    let bytes = body.to_string().into_bytes();
    Request::post(url, "application/json", bytes, SEAL_ANSWER_BYTES)
        .header("accept", "application/json")
}

/// `path` below the service's address, whether or not that ends with a slash.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// An answer with another status than wanted. `secret` is cut out of the service's words, should it repeat it.
pub(super) fn refused(service: Service, response: &Response, secret: Option<&Secret>) -> SealError {
    SealError::Refused {
        service,
        url: url_without_secrets(response.url.as_str()),
        status: response.status.as_u16(),
        words: words(response.status, &response.body, secret),
    }
}

pub(super) fn bad(service: Service, reason: impl fmt::Display) -> SealError {
    SealError::BadAnswer {
        service,
        reason: reason.to_string(),
    }
}

/// No secret leaves this machine without TLS.
pub(super) fn require_private(service: Service, url: &Url) -> Result<(), SealError> {
    let is_loopback = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    if url.scheme() == "https" || is_loopback {
        return Ok(());
    }
    Err(SealError::Plain {
        service,
        url: url_without_secrets(url.as_str()),
    })
}

/// What the service says, as one short line of printable text.
fn words(status: StatusCode, body: &[u8], secret: Option<&Secret>) -> String {
    let message = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|json| Some(json.get("message")?.as_str()?.to_owned()));
    let mut text = message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    if let Some(secret) = secret.filter(|secret| !secret.expose().is_empty()) {
        text = text.replace(secret.expose(), "(secret)");
    }
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect();
    if line.is_empty() {
        status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_lowercase()
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_put_below_the_address_of_the_service() {
        for base in ["https://log.example/rekor", "https://log.example/rekor/"] {
            let found = below(&url(base), "api/v1/log/entries");
            assert_eq!(
                found.as_str(),
                "https://log.example/rekor/api/v1/log/entries"
            );
        }
    }

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        let check = |text: &str| require_private(Service::CertificateAuthority, &url(text)).is_ok();

        for fine in [
            "https://fulcio.example",
            "http://127.0.0.1:5555",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            assert!(check(fine), "{fine}");
        }
        for wrong in [
            "http://fulcio.example",
            "http://10.0.0.1",
            "http://127.0.0.1.example",
            "http://localhost.example",
        ] {
            assert!(!check(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_words_of_a_service_are_one_short_line_without_the_token() {
        let token = Secret::new("aaa.bbb.ccc");
        let body = br#"{"code":16,"message":"bad\n token aaa.bbb.ccc \u001b[31m"}"#;

        let found = words(StatusCode::UNAUTHORIZED, body, Some(&token));

        assert_eq!(found, "bad token (secret) [31m");
        let long = words(StatusCode::BAD_GATEWAY, &[b'x'; 10_000], None);
        assert_eq!(long.len(), 300);
        assert_eq!(words(StatusCode::BAD_GATEWAY, b"", None), "bad gateway");
    }
}
