//! The rule that the values do not stay where they were: medians of the first and the last third of the window.

use super::judged::Judged;
use super::threshold::number;
use super::values::Values;
use super::words::{rounded, with_unit};
use crate::metrics::statistic;
use crate::model::Statistic;

/// Judges the rule: fires when the last median exceeds the first by more than both.
///
/// Thirds by time, both ends: `t <= start + (end - start) div 3` and `t >= end - (end - start) div 3`.
pub(super) fn judge(values: &Values, relative: &str, absolute: &str, unit: &str) -> Judged {
    let (relative, absolute) = match (number(relative), number(absolute)) {
        (Ok(relative), Ok(absolute)) => (relative, absolute),
        (Err(problem), _) | (_, Err(problem)) => {
            return Judged::inconclusive(problem.code, problem.message);
        }
    };
    let (start, end) = (values.grid.start_ms, values.grid.end_ms());
    let third = end.abs_diff(start) / 3;
    let first_end = start.saturating_add_unsigned(third);
    let last_start = end.saturating_sub_unsigned(third);
    if first_end >= last_start {
        return Judged::inconclusive("gate-number", "a single moment has no thirds");
    }
    let median = |belongs: &dyn Fn(i64) -> bool| {
        let numbers: Vec<f64> = values
            .timed()
            .filter(|(ms, _)| belongs(*ms))
            .filter_map(|(_, value)| value.number())
            .collect();
        statistic::compute(Statistic::Median, &numbers, None)
    };
    let first = median(&|ms| ms <= first_end);
    let last = median(&|ms| ms >= last_start);
    let (Some(first), Some(last)) = (first, last) else {
        return Judged::inconclusive("gate-number", "a third of the window has no number");
    };
    let grown = last - first;
    let most = absolute.max(relative * first.abs());
    if grown.is_nan() || most.is_nan() {
        return Judged::inconclusive("gate-number", "the medians are infinite");
    }
    let shown = |value: f64| with_unit(&rounded(value, None), unit);
    let more = match grown {
        grown if grown > 0.0 => format!("more by {}", shown(grown)),
        grown if grown < 0.0 => format!("less by {}", shown(-grown)),
        _ => "no more".into(),
    };
    let found = format!(
        "median {} in the first third, {} in the last: {more}, at most {}",
        shown(first),
        shown(last),
        with_unit(&rounded(most, Some(grown)), unit)
    );
    if grown <= most && values.bad_without_number() > 0 {
        let what = format!("{found}; but steps without a number count as bad");
        return Judged::inconclusive("gate-number", what);
    }
    Judged::when(grown > most, found)
}
