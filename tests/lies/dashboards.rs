//! What a sealer may not say of dashboards.

use crate::forge::{Forge, failed};
use evidence::appraise::dashboard::{DASHBOARD, DashboardRequest, RENDER, REQUEST};
use evidence::config;
use evidence::metrics::grafana::resolve;
use evidence::model::{
    Capture, CapturedFile, DashboardExpectation, MemberPath, Timestamp, Verdict, Window,
};
use std::collections::BTreeMap;

const PICTURE: &[u8] = include_bytes!("../../fixtures/grafana/png/panel-ok-1000x500.png");
const WINDOW: Window = Window {
    start_ms: 1_758_466_800_000,
    end_ms: 1_758_470_400_000,
};
const YAML: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
prometheus: {main: {url: 'http://prometheus.example.test'}}
grafana: {main: {url: 'http://grafana.example.test'}}
dashboards:
  - {id: first, uid: one, window: 1h, width: 1000, height: 500, prometheus: main}
";

/// The expectation of the dashboard with that id.
fn expectation(yaml: &str, id: &str) -> Option<DashboardExpectation> {
    let config = config::parse(yaml.as_bytes(), "evidence.yaml").unwrap();
    let mut dashboards = config.dashboards.into_iter();
    dashboards
        .find(|one| one.id.value == id)
        .map(|one| one.expectation)
}

/// Fills in an honest capture of a dashboard with one panel.
fn fill(yaml: &str, id: &str, capture: &mut Capture) {
    let Some(expectation) = expectation(yaml, id) else {
        return;
    };
    let document = serde_json::json!({"dashboard": {"uid": expectation.uid, "title": "T", "panels": [{
        "id": 1, "type": "timeseries", "title": "P", "datasource": {"type": "prometheus", "uid": "p"},
        "targets": [{"refId": "A", "expr": "up"}],
    }]}});
    let document = serde_json::to_vec(&document).unwrap();
    let request = DashboardRequest {
        uid: expectation.uid.clone(),
        panel: None,
        from_ms: WINDOW.start_ms,
        to_ms: WINDOW.end_ms,
        width: 1_000,
        height: 500,
        theme: expectation.theme.clone(),
        variables: BTreeMap::new(),
        method: "GET".into(),
        url: "http://grafana.example.test/render".into(),
        version: None,
        renderer_version: None,
    };
    let mut files = vec![
        (RENDER.to_owned(), PICTURE.to_vec()),
        (REQUEST.to_owned(), serde_json::to_vec(&request).unwrap()),
    ];
    for panel in resolve(&document, |_| None, &expectation, WINDOW).unwrap() {
        let Some(Ok(asked)) = panel.queries.first().map(|query| &query.asked) else {
            panic!("a query");
        };
        let asked_for = serde_json::json!({
            "expr": asked.query.expr, "startMs": asked.window.start_ms, "endMs": asked.window.end_ms,
            "stepMs": asked.query.range.unwrap().step_ms, "chunkPoints": 11_000, "timeMs": null,
            "method": "POST", "url": "http://prometheus.example.test", "parameters": {},
        });
        let exchange = serde_json::json!({"chunks": [{
            "status": 200, "contentType": "application/json", "date": null, "server": null,
            "receivedMs": 0, "clockSkewMs": null,
        }]});
        let server = serde_json::json!({"kind": "prometheus", "buildinfo": null, "startBefore": null, "startAfter": null});
        let answer = serde_json::json!({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {}, "values": [[asked.window.start_ms / 1_000, "1"]]},
        ]}});
        for (name, value) in [
            ("request", asked_for),
            ("exchange", exchange),
            ("server", server),
            ("chunk-000", answer),
        ] {
            files.push((
                format!("1-A/{name}.json"),
                serde_json::to_vec(&value).unwrap(),
            ));
        }
    }
    files.push((DASHBOARD.to_owned(), document));
    capture.captured = Timestamp::from_millisecond(WINDOW.end_ms + 1).unwrap();
    capture.window = Some(WINDOW);
    capture.request = serde_json::to_value(&request).unwrap();
    capture.files = files
        .into_iter()
        .map(|(name, bytes)| {
            let path = MemberPath::try_from(format!("dashboards/{id}/{name}")).unwrap();
            CapturedFile::new(path, "application/octet-stream", bytes)
        })
        .collect();
    capture
        .files
        .sort_by(|one, other| one.path.cmp(&other.path));
}

