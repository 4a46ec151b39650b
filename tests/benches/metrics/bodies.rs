//! Answers to a range query of 500 series × 10,000 points: looked through as a capture does, and merged as appraisal does.

use super::process::{Cost, Meter};
use super::seeded::Seeded;
use evidence::appraise::metric::chunk_name;
use evidence::collect::auth::ServerAuth;
use evidence::metrics::response::stream::{self, Found, Sink};
use evidence::metrics::{AnswerError, Columns, Grid, Labels};
use evidence::model::redact::Secret;
use evidence::net::http::Url;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::fs;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

const SERIES: u64 = 500;
const GRID: Grid = Grid {
    start_ms: 1_758_463_200_000,
    step_ms: 15_000,
    points: 10_000,
};
/// 42 MB each: a body of more than 64 MiB is not taken, and asked for in smaller pieces.
const PIECE: u64 = 2_500;

/// Writes them, each in an order of its own, with 17 digits as rates and quantiles have.
pub(super) fn write(folder: &Path) {
    for (index, piece) in (0..).zip(pieces()) {
        let path = folder.join(chunk_name(index));
        let mut file = BufWriter::new(fs::File::create(path).unwrap());
        file.write_all(br#"{"status":"success","data":{"resultType":"matrix","result":["#)
            .unwrap();
        for place in 0..SERIES {
            let series = (place + 37 * index as u64) % SERIES;
            let comma = if place == 0 { "" } else { "," };
            write!(
                file,
                r#"{comma}{{"metric":{{"instance":"10.0.{}.{}:9090","job":"api","path":"/v1/{series}"}},"values":["#,
                series / 250,
                series % 250
            )
            .unwrap();
            let mut values = Seeded::new(series * 1_000 + index as u64);
            for point in 0..piece.points {
                let comma = if point == 0 { "" } else { "," };
                let (seconds, value) = (piece.at(point) / 1_000, values.share());
                write!(file, r#"{comma}[{seconds},"{value}"]"#).unwrap();
            }
            file.write_all(b"]}").unwrap();
        }
        file.write_all(b"]}}").unwrap();
        file.flush().unwrap();
    }
}

fn pieces() -> Vec<Grid> {
    GRID.chunks(PIECE, "rate(http_requests_total[5m])").unwrap()
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    (0..pieces().len())
        .map(|index| folder.join(chunk_name(index)))
        .collect()
}

/// What a capture does with each body, and what appraisal does.
pub(super) fn capture_and_merge(folder: &Path) -> Cost {
    merged(folder, |body| {
        let read = stream::read(body, &mut Skim).unwrap();
        assert!(read.warnings.is_empty());
        let url = Url::parse("https://prometheus.example.test/api/v1/query_range").unwrap();
        let auth = ServerAuth {
            bearer: Some(Secret::new("8f0c2b7e4a915d36")),
            ..ServerAuth::default()
        };
        assert!(!auth.leaks_into(body, &url));
    })
}

/// What appraisal does.
pub(super) fn merge(folder: &Path) -> Cost {
    merged(folder, |_| {})
}

fn merged(folder: &Path, before: impl Fn(&[u8])) -> Cost {
    let mut columns = Columns::new(GRID);
    let mut pieces = pieces().into_iter();
    let mut meter = Meter::default();
    let largest = each(&mut meter, folder, |body| {
        before(body);
        columns.add(&pieces.next().unwrap(), body).unwrap();
    });
    let columns = meter.time(|| columns.finish().unwrap());
    let cost = meter.cost();
    let count: usize = (columns.iter())
        .map(|column| column.samples(&GRID).count())
        .sum();
    assert_eq!(count as u64, SERIES * GRID.points);
    Cost {
        count: count as u64,
        input_bytes: largest,
        ..cost
    }
}

/// The bodies as documents, one at a time.
pub(super) fn value(folder: &Path) -> Cost {
    only_read(folder, |body| {
        black_box(serde_json::from_slice::<Value>(body).unwrap());
    })
}

/// Whether the bodies are JSON: what nobody who reads all of it can leave out.
pub(super) fn syntax(folder: &Path) -> Cost {
    only_read(folder, |body| {
        black_box(serde_json::from_slice::<IgnoredAny>(body).unwrap());
    })
}

fn only_read(folder: &Path, work: impl FnMut(&[u8])) -> Cost {
    let mut meter = Meter::default();
    let largest = each(&mut meter, folder, work);
    Cost {
        count: SERIES * GRID.points,
        input_bytes: largest,
        ..meter.cost()
    }
}

/// Reads one body after the other and does that with it; gives the size of the largest.
fn each(meter: &mut Meter, folder: &Path, mut work: impl FnMut(&[u8])) -> u64 {
    let mut largest = 0;
    for path in files(folder) {
        let body = fs::read(path).unwrap();
        largest = largest.max(body.len() as u64);
        meter.time(|| work(&body));
    }
    largest
}

/// Looks at the shape of an answer and keeps nothing.
struct Skim;

impl Sink for Skim {
    fn series(&mut self, _: Labels, _: Found<'_>) -> Result<(), AnswerError> {
        Ok(())
    }
}
