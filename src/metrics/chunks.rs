//! A range query that is larger than a server takes, cut into several whose merged answers equal the one.
//!
//! Measured: 16 and 23 pieces of 172,801 points gave the very value strings of one uncut query, for every query
//! whose value at a step depends on that step alone.

use super::response::{Labels, TimeSeries};
use crate::model::limits::{POINTS, RANGE_REQUESTS};
use std::collections::BTreeMap;

/// Points of one request, one under what Prometheus takes.
pub const CHUNK_POINTS: u64 = 11_000;

/// The times of a range query: `points` of them from `start_ms` on, `step_ms` apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Grid {
    /// The first, in milliseconds since 1970.
    pub start_ms: i64,
    /// Milliseconds from one to the next; 0 only for a single point.
    pub step_ms: u64,
    /// How many.
    pub points: u64,
}

/// Why there is no grid, or why it is not cut.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// The step is 0.
    #[error("the step is 0")]
    Step,
    /// The window ends before it starts.
    #[error("the window ends before it starts")]
    Window,
    /// More points than are captured.
    #[error("the window has {found} steps, at most {POINTS} are captured")]
    TooManyPoints {
        /// Points of the window.
        found: u64,
    },
    /// More requests than are made.
    #[error("the window needs {found} requests, at most {RANGE_REQUESTS} are made")]
    TooManyChunks {
        /// Requests needed.
        found: u64,
    },
    /// A part of the query means another thing in each piece.
    #[error(
        "{what} depends on the whole window, which {points} steps are too many for: take a longer step"
    )]
    Whole {
        /// The part.
        what: &'static str,
        /// Points of the window.
        points: u64,
    },
}

/// A sample that is not on the grid of its request: the server moved the range.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server moved the range: {labels} has a sample at {} s, which was not asked for", decimal_seconds(*.ms))]
pub struct Moved {
    /// The series.
    pub labels: Labels,
    /// Its time in milliseconds since 1970.
    pub ms: i64,
}

impl Grid {
    /// The steps from start to end; the end belongs to it where a step falls on it.
    ///
    /// # Errors
    /// When there is no step, or more than are captured.
    pub fn new(start_ms: i64, end_ms: i64, step_ms: u64) -> Result<Self, GridError> {
        if step_ms == 0 {
            return Err(GridError::Step);
        }
        let length = (i128::from(end_ms) - i128::from(start_ms))
            .try_into()
            .map_err(|_| GridError::Window)
            .and_then(|length: u64| {
                if end_ms < start_ms {
                    Err(GridError::Window)
                } else {
                    Ok(length)
                }
            })?;
        let points = (length / step_ms).saturating_add(1);
        if points > POINTS as u64 {
            return Err(GridError::TooManyPoints { found: points });
        }
        Ok(Self {
            start_ms,
            step_ms,
            points,
        })
    }

    /// A single moment.
    pub fn instant(ms: i64) -> Self {
        Self {
            start_ms: ms,
            step_ms: 0,
            points: 1,
        }
    }

    /// The time of the point with this index, in milliseconds since 1970.
    pub fn at(&self, index: u64) -> i64 {
        // Within the window, which fits.
        self.start_ms
            .saturating_add_unsigned(self.step_ms.saturating_mul(index))
    }

    /// The last time.
    pub fn end_ms(&self) -> i64 {
        self.at(self.points.saturating_sub(1))
    }

    /// The index of this time; none when it is not on the grid.
    pub fn index_of(&self, ms: i64) -> Option<u64> {
        if ms < self.start_ms {
            return None;
        }
        let offset = ms.abs_diff(self.start_ms);
        if self.step_ms == 0 {
            return (offset == 0).then_some(0);
        }
        let index = offset / self.step_ms;
        (offset.is_multiple_of(self.step_ms) && index < self.points).then_some(index)
    }

    /// The pieces of at most `chunk_points` points that together are this grid.
    ///
    /// # Errors
    /// When there are too many pieces, or more than one and the query does not bear it.
    pub fn chunks(&self, chunk_points: u64, expr: &str) -> Result<Vec<Self>, GridError> {
        let size = chunk_points.max(1);
        let count = self.points.div_ceil(size);
        if count > RANGE_REQUESTS {
            return Err(GridError::TooManyChunks { found: count });
        }
        if let Some(what) = depends_on_window(expr).filter(|_| count > 1) {
            return Err(GridError::Whole {
                what,
                points: self.points,
            });
        }
        Ok((0..count)
            .map(|chunk| Self {
                start_ms: self.at(chunk * size),
                step_ms: self.step_ms,
                points: size.min(self.points - chunk * size),
            })
            .collect())
    }
}

