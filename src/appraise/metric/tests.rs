mod problems;

use super::*;
use crate::metrics::fixture::body;
use crate::metrics::{ChunkExchange, Exchange, Grid, MetricRequest, ServerKind, ServerRecord};
use crate::model::{CapturedFile, Exhibit, Limit, MemberPath, Operator, Range, Timestamp, Window};
use std::collections::BTreeMap;

const P95: &[u8] =
    include_bytes!("../../../fixtures/prometheus/http/prometheus-3.15/range-p95-15s.resp");
const P95_START: i64 = 1_758_466_800_000;

/// A capture of a range query of which everything can be wrong.
struct Sample {
    expectation: MetricExpectation,
    window: Window,
    request: MetricRequest,
    exchange: Exchange,
    server: ServerRecord,
    bodies: Vec<Vec<u8>>,
    captured_ms: i64,
}

impl Sample {
    fn range(body: Vec<u8>, start_ms: i64, window_ms: u64, step_ms: u64) -> Self {
        let end_ms = start_ms + window_ms as i64;
        let mut sample = Self::instant(body, end_ms);
        sample.window.start_ms = start_ms;
        sample.expectation.range = Some(Range { window_ms, step_ms });
        sample.request = MetricRequest {
            start_ms: Some(start_ms),
            end_ms: Some(end_ms),
            step_ms: Some(step_ms),
            chunk_points: Some(11_000),
            time_ms: None,
            ..sample.request
        };
        sample
    }

    fn instant(body: Vec<u8>, time_ms: i64) -> Self {
        Self {
            expectation: MetricExpectation {
                from: "main".into(),
                expr: "p95".into(),
                range: None,
                series: Series::Single,
                statistic: Statistic::Quantile(95),
                unit: "s".into(),
                limit: Some(Limit {
                    operator: Operator::AtMost,
                    bound: "0.9".into(),
                }),
                min_coverage_percent: 90,
                max_gap_ms: 300_000,
                raw: false,
                accept_warnings: false,
                gated: false,
                source_query: None,
            },
            window: Window {
                start_ms: time_ms,
                end_ms: time_ms,
            },
            request: MetricRequest {
                expr: "p95".into(),
                start_ms: None,
                end_ms: None,
                step_ms: None,
                chunk_points: None,
                time_ms: Some(time_ms),
                method: "POST".into(),
                url: "http://prometheus.example.test/api/v1/query".into(),
                parameters: BTreeMap::new(),
            },
            exchange: Exchange {
                chunks: vec![exchange()],
            },
            server: ServerRecord {
                kind: ServerKind::Prometheus,
                buildinfo: serde_json::value::RawValue::from_string(
                    r#"{"version":"3.15.0","revision":""}"#.into(),
                )
                .ok(),
                start_before: Some("a".into()),
                start_after: Some("a".into()),
                ..ServerRecord::default()
            },
            bodies: vec![body],
            captured_ms: time_ms + 60_000,
        }
    }

    /// One value a minute from the epoch on; an empty text is a missing one.
    fn values(values: &[&str]) -> Self {
        let text = series("{}", values);
        Self::range(
            matrix(&[text]),
            0,
            (values.len() as u64 - 1) * 60_000,
            60_000,
        )
    }

    fn capture(&self) -> Capture {
        let mut files = vec![
            (
                "request.json".to_owned(),
                serde_json::to_vec(&self.request).unwrap(),
            ),
            (
                "exchange.json".to_owned(),
                serde_json::to_vec(&self.exchange).unwrap(),
            ),
            (
                "server.json".to_owned(),
                serde_json::to_vec(&self.server).unwrap(),
            ),
        ];
        for (index, body) in self.bodies.iter().enumerate() {
            files.push((chunk_name(index), body.clone()));
        }
        let file = |(name, bytes): (String, Vec<u8>)| {
            let path = MemberPath::try_from(format!("metrics/api_p95/{name}")).unwrap();
            CapturedFile::new(path, "application/json", bytes)
        };
        Capture {
            captured: Timestamp::from_millisecond(self.captured_ms).unwrap(),
            window: Some(self.window),
            request: serde_json::to_value(&self.request).unwrap(),
            files: files.into_iter().map(file).collect(),
        }
    }

