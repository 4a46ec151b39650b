//! One bounded HTTP exchange: size, time, redirects and retries all have limits, secrets go to one origin only.

use super::clients::Clients;
pub use super::http_error::HttpError;
use super::retry::Retry;
use crate::model::Digest;
use crate::model::redact::Secret;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::tls::TlsInfo;
pub use reqwest::{Method, StatusCode, Url};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A client with one connection to a server for as many requests as possible. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    clients: Arc<Clients>,
    retry: Retry,
    deadline: Duration,
}

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// PEM certificates of further CAs that are trusted for TLS, besides the system's (or, where they are set, those
    /// of `SSL_CERT_FILE` and `SSL_CERT_DIR`).
    pub roots: Vec<Vec<u8>>,
    /// Time to connect: 10 s.
    pub connect_timeout: Duration,
    /// Time without a single byte of the answer: 30 s.
    pub stall_timeout: Duration,
    /// Time of one try, from connecting to the last byte: 60 s.
    pub timeout: Duration,
    /// Time of the whole request, with all its tries, the waits between them and all redirects: 180 s. A try that
    /// could only start later is not made.
    pub deadline: Duration,
    /// Further tries: 3. Made after 408, 429, 502, 503, 504, and connections that broke, before or amid the answer;
    /// after 500 just one. Whatever is sent can be sent twice: questions, tokens, uploads by digest, log entries.
    pub retries: u32,
    /// Longest wait before another try, whatever `Retry-After` says: 30 s.
    pub longest_wait: Duration,
    /// Connections to one server that are kept open for the next request: 32.
    pub idle_connections: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(180),
            retries: 3,
            longest_wait: Duration::from_secs(30),
            idle_connections: 32,
        }
    }
}

impl HttpOptions {
    /// For a server that works on its answer for up to `timeout`, silently.
    pub fn patient(timeout: Duration) -> Self {
        Self {
            stall_timeout: timeout,
            timeout,
            deadline: timeout.saturating_mul(3),
            ..Self::default()
        }
    }

    /// The whole request within `deadline`. One try may take all of it as long as bytes come: what is large over a slow
    /// line needs it, and what stalls is tried again earlier.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self {
            connect_timeout: self.connect_timeout.min(deadline),
            stall_timeout: self.stall_timeout.min(deadline),
            timeout: deadline,
            deadline,
            ..self
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
    /// SHA-256 of the certificate that the server showed; none over plain HTTP.
    pub certificate: Option<Digest>,
}

impl Response {
    /// A header as text; none when absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Http {
    /// A client.
    ///
    /// # Errors
    /// When a root certificate does not parse.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        Ok(Self {
            clients: Arc::new(Clients::new(options)?),
            retry: Retry::new(options),
            deadline: options.deadline,
        })
    }

    /// Sends the request and reads the whole answer. Any status is an answer; the caller judges it.
    ///
    /// # Errors
    /// When there is no whole answer within the limits.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let url = request.url.clone();
        let end = Instant::now() + self.deadline;
        let answer = tokio::time::timeout_at(end, self.follow(request, end)).await;
        answer.unwrap_or_else(|_| Err(HttpError::late(&url, self.deadline)))
    }

    async fn follow(&self, mut request: Request, end: Instant) -> Result<Response, HttpError> {
        let origin = request.url.origin();
        for _ in 0..=request.redirects {
            let response = self.try_often(&request, end).await?;
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
                return Err(HttpError::redirect(&request.url, &to));
            }
            // A secret is for the origin that it was given for, and a redirect is that origin's word only.
            if to.origin() != origin {
                request.secrets.clear();
            }
            request.url = to;
        }
        let to = request.url.clone();
        Err(HttpError::redirect(&request.url, &to))
    }

    async fn try_often(&self, request: &Request, end: Instant) -> Result<Response, HttpError> {
        let mut tries = 0;
        loop {
            let outcome = self.try_once(request).await;
            tries += 1;
            let Some(wait) = self.retry.wait(tries, &outcome, Timestamp::now()) else {
                return outcome;
            };
            // What the server said is worth more than that time ran out.
            if Instant::now() + wait >= end {
                return outcome;
            }
            tokio::time::sleep(wait).await;
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
        let client = self.clients.of(&request.url)?;
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
            .map_err(|error| HttpError::broken(&request.url, &error))?;
        let status = answer.status();
        let too_large = || HttpError::too_large(&request.url, status, request.max_bytes);
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
            .map_err(|error| HttpError::broken(&request.url, &error))?
        {
            if (body.len() + chunk.len()) as u64 > request.max_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let tls = answer.extensions().get::<TlsInfo>();
        let certificate = tls.and_then(TlsInfo::peer_certificate).map(Digest::of);
        Ok(Response {
            status,
            headers: answer.headers().clone(),
            body,
            url: request.url.clone(),
            certificate,
        })
    }
}
