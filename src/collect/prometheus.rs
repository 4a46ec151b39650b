//! Queries a server with the Prometheus HTTP API and keeps its answers byte for byte.

mod error;

pub use error::PrometheusError;

use super::auth::{ServerAuth, endpoint, form_encoded};
use crate::appraise::metric::{chunk_name, http_date_ms, is_json};
use crate::metrics::chunks::decimal_seconds;
use crate::metrics::{
    Answer, AnswerError, ChunkExchange, Exchange, Grid, MetricRequest, ServerKind, ServerRecord,
};
use crate::model::limits::METRICS_BYTES;
use crate::model::redact::url_without_secrets;
use crate::model::{Capture, CapturedFile, MemberPath, MetricExpectation, Timestamp, Window};
use crate::net::http::{StatusCode, Url};
use crate::net::{Http, HttpError, Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// A server and how it is asked. Its identity is asked for once.
#[derive(Debug)]
pub struct PrometheusServer {
    /// Its address; a path before `/api/v1` belongs to it.
    pub url: Url,
    /// Credentials.
    pub auth: ServerAuth,
    /// Points of one request; a longer range is cut.
    pub chunk_points: u64,
    identity: OnceCell<Identity>,
}

#[derive(Clone, Debug)]
struct Identity {
    kind: ServerKind,
    buildinfo: Option<Box<RawValue>>,
}

impl PrometheusServer {
    /// A server that is asked for at most `chunk_points` points at once
    /// ([`CHUNK_POINTS`](crate::metrics::chunks::CHUNK_POINTS) is what Prometheus takes).
    pub fn new(url: Url, auth: ServerAuth, chunk_points: u64) -> Self {
        Self {
            url,
            auth,
            chunk_points,
            identity: OnceCell::new(),
        }
    }

    /// Reaches the server without querying: its kind and version.
    ///
    /// # Errors
    /// When it cannot be reached or denies access.
    pub async fn probe(&self, http: &Http) -> Result<ServerRecord, PrometheusError> {
        let identity = self.identity(http).await?;
        Ok(ServerRecord {
            kind: identity.kind,
            buildinfo: identity.buildinfo.clone(),
            start_before: None,
            start_after: None,
        })
    }

    async fn identity(&self, http: &Http) -> Result<&Identity, PrometheusError> {
        self.identity
            .get_or_try_init(|| async {
                let build = self.status(http, &["status", "buildinfo"]).await?;
                let is_thanos = self.status(http, &["stores"]).await?.is_some();
                let fields = (build.as_ref()).and_then(|raw| {
                    serde_json::from_str::<BTreeMap<String, serde::de::IgnoredAny>>(raw.get()).ok()
                });
                let kind = match fields {
                    _ if is_thanos => ServerKind::Thanos,
                    Some(fields) if fields.is_empty() => ServerKind::Victoriametrics,
                    // Mimir and its like name themselves here.
                    Some(fields) if fields.contains_key("application") => ServerKind::Unknown,
                    Some(fields) if fields.contains_key("version") => ServerKind::Prometheus,
                    _ => ServerKind::Unknown,
                };
                Ok(Identity {
                    kind,
                    buildinfo: build,
                })
            })
            .await
    }

    /// `data` of a status endpoint; none when the server does not have it.
    async fn status(
        &self,
        http: &Http,
        path: &[&str],
    ) -> Result<Option<Box<RawValue>>, PrometheusError> {
        let request =
            Request::get(self.api(path), STATUS_BYTES).header("accept", "application/json");
        let response = match http.send(self.auth.apply(request)).await {
            Err(HttpError::TooLarge { .. }) => return Ok(None),
            other => other?,
        };
        deny(&response)?;
        #[derive(Deserialize)]
        struct Body {
            status: String,
            data: Box<RawValue>,
        }
        let body = serde_json::from_slice::<Body>(&response.body).ok();
        Ok(body
            .filter(|body| response.status == StatusCode::OK && body.status == "success")
            .map(|body| body.data))
    }

    /// When the server started; `runtimeinfo` names its host and folder too, which nobody needs.
    async fn start_time(&self, http: &Http) -> Result<Option<String>, PrometheusError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Runtime {
            start_time: String,
        }
        let data = self.status(http, &["status", "runtimeinfo"]).await?;
        Ok(data
            .and_then(|raw| serde_json::from_str::<Runtime>(raw.get()).ok())
            .map(|runtime| runtime.start_time.chars().take(40).collect()))
    }

    fn api(&self, path: &[&str]) -> Url {
        endpoint(&self.url, &[&["api", "v1"], path].concat())
    }
}

