//! Who answers, what is kept of it, and up to when it can be asked.

use super::*;
use crate::model::limits::METRICS_BYTES;
use crate::model::redact::Secret;

/// A Prometheus with its configuration and flags, whose clock stands at this time.
fn whole(date: &str) -> Replay {
    let date = format!("Date: {date}");
    Replay::start(move |request| {
        let answer = match request.line.as_str() {
            "GET /api/v1/status/buildinfo" => recorded!("prometheus-3.15/buildinfo"),
            "GET /api/v1/status/runtimeinfo" => recorded!("prometheus-3.15/runtimeinfo"),
            "GET /api/v1/status/config" => recorded!("prometheus-3.15/status-config"),
            "GET /api/v1/status/flags" => recorded!("prometheus-2.42/status-flags"),
            "POST /api/v1/query_range" => recorded!("prometheus-3.15/range-p95-15s"),
            _ => recorded!("prometheus-3.15/not-found"),
        };
        let text = String::from_utf8(answer.to_vec()).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("Date: "))
            .unwrap();
        text.replace(line, &date).into_bytes()
    })
}

async fn capture_of(server: &PrometheusServer) -> Result<Capture, PrometheusError> {
    capture(&client(), server, "p95", &expectation(), WINDOW).await
}

#[tokio::test]
async fn of_the_configuration_labels_interval_and_features_are_kept_and_nothing_else() {
    let replay = whole("Sat, 21 Nov 2026 09:46:02 GMT");

    let found = capture_of(&server(&replay, 11_000)).await.unwrap();

    let record = String::from_utf8(member(&found, "server.json").to_vec()).unwrap();
    let told = record.split("\"scrapeInterval\"").nth(1).unwrap();
    assert_eq!(
        told,
        r#":"15s","externalLabels":{"cluster":"prod-us-east","replica":"a"},"features":["native-histograms"]}"#
    );
    for file in &found.files {
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(!text.contains("not-a-real-secret"), "{}", file.path);
    }
}

#[tokio::test]
async fn a_server_whose_configuration_is_closed_is_asked_all_the_same() {
    let replay = Replay::start(|request| match request.line.as_str() {
        "GET /api/v1/status/buildinfo" => recorded!("prometheus-3.15/buildinfo").to_vec(),
        "GET /api/v1/status/config" | "GET /api/v1/status/flags" => {
            recorded!("nginx-1.22/forbidden-403").to_vec()
        }
        "POST /api/v1/query_range" => recorded!("prometheus-3.15/range-p95-15s").to_vec(),
        _ => recorded!("prometheus-3.15/not-found").to_vec(),
    });

    let record = server(&replay, 11_000).probe(&client()).await.unwrap();

    assert_eq!(
        (record.kind, record.scrape_interval, record.features),
        (ServerKind::Prometheus, None, None)
    );
}

#[tokio::test]
async fn a_window_that_ends_before_its_samples_are_whole_is_refused_and_nothing_is_asked() {
    // The window ends at 16:00:00; two scrape intervals are less than the minute that is waited at least.
    for (date, settled) in [
        ("Sun, 21 Sep 2025 15:59:00 GMT", false),
        ("Sun, 21 Sep 2025 16:00:59 GMT", false),
        ("Sun, 21 Sep 2025 16:01:05 GMT", true),
    ] {
        let replay = whole(date);

        let found = capture_of(&server(&replay, 11_000)).await;

        assert_eq!(found.is_ok(), settled, "{date}");
        if let Err(error) = found {
            assert!(
                matches!(error, PrometheusError::Unsettled { .. }),
                "{error}"
            );
            assert!(error.is_temporary());
            assert!(!replay.lines().iter().any(|line| line.starts_with("POST")));
        }
    }
}