/// Joins the answers to the pieces by label set; ascending in labels and time.
///
/// # Errors
/// When a sample is not on the grid of its piece.
pub fn merge(
    parts: impl IntoIterator<Item = (Grid, Vec<TimeSeries>)>,
) -> Result<Vec<TimeSeries>, Moved> {
    let mut merged: BTreeMap<Labels, TimeSeries> = BTreeMap::new();
    for (grid, all) in parts {
        for series in all {
            let off = |ms: i64| grid.index_of(ms).is_none();
            if let Some(sample) = series.samples.iter().find(|sample| off(sample.ms)) {
                return Err(Moved {
                    ms: sample.ms,
                    labels: series.labels,
                });
            }
            match merged.get_mut(&series.labels) {
                Some(whole) => {
                    whole.samples.extend(series.samples);
                    whole.histograms += series.histograms;
                }
                None => {
                    merged.insert(series.labels.clone(), series);
                }
            }
        }
    }
    Ok(merged.into_values().collect())
}

/// Decimal seconds with three digits, from the integer: a float would round.
pub fn decimal_seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1_000, ms % 1_000)
}

/// The part of a PromQL query that means another thing when start, end or step change.
fn depends_on_window(expr: &str) -> Option<&'static str> {
    if expr.contains("$__") {
        return Some("a variable of Grafana");
    }
    let code = without_texts(expr);
    [
        ("start", "start()"),
        ("end", "end()"),
        ("range", "range()"),
        ("step", "step()"),
    ]
    .into_iter()
    .find(|(name, _)| is_called(&code, name))
    .map(|(_, what)| what)
}

/// The query with the content of strings and comments left out.
fn without_texts(expr: &str) -> String {
    let mut code = String::new();
    let mut chars = expr.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' | '`' => {
                while let Some(inner) = chars.next() {
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && c != '`' {
                        chars.next();
                    }
                }
                code.push_str("\"\"");
            }
            '#' => {
                chars.by_ref().find(|c| *c == '\n');
                code.push(' ');
            }
            _ => code.push(c),
        }
    }
    code
}

