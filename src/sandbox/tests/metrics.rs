use super::*;

/// 2026-11-21T12:00:00Z
const NOW_S: i64 = 1_795_262_400;

async fn fixed(metrics: MetricsOptions) -> Sandbox {
    let clock = Clock::Fixed(Timestamp::from_second(NOW_S).unwrap());
    Sandbox::start(SandboxOptions {
        clock,
        metrics,
        ..options()
    })
    .await
    .unwrap()
}

/// Asks by form, as the collector does.
async fn ask(sandbox: &Sandbox, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let encoded: Vec<String> = form
        .iter()
        .map(|(name, value)| {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("{name}={value}")
        })
        .collect();
    let body = encoded.join("&").into_bytes();
    let url = format!("{}/api/v1/{path}", sandbox.url(Service::Prometheus));
    let response = post(&url, body).await;
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap(),
    )
}

async fn instant(sandbox: &Sandbox, query: &str) -> Value {
    let now = NOW_S.to_string();
    let (status, answer) = ask(sandbox, "query", &[("query", query), ("time", &now)]).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"].clone()
}

async fn value(sandbox: &Sandbox, query: &str) -> f64 {
    let data = instant(sandbox, query).await;
    data["result"][0]["value"][1]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

const P95: &str = r#"histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))"#;
const ERRORS: &str = r#"sum(rate(http_requests_total{job="api",code="500"}[5m])) / sum(rate(http_requests_total{job="api"}[5m]))"#;

#[tokio::test]
async fn the_healthy_service_is_fast_and_has_hardly_any_errors() {
    let sandbox = fixed(MetricsOptions::default()).await;

    let (p95, errors) = (value(&sandbox, P95).await, value(&sandbox, ERRORS).await);
    let rate = value(&sandbox, r#"sum(rate(http_requests_total{job="api"}[5m]))"#).await;

    assert!((0.1..0.25).contains(&p95), "{p95}");
    assert!((0.0..0.002).contains(&errors), "{errors}");
    assert!((13.0..27.0).contains(&rate), "{rate}");
    assert!(value(&sandbox, "queue_lag").await < 100.0);
}

#[tokio::test]
async fn an_incident_shows_in_latency_errors_and_queue() {
    let window = crate::model::Window {
        start_ms: (NOW_S - 900) * 1_000,
        end_ms: NOW_S * 1_000,
    };
    let incident = Incident {
        window,
        slow_share: 0.3,
        error_share: 0.05,
        lag: 5_000.0,
    };
    let sandbox = fixed(MetricsOptions {
        incidents: vec![incident],
        gaps: Vec::new(),
    })
    .await;

    assert!(value(&sandbox, P95).await > 0.35);
    assert!(value(&sandbox, ERRORS).await > 0.04);
    assert!(value(&sandbox, "queue_lag").await > 5_000.0);
}

#[tokio::test]
async fn a_range_has_every_step_and_its_last_point_is_the_instant_value() {
    let sandbox = fixed(MetricsOptions::default()).await;
    let (start, end) = ((NOW_S - 3_600).to_string(), NOW_S.to_string());
    let form = [
        ("query", P95),
        ("start", &start),
        ("end", &end),
        ("step", "15"),
    ];

    let (status, answer) = ask(&sandbox, "query_range", &form).await;

    assert_eq!(status, 200);
    assert_eq!(answer["data"]["resultType"], "matrix");
    let values = answer["data"]["result"][0]["values"].as_array().unwrap();
    assert_eq!(values.len(), 241);
    let instant = instant(&sandbox, P95).await;
    assert_eq!(values.last(), Some(&instant["result"][0]["value"]));
}

#[tokio::test]
async fn pieces_of_a_range_are_the_uncut_range() {
    let sandbox = fixed(MetricsOptions::default()).await;
    let ask_range = async |start: i64, end: i64| {
        let (start, end) = (start.to_string(), end.to_string());
        let form = [
            ("query", P95),
            ("start", start.as_str()),
            ("end", &end),
            ("step", "60"),
        ];
        let (_, answer) = ask(&sandbox, "query_range", &form).await;
        answer["data"]["result"][0]["values"]
            .as_array()
            .unwrap()
            .clone()
    };

    let whole = ask_range(NOW_S - 7_200, NOW_S).await;
    let mut pieces = ask_range(NOW_S - 7_200, NOW_S - 3_600).await;
    pieces.extend(ask_range(NOW_S - 3_540, NOW_S).await);

    assert_eq!(whole, pieces);
}

#[tokio::test]
async fn more_than_eleven_thousand_steps_are_refused_as_prometheus_does() {
    let sandbox = fixed(MetricsOptions::default()).await;
    let ask_steps = async |steps: i64| {
        let (start, end) = ((NOW_S - steps * 15).to_string(), NOW_S.to_string());
        let form = [
            ("query", "queue_lag"),
            ("start", start.as_str()),
            ("end", &end),
            ("step", "15"),
        ];
        ask(&sandbox, "query_range", &form).await
    };

    let (most, _) = ask_steps(11_000).await;
    let (status, answer) = ask_steps(11_001).await;

    assert_eq!((most, status), (200, 400));
    assert_eq!(answer["errorType"], "bad_data");
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .starts_with("exceeded maximum resolution of 11,000 points")
    );
}

#[tokio::test]
async fn what_it_does_not_understand_is_bad_data_with_a_position() {
    let sandbox = fixed(MetricsOptions::default()).await;
    for (query, reason) in [
        ("", "1:1: parse error: no expression found in input"),
        (
            "rate(queue_lag",
            "1:15: parse error: unclosed left parenthesis",
        ),
        (
            "rate(queue_lag)",
            "1:6: parse error: expected type range vector",
        ),
        ("(queue_lag", "1:11: parse error: unclosed left parenthesis"),
        (
            "quantile_over_tme(0.9, x[5m])",
            "1:1: parse error: unknown function with name \"quantile_over_tme\"",
        ),
        (
            "queue_lag of",
            "1:11: parse error: unexpected identifier \"of\"",
        ),
        (
            "topk(1, queue_lag)",
            "1:1: parse error: the aggregation topk",
        ),
        ("{}", "must contain at least one non-empty matcher"),
        (
            "rate(queue_lag[5x])",
            "1:16: parse error: bad number or duration syntax: \"5x\"",
        ),
        ("queue_lag{queue=~\"(\"}", "the regular expression \"(\""),
    ] {
        let (status, answer) = ask(&sandbox, "query", &[("query", query)]).await;
        assert_eq!(
            (status, &answer["errorType"]),
            (400, &json!("bad_data")),
            "{query}"
        );
        let error = answer["error"].as_str().unwrap();
        assert!(
            error.starts_with("invalid parameter \"query\": 1:"),
            "{error}"
        );
        assert!(error.contains(reason), "{query}: {error}");
    }
}

#[tokio::test]
async fn bad_times_and_steps_are_refused() {
    let sandbox = fixed(MetricsOptions::default()).await;
    for (start, end, step, reason) in [
        (
            "10",
            "5",
            "15",
            "end timestamp must not be before start time",
        ),
        ("1", "5", "0", "zero or negative query resolution step"),
        ("now", "5", "1", "cannot parse \"now\" to a valid timestamp"),
        ("1", "5", "x", "cannot parse \"x\" to a valid duration"),
    ] {
        let form = [
            ("query", "up"),
            ("start", start),
            ("end", end),
            ("step", step),
        ];
        let (status, answer) = ask(&sandbox, "query_range", &form).await;
        assert_eq!(status, 400);
        assert!(
            answer["error"].as_str().unwrap().contains(reason),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn operators_matchers_and_aggregations_do_as_in_prometheus() {
    let sandbox = fixed(MetricsOptions::default()).await;
    let count = async |query: &str| {
        let data = instant(&sandbox, query).await;
        data["result"].as_array().unwrap().len()
    };

    assert_eq!(instant(&sandbox, "1 + 2 * 3").await["result"][1], "7");
    assert_eq!(instant(&sandbox, "1 / 0").await["result"][1], "+Inf");
    assert_eq!(instant(&sandbox, "0 / 0").await["result"][1], "NaN");
    assert_eq!(count("up").await, 2);
    assert_eq!(count("up > 1").await, 0);
    assert_eq!(count("up == 1").await, 2);
    assert_eq!(count(r#"http_requests_total{code=~"4..|5.."}"#).await, 4);
    assert_eq!(
        count(r#"http_requests_total{code!~"2..",job!="api"}"#).await,
        2
    );
    assert_eq!(count("sum by (job) (http_requests_total)").await, 2);
    assert_eq!(count("sum(http_requests_total) by (job, code)").await, 6);
    assert!((value(&sandbox, "count(http_requests_total)").await - 6.0).abs() < f64::EPSILON);
    assert_eq!(count("http_requests_total / http_requests_total").await, 6);
    let now = NOW_S.to_string();
    let twice = r#"up / {__name__=~"http_request_duration_seconds_(count|sum)"}"#;
    let (status, answer) = ask(&sandbox, "query", &[("query", twice), ("time", &now)]).await;
    assert_eq!((status, &answer["errorType"]), (422, &json!("execution")));
}

#[tokio::test]
async fn a_range_selector_gives_the_raw_samples() {
    let sandbox = fixed(MetricsOptions::default()).await;

    let data = instant(&sandbox, "queue_lag[1m]").await;

    assert_eq!(data["resultType"], "matrix");
    let values = data["result"][0]["values"].as_array().unwrap();
    assert_eq!(values.len(), 4);
    assert_eq!(values[3][0].to_string(), format!("{}.004", NOW_S - 9));
}

#[tokio::test]
async fn a_gap_longer_than_the_lookback_leaves_steps_without_value() {
    let window = crate::model::Window {
        start_ms: (NOW_S - 1_800) * 1_000,
        end_ms: (NOW_S - 600) * 1_000,
    };
    let sandbox = fixed(MetricsOptions {
        incidents: Vec::new(),
        gaps: vec![window],
    })
    .await;
    let (start, end) = ((NOW_S - 3_600).to_string(), NOW_S.to_string());
    let form = [
        ("query", "queue_lag"),
        ("start", start.as_str()),
        ("end", &end),
        ("step", "60"),
    ];

    let (_, answer) = ask(&sandbox, "query_range", &form).await;

    let values = answer["data"]["result"][0]["values"].as_array().unwrap();
    assert_eq!(values.len(), 61 - 16);
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let sandbox = fixed(MetricsOptions::default()).await;
    let url = format!("{}/api/v1/status", sandbox.url(Service::Prometheus));

    assert_eq!(
        get_json(&format!("{url}/buildinfo")).await["data"]["branch"],
        "DEMO"
    );
    let runtime = get_json(&format!("{url}/runtimeinfo")).await;
    assert_eq!(runtime["data"]["startTime"], "2026-11-21T12:00:00Z");
}
