//! Lies about gates, and about when their phases were.

use crate::forge::{Forge, failed, file};
use crate::refused;
use evidence::metrics::{ChunkExchange, Exchange, MetricRequest, ServerRecord};
use evidence::model::{
    Capture, GateVerdict, Manifest, MemberPath, Moment, Moments, Status, Timestamp, Verdict, Window,
};
use std::collections::BTreeMap;

const YAML: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
prometheus: {main: {url: 'http://prometheus.example.test'}}
phases:
  t15: {change: T+0m, at: T+15m, settle: 5m, window: 10m}
metrics:
  - {id: errors, expr: errors, window: 10m, step: 60s, phases: [t15]}
gates:
  cutover:
    phases: [t15]
    checks: [{metric: errors, yellow: '> 1', red: '> 2'}]
";
/// T0.
const T0: i64 = 1_758_466_800_000;
const MINUTE: i64 = 60_000;

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

fn moments() -> Moments {
    let moment = Moment {
        at: time(T0 + 15 * MINUTE),
        change: Some(time(T0)),
    };
    Moments {
        t0: Some(time(T0)),
        phases: BTreeMap::from([("t15".into(), moment)]),
    }
}

/// Fills in the metric's files: this value at each minute of this window.
fn fill(capture: &mut Capture, window: Window, value: &'static str) {
    let values: Vec<_> = (window.start_ms..=window.end_ms)
        .step_by(60_000)
        .map(|ms| serde_json::json!([ms / 1_000, value]))
        .collect();
    let answer = serde_json::json!({
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]},
    });
    let request = MetricRequest {
        expr: "errors".into(),
        start_ms: Some(window.start_ms),
        end_ms: Some(window.end_ms),
        step_ms: Some(60_000),
        chunk_points: Some(11_000),
        time_ms: None,
        method: "POST".into(),
        url: "http://prometheus.example.test/api/v1/query_range".into(),
        parameters: BTreeMap::new(),
    };
    let exchange = Exchange {
        chunks: vec![ChunkExchange {
            status: 200,
            content_type: Some("application/json".into()),
            date: None,
            server: None,
            received_ms: window.end_ms + 100_000,
            clock_skew_ms: None,
        }],
    };
    let of = |name: &str, text: String| file(&format!("metrics/errors.t15/{name}"), None, &text);
    capture.files = vec![
        of("chunk-000.json", answer.to_string()),
        of("exchange.json", serde_json::to_string(&exchange).unwrap()),
        of("request.json", serde_json::to_string(&request).unwrap()),
        of(
            "server.json",
            serde_json::to_string(&ServerRecord::default()).unwrap(),
        ),
    ];
    capture.request = serde_json::to_value(&request).unwrap();
}

/// A bundle of the phase, whose errors were this many all the time.
fn honest(value: &'static str) -> Forge {
    at(value, 5, 15)
}

/// The same over these minutes after T0.
fn at(value: &'static str, from: i64, to: i64) -> Forge {
    let window = Window {
        start_ms: T0 + from * MINUTE,
        end_ms: T0 + to * MINUTE,
    };
    Forge {
        capture: Box::new(move |id, capture| {
            capture.captured = time(T0 + 3_600_000);
            if id == "errors.t15" {
                fill(capture, window, value);
                capture.window = Some(window);
            } else if id == "cutover.t15" {
                fill(capture, window, value);
                capture.request = serde_json::json!({});
            }
        }),
        manifest: Box::new(|manifest| manifest.moments = moments()),
        predicate: Box::new(|predicate| predicate.gates = "GREEN".into()),
        ..Forge::honest(YAML)
    }
}

fn with_moments(value: &'static str, change: impl Fn(&mut Moments) + 'static) -> Forge {
    Forge {
        manifest: Box::new(move |manifest: &mut Manifest| {
            manifest.moments = moments();
            change(&mut manifest.moments);
        }),
        ..honest(value)
    }
}

#[test]
fn a_gate_without_a_lie_is_verified() {
    let report = honest("0").judge();

    assert_eq!(report.verdict(), Verdict::Verified, "{:?}", failed(&report));
    assert_eq!(report.exit_code(), 0, "{:?}", failed(&report));
}

