//! A gate, now: what it says, and what it exits with.

use crate::common::{finish, run};
use crate::stage::{
    T0, at_t0, command, errors, minute, project, replay, store, valid, world, world_with_gap,
};
use evidence::model::Timestamp;
use evidence::sandbox::Service;
use serde_json::Value;

#[test]
fn each_verdict_has_its_exit_code_and_says_what_happened_when() {
    let calm = world(vec![]);
    let green = at_t0(&["gate", "cutover", "--phase", "t60"], &project(&calm));
    assert_eq!(green.code, Some(0), "{}{}", green.stdout, green.stderr);
    assert!(green.stdout.contains("GREEN"), "{}", green.stdout);

    let spike = world(vec![errors(0.05, 20, 26)]);
    let yellow = at_t0(&["gate", "cutover", "--phase", "t60"], &project(&spike));
    assert_eq!(yellow.code, Some(5), "{}{}", yellow.stdout, yellow.stderr);
    assert!(yellow.stdout.contains("YELLOW"), "{}", yellow.stdout);

    let outage = world(vec![errors(0.05, 20, 45)]);
    let red = at_t0(&["gate", "cutover", "--phase", "t60"], &project(&outage));
    assert_eq!(red.code, Some(4), "{}{}", red.stdout, red.stderr);
    // When it began and ended, in words.
    for words in ["RED", "error_ratio", "15:2", "15:4", "UTC"] {
        assert!(red.stdout.contains(words), "{words}: {}", red.stdout);
    }

    let blind = world_with_gap(20, 40);
    let unknown = at_t0(&["gate", "cutover", "--phase", "t60"], &project(&blind));
    assert_eq!(
        unknown.code,
        Some(3),
        "{}{}",
        unknown.stdout,
        unknown.stderr
    );
    assert!(
        unknown.stdout.contains("INCONCLUSIVE"),
        "{}",
        unknown.stdout
    );
}

#[test]
fn a_server_that_is_down_makes_a_gate_inconclusive_and_never_green() {
    let mut world = world(vec![]);
    let project = project(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(world.sandbox.stop(Service::Prometheus));

    let found = finish(&mut command(&["gate", "now"], &project));

    assert_eq!(found.code, Some(3), "{}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains("INCONCLUSIVE"), "{}", found.stdout);
    assert!(
        found.stdout.contains("errors_now: http://"),
        "the cause: {}",
        found.stdout
    );
    assert!(
        found.stderr.contains("failed    errors_now"),
        "{}",
        found.stderr
    );
}

#[test]
fn a_gate_without_phases_looks_anew_each_time() {
    let world = world(vec![errors(0.05, 20, 45)]);
    let project = project(&world);
    let at = |after| {
        Timestamp::from_millisecond(minute(after))
            .unwrap()
            .to_string()
    };

    let before = finish(command(&["gate", "now"], &project).args(["--at", &at(15)]));
    let after = finish(command(&["gate", "now"], &project).args(["--at", &at(60)]));

    assert_eq!(before.code, Some(0), "{}", before.stderr);
    assert_eq!(after.code, Some(4), "{}", after.stderr);
    // What a release is made of is captured by its own run.
    assert!(!store(&project).join("items/errors_now.json").exists());
}

#[test]
fn a_replay_of_the_store_gives_the_same_bytes() {
    let world = world(vec![errors(0.05, 20, 45)]);
    let project = project(&world);

    let first = at_t0(
        &["gate", "cutover", "--phase", "t60", "--output", "json"],
        &project,
    );
    let again = replay(&store(&project), &["--gate", "cutover", "--output", "json"]);

    assert_eq!(first.code, Some(4), "{}", first.stderr);
    assert_eq!(again.code, Some(4), "{}", again.stderr);
    assert_eq!(first.stdout, again.stdout);
    let json: Value = serde_json::from_str(&first.stdout).unwrap();
    valid("gate", &json);
    assert_eq!(json["gates"][0]["verdict"], "RED");
    assert_eq!(json["gates"][0]["phase"], "t60");
}

#[test]
fn an_unknown_gate_or_phase_names_the_known_ones() {
    let world = world(vec![]);
    let project = project(&world);

    let gate = finish(&mut command(&["gate", "cutovr"], &project));
    let phase = at_t0(&["gate", "cutover", "--phase", "t30"], &project);
    let none = at_t0(&["gate", "cutover"], &project);

    for (found, words) in [
        (gate, "known: canary, cutover, now"),
        (phase, "t15, t60"),
        (none, "--phase (t15, t60)"),
    ] {
        assert_eq!(found.code, Some(2), "{}", found.stderr);
        assert!(found.stderr.contains(words), "{}", found.stderr);
    }
}

#[test]
fn a_gate_can_be_had_as_markdown_with_pictures_and_as_junit() {
    let world = world(vec![errors(0.05, 20, 45)]);
    let project = project(&world);
    let folder = world.new_folder();
    let markdown = folder.join("gate.md");
    let junit = folder.join("gate.xml");

    let found = finish(
        command(&["gate", "cutover", "--phase", "t60", "--t0", T0], &project)
            .arg("--output")
            .arg(format!("markdown={}", markdown.display()))
            .arg("--output")
            .arg(format!("junit={}", junit.display())),
    );

    assert_eq!(found.code, Some(4), "{}", found.stderr);
    let text = std::fs::read_to_string(&markdown).unwrap();
    assert!(text.contains("gate.charts/cutover.t60.svg"), "{text}");
    assert!(folder.join("gate.charts/cutover.t60.svg").is_file());
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("<failure"), "{xml}");
}

#[test]
fn a_gate_needs_a_name() {
    let found = run(&["gate"]);

    assert_eq!(found.code, Some(2), "{}", found.stderr);
}
