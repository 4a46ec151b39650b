//! Operators between scalars and vectors (`VectorBinop` and its like in `promql/engine.go`).

use super::rows::{Row, Rows, Value, at};
use super::{EvalError, Evaluation};
use crate::metrics::Labels;
use crate::metrics::promql::ast::{Binary, Matching, Operator};
use crate::metrics::promql::selector::NAME;
use std::collections::BTreeMap;

impl Evaluation<'_> {
    pub(super) fn binary(
        &mut self,
        binary: &Binary,
        left: Value,
        right: Value,
    ) -> Result<Value, EvalError> {
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                self.charge(1)?;
                let pairs = left.iter().zip(&right);
                let values = pairs.map(|(a, b)| between_scalars(binary.operator, *a, *b));
                Ok(Value::Scalar(values.collect()))
            }
            (Value::Vector(rows), Value::Scalar(scalar)) => {
                self.with_scalar(binary, rows, &scalar, false)
            }
            (Value::Scalar(scalar), Value::Vector(rows)) => {
                self.with_scalar(binary, rows, &scalar, true)
            }
            (Value::Vector(left), Value::Vector(right)) if binary.operator.is_set() => {
                self.set(binary, left, right)
            }
            (Value::Vector(left), Value::Vector(right)) => self.one_to_one(binary, &left, &right),
        }
    }

    fn with_scalar(
        &mut self,
        binary: &Binary,
        rows: Vec<Row>,
        scalar: &[f64],
        scalar_first: bool,
    ) -> Result<Value, EvalError> {
        self.charge(rows.len())?;
        let keeps_name = binary.operator.is_comparison() && !binary.returns_bool;
        let mut made = Rows::default();
        for row in rows {
            let values = row.values.iter().zip(scalar).map(|(value, scalar)| {
                let value = (*value)?;
                let (left, right) = match scalar_first {
                    true => (*scalar, value),
                    false => (value, *scalar),
                };
                let (result, holds) = applied(binary.operator, left, right);
                if binary.returns_bool {
                    return Some(f64::from(u8::from(holds)));
                }
                // A comparison lets the vector's value through, on whichever side it stands.
                let result = match binary.operator.is_comparison() {
                    true => value,
                    false => result,
                };
                holds.then_some(result)
            });
            let values = values.collect();
            let labels = match keeps_name {
                true => row.labels,
                false => self.nameless(&row.labels),
            };
            made.join(Row { labels, values })?;
        }
        Ok(Value::Vector(made.into_vec()))
    }

    fn set(
        &mut self,
        binary: &Binary,
        left: Vec<Row>,
        right: Vec<Row>,
    ) -> Result<Value, EvalError> {
        self.charge(left.len().saturating_add(right.len()))?;
        let groups = Groups::of(&binary.matching, &left, &right);
        let (on_left, on_right) = (
            groups.present(&left, &groups.left, self.points()),
            groups.present(&right, &groups.right, self.points()),
        );
        let mut made = Rows::default();
        let kept = |row: &Row, group: usize, present: &[Vec<bool>], wanted: bool| {
            let present = present.get(group);
            let values = row.values.iter().enumerate().map(|(step, value)| {
                let is = present.and_then(|steps| steps.get(step)).copied();
                value.filter(|_| is.unwrap_or_default() == wanted)
            });
            Row {
                labels: row.labels.clone(),
                values: values.collect(),
            }
        };
        for (row, group) in left.into_iter().zip(&groups.left) {
            made.join(match binary.operator {
                Operator::And => kept(&row, *group, &on_right, true),
                Operator::Unless => kept(&row, *group, &on_right, false),
                _ => row,
            })?;
        }
        if binary.operator == Operator::Or {
            for (row, group) in right.iter().zip(&groups.right) {
                made.join(kept(row, *group, &on_left, false))?;
            }
        }
        Ok(Value::Vector(made.into_vec()))
    }

    fn one_to_one(
        &mut self,
        binary: &Binary,
        left: &[Row],
        right: &[Row],
    ) -> Result<Value, EvalError> {
        let groups = Groups::of(&binary.matching, left, right);
        let mut made = Rows::default();
        let mut places = BTreeMap::new();
        self.visit((left.len() + right.len()).saturating_mul(self.points()))?;
        for step in 0..self.points() {
            let present = |rows: &[Row]| rows.iter().any(|row| at(row, step).is_some());
            if !present(left) || !present(right) {
                // Nothing matches, and nothing is looked at: not even what would be refused.
                continue;
            }
            let mut others: Vec<Option<(usize, f64)>> = vec![None; groups.count];
            for (index, row) in right.iter().enumerate() {
                let group = groups
                    .right
                    .get(index)
                    .and_then(|group| others.get_mut(*group));
                let (Some(value), Some(other)) = (at(row, step), group) else {
                    continue;
                };
                if let Some((first, _)) = other {
                    return Err(many_to_many(&binary.matching, right.get(*first), row));
                }
                *other = Some((index, value));
            }
            let mut matched = vec![false; groups.count];
            for (index, row) in left.iter().enumerate() {
                let Some(value) = at(row, step) else {
                    continue;
                };
                let group = groups.left.get(index).copied().unwrap_or_default();
                let Some((other, right_value)) = others.get(group).copied().flatten() else {
                    continue;
                };
                let (result, holds) = applied(binary.operator, value, right_value);
                let is_kept = holds || binary.returns_bool;
                if !is_kept && !self.semantics.counts_filtered_matches() {
                    continue;
                }
                if let Some(matched) = matched.get_mut(group) {
                    if *matched {
                        return Err(EvalError::ManyToOne);
                    }
                    *matched = true;
                }
                if !is_kept {
                    continue;
                }
                let place = match places.get(&(index, other)) {
                    Some(place) => *place,
                    None => {
                        self.charge(1)?;
                        let place = made.place(self.result(binary, &row.labels), self.points());
                        places.insert((index, other), place);
                        place
                    }
                };
                let result = match binary.returns_bool {
                    true => f64::from(u8::from(holds)),
                    false => result,
                };
                made.set(place, step, result)?;
            }
        }
        Ok(Value::Vector(made.into_vec()))
    }

    /// The labels of a result: those of the left side that were compared.
    fn result(&self, binary: &Binary, left: &Labels) -> Labels {
        let keeps_name = binary.operator.is_comparison() && !binary.returns_bool;
        let mut labels = match keeps_name {
            true => left.clone(),
            false => self.nameless(left),
        };
        match &binary.matching {
            Matching::On(names) => labels.0.retain(|name, _| names.binary_search(name).is_ok()),
            Matching::Ignoring(names) => labels
                .0
                .retain(|name, _| names.binary_search(name).is_err()),
        }
        labels
    }
}

