macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/prometheus/http/",
            $name,
            ".resp"
        ))
        .as_slice()
    };
}

mod credentials;
mod raw;
mod recorded;
mod server;

use super::*;
use crate::appraise::metric;
use crate::collect::auth::ServerAuth;
use crate::collect::replay::{Received, Replay, client, response};
use crate::metrics::fixture::body;
use crate::metrics::{Answer, AnswerError, Data, GridError};
use crate::model::{Limit, Operator, Range, Series, Statistic, Status};
use crate::net::HttpError;

const START: i64 = 1_758_466_800_000;
const WINDOW: Window = Window {
    start_ms: START,
    end_ms: START + 3_600_000,
};

fn expectation() -> MetricExpectation {
    MetricExpectation {
        from: "main".into(),
        expr: "histogram_quantile(0.95, sum by (le) (rate(x_bucket{a=\"b+c\"}[5m])))".into(),
        range: Some(Range {
            window_ms: 3_600_000,
            step_ms: 15_000,
        }),
        series: Series::Single,
        statistic: Statistic::Quantile(95),
        unit: "s".into(),
        limit: Some(Limit {
            operator: Operator::AtMost,
            bound: "0.9".into(),
        }),
        min_coverage_percent: 90,
        max_gap_ms: 300_000,
        raw: false,
        accept_warnings: false,
        gated: false,
        source_query: None,
    }
}

/// A Prometheus 3.15 whose queries are answered so.
fn serve(query: impl Fn(&Received) -> Vec<u8> + Send + Sync + 'static) -> Replay {
    Replay::start(move |request| {
        let path = request.line.split('?').next().unwrap_or_default();
        match path {
            "GET /api/v1/status/buildinfo" => recorded!("prometheus-3.15/buildinfo").to_vec(),
            "GET /api/v1/status/runtimeinfo" => recorded!("prometheus-3.15/runtimeinfo").to_vec(),
            "POST /api/v1/query_range" | "POST /api/v1/query" => query(request),
            _ => recorded!("prometheus-3.15/not-found").to_vec(),
        }
    })
}

fn server(replay: &Replay, chunk_points: u64) -> PrometheusServer {
    PrometheusServer::new(replay.url.clone(), ServerAuth::default(), chunk_points)
}

/// What a server with the samples of a recorded answer gives for start, end and step.
fn arithmetic(whole: &[u8], request: &Received) -> Vec<u8> {
    let text = String::from_utf8(body(whole)).unwrap();
    let ms = |name: &str| (request.fields[name].parse::<f64>().unwrap() * 1_000.0) as i64;
    let grid = Grid::new(ms("start"), ms("end"), ms("step") as u64).unwrap();
    let Data::Matrix(series) = Answer::parse(text.as_bytes()).unwrap().data else {
        panic!("a matrix");
    };
    let inside = series[0]
        .samples
        .iter()
        .filter(|s| grid.index_of(s.ms).is_some());
    let points: Vec<_> = inside
        .map(|s| format!("[{},\"{}\"]", s.ms / 1_000, s.value))
        .collect();
    let head = text.split("\"values\":").next().unwrap();
    let json = format!("{head}\"values\":[{}]}}]}}}}", points.join(","));
    response("200 OK", "application/json", json.as_bytes())
}

async fn failure(answer: &'static [u8]) -> PrometheusError {
    let replay = serve(move |_| answer.to_vec());
    capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation(),
        WINDOW,
    )
    .await
    .unwrap_err()
}

fn member<'a>(capture: &'a Capture, name: &str) -> &'a [u8] {
    &capture.file(name).unwrap().bytes
}

