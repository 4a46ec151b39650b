//! Samples that a selector has at a step.

use super::rows::Row;
use super::{EvalError, Evaluation};
use crate::metrics::promql::ast::{InstantSelector, RangeSelector};
use crate::metrics::promql::needs::LOOKBACK_MS;
use crate::metrics::promql::samples::{RawSeries, is_stale_marker};
use crate::metrics::promql::selector::Selector;

/// A stretch of time whose right end belongs to it.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Milliseconds since 1970.
    pub(super) from_ms: i64,
    /// Milliseconds since 1970.
    pub(super) to_ms: i64,
    left_open: bool,
}

impl Window {
    pub(super) fn holds(&self, ms: i64) -> bool {
        !self.is_before(ms) && ms <= self.to_ms
    }

    /// Whether the time lies before the window.
    pub(super) fn is_before(&self, ms: i64) -> bool {
        ms < self.from_ms || (self.left_open && ms == self.from_ms)
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn raw_series(&self, selector: &Selector) -> Result<&'a [RawSeries], EvalError> {
        let selector = selector.to_string();
        let series = self.samples.of(&selector);
        series.ok_or(EvalError::Unasked { selector })
    }

    pub(super) fn window(&self, range: &RangeSelector, ms: i64) -> Window {
        self.back(ms, range.offset_ms, range.range_ms)
    }

    fn back(&self, ms: i64, offset_ms: i64, length_ms: i64) -> Window {
        let to_ms = ms.saturating_sub(offset_ms);
        Window {
            from_ms: to_ms.saturating_sub(length_ms),
            to_ms,
            left_open: self.semantics.is_left_open(),
        }
    }

    /// The last sample of each series in the five minutes before each step, unless it is a stale marker.
    pub(super) fn instant(&mut self, used: &InstantSelector) -> Result<Vec<Row>, EvalError> {
        let mut rows = Vec::new();
        for series in self.raw_series(&used.selector)? {
            self.charge(1)?;
            self.visit(series.samples.len())?;
            let mut samples = series.samples.iter().peekable();
            let mut last = None;
            let values: Vec<Option<f64>> = self
                .steps()
                .map(|ms| {
                    let window = self.back(ms, used.offset_ms, LOOKBACK_MS);
                    while let Some(sample) = samples.next_if(|one| one.ms <= window.to_ms) {
                        last = Some(*sample);
                    }
                    last.filter(|one| !window.is_before(one.ms) && !is_stale_marker(one.value))
                        .map(|one| one.value)
                })
                .collect();
            if values.iter().any(Option::is_some) {
                rows.push(Row {
                    labels: series.labels.clone(),
                    values,
                });
            }
        }
        Ok(rows)
    }
}
