//! The rules of the go-live documents, as the example has them: read, planned in each stage, with the documents' limits.

use super::{CONFIG_SCHEMA, accepts, binding, no_files, parse, plan};
use crate::config::{Binding, Plan};
use crate::model::{Bad, Baseline, Expectation, GateCheck, Level, Operator, Test};

const GOLIVE: &str = include_str!("../../../fixtures/golive/evidence.yaml");

fn planned(stage: &str) -> Plan {
    let config =
        parse(GOLIVE.as_bytes(), "evidence.yaml").unwrap_or_else(|error| panic!("{error}"));
    let binding = Binding {
        stage: stage.into(),
        ..binding("v1.0.0-GA")
    };
    plan(&config, &binding, &mut no_files).unwrap_or_else(|error| panic!("{error}"))
}

fn checks<'p>(plan: &'p Plan, gate: &str) -> &'p [GateCheck] {
    let mut items = plan.items.iter();
    match &items.find(|item| item.id == gate).unwrap().expectation {
        Expectation::Gate(gate) => &gate.checks,
        _ => panic!(),
    }
}

/// A rule as a reader says it.
fn said(level: Level, test: &Test) -> String {
    let level = match level {
        Level::Yellow => "yellow",
        Level::Red => "red",
    };
    let when = test.when().map(|when| match when {
        Bad::Fixed { operator, bound } => format!("{operator} {bound}"),
        Bad::Relative {
            operator,
            factor,
            baseline,
            ..
        } => {
            let of = match baseline {
                Baseline::Constant { value } => value,
                Baseline::Of { metric, .. } => &metric.item,
            };
            format!("{operator} {factor} x {of}")
        }
    });
    let how = match test {
        Test::For {
            length_ms,
            inclusive,
            ..
        } => {
            let sign = if *inclusive { ">=" } else { ">" };
            format!("for {sign} {}m", length_ms / 60_000)
        }
        Test::Checkpoints {
            at_ms, consecutive, ..
        } => {
            let minutes: Vec<_> = at_ms.iter().map(|at| (at / 60_000).to_string()).collect();
            format!("at {} twice {consecutive}", minutes.join(" "))
        }
        Test::Growth { relative, absolute } => format!("growth {relative} {absolute}"),
        Test::OkRatio { min, .. } => format!("ok {min}"),
        Test::Reduce { statistic, .. } => format!("{statistic:?}"),
    };
    format!("{level} {} {how}", when.unwrap_or_default())
}

fn rules(plan: &Plan, gate: &str, check: &str) -> Vec<String> {
    let check = checks(plan, gate).iter().find(|c| c.id == check).unwrap();
    let rules = check.rules.iter();
    rules.map(|rule| said(rule.level, &rule.test)).collect()
}

#[test]
fn the_example_is_by_the_schema_and_planned_in_each_of_its_stages() {
    assert!(accepts(CONFIG_SCHEMA, GOLIVE));
    let of = |stage: &str| {
        let plan = planned(stage);
        let gates = plan.items.iter();
        let gates = gates.filter(|item| matches!(item.expectation, Expectation::Gate(_)));
        (
            plan.items.len(),
            gates.map(|item| item.id.clone()).collect::<Vec<_>>(),
        )
    };

    assert_eq!(of("tag").1, [""; 0]);
    assert_eq!(of("t-30").1, ["baseline.baseline"]);
    assert_eq!(
        of("canary").1,
        [
            "baseline.baseline",
            "canary.canary-20",
            "canary.canary-40",
            "canary.canary-60",
            "canary.canary-80",
            "canary.canary-100"
        ]
    );
    assert_eq!(
        of("t120").1,
        [
            "baseline.baseline",
            "first-look.t15",
            "cutover.t30",
            "cutover.t45",
            "cutover.t60",
            "cutover.t120",
            "twice.t60",
            "twice.t120",
            "post-ramp.t120"
        ]
    );
    assert_eq!(of("day1").1, ["day1.day1"]);
    assert_eq!(of("bake-72h").1, ["bake.bake-72h"]);
}

#[test]
fn document_002_s_rules_are_as_it_says_and_where_it_is_silent_as_was_chosen() {
    let plan = planned("t120");
    let both = |bad: &str| {
        vec![
            format!("yellow {bad} for >= 0m"),
            format!("red {bad} for > 15m"),
        ]
    };

    for gate in ["cutover.t30", "cutover.t45", "cutover.t60", "cutover.t120"] {
        assert_eq!(rules(&plan, gate, "error_ratio"), both("> 0.01"));
        assert_eq!(rules(&plan, gate, "api_p95"), both("> 0.35"));
        assert_eq!(rules(&plan, gate, "api_p99"), both("> 0.7"));
        assert_eq!(rules(&plan, gate, "graph_3hop_p95"), both("> 1.2"));
        assert_eq!(rules(&plan, gate, "auth_error_ratio"), both(">= 0.005"));
        assert_eq!(rules(&plan, gate, "dlq_share"), both(">= 0.001"));
        let lag = [both(">= 1000"), vec!["yellow  growth 0.2 100".into()]].concat();
        assert_eq!(rules(&plan, gate, "kafka_lag"), lag);
        assert_eq!(rules(&plan, gate, "cost_hourly"), ["red > 25 Mean"]);
    }
    for check in checks(&plan, "first-look.t15") {
        let is_red = check.rules.iter().any(|rule| rule.level == Level::Red);
        assert_eq!(is_red, check.id == "policy_violations", "{}", check.id);
    }
    // T+15, 30, 45 and 60, in whole minutes from the windows' start a step after T+5.
    let twice = "red > 0.35 at 9 24 39 54 twice 2";
    assert_eq!(rules(&plan, "twice.t60", "api_p95"), [twice]);
    // T+120's window begins there as well.
    assert_eq!(rules(&plan, "twice.t120", "api_p95"), [twice]);
}