#[tokio::test]
async fn a_range_is_captured_byte_for_byte_and_appraised() {
    let replay = serve(|_| recorded!("prometheus-3.15/range-p95-15s").to_vec());

    let found = capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation(),
        WINDOW,
    )
    .await
    .unwrap();

    assert_eq!(
        member(&found, "chunk-000.json"),
        body(recorded!("prometheus-3.15/range-p95-15s"))
    );
    let server: ServerRecord = serde_json::from_slice(member(&found, "server.json")).unwrap();
    assert_eq!(
        (server.kind, server.build().version.as_str()),
        (ServerKind::Prometheus, "3.15.0")
    );
    assert!(!server.restarted() && server.start_after.is_some());
    let exchange: Exchange = serde_json::from_slice(member(&found, "exchange.json")).unwrap();
    assert!(exchange.chunks[0].clock_skew_ms.is_some());
    let claim = metric(&found, &expectation()).claim;
    assert_eq!(
        (claim.status(), claim.met()),
        (Status::Verified, Some(true)),
        "{claim:?}"
    );
}

#[tokio::test]
async fn the_form_carries_the_query_and_decimal_times() {
    let replay = serve(|_| recorded!("prometheus-3.15/range-p95-15s").to_vec());
    let window = Window {
        start_ms: START + 7,
        end_ms: START + 3_600_007,
    };

    capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation(),
        window,
    )
    .await
    .unwrap();

    let received = replay.received.lock().unwrap();
    let query = received
        .iter()
        .find(|one| one.line.ends_with("query_range"))
        .unwrap();
    assert_eq!(query.fields["query"], expectation().expr);
    assert_eq!(query.fields["start"], "1758466800.007");
    assert_eq!(query.fields["end"], "1758470400.007");
    assert_eq!(query.fields["step"], "15.000");
    assert!(query.head.contains("accept-encoding: identity"));
}

#[tokio::test]
async fn a_cut_range_equals_the_uncut_one() {
    let replay = serve(|request| arithmetic(recorded!("prometheus-3.15/range-p95-15s"), request));
    let mut claims = Vec::new();
    for points in [11_000, 100, 7] {
        let found = capture(
            &client(),
            &server(&replay, points),
            "p95",
            &expectation(),
            WINDOW,
        )
        .await
        .unwrap();
        let mut claim = metric(&found, &expectation()).claim.to_stated();
        assert_eq!(claim.facts["chunks"], 241u64.div_ceil(points));
        claim.facts["chunks"] = 0.into();
        claims.push(claim);
    }

    assert_eq!(claims[0].met, Some(true));
    assert_eq!(claims[0], claims[1]);
    assert_eq!(claims[0], claims[2]);
}

#[tokio::test]
async fn a_query_that_depends_on_its_window_is_not_cut_and_nothing_is_sent() {
    let replay = serve(|_| recorded!("prometheus-3.15/range-p95-15s").to_vec());
    let expectation = MetricExpectation {
        expr: "up @ end()".into(),
        ..expectation()
    };

    let found = capture(
        &client(),
        &server(&replay, 100),
        "p95",
        &expectation,
        WINDOW,
    )
    .await;

    assert!(matches!(
        found,
        Err(PrometheusError::Grid(GridError::Whole { .. }))
    ));
    assert!(replay.lines().is_empty());
}

#[tokio::test]
async fn an_instant_query_is_asked_at_the_end_of_the_window() {
    let replay = serve(|_| recorded!("prometheus-3.15/instant-error-ratio").to_vec());
    let expectation = MetricExpectation {
        range: None,
        ..expectation()
    };

    let found = capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation,
        WINDOW,
    )
    .await
    .unwrap();

    let received = replay.received.lock().unwrap();
    let query = received
        .iter()
        .find(|one| one.line.ends_with("/query"))
        .unwrap();
    assert_eq!(query.fields["time"], "1758470400.000");
    assert_eq!(metric(&found, &expectation).claim.met(), Some(true));
}

#[tokio::test]
async fn a_moved_range_is_kept_and_named_by_appraisal() {
    let replay =
        serve(|_| recorded!("thanos-query-frontend-0.42/range-unaligned-fraction").to_vec());
    let mut expectation = expectation();
    expectation.range = Some(Range {
        window_ms: 351_500,
        step_ms: 60_000,
    });
    let window = Window {
        start_ms: 1_758_466_807_500,
        end_ms: 1_758_467_159_000,
    };

    let found = capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation,
        window,
    )
    .await
    .unwrap();

    let claim = metric(&found, &expectation).claim;
    assert_eq!(claim.problems()[0].code, "metric-grid-moved");
}

