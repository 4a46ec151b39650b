use crate::appraise::dashboard::{DASHBOARD, DashboardRequest, RENDER, REQUEST, dashboard};
use crate::metrics::grafana::{Asked, resolve};
use crate::model::{
    Capture, CapturedFile, DashboardData, DashboardExpectation, Exhibit, MemberPath, Status,
    Timestamp, Window,
};
use std::collections::BTreeMap;

const OK: &[u8] = include_bytes!("../../../fixtures/grafana/png/panel-ok-1000x500.png");
const WINDOW: Window = Window {
    start_ms: 1_758_466_807_000,
    end_ms: 1_758_474_007_000,
};

/// Two panels of a Prometheus, one of them with an instant query, and one of another kind of source.
const DOCUMENT: &str = r#"{"dashboard": {"uid": "shop", "title": "Shop", "panels": [
    {"id": 1, "type": "timeseries", "title": "Rate", "datasource": {"type": "prometheus", "uid": "p"},
     "fieldConfig": {"defaults": {"unit": "s"}},
     "targets": [{"refId": "A", "expr": "rate(a[$__rate_interval])"}, {"refId": "B", "expr": "b"}]},
    {"id": 2, "type": "stat", "title": "Now", "datasource": {"type": "prometheus", "uid": "p"},
     "targets": [{"refId": "A", "expr": "c", "instant": true}]},
    {"id": 3, "type": "logs", "title": "Log", "datasource": {"type": "loki", "uid": "l"},
     "targets": [{"refId": "A", "expr": "{}"}]}]}}"#;

fn expectation() -> DashboardExpectation {
    DashboardExpectation {
        grafana: "main".into(),
        uid: "shop".into(),
        panel: None,
        window_ms: 7_200_000,
        width: 1_000,
        height: 500,
        theme: "light".into(),
        variables: BTreeMap::new(),
        data: Some(DashboardData {
            prometheus: Some("main".into()),
            datasources: BTreeMap::new(),
            scrape_interval_ms: DashboardData::SCRAPE_MS,
            max_data_points: None,
        }),
    }
}

/// A captured dashboard by the names of its files below its folder.
struct Sample {
    files: BTreeMap<String, Vec<u8>>,
    expectation: DashboardExpectation,
}

impl Sample {
    /// Every query answered, with a number at each step.
    fn answered() -> Self {
        Self::of(DOCUMENT)
    }

    fn of(document: &str) -> Self {
        let mut sample = Self {
            files: BTreeMap::from([
                (RENDER.into(), OK.to_vec()),
                (DASHBOARD.into(), document.as_bytes().to_vec()),
                (REQUEST.into(), json(&request())),
            ]),
            expectation: expectation(),
        };
        let panels = resolve(document.as_bytes(), |_| None, &expectation(), WINDOW).unwrap();
        for query in panels.iter().flat_map(|panel| &panel.queries) {
            if let Ok(asked) = &query.asked {
                sample.answer(&query.folder, asked);
            }
        }
        sample
    }

