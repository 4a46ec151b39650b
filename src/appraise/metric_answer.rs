//! The series that a captured metric holds, checked to be the answer to the expectation's query.

use crate::metrics::{
    Column, Columns, ColumnsError, Exchange, Grid, Kind, MetricRequest, ServerRecord,
};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{Capture, MetricExpectation, Problem};
use serde::de::DeserializeOwned;

/// What was read from a capture.
pub(super) struct MetricAnswer {
    /// Who answered; none where nobody was asked.
    pub(super) server: Option<ServerRecord>,
    /// The steps that were asked for.
    pub(super) grid: Grid,
    /// In how many requests.
    pub(super) chunks: usize,
    /// The series, ascending in labels.
    pub(super) series: Vec<Column>,
    /// What the servers warned of, each once.
    pub(super) warnings: Vec<String>,
    /// What the servers noted, each once.
    pub(super) infos: Vec<String>,
    /// When the server's clock stood before the end of the window: that clock, milliseconds since 1970.
    pub(super) answered_early_ms: Option<i64>,
}

/// Reads the capture's files. Whatever keeps it from being the answer to this expectation is the problem.
pub(super) fn read(
    capture: &Capture,
    expectation: &MetricExpectation,
) -> Result<MetricAnswer, Problem> {
    let request: MetricRequest = document(capture, "request.json", "metric-request")?;
    let grid = asked(capture, expectation, &request)?;
    let cut = grid
        .chunks(request.chunk_points.unwrap_or(u64::MAX), &expectation.expr)
        .map_err(|error| Problem::new("metric-request", error.to_string()))?;
    let exchange: Exchange = document(capture, "exchange.json", "metric-error")?;
    let server: ServerRecord = document(capture, "server.json", "metric-error")?;
    let is_chunk = |path: &str| {
        path.rsplit('/')
            .next()
            .is_some_and(|n| n.starts_with("chunk-"))
    };
    let stored = (capture.files.iter())
        .filter(|file| is_chunk(file.path.as_str()))
        .count();
    if stored != cut.len() || exchange.chunks.len() != cut.len() {
        return Err(Problem::new(
            "metric-error",
            format!(
                "the window takes {} requests, {stored} answers and {} exchanges are there",
                cut.len(),
                exchange.chunks.len()
            ),
        ));
    }
    let mut answer = MetricAnswer {
        server: Some(server),
        grid,
        chunks: cut.len(),
        series: Vec::new(),
        warnings: Vec::new(),
        infos: Vec::new(),
        answered_early_ms: None,
    };
    let mut columns = Columns::new(grid);
    for (index, (piece, exchange)) in cut.iter().zip(&exchange.chunks).enumerate() {
        let name = chunk_name(index);
        let failed = |text: &str| Problem::new("metric-error", format!("{name}: {text}"));
        if exchange.status != 200 {
            return Err(failed(&format!("the HTTP status was {}", exchange.status)));
        }
        if !is_json(exchange.content_type.as_deref()) {
            return Err(failed("the answer was no application/json"));
        }
        let file = capture
            .file(&name)
            .ok_or_else(|| failed("it is not there"))?;
        let parsed = columns
            .add(piece, &file.bytes)
            .map_err(|error| failed(&said(&error)))?;
        of_type(parsed.kind, expectation).map_err(failed)?;
        add_new(&mut answer.warnings, parsed.warnings);
        add_new(&mut answer.infos, parsed.infos);
        let clock = exchange.date.as_deref().and_then(http_date_ms);
        answer.answered_early_ms = answer
            .answered_early_ms
            .or(clock.filter(|clock| *clock < grid.end_ms()));
    }
    answer.series = columns.finish().map_err(|error| {
        let code = match error {
            ColumnsError::Moved(_) => "metric-grid-moved",
            _ => "metric-error",
        };
        Problem::new(code, error.to_string())
    })?;
    if answer.chunks > 1 && answer.server.as_ref().is_some_and(ServerRecord::restarted) {
        answer
            .warnings
            .push("the server started anew between the requests".into());
    }
    Ok(answer)
}

/// The name of the file with the answer to this request.
pub fn chunk_name(index: usize) -> String {
    format!("chunk-{index:03}.json")
}

/// Whether a `Content-Type` is JSON. `application/stream+json` and its like are not one document.
pub fn is_json(content_type: Option<&str>) -> bool {
    content_type
        .and_then(|text| text.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The time of an HTTP `Date` in milliseconds since 1970.
pub fn http_date_ms(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|date| date.timestamp().as_millisecond())
}

/// The steps that the request asked for, when it is the expectation's request over the capture's window.
fn asked(
    capture: &Capture,
    expectation: &MetricExpectation,
    request: &MetricRequest,
) -> Result<Grid, Problem> {
    let wrong = |text: &str| Problem::new("metric-request", text);
    if request.expr != expectation.expr {
        return Err(wrong(
            "another query was asked than the one that is expected",
        ));
    }
    if serde_json::to_value(request).ok().as_ref() != Some(&capture.request) {
        return Err(wrong(
            "the item states another request than its request.json",
        ));
    }
    let window = capture
        .window
        .ok_or_else(|| wrong("the capture has no window"))?;
    let Some(range) = expectation.range else {
        if request.time_ms != Some(window.end_ms) || request.step_ms.is_some() {
            return Err(wrong("the query was not asked at the end of the window"));
        }
        return Ok(Grid::instant(window.end_ms));
    };
    let length = i128::from(window.end_ms) - i128::from(window.start_ms);
    if length != i128::from(range.window_ms) {
        return Err(wrong("the window has another length than expected"));
    }
    let sent = (
        request.start_ms,
        request.end_ms,
        request.step_ms,
        request.time_ms,
    );
    let wanted = (
        Some(window.start_ms),
        Some(window.end_ms),
        Some(range.step_ms),
        None,
    );
    if sent != wanted {
        return Err(wrong("start, end or step are not those of the window"));
    }
    Grid::new(window.start_ms, window.end_ms, range.step_ms)
        .map_err(|error| wrong(&error.to_string()))
}

fn of_type(kind: Kind, expectation: &MetricExpectation) -> Result<(), &'static str> {
    match (kind, expectation.range) {
        (Kind::Matrix, Some(_)) | (Kind::Vector | Kind::Scalar(_), None) => Ok(()),
        (Kind::String, _) => Err("the answer is a text"),
        (Kind::Matrix, None) => Err("the answer is a range of raw samples"),
        (Kind::Vector | Kind::Scalar(_), Some(_)) => Err("the answer is no range"),
    }
}

fn document<T: DeserializeOwned>(capture: &Capture, name: &str, code: &str) -> Result<T, Problem> {
    let file = capture
        .file(name)
        .ok_or_else(|| Problem::new(code, format!("{name} is not there")))?;
    if file.bytes.len() as u64 > DOCUMENT_BYTES {
        return Err(Problem::new(code, format!("{name} is too large")));
    }
    serde_json::from_slice(&file.bytes)
        .map_err(|error| Problem::new(code, format!("{name} does not parse: {error}")))
}

/// An error and its causes on one line.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().take(400).collect()
}

fn add_new(all: &mut Vec<String>, new: Vec<String>) {
    for text in new {
        // A server may send any number of them in 64 MiB.
        if all.len() < 20 && !all.contains(&text) {
            all.push(text);
        }
    }
}
