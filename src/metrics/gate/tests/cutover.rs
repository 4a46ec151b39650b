//! 26 gates over a cutover, as two real servers answered it.

use super::*;
use crate::metrics::chunks::merge;
use crate::metrics::fixture::plain_body;
use crate::metrics::{Answer, Data};
use serde_json::Value;

macro_rules! recorded {
    ($($query:literal),+) => {
        &[$(
            ($query, "prometheus-2.42", include_bytes!(concat!(
                "../../../../fixtures/prometheus/cutover/prometheus-2.42/", $query, ".resp"))),
            ($query, "prometheus-3.15", include_bytes!(concat!(
                "../../../../fixtures/prometheus/cutover/prometheus-3.15/", $query, ".resp"))),
        )+]
    };
}

const RECORDED: &[(&str, &str, &[u8])] = recorded!(
    "api-p95",
    "api-p99",
    "graph-3hop-p95",
    "graph-4hop-p95",
    "error-ratio",
    "auth-error-ratio",
    "kafka-lag",
    "dlq-ratio",
    "cost-rate",
    "api-p95-per-instance",
    "up-instances"
);

const GATES: &str = include_str!("../../../../fixtures/prometheus/cutover/gates.json");
const EXPECTED: &str =
    include_str!("../../../../fixtures/prometheus/cutover/expected-verdicts.json");

pub(super) fn captures(server: &str) -> Inputs {
    let gates: Value = serde_json::from_str(GATES).unwrap();
    let of = |name: &str| gates["request"][name].as_i64().unwrap();
    let grid = Grid::new(of("start"), of("end"), of("step") as u64).unwrap();
    RECORDED
        .iter()
        .filter(|(_, of, _)| *of == server)
        .map(|(query, _, response)| {
            let answer = Answer::parse(&plain_body(response)).unwrap();
            let Data::Matrix(series) = answer.data else {
                panic!("a matrix");
            };
            let captured = Captured {
                grid,
                series: merge([(grid, series)]).unwrap(),
                warnings: answer.warnings,
                doubt: None,
            };
            (query.to_string(), Ok(captured))
        })
        .collect()
}

