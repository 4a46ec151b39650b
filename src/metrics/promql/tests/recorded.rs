//! Answers of Prometheus 2.42 and 3.15, recomputed from raw samples of the same servers.

use super::super::*;
use super::recordings::recording;
use crate::metrics::fixture::plain_body;
use crate::metrics::remote_read::decode_response;
use crate::metrics::{Answer, Data, Grid};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A server and the rules that it evaluates by.
pub(super) const SERVERS: [(&str, Semantics); 2] = [
    ("prometheus-2.42", Semantics::V2),
    ("prometheus-3.15", Semantics::V3),
];

const GATES: &[u8] = include_bytes!("../../../../fixtures/prometheus/cutover/gates.json");

/// The body of a recorded answer, without HTTP's encodings.
pub(super) fn answer(path: &str) -> Vec<u8> {
    plain_body(recording(path).1)
}

/// The parameters of a recorded request, of its address or its form.
fn parameters(path: &str) -> BTreeMap<String, String> {
    let request = std::str::from_utf8(recording(path).0).unwrap();
    let (head, form) = request.split_once("\r\n\r\n").unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let text = target.split_once('?').map_or(form, |(_, query)| query);
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.into(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn milliseconds(text: &str) -> i64 {
    (text.parse::<f64>().unwrap() * 1_000.0).round() as i64
}

fn grid(parameters: &BTreeMap<String, String>) -> Grid {
    let ms = |name: &str| milliseconds(&parameters[name]);
    match parameters.get("time") {
        Some(time) => Grid::instant(milliseconds(time)),
        None => Grid::new(ms("start"), ms("end"), ms("step") as u64).unwrap(),
    }
}

/// All recorded raw series of a server.
fn raw_series(server: &str) -> &'static [RawSeries] {
    static V2: LazyLock<Vec<RawSeries>> = LazyLock::new(|| recorded_series("prometheus-2.42"));
    static V3: LazyLock<Vec<RawSeries>> = LazyLock::new(|| recorded_series("prometheus-3.15"));
    if server == "prometheus-2.42" {
        &V2
    } else {
        &V3
    }
}

fn recorded_series(server: &str) -> Vec<RawSeries> {
    let mut all: Vec<RawSeries> = Vec::new();
    for name in [
        "api-buckets",
        "graph-buckets",
        "hourly-cost",
        "http-requests",
        "kafka-lag",
        "topic-offsets",
    ] {
        let answer = Answer::parse(&answer(&format!("cutover/raw/{server}/{name}"))).unwrap();
        let Data::Matrix(series) = answer.data else {
            panic!("{name} is no matrix");
        };
        all.extend(series.into_iter().map(|one| RawSeries {
            labels: one.labels,
            samples: one.samples,
        }));
    }
    let remote: &[&str] = match server {
        "prometheus-2.42" => &["opa-decision-duration-seconds-last"],
        _ => &["queue-depth"],
    };
    for name in remote {
        let body = answer(&format!("cutover/raw/{server}/remote-read-{name}"));
        for mut one in decode_response(&body).unwrap() {
            // The server's external labels, which an answer to a query does not have.
            one.labels.0.remove("cluster");
            one.labels.0.remove("replica");
            all.push(RawSeries {
                labels: one.labels,
                samples: one.samples,
            });
        }
    }
    all
}

/// What each need finds in them. A metric of which nothing was recorded is none.
pub(super) fn samples(server: &str, needs: &[Need]) -> Option<RawSamples> {
    let all = raw_series(server);
    let mut samples = RawSamples::new();
    for need in needs {
        let name = name(&need.selector);
        if !all.iter().any(|one| one.labels.0["__name__"] == name) {
            return None;
        }
        let selected = all.iter().filter(|one| need.selector.matches(&one.labels));
        samples.insert(&need.selector, selected.cloned().collect());
    }
    Some(samples)
}

fn name(selector: &Selector) -> String {
    let named = selector.matchers().iter().find(|m| m.label == "__name__");
    named.unwrap().value.clone()
}

/// How a recorded answer agrees with its recomputation; none when its samples were not recorded.
fn agreement(server: &str, semantics: Semantics, path: &str) -> Option<Agreement> {
    let parameters = parameters(path);
    let grid = grid(&parameters);
    let expr = parse(&parameters["query"]).unwrap();
    let samples = samples(server, &needs(&expr, &grid))?;
    let found = answered(Answer::parse(&answer(path)).unwrap().data).unwrap();
    let recomputed = evaluate(&expr, &grid, semantics, &samples).unwrap();
    assert!(!found.is_empty() || path.contains("past"), "{path}");
    Some(compare(&found, &recomputed))
}

#[test]
fn every_range_of_the_cutover_follows_from_raw_samples_to_the_last_bit() {
    let gates: Gates = serde_json::from_slice(GATES).unwrap();

    let mut unrecorded = Vec::new();
    let mut equal = 0;
    for (server, semantics) in SERVERS {
        for id in gates.queries.keys() {
            match agreement(server, semantics, &format!("cutover/{server}/{id}")) {
                None => unrecorded.push(id.as_str()),
                Some(agreement) => {
                    assert_eq!(agreement, Agreement::Equal, "{server} {id}");
                    equal += 1;
                }
            }
        }
    }

    assert_eq!(equal, 22);
    assert_eq!(unrecorded, ["up-instances"; 2]);
}

#[derive(serde::Deserialize)]
struct Gates {
    queries: BTreeMap<String, String>,
}

const BOTH: [&str; 24] = [
    "infos-not-a-counter",
    "instant-empty-label-set",
    "instant-error-ratio",
    "instant-form-post",
    "instant-gzip",
    "instant-lookback-past-5m",
    "instant-matrix-range-selector",
    "instant-matrix-raw-buckets",
    "instant-scalar",
    "instant-checklist-5xx-rate-result0-is-zero",
    "instant-checklist-p95-nan",
    "instant-checklist-p95-three-series",
    "instant-vector",
    "range-counter-reset",
    "range-error-ratio",
    "range-form-post",
    "range-gap",
    "range-max-11001-points",
    "range-p95-15s",
    "range-quantile-0-over-0",
    "range-scalar-becomes-matrix",
    "range-checklist-p95-60s",
    "range-stats-all",
    "stats-all",
];

#[test]
fn every_other_recorded_answer_follows_too() {
    let of_v2 = [
        "limit-param-instant",
        "limit-param-range",
        "range-selector-left-closed",
    ];
    let of_v3 = [
        "infos-checklist-dlq-range",
        "range-selector-left-open",
        "stale-marker-range",
        "stale-marker-raw-samples",
        "warnings-quantile-out-of-range",
    ];

    let mut equal = 0;
    for ((server, semantics), own) in SERVERS.into_iter().zip([&of_v2[..], &of_v3[..]]) {
        for name in BOTH.iter().chain(own) {
            let found = agreement(server, semantics, &format!("http/{server}/{name}"));
            assert_eq!(found, Some(Agreement::Equal), "{server} {name}");
            equal += 1;
        }
    }

    assert_eq!(equal, 2 * BOTH.len() + of_v2.len() + of_v3.len());
}

#[test]
fn nan_samples_stay_nan_and_are_no_stale_markers() {
    let path = "http/prometheus-2.42/range-nan-samples";
    let parameters = parameters(path);
    let expr = parse(&parameters["query"]).unwrap();
    let whole = grid(&parameters);
    let raw = raw_series("prometheus-2.42");
    let raw = raw.iter().find(|one| one.labels.0["job"] == "opa").unwrap();
    // Raw samples were recorded for a part of it.
    let (first, last) = (raw.samples[0].ms, raw.samples[raw.samples.len() - 1].ms);
    let grid = Grid::new(first, last.min(whole.end_ms()), whole.step_ms).unwrap();
    let mut found = answered(Answer::parse(&answer(path)).unwrap().data).unwrap();
    found[0]
        .samples
        .retain(|sample| (first..=last).contains(&sample.ms));
    let samples = samples("prometheus-2.42", &needs(&expr, &grid)).unwrap();

    let recomputed = evaluate(&expr, &grid, Semantics::V2, &samples).unwrap();

    assert_eq!(compare(&found, &recomputed), Agreement::Equal);
    assert!(found[0].samples.len() > 10);
    assert!(found[0].samples.iter().any(|sample| sample.value.is_nan()));
}

#[test]
fn the_rules_of_the_other_version_do_not_fit() {
    for (server, semantics) in [
        ("prometheus-2.42", Semantics::V3),
        ("prometheus-3.15", Semantics::V2),
    ] {
        for id in ["api-p95", "error-ratio", "lag-samples-per-minute"] {
            let found = agreement(server, semantics, &format!("cutover/{server}/{id}"));
            assert!(
                matches!(found, Some(Agreement::Differs { .. })),
                "{server} {id}: {found:?}"
            );
        }
    }
}

#[test]
fn what_a_server_refuses_to_match_is_refused_in_its_words() {
    for (server, semantics) in SERVERS {
        let path = format!("http/{server}/error-many-to-many");
        let parameters = parameters(&path);
        let grid = grid(&parameters);
        let expr = parse(&parameters["query"]).unwrap();
        let samples = samples(server, &needs(&expr, &grid)).unwrap();

        let refused = evaluate(&expr, &grid, semantics, &samples).unwrap_err();

        let Err(crate::metrics::AnswerError::Server { message, .. }) =
            Answer::parse(&answer(&path))
        else {
            panic!("{path} is no error");
        };
        // Which two of several it names is up to the order of its memory.
        let words = |text: &str| text.split('[').next().unwrap().to_string();
        assert!(matches!(refused, EvalError::ManyToMany { .. }));
        assert_eq!(words(&refused.to_string()), words(&message));
    }
}