    fn appraise(&self) -> Appraised {
        metric(&self.capture(), &self.expectation)
    }

    /// The codes of all problems; with one, nothing is met.
    fn codes(&self) -> Vec<String> {
        let found = self.appraise();
        let codes: Vec<_> = found
            .claim
            .problems()
            .iter()
            .map(|p| p.code.clone())
            .collect();
        assert!(
            codes.is_empty() || found.claim.met() == Some(false),
            "{found:?}"
        );
        codes
    }
}

fn exchange() -> ChunkExchange {
    ChunkExchange {
        status: 200,
        content_type: Some("application/json".into()),
        date: None,
        server: None,
        received_ms: 0,
        clock_skew_ms: None,
    }
}

fn series(labels: &str, values: &[&str]) -> String {
    let points: Vec<_> = (0..)
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
        .map(|(minute, value)| format!("[{},\"{value}\"]", minute * 60))
        .collect();
    format!(r#"{{"metric":{labels},"values":[{}]}}"#, points.join(","))
}

fn matrix(series: &[String]) -> Vec<u8> {
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
        series.join(",")
    )
    .into_bytes()
}

fn recorded() -> Sample {
    Sample::range(body(P95), P95_START, 3_600_000, 15_000)
}

#[test]
fn a_recorded_range_within_its_limit_is_verified_and_met() {
    let found = recorded().appraise();

    assert_eq!(found.claim.status(), Status::Verified);
    assert_eq!(found.claim.met(), Some(true));
    let facts = found.claim.to_stated().facts;
    assert_eq!(facts["series"][0]["coverage"], "241/241");
    assert_eq!(facts["server"]["version"], "3.15.0");
    assert_eq!(facts["outcome"], "good");
    let value: f64 = facts["value"].as_str().unwrap().parse().unwrap();
    assert_eq!(facts["value"], format!("{value}"));
    assert!(
        found
            .summary
            .ends_with("s, limit <= 0.9 s, 241 of 241 steps"),
        "{}",
        found.summary
    );
    assert!(
        matches!(&found.exhibits[..], [Exhibit::Chart(shown)] if shown.lines[0].points.len() == 241)
    );
}

#[test]
fn a_value_beyond_the_limit_is_verified_and_not_met() {
    let mut sample = recorded();
    sample.expectation.limit.as_mut().unwrap().bound = "0.1".into();

    assert_eq!(sample.codes(), ["metric-limit"]);
    assert_eq!(sample.appraise().claim.status(), Status::Verified);
}

#[test]
fn without_a_limit_a_value_is_recorded_neither_met_nor_unmet() {
    let mut sample = recorded();
    sample.expectation.limit = None;

    assert_eq!(sample.appraise().claim.met(), None);
    assert!(sample.codes().is_empty());
}

#[test]
fn a_cut_range_gives_the_claim_of_the_uncut_one() {
    let whole = recorded();
    let mut cut = recorded();
    cut.request.chunk_points = Some(50);
    let pieces = Grid::new(P95_START, P95_START + 3_600_000, 15_000).unwrap();
    let pieces = pieces.chunks(50, "p95").unwrap();
    let all = whole.appraise();
    let [Exhibit::Chart(shown)] = &all.exhibits[..] else {
        panic!("one chart");
    };
    let points = &shown.lines[0].points;
    let text = String::from_utf8(body(P95)).unwrap();
    cut.bodies = (pieces.iter())
        .map(|piece| {
            let inside = points
                .iter()
                .filter(|(ms, _)| piece.index_of(*ms).is_some());
            let list: Vec<_> = inside
                .map(|(ms, v)| format!("[{}, \"{v}\"]", ms / 1_000))
                .collect();
            let head = text.split("\"values\":").next().unwrap();
            format!("{head}\"values\":[{}]}}]}}}}", list.join(",")).into_bytes()
        })
        .collect();
    cut.exchange.chunks = pieces.iter().map(|_| exchange()).collect();

    let mut cut_claim = cut.appraise().claim.to_stated();

    assert_eq!(cut_claim.facts["chunks"], 5);
    cut_claim.facts["chunks"] = 1.into();
    assert_eq!(cut_claim, all.claim.to_stated());
}