    fn answer(&mut self, folder: &str, asked: &Asked) {
        let range = asked.query.range;
        let (start, end) = (asked.window.start_ms, asked.window.end_ms);
        let request = serde_json::json!({
            "expr": asked.query.expr,
            "startMs": range.map(|_| start), "endMs": range.map(|_| end),
            "stepMs": range.map(|range| range.step_ms), "chunkPoints": range.map(|_| 11_000),
            "timeMs": range.is_none().then_some(end),
            "method": "POST", "url": "https://metrics.example.test/api/v1/query_range", "parameters": {},
        });
        let exchange = serde_json::json!({"chunks": [{
            "status": 200, "contentType": "application/json", "date": null, "server": null,
            "receivedMs": end + 60_000, "clockSkewMs": null,
        }]});
        let server =
            r#"{"kind":"prometheus","buildinfo":null,"startBefore":null,"startAfter":null}"#;
        let body = match range {
            Some(range) => {
                let times = (start..=end).step_by(usize::try_from(range.step_ms).unwrap());
                let values: Vec<_> = times
                    .map(|ms| format!("[{},\"1.5\"]", ms / 1_000))
                    .collect();
                matrix(&values.join(","))
            }
            None => format!(
                r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[{},"2"]}}]}}}}"#,
                end / 1_000
            ),
        };
        for (name, bytes) in [
            ("request.json", json(&request)),
            ("exchange.json", json(&exchange)),
            ("server.json", server.into()),
            ("chunk-000.json", body.into_bytes()),
        ] {
            self.files.insert(format!("{folder}/{name}"), bytes);
        }
    }

    fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.into(), bytes.into());
        self
    }

    fn without(mut self, folder: &str) -> Self {
        self.files.retain(|name, _| !name.starts_with(folder));
        self
    }

    fn capture(&self) -> Capture {
        let file = |(name, bytes): (&String, &Vec<u8>)| {
            let path = MemberPath::try_from(format!("dashboards/shop/{name}")).unwrap();
            CapturedFile::new(path, "application/octet-stream", bytes.clone())
        };
        Capture {
            captured: Timestamp::from_millisecond(WINDOW.end_ms + 60_000).unwrap(),
            window: Some(WINDOW),
            request: serde_json::to_value(request()).unwrap(),
            files: self.files.iter().map(file).collect(),
        }
    }

    /// The problems' codes; none when it is met.
    fn codes(&self) -> Vec<String> {
        let claim = dashboard(&self.capture(), &self.expectation).claim;
        assert_eq!(claim.met(), Some(claim.problems().is_empty()));
        claim
            .problems()
            .iter()
            .map(|problem| problem.code.clone())
            .collect()
    }
}

fn matrix(values: &str) -> String {
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"a":"b"}},"values":[{values}]}}]}}}}"#
    )
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

fn request() -> DashboardRequest {
    DashboardRequest {
        uid: "shop".into(),
        panel: None,
        from_ms: WINDOW.start_ms,
        to_ms: WINDOW.end_ms,
        width: 1_000,
        height: 500,
        theme: "light".into(),
        variables: BTreeMap::new(),
        method: "GET".into(),
        url: "https://grafana.example.test/render/d/shop/_".into(),
        version: None,
        renderer_version: None,
    }
}

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

#[test]
fn every_panel_is_listed_with_its_query_and_numbers_or_why_it_is_not_judged() {
    let sample = Sample::answered();

    let found = dashboard(&sample.capture(), &sample.expectation);

    assert_eq!(
        (found.claim.status(), found.claim.met()),
        (Status::Recorded, Some(true))
    );
    assert_eq!(
        found.summary,
        "a picture of Shop, 1000 x 500, data of 3 of 3 queries captured"
    );
    let facts = found.claim.to_stated().facts;
    let query = &facts["panels"][0]["queries"][0];
    assert_eq!(
        *query,
        serde_json::json!({
            "refId": "A", "expr": "rate(a[60s])", "instant": false, "stepMs": 15_000, "server": "main",
            "series": 1, "numbers": "481/481", "notJudged": null,
        })
    );
    assert_eq!(facts["panels"][1]["queries"][0]["instant"], true);
    assert_eq!(
        facts["panels"][2]["queries"][0]["notJudged"],
        "its data source is no Prometheus but \"loki\""
    );
    let [Exhibit::Picture { .. }, Exhibit::Chart(chart)] = found.exhibits.as_slice() else {
        panic!("{:?}", found.exhibits);
    };
    assert_eq!(
        (chart.title.as_str(), chart.unit.as_str(), chart.lines.len()),
        ("Rate", "s", 2)
    );
}

#[test]
fn an_answer_that_is_not_there_is_a_problem_of_its_panel() {
    assert_eq!(
        Sample::answered().without("1-A").codes(),
        ["dashboard-panel-missing"]
    );
    let torn = Sample::answered().without("1-A/chunk-000.json");
    assert_eq!(torn.codes(), ["dashboard-panel-failed"]);
    assert_eq!(
        Sample::answered().without("1-A/request.json").codes(),
        ["dashboard-panel-request"]
    );
}

