//! The answers to the pieces of a query, joined while they are read: each series is one row of numbers on the grid.
//!
//! A sample costs 8 bytes, its time none: it is the place in the row. Bodies are read one at a time.

use super::chunks::{Grid, Moved};
use super::response::stream::{self, Envelope, Found, Kind, Sink};
use super::response::{AnswerError, Labels, Sample, TimeSeries};
use super::series::Step;
use crate::model::limits::{POINTS, STEPS};
use std::collections::BTreeMap;

/// One series over the grid.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its labels.
    pub labels: Labels,
    /// How many native histograms stood beside or instead of numbers.
    pub histograms: usize,
    /// The index of the first value.
    first: u64,
    /// From the first sample to the last.
    values: Vec<f64>,
}

/// Marks a step without a sample. A value is read from text, which gives one NaN only, and it is another.
const MISSING: u64 = 0x7ff0_0000_0000_0002;

impl Column {
    /// A series laid on the grid; samples off it are left out.
    pub fn of(series: TimeSeries, grid: &Grid) -> Self {
        let on_grid = |sample: &Sample| grid.index_of(sample.ms).is_some();
        let samples: Vec<Sample> = series.samples.into_iter().filter(on_grid).collect();
        let mut row = Row::default();
        row.append(grid, &samples);
        Self {
            labels: series.labels,
            histograms: series.histograms,
            first: row.first,
            values: row.values,
        }
    }

    /// The value at each step of the grid, in time order.
    pub fn steps<'a>(&'a self, grid: &Grid) -> impl Iterator<Item = Step> + use<'a> {
        let first = self.first.min(grid.points);
        let before = usize::try_from(first).unwrap_or(usize::MAX);
        let points = usize::try_from(grid.points).unwrap_or(usize::MAX);
        let values = self.values.iter().map(|value| match value {
            missing if missing.to_bits() == MISSING => Step::Missing,
            value if value.is_nan() => Step::NaN,
            value => Step::Number(*value),
        });
        std::iter::repeat_n(Step::Missing, before)
            .chain(values)
            .chain(std::iter::repeat(Step::Missing))
            .take(points)
    }

    /// The samples with their times.
    pub fn samples(&self, grid: &Grid) -> impl Iterator<Item = Sample> + use<'_> {
        let grid = *grid;
        let all = (self.first..).zip(self.values.iter().copied());
        all.filter(|(_, value)| value.to_bits() != MISSING)
            .map(move |(index, value)| Sample {
                ms: grid.at(index),
                value,
            })
    }

    /// The same with times.
    pub fn to_series(&self, grid: &Grid) -> TimeSeries {
        TimeSeries {
            labels: self.labels.clone(),
            samples: self.samples(grid).collect(),
            histograms: self.histograms,
        }
    }
}

/// Why answers do not join.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// A sample is not on the grid of its piece.
    #[error(transparent)]
    Moved(#[from] Moved),
    /// More steps than are laid out.
    #[error("{series} series over {points} steps are more than is judged")]
    Steps {
        /// Series so far.
        series: usize,
        /// Points of the grid.
        points: u64,
    },
}

/// Series that grow with each answer.
#[derive(Debug)]
pub struct Columns {
    grid: Grid,
    rows: BTreeMap<Labels, Row>,
    points: usize,
    pieces: usize,
    error: Option<ColumnsError>,
    samples: Vec<Sample>,
}

impl Columns {
    /// No series yet.
    pub fn new(grid: Grid) -> Self {
        Self {
            grid,
            rows: BTreeMap::new(),
            points: 0,
            pieces: 0,
            error: None,
            samples: Vec::new(),
        }
    }

    /// Reads the answer to the next piece of the grid.
    ///
    /// # Errors
    /// When it is no whole, successful answer within the limits; no further one can be added then. What is wrong with
    /// the samples of a good answer, [`finish`](Self::finish) says.
    pub fn add(&mut self, piece: &Grid, body: &[u8]) -> Result<Envelope, AnswerError> {
        self.pieces += 1;
        let mut part = Part {
            piece: *piece,
            whole: self,
        };
        let envelope = stream::read(body, &mut part)?;
        if let Kind::Scalar(sample) = envelope.kind {
            part.lay(Labels::default(), 0, &[sample])?;
        }
        Ok(envelope)
    }

