use super::*;
use crate::appraise::dashboard::{self, RENDER};
use crate::collect::auth::ServerAuth;
use crate::collect::grafana;
use crate::collect::replay::{Received, Replay, client, response};
use crate::metrics::Grid;
use crate::model::redact::Secret;
use crate::model::{DashboardData, Window};

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/",
            $name,
            ".resp"
        ))
        .as_slice()
    };
}

const WINDOW: Window = Window {
    start_ms: 1_758_466_800_000,
    end_ms: 1_758_474_000_000,
};

fn expectation() -> DashboardExpectation {
    DashboardExpectation {
        grafana: "main".into(),
        uid: "api-overview".into(),
        panel: None,
        window_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "dark".into(),
        variables: BTreeMap::new(),
        data: Some(DashboardData {
            prometheus: Some("main".into()),
            datasources: BTreeMap::new(),
            scrape_interval_ms: DashboardData::SCRAPE_MS,
            max_data_points: None,
        }),
    }
}

const ELEMENT: &str = r#"{"result": {"uid": "lib1", "model": {"type": "timeseries", "title": "Lag",
    "datasource": {"type": "prometheus", "uid": "prom1"},
    "targets": [{"refId": "A", "expr": "lag", "datasource": {"type": "prometheus", "uid": "prom1", "url": "http://elsewhere.example.test"}}]}}}"#;

/// An imitation of a Grafana with this library element.
fn grafana_with(element: Option<&'static str>) -> Replay {
    Replay::start(move |request: &Received| {
        let line = &request.line;
        match () {
            () if line.contains("no-such") => recorded!("grafana/http/render-failed-500").to_vec(),
            () if line.contains("/render/") => recorded!("grafana/http/render-ok").to_vec(),
            () if line.contains("/api/health") => recorded!("grafana/http/api-health").to_vec(),
            () if line.contains("/api/frontend/settings") => {
                recorded!("grafana/http/api-frontend-settings-renderer").to_vec()
            }
            () if line.contains("/api/dashboards/uid/") => {
                recorded!("grafana/http/dashboard-legacy").to_vec()
            }
            () if line.contains("/api/library-elements/lib1") && element.is_some() => {
                response("200 OK", "application/json", element.unwrap().as_bytes())
            }
            () => recorded!("grafana/http/api-dashboard-not-found-404").to_vec(),
        }
    })
}

/// A Prometheus whose queries are answered so.
fn prometheus_with(answer: impl Fn(&Received) -> Vec<u8> + Send + Sync + 'static) -> Replay {
    Replay::start(
        move |request| match request.line.split('?').next().unwrap_or_default() {
            "GET /api/v1/status/buildinfo" => {
                recorded!("prometheus/http/prometheus-3.15/buildinfo").to_vec()
            }
            "GET /api/v1/status/runtimeinfo" => {
                recorded!("prometheus/http/prometheus-3.15/runtimeinfo").to_vec()
            }
            "POST /api/v1/query_range" | "POST /api/v1/query" => answer(request),
            _ => recorded!("prometheus/http/prometheus-3.15/not-found").to_vec(),
        },
    )
}

/// A 1 at every step that was asked for.
fn ones(request: &Received) -> Vec<u8> {
    let ms = |name: &str| (request.fields[name].parse::<f64>().unwrap() * 1_000.0) as i64;
    let json = match request.fields.contains_key("time") {
        true => format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[{},"1"]}}]}}}}"#,
            ms("time") / 1_000
        ),
        false => {
            let grid = Grid::new(ms("start"), ms("end"), ms("step") as u64).unwrap();
            let points: Vec<_> = (0..grid.points)
                .map(|k| format!("[{},\"1\"]", grid.at(k) / 1_000))
                .collect();
            format!(
                r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
                points.join(",")
            )
        }
    };
    response("200 OK", "application/json", json.as_bytes())
}