fn operator(text: &str) -> Operator {
    serde_json::from_value(text.into()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().into()
}

fn when(rule: &Value, gate: &Value, part: &dyn Fn(&Value) -> Part) -> Bad {
    let when = &rule["when"];
    match when.get("relative") {
        Some(of) => Bad::Relative {
            operator: operator(of["op"].as_str().unwrap()),
            factor: text(&of["factor"]),
            min_delta: None,
            baseline: Baseline::Of {
                metric: metric(gate["query"].as_str().unwrap()),
                part: part(&gate["baseline"]),
                statistic: Statistic::Median,
            },
        },
        None => fixed(
            operator(when["op"].as_str().unwrap()),
            &text(&when["value"]),
        ),
    }
}

fn test(rule: &Value, gate: &Value, start: i64, part: &dyn Fn(&Value) -> Part) -> Test {
    if let Some(growth) = rule.get("growth") {
        return Test::Growth {
            relative: text(&growth["rel"]),
            absolute: text(&growth["abs"]),
        };
    }
    if let Some(share) = rule.get("ok_ratio") {
        return Test::OkRatio {
            when: when(share, gate, part),
            min: text(&share["min"]),
        };
    }
    let when = when(rule, gate, part);
    if let Some(at) = rule.get("checkpoints") {
        let at = at.as_array().unwrap().iter();
        return Test::Checkpoints {
            when,
            at_ms: at.map(|ms| ms.as_i64().unwrap().abs_diff(start)).collect(),
            consecutive: rule["consecutive"].as_u64().unwrap() as u32,
            max_age_ms: rule["max_age"].as_u64().unwrap(),
        };
    }
    match rule.get("reduce") {
        Some(statistic) => {
            assert_eq!(statistic, "mean");
            Test::Reduce {
                when,
                statistic: Statistic::Mean,
            }
        }
        None => Test::For {
            when,
            length_ms: rule["for"].as_u64().unwrap(),
            inclusive: rule.get("for_op").is_none_or(|op| op == ">="),
        },
    }
}

/// The gates of `gates.json`, by their ids.
pub(super) fn gates() -> BTreeMap<String, GateCheck> {
    let all: Value = serde_json::from_str(GATES).unwrap();
    let start = all["request"]["start"].as_i64().unwrap();
    let part = |window: &Value| Part {
        from_ms: Some(window["start"].as_i64().unwrap().abs_diff(start)),
        to_ms: Some(window["end"].as_i64().unwrap().abs_diff(start)),
    };
    let gates = all["gates"].as_array().unwrap().iter();
    gates
        .map(|gate| {
            let rules = gate["rules"].as_array().unwrap().iter();
            let check = GateCheck {
                id: text(&gate["id"]),
                source: Formula::Metric {
                    metric: metric(gate["query"].as_str().unwrap()),
                },
                unit: match gate["query"].as_str() {
                    Some(query) if query.contains("p9") => "s".into(),
                    _ => String::new(),
                },
                part: part(gate),
                ..check(
                    rules
                        .map(|rule| Rule {
                            level: serde_json::from_value(rule["level"].clone()).unwrap(),
                            test: test(rule, gate, start, &part),
                        })
                        .collect(),
                )
            };
            (check.id.clone(), check)
        })
        .collect()
}

/// What was found, in the words of `expected-verdicts.json`.
fn reasons(check: &GateCheck, result: &CheckResult) -> Vec<String> {
    if result.series_count > 1 {
        return vec![format!(
            "error: {} series, one expected",
            result.series_count
        )];
    }
    let series = &result.series[0];
    let mut found = Vec::new();
    if codes(result).contains(&"gate-coverage") {
        found.push(format!(
            "inconclusive: coverage {}/{}, longest gap {} ms",
            series.valid, series.points, series.longest_gap_ms
        ));
    }
    for (rule, known) in check.rules.iter().zip(&series.rules) {
        if known.outcome != RuleOutcome::Fired {
            continue;
        }
        let level = serde_json::to_value(rule.level).unwrap();
        let words: Vec<&str> = known.found.split(' ').collect();
        let what = match &rule.test {
            Test::For {
                length_ms,
                inclusive,
                ..
            } => {
                let is_long = |run: &&crate::model::Run| match run.length_ms() {
                    length if *inclusive || *length_ms == 0 => length >= *length_ms,
                    length => length > *length_ms,
                };
                let run = known.runs.iter().find(is_long).unwrap();
                let length = run.length_ms();
                let (start, end, bridged) = (run.start_ms, run.end_ms, run.bridged);
                format!("run {start}..{end} = {length} ms, {bridged} bridged")
            }
            Test::Checkpoints { .. } => format!("checkpoints {}", words[0]),
            Test::OkRatio { .. } => format!("ok {}/{}", words[0], words[2]),
            Test::Growth { .. } => {
                let number = |text: &str| text.parse::<f64>().unwrap();
                let (first, last) = (number(words[1]), number(words[6]));
                format!("growing: {first:?} -> {last:?}, tolerance 100.0")
            }
            Test::Reduce { .. } => known.found.clone(),
        };
        found.push(format!("{}: {what}", level.as_str().unwrap()));
    }
    found
}

#[test]
fn each_gate_of_the_cutover_comes_to_its_verdict_for_its_reasons_on_both_servers() {
    let expected: Vec<Value> = serde_json::from_str(EXPECTED).unwrap();
    let gates = gates();
    assert_eq!((gates.len(), expected.len()), (26, 52));

    for server in ["prometheus-2.42", "prometheus-3.15"] {
        let captures = captures(server);
        for case in expected.iter().filter(|case| case["server"] == server) {
            let check = &gates[case["gate"].as_str().unwrap()];
            let result = judged(check.clone(), &captures);

            let name = format!("{server} {}: {result:#?}", check.id);
            let verdict = result.verdict.to_string().to_lowercase();
            assert_eq!(verdict, case["verdict"].as_str().unwrap(), "{name}");
            assert_eq!(
                Value::from(reasons(check, &result)),
                case["reasons"],
                "{name}"
            );
        }
    }
}

#[test]
fn the_words_say_what_happened_when() {
    let found = |gate: &str| {
        let result = judged(gates()[gate].clone(), &captures("prometheus-3.15"));
        let reasons = result.reasons.iter();
        let told: Vec<String> = reasons
            .map(|problem| format!("{} {}", problem.code, problem.message))
            .collect();
        told.join("\n")
    };
    let mut all = String::new();
    for gate in [
        "002-api-p95",
        "002-error-ratio",
        "002-error-checkpoints-15-30-45-60",
        "002-kafka-lag-15:30-16:20",
        "002-dlq-ratio",
        "002-4hop-baseline-window",
        "002-p95-per-instance-undeclared",
        "002-p95-72h-style-ok-ratio",
        "004-p95-vs-baseline",
    ] {
        all.push_str(&format!("{gate}\n{}\n", found(gate)));
    }

    assert_eq!(all, include_str!("cutover.txt"));
}

#[test]
fn a_guard_of_the_cutover_makes_an_empty_answer_good_and_no_guard_does_not() {
    let mut captures = captures("prometheus-3.15");
    let mut alerts = captures["up-instances"].clone().unwrap();
    alerts.series.clear();
    captures.insert("alerts".into(), Ok(alerts));
    let quiet = GateCheck {
        source: Formula::Metric {
            metric: metric("alerts"),
        },
        missing: MissingPolicy::Ok,
        ..check(vec![red(lasting(above("0"), 0, true))])
    };
    let guarded = GateCheck {
        guard: Some(metric("up-instances")),
        ..quiet.clone()
    };

    assert_eq!(judged(guarded, &captures).verdict, GateVerdict::Green);
    assert_eq!(judged(quiet, &captures).verdict, GateVerdict::Inconclusive);
}