#[test]
fn document_004_s_rules_are_as_it_says() {
    let plan = planned("canary");

    assert_eq!(
        rules(&plan, "canary.canary-60", "api_p95"),
        [
            "yellow > 0.35 for >= 0m",
            "red > 1.2 x api_p95.baseline for >= 10m"
        ]
    );
    assert_eq!(
        rules(&plan, "canary.canary-60", "graph_3hop_p95"),
        ["yellow > 1.2 for >= 0m", "red > 1.2 for >= 10m"]
    );
    assert_eq!(
        rules(&plan, "canary.canary-60", "error_ratio"),
        ["yellow >= 0.01 for >= 0m", "red >= 0.02 for >= 5m"]
    );
    assert_eq!(
        rules(&plan, "canary.canary-60", "cost_hourly"),
        ["yellow >= 1.1 x 25 Mean"]
    );
    let paths = plan
        .items
        .iter()
        .filter_map(|item| match &item.expectation {
            Expectation::File { path, .. } if item.phase.as_deref() == Some("canary-20") => {
                Some(path)
            }
            _ => None,
        });
    assert_eq!(
        paths.collect::<Vec<_>>(),
        [
            "evidence/k6_performance_results_canary-20.json",
            "evidence/jaeger_trace_samples_canary-20.json",
            "evidence/opa_decision_logs_canary-20.json",
            "evidence/cost_delta_analysis_canary-20.json"
        ]
    );
    assert!(
        plan.items
            .iter()
            .any(|item| item.id == "grafana_dashboard_snapshot_canary-100")
    );
}

#[test]
fn document_000_s_limits_hold_before_and_after_the_ramp() {
    let plan = planned("t120");

    for (check, bad) in [
        ("api_p95", "> 0.35"),
        ("api_p99", "> 0.7"),
        ("graph_3hop_p95", "> 1.2"),
        ("ingest_p95", "> 0.5"),
        ("kafka_lag", ">= 1000"),
        ("auth_error_ratio", ">= 0.005"),
    ] {
        assert_eq!(
            rules(&plan, "baseline.baseline", check),
            [
                format!("yellow {bad} for >= 0m"),
                format!("red {bad} Median")
            ]
        );
    }
    assert_eq!(
        rules(&plan, "post-ramp.t120", "error_ratio"),
        ["red >= 0.001 Mean"]
    );
    assert_eq!(
        rules(&plan, "post-ramp.t120", "api_p95"),
        ["red >= 0.35 Median"]
    );
    assert_eq!(
        rules(&plan, "post-ramp.t120", "auth_error_ratio"),
        ["red >= 0.005 Mean"]
    );
}

#[test]
fn seventy_two_hours_are_judged_of_what_was_captured_over_them() {
    let plan = planned("bake-72h");

    assert_eq!(
        rules(&plan, "bake.bake-72h", "availability_72h"),
        ["red <= 0.999 for >= 0m"]
    );
    assert_eq!(
        rules(&plan, "bake.bake-72h", "api_p95"),
        ["yellow > 0.35 ok 0.99"]
    );
    assert_eq!(
        rules(&plan, "bake.bake-72h", "budget"),
        ["red >= 0.2 for >= 0m"]
    );
    let derived = plan
        .items
        .iter()
        .find(|item| item.id == "budget_used.bake-72h");
    let Expectation::Derived(derived) = &derived.unwrap().expectation else {
        panic!()
    };
    assert_eq!(derived.limit.as_ref().unwrap().operator, Operator::Less);
}

#[test]
fn a_document_s_own_query_stands_beside_the_one_that_is_asked() {
    let plan = planned("t120");

    let queries = plan
        .items
        .iter()
        .filter_map(|item| match &item.expectation {
            Expectation::Metric(metric) if item.phase.as_deref() == Some("t60") => {
                Some((item.id.as_str(), metric.source_query.as_deref()?))
            }
            _ => None,
        });
    let ids: Vec<_> = queries.map(|(id, _)| id).collect();
    assert_eq!(
        ids,
        [
            "api_p95.t60",
            "api_p99.t60",
            "graph_3hop_p95.t60",
            "error_ratio.t60",
            "auth_error_ratio.t60",
            "kafka_lag.t60",
            "kafka_lag_by_group.t60",
            "dlq_rate.t60",
            "cost_hourly.t60"
        ]
    );
}

#[test]
fn what_is_left_to_be_chosen_is_known() {
    let config = parse(GOLIVE.as_bytes(), "evidence.yaml").unwrap();

    let open = config
        .choices
        .iter()
        .filter(|choice| choice.chosen.is_none());
    let open: Vec<_> = open.map(|choice| choice.id.value.as_str()).collect();

    assert_eq!(
        open,
        [
            "C-15", "C-25", "C-26", "C-29", "C-37", "C-41", "C-42", "C-43"
        ]
    );
    // A comment that names a choice names one that is there.
    for (at, _) in GOLIVE.match_indices("C-") {
        let id = &GOLIVE[at..at + 4];
        assert!(
            config.choices.iter().any(|choice| choice.id.value == id),
            "{id}"
        );
    }
}