async fn captured(
    picture: &Replay,
    metrics: &Replay,
    token: Option<&str>,
) -> Result<Capture, PanelsError> {
    let http = client();
    let server = GrafanaServer {
        url: picture.url.clone(),
        auth: ServerAuth {
            bearer: token.map(Secret::new),
            ..ServerAuth::default()
        },
    };
    let answers = PrometheusServer::new(metrics.url.clone(), ServerAuth::default(), 11_000);
    let servers = BTreeMap::from([("main".to_owned(), (client(), answers))]);
    let expectation = expectation();
    let mut found = grafana::capture(&http, &server, "overview", &expectation, WINDOW).await?;
    capture(
        &http,
        &server,
        &servers,
        "overview",
        &expectation,
        &mut found,
    )
    .await?;
    Ok(found)
}

fn names(capture: &Capture) -> Vec<&str> {
    let mut names: Vec<_> = (capture.files.iter())
        .map(|file| {
            file.path
                .as_str()
                .trim_start_matches("dashboards/overview/")
        })
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_panels_are_asked_of_the_configured_server_and_judged() {
    let (picture, metrics) = (grafana_with(Some(ELEMENT)), prometheus_with(ones));

    let found = captured(&picture, &metrics, None).await.unwrap();

    let queries: Vec<_> = (metrics.received.lock().unwrap().iter())
        .filter_map(|one| one.fields.get("query").cloned())
        .collect();
    assert_eq!(
        queries,
        [
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"intelgraph-api\"}[60s])))",
            "sum(rate(http_requests_total{status=~\"5..\"}[7200s])) / sum(rate(http_requests_total[7200s]))",
            "lag",
        ]
    );
    assert_eq!(
        names(&found),
        [
            "2-A/chunk-000.json",
            "2-A/exchange.json",
            "2-A/request.json",
            "2-A/server.json",
            "3-A/chunk-000.json",
            "3-A/exchange.json",
            "3-A/request.json",
            "3-A/server.json",
            "6-A/chunk-000.json",
            "6-A/exchange.json",
            "6-A/request.json",
            "6-A/server.json",
            "dashboard.json",
            "library-lib1.json",
            "render.png",
            "request.json",
        ]
    );
    let claim = dashboard::dashboard(&found, &expectation()).claim;
    assert_eq!(claim.met(), Some(true), "{:?}", claim.problems());
    assert!(found.file(RENDER).is_some());
}

#[tokio::test]
async fn a_query_that_the_server_refuses_is_kept_as_refused_and_not_met() {
    let (picture, metrics) = (
        grafana_with(Some(ELEMENT)),
        prometheus_with(|request| match request.fields["query"].as_str() {
            "lag" => response(
                "400 Bad Request",
                "application/json",
                br#"{"status":"error","errorType":"bad_data","error":"no such function"}"#,
            ),
            _ => ones(request),
        }),
    );

    let found = captured(&picture, &metrics, None).await.unwrap();

    let claim = dashboard::dashboard(&found, &expectation()).claim;
    let [problem] = claim.problems() else {
        panic!("{:?}", claim.problems());
    };
    assert_eq!(problem.code, "dashboard-panel-refused");
    assert!(problem.message.contains("Kafka lag") && problem.message.contains("no such function"));
}

#[tokio::test]
async fn a_server_that_is_out_of_time_or_out_of_order_fails_the_capture_and_names_the_panel() {
    for answer in [
        response(
            "422 Unprocessable Entity",
            "application/json",
            br#"{"status":"error","errorType":"execution","error":"context deadline exceeded"}"#,
        ),
        response("502 Bad Gateway", "text/html", b"<h1>Bad Gateway</h1>"),
    ] {
        let metrics = prometheus_with(move |_| answer.clone());

        let failed = captured(&grafana_with(Some(ELEMENT)), &metrics, None).await;

        assert!(
            matches!(&failed, Err(PanelsError::Query { panel, .. }) if panel == "API p95"),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn a_library_element_that_is_gone_is_not_met_and_one_with_a_secret_is_not_stored() {
    let metrics = prometheus_with(ones);

    let gone = captured(&grafana_with(None), &metrics, None).await.unwrap();
    let secret = captured(
        &grafana_with(Some(ELEMENT)),
        &metrics,
        Some("elsewhere.example"),
    )
    .await;

    let claim = dashboard::dashboard(&gone, &expectation()).claim;
    assert_eq!(claim.problems()[0].code, "dashboard-panel-library");
    assert!(
        matches!(secret, Err(PanelsError::Secret { .. })),
        "{secret:?}"
    );
}
