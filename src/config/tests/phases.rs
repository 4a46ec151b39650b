//! Phases, stages, derived values and gates: read, planned per stage, and valid by the schema.

use super::{CONFIG_SCHEMA, accepts, binding, no_files, parse, plan};
use crate::config::{Binding, Plan};
use crate::model::{Expectation, GateCheck, Moment, Moments, Phase, Timestamp};
use proptest::prelude::*;

const PHASES: &str = include_str!("../../../fixtures/config/phases.yaml");

pub(super) fn planned(stage: &str) -> Plan {
    let config = parse(PHASES.as_bytes(), "phases.yaml").unwrap_or_else(|error| panic!("{error}"));
    let binding = Binding {
        stage: stage.into(),
        ..binding("v1")
    };
    plan(&config, &binding, &mut no_files).unwrap_or_else(|error| panic!("{error}"))
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.items.iter().map(|item| item.id.as_str()).collect()
}

pub(super) fn expectation<'p>(plan: &'p Plan, id: &str) -> &'p Expectation {
    let mut items = plan.items.iter();
    &items.find(|item| item.id == id).unwrap().expectation
}

pub(super) fn check<'p>(plan: &'p Plan, gate: &str, id: &str) -> &'p GateCheck {
    let Expectation::Gate(gate) = expectation(plan, gate) else {
        panic!()
    };
    gate.checks.iter().find(|check| check.id == id).unwrap()
}

fn window_ms(plan: &Plan, id: &str) -> u64 {
    match expectation(plan, id) {
        Expectation::Metric(metric) => metric.range.unwrap().window_ms,
        Expectation::Dashboard(dashboard) => dashboard.window_ms,
        _ => panic!(),
    }
}

#[test]
fn a_stage_holds_what_has_no_phase_and_each_of_its_own_phases_once() {
    assert!(accepts(CONFIG_SCHEMA, PHASES));
    let always = [
        "configuration",
        "release",
        "errors",
        "up",
        "alerts",
        "dlq_rate",
        "main_rate",
        "cost",
        "version",
        "dlq_share",
        "burn_1h",
        "budget",
        "cost_change",
        "health",
    ];
    assert_eq!(ids(&planned("tag")), always);
    assert!(planned("tag").phases.is_empty());
    let canary = planned("canary");
    let names: Vec<_> = canary.phases.keys().collect();
    assert_eq!(names, ["baseline", "canary-20"]);
    assert_eq!(
        ids(&canary),
        [
            "configuration",
            "release",
            "api_p95.baseline",
            "api_p95.canary-20",
            "errors",
            "up",
            "alerts",
            "dlq_rate",
            "main_rate",
            "cost",
            "version",
            "dlq_share",
            "burn_1h",
            "budget",
            "p95_change.canary-20",
            "cost_change",
            "health",
            "cutover.canary-20",
            "k6.canary-20",
        ]
    );
    let whole = planned("t60");
    let phased: Vec<_> = whole
        .items
        .iter()
        .filter(|item| item.phase.is_some())
        .collect();
    let shown: Vec<_> = phased
        .iter()
        .map(|item| {
            format!(
                "{}: {} [{}]",
                item.id,
                item.title,
                item.phase.as_ref().unwrap()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "api_p95.baseline: API latency p95 (baseline) [baseline]",
            "api_p95.canary-20: API latency p95 (canary-20) [canary-20]",
            "api_p95.t15: API latency p95 (t15) [t15]",
            "api_p95.t+60: API latency p95 (t+60) [t+60]",
            "api_p95.drill: API latency p95 (drill) [drill]",
            "p99-t15: p99-t15 [t15]",
            "p99-t+60: p99-t+60 [t+60]",
            "p95_change.canary-20: p95_change (canary-20) [canary-20]",
            "p95_change.t15: p95_change (t15) [t15]",
            "cutover.canary-20: The cutover (canary-20) [canary-20]",
            "cutover.t15: The cutover (t15) [t15]",
            "cutover.t+60: The cutover (t+60) [t+60]",
            "bake.t+60: Gate bake (t+60) [t+60]",
            "overview.t15: overview (t15) [t15]",
            "overview.drill: overview (drill) [drill]",
            "k6.canary-20: Load test in canary-20 [canary-20]",
            "k6.t+60: Load test in t+60 [t+60]",
            "pods-t15: pods-t15 [t15]",
        ]
    );
}

#[test]
fn without_stages_every_stage_holds_all_phases_and_with_them_an_unknown_one_is_refused() {
    let start = PHASES.find("stages:").unwrap();
    let end = PHASES.find("metrics:").unwrap();
    let without = [&PHASES[..start], &PHASES[end..]].concat();
    let config = parse(without.as_bytes(), "phases.yaml").unwrap();

    let plan = plan(&config, &binding("v1"), &mut no_files).unwrap();

    assert_eq!(plan.phases.len(), 6);
    assert_eq!(plan.items, planned("t60").items);
    let config = parse(PHASES.as_bytes(), "phases.yaml").unwrap();
    let other = Binding {
        stage: "t120".into(),
        ..binding("v1")
    };
    let refused = crate::config::plan(&config, &other, &mut no_files).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "phases.yaml:15:3: the stage \"t120\" is not among the stages\n  \
         hint: defined: canary, t60, tag; a stage without phases is t120: []"
    );
}