/// Which series of both sides belong together.
struct Groups {
    /// The group of each series on the left.
    left: Vec<usize>,
    /// The group of each series on the right.
    right: Vec<usize>,
    count: usize,
}

impl Groups {
    fn of(matching: &Matching, left: &[Row], right: &[Row]) -> Self {
        let mut numbers = BTreeMap::new();
        let mut group = |row: &Row| {
            let count = numbers.len();
            *numbers
                .entry(shared(matching, &row.labels))
                .or_insert(count)
        };
        let left = left.iter().map(&mut group).collect();
        let right = right.iter().map(&mut group).collect();
        Self {
            left,
            right,
            count: numbers.len(),
        }
    }

    /// For each group, at which steps one of the rows has a value.
    fn present(&self, rows: &[Row], groups: &[usize], points: usize) -> Vec<Vec<bool>> {
        let mut present = vec![Vec::new(); self.count];
        for (row, group) in rows.iter().zip(groups) {
            let Some(steps) = present.get_mut(*group) else {
                continue;
            };
            steps.resize(points, false);
            for (step, value) in steps.iter_mut().zip(&row.values) {
                *step |= value.is_some();
            }
        }
        present
    }
}

/// The labels that two series must share.
fn shared(matching: &Matching, labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    match matching {
        Matching::On(names) => labels.0.retain(|name, _| names.binary_search(name).is_ok()),
        Matching::Ignoring(names) => labels
            .0
            .retain(|name, _| name != NAME && names.binary_search(name).is_err()),
    }
    labels
}

fn many_to_many(matching: &Matching, first: Option<&Row>, second: &Row) -> EvalError {
    EvalError::ManyToMany {
        group: shared(matching, &second.labels),
        first: second.labels.clone(),
        second: first.map(|row| row.labels.clone()).unwrap_or_default(),
    }
}

fn between_scalars(operator: Operator, left: f64, right: f64) -> f64 {
    let (result, holds) = applied(operator, left, right);
    match operator.is_comparison() {
        true => f64::from(u8::from(holds)),
        false => result,
    }
}

/// The result, and whether it is kept: a comparison's is its left side.
fn applied(operator: Operator, left: f64, right: f64) -> (f64, bool) {
    match operator {
        Operator::Add => (left + right, true),
        Operator::Subtract => (left - right, true),
        Operator::Multiply => (left * right, true),
        Operator::Divide => (left / right, true),
        Operator::Equal => (left, left == right),
        Operator::NotEqual => (left, left != right),
        Operator::Greater => (left, left > right),
        Operator::GreaterOrEqual => (left, left >= right),
        Operator::Less => (left, left < right),
        Operator::LessOrEqual => (left, left <= right),
        Operator::And | Operator::Or | Operator::Unless => (left, true),
    }
}
