//! Dashboards whose panels are captured as data, and pictures that cannot be of what was asked for.

use crate::common::{finish, text};
use crate::stage::{Stage, collect, line, stored};
use evidence::sandbox::{GrafanaMode, Service};
use std::process::Command;

/// Sections with these dashboards and the servers that they need.
fn sections(stage: &Stage, dashboards: &str) -> String {
    format!(
        "prometheus: {{main: {{url: \"{}\"}}}}\ngrafana: {{main: {{url: \"{}\"}}}}\ndashboards:\n{dashboards}",
        stage.world.sandbox.url(Service::Prometheus),
        stage.world.sandbox.url(Service::Grafana),
    )
}

const OVERVIEW: &str = "  - {id: overview, uid: shop-overview, window: 2h, width: 400, height: 200, prometheus: main}\n";

#[test]
fn the_data_behind_a_dashboard_is_captured_and_verified_again() {
    let stage = Stage::new();
    let project = stage.project(&sections(&stage, OVERVIEW));

    let released = stage.release(&project);
    let mut verify = crate::common::evidence();
    verify.arg("verify").arg(text(&project.bundle()));
    verify.args(stage.world.trust_args());
    let verified = finish(&mut verify);

    assert_eq!(released.code, Some(0), "{}", released.stderr);
    assert_eq!(
        verified.code,
        Some(0),
        "{}{}",
        verified.stdout,
        verified.stderr
    );
    assert!(
        verified.stdout.contains("data of 3 of 3 queries captured"),
        "{}",
        verified.stdout
    );
    let facts = &stored(&project, "overview")["item"]["claim"]["facts"];
    let query = &facts["panels"][0]["queries"][0];
    assert!(
        query["expr"].as_str().unwrap().contains("{job=\"api\"}"),
        "{query}"
    );
    assert_eq!(query["notJudged"], serde_json::Value::Null);
    let listing = Command::new("tar")
        .arg("tzf")
        .arg(project.bundle())
        .output()
        .unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    assert!(
        listing.contains("dashboards/overview/1-A/chunk-000.json"),
        "{listing}"
    );
}

#[test]
fn a_panel_without_data_is_not_met_though_its_picture_is_one() {
    let stage = Stage::new();
    let dashboards = OVERVIEW.replace(
        "prometheus: main",
        "prometheus: main, variables: {job: nobody}",
    );
    let project = stage.project(&sections(&stage, &dashboards));

    let run = collect(&project);

    assert_eq!(run.code, Some(4), "{}", run.stderr);
    let line = line(&run, "overview");
    assert!(
        line.contains("panel 1 (p95 latency)") && line.contains("no data"),
        "{line}"
    );
}

#[test]
fn a_metrics_server_that_is_down_fails_the_dashboard_and_names_the_panel() {
    let mut stage = Stage::new();
    let project = stage.project(&sections(&stage, OVERVIEW));
    stage.stop(Service::Prometheus);

    let down = collect(&project);
    stage.restart(Service::Prometheus);
    let up = collect(&project);

    assert_eq!(down.code, Some(3), "{}", down.stderr);
    assert!(
        line(&down, "overview").contains("panel \"p95 latency\", query A"),
        "{}",
        down.stderr
    );
    assert_eq!(up.code, Some(0), "{}", up.stderr);
}

#[test]
fn one_picture_for_two_dashboards_is_met_by_neither() {
    let stage = Stage::new();
    let dashboards = "  - {id: first, uid: one, window: 2h, width: 400, height: 200}\n  \
                      - {id: second, uid: two, window: 2h, width: 400, height: 200}\n";
    let project = stage.project(&sections(&stage, dashboards));
    stage
        .world
        .sandbox
        .set_grafana_mode(GrafanaMode::SamePicture);

    let run = collect(&project);

    assert_eq!(run.code, Some(4), "{}", run.stderr);
    for (id, other) in [("first", "second"), ("second", "first")] {
        let said = format!("NOT MET   {id}: its picture is the very one of {other}");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    }
}
