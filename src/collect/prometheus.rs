//! Queries a server with the Prometheus HTTP API and keeps its answers byte for byte.

mod ask;
mod error;
mod raw;
mod server;

pub use error::PrometheusError;
pub use server::PrometheusServer;

use crate::appraise::metric::chunk_name;
use crate::metrics::chunks::decimal_seconds;
use crate::metrics::{Exchange, Grid, GridError, MetricRequest, ServerKind, ServerRecord};
use crate::model::limits::{METRIC_BYTES, METRIC_SECONDS};
use crate::model::redact::url_without_secrets;
use crate::model::{Capture, CapturedFile, MemberPath, MetricExpectation, Timestamp, Window};
use crate::net::Http;
use crate::net::http::Url;
use ask::{Wanted, exchange};
use std::collections::BTreeMap;
use std::time::Duration;

/// Captures a query over the window (an instant query at its end): the raw answers, the request, the exchange, the server.
///
/// An answer is kept when it is a whole, successful one of the kind that was asked for; what follows from it, appraisal
/// says. With `raw`, the samples behind the answer are captured too. All requests together have [`METRIC_SECONDS`].
///
/// # Errors
/// When the server cannot be reached, denies access or fails the query, and when the window's end is too recent for its
/// samples to be whole. Nothing is kept then.
pub async fn capture(
    http: &Http,
    server: &PrometheusServer,
    id: &str,
    expectation: &MetricExpectation,
    window: Window,
) -> Result<Capture, PrometheusError> {
    let question = Question {
        http,
        server,
        id,
        expectation,
        window,
    };
    let limit = Duration::from_secs(METRIC_SECONDS);
    let captured = tokio::time::timeout(limit, question.cut_to_size());
    captured.await.unwrap_or_else(|_| {
        Err(PrometheusError::Late {
            url: url_without_secrets(server.url.as_str()),
        })
    })
}

struct Question<'a> {
    http: &'a Http,
    server: &'a PrometheusServer,
    id: &'a str,
    expectation: &'a MetricExpectation,
    window: Window,
}

impl Question<'_> {
    fn grid(&self) -> Result<Grid, GridError> {
        let Window { start_ms, end_ms } = self.window;
        match self.expectation.range {
            Some(range) => Grid::new(start_ms, end_ms, range.step_ms),
            None => Ok(Grid::instant(end_ms)),
        }
    }

    /// Asks for as many points at once as the server takes, and for fewer when the answer is too large.
    async fn cut_to_size(&self) -> Result<Capture, PrometheusError> {
        let grid = self.grid()?;
        let mut points = self.server.chunk_points;
        loop {
            let captured = self.ask(&grid, points).await;
            let fewer = points.min(grid.points) / 4;
            let is_cut = fewer > 0 && grid.chunks(fewer, &self.expectation.expr).is_ok();
            match captured {
                Err(PrometheusError::TooLarge { .. }) if is_cut => points = fewer,
                other => return other,
            }
        }
    }

    async fn ask(&self, grid: &Grid, chunk_points: u64) -> Result<Capture, PrometheusError> {
        let Self {
            http,
            server,
            expectation,
            window,
            ..
        } = *self;
        let pieces = grid.chunks(chunk_points, &expectation.expr)?;
        let identity = server.identity(http).await?;
        server.look_at_end(http, window).await?;
        let wanted = match expectation.range {
            Some(_) => Wanted::Matrix,
            None => Wanted::Instant,
        };
        let url = server.api(&[match wanted {
            Wanted::Matrix => "query_range",
            Wanted::Instant => "query",
        }]);
        let request = self.request(&url, identity.kind, chunk_points);
        let start_before = server.start_time(http).await?;
        let mut files = Files::new(server, self.id);
        let mut chunks = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let times = times(&request, piece);
            let response = ask::ask(http, server, &url, &form(&request, &times), wanted).await?;
            chunks.push(exchange(&response));
            files.add(&chunk_name(index), JSON, response.body)?;
        }
        if expectation.raw {
            raw::collect(http, server, &expectation.expr, grid, &mut files).await?;
        }
        let record = ServerRecord {
            start_before,
            start_after: server.start_time(http).await?,
            ..identity.record()
        };
        files.add("exchange.json", JSON, json(&Exchange { chunks }))?;
        files.add("request.json", JSON, json(&request))?;
        files.add("server.json", JSON, json(&record))?;
        Ok(Capture {
            captured: Timestamp::now(),
            window: Some(window),
            request: serde_json::to_value(&request).unwrap_or_default(),
            files: files.captured,
        })
    }

    fn request(&self, url: &Url, kind: ServerKind, chunk_points: u64) -> MetricRequest {
        let Window { start_ms, end_ms } = self.window;
        let range = self.expectation.range;
        let is_range = range.is_some();
        let mut parameters = BTreeMap::new();
        if is_range && kind == ServerKind::Victoriametrics {
            // With its cache it moves start and end to multiples of the step.
            parameters.insert("nocache".to_owned(), "1".to_owned());
        }
        MetricRequest {
            expr: self.expectation.expr.clone(),
            start_ms: is_range.then_some(start_ms),
            end_ms: is_range.then_some(end_ms),
            step_ms: range.map(|range| range.step_ms),
            chunk_points: is_range.then_some(chunk_points),
            time_ms: (!is_range).then_some(end_ms),
            method: "POST".into(),
            url: url_without_secrets(url.as_str()),
            parameters,
        }
    }
}

/// The times of a piece as they are sent.
fn times(request: &MetricRequest, piece: &Grid) -> Vec<(&'static str, String)> {
    let start = decimal_seconds(piece.start_ms);
    match request.step_ms {
        Some(_) => vec![
            ("start", start),
            ("end", decimal_seconds(piece.end_ms())),
            (
                "step",
                decimal_seconds(piece.step_ms.try_into().unwrap_or(i64::MAX)),
            ),
        ],
        None => vec![("time", start)],
    }
}

fn form<'a>(
    request: &'a MetricRequest,
    times: &'a [(&'static str, String)],
) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("query", request.expr.as_str())];
    form.extend(times.iter().map(|(name, time)| (*name, time.as_str())));
    let further = request.parameters.iter();
    form.extend(further.map(|(name, value)| (name.as_str(), value.as_str())));
    form
}

/// The files of a metric. None holds a secret of the run, and together they are no larger than what is kept.
struct Files<'a> {
    server: &'a PrometheusServer,
    id: &'a str,
    bytes: u64,
    captured: Vec<CapturedFile>,
}

impl<'a> Files<'a> {
    fn new(server: &'a PrometheusServer, id: &'a str) -> Self {
        Self {
            server,
            id,
            bytes: 0,
            captured: Vec::new(),
        }
    }

    fn add(&mut self, name: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), PrometheusError> {
        let path = MemberPath::try_from(format!("metrics/{}/{name}", self.id))?;
        if self.server.auth.leaks_into(&bytes, &self.server.url) {
            return Err(PrometheusError::Secret {
                file: path.to_string(),
            });
        }
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > METRIC_BYTES {
            return Err(PrometheusError::TooLargeInAll {
                url: url_without_secrets(self.server.url.as_str()),
            });
        }
        (self.captured).push(CapturedFile::new(path, media_type, bytes));
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    // Structs of text, numbers and lists always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}

const JSON: &str = "application/json";

#[cfg(test)]
mod tests;
