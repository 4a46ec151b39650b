//! One bounded HTTP exchange: size, time, redirects and retries all have limits, secrets go to one origin only.

use crate::model::redact::{Secret, url_without_secrets};
use crate::oci::reference::is_loopback_host;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
pub use reqwest::{Method, StatusCode, Url};
use std::time::Duration;

/// A client with one connection pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// For this machine's own addresses, which no proxy reaches.
    direct: reqwest::Client,
    retries: u32,
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// PEM certificates of further CAs that are trusted for TLS.
    pub roots: Vec<Vec<u8>>,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time of one try, from connecting to the last byte.
    pub timeout: Duration,
    /// Further tries after 429, 502, 503, 504 and broken connections.
    pub retries: u32,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            retries: 3,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers without secrets.
    pub headers: Vec<(String, String)>,
    /// Headers with secrets: sent to the URL's own origin only, never stored or printed.
    pub secrets: Vec<(String, Secret)>,
    /// Content type and body.
    pub body: Option<(String, Vec<u8>)>,
    /// Bytes of the answer's body that are taken; one more is an error.
    pub max_bytes: u64,
    /// Redirects that are followed (GET and HEAD only; never from https to http).
    pub redirects: u8,
}

impl Request {
    /// A GET of at most `max_bytes` that follows no redirect.
    pub fn get(url: Url, max_bytes: u64) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            secrets: Vec::new(),
            body: None,
            max_bytes,
            redirects: 0,
        }
    }

    /// A POST of this body.
    pub fn post(url: Url, content_type: &str, body: Vec<u8>, max_bytes: u64) -> Self {
        Self {
            method: Method::POST,
            body: Some((content_type.into(), body)),
            ..Self::get(url, max_bytes)
        }
    }

    /// The same with this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same with this secret header.
    #[must_use]
    pub fn secret(mut self, name: &str, value: Secret) -> Self {
        self.secrets.push((name.into(), value));
        self
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body after transfer decoding, whole and within the limit.
    pub body: Vec<u8>,
    /// Where it came from in the end.
    pub url: Url,
}

impl Response {
    /// A header as text; none when absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

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
    /// The body is larger than what is taken.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// Where from.
        url: String,
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

impl Http {
    /// A client.
    ///
    /// # Errors
    /// When a root certificate does not parse or TLS cannot be set up.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        let mut roots = Vec::new();
        for pem in &options.roots {
            let parsed = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| HttpError::Setup(error.to_string()))?;
            roots.extend(parsed);
        }
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("evidence/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                // Bodies are evidence: as they came, whichever decoders another crate switched on.
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate()
                .connect_timeout(options.connect_timeout)
                .timeout(options.timeout)
                .tls_certs_merge(roots.clone())
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| HttpError::Setup(error.to_string()))
        };
        Ok(Self {
            client: build(builder())?,
            direct: build(builder().no_proxy())?,
            retries: options.retries,
        })
    }

    /// Sends the request and reads the whole answer. Any status is an answer; the caller judges it.
    ///
    /// # Errors
    /// When there is no whole answer within the limits.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let mut request = request;
        let origin = request.url.origin();
        for _ in 0..=request.redirects {
            let response = self.try_often(&request).await?;
            let location = response
                .status
                .is_redirection()
                .then(|| {
                    response
                        .header("location")
                        .and_then(|to| request.url.join(to).ok())
                })
                .flatten();
            let Some(to) = location else {
                return Ok(response);
            };
            let refused = request.redirects == 0
                || !matches!(request.method, Method::GET | Method::HEAD)
                || !matches!(to.scheme(), "http" | "https")
                || (request.url.scheme() == "https" && to.scheme() != "https");
            if refused {
                return Err(redirect(&request.url, &to));
            }
            // A secret is for the origin that it was given for, and a redirect is that origin's word only.
            if to.origin() != origin {
                request.secrets.clear();
            }
            request.url = to;
        }
        let to = request.url.clone();
        Err(redirect(&request.url, &to))
    }

    async fn try_often(&self, request: &Request) -> Result<Response, HttpError> {
        let mut tries = 0;
        loop {
            let answer = self.try_once(request).await;
            let wait = match &answer {
                Ok(response) if is_busy(response.status) => retry_after(response),
                Err(HttpError::Unreachable { .. }) => None,
                _ => return answer,
            };
            if tries == self.retries {
                return answer;
            }
            let backoff = Duration::from_millis(200 << tries.min(5));
            tokio::time::sleep(wait.unwrap_or(backoff)).await;
            tries += 1;
        }
    }

    async fn try_once(&self, request: &Request) -> Result<Response, HttpError> {
        let mut headers = HeaderMap::new();
        let plain = request
            .headers
            .iter()
            .map(|(name, value)| (name, value.as_str(), false));
        let secret = request
            .secrets
            .iter()
            .map(|(name, value)| (name, value.expose(), true));
        for (name, value, is_secret) in plain.chain(secret) {
            let error = || HttpError::Header { name: name.clone() };
            let mut value = HeaderValue::from_str(value).map_err(|_| error())?;
            value.set_sensitive(is_secret);
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| error())?,
                value,
            );
        }
        let is_local = request.url.host_str().is_some_and(is_loopback_host);
        let client = if is_local { &self.direct } else { &self.client };
        let mut builder = client
            .request(request.method.clone(), request.url.clone())
            .headers(headers);
        if let Some((content_type, body)) = &request.body {
            builder = builder
                .header("content-type", content_type)
                .body(body.clone());
        }
        let mut answer = builder
            .send()
            .await
            .map_err(|error| unreachable(&request.url, &error))?;
        let too_large = || HttpError::TooLarge {
            url: url_without_secrets(request.url.as_str()),
            limit: request.max_bytes,
        };
        // The answer to HEAD states the length of a body that it does not have.
        let body_expected = request.method != Method::HEAD;
        if body_expected
            && answer
                .content_length()
                .is_some_and(|length| length > request.max_bytes)
        {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| unreachable(&request.url, &error))?
        {
            if (body.len() + chunk.len()) as u64 > request.max_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status: answer.status(),
            headers: answer.headers().clone(),
            body,
            url: request.url.clone(),
        })
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// `Retry-After` in seconds, at most 30: a server may not hold us for longer.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.header("retry-after")?.parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(30)))
}

fn redirect(from: &Url, to: &Url) -> HttpError {
    HttpError::Redirect {
        url: url_without_secrets(from.as_str()),
        to: url_without_secrets(to.as_str()),
    }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> HttpError {
    let mut cause: &dyn std::error::Error = error;
    // The innermost cause says what happened; the outer ones repeat the URL with its query.
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let reason = if error.is_timeout() {
        "no answer in time".into()
    } else {
        cause.to_string()
    };
    HttpError::Unreachable {
        url: url_without_secrets(url.as_str()),
        reason,
    }
}
