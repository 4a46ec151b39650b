//! Gates in a bundle: sealed, verified, demanded, replayed.

use crate::common::{evidence, finish, text};
use crate::stage::{T0, errors, project, replay, store, valid, verify, world};
use serde_json::Value;
use std::fs;

fn release(
    world: &crate::common::World,
    project: &crate::common::project::Project,
) -> crate::common::Run {
    let time = |after| {
        let ms = crate::stage::minute(after);
        evidence::model::Timestamp::from_millisecond(ms)
            .unwrap()
            .to_string()
    };
    let canary = finish(
        crate::stage::command(&["collect", "--phase", "canary"], project).args([
            "--change",
            &time(0),
            "--at",
            &time(25),
        ]),
    );
    assert_ne!(canary.code, Some(2), "{}", canary.stderr);
    let mut args = world.release_args(project);
    args.extend(["--t0".into(), T0.into(), "--at".into(), time(60)]);
    finish(evidence().args(args))
}

#[test]
fn a_red_gate_is_sealed_honestly_and_fails_the_requirement() {
    let world = world(vec![errors(0.05, 26, 50)]);
    let project = project(&world);

    let released = release(&world, &project);
    let verified = verify(&world, &project, &["--output", "json"]);

    assert_eq!(released.code, Some(4), "{}", released.stderr);
    assert_eq!(verified.code, Some(4), "{}", verified.stderr);
    let json: Value = serde_json::from_str(&verified.stdout).unwrap();
    valid("report", &json);
    assert_eq!(json["verdict"], "verified");
    assert_eq!(json["gateVerdict"], "RED");
    let finding = |subject: &str| {
        let findings = json["findings"].as_array().unwrap();
        let found = findings
            .iter()
            .find(|one| one["check"] == "requirement" && one["subject"] == subject);
        found
            .unwrap_or_else(|| panic!("{subject}: {}", verified.stdout))
            .clone()
    };
    assert_eq!(finding("cutover.t60")["outcome"], "fail");
    assert_eq!(finding("cutover.t60")["code"], "EV-requirement-gate-red");
    assert_eq!(finding("cutover.t15")["outcome"], "pass");
    assert_eq!(finding("canary.canary")["outcome"], "pass");
}

#[test]
fn a_yellow_gate_is_exit_five() {
    let world = world(vec![errors(0.05, 30, 36)]);
    let project = project(&world);

    let released = release(&world, &project);
    let verified = verify(&world, &project, &[]);

    assert_eq!(released.code, Some(5), "{}", released.stderr);
    assert_eq!(verified.code, Some(5), "{}", verified.stdout);
}

#[test]
fn a_replay_of_the_bundle_gives_the_bytes_of_the_store() {
    let world = world(vec![errors(0.05, 30, 36)]);
    let project = project(&world);
    let released = release(&world, &project);
    assert_eq!(released.code, Some(5), "{}", released.stderr);

    let of_store = replay(&store(&project), &["--output", "json"]);
    let of_bundle = replay(&project.bundle(), &["--output", "json"]);

    assert_eq!(of_store.code, Some(5), "{}", of_store.stderr);
    assert_eq!(of_bundle.code, Some(5), "{}", of_bundle.stderr);
    assert_eq!(of_store.stdout, of_bundle.stdout);
    assert!(
        of_bundle.stderr.contains("not verified"),
        "{}",
        of_bundle.stderr
    );
}

#[test]
fn a_policy_can_demand_a_gate_in_all_its_phases() {
    let world = world(vec![errors(0.05, 26, 50)]);
    let project = project(&world);
    release(&world, &project);
    let root = text(&world.path("trusted_root.json"));
    let identity = &world.trust_args()[1];
    let issuer = world.sandbox.issuer_url();
    let judge = |gate: &str| {
        let policy = world.new_folder().join("policy.yaml");
        let seal = format!("seal: {{any-of: [{{issuer: '{issuer}', subject: '{identity}'}}]}}");
        fs::write(
            &policy,
            format!(
                "version: 1\ntrusted-roots: ['{root}']\n{seal}\nrequire: {{gates: [{gate}]}}\n"
            ),
        )
        .unwrap();
        let bundle = text(&project.bundle());
        let run = crate::common::run(&[
            "verify",
            &bundle,
            "--policy",
            &text(&policy),
            "--output",
            "json",
        ]);
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = json["findings"].as_array().unwrap().clone();
        findings
            .into_iter()
            .find(|one| one["check"] == "policy" && one["subject"] == gate)
            .unwrap()
    };

    assert_eq!(judge("cutover")["code"], "EV-policy-gate-red");
    assert_eq!(judge("canary")["outcome"], "pass");
    assert_eq!(judge("other")["code"], "EV-policy-gate");
}

#[test]
fn gates_and_metrics_can_be_had_as_statements() {
    let world = world(vec![errors(0.05, 30, 36)]);
    let project = project(&world);
    release(&world, &project);
    let mut args = vec![
        "report".to_owned(),
        text(&project.bundle()),
        "--output".into(),
        "statements".into(),
    ];
    args.extend(world.trust_args());

    let found = crate::common::run(&args);

    let lines: Vec<Value> = found
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_type = |kind: &str| {
        lines
            .iter()
            .filter(|line| line["predicateType"] == kind)
            .collect::<Vec<_>>()
    };
    let results = of_type("https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(results.len(), 4, "{}", found.stdout);
    let warned = results
        .iter()
        .find(|one| one["predicate"]["result"] == "WARNED")
        .unwrap();
    assert_eq!(
        warned["predicate"]["warnedTests"][0],
        "cutover.t60/error_ratio"
    );
    let snapshot = of_type("https://intelgraph.github.io/evidence/metric-snapshot/v1");
    valid("metric-snapshot", &snapshot[0]["predicate"]);
    let queries = snapshot[0]["predicate"]["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 5, "{}", found.stdout);
    assert!(queries[0]["response"][0]["digest"]["sha256"].is_string());
    let bundle = fs::read(project.bundle()).unwrap();
    let digest = evidence::model::Digest::of(&bundle).hex();
    assert_eq!(lines[0]["subject"][0]["digest"]["sha256"], digest.as_str());
}