#[tokio::test]
async fn the_time_to_ask_again_is_by_the_local_clock() {
    let replay = whole("Fri, 01 Jan 2100 00:00:00 GMT");
    let server = server(&replay, 11_000);
    let end_ms = Timestamp::now().as_millisecond() - 20_000;
    let window = Window {
        start_ms: end_ms - 3_600_000,
        end_ms,
    };

    let error = capture(&client(), &server, "p95", &expectation(), window)
        .await
        .unwrap_err();

    let PrometheusError::Unsettled { again, .. } = error else {
        panic!("{error}");
    };
    let wait = again.as_millisecond() - Timestamp::now().as_millisecond();
    assert!((30_000..=41_000).contains(&wait), "{wait} ms");
}

#[tokio::test]
async fn what_is_settled_is_settled_when_it_is_asked_for() {
    let replay = whole("Sun, 21 Sep 2025 16:30:00 GMT");
    let server = server(&replay, 11_000);

    let settled = server.settled(&client()).await.unwrap();

    let end_ms = settled.as_millisecond();
    assert!((end_ms - (START + 3_600_000 + 29 * 60_000)).abs() < 5_000);
    let window = Window {
        start_ms: end_ms,
        end_ms,
    };
    assert!(server.look_at_end(&client(), window).await.is_ok());
}

#[tokio::test]
async fn a_token_follows_no_redirect_neither_to_another_host_nor_to_the_same() {
    let other = serve(|_| recorded!("prometheus-3.15/range-p95-15s").to_vec());
    let elsewhere = format!("{}api/v1/query_range", other.url);
    for to in [elsewhere.as_str(), "/api/v1/other"] {
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let replay = serve(move |_| answer.clone().into_bytes());
        let auth = ServerAuth {
            bearer: Some(Secret::new("glsa-123456")),
            ..ServerAuth::default()
        };
        let server = PrometheusServer::new(replay.url.clone(), auth, 11_000);

        let error = capture_of(&server).await.unwrap_err();

        assert!(
            matches!(error, PrometheusError::Http(HttpError::Redirect { .. })),
            "{error}"
        );
        assert!(!replay.lines().iter().any(|line| line.contains("other")));
    }
    assert!(other.lines().is_empty());
}

#[tokio::test]
async fn a_redirect_of_the_identity_is_not_followed_either() {
    let replay = Replay::start(|_| recorded!("nginx-1.22/redirect-https-301").to_vec());

    let error = server(&replay, 11_000).probe(&client()).await.unwrap_err();

    assert!(
        matches!(error, PrometheusError::Http(HttpError::Redirect { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_of_another_kind_is_no_answer() {
    let replay = serve(|_| recorded!("prometheus-3.15/instant-matrix-range-selector").to_vec());
    let expectation = MetricExpectation {
        range: None,
        ..expectation()
    };

    let error = capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation,
        WINDOW,
    )
    .await
    .unwrap_err();

    assert!(
        matches!(
            error,
            PrometheusError::Kind {
                found: "matrix",
                wanted: "vector",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_asked_for_in_smaller_pieces() {
    let replay = serve(|request| {
        let seconds = |name: &str| request.fields[name].parse::<f64>().unwrap();
        match seconds("end") - seconds("start") > 1_000.0 {
            true => b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70000000\r\n\r\n".to_vec(),
            false => arithmetic(recorded!("prometheus-3.15/range-p95-15s"), request),
        }
    });

    let found = capture_of(&server(&replay, 11_000)).await.unwrap();

    let request: MetricRequest = serde_json::from_slice(member(&found, "request.json")).unwrap();
    assert_eq!(request.chunk_points, Some(60));
    assert_eq!(metric(&found, &expectation()).claim.met(), Some(true));
}

#[tokio::test]
async fn an_answer_that_is_too_large_and_not_to_be_cut_is_an_error_that_says_what_to_do() {
    let replay = serve(|_| {
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70000000\r\n\r\n"
            .to_vec()
    });
    let expectation = MetricExpectation {
        expr: "up @ end()".into(),
        ..expectation()
    };

    let error = capture(
        &client(),
        &server(&replay, 11_000),
        "p95",
        &expectation,
        WINDOW,
    )
    .await
    .unwrap_err();

    assert!(matches!(
        error,
        PrometheusError::TooLarge {
            limit: METRICS_BYTES,
            ..
        }
    ));
    assert!(error.to_string().contains("fewer series"));
}
