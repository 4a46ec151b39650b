//! Values laid on the steps of a grid.

use super::EvalError;
use crate::metrics::Labels;
use std::collections::BTreeMap;

/// A series: one value or none for each step.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) labels: Labels,
    pub(super) values: Vec<Option<f64>>,
}

/// What an expression is.
pub(super) enum Value {
    /// A number for each step.
    Scalar(Vec<f64>),
    Vector(Vec<Row>),
}

/// Rows in the order in which they first came; no two have the same labels.
#[derive(Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    by_labels: BTreeMap<Labels, usize>,
}

impl Rows {
    /// The place of the row with these labels, which is made of `points` steps when it is not there.
    pub(super) fn place(&mut self, labels: Labels, points: usize) -> usize {
        if let Some(place) = self.by_labels.get(&labels) {
            return *place;
        }
        let place = self.rows.len();
        self.by_labels.insert(labels.clone(), place);
        self.rows.push(Row {
            labels,
            values: vec![None; points],
        });
        place
    }

    /// Sets the value of a row at a step, which must have none yet.
    pub(super) fn set(&mut self, place: usize, step: usize, value: f64) -> Result<(), EvalError> {
        let slot = self
            .rows
            .get_mut(place)
            .and_then(|row| row.values.get_mut(step));
        match slot {
            Some(slot @ None) => *slot = Some(value),
            Some(Some(_)) => return Err(EvalError::SameLabels),
            None => {}
        }
        Ok(())
    }

    /// Takes a row; one with the same labels must have no step in common.
    pub(super) fn join(&mut self, row: Row) -> Result<(), EvalError> {
        let place = match self.by_labels.get(&row.labels) {
            Some(place) => *place,
            None => {
                self.by_labels.insert(row.labels.clone(), self.rows.len());
                self.rows.push(row);
                return Ok(());
            }
        };
        for (step, value) in row.values.into_iter().enumerate() {
            if let Some(value) = value {
                self.set(place, step, value)?;
            }
        }
        Ok(())
    }

    pub(super) fn into_vec(self) -> Vec<Row> {
        self.rows
    }
}

/// The value of a row at a step.
pub(super) fn at(row: &Row, step: usize) -> Option<f64> {
    row.values.get(step).copied().flatten()
}