#[test]
fn a_phase_gives_its_items_a_window() {
    let plan = planned("t60");

    assert_eq!(
        plan.phases["canary-20"],
        Phase {
            at_ms: Some(600_000),
            window_ms: None,
            change_ms: Some(0),
            settle_ms: 300_000,
        }
    );
    assert_eq!(plan.phases["drill"], Phase::default());
    let minutes = |id| window_ms(&plan, id) / 60_000;
    assert_eq!(minutes("api_p95.baseline"), 30);
    // From T+5m to T+10m, less a step, so that T0 needs not lie on the grid.
    let Expectation::Metric(metric) = expectation(&plan, "api_p95.canary-20") else {
        panic!()
    };
    let range = metric.range.unwrap();
    assert_eq!(range.window_ms, 300_000 - range.step_ms);
    assert_eq!(minutes("api_p95.t15"), 10);
    assert_eq!(minutes("api_p95.drill"), 120);
    assert_eq!(minutes("errors"), 60);
    assert_eq!(minutes("overview.t15"), 10);
    assert_eq!(minutes("overview.drill"), 120);
}

#[test]
fn what_stands_for_the_phase_is_filled_in() {
    let plan = planned("t60");

    let Expectation::File { path, .. } = expectation(&plan, "k6.t+60") else {
        panic!()
    };
    assert_eq!(path, "results/k6_performance_results_t+60.json");
    let Expectation::Command { run, .. } = expectation(&plan, "pods-t15") else {
        panic!()
    };
    assert_eq!(run.last().unwrap(), "phase=t15");
    assert_eq!(
        check(&plan, "bake.t+60", "p99-t+60").source.metrics()[0].item,
        "p99-t+60"
    );
}

#[test]
fn a_metric_says_whether_raw_samples_and_warnings_are_taken_and_what_it_stands_for() {
    let plan = planned("t60");

    let of = |id| match expectation(&plan, id) {
        Expectation::Metric(metric) => metric,
        _ => panic!(),
    };
    let p95 = of("api_p95.t15");
    assert!(p95.raw && p95.accept_warnings);
    assert!(
        p95.source_query
            .as_ref()
            .unwrap()
            .starts_with("histogram_quantile(0.95,rate(")
    );
    let alerts = of("alerts");
    assert!(!alerts.raw && !alerts.accept_warnings && alerts.source_query.is_none());
}

#[test]
fn choices_say_what_is_open() {
    let config = parse(PHASES.as_bytes(), "phases.yaml").unwrap();

    let open: Vec<_> = config
        .choices
        .iter()
        .filter(|choice| choice.chosen.is_none())
        .collect();

    assert_eq!(config.choices.len(), 2);
    assert_eq!(open[0].id.value, "C-28");
}

#[test]
fn what_is_planned_reads_back_from_a_manifest_as_it_was() {
    for item in planned("t60").items {
        let json = serde_json::to_string(&item.expectation).unwrap();
        let back: Expectation = serde_json::from_str(&json).unwrap();
        assert_eq!(back, item.expectation, "{}", item.id);
    }
}

#[test]
fn what_is_planned_is_by_the_manifest_s_schema_and_nothing_may_be_added_or_left_out() {
    let mut schema: serde_json::Value = serde_json::from_str(MANIFEST_SCHEMA).unwrap();
    schema = serde_json::json!({"$defs": schema["$defs"].take(), "$ref": "#/$defs/expectation"});
    let schema = jsonschema::draft202012::new(&schema).unwrap();

    for item in planned("t60").items {
        let json = serde_json::to_value(&item.expectation).unwrap();
        assert!(schema.is_valid(&json), "{}: {json}", item.id);
        for place in [
            "",
            "/source",
            "/checks/0",
            "/checks/0/rules/0/test",
            "/checks/0/source/metric",
        ] {
            let Some(object) = json.pointer(place).and_then(|found| found.as_object()) else {
                continue;
            };
            let mut more = json.clone();
            more.pointer_mut(place).unwrap()["surprise"] = 1.into();
            assert!(
                !schema.is_valid(&more),
                "{}{place} with an unknown key",
                item.id
            );
            for key in object
                .keys()
                .filter(|key| !OPTIONAL.contains(&key.as_str()))
            {
                let mut less = json.clone();
                less.pointer_mut(place)
                    .unwrap()
                    .as_object_mut()
                    .unwrap()
                    .remove(key);
                assert!(!schema.is_valid(&less), "{}{place} without {key}", item.id);
            }
        }
    }
}