/// Whether `name` stands as a whole word before an empty pair of brackets.
fn is_called(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + name.len()..).unwrap_or_default();
        let arguments = after.trim_start().strip_prefix('(').map(str::trim_start);
        !before.is_some_and(is_word) && arguments.is_some_and(|rest| rest.starts_with(')'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::fixture::body;
    use crate::metrics::response::{Answer, Data, Sample};
    use proptest::prelude::*;

    fn series(name: &str, samples: Vec<Sample>) -> TimeSeries {
        TimeSeries {
            labels: Labels(BTreeMap::from([("n".into(), name.into())])),
            samples,
            histograms: 0,
        }
    }

    /// What a server answers that has a value for each time where `has` says so.
    fn answer(grid: &Grid, has: &dyn Fn(usize, i64) -> bool) -> Vec<TimeSeries> {
        (0..3)
            .map(|n| {
                let times = (0..grid.points).map(|index| grid.at(index));
                let samples = times.filter(|ms| has(n, *ms)).map(|ms| Sample {
                    ms,
                    value: ms as f64 + n as f64,
                });
                series(&n.to_string(), samples.collect())
            })
            .filter(|series| !series.samples.is_empty())
            .collect()
    }

    proptest! {
        #[test]
        fn the_merged_pieces_are_the_uncut_answer(
            start in -5_000_000i64..2_000_000_000_000,
            length in 0u64..2_000_000,
            step in 1u64..20_000,
            size in 1u64..400,
            holes in any::<u64>(),
        ) {
            let grid = Grid::new(start, start.saturating_add_unsigned(length), step).unwrap();
            prop_assume!(grid.points < 5_000);
            let has = move |n: usize, ms: i64| holes >> ((ms.unsigned_abs() / 7 + n as u64) % 64) & 1 == 1;

            let Ok(pieces) = grid.chunks(size, "up") else { return Ok(()); };
            let merged = merge(pieces.iter().map(|piece| (*piece, answer(piece, &has)))).unwrap();

            prop_assert_eq!(merged, answer(&grid, &has));
            prop_assert!(pieces.iter().all(|piece| piece.points <= size));
        }

        #[test]
        fn the_pieces_are_the_grid_each_point_once(points in 1u64..50_000, size in 60u64..12_000) {
            let grid = Grid { start_ms: 250, step_ms: 15_000, points };
            let pieces = grid.chunks(size, "up").unwrap();

            let times: Vec<i64> = pieces.iter().flat_map(|p| (0..p.points).map(|k| p.at(k))).collect();

            prop_assert_eq!(times.len() as u64, points);
            prop_assert!((0..points).zip(&times).all(|(k, ms)| grid.at(k) == *ms));
        }
    }

    #[test]
    fn a_recorded_answer_cut_in_pieces_merges_to_itself() {
        let Data::Matrix(whole) = Answer::parse(&body(include_bytes!(
            "../../fixtures/prometheus/http/prometheus-3.15/range-p95-15s.resp"
        )))
        .unwrap()
        .data
        else {
            panic!("a matrix");
        };
        let grid = Grid::new(1_758_466_800_000, 1_758_470_400_000, 15_000).unwrap();

        for size in [1, 7, 50, 240, 241, 11_000] {
            let parts = grid.chunks(size, "x").unwrap().into_iter().map(|piece| {
                let mut part = whole.clone();
                part[0].samples.retain(|s| piece.index_of(s.ms).is_some());
                (piece, part)
            });
            assert_eq!(merge(parts).unwrap(), whole, "{size}");
        }
    }

    #[test]
    fn a_sample_off_the_grid_is_a_moved_range() {
        let Data::Matrix(moved) = Answer::parse(&body(include_bytes!(
            "../../fixtures/prometheus/http/thanos-query-frontend-0.42/range-unaligned-fraction.resp"
        )))
        .unwrap()
        .data
        else {
            panic!("a matrix");
        };
        let asked = Grid::new(1_758_466_807_500, 1_758_467_159_000, 60_000).unwrap();

        assert_eq!(merge([(asked, moved)]).unwrap_err().ms, 1_758_466_800_000);
    }

    #[test]
    fn a_query_that_depends_on_its_window_is_not_cut() {
        let grid = Grid::new(0, 100_000, 1_000).unwrap();
        for (expr, what) in [
            ("up @ start()", "start()"),
            ("up @ end ( )", "end()"),
            ("rate(up[range()])", "range()"),
            ("rate(up[5*step()])", "step()"),
            ("rate(up[$__range])", "a variable of Grafana"),
        ] {
            let found = grid.chunks(50, expr).unwrap_err();
            assert_eq!(found, GridError::Whole { what, points: 101 }, "{expr}");
            assert_eq!(grid.chunks(101, expr).unwrap().len(), 1, "{expr}");
        }
        for expr in [
            r#"up{path="start()"}"#,
            "up{path='a\\'end()'}",
            "up # step()\n + 1",
            "my_start(up)",
            "up{path=`\\`} + start",
        ] {
            assert_eq!(grid.chunks(50, expr).unwrap().len(), 3, "{expr}");
        }
    }

    #[test]
    fn windows_without_steps_or_with_too_many_are_refused() {
        assert_eq!(Grid::new(0, 1, 0), Err(GridError::Step));
        assert_eq!(Grid::new(1, 0, 1), Err(GridError::Window));
        assert_eq!(
            Grid::new(i64::MIN, i64::MAX, 1).unwrap_err(),
            GridError::TooManyPoints { found: u64::MAX }
        );
        let grid = Grid::new(0, 2_000_000, 1).unwrap();
        assert_eq!(
            grid.chunks(1_000, "up").unwrap_err(),
            GridError::TooManyChunks { found: 2_001 }
        );
    }

    #[test]
    fn seconds_are_printed_from_the_integer() {
        assert_eq!(decimal_seconds(1_758_466_807_500), "1758466807.500");
        assert_eq!(decimal_seconds(-1), "-0.001");
        assert_eq!(decimal_seconds(i64::MIN), "-9223372036854775.808");
    }
}
