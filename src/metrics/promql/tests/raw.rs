//! Raw samples as a bundle holds them: what is read, what is refused and by which check.

use super::super::*;
use super::recorded::{SERVERS, answer};
use crate::metrics::{
    Answer, ChunkExchange, Grid, Labels, RawPiece, RawRecord, RawSelector, RawVia, Sample,
    TimeSeries,
};
use std::collections::BTreeMap;

/// A record of one selector and the files of its pieces.
#[derive(Clone)]
struct Stored {
    record: RawRecord,
    files: BTreeMap<String, Vec<u8>>,
}

const SELECTOR: &str = r#"x{a="1"}"#;

impl Stored {
    /// Two pieces of `x{a="1"}`: 0 to 59,999 ms and 60,000 to 120,000 ms, a sample every 15 s.
    fn new() -> Self {
        let mut stored = Self {
            record: RawRecord {
                selectors: vec![RawSelector {
                    selector: SELECTOR.into(),
                    via: RawVia::Query,
                    pieces: Vec::new(),
                }],
            },
            files: BTreeMap::new(),
        };
        stored.add("0.json", 0, 59_999, &matrix(r#""a":"1""#, 0..4));
        stored.add("1.json", 60_000, 120_000, &matrix(r#""a":"1""#, 4..9));
        stored
    }

    fn add(&mut self, file: &str, from_ms: i64, to_ms: i64, body: &str) {
        self.files.insert(file.into(), body.into());
        self.record.selectors[0].pieces.push(RawPiece {
            file: file.into(),
            from_ms,
            to_ms,
            exchange: exchange(),
        });
    }

    fn replace(&mut self, file: &str, body: &str) {
        self.files.insert(file.into(), body.into());
    }

    fn read(&self) -> Result<RawSamples, RawError> {
        let expr = parse(&format!("count_over_time({SELECTOR}[1m])")).unwrap();
        let grid = Grid::new(60_000, 120_000, 30_000).unwrap();
        self.read_for(&expr, &grid)
    }

    fn read_for(&self, expr: &Expr, grid: &Grid) -> Result<RawSamples, RawError> {
        let file = |name: &str| self.files.get(name).map(Vec::as_slice);
        RawSamples::read(&self.record, file, &needs(expr, grid), &BTreeMap::new())
    }
}

fn exchange() -> ChunkExchange {
    ChunkExchange {
        status: 200,
        content_type: None,
        date: None,
        server: None,
        received_ms: 0,
        clock_skew_ms: None,
    }
}

/// A matrix of one series with the samples of these numbers, 15 s apart.
fn matrix(labels: &str, numbers: std::ops::Range<i64>) -> String {
    let values: Vec<String> = numbers
        .map(|number| format!(r#"[{},"{number}"]"#, number * 15))
        .collect();
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"__name__":"x",{labels}}},"values":[{}]}}]}}}}"#,
        values.join(",")
    )
}

