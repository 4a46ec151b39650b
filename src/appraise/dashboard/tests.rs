use super::*;
use crate::metrics::fixture::body;
use crate::model::{CapturedFile, MemberPath, Timestamp};

const OK: &[u8] = include_bytes!("../../../fixtures/grafana/png/panel-ok-1000x500.png");
const LEGACY: &[u8] = include_bytes!("../../../fixtures/grafana/http/dashboard-legacy.resp");
const V1: &[u8] = include_bytes!("../../../fixtures/grafana/http/dashboard-v1beta1.resp");

fn expectation() -> DashboardExpectation {
    DashboardExpectation {
        grafana: "main".into(),
        uid: "api-overview".into(),
        panel: None,
        window_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "light".into(),
        variables: BTreeMap::new(),
        data: None,
    }
}

fn request() -> DashboardRequest {
    DashboardRequest {
        uid: "api-overview".into(),
        panel: None,
        from_ms: 0,
        to_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "light".into(),
        variables: BTreeMap::new(),
        method: "GET".into(),
        url: "https://grafana.example.test/render/d/api-overview/_".into(),
        version: Some("12.4.0".into()),
        renderer_version: None,
    }
}

fn capture(files: &[(&str, &[u8])]) -> Capture {
    let request = request();
    let own = (REQUEST, serde_json::to_vec(&request).unwrap());
    let given = files.iter().map(|(name, bytes)| (*name, bytes.to_vec()));
    let file = |(name, bytes): (&str, Vec<u8>)| {
        let path = MemberPath::try_from(format!("dashboards/overview/{name}")).unwrap();
        CapturedFile::new(path, "application/octet-stream", bytes)
    };
    Capture {
        captured: Timestamp::UNIX_EPOCH,
        window: Some(Window {
            start_ms: 0,
            end_ms: 7_200_000,
        }),
        request: serde_json::to_value(&request).unwrap(),
        files: given.chain([own]).map(file).collect(),
    }
}

fn codes(capture: &Capture, expectation: &DashboardExpectation) -> Vec<String> {
    let appraised = dashboard(capture, expectation);
    let problems = appraised.claim.problems();
    assert_eq!(appraised.claim.met(), Some(problems.is_empty()));
    problems
        .iter()
        .map(|problem| problem.code.clone())
        .collect()
}

#[test]
fn a_good_picture_is_recorded_and_never_verified() {
    let json = body(LEGACY);
    let capture = capture(&[(RENDER, OK), (DASHBOARD, &json)]);

    let found = dashboard(&capture, &expectation());

    assert_eq!(found.claim.status(), Status::Recorded);
    assert_eq!(found.claim.met(), Some(true));
    assert_eq!(found.summary, "a picture of API overview, 1000 x 500");
    assert!(matches!(
        found.exhibits.as_slice(),
        [Exhibit::Picture { .. }]
    ));
}

#[test]
fn each_bad_picture_has_its_own_problem_and_is_not_shown() {
    let json = body(LEGACY);
    for (bytes, code) in [
        (&b"<html>"[..], "dashboard-login"),
        (&OK[..100], "dashboard-broken"),
        (
            include_bytes!("../../../fixtures/grafana/png/wrong-size-800x400.png"),
            "dashboard-size",
        ),
        (
            include_bytes!("../../../fixtures/grafana/png/blank-1000x500.png"),
            "dashboard-blank",
        ),
    ] {
        let capture = capture(&[(RENDER, bytes), (DASHBOARD, &json)]);
        assert_eq!(codes(&capture, &expectation()), [code]);
        let found = dashboard(&capture, &expectation());
        assert_eq!(found.claim.status(), Status::Missing);
        assert!(found.exhibits.is_empty());
    }
    assert_eq!(
        codes(&capture(&[(DASHBOARD, &json)]), &expectation()),
        ["dashboard-missing"]
    );
}

#[test]
fn a_picture_that_comes_for_any_dashboard_is_a_placeholder() {
    let login = include_bytes!("../../../fixtures/grafana/png/login-page-1000x500.png");
    let json = body(LEGACY);

    let same = capture(&[(RENDER, login), (CONTROL, login), (DASHBOARD, &json)]);
    let other = capture(&[(RENDER, OK), (CONTROL, login), (DASHBOARD, &json)]);

    assert_eq!(codes(&same, &expectation()), ["dashboard-placeholder"]);
    assert!(codes(&other, &expectation()).is_empty());
}

#[test]
fn both_shapes_of_a_dashboard_are_read_with_the_panels_of_their_rows() {
    let legacy = document(&body(LEGACY), "api-overview").unwrap();
    let v1 = document(&body(V1), "api-overview").unwrap();
    let v2 = br#"{"metadata":{"name":"u"},"spec":{"title":"T","elements":{"panel-3":{"kind":"Panel","spec":{"id":3}}}}}"#;

    assert_eq!(legacy, v1);
    assert!(legacy.panels.len() > 3, "{legacy:?}");
    assert_eq!(document(v2, "u").unwrap().panels, [3]);
}

#[test]
fn json_of_another_dashboard_or_of_none_is_a_problem() {
    let other = body(LEGACY);
    let other = String::from_utf8(other)
        .unwrap()
        .replace("\"uid\": \"api-overview\"", "\"uid\": \"x\"");
    for json in [
        other.as_bytes(),
        b"{}",
        b"<html>",
        b"{\"message\":\"Dashboard not found\"}",
    ] {
        let capture = capture(&[(RENDER, OK), (DASHBOARD, json)]);
        assert_eq!(codes(&capture, &expectation()), ["dashboard-json"]);
    }
    assert_eq!(
        codes(&capture(&[(RENDER, OK)]), &expectation()),
        ["dashboard-json"]
    );
}

#[test]
fn a_panel_that_the_dashboard_lacks_is_a_problem() {
    let json = body(LEGACY);
    let mut capture = capture(&[(RENDER, OK), (DASHBOARD, &json)]);
    let asked = DashboardRequest {
        panel: Some(999),
        ..request()
    };
    capture.request = serde_json::to_value(&asked).unwrap();
    let file = capture
        .files
        .iter_mut()
        .find(|file| file.path.as_str().ends_with(REQUEST))
        .unwrap();
    file.bytes = serde_json::to_vec(&asked).unwrap().into();

    let wanted = DashboardExpectation {
        panel: Some(999),
        ..expectation()
    };

    assert_eq!(codes(&capture, &wanted), ["dashboard-panel"]);
}

#[test]
fn another_request_than_the_expected_one_is_a_problem() {
    let json = body(LEGACY);
    let good = capture(&[(RENDER, OK), (DASHBOARD, &json)]);
    let wanted = [
        DashboardExpectation {
            theme: "dark".into(),
            ..expectation()
        },
        DashboardExpectation {
            window_ms: 1,
            ..expectation()
        },
        DashboardExpectation {
            variables: BTreeMap::from([("job".into(), vec!["api".into()])]),
            ..expectation()
        },
    ];

    for wanted in wanted {
        assert_eq!(codes(&good, &wanted), ["dashboard-request"]);
    }
    let mut edited = good.clone();
    edited.request["uid"] = "other".into();
    assert_eq!(codes(&edited, &expectation()), ["dashboard-request"]);
    let mut shifted = good;
    shifted.window = Some(Window {
        start_ms: 1,
        end_ms: 7_200_001,
    });
    assert_eq!(codes(&shifted, &expectation()), ["dashboard-request"]);
}
