//! Evaluates an expression over a grid, as a server evaluates one range query: node by node, each over all steps.

mod aggregate;
mod binary;
mod over_time;
mod quantile;
mod rate;
mod rows;
mod selectors;
mod sums;

use super::ast::{Expr, RangeSelector};
use super::samples::{RawSamples, is_stale_marker};
use super::semantics::Semantics;
use crate::metrics::{Grid, Labels, Sample, TimeSeries};
use crate::model::limits::{STEPS, VISITED_SAMPLES};
use rows::{Row, Rows, Value};

/// Why an expression has no value: a server refuses it too, but for the last three.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// Two series of a result have the same labels.
    #[error("vector cannot contain metrics with the same labelset")]
    SameLabels,
    /// Two series on the right belong to the same one on the left.
    #[error(
        "found duplicate series for the match group {group} on the right hand-side of the operation: [{first}, {second}];many-to-many matching not allowed: matching labels must be unique on one side"
    )]
    ManyToMany {
        /// The labels that they share.
        group: Labels,
        /// One of them.
        first: Labels,
        /// The other.
        second: Labels,
    },
    /// Two series on the left belong to the same one on the right.
    #[error(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    )]
    ManyToOne,
    /// A stretch of samples has no value at a step.
    #[error(
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
    )]
    Range,
    /// There are no samples to evaluate the selector with.
    #[error("there are no raw samples of {selector}")]
    Unasked {
        /// The selector.
        selector: String,
    },
    /// More values than are computed.
    #[error("the recomputation makes more than {STEPS} values")]
    TooManyValues,
    /// More samples than are looked at.
    #[error("the recomputation looks at more than {VISITED_SAMPLES} samples")]
    TooManySamples,
}

/// Returns what a server with these rules answers to the expression over the grid, ascending in labels.
///
/// A scalar is one series without labels. A range selector on its own has a value at a single moment only: its samples,
/// without stale markers.
///
/// # Errors
/// When a server refuses it too, or when samples are lacking or too many.
pub fn evaluate(
    expr: &Expr,
    grid: &Grid,
    semantics: Semantics,
    samples: &RawSamples,
) -> Result<Vec<TimeSeries>, EvalError> {
    evaluate_in(Order::OfLabels, expr, grid, semantics, samples)
}

/// The order in which the series of a group are added up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    /// As a block of a server gives them.
    OfLabels,
    /// The other way round: what it changes, an order that is not known can change.
    Reversed,
}

pub(super) fn evaluate_in(
    order: Order,
    expr: &Expr,
    grid: &Grid,
    semantics: Semantics,
    samples: &RawSamples,
) -> Result<Vec<TimeSeries>, EvalError> {
    if grid.points > STEPS {
        return Err(EvalError::TooManyValues);
    }
    let mut evaluation = Evaluation {
        order,
        grid,
        semantics,
        samples,
        values: 0,
        visited: 0,
    };
    let mut all = match expr {
        Expr::Range(range) => evaluation.raw(range)?,
        _ => {
            let rows = match evaluation.value(expr)? {
                Value::Scalar(values) => vec![Row {
                    labels: Labels::default(),
                    values: values.into_iter().map(Some).collect(),
                }],
                Value::Vector(rows) => rows,
            };
            rows.into_iter()
                .map(|row| series(grid, row))
                .filter(|one| !one.samples.is_empty())
                .collect()
        }
    };
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(all)
}

fn series(grid: &Grid, row: Row) -> TimeSeries {
    let samples = (0..).zip(row.values).filter_map(|(index, value)| {
        Some(Sample {
            ms: grid.at(index),
            value: value?,
        })
    });
    TimeSeries {
        labels: row.labels,
        samples: samples.collect(),
        histograms: 0,
    }
}

/// One evaluation, with what it has cost so far.
struct Evaluation<'a> {
    order: Order,
    grid: &'a Grid,
    semantics: Semantics,
    samples: &'a RawSamples,
    values: u64,
    visited: u64,
}