#[test]
fn pieces_are_joined_and_what_lies_outside_of_them_does_not_count() {
    let stored = Stored::new();
    let mut wider = stored.clone();
    // A server whose ranges take in their left end gives a sample too many.
    wider.replace("1.json", &matrix(r#""a":"1""#, 3..10));

    let samples = stored.read().unwrap();

    let series = samples.of(SELECTOR).unwrap();
    let times: Vec<i64> = series[0].samples.iter().map(|sample| sample.ms).collect();
    assert_eq!(times, (0..9).map(|n| n * 15_000).collect::<Vec<_>>());
    assert_eq!(wider.read().unwrap(), samples);
}

#[test]
fn matchers_may_be_recorded_in_another_order() {
    let mut stored = Stored::new();
    stored.record.selectors[0].selector = r#"{a="1", __name__='x'}"#.into();

    assert!(stored.read().is_ok());
}

#[test]
fn each_defect_is_refused_by_its_check() {
    let refused = |change: &dyn Fn(&mut Stored)| {
        let mut stored = Stored::new();
        change(&mut stored);
        stored.read().unwrap_err()
    };
    let piece = |stored: &mut Stored, change: &dyn Fn(&mut RawPiece)| {
        change(&mut stored.record.selectors[0].pieces[1]);
    };

    let error = refused(&|s| s.record.selectors.clear());
    assert!(matches!(error, RawError::Unasked { .. }));
    let error = refused(&|s| {
        let again = s.record.selectors[0].clone();
        s.record.selectors.push(again);
    });
    assert!(matches!(error, RawError::Twice { .. }));
    let error = refused(&|s| piece(s, &|p| p.from_ms = 60_001));
    assert!(matches!(error, RawError::Gap { ms: 60_000, .. }));
    let error = refused(&|s| piece(s, &|p| p.to_ms = 119_999));
    assert!(matches!(error, RawError::Gap { ms: 120_000, .. }));
    let error = refused(&|s| s.record.selectors[0].pieces.swap(0, 1));
    assert!(matches!(error, RawError::Order { .. }));
    let error = refused(&|s| piece(s, &|p| p.to_ms = 1));
    assert!(matches!(error, RawError::Order { .. }));
    let error = refused(&|s| piece(s, &|p| p.exchange.status = 204));
    assert!(matches!(error, RawError::Status { status: 204, .. }));
    let error = refused(&|s| piece(s, &|p| p.file = "2.json".into()));
    assert!(matches!(error, RawError::Missing { .. }));
    let error = refused(&|s| s.replace("1.json", "<html>"));
    assert!(matches!(error, RawError::Answer { .. }));
    let error = refused(&|s| s.record.selectors[0].via = RawVia::RemoteRead);
    assert!(matches!(error, RawError::RemoteRead { .. }));
    let error = refused(&|s| s.replace("1.json", &matrix(r#""a":"2""#, 4..9)));
    assert!(matches!(error, RawError::Unselected { .. }));
    let error = refused(&|s| {
        s.replace(
            "1.json",
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
        );
    });
    assert!(matches!(error, RawError::Type { .. }));
    let error = refused(&|s| {
        let body =
            matrix(r#""a":"1""#, 4..9).replace(r#""values""#, r#""histograms":[[1,{}]],"values""#);
        s.replace("1.json", &body);
    });
    assert!(matches!(error, RawError::Histograms { .. }));
    let error = refused(&|s| {
        let body =
            matrix(r#""a":"1""#, 4..9).replace(r#""data""#, r#""warnings":["partial"],"data""#);
        s.replace("1.json", &body);
    });
    assert!(matches!(error, RawError::Warning { .. }));
    let error = refused(&|s| {
        let other = matrix(r#""a":"1""#, 4..9).replace(r#"[60,"4"]"#, r#"[60,"4.5"]"#);
        s.add("2.json", 60_000, 120_000, &other);
    });
    assert!(matches!(error, RawError::Contradiction { ms: 60_000, .. }));
}

#[test]
fn pieces_may_overlap_where_they_agree() {
    let mut stored = Stored::new();
    stored.add("2.json", 60_000, 120_000, &matrix(r#""a":"1""#, 4..9));

    assert_eq!(stored.read().unwrap(), Stored::new().read().unwrap());
}

#[test]
fn a_bare_selector_is_not_made_of_what_a_query_gave() {
    let mut stored = Stored::new();
    let expr = parse(SELECTOR).unwrap();
    // What is not there excuses nothing.
    let error = stored.read_for(&expr, &Grid::instant(120_000)).unwrap_err();
    assert!(matches!(error, RawError::Gap { .. }));
    stored.record.selectors[0].pieces[0].from_ms = -300_000;

    let error = stored.read_for(&expr, &Grid::instant(120_000)).unwrap_err();

    assert!(matches!(error, RawError::StaleMarkers { .. }));
}

#[test]
fn needs_are_closed_and_reach_back_as_far_as_ranges_and_offsets_do() {
    let grid = Grid::new(1_000_000, 2_000_000, 1_000).unwrap();
    let expr = parse(
        "x offset 1m + sum(rate(x[10m])) / rate(y[5m] offset -1m) > bool vector(1) + histogram_quantile(0.5, z)",
    )
    .unwrap();

    let found = needs(&expr, &grid);

    let found: Vec<_> = found
        .iter()
        .map(|need| {
            let selector = need.selector.to_string();
            (selector, need.from_ms, need.to_ms, need.stale_markers)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("x".to_string(), 400_000, 2_000_000, true),
            ("y".to_string(), 760_000, 2_060_000, false),
            ("z".to_string(), 700_000, 2_000_000, true),
        ]
    );
}

/// A stored answer of remote read, whose samples begin and end where it was asked for.
fn remote(file: &str, selector: &str, span: (i64, i64)) -> Stored {
    let mut stored = Stored::new();
    stored.record.selectors[0] = RawSelector {
        selector: selector.into(),
        via: RawVia::RemoteRead,
        pieces: vec![RawPiece {
            file: file.into(),
            from_ms: span.0,
            to_ms: span.1,
            exchange: exchange(),
        }],
    };
    let body = answer(&format!("cutover/raw/prometheus-3.15/{file}"));
    stored.files.insert(file.into(), body);
    stored
}

#[test]
fn a_recorded_answer_follows_from_what_remote_read_gave_without_the_servers_own_labels() {
    let expr = parse(r#"{"queue.depth"}"#).unwrap();
    let grid = Grid::new(1_758_467_340_000, 1_758_468_060_000, 15_000).unwrap();
    let stored = remote(
        "remote-read-queue-depth",
        r#"{"queue.depth"}"#,
        (grid.start_ms - 300_000, grid.end_ms()),
    );
    let found = Answer::parse(&answer("http/prometheus-3.15/stale-marker-range")).unwrap();
    let found = answered(found.data).unwrap();
    let external = [("cluster", "prod-us-east"), ("replica", "a")];
    let external = external.map(|(name, value)| (name.to_string(), value.to_string()));
    let labels = |n: usize| external.iter().take(n).cloned().collect::<BTreeMap<_, _>>();

    let agreement = |external: &BTreeMap<String, String>| {
        let recorded = Recorded {
            expr: &expr,
            grid: &grid,
            semantics: SERVERS[1].1,
            raw: &stored.record,
            external_labels: external,
        };
        let file = |name: &str| stored.files.get(name).map(Vec::as_slice);
        recompute(&recorded, file, &found).unwrap()
    };

    assert_eq!(agreement(&labels(2)), Agreement::Equal);
    assert!(matches!(agreement(&labels(0)), Agreement::Differs { .. }));
    assert!(matches!(agreement(&labels(1)), Agreement::Differs { .. }));
}

/// An answer of remote read with one series of at most 60 bytes: `x`, a sample each second from 1 s on.
fn remote_answer(values: &[f64]) -> Vec<u8> {
    let field = |number: u8, body: &[u8]| [&[number << 3 | 2, body.len() as u8], body].concat();
    let mut series = field(1, &[field(1, b"__name__"), field(2, b"x")].concat());
    for (second, value) in values.iter().enumerate() {
        let ms = 1000 * (second as u16 + 1);
        let time = [0x10, (ms & 0x7f) as u8 | 0x80, (ms >> 7) as u8];
        // As servers do: what is equal to 0 is left out.
        let value = match *value == 0.0 {
            true => Vec::new(),
            false => [&[9], &value.to_le_bytes()[..]].concat(),
        };
        series.extend(field(2, &[value, time.to_vec()].concat()));
    }
    let message = field(1, &field(1, &series));
    let length = message.len() as u8;
    // Snappy: the length, and one literal.
    [vec![length, (length - 1) << 2], message].concat()
}

#[test]
fn an_answer_that_hangs_on_the_sign_of_a_zero_is_open_where_remote_read_gave_the_zero() {
    let outcome = |query: &str, found: [f64; 2]| {
        let mut stored = remote("remote-read-queue-depth", "x", (-300_000, 2_000));
        let file = "remote-read-queue-depth".to_string();
        stored.files.insert(file, remote_answer(&[0.0, 0.0]));
        let expr = parse(query).unwrap();
        let grid = Grid::new(1_000, 2_000, 1_000).unwrap();
        let recorded = Recorded {
            expr: &expr,
            grid: &grid,
            semantics: Semantics::V3,
            raw: &stored.record,
            external_labels: &BTreeMap::new(),
        };
        let samples = [1_000, 2_000].into_iter().zip(found);
        let found = TimeSeries {
            labels: Labels::default(),
            samples: samples.map(|(ms, value)| Sample { ms, value }).collect(),
            histograms: 0,
        };
        let file = |name: &str| stored.files.get(name).map(Vec::as_slice);
        recompute(&recorded, file, &[found])
    };
    let (plus, minus) = (f64::INFINITY, f64::NEG_INFINITY);

    let equal = outcome("1 / x", [plus, plus]);
    let open = [
        outcome("1 / x", [minus, plus]),
        outcome("max(x)", [-0.0, 0.0]),
    ];
    let wrong = [
        outcome("1 / x", [plus, 7.0]),
        outcome("max(x)", [-0.0, 1.0]),
    ];

    assert!(matches!(equal, Ok(Agreement::Equal)), "{equal:?}");
    for open in open {
        assert!(matches!(open, Err(RecomputeError::ZeroSigns)), "{open:?}");
    }
    for wrong in wrong {
        assert!(
            matches!(wrong, Ok(Agreement::Differs { ms: 2_000, .. })),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_selector_with_a_label_that_remote_read_adds_is_not_recomputed() {
    let selector = r#"{"queue.depth",cluster="prod-us-east"}"#;
    let stored = remote("remote-read-queue-depth", selector, (0, i64::MAX));
    let expr = parse(selector).unwrap();
    let external = BTreeMap::from([("cluster".to_string(), "other".to_string())]);
    let file = |name: &str| stored.files.get(name).map(Vec::as_slice);

    let needs = needs(&expr, &Grid::instant(1_758_467_340_000));
    let error = RawSamples::read(&stored.record, file, &needs, &external).unwrap_err();

    assert!(matches!(error, RawError::External { .. }));
}

#[test]
fn no_samples_of_a_selector_are_no_error_and_no_samples_asked_for_are_one() {
    let expr = parse("sum(x)").unwrap();
    let grid = Grid::instant(0);
    let mut samples = RawSamples::new();
    let unasked = evaluate(&expr, &grid, Semantics::V3, &samples);
    samples.insert(&needs(&expr, &grid)[0].selector, Vec::new());

    let empty = evaluate(&expr, &grid, Semantics::V3, &samples);

    assert!(matches!(unasked, Err(EvalError::Unasked { .. })));
    assert_eq!(empty, Ok(Vec::new()));
}

#[test]
fn samples_are_put_in_order() {
    let series = |name: &str| RawSeries {
        labels: Labels([("a".to_string(), name.to_string())].into()),
        samples: [2, 1].map(|ms| Sample { ms, value: 0.0 }).to_vec(),
    };
    let expr = parse("x[1m]").unwrap();
    let need = &needs(&expr, &Grid::instant(2))[0];
    let mut samples = RawSamples::new();

    samples.insert(&need.selector, vec![series("2"), series("1")]);

    let found = samples.of("x").unwrap();
    assert!(found.is_sorted_by(|a, b| a.labels < b.labels));
    assert!(found.iter().all(|one| one.samples[0].ms == 1));
}

#[test]
fn what_hangs_on_the_order_of_adding_is_no_contradiction() {
    let mut stored = Stored::new();
    stored.record.selectors[0].selector = "x".into();
    let series = |a: &str, value: &str| {
        format!(r#"{{"metric":{{"__name__":"x","a":"{a}"}},"values":[[60,"{value}"]]}}"#)
    };
    let all = [series("1", "1"), series("2", "1e16"), series("3", "-1e16")].join(",");
    let body =
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{all}]}}}}"#);
    stored.replace("1.json", &body);
    let expr = parse("sum(max_over_time(x[9s]))").unwrap();
    let grid = Grid::instant(60_000);
    let external = BTreeMap::new();
    let recorded = Recorded {
        expr: &expr,
        grid: &grid,
        semantics: Semantics::V2,
        raw: &stored.record,
        external_labels: &external,
    };
    let outcome = |semantics, value| {
        let found = TimeSeries {
            labels: Labels::default(),
            samples: vec![Sample { ms: 60_000, value }],
            histograms: 0,
        };
        let file = |name: &str| stored.files.get(name).map(Vec::as_slice);
        let recorded = Recorded {
            semantics,
            ..recorded
        };
        recompute(&recorded, file, &[found])
    };

    let of_v2 = |value| outcome(Semantics::V2, value);

    // 1 + 1e16 is 1e16, and from the other end the 1 is left.
    assert!(matches!(of_v2(0.0), Ok(Agreement::Equal)));
    assert!(matches!(of_v2(1.0), Err(RecomputeError::Order)));
    assert!(matches!(outcome(Semantics::V3, 1.0), Ok(Agreement::Equal)));
    assert!(matches!(
        outcome(Semantics::V3, 0.0),
        Ok(Agreement::Differs { .. })
    ));
}