#[test]
fn moments_are_by_the_manifest_s_schema_and_read_back_as_they_were() {
    let schema: serde_json::Value = serde_json::from_str(MANIFEST_SCHEMA).unwrap();
    let mut moments = schema["properties"]["moments"].clone();
    moments["$defs"] = schema["$defs"].clone();
    let schema = jsonschema::draft202012::new(&moments).unwrap();
    let at: Timestamp = "2025-09-21T15:10:00Z".parse().unwrap();
    let moment = |change| Moment { at, change };
    let moments = Moments {
        t0: Some("2025-09-21T15:00:00.5Z".parse().unwrap()),
        phases: [("canary-20", moment(Some(at))), ("t+60", moment(None))]
            .map(|(name, moment)| (name.to_owned(), moment))
            .into(),
    };

    for moments in [Moments::default(), moments] {
        let json = serde_json::to_value(&moments).unwrap();
        assert!(schema.is_valid(&json), "{json}");
        assert_eq!(serde_json::from_value::<Moments>(json).unwrap(), moments);
    }
    for wrong in [
        r#"{"t0": "now"}"#,
        r#"{"phases": {"a": {}}}"#,
        r#"{"phases": {"a": {"at": "2025-09-21T15:00:00Z", "x": 1}}}"#,
        r#"{"x": 1}"#,
    ] {
        let json: serde_json::Value = serde_json::from_str(wrong).unwrap();
        assert!(!schema.is_valid(&json), "{wrong}");
        assert!(serde_json::from_value::<Moments>(json).is_err(), "{wrong}");
    }
}

/// Keys that are left out where there is nothing to say.
const OPTIONAL: [&str; 9] = [
    "gated",
    "raw",
    "acceptWarnings",
    "sourceQuery",
    "part",
    "nan",
    "missing",
    "guard",
    "openRun",
];
const MANIFEST_SCHEMA: &str = include_str!("../../../schemas/evidence-manifest-v1.schema.json");

#[test]
fn reading_and_planning_are_total_whatever_is_cut_out_or_put_in() {
    let pieces = "[]{}:,%x'>=0123456789Tmshd+- \n";
    let piece = proptest::sample::select(pieces.chars().collect::<Vec<_>>());
    let put_in = proptest::collection::vec(piece, 0..8);
    proptest!(|(start in 0..PHASES.len(), length in 0..60_usize, put_in in put_in)| {
        let end = (start + length).min(PHASES.len());
        let put_in: String = put_in.into_iter().collect();
        let text = [&PHASES[..start], &put_in, &PHASES[end..]].concat();
        if let Ok(config) = parse(text.as_bytes(), "x") {
            for stage in ["tag", "t60"] {
                let binding = Binding { stage: stage.into(), ..binding("v1") };
                let _ = plan(&config, &binding, &mut no_files);
            }
        }
    });
}

#[test]
fn lengths_and_moments_of_any_size_are_refused_or_planned() {
    for size in [
        "1ms",
        "3653d",
        "9223372036854775807ms",
        "18446744073709551615ms",
        "99999999999d",
    ] {
        for phase in [
            format!("{{at: T-{size}, window: {size}}}"),
            format!("{{at: T+3653d, change: T-3653d, settle: {size}}}"),
            format!("{{at: T-3653d, change: T+{size}, settle: {size}, window: {size}}}"),
        ] {
            let text = format!(
                "version: 1\nrelease: {{repository: a.b/c}}\nprometheus: {{m: {{url: 'http://h'}}}}\n\
                 phases: {{a: {phase}}}\nmetrics: [{{id: m, expr: x, window: 1h, step: 1m, phases: [a]}}]\n\
                 gates: {{g: {{phases: [a], checks: [{{metric: m, to: {size}, rules: {{level: red, when: '> 1', \
                 checkpoints: [T-3653d, {size}, T+3653d], max-age: {size}}}}}]}}}}\n"
            );
            assert_ne!(super::said(&text), "", "{phase}");
        }
    }
}
