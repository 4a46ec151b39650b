//! `rate`, `increase` and `delta` (`extrapolatedRate` in `promql/functions.go`).

use super::selectors::Window;
use crate::metrics::Sample;
use crate::metrics::promql::semantics::Semantics;

/// Which of the three.
#[derive(Clone, Copy)]
pub(super) struct Rate {
    pub(super) is_counter: bool,
    pub(super) per_second: bool,
    /// Milliseconds.
    pub(super) range_ms: i64,
}

/// The change over a window, extrapolated to its ends where the samples reach close enough to them.
pub(super) fn extrapolated(
    held: &[Sample],
    window: &Window,
    rate: Rate,
    semantics: Semantics,
) -> Option<f64> {
    let [first, .., last] = held else {
        return None;
    };
    let mut change = last.value - first.value;
    if rate.is_counter {
        for (before, after) in held.iter().zip(held.iter().skip(1)) {
            // A counter that falls began anew at 0.
            if after.value < before.value {
                change += before.value;
            }
        }
    }
    let mut to_start = seconds(first.ms, window.from_ms);
    let mut to_end = seconds(window.to_ms, last.ms);
    let sampled = seconds(last.ms, first.ms);
    let gap = sampled / (held.len() - 1) as f64;
    let threshold = gap * 1.1;

    let to_zero = if rate.is_counter && change > 0.0 && first.value >= 0.0 {
        sampled * (first.value / change)
    } else {
        f64::INFINITY
    };
    let clamp = |to_start: f64| {
        if to_zero < to_start {
            to_zero
        } else {
            to_start
        }
    };
    if !semantics.clamps_last() {
        to_start = clamp(to_start);
    }
    if to_start >= threshold {
        to_start = gap / 2.0;
    }
    if semantics.clamps_last() {
        to_start = clamp(to_start);
    }
    if to_end >= threshold {
        to_end = gap / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if rate.per_second {
        factor /= whole_seconds(rate.range_ms);
    }
    Some(change * factor)
}

fn seconds(later_ms: i64, earlier_ms: i64) -> f64 {
    later_ms.saturating_sub(earlier_ms) as f64 / 1_000.0
}

/// Seconds as Go's `Duration.Seconds` makes them: whole ones and a fraction of nanoseconds.
fn whole_seconds(ms: i64) -> f64 {
    (ms / 1_000) as f64 + ((ms % 1_000) * 1_000_000) as f64 / 1e9
}
