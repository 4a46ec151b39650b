//! Captures made of the recorded cutover, for tests: answers and the samples behind them.

use crate::metrics::fixture::plain_body;
use crate::metrics::{
    ChunkExchange, Exchange, MetricRequest, RawPiece, RawRecord, RawSelector, RawVia, ServerKind,
    ServerRecord,
};
use crate::model::{
    Capture, CapturedFile, MemberPath, MetricExpectation, MetricRef, Range, Series, Statistic,
    Timestamp, Window,
};
use std::collections::BTreeMap;

/// The recorded window.
pub(crate) const WINDOW: Window = Window {
    start_ms: 1_758_463_200_000,
    end_ms: 1_758_474_000_000,
};
/// The cutover.
pub(crate) const T0: i64 = 1_758_466_800_000;
/// The recorded step.
pub(crate) const STEP_MS: u64 = 15_000;
/// Share of requests that failed.
pub(crate) const ERROR_RATIO: &str =
    "sum(rate(http_requests_total{status=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))";

macro_rules! cutover {
    ($name:literal) => {
        plain_body(include_bytes!(concat!(
            "../../fixtures/prometheus/cutover/",
            $name,
            ".resp"
        )))
    };
}

/// The answer of Prometheus 2.42 to [`ERROR_RATIO`].
pub(crate) fn error_ratio() -> Vec<u8> {
    cutover!("prometheus-2.42/error-ratio")
}

/// The samples behind it.
pub(crate) fn http_requests() -> Vec<u8> {
    cutover!("raw/prometheus-2.42/http-requests")
}

/// A metric over the recorded window.
pub(crate) fn metric(item: &str, expr: &str) -> MetricRef {
    MetricRef {
        item: item.into(),
        expectation: Box::new(MetricExpectation {
            from: "main".into(),
            expr: expr.into(),
            range: Some(Range {
                window_ms: WINDOW.end_ms.abs_diff(WINDOW.start_ms),
                step_ms: STEP_MS,
            }),
            series: Series::Single,
            statistic: Statistic::Max,
            unit: "ratio".into(),
            limit: None,
            min_coverage_percent: 90,
            max_gap_ms: 300_000,
            raw: false,
            accept_warnings: false,
            gated: false,
            source_query: None,
        }),
    }
}

/// What was captured of a metric.
pub(crate) fn capture(metric: &MetricRef, answer: Vec<u8>) -> Capture {
    let request = MetricRequest {
        expr: metric.expectation.expr.clone(),
        start_ms: Some(WINDOW.start_ms),
        end_ms: Some(WINDOW.end_ms),
        step_ms: Some(STEP_MS),
        chunk_points: Some(11_000),
        time_ms: None,
        method: "POST".into(),
        url: "http://prometheus.example.test/api/v1/query_range".into(),
        parameters: BTreeMap::new(),
    };
    let server = ServerRecord {
        kind: ServerKind::Prometheus,
        buildinfo: serde_json::value::RawValue::from_string(r#"{"version":"2.42.0"}"#.into()).ok(),
        ..ServerRecord::default()
    };
    let exchange = Exchange {
        chunks: vec![exchange()],
    };
    let mut capture = Capture {
        captured: Timestamp::from_millisecond(WINDOW.end_ms + 120_000).unwrap(),
        window: Some(WINDOW),
        request: serde_json::to_value(&request).unwrap(),
        files: Vec::new(),
    };
    add(&mut capture, &metric.item, "chunk-000.json", answer);
    let own = [
        ("request.json", serde_json::to_vec(&request)),
        ("server.json", serde_json::to_vec(&server)),
        ("exchange.json", serde_json::to_vec(&exchange)),
    ];
    for (name, bytes) in own {
        add(&mut capture, &metric.item, name, bytes.unwrap());
    }
    capture
}

/// The same with the samples of `http_requests_total`, asked for once for each of the query's selectors.
pub(crate) fn with_samples(mut capture: Capture, item: &str, samples: &[u8]) -> Capture {
    let selectors = [
        "http_requests_total{status=~\"5..\"}",
        "http_requests_total",
    ];
    let record = RawRecord {
        selectors: (selectors.iter().enumerate())
            .map(|(number, selector)| RawSelector {
                selector: (*selector).into(),
                via: RawVia::Query,
                pieces: vec![RawPiece {
                    file: format!("raw-{number:03}-000.json"),
                    from_ms: WINDOW.start_ms - 301_000,
                    to_ms: WINDOW.end_ms,
                    exchange: exchange(),
                }],
            })
            .collect(),
    };
    add(
        &mut capture,
        item,
        "raw.json",
        serde_json::to_vec(&record).unwrap(),
    );
    add(&mut capture, item, "raw-000-000.json", failed(samples));
    add(&mut capture, item, "raw-001-000.json", samples.to_vec());
    capture
}

/// Of the samples those that the first selector takes.
fn failed(samples: &[u8]) -> Vec<u8> {
    let mut answer: serde_json::Value = serde_json::from_slice(samples).unwrap();
    let series = answer["data"]["result"].as_array_mut().unwrap();
    series.retain(|one| one["metric"]["status"].as_str().unwrap().starts_with('5'));
    serde_json::to_vec(&answer).unwrap()
}

/// Adds a file of an item, or takes its place.
pub(crate) fn add(capture: &mut Capture, item: &str, name: &str, bytes: Vec<u8>) {
    let path = MemberPath::try_from(format!("metrics/{item}/{name}")).unwrap();
    capture.files.retain(|file| file.path != path);
    (capture.files).push(CapturedFile::new(path, "application/json", bytes));
}

fn exchange() -> ChunkExchange {
    ChunkExchange {
        status: 200,
        content_type: Some("application/json".into()),
        date: None,
        server: None,
        received_ms: WINDOW.end_ms + 100_000,
        clock_skew_ms: None,
    }
}
