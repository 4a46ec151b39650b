//! What the samples of a chart say before they are drawn: how far they reach in time and value, and what lacks.

use super::LINES;
use super::trace::is_gap;
use crate::model::{Chart, Window};

/// What is known of the drawn lines.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Survey {
    /// Lowest and highest number.
    pub(super) range: Option<(f64, f64)>,
    /// When the highest number was seen first.
    pub(super) highest_at: i64,
    /// Samples that are infinite.
    pub(super) infinite: u64,
    /// Samples outside of the window.
    pub(super) outside: u64,
    /// Gaps between samples.
    pub(super) gaps: u64,
    /// The samples on both sides of the longest.
    pub(super) longest: Option<(i64, i64)>,
}

/// The axis of time: the chart's window, or what the samples span; none where nothing could be shown.
///
/// A single moment becomes a minute, with the moment in its middle.
pub(super) fn axis(chart: &Chart) -> Option<Window> {
    let window = chart.window.or_else(|| {
        let shown = (chart.lines.iter().take(LINES))
            .flat_map(|line| &line.points)
            .filter(|(_, value)| !value.is_nan());
        let times = || shown.clone().map(|(time, _)| *time);
        Some(Window {
            start_ms: times().min()?,
            end_ms: times().max()?,
        })
    })?;
    let (start_ms, end_ms) = (
        window.start_ms.min(window.end_ms),
        window.start_ms.max(window.end_ms),
    );
    Some(match start_ms == end_ms {
        true => Window {
            start_ms: start_ms.saturating_sub(30_000),
            end_ms: end_ms.saturating_add(30_000),
        },
        false => Window { start_ms, end_ms },
    })
}

/// Goes through the samples once.
pub(super) fn survey(chart: &Chart, axis: &Window) -> Survey {
    let mut found = Survey::default();
    for line in chart.lines.iter().take(LINES) {
        let mut before: Option<i64> = None;
        let mut is_open = false;
        for (time, value) in &line.points {
            if !(axis.start_ms..=axis.end_ms).contains(time) {
                found.outside += 1;
                continue;
            }
            if value.is_infinite() {
                found.infinite += 1;
            }
            if value.is_nan() {
                is_open = true;
                continue;
            }
            if let Some(before) = before
                && (is_open || is_gap(before, *time, chart.step_ms))
            {
                found.gap(before, *time);
            }
            before = Some(*time);
            is_open = false;
            if value.is_finite() {
                found.number(*time, *value);
            }
        }
    }
    found
}

impl Survey {
    fn gap(&mut self, before: i64, after: i64) {
        self.gaps += 1;
        let is_longer = |(start, end): (i64, i64)| after.abs_diff(before) > end.abs_diff(start);
        if self.longest.is_none_or(is_longer) {
            self.longest = Some((before, after));
        }
    }

    fn number(&mut self, time: i64, value: f64) {
        let (low, high) = self.range.unwrap_or((value, value));
        if self.range.is_none() || value > high {
            self.highest_at = time;
        }
        self.range = Some((low.min(value), high.max(value)));
    }
}