#[test]
fn the_answer_to_another_query_or_over_another_grid_is_refused() {
    let sample = Sample::answered();
    let request = String::from_utf8(sample.files["1-A/request.json"].clone()).unwrap();
    for (from, to) in [
        ("rate(a[60s])", "rate(a[1d])"),
        ("15000", "30000"),
        ("1758466800000", "1758466815000"),
    ] {
        assert!(request.contains(from), "{request}");
        let swapped = Sample::answered().with("1-A/request.json", request.replace(from, to));
        assert_eq!(swapped.codes(), ["dashboard-panel-request"], "{to}");
    }
    let moved = sample.with("1-A/chunk-000.json", matrix(r#"[1758466801,"1"]"#));
    assert_eq!(moved.codes(), ["dashboard-panel-failed"]);
}

#[test]
fn a_panel_without_a_number_is_empty_whatever_its_picture_shows() {
    let nan = matrix(r#"[1758466800,"NaN"]"#);
    for none in [EMPTY, nan.as_str()] {
        let half = Sample::answered().with("1-A/chunk-000.json", none);
        assert!(
            half.codes().is_empty(),
            "the other query of the panel has numbers"
        );

        let whole = half.with("1-B/chunk-000.json", none);

        assert_eq!(whole.codes(), ["dashboard-panel-empty"]);
    }
}

#[test]
fn an_answer_that_the_server_doubts_or_gave_too_early_is_not_met() {
    let warned = EMPTY.replace("\"data\"", "\"warnings\":[\"partial\"],\"data\"");
    let warned = Sample::answered().with("1-A/chunk-000.json", warned);
    assert_eq!(warned.codes(), ["dashboard-panel-warnings"]);
    let sample = Sample::answered();
    let exchange = String::from_utf8(sample.files["1-A/exchange.json"].clone()).unwrap();
    let early = exchange.replace(
        "\"date\":null",
        "\"date\":\"Sun, 21 Sep 2025 15:00:00 GMT\"",
    );
    let early = sample.with("1-A/exchange.json", early);
    assert_eq!(early.codes(), ["dashboard-panel-stale"]);
}

#[test]
fn a_refused_query_and_a_stray_answer_are_problems() {
    let refused = Sample::answered()
        .without("1-A")
        .with("1-A/refusal.json", r#"{"message":"parse error"}"#);
    assert_eq!(refused.codes(), ["dashboard-panel-refused"]);
    let claim = dashboard(&refused.capture(), &expectation()).claim;
    assert!(
        claim.problems()[0]
            .message
            .ends_with("query A: parse error")
    );

    let stray = Sample::answered().with("9-Z/request.json", "{}");
    assert_eq!(stray.codes(), ["dashboard-panel-stray"]);
    let other = Sample::answered().with("9-Z/render.png", OK);
    assert_eq!(other.codes(), ["dashboard-panel-stray"]);
}

#[test]
fn a_dashboard_of_which_nothing_can_be_judged_is_not_met() {
    let loki = DOCUMENT.replace("prometheus", "loki");
    assert_eq!(Sample::of(&loki).codes(), ["dashboard-unjudged"]);
    let library = DOCUMENT.replace(
        "\"panels\": [",
        "\"panels\": [{\"id\": 9, \"libraryPanel\": {\"uid\": \"lib1\"}},",
    );
    assert_eq!(Sample::of(&library).codes(), ["dashboard-panel-library"]);
}

#[test]
fn without_a_server_a_dashboard_is_its_picture_and_no_answer_belongs_to_it() {
    let mut picture = Sample::answered().without("1-").without("2-");
    picture.expectation.data = None;
    let mut answered = Sample::answered();
    answered.expectation.data = None;

    let found = dashboard(&picture.capture(), &picture.expectation);

    assert_eq!(found.claim.met(), Some(true));
    assert_eq!(found.summary, "a picture of Shop, 1000 x 500");
    assert!(found.claim.to_stated().facts.get("panels").is_none());
    assert_eq!(found.exhibits.len(), 1);
    assert_eq!(answered.codes(), ["dashboard-panel-stray"]);
}

#[test]
fn no_file_that_is_taken_away_makes_a_dashboard_better() {
    let sample = Sample::answered();
    for name in sample.files.keys() {
        let less = Sample::answered().without(name);
        assert!(!less.codes().is_empty(), "{name}");
    }
}