    /// The series, ascending in labels.
    ///
    /// # Errors
    /// When a sample was not on the grid of its piece, or the series are too many for the grid.
    pub fn finish(self) -> Result<Vec<Column>, ColumnsError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok((self.rows.into_iter())
                .map(|(labels, row)| Column {
                    labels,
                    histograms: row.histograms,
                    first: row.first,
                    values: row.values,
                })
                .collect()),
        }
    }
}

/// A column that grows.
#[derive(Debug, Default)]
struct Row {
    first: u64,
    values: Vec<f64>,
    histograms: usize,
    /// The piece that it was in last, counted from 1.
    piece: usize,
}

struct Part<'a> {
    piece: Grid,
    whole: &'a mut Columns,
}

impl Sink for Part<'_> {
    fn series(&mut self, labels: Labels, found: Found<'_>) -> Result<(), AnswerError> {
        let mut samples = std::mem::take(&mut self.whole.samples);
        let room = POINTS - self.whole.points;
        found.samples(&labels, &mut samples, room)?;
        self.lay(labels, found.histograms, &samples)?;
        self.whole.samples = samples;
        Ok(())
    }
}

impl Part<'_> {
    fn lay(
        &mut self,
        labels: Labels,
        histograms: usize,
        samples: &[Sample],
    ) -> Result<(), AnswerError> {
        let grid = self.whole.grid;
        self.whole.points += samples.len();
        if let Some(ms) = first_off(&self.piece, samples) {
            self.moved(Moved { labels, ms });
            return Ok(());
        }
        if self.whole.error.is_some() {
            return Ok(());
        }
        let row = match self.whole.rows.get_mut(&labels) {
            Some(row) if row.piece == self.whole.pieces => return Err(AnswerError::Twice(labels)),
            Some(row) => row,
            None => {
                let series = self.whole.rows.len() + 1;
                // One sample may span the whole grid with the next one: the room is counted before it is taken.
                if grid.points.saturating_mul(series as u64) > STEPS {
                    self.whole.error = Some(ColumnsError::Steps {
                        series,
                        points: grid.points,
                    });
                    return Ok(());
                }
                self.whole.rows.entry(labels).or_default()
            }
        };
        row.piece = self.whole.pieces;
        row.histograms += histograms;
        row.append(&grid, samples);
        Ok(())
    }

    /// Of several, the one with the least labels is named: the order of series is random.
    fn moved(&mut self, found: Moved) {
        match &self.whole.error {
            Some(ColumnsError::Moved(before)) if before.labels <= found.labels => {}
            _ => self.whole.error = Some(found.into()),
        }
    }
}

impl Row {
    /// Samples that are on the grid, later than those before.
    fn append(&mut self, grid: &Grid, samples: &[Sample]) {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
            return;
        };
        let (Some(first), Some(last)) = (grid.index_of(first.ms), grid.index_of(last.ms)) else {
            return;
        };
        if self.values.is_empty() {
            self.first = first;
        }
        let length = last.saturating_sub(self.first).saturating_add(1);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // Exact: of doubled room, half would stay empty.
        self.values
            .reserve_exact(length.saturating_sub(self.values.len()));
        let mut next = self.first.saturating_add(self.values.len() as u64);
        for sample in samples {
            while next < grid.points && grid.at(next) < sample.ms {
                self.values.push(f64::from_bits(MISSING));
                next += 1;
            }
            self.values.push(sample.value);
            next += 1;
        }
    }
}

