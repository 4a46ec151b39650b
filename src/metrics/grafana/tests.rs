macro_rules! dashboard {
    ($name:literal) => {
        body(include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/grafana/http/dashboard-",
            $name,
            ".resp"
        )))
    };
}

mod any;

use super::*;
use crate::metrics::fixture::body;
use crate::model::{DashboardData, DashboardExpectation, Range, Window};
use std::collections::BTreeMap;

const WINDOW: Window = Window {
    start_ms: 1_758_466_807_000,
    end_ms: 1_758_474_007_000,
};

fn expectation() -> DashboardExpectation {
    DashboardExpectation {
        grafana: "main".into(),
        uid: "api-overview".into(),
        panel: None,
        window_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "dark".into(),
        variables: BTreeMap::new(),
        data: Some(DashboardData {
            prometheus: Some("main".into()),
            datasources: BTreeMap::new(),
            scrape_interval_ms: DashboardData::SCRAPE_MS,
            max_data_points: None,
        }),
    }
}

fn resolved(document: &[u8], expectation: &DashboardExpectation) -> Vec<DashboardPanel> {
    resolve(document, |_| None, expectation, WINDOW).unwrap()
}

/// The dashboard around these panels and variables.
fn around(panels: &str, variables: &str) -> Vec<u8> {
    format!(
        r#"{{"dashboard": {{"uid": "u", "title": "t", "panels": [{panels}], "templating": {{"list": [{variables}]}}}}}}"#
    )
    .into_bytes()
}

/// A panel of this Prometheus query.
fn panel(expr: &str, more: &str) -> String {
    let expr = serde_json::to_string(expr).unwrap();
    format!(
        r#"{{"id": 1, "type": "timeseries", "title": "p", "datasource": {{"type": "prometheus", "uid": "p1"}},
            "targets": [{{"refId": "A", "expr": {expr}}}] {more}}}"#
    )
}

/// What the only query of the only panel asks, or why it does not.
fn only(document: &[u8], expectation: &DashboardExpectation) -> Result<Asked, String> {
    let mut panels = resolved(document, expectation);
    assert_eq!(
        (panels.len(), panels[0].queries.len()),
        (1, 1),
        "{panels:?}"
    );
    panels.remove(0).queries.remove(0).asked
}

fn reason(document: &[u8]) -> String {
    only(document, &expectation()).unwrap_err()
}

#[test]
fn a_classic_dashboard_is_walked_into_its_collapsed_rows_and_older_and_newer_addresses_agree() {
    let panels = resolved(&dashboard!("legacy"), &expectation());

    assert_eq!(panels, resolved(&dashboard!("v1beta1"), &expectation()));
    let titles: Vec<_> = panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles, ["API p95", "5xx ratio", "Mixed", "Kafka lag"]);
    let [p95] = panels[0].queries.as_slice() else {
        panic!("the hidden query is left out");
    };
    let asked = p95.asked.as_ref().unwrap();
    assert_eq!(
        (p95.folder.as_str(), asked.server.as_deref()),
        ("2-A", Some("main"))
    );
    assert_eq!(
        asked.query.expr,
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"intelgraph-api\"}[60s])))"
    );
    assert_eq!(
        asked.query.range,
        Some(Range {
            window_ms: 7_200_000,
            step_ms: 15_000
        })
    );
    // Both ends on the step.
    assert_eq!(
        (asked.window.start_ms, asked.window.end_ms),
        (1_758_466_800_000, 1_758_474_000_000)
    );
    let stat = panels[1].queries[0].asked.as_ref().unwrap();
    assert_eq!((stat.query.range, stat.window), (None, WINDOW));
    assert!(stat.query.expr.contains("[7200s]"));
    assert_eq!(
        panels[2].queries[0].asked.as_ref().unwrap_err(),
        "its data source is no Prometheus but \"loki\""
    );
    assert_eq!(
        panels[3].lacking.as_deref(),
        Some("its library element \"lib1\" is not there")
    );
}

#[test]
fn schema_version_two_gives_the_same_query() {
    let newer = resolved(&dashboard!("v2"), &expectation());

    let older = resolved(&dashboard!("legacy"), &expectation());
    assert_eq!(newer.len(), 1);
    assert_eq!(newer[0].queries[0].asked, older[0].queries[0].asked);
    assert_eq!(
        (newer[0].kind.as_str(), newer[0].unit.as_str()),
        ("timeseries", "s")
    );
}

