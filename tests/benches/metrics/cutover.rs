//! The recorded cutover of two servers, computed again from the samples behind its answers.

use super::fixture::plain_body;
use super::process::{Cost, Meter};
use evidence::metrics::promql::{
    Agreement, Expr, Need, RawSamples, RawSeries, Semantics, answered, compare, evaluate, needs,
    parse,
};
use evidence::metrics::{Answer, Data, Grid, TimeSeries};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;

const SERVERS: [(&str, Semantics); 2] = [
    ("prometheus-2.42", Semantics::V2),
    ("prometheus-3.15", Semantics::V3),
];
const RAW: [&str; 6] = [
    "api-buckets",
    "graph-buckets",
    "hourly-cost",
    "http-requests",
    "kafka-lag",
    "topic-offsets",
];

/// A recorded answer with all that it follows from.
struct Range {
    name: String,
    semantics: Semantics,
    expr: Expr,
    grid: Grid,
    found: Vec<TimeSeries>,
    /// What the query needs, each with the body that has it.
    raw: Vec<(Need, Vec<u8>)>,
}

/// Reads the samples, computes and compares.
pub(super) fn recomputed() -> Cost {
    measured(|range| {
        let mut samples = RawSamples::new();
        for (need, body) in &range.raw {
            let selected = matrix(body)
                .into_iter()
                .filter(|one| need.selector.matches(&one.labels));
            let series = selected.map(|one| RawSeries {
                labels: one.labels,
                samples: one.samples,
            });
            samples.insert(&need.selector, series.collect());
        }
        let recomputed = evaluate(&range.expr, &range.grid, range.semantics, &samples).unwrap();
        let agreement = compare(&range.found, &recomputed);
        assert_eq!(agreement, Agreement::Equal, "{}", range.name);
    })
}

/// Reads the samples and does no more: what no recomputation can leave out.
pub(super) fn parsed() -> Cost {
    measured(|range| {
        for (_, body) in &range.raw {
            black_box(matrix(body));
        }
    })
}

fn measured(work: impl Fn(&Range)) -> Cost {
    let ranges = ranges();
    let ((), cost) = Meter::repeated(|| ranges.iter().for_each(&work));
    let bodies = ranges.iter().flat_map(|range| &range.raw);
    let samples = |body: &[u8]| -> usize { matrix(body).iter().map(|one| one.samples.len()).sum() };
    let count: usize = bodies.map(|(_, body)| samples(body)).sum();
    Cost {
        count: count as u64,
        answer: format!("{} ranges", ranges.len()),
        ..cost
    }
}

#[derive(Deserialize)]
struct Gates {
    queries: BTreeMap<String, String>,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    start: i64,
    end: i64,
    step: u64,
}

/// All ranges whose samples were recorded.
fn ranges() -> Vec<Range> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/prometheus/cutover");
    let body = |path: String| plain_body(&fs::read(folder.join(path)).unwrap());
    let gates: Gates =
        serde_json::from_slice(&fs::read(folder.join("gates.json")).unwrap()).unwrap();
    let Request { start, end, step } = gates.request;
    let grid = Grid::new(start, end, step).unwrap();
    let mut all = Vec::new();
    for (server, semantics) in SERVERS {
        let raw = RAW.map(|name| body(format!("raw/{server}/{name}.resp")));
        for (id, query) in &gates.queries {
            let expr = parse(query).unwrap();
            let of_need = |need: Need| {
                let has = |body: &&Vec<u8>| {
                    let series = matrix(body);
                    series.iter().any(|one| need.selector.matches(&one.labels))
                };
                let body = raw.iter().find(has)?.clone();
                Some((need, body))
            };
            let raw: Option<Vec<_>> = needs(&expr, &grid).into_iter().map(of_need).collect();
            let answer = Answer::parse(&body(format!("{server}/{id}.resp"))).unwrap();
            all.extend(raw.map(|raw| Range {
                name: format!("{server} {id}"),
                semantics,
                expr,
                grid,
                found: answered(answer.data).unwrap(),
                raw,
            }));
        }
    }
    // Of `up` no samples were recorded.
    assert_eq!(all.len(), 22);
    all
}

fn matrix(body: &[u8]) -> Vec<TimeSeries> {
    match Answer::parse(body).unwrap().data {
        Data::Matrix(series) => series,
        other => panic!("no matrix: {other:?}"),
    }
}
