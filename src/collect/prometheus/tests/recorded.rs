//! Every recorded answer, given to the client as it came over the socket.

use super::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One line of `classes.txt`: a recorded answer and what becomes of it.
struct Case {
    server: String,
    name: String,
    class: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/prometheus/http")
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join("classes.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parse = |line: &str| {
        let mut words = line.split_whitespace().map(String::from);
        let (server, name) = (words.next().unwrap(), words.next().unwrap());
        let class = words.collect::<Vec<_>>().join(" ");
        Case {
            server,
            name,
            class,
        }
    };
    lines.map(parse).collect()
}

/// The fields of the request that was recorded with the answer.
fn fields(case: &Case) -> BTreeMap<String, String> {
    let path = folder()
        .join(&case.server)
        .join(format!("{}.req", case.name));
    let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let path = head.split_whitespace().nth(1).unwrap();
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let url: crate::net::http::Url = format!("http://x/?{query}&{body}").parse().unwrap();
    url.query_pairs().into_owned().collect()
}

/// A time as requests write it: decimal seconds or RFC 3339; a fixed one for what is neither.
fn ms(text: Option<&String>, otherwise: i64) -> i64 {
    let Some(text) = text else { return otherwise };
    let seconds = text.parse::<f64>().map(|s| (s * 1_000.0) as i64).ok();
    let time = || text.parse::<Timestamp>().map(|t| t.as_millisecond()).ok();
    seconds.or_else(time).unwrap_or(otherwise)
}

/// The question that the recorded request asked, as far as it was one.
fn question(case: &Case) -> (MetricExpectation, Window) {
    let sent = fields(case);
    let mut expectation = MetricExpectation {
        expr: sent.get("query").cloned().unwrap_or_default(),
        series: Series::All,
        limit: None,
        statistic: Statistic::Max,
        range: None,
        ..expectation()
    };
    let time = ms(sent.get("time"), START + 1_800_000);
    let mut window = Window {
        start_ms: time,
        end_ms: time,
    };
    if case.name.contains("range") && sent.contains_key("start") || sent.contains_key("step") {
        let (start, end) = (ms(sent.get("start"), START), ms(sent.get("end"), START));
        // One request has its end before its start: it is asked the right way round.
        window = Window {
            start_ms: start.min(end),
            end_ms: end.max(start),
        };
        expectation.range = Some(Range {
            window_ms: window.end_ms.abs_diff(window.start_ms),
            step_ms: (ms(sent.get("step"), 0).unsigned_abs()).max(1_000),
        });
    }
    (expectation, window)
}

async fn class(case: &Case) -> String {
    let path = folder()
        .join(&case.server)
        .join(format!("{}.resp", case.name));
    let bytes = std::fs::read(path).unwrap();
    let replay = serve(move |_| bytes.clone());
    let server = PrometheusServer::new(replay.url.clone(), ServerAuth::default(), 50_000);
    let (expectation, window) = question(case);

    let found = capture(&client(), &server, "p95", &expectation, window).await;

    match found {
        Ok(capture) => {
            let claim = metric(&capture, &expectation).claim;
            let codes: BTreeSet<_> = claim.problems().iter().map(|p| p.code.clone()).collect();
            let codes: Vec<_> = codes.into_iter().collect();
            match codes.is_empty() {
                true => "data".into(),
                false => format!("data with {}", codes.join(" ")),
            }
        }
        Err(error) => format!("refused {}", kind(&error)),
    }
}

fn kind(error: &PrometheusError) -> &'static str {
    match error {
        PrometheusError::Http(HttpError::Redirect { .. }) => "redirect",
        PrometheusError::Http(HttpError::Unreachable { .. }) => "broken",
        PrometheusError::Denied { .. } => "denied",
        PrometheusError::Status { .. } => "status",
        PrometheusError::NotJson { .. } => "page",
        PrometheusError::Encoded { .. } => "encoded",
        PrometheusError::Query {
            source: AnswerError::Server { .. },
            ..
        } => "query",
        PrometheusError::Query { .. } => "answer",
        PrometheusError::Kind { .. } => "kind",
        _ => "otherwise",
    }
}

#[tokio::test]
async fn every_recorded_answer_is_told_for_what_it_is() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = class(&case).await;
        if found != case.class {
            let Case {
                server,
                name,
                class,
            } = case;
            wrong.push(format!("{server} {name}: {found}, expected {class}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recorded_answer_has_a_class_and_no_failed_one_is_data() {
    #[derive(serde::Deserialize)]
    struct Listed {
        server: String,
        name: String,
        status: String,
    }
    let index = std::fs::read(folder().join("index.json")).unwrap();
    let index: Vec<Listed> = serde_json::from_slice(&index).unwrap();
    let cases = cases();

    let listed: Vec<_> = index.iter().map(|one| (&one.server, &one.name)).collect();
    let classed: Vec<_> = cases.iter().map(|one| (&one.server, &one.name)).collect();

    assert_eq!(listed, classed);
    assert_eq!(cases.len(), 274);
    for (listed, case) in index.iter().zip(&cases) {
        let failed = !listed.status.contains(" 200 ");
        assert!(
            !failed || case.class.starts_with("refused"),
            "{} {}",
            case.server,
            case.name
        );
    }
}