/// The time of the first sample that is not on the grid. Samples ascend.
fn first_off(grid: &Grid, samples: &[Sample]) -> Option<i64> {
    let mut next = 0;
    let off = samples.iter().find(|sample| {
        // Nearly always the next step; a division is dear.
        let index = match next < grid.points && grid.at(next) == sample.ms {
            true => Some(next),
            false => grid.index_of(sample.ms),
        };
        next = index.map_or(next, |index| index + 1);
        index.is_none()
    });
    off.map(|sample| sample.ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::chunks::merge;
    use crate::metrics::response::{Answer, Data};
    use crate::metrics::series;
    use proptest::prelude::*;

    fn body(series: &[TimeSeries]) -> Vec<u8> {
        let one = |series: &TimeSeries| {
            let points: Vec<String> = (series.samples.iter())
                .map(|s| {
                    format!(
                        "[{},\"{}\"]",
                        super::super::chunks::decimal_seconds(s.ms),
                        s.value
                    )
                })
                .collect();
            let labels = serde_json::to_string(&series.labels).unwrap();
            format!("{{\"metric\":{labels},\"values\":[{}]}}", points.join(","))
        };
        let all: Vec<String> = series.iter().map(one).collect();
        format!(
            "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{}]}}}}",
            all.join(",")
        )
        .into_bytes()
    }

    fn series(name: usize, samples: Vec<Sample>) -> TimeSeries {
        TimeSeries {
            labels: Labels(BTreeMap::from([("n".into(), name.to_string())])),
            samples,
            histograms: 0,
        }
    }

    fn matrix(body: &[u8]) -> Vec<TimeSeries> {
        match Answer::parse(body).unwrap().data {
            Data::Matrix(series) => series,
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn joined_columns_are_the_merged_series(
            points in 1u64..200,
            step in 1u64..20_000,
            size in 1u64..50,
            holes in any::<u64>(),
        ) {
            let grid = Grid { start_ms: 1_758_466_800_250, step_ms: step, points };
            let has = |n: usize, k: u64| holes.rotate_left(n as u32 * 7) >> (k % 64) & 1 == 1;
            let pieces = grid.chunks(size, "up").unwrap();
            let bodies: Vec<Vec<u8>> = pieces.iter().map(|piece| {
                let one = |n: usize| {
                    let on = (0..piece.points).filter(|k| has(n, *k + piece.start_ms as u64 % 64));
                    let value = |k: u64| match k % 5 { 0 => f64::NAN, k => k as f64 / 3.0 };
                    series(n, on.map(|k| Sample { ms: piece.at(k), value: value(k) }).collect())
                };
                body(&(0..3).rev().map(one).filter(|one| !one.samples.is_empty()).collect::<Vec<_>>())
            }).collect();

            let mut columns = Columns::new(grid);
            for (piece, body) in pieces.iter().zip(&bodies) {
                columns.add(piece, body).unwrap();
            }
            let columns = columns.finish().unwrap();

            let merged = merge(pieces.iter().copied().zip(bodies.iter().map(|body| matrix(body)))).unwrap();
            let text = |all: &[TimeSeries]| format!("{all:?}");
            let joined: Vec<_> = columns.iter().map(|one| one.to_series(&grid)).collect();
            prop_assert_eq!(text(&joined), text(&merged));
            for (column, series) in columns.iter().zip(&merged) {
                let steps: Vec<_> = column.steps(&grid).collect();
                prop_assert_eq!(format!("{steps:?}"), format!("{:?}", series::steps(&grid, &series.samples)));
            }
        }
    }

    #[test]
    fn a_sample_off_its_piece_is_a_moved_range() {
        let grid = Grid::new(0, 3_000, 1_000).unwrap();
        let pieces = grid.chunks(2, "up").unwrap();
        let mut columns = Columns::new(grid);
        let at = |ms| vec![Sample { ms, value: 1.0 }];

        // On the grid of the whole, not on that of the piece.
        columns
            .add(
                &pieces[0],
                &body(&[series(2, at(2_000)), series(1, at(3_000))]),
            )
            .unwrap();

        let Err(ColumnsError::Moved(moved)) = columns.finish() else {
            panic!("moved");
        };
        assert_eq!(
            (moved.labels.to_string(), moved.ms),
            ("{n=\"1\"}".into(), 3_000)
        );
    }

    #[test]
    fn a_series_may_come_once_in_each_piece() {
        let grid = Grid::new(0, 1_000, 1_000).unwrap();
        let pieces = grid.chunks(1, "up").unwrap();
        let mut columns = Columns::new(grid);
        let at = |ms| series(1, vec![Sample { ms, value: 1.0 }]);

        columns.add(&pieces[0], &body(&[at(0)])).unwrap();
        let twice = columns.add(&pieces[1], &body(&[at(1_000), at(1_000)]));

        assert!(matches!(twice, Err(AnswerError::Twice(_))));
    }

    #[test]
    fn room_is_counted_before_it_is_taken() {
        let grid = Grid {
            start_ms: 0,
            step_ms: 1,
            points: STEPS / 2,
        };
        let mut columns = Columns::new(grid);
        let all: Vec<_> = (0..3)
            .map(|n| series(n, vec![Sample { ms: 0, value: 1.0 }]))
            .collect();

        columns.add(&grid, &body(&all)).unwrap();

        assert!(matches!(
            columns.finish(),
            Err(ColumnsError::Steps { series: 3, .. })
        ));
    }
}