#[test]
fn a_gate_that_is_said_to_be_green_and_is_red_is_refused() {
    let forge = Forge {
        manifest: Box::new(|manifest| {
            manifest.moments = moments();
            for item in &mut manifest.items {
                if item.id == "cutover.t15" {
                    let facts = item.claim.facts.as_object_mut().unwrap();
                    facts.insert("verdict".into(), serde_json::json!(GateVerdict::Green));
                    item.claim.met = Some(true);
                    item.claim.status = Status::Verified;
                    item.claim.problems.clear();
                }
            }
        }),
        ..honest("3")
    };

    refused(&forge, "EV-claim");
}

#[test]
fn a_seal_that_says_green_of_a_red_gate_is_refused() {
    refused(&honest("3"), "EV-seal-predicate-gates");
}

#[test]
fn a_gate_by_less_than_its_metrics_files_is_refused() {
    let forge = Forge {
        manifest: Box::new(|manifest| {
            manifest.moments = moments();
            for item in &mut manifest.items {
                if item.id == "cutover.t15" {
                    item.files
                        .retain(|path| !path.as_str().ends_with("chunk-000.json"));
                }
            }
        }),
        ..honest("0")
    };

    refused(&forge, "EV-plan-inputs");
}

#[test]
fn a_gate_over_other_files_than_its_metrics_is_refused() {
    // The metric's item is RED and honest; the gate is judged by a quiet day that no item looks at.
    let forge = honest("3");
    let honest = forge.capture;
    let forge = Forge {
        capture: Box::new(move |id, capture| {
            honest(id, capture);
            if id == "errors.t15" {
                for file in &mut capture.files {
                    let name = file.path.as_str().rsplit('/').next().unwrap().to_owned();
                    file.path = MemberPath::try_from(format!("metrics/elsewhere/{name}")).unwrap();
                }
            } else if id == "cutover.t15" {
                let window = Window {
                    start_ms: T0 - 100 * MINUTE,
                    end_ms: T0 - 90 * MINUTE,
                };
                fill(capture, window, "0");
                capture.request = serde_json::json!({});
            }
        }),
        manifest: Box::new(|manifest| manifest.moments = moments()),
        predicate: Box::new(|predicate| predicate.gates = "GREEN".into()),
        ..Forge::honest(YAML)
    };

    refused(&forge, "EV-plan-inputs");
}

#[test]
fn a_window_that_a_gate_states_is_refused() {
    let forge = Forge {
        manifest: Box::new(|manifest| {
            manifest.moments = moments();
            for item in &mut manifest.items {
                if item.id == "cutover.t15" {
                    item.window = Some(Window {
                        start_ms: T0,
                        end_ms: T0 + 120 * MINUTE,
                    });
                }
            }
        }),
        ..honest("0")
    };

    refused(&forge, "EV-plan-inputs");
}

#[test]
fn a_window_that_is_not_the_phases_is_refused() {
    refused(&at("0", 3, 13), "EV-plan-phase");
}

#[test]
fn a_phase_that_is_moved_is_refused() {
    let forge = with_moments("0", |moments| {
        if let Some(moment) = moments.phases.get_mut("t15") {
            moment.at = time(T0 + 16 * MINUTE);
        }
    });

    refused(&forge, "EV-plan-phase");
}

#[test]
fn another_t0_is_refused() {
    let forge = with_moments("0", |moments| moments.t0 = Some(time(T0 + MINUTE)));

    refused(&forge, "EV-plan-phase");
}

#[test]
fn a_change_that_is_said_to_have_been_earlier_is_refused() {
    let forge = with_moments("0", |moments| {
        if let Some(moment) = moments.phases.get_mut("t15") {
            moment.change = Some(time(T0 - 10 * MINUTE));
        }
    });

    refused(&forge, "EV-plan-phase");
}

#[test]
fn a_phase_that_nobody_dates_is_refused() {
    refused(
        &with_moments("0", |moments| moments.phases.clear()),
        "EV-plan-phase",
    );
    refused(
        &with_moments("0", |moments| moments.t0 = None),
        "EV-plan-phase",
    );
}
