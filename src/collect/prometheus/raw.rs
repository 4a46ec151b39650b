//! The samples behind a query: what its selectors read, so that anybody can compute its answer again.

use super::ask::{Wanted, ask, deny, encoded, exchange, send, succeeded, unless_it_repeats};
use super::server::PrometheusServer;
use super::{Files, JSON, PrometheusError, json};
use crate::metrics::chunks::decimal_seconds;
use crate::metrics::promql::{self, Need};
use crate::metrics::remote_read::{decode_response, encode_request};
use crate::metrics::{Grid, Labels, RawPiece, RawRecord, RawSelector, RawVia, ServerRecord};
use crate::model::Window;
use crate::model::limits::{METRICS_BYTES, RAW_BYTES, RAW_REQUESTS};
use crate::model::redact::url_without_secrets;
use crate::net::{Http, Request, Response};

/// Captures all samples that the query reads over the grid, with `raw.json`.
///
/// Adds nothing for a query or a server whose answers are not recomputed; appraisal says why.
///
/// # Errors
/// When the server fails one of the requests, or there is more than is kept.
pub(super) async fn collect(
    http: &Http,
    server: &PrometheusServer,
    expr: &str,
    grid: &Grid,
    files: &mut Files<'_>,
) -> Result<(), PrometheusError> {
    let identity = server.identity(http).await?.record();
    if !is_recomputed(&identity) {
        return Ok(());
    }
    let Ok(parsed) = promql::parse(expr) else {
        return Ok(());
    };
    let needs = promql::needs(&parsed, grid);
    let requests: usize = needs.iter().map(|need| pieces(need).count()).sum();
    if requests > RAW_REQUESTS {
        return Err(PrometheusError::RawRequests { found: requests });
    }
    let mut raw = Raw {
        http,
        server,
        files,
        room: RAW_BYTES,
        has_remote_read: true,
    };
    let mut selectors = Vec::new();
    for (number, need) in needs.iter().enumerate() {
        selectors.push(raw.selector(number, need).await?);
    }
    raw.files
        .add("raw.json", JSON, json(&RawRecord { selectors }))
}

fn is_recomputed(server: &ServerRecord) -> bool {
    promql::Semantics::of(server.kind, &server.build().version).is_some()
}

/// The stretches of time that are asked for one by one: a server holds the samples of one in memory.
fn pieces(need: &Need) -> impl Iterator<Item = (i64, i64)> + use<> {
    let to_ms = need.to_ms;
    let starts = std::iter::successors(Some(need.from_ms), |from| from.checked_add(PIECE_MS));
    starts
        .take_while(move |from| *from <= to_ms)
        .map(move |from| (from, to_ms.min(from.saturating_add(PIECE_MS - 1))))
}

struct Raw<'a, 'f> {
    http: &'a Http,
    server: &'a PrometheusServer,
    files: &'a mut Files<'f>,
    /// Bytes that may still come.
    room: u64,
    has_remote_read: bool,
}

impl Raw<'_, '_> {
    async fn selector(
        &mut self,
        number: usize,
        need: &Need,
    ) -> Result<RawSelector, PrometheusError> {
        // A negative offset reads beyond the window.
        let window = Window {
            start_ms: need.from_ms,
            end_ms: need.to_ms,
        };
        self.server.look_at_end(self.http, window).await?;
        let read = match need.stale_markers && self.has_remote_read {
            true => self.read(number, need).await?,
            false => None,
        };
        let (via, pieces) = match read {
            Some(pieces) => (RawVia::RemoteRead, pieces),
            None => (RawVia::Query, self.query(number, need).await?),
        };
        Ok(RawSelector {
            selector: need.selector.to_string(),
            via,
            pieces,
        })
    }

