//! The samples behind a query.

use super::*;
use crate::metrics::{RawRecord, RawVia};
use crate::model::redact::Secret;

macro_rules! remote {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/prometheus/cutover/raw/",
            $name,
            ".resp"
        ))
        .as_slice()
    };
}

const LAG: &[u8] = remote!("prometheus-3.15/remote-read-kafka-consumer-lag-sum");
const MATRIX: &[u8] = recorded!("prometheus-3.15/instant-matrix-range-selector");

fn raw(expr: &str) -> MetricExpectation {
    MetricExpectation {
        expr: expr.into(),
        raw: true,
        series: Series::All,
        ..expectation()
    }
}

/// A Prometheus 3.15 that answers range and instant queries, and remote read so.
fn prometheus(read: &'static [u8]) -> Replay {
    Replay::start(move |request| {
        let answer = match request.line.as_str() {
            "GET /api/v1/status/buildinfo" => recorded!("prometheus-3.15/buildinfo"),
            "POST /api/v1/query_range" => recorded!("prometheus-3.15/range-p95-15s"),
            "POST /api/v1/query" => MATRIX,
            "POST /api/v1/read" => read,
            _ => recorded!("prometheus-3.15/not-found"),
        };
        answer.to_vec()
    })
}

async fn captured(replay: &Replay, expr: &str, window: Window) -> Capture {
    let mut expectation = raw(expr);
    expectation.range = Some(Range {
        window_ms: window.end_ms.abs_diff(window.start_ms),
        step_ms: 15_000,
    });
    let server = server(replay, 11_000);
    capture(&client(), &server, "lag", &expectation, window)
        .await
        .unwrap()
}

fn record(capture: &Capture) -> RawRecord {
    serde_json::from_slice(member(capture, "raw.json")).unwrap()
}

#[tokio::test]
async fn what_a_function_reads_is_asked_by_queries_of_six_hours() {
    let replay = prometheus(LAG);
    let window = Window {
        start_ms: START,
        end_ms: START + 7 * 3_600_000,
    };

    let found = captured(
        &replay,
        "sum(rate(x_total{a=\"b+c\"}[5m] offset 1m))",
        window,
    )
    .await;

    let record = record(&found);
    assert_eq!(record.selectors.len(), 1);
    let selector = &record.selectors[0];
    assert_eq!((selector.via, selector.pieces.len()), (RawVia::Query, 2));
    let (first, last) = (&selector.pieces[0], &selector.pieces[1]);
    assert_eq!(first.from_ms, START - 60_000 - 300_000);
    assert_eq!(first.to_ms - first.from_ms, 6 * 3_600_000 - 1);
    assert_eq!(last.from_ms, first.to_ms + 1);
    assert_eq!(last.to_ms, window.end_ms - 60_000);
    assert_eq!(member(&found, "raw-000-001.json"), body(MATRIX));
    let received = replay.received.lock().unwrap();
    let asked: Vec<_> = (received.iter())
        .filter(|one| one.line.ends_with("/query"))
        .map(|one| (one.fields["query"].clone(), one.fields["time"].clone()))
        .collect();
    assert_eq!(asked[0].0, format!("{}[21600000ms]", selector.selector));
    assert_eq!(asked[0].1, chunks_seconds(first.to_ms));
    assert_eq!(asked[1].1, chunks_seconds(last.to_ms));
}

fn chunks_seconds(ms: i64) -> String {
    crate::metrics::chunks::decimal_seconds(ms)
}

#[tokio::test]
async fn what_a_bare_selector_reads_is_asked_by_remote_read() {
    let replay = prometheus(LAG);

    let found = captured(&replay, "kafka_consumer_lag_sum", WINDOW).await;

    let record = record(&found);
    assert_eq!(record.selectors[0].via, RawVia::RemoteRead);
    assert_eq!(record.selectors[0].pieces[0].file, "raw-000-000.pb");
    assert_eq!(member(&found, "raw-000-000.pb"), body(LAG));
    let received = replay.received.lock().unwrap();
    let asked = (received.iter())
        .find(|one| one.line.ends_with("/read"))
        .unwrap();
    for header in [
        "content-encoding: snappy",
        "content-type: application/x-protobuf",
        "x-prometheus-remote-read-version: 0.1.0",
    ] {
        assert!(asked.head.contains(header), "{header}");
    }
    assert!(!asked.body.is_empty());
}

#[tokio::test]
async fn without_remote_read_a_bare_selector_is_asked_by_a_query_and_recorded_so() {
    for answer in [
        recorded!("prometheus-3.15/not-found"),
        recorded!("prometheus-3.15/wrong-method"),
    ] {
        let replay = prometheus(answer);

        let found = captured(&replay, "a_gauge + b_gauge", WINDOW).await;

        let record = record(&found);
        assert_eq!(record.selectors.len(), 2);
        assert!(record.selectors.iter().all(|one| one.via == RawVia::Query));
        let reads = replay
            .lines()
            .iter()
            .filter(|line| line.ends_with("/read"))
            .count();
        assert_eq!(reads, 1, "asked once");
    }
}

#[tokio::test]
async fn a_query_that_is_not_recomputed_is_captured_without_raw_samples() {
    let replay = prometheus(LAG);

    let found = captured(&replay, "topk(3, x)", WINDOW).await;

    assert!(found.file("raw.json").is_none());
    assert!(found.file("chunk-000.json").is_some());
    assert!(
        !replay
            .lines()
            .iter()
            .any(|line| line.ends_with("/read") || line.ends_with("/query"))
    );
}

#[tokio::test]
async fn a_server_that_is_not_recomputed_is_captured_without_raw_samples() {
    let replay = Replay::start(|request| match request.line.as_str() {
        "GET /api/v1/status/buildinfo" => recorded!("victoriametrics-1.79/buildinfo").to_vec(),
        "POST /api/v1/query_range" => recorded!("victoriametrics-1.79/range-p95-15s").to_vec(),
        _ => recorded!("prometheus-3.15/not-found").to_vec(),
    });

    let found = captured(&replay, "sum(rate(x_total[5m]))", WINDOW).await;

    assert!(found.file("raw.json").is_none());
}

async fn failure_of(read: &'static [u8], auth: ServerAuth) -> PrometheusError {
    let replay = prometheus(read);
    let server = PrometheusServer::new(replay.url.clone(), auth, 11_000);
    capture(
        &client(),
        &server,
        "lag",
        &raw("kafka_consumer_lag_sum"),
        WINDOW,
    )
    .await
    .unwrap_err()
}

#[tokio::test]
async fn an_answer_that_is_not_of_remote_read_fails_the_capture() {
    let failed = |read| failure_of(read, ServerAuth::default());

    let login = failed(recorded!("nginx-1.22/login-page-200")).await;
    let down = failed(recorded!("nginx-1.22/bad-gateway-502")).await;
    let denied = failed(recorded!("nginx-1.22/forbidden-403")).await;

    assert!(
        matches!(login, PrometheusError::NotProtobuf { .. }),
        "{login:?}"
    );
    assert!(matches!(down, PrometheusError::Status { status: 502, .. }) && down.is_temporary());
    assert!(matches!(denied, PrometheusError::Denied { .. }));
}

#[tokio::test]
async fn a_secret_inside_of_a_compressed_answer_is_found() {
    let auth = ServerAuth {
        bearer: Some(Secret::new("prod-us-east")),
        ..ServerAuth::default()
    };

    let error = failure_of(LAG, auth).await;

    assert!(matches!(error, PrometheusError::Secret { .. }), "{error:?}");
}