#[tokio::test]
async fn each_way_to_fail_is_an_error_of_its_own() {
    use PrometheusError::{Denied, Encoded, Http, NotJson, Query, Status};
    let bad = failure(recorded!("prometheus-3.15/error-bad-promql")).await;
    assert!(
        matches!(&bad, Query { status: 400, source: AnswerError::Server { message, .. }, .. } if message.contains("unclosed"))
    );
    assert!(!bad.is_temporary());
    let slow = failure(recorded!("prometheus-3.15/error-timeout-param")).await;
    assert!(matches!(slow, Query { status: 422, .. }), "{slow:?}");
    let denied = failure(recorded!("prometheus-3.15-auth/basic-auth-missing-401")).await;
    assert!(matches!(denied, Denied { status: 401, .. }) && denied.is_temporary());
    let forbidden = failure(recorded!("nginx-1.22/forbidden-403")).await;
    assert!(matches!(forbidden, Denied { status: 403, .. }));
    let sso = failure(recorded!("nginx-1.22/sso-302-cross-host")).await;
    assert!(
        matches!(&sso, Http(HttpError::Redirect { to, .. }) if !to.contains('?')),
        "{sso:?}"
    );
    let login = failure(recorded!("nginx-1.22/login-page-200")).await;
    assert!(matches!(login, NotJson { .. }), "{login:?}");
    let gateway = failure(recorded!("nginx-1.22/bad-gateway-502")).await;
    assert!(matches!(gateway, Status { status: 502, .. }) && gateway.is_temporary());
    let limited = failure(recorded!("nginx-1.22/limited-429")).await;
    assert!(matches!(limited, Status { status: 429, .. }) && limited.is_temporary());
    let cut = failure(recorded!("nginx-1.22/truncated-body")).await;
    assert!(matches!(cut, Http(HttpError::Unreachable { .. })) && cut.is_temporary());
    let zipped = failure(recorded!("nginx-1.22/proxied-gzip-200")).await;
    assert!(matches!(zipped, Encoded { .. }), "{zipped:?}");
    let lost = failure(recorded!("prometheus-3.15/not-found")).await;
    assert!(matches!(lost, Status { status: 404, .. }) && !lost.is_temporary());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://me:hunter22@{closed}/?token=secret")
        .parse()
        .unwrap();
    let server = PrometheusServer::new(url, ServerAuth::default(), 11_000);

    let error = capture(&client(), &server, "p95", &expectation(), WINDOW)
        .await
        .unwrap_err();

    assert!(error.is_temporary());
    assert!(!format!("{error} {error:?}").contains("hunter22"));
}

#[tokio::test]
async fn each_kind_of_server_is_told_by_what_it_answers() {
    type Answers = fn(&Received) -> Vec<u8>;
    let kinds: [(Answers, ServerKind); 4] = [
        (
            |_| recorded!("prometheus-3.15/not-found").to_vec(),
            ServerKind::Unknown,
        ),
        (
            |r| match r.line.contains("buildinfo") {
                true => recorded!("prometheus-3.15/buildinfo").to_vec(),
                false => recorded!("prometheus-3.15/not-found").to_vec(),
            },
            ServerKind::Prometheus,
        ),
        (
            |r| match r.line.contains("stores") {
                true => recorded!("thanos-query-0.42/stores").to_vec(),
                false => recorded!("thanos-query-0.42/buildinfo").to_vec(),
            },
            ServerKind::Thanos,
        ),
        (
            |r| match r.line.contains("buildinfo") {
                true => recorded!("victoriametrics-1.79/buildinfo").to_vec(),
                false => recorded!("prometheus-3.15/not-found").to_vec(),
            },
            ServerKind::Victoriametrics,
        ),
    ];
    for (answers, kind) in kinds {
        let replay = Replay::start(answers);
        let server = server(&replay, 11_000);
        let http = client();

        let first = server.probe(&http).await.unwrap();
        let asked = replay.lines().len();
        server.probe(&http).await.unwrap();

        assert_eq!(first.kind, kind);
        assert_eq!(replay.lines().len(), asked, "asked once");
    }
}