/// Captures a query over the window (an instant query at its end): the raw answers, the request, the exchange, the server.
///
/// An answer is kept when it is a whole, successful JSON document; what follows from it, appraisal says.
/// `window` must not end after what the server has scraped.
///
/// # Errors
/// When the server cannot be reached, denies access or fails the query. Nothing is kept then.
pub async fn capture(
    http: &Http,
    server: &PrometheusServer,
    id: &str,
    expectation: &MetricExpectation,
    window: Window,
) -> Result<Capture, PrometheusError> {
    let (grid, pieces) = match expectation.range {
        Some(range) => {
            let grid = Grid::new(window.start_ms, window.end_ms, range.step_ms)?;
            let pieces = grid.chunks(server.chunk_points, &expectation.expr)?;
            (grid, pieces)
        }
        None => {
            let grid = Grid::instant(window.end_ms);
            (grid, vec![grid])
        }
    };
    let identity = server.identity(http).await?;
    let is_range = expectation.range.is_some();
    let mut parameters = BTreeMap::new();
    if is_range && identity.kind == ServerKind::Victoriametrics {
        // With its cache it moves start and end to multiples of the step.
        parameters.insert("nocache".to_owned(), "1".to_owned());
    }
    let url = server.api(&[if is_range { "query_range" } else { "query" }]);
    let request = MetricRequest {
        expr: expectation.expr.clone(),
        start_ms: is_range.then_some(window.start_ms),
        end_ms: is_range.then_some(window.end_ms),
        step_ms: is_range.then_some(grid.step_ms),
        chunk_points: is_range.then_some(server.chunk_points),
        time_ms: (!is_range).then_some(window.end_ms),
        method: "POST".into(),
        url: url_without_secrets(url.as_str()),
        parameters,
    };
    let start_before = server.start_time(http).await?;
    let mut files = Vec::new();
    let mut chunks = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let response = ask(http, server, &url, &request, piece).await?;
        chunks.push(exchange(&response));
        files.push((chunk_name(index), response.body));
    }
    let record = ServerRecord {
        kind: identity.kind,
        buildinfo: identity.buildinfo.clone(),
        start_before,
        start_after: server.start_time(http).await?,
    };
    files.push(("exchange.json".into(), json(&Exchange { chunks })));
    files.push(("request.json".into(), json(&request)));
    files.push(("server.json".into(), json(&record)));
    let mut captured = Vec::new();
    for (name, bytes) in files {
        let path = MemberPath::try_from(format!("metrics/{id}/{name}"))?;
        if server.auth.leaks_into(&bytes, &server.url) {
            return Err(PrometheusError::Secret {
                file: path.to_string(),
            });
        }
        captured.push(CapturedFile::new(path, "application/json", bytes));
    }
    Ok(Capture {
        captured: Timestamp::now(),
        window: Some(window),
        request: serde_json::to_value(&request).unwrap_or_default(),
        files: captured,
    })
}

async fn ask(
    http: &Http,
    server: &PrometheusServer,
    url: &Url,
    request: &MetricRequest,
    piece: &Grid,
) -> Result<Response, PrometheusError> {
    let start = decimal_seconds(piece.start_ms);
    let end = decimal_seconds(piece.end_ms());
    let step = decimal_seconds(piece.step_ms.try_into().unwrap_or(i64::MAX));
    let mut form = vec![("query", request.expr.as_str())];
    match request.step_ms {
        Some(_) => form.extend([("start", &*start), ("end", &*end), ("step", &*step)]),
        None => form.push(("time", &start)),
    }
    form.extend(
        request
            .parameters
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str())),
    );
    // In the body: a long query does not fit in a URL, and URLs go to access logs.
    let post = Request::post(
        url.clone(),
        "application/x-www-form-urlencoded",
        form_encoded(&form).into_bytes(),
        METRICS_BYTES,
    )
    .header("accept", "application/json")
    .header("accept-encoding", "identity");
    let response = http.send(server.auth.apply(post)).await?;
    // What a failing server or a proxy before it says is shown: it may repeat what it was sent.
    accept(&response).map_err(|error| {
        if server.auth.leaks_into(&response.body, &server.url) {
            PrometheusError::Repeats {
                url: url_without_secrets(response.url.as_str()),
                status: response.status.as_u16(),
            }
        } else {
            error
        }
    })?;
    Ok(response)
}

/// Whether an answer is one that is kept.
fn accept(response: &Response) -> Result<(), PrometheusError> {
    let url = || url_without_secrets(response.url.as_str());
    let status = response.status.as_u16();
    let content_type = response.header("content-type").unwrap_or_default();
    let parsed = Answer::parse(&response.body);
    deny(response)?;
    // Also under text/plain: Thanos' query frontend says so of its JSON.
    if let Err(source @ AnswerError::Server { .. }) = parsed {
        return Err(PrometheusError::Query {
            url: url(),
            source,
            status,
        });
    }
    if response.status != StatusCode::OK {
        let text = String::from_utf8_lossy(&response.body);
        return Err(PrometheusError::Status {
            url: url(),
            status,
            text: text.chars().take(200).collect(),
        });
    }
    let encoding = response.header("content-encoding").unwrap_or("identity");
    if !encoding.eq_ignore_ascii_case("identity") {
        return Err(PrometheusError::Encoded {
            url: url(),
            encoding: encoding.chars().take(40).collect(),
        });
    }
    if !is_json(Some(content_type)) || matches!(parsed, Err(AnswerError::Html)) {
        return Err(PrometheusError::NotJson {
            url: url(),
            content_type: content_type.chars().take(100).collect(),
        });
    }
    match parsed {
        Err(source @ AnswerError::Json(_)) => Err(PrometheusError::Query {
            url: url(),
            source,
            status,
        }),
        // An answer that is whole, yet not to be judged, is kept: appraisal names what is wrong.
        _ => Ok(()),
    }
}

fn deny(response: &Response) -> Result<(), PrometheusError> {
    match response.status.as_u16() {
        status @ (401 | 403 | 407) => Err(PrometheusError::Denied {
            url: url_without_secrets(response.url.as_str()),
            status,
        }),
        _ => Ok(()),
    }
}

fn exchange(response: &Response) -> ChunkExchange {
    let header = |name| {
        response
            .header(name)
            .map(|text| text.chars().take(200).collect::<String>())
    };
    let received_ms = Timestamp::now().as_millisecond();
    let date = header("date");
    ChunkExchange {
        status: response.status.as_u16(),
        content_type: header("content-type"),
        clock_skew_ms: (date.as_deref().and_then(http_date_ms))
            .map(|server| received_ms.saturating_sub(server)),
        date,
        server: header("server"),
        received_ms,
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    // Structs of text, numbers and lists always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Bytes of an answer of a status endpoint.
const STATUS_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests;