    /// By range selectors in instant queries.
    async fn query(
        &mut self,
        number: usize,
        need: &Need,
    ) -> Result<Vec<RawPiece>, PrometheusError> {
        let url = self.server.api(&["query"]);
        let mut kept = Vec::new();
        for (index, (from_ms, to_ms)) in pieces(need).enumerate() {
            // One more millisecond, for servers whose ranges leave out their left end.
            let range = to_ms.saturating_sub(from_ms).saturating_add(1);
            let query = format!("{}[{range}ms]", need.selector);
            let time = decimal_seconds(to_ms);
            let form = [("query", query.as_str()), ("time", time.as_str())];
            let answer = ask(self.http, self.server, &url, &form, Wanted::Matrix).await;
            let answer = answer.map_err(too_large)?;
            let file = format!("raw-{number:03}-{index:03}.json");
            kept.push(self.keep(file, JSON, (from_ms, to_ms), answer)?);
        }
        Ok(kept)
    }

    /// By remote read; none when the server does not have it.
    async fn read(
        &mut self,
        number: usize,
        need: &Need,
    ) -> Result<Option<Vec<RawPiece>>, PrometheusError> {
        let url = self.server.api(&["read"]);
        let mut kept = Vec::new();
        for (index, (from_ms, to_ms)) in pieces(need).enumerate() {
            let body = encode_request(need.selector.matchers(), from_ms, to_ms);
            let body = body.map_err(|source| PrometheusError::RemoteRead {
                url: url_without_secrets(url.as_str()),
                source,
            })?;
            let post = Request::post(url.clone(), PROTOBUF, body, METRICS_BYTES)
                .header("content-encoding", "snappy")
                .header("accept-encoding", "snappy")
                .header("x-prometheus-remote-read-version", "0.1.0");
            let answer = send(self.http, self.server, post).await;
            let answer = answer.map_err(too_large)?;
            if index == 0 && matches!(answer.status.as_u16(), 404 | 405) {
                self.has_remote_read = false;
                return Ok(None);
            }
            let file = format!("raw-{number:03}-{index:03}.pb");
            let labels =
                accept(&answer).map_err(|error| unless_it_repeats(self.server, &answer, error))?;
            // Compressed, a secret is not found where it stands.
            if labels.iter().any(|labels| self.leaks(labels)) {
                return Err(PrometheusError::Secret { file });
            }
            kept.push(self.keep(file, PROTOBUF, (from_ms, to_ms), answer)?);
        }
        Ok(Some(kept))
    }

    fn leaks(&self, labels: &Labels) -> bool {
        let server = self.server;
        let mut texts = labels.0.iter().flat_map(|(name, value)| [name, value]);
        texts.any(|text| server.auth.leaks_into(text.as_bytes(), &server.url))
    }

    fn keep(
        &mut self,
        file: String,
        media_type: &str,
        (from_ms, to_ms): (i64, i64),
        answer: Response,
    ) -> Result<RawPiece, PrometheusError> {
        let piece = RawPiece {
            file,
            from_ms,
            to_ms,
            exchange: exchange(&answer),
        };
        let left = self.room.checked_sub(answer.body.len() as u64);
        self.room = left.ok_or_else(|| PrometheusError::RawTooLarge {
            url: url_without_secrets(self.server.url.as_str()),
        })?;
        self.files.add(&piece.file, media_type, answer.body)?;
        Ok(piece)
    }
}

/// Fewer points of the query would not make its raw samples fewer.
fn too_large(error: PrometheusError) -> PrometheusError {
    match error {
        PrometheusError::TooLarge { url, .. } => PrometheusError::RawTooLarge { url },
        other => other,
    }
}

/// The label sets of an answer of remote read, when it is one that is kept.
fn accept(answer: &Response) -> Result<Vec<Labels>, PrometheusError> {
    let url = || url_without_secrets(answer.url.as_str());
    deny(answer)?;
    succeeded(answer)?;
    let content_type = answer.header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(PROTOBUF) {
        return Err(PrometheusError::NotProtobuf {
            url: url(),
            content_type: content_type.chars().take(100).collect(),
        });
    }
    encoded(answer, "snappy")?;
    let series = decode_response(&answer.body);
    let series = series.map_err(|source| PrometheusError::RemoteRead { url: url(), source })?;
    Ok(series.into_iter().map(|one| one.labels).collect())
}

/// Milliseconds of one request: 6 hours.
const PIECE_MS: i64 = 6 * 3_600_000;
const PROTOBUF: &str = "application/x-protobuf";
