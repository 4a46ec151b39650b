//! `evidence check`: sources are there, and what is left open is said.

use crate::common::finish;
use crate::stage::{command, project, project_with, world};
use evidence::sandbox::Service;

#[test]
fn sources_that_are_there_are_named_and_nothing_is_captured() {
    let world = world(vec![]);
    let project = project(&world);

    let found = finish(&mut command(&["check"], &project));

    assert_eq!(found.code, Some(0), "{}{}", found.stdout, found.stderr);
    assert!(
        found
            .stdout
            .contains("ok        prometheus main: Prometheus 2"),
        "{}",
        found.stdout
    );
    // No gate reads the baseline, and a run of more than 15 minutes does not fit into T+15.
    for open in [
        "open      error_ratio.baseline: recorded",
        "open      cutover.t15: a rule",
    ] {
        assert!(found.stdout.contains(open), "{}", found.stdout);
    }
    assert!(!crate::stage::store(&project).exists());
}

#[test]
fn a_source_that_is_down_is_exit_three() {
    let mut world = world(vec![]);
    let project = project(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(world.sandbox.stop(Service::Prometheus));

    let reached = finish(&mut command(&["check"], &project));
    let offline = finish(&mut command(&["check", "--offline"], &project));

    assert_eq!(reached.code, Some(3), "{}", reached.stdout);
    assert!(
        reached.stdout.contains("failed    prometheus main"),
        "{}",
        reached.stdout
    );
    assert_eq!(offline.code, Some(0), "{}", offline.stdout);
}

#[test]
fn choices_that_nobody_made_are_listed() {
    let world = world(vec![]);
    let project = project_with(&world, |text| {
        text + "choices:\n  - {id: C-12, about: ten to fifteen minutes is neither}\n  - {id: C-01, about: the limit, chosen: 350 ms}\n"
    });

    let found = finish(&mut command(&["check"], &project));

    assert_eq!(found.code, Some(0), "{}", found.stdout);
    assert!(found.stdout.contains("open      C-12"), "{}", found.stdout);
    assert!(!found.stdout.contains("C-01"), "{}", found.stdout);
    assert!(found.stdout.contains("3 left open"), "{}", found.stdout);
}

#[test]
fn a_query_that_no_server_takes_fails_and_one_that_nothing_is_computed_of_is_open() {
    let world = world(vec![]);
    let project = project_with(&world, |text| {
        text.replace("expr: 'sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))'\n    window: 1h\n    step: 15s\n    phases", "expr: 'sum(rate(http_requests_total[5m])'\n    window: 1h\n    step: 15s\n    phases")
            .replace("  - id: errors_now\n", "  - id: errors_now\n    raw: true\n")
            .replace("'sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))'", "'topk(1, http_requests_total)'")
    });

    let found = finish(&mut command(&["check", "--offline"], &project));

    assert_eq!(found.code, Some(3), "{}{}", found.stdout, found.stderr);
    assert!(
        found
            .stdout
            .contains("failed    metric error_ratio.baseline: a server refuses"),
        "{}",
        found.stdout
    );
    assert!(
        found
            .stdout
            .contains("open      errors_now: raw: true is of no use"),
        "{}",
        found.stdout
    );
}