#[test]
fn no_series_is_empty_and_not_zero() {
    let empty = body(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/range-empty.resp"
    ));
    let range = Sample::range(empty, P95_START, 3_600_000, 60_000);
    let instant = Sample::instant(
        body(include_bytes!(
            "../../../fixtures/prometheus/http/prometheus-3.15/instant-empty-vector.resp"
        )),
        1_758_468_600_000,
    );
    for mut sample in [range, instant] {
        sample.expectation.limit.as_mut().unwrap().operator = Operator::NotEqual;
        assert_eq!(sample.codes(), ["metric-empty"]);
        assert_eq!(sample.appraise().claim.status(), Status::Missing);
    }
}

#[test]
fn a_nan_is_never_a_pass() {
    let recorded = Sample::range(
        body(include_bytes!(
            "../../../fixtures/prometheus/http/prometheus-3.15/range-nan-samples.resp"
        )),
        1_758_463_680_000,
        360_000,
        15_000,
    );
    assert!(recorded.codes().contains(&"metric-nan".into()));
    assert_eq!(Sample::values(&["0.1"; 20]).codes(), [""; 0]);
    let mut values = ["0.1"; 20];
    values[7] = "NaN";
    assert_eq!(Sample::values(&values).codes(), ["metric-nan"]);
    let mut all = Sample::values(&["NaN", "NaN"]);
    all.expectation.min_coverage_percent = 0;
    assert_eq!(
        all.codes(),
        ["metric-empty", "metric-nan", "metric-coverage"]
    );
    assert_eq!(all.appraise().claim.status(), Status::Missing);
}

#[test]
fn an_infinity_is_never_a_pass() {
    for infinity in ["+Inf", "-Inf"] {
        let mut values = ["0.1"; 20];
        values[7] = infinity;
        let mut sample = Sample::values(&values);
        sample.expectation.statistic = Statistic::Median;
        assert_eq!(sample.codes(), ["metric-inf"], "{infinity}");
    }
}

#[test]
fn several_series_are_judged_only_where_all_are_asked_for() {
    let two = matrix(&[
        series(r#"{"pod":"a"}"#, &["0.1", "0.1"]),
        series(r#"{"pod":"b"}"#, &["0.1", "0.8"]),
    ]);
    let mut sample = Sample::range(two, 0, 60_000, 60_000);
    sample.expectation.statistic = Statistic::Max;
    assert_eq!(sample.codes(), ["metric-several-series"]);
    assert_eq!(
        sample.appraise().claim.to_stated().facts["value"],
        serde_json::Value::Null
    );

    sample.expectation.series = Series::All;
    assert!(sample.codes().is_empty());
    assert_eq!(sample.appraise().claim.to_stated().facts["value"], "0.8");

    sample.expectation.limit.as_mut().unwrap().bound = "0.5".into();
    assert_eq!(sample.codes(), ["metric-limit"]);
    let facts = sample.appraise().claim.to_stated().facts;
    assert_eq!(
        (&facts["value"], &facts["worst"]["pod"]),
        (&"0.8".into(), &"b".into())
    );
}

#[test]
fn one_of_several_series_without_a_value_is_not_met() {
    let instant = |name: &[u8]| {
        let mut sample = Sample::instant(body(name), 1_758_470_400_000);
        sample.expectation.series = Series::All;
        sample
    };
    let nan = instant(include_bytes!(
        "../../../fixtures/prometheus/http/prometheus-3.15/instant-checklist-p95-nan.resp"
    ));

    assert!(nan.codes().iter().all(|code| code == "metric-nan"));
    assert!(!nan.codes().is_empty());
}