/// A bundle whose dashboards' captures are changed so.
fn forge(yaml: &'static str, change: fn(&mut Capture)) -> Forge {
    Forge {
        capture: Box::new(move |id, capture| {
            fill(yaml, id, capture);
            if expectation(yaml, id).is_some() {
                change(capture);
            }
        }),
        ..Forge::honest(yaml)
    }
}

/// The same, with a manifest that says that all is well.
fn lie(yaml: &'static str, change: fn(&mut Capture)) -> Forge {
    Forge {
        manifest: Box::new(|manifest| {
            let item = manifest.items.last_mut().unwrap();
            item.claim.met = Some(true);
            item.claim.problems.clear();
        }),
        ..forge(yaml, change)
    }
}

fn without_answer(capture: &mut Capture) {
    capture
        .files
        .retain(|file| !file.path.as_str().contains("/1-A/"));
}

fn with_another_query(capture: &mut Capture) {
    for file in &mut capture.files {
        if file.path.as_str().ends_with("1-A/request.json") {
            let text = String::from_utf8(file.bytes.to_vec()).unwrap();
            file.bytes = text.replace("\"up\"", "\"vector(1)\"").into_bytes().into();
        }
    }
}

#[test]
fn a_dashboard_with_its_data_is_verified() {
    let report = forge(YAML, |_| {}).judge();

    assert_eq!(
        report.verdict(),
        Verdict::Verified,
        "{:#?}",
        report.findings
    );
    assert_eq!(report.exit_code(), 0, "{:?}", failed(&report));
}

#[test]
fn a_panel_whose_answer_was_removed_or_swapped_fails_its_requirement() {
    for (change, code) in [
        (
            without_answer as fn(&mut Capture),
            "dashboard-panel-missing",
        ),
        (with_another_query, "dashboard-panel-request"),
    ] {
        let report = forge(YAML, change).judge();

        assert_eq!(report.exit_code(), 4, "{:#?}", report.findings);
        assert_eq!(report.items.last().unwrap().claim.problems[0].code, code);
    }
}

#[test]
fn a_claim_that_hides_a_removed_or_swapped_answer_is_refused() {
    for change in [without_answer as fn(&mut Capture), with_another_query] {
        let report = lie(YAML, change).judge();

        assert_eq!(report.verdict(), Verdict::Refused, "{:#?}", report.findings);
        assert!(
            failed(&report).contains(&"EV-claim"),
            "{:?}",
            failed(&report)
        );
    }
}

const TWO: &str = "version: 1
release: {repository: github.com/o/r, package: 'bundle-{tag}.tar.gz'}
prometheus: {main: {url: 'http://prometheus.example.test'}}
grafana: {main: {url: 'http://grafana.example.test'}}
dashboards:
  - {id: first, uid: one, window: 1h, width: 1000, height: 500, prometheus: main}
  - {id: second, uid: two, window: 1h, width: 1000, height: 500, prometheus: main}
";

#[test]
fn one_picture_for_two_dashboards_fails_both() {
    let report = forge(TWO, |_| {}).judge();

    assert_eq!(report.exit_code(), 4, "{:#?}", report.findings);
    assert_eq!(report.verdict(), Verdict::Verified);
    let twins: Vec<_> = (report.findings.iter())
        .filter(|finding| finding.code.ends_with("dashboard-same-picture"))
        .map(|finding| finding.subject.as_str())
        .collect();
    assert_eq!(twins, ["first", "second"], "{:?}", failed(&report));
}
