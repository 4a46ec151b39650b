//! Phases: windows are where T0 puts them, however late they are captured.

use crate::common::finish;
use crate::stage::{at_t0, command, errors, minute, project, store, world};
use evidence::model::Timestamp;
use serde_json::Value;
use std::fs;

fn item(project: &crate::common::project::Project, id: &str) -> Value {
    let path = store(project).join("items").join(format!("{id}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_phase_is_captured_at_its_own_time_and_t0_is_said_once() {
    let world = world(vec![]);
    let project = project(&world);

    let baseline = at_t0(&["collect", "--phase", "baseline"], &project);
    let later = finish(&mut command(&["collect", "--phase", "t15"], &project));

    assert_eq!(baseline.code, Some(0), "{}", baseline.stderr);
    assert_eq!(later.code, Some(0), "{}", later.stderr);
    let window = &item(&project, "error_ratio.baseline")["item"]["window"];
    assert_eq!(window["startMs"], minute(-30));
    assert_eq!(window["endMs"], minute(0));
    let found = item(&project, "error_ratio.t15");
    assert_eq!(found["item"]["window"]["endMs"], minute(15));
    assert_eq!(found["item"]["phase"], "t15");
    // The other phases' items are left for their moments.
    assert!(!later.stderr.contains("t60"), "{}", later.stderr);
}

#[test]
fn another_t0_is_refused() {
    let world = world(vec![]);
    let project = project(&world);
    let first = at_t0(&["collect", "--phase", "baseline"], &project);
    assert_eq!(first.code, Some(0), "{}", first.stderr);

    let other = finish(
        command(&["collect", "--phase", "t15"], &project).args(["--t0", "2025-09-21T15:01:00Z"]),
    );

    assert_eq!(other.code, Some(2), "{}", other.stderr);
    assert!(
        other.stderr.contains("T0 is 2025-09-21T15:00:00Z"),
        "{}",
        other.stderr
    );
}

#[test]
fn a_phase_without_t0_or_change_says_what_is_missing() {
    let world = world(vec![]);
    let project = project(&world);

    let no_t0 = finish(&mut command(&["collect", "--phase", "t15"], &project));
    let no_change = finish(&mut command(&["collect", "--phase", "canary"], &project));
    let unknown = finish(&mut command(&["collect", "--phase", "t30"], &project));

    for (found, words) in [
        (no_t0, "--t0"),
        (no_change, "--change"),
        (unknown, "known: baseline, canary, t15, t60"),
    ] {
        assert_eq!(found.code, Some(2), "{}", found.stderr);
        assert!(found.stderr.contains(words), "{}", found.stderr);
    }
}

#[test]
fn a_window_that_would_see_what_was_before_the_change_is_not_taken() {
    let world = world(vec![]);
    let project = project(&world);
    let time = |after| {
        Timestamp::from_millisecond(minute(after))
            .unwrap()
            .to_string()
    };

    let early = finish(command(&["collect", "--phase", "canary"], &project).args([
        "--change",
        &time(0),
        "--at",
        &time(24),
    ]));

    // The window of 20 minutes begins at 4, the change has settled at 5.
    assert_eq!(early.code, Some(3), "{}", early.stderr);
    assert!(
        early.stderr.contains("has settled at 2025-09-21T15:05:00Z"),
        "{}",
        early.stderr
    );

    // A time of which nothing was captured does not stay.
    let settled = finish(command(&["collect", "--phase", "canary"], &project).args([
        "--change",
        &time(0),
        "--at",
        &time(25),
    ]));
    assert_eq!(settled.code, Some(0), "{}", settled.stderr);
}

#[test]
fn a_phase_that_is_still_to_come_says_when_to_come_again() {
    let world = world(vec![]);
    let project = project(&world);
    let now = Timestamp::now().to_string();

    let found = finish(command(&["collect", "--phase", "t15"], &project).args(["--t0", &now]));

    assert_eq!(found.code, Some(3), "{}", found.stderr);
    assert!(
        found.stderr.contains("servers have all samples of it at"),
        "{}",
        found.stderr
    );
    assert!(
        !store(&project)
            .join("items")
            .join("error_ratio.t15.json")
            .exists()
    );
}

#[test]
fn a_phase_with_a_yellow_gate_is_exit_five_and_with_a_red_one_four() {
    for (incident, code) in [(errors(0.05, 30, 36), 5), (errors(0.05, 26, 50), 4)] {
        let world = world(vec![incident]);

        let found = at_t0(&["collect", "--phase", "t60"], &project(&world));

        assert_eq!(found.code, Some(code), "{}", found.stderr);
    }
}

#[test]
fn rules_that_are_not_the_commits_are_warned_of_before_anything_is_judged() {
    let world = world(vec![]);
    let project = project(&world);
    let path = project.path("evidence.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("> 1%", "> 90%")).unwrap();

    let found = at_t0(&["gate", "cutover", "--phase", "t15"], &project);

    assert_eq!(found.code, Some(0), "{}", found.stderr);
    assert!(
        found
            .stderr
            .contains("warning: evidence.yaml is not as it is in the commit"),
        "{}",
        found.stderr
    );
}