impl Evaluation<'_> {
    /// The value of an expression; as deep as the parser lets one be.
    fn value(&mut self, expr: &Expr) -> Result<Value, EvalError> {
        match expr {
            Expr::Number(number) => {
                self.charge(1)?;
                Ok(Value::Scalar(self.steps().map(|_| *number).collect()))
            }
            Expr::Instant(selector) => self.instant(selector).map(Value::Vector),
            Expr::Range(_) => Err(EvalError::Range),
            Expr::OverTime { function, range } => {
                self.over_time(*function, range).map(Value::Vector)
            }
            Expr::Quantile { quantile, buckets } => {
                let quantile = self.scalar(quantile)?;
                let buckets = self.vector(buckets)?;
                self.histogram_quantile(&quantile, buckets)
                    .map(Value::Vector)
            }
            Expr::Vector(of) => {
                let values = self.scalar(of)?.into_iter().map(Some).collect();
                Ok(Value::Vector(vec![Row {
                    labels: Labels::default(),
                    values,
                }]))
            }
            Expr::Negate(of) => match self.value(of)? {
                Value::Scalar(values) => Ok(Value::Scalar(values.iter().map(|v| -v).collect())),
                Value::Vector(rows) => self.negate(rows).map(Value::Vector),
            },
            Expr::Aggregate {
                function,
                grouping,
                of,
            } => {
                let rows = self.vector(of)?;
                self.aggregate(*function, grouping, &rows)
                    .map(Value::Vector)
            }
            Expr::Binary(binary) => {
                let left = self.value(&binary.left)?;
                let right = self.value(&binary.right)?;
                self.binary(binary, left, right)
            }
        }
    }

    fn scalar(&mut self, expr: &Expr) -> Result<Vec<f64>, EvalError> {
        match self.value(expr)? {
            Value::Scalar(values) => Ok(values),
            // The parser has checked the types.
            Value::Vector(_) => Err(EvalError::Range),
        }
    }

    fn vector(&mut self, expr: &Expr) -> Result<Vec<Row>, EvalError> {
        match self.value(expr)? {
            Value::Vector(rows) => Ok(rows),
            Value::Scalar(_) => Err(EvalError::Range),
        }
    }

    fn negate(&mut self, rows: Vec<Row>) -> Result<Vec<Row>, EvalError> {
        self.charge(rows.len())?;
        let mut made = Rows::default();
        let count = rows.len();
        for row in rows {
            let negative = row.values.iter().map(|value| value.map(|value| -value));
            made.join(Row {
                labels: self.nameless(&row.labels),
                values: negative.collect(),
            })?;
        }
        let made = made.into_vec();
        if made.len() < count && !self.semantics.merges_negated() {
            return Err(EvalError::SameLabels);
        }
        Ok(made)
    }

    fn raw(&mut self, range: &RangeSelector) -> Result<Vec<TimeSeries>, EvalError> {
        if self.grid.points != 1 {
            return Err(EvalError::Range);
        }
        let mut found = Vec::new();
        for one in self.raw_series(&range.selector)? {
            let window = self.window(range, self.grid.start_ms);
            let samples: Vec<Sample> = one
                .samples
                .iter()
                .filter(|sample| window.holds(sample.ms) && !is_stale_marker(sample.value))
                .copied()
                .collect();
            self.visit(samples.len())?;
            if !samples.is_empty() {
                found.push(TimeSeries {
                    labels: one.labels.clone(),
                    samples,
                    histograms: 0,
                });
            }
        }
        Ok(found)
    }

    fn steps(&self) -> impl Iterator<Item = i64> + use<> {
        let grid = *self.grid;
        (0..grid.points).map(move |index| grid.at(index))
    }

    fn points(&self) -> usize {
        // No more than `STEPS`, which fits.
        usize::try_from(self.grid.points).unwrap_or_default()
    }

    /// Counts this many rows of values.
    fn charge(&mut self, rows: usize) -> Result<(), EvalError> {
        let values = (rows as u64).saturating_mul(self.grid.points);
        self.values = self.values.saturating_add(values);
        if self.values > STEPS {
            return Err(EvalError::TooManyValues);
        }
        Ok(())
    }

    /// Counts this many samples.
    fn visit(&mut self, samples: usize) -> Result<(), EvalError> {
        self.visited = self.visited.saturating_add(samples as u64);
        if self.visited > VISITED_SAMPLES {
            return Err(EvalError::TooManySamples);
        }
        Ok(())
    }

    /// Labels without the name, and without what else goes with it.
    fn nameless(&self, labels: &Labels) -> Labels {
        let mut labels = labels.clone();
        labels.0.remove(super::selector::NAME);
        if self.semantics.drops_metadata() {
            labels.0.remove("__type__");
            labels.0.remove("__unit__");
        }
        labels
    }
}
