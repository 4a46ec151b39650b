//! Aggregations of series (`aggregation` in `promql/engine.go`).

use super::over_time::{greater, lesser};
use super::rows::{Row, Rows, at};
use super::sums::{Compensated, mean_of_series};
use super::{EvalError, Evaluation, Order};
use crate::metrics::Labels;
use crate::metrics::promql::ast::{Aggregation, Grouping};
use crate::metrics::promql::selector::NAME;
use crate::metrics::promql::semantics::Semantics;

impl Evaluation<'_> {
    pub(super) fn aggregate(
        &mut self,
        function: Aggregation,
        grouping: &Grouping,
        rows: &[Row],
    ) -> Result<Vec<Row>, EvalError> {
        let mut groups = Rows::default();
        let mut members: Vec<Vec<&Row>> = Vec::new();
        for row in rows {
            let place = groups.place(group(&row.labels, grouping), 0);
            if place == members.len() {
                self.charge(1)?;
                members.push(Vec::new());
            }
            if let Some(group) = members.get_mut(place) {
                group.push(row);
            }
        }
        let mut made = Vec::new();
        for (group, mut members) in groups.into_vec().into_iter().zip(members) {
            if self.order == Order::Reversed {
                members.reverse();
            }
            let points = self.points();
            self.visit(members.len().saturating_mul(points))?;
            let values = (0..points).map(|step| {
                let present = members.iter().filter_map(|row| at(row, step));
                aggregated(function, present, self.semantics)
            });
            made.push(Row {
                labels: group.labels,
                values: values.collect(),
            });
        }
        Ok(made)
    }
}

fn group(labels: &Labels, grouping: &Grouping) -> Labels {
    let mut labels = labels.clone();
    match grouping {
        Grouping::By(names) => labels.0.retain(|name, _| names.binary_search(name).is_ok()),
        Grouping::Without(names) => labels
            .0
            .retain(|name, _| name != NAME && names.binary_search(name).is_err()),
    }
    labels
}

fn aggregated(
    function: Aggregation,
    mut values: impl Iterator<Item = f64>,
    semantics: Semantics,
) -> Option<f64> {
    let first = values.next()?;
    Some(match function {
        Aggregation::Count => 1.0 + values.count() as f64,
        Aggregation::Min => values.fold(first, lesser),
        Aggregation::Max => values.fold(first, greater),
        Aggregation::Avg => mean_of_series(std::iter::once(first).chain(values), semantics),
        Aggregation::Sum if semantics.compensates_sums() => {
            let mut sum = Compensated {
                sum: first,
                rest: 0.0,
            };
            values.for_each(|value| sum.add(value, semantics));
            sum.sum + sum.rest
        }
        Aggregation::Sum => values.fold(first, |sum, value| sum + value),
    })
}