#[test]
fn a_library_panel_has_the_queries_of_its_element_and_no_other() {
    let element = r#"{"result": {"uid": "lib1", "model": {"type": "timeseries", "title": "Lag",
        "datasource": {"type": "prometheus", "uid": "x"}, "targets": [{"refId": "A", "expr": "lag"}]}}}"#;
    let other = element.replace("lib1", "lib2");
    let document = dashboard!("legacy");
    let with = |bytes: &'static str| {
        let library = move |_: &str| Some(bytes.as_bytes());
        resolve(&document, library, &expectation(), WINDOW)
            .unwrap()
            .remove(3)
    };

    let found = with(element.to_owned().leak());
    let wrong = with(other.leak());

    assert_eq!(library_panels(&document, &expectation()).unwrap().len(), 1);
    assert_eq!((found.id, found.title.as_str()), (Some(6), "Kafka lag"));
    assert_eq!(found.queries[0].asked.as_ref().unwrap().query.expr, "lag");
    assert!(found.lacking.is_none());
    assert!(wrong.lacking.is_some() && wrong.queries.is_empty());
}

#[test]
fn only_the_rendered_panel_is_asked_for() {
    let one = DashboardExpectation {
        panel: Some(3),
        ..expectation()
    };

    let panels = resolved(&dashboard!("legacy"), &one);

    assert_eq!(panels.len(), 1);
    assert_eq!(panels[0].title, "5xx ratio");
    assert!(
        library_panels(&dashboard!("legacy"), &one)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn values_of_the_configuration_come_before_those_that_were_saved() {
    let mut given = expectation();
    given.variables.insert("job".into(), vec!["other".into()]);
    let document = around(
        &panel("up{job=\"$job\"}", ""),
        r#"{"name": "job", "type": "query", "current": {"value": "saved"}}"#,
    );

    assert_eq!(
        only(&document, &given).unwrap().query.expr,
        "up{job=\"other\"}"
    );
    assert_eq!(
        only(&document, &expectation()).unwrap().query.expr,
        "up{job=\"saved\"}"
    );
}

#[test]
fn all_values_are_those_that_the_dashboard_holds_and_none_that_are_looked_up() {
    let variable = |kind: &str, more: &str| {
        let variable = format!(
            r#"{{"name": "v", "type": "{kind}", "multi": true, "includeAll": true, "current": {{"value": ["$__all"]}} {more}}}"#
        );
        around(&panel("up{v=~\"$v\"}", ""), &variable)
    };
    let expr = |document: Vec<u8>| only(&document, &expectation()).unwrap().query.expr;
    let options = r#", "options": [{"value": "$__all"}, {"value": "a"}, {"value": "b.c"}]"#;

    assert_eq!(
        expr(variable("query", r#", "allValue": ".*""#)),
        "up{v=~\".*\"}"
    );
    assert_eq!(expr(variable("custom", options)), r#"up{v=~"(a|b\\.c)"}"#);
    assert!(reason(&variable("query", options)).contains("looked up when the dashboard is opened"));
}

#[test]
fn what_is_not_certain_to_be_the_panels_query_is_not_judged_and_says_why() {
    let ds = |text: &str| {
        around(
            &panel("up", "").replace(r#"{"type": "prometheus", "uid": "p1"}"#, text),
            "",
        )
    };
    for (document, part) in [
        (around(&panel("up{a=\"$nobody\"}", ""), ""), "$nobody"),
        (
            around(&panel("up", r#", "interval": "soon""#), ""),
            "no length of time",
        ),
        (
            around(
                &panel("up", ""),
                r#"{"name": "F", "type": "adhoc", "filters": [{"key": "a"}]}"#,
            ),
            "filters of the variable $F",
        ),
        (
            around(
                &panel("up", r#", "repeat": "v""#),
                r#"{"name": "v", "type": "custom", "multi": true, "current": {"value": ["a", "b"]}}"#,
            ),
            "once for each value of $v",
        ),
        (
            ds("null"),
            "the type of its data source \"default\" is not told",
        ),
        (ds("\"Old name\""), "\"Old name\" is not told"),
        (
            ds(r#"{"type": "prometheus", "uid": "${gone}"}"#),
            "its data source is not known",
        ),
        (ds(r#"{"uid": "-- Dashboard --"}"#), "another panel"),
        (ds(r#"{"uid": "-- Grafana --"}"#), "Grafana itself"),
        (
            ds(r#"{"type": "__expr__", "uid": "__expr__"}"#),
            "computes with the answers",
        ),
        (ds(r#"{"type": "loki", "uid": "p1"}"#), "no Prometheus"),
    ] {
        let reason = reason(&document);
        assert!(reason.contains(part), "{part}: {reason}");
    }
}

#[test]
fn a_data_source_is_answered_for_by_the_server_that_the_configuration_names() {
    let mut by_name = expectation();
    by_name.data = Some(DashboardData {
        prometheus: None,
        datasources: BTreeMap::from([
            ("Old name".into(), "old".into()),
            ("p1".into(), "one".into()),
        ]),
        ..by_name.data.unwrap()
    });
    let document = around(&panel("up", ""), "");
    let text = String::from_utf8(document.clone()).unwrap();
    let named = text.replace(r#"{"type": "prometheus", "uid": "p1"}"#, "\"Old name\"");
    let other = text.replace("p1", "p2");
    let chosen = around(
        &panel("up", "").replace("p1", "$ds"),
        r#"{"name": "ds", "type": "datasource", "query": "prometheus", "current": {"value": "p1"}}"#,
    );

    assert_eq!(
        only(&document, &by_name).unwrap().server.as_deref(),
        Some("one")
    );
    assert_eq!(
        only(named.as_bytes(), &by_name).unwrap().server.as_deref(),
        Some("old")
    );
    assert_eq!(
        only(&chosen, &by_name).unwrap().server.as_deref(),
        Some("one")
    );
    assert!(
        only(other.as_bytes(), &by_name)
            .unwrap_err()
            .contains("names no server")
    );
    let unnamed = DashboardExpectation {
        data: None,
        ..expectation()
    };
    assert_eq!(only(&document, &unnamed).unwrap().server, None);
}

#[test]
fn a_panel_that_shows_another_range_says_so() {
    let document = around(
        &panel(
            "up",
            r#", "timeFrom": "1h", "timeShift": "1d", "timeCompare": null"#,
        ),
        "",
    );

    assert_eq!(
        resolved(&document, &expectation())[0].overrides,
        ["timeFrom 1h", "timeShift 1d"]
    );
}

#[test]
fn a_repeated_name_gets_a_folder_of_its_own_and_both_kinds_are_asked() {
    let targets = r#""targets": [{"refId": "A/../x", "expr": "a", "instant": true, "range": true}, {"refId": "Ax", "expr": "b"}]"#;
    let document = around(
        &format!(
            r#"{{"id": 1, "type": "stat", "datasource": {{"type": "prometheus", "uid": "p"}}, {targets}}}"#
        ),
        "",
    );

    let found = resolved(&document, &expectation());

    let folders: Vec<_> = found[0]
        .queries
        .iter()
        .map(|query| query.folder.as_str())
        .collect();
    assert_eq!(folders, ["1-Ax", "1-Ax-now", "1-Ax.2"]);
}

#[test]
fn more_queries_than_are_captured_are_refused_and_nested_rows_too() {
    let many = vec![panel("up", ""); 101].join(",");
    let refused = resolve(&around(&many, ""), |_| None, &expectation(), WINDOW);
    assert_eq!(
        refused.unwrap_err(),
        "the dashboard has more than 100 queries"
    );

    let mut nested = panel("up", "");
    for _ in 0..9 {
        nested = format!(r#"{{"type": "row", "panels": [{nested}]}}"#);
    }
    let refused = resolve(&around(&nested, ""), |_| None, &expectation(), WINDOW);
    assert!(refused.unwrap_err().contains("rows inside rows"));
}

#[test]
fn the_panels_behind_an_open_row_repeat_with_it_up_to_the_next_row() {
    let several =
        r#"{"name": "v", "type": "custom", "multi": true, "current": {"value": ["a", "b"]}}"#;
    let row = |more: &str| format!(r#"{{"type": "row", "title": "r" {more}}}"#);
    let panels = [
        panel("before", ""),
        row(r#", "repeat": "v""#),
        panel("within", ""),
        row(""),
        panel("after", ""),
    ];

    let found = resolved(&around(&panels.join(","), several), &expectation());

    let judged: Vec<_> = found
        .iter()
        .map(|panel| panel.queries[0].asked.is_ok())
        .collect();
    assert_eq!(judged, [true, false, true]);
}

#[test]
fn an_element_repeats_by_its_place_its_row_or_its_tab() {
    let text = String::from_utf8(dashboard!("v2")).unwrap();
    let several = text.replace(
        r#""current": {"text": "intelgraph-api", "value": "intelgraph-api"}"#,
        r#""current": {"value": ["a", "b"]}"#,
    );
    let repeated = several.replace(
        r#"{"kind": "GridLayoutItem", "spec": {"#,
        r#"{"kind": "GridLayoutItem", "spec": {"repeat": {"mode": "variable", "value": "job"}, "#,
    );
    let asked = |text: &str| {
        resolved(text.as_bytes(), &expectation())[0].queries[0]
            .asked
            .clone()
    };

    assert_ne!(repeated, several);
    assert!(
        asked(&repeated)
            .unwrap_err()
            .contains("once for each value of $job")
    );
    assert!(asked(&several).unwrap_err().contains("several values"));
}
