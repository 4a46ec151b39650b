//! Three hours of a real server's samples, second by second: more points than the server gives at once.

use super::project::Project;
use super::running::{prometheus3, shared, variable};
use serde_json::Value;
use std::collections::BTreeMap;

/// Item, query, and whether several series are expected.
const QUERIES: [(&str, &str, &str); 4] = [
    ("lag", "kafka_consumer_lag_sum", "single"),
    // A real NaN for two minutes.
    ("opa", "opa_decision_duration_seconds_last", "single"),
    // A counter that is reset, an instance that is gone for eight minutes, one that comes after an hour.
    (
        "requests",
        "sum by (instance, code) (rate(http_requests_total[5m]))",
        "all",
    ),
    (
        "p95",
        "histogram_quantile(0.95, sum by (le, instance) (rate(http_request_duration_seconds_bucket[5m])))",
        "all",
    ),
];

#[test]
fn three_hours_by_the_second_asked_at_once_and_in_pieces_give_the_same_points_and_claims() {
    let _servers = shared();

    assert_pieces_give_the_whole(&variable("STACK_PROMETHEUS_URL"));
}

#[test]
fn prometheus_3_gives_the_same_points_and_claims_at_once_and_in_pieces() {
    let _servers = shared();
    let Some(url) = prometheus3() else { return };

    assert_pieces_give_the_whole(&url);
}

fn assert_pieces_give_the_whole(url: &str) {
    let project = Project::with_configuration(&configuration(url));

    let ran = project.collect();

    // A planted NaN is a requirement that is not met; nothing failed to answer.
    let ran = ran.exits(4);
    assert!(ran.items("failed").is_empty(), "{ran:?}");
    for (id, ..) in QUERIES {
        let whole = project.stored(&format!("{id}-whole"));
        let cut = project.stored(&format!("{id}-cut"));
        let (points_whole, answers_whole) = points(&project, &whole);
        let (points_cut, answers_cut) = points(&project, &cut);
        assert_eq!((answers_whole, answers_cut), (1, 11), "{id}");
        assert_eq!(points_whole, points_cut, "{id}");
        assert_eq!(claim(&whole), claim(&cut), "{id}");
    }
    let (lag, _) = points(&project, &project.stored("lag-whole"));
    let lag: Vec<_> = lag.into_values().collect();
    assert_eq!(lag.len(), 1);
    assert_eq!(lag[0].len(), 10_801);
}

/// The server's own limit is 11,000 points: 10,801 pass in one request, and this is what a test of the cut needs.
fn configuration(url: &str) -> String {
    let repository = variable("STACK_REPOSITORY");
    let mut text = format!(
        "version: 1\n\
         release: {{repository: github.com/{repository}, package: \"b-{{tag}}.tar.gz\"}}\n\
         prometheus:\n\
         \x20 whole: {{url: \"{url}\"}}\n\
         \x20 cut: {{url: \"{url}\", chunk-points: 1000}}\n\
         metrics:\n"
    );
    for (id, expr, series) in QUERIES {
        for server in ["whole", "cut"] {
            text.push_str(&format!(
                "  - {{id: {id}-{server}, from: {server}, expr: '{expr}', window: 3h, step: 1s, statistic: mean, \
                 series: {series}, limit: \"<= 100000\"}}\n"
            ));
        }
    }
    text
}

/// Points by series, as they stand in the server's answers one after the other; and the number of answers.
fn points(project: &Project, item: &Value) -> (BTreeMap<String, Vec<Value>>, usize) {
    let id = item["item"]["id"].as_str().unwrap();
    let mut series: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut answers = 0;
    while let Some(bytes) =
        project.stored_bytes(item, &format!("metrics/{id}/chunk-{answers:03}.json"))
    {
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        for one in answer["data"]["result"].as_array().unwrap() {
            let values = one["values"].as_array().unwrap();
            series
                .entry(one["metric"].to_string())
                .or_default()
                .extend_from_slice(values);
        }
        answers += 1;
    }
    (series, answers)
}

/// The claim without the one number that must differ.
fn claim(item: &Value) -> Value {
    let mut claim = item["item"]["claim"].clone();
    let facts = claim["facts"].as_object_mut().unwrap();
    assert!(facts.remove("chunks").is_some());
    claim
}
