//! What stands against a capture before its values are looked at.

use super::words::named;
use super::{Captured, Inputs};
use crate::metrics::{Grid, TimeSeries};
use crate::model::limits::{POINTS, STEPS};
use crate::model::{MetricRef, Problem};

/// What is known of the metric, all of it on its grid.
///
/// # Errors
/// When nothing is known, or not what was asked for.
pub(crate) fn usable<'a>(metric: &MetricRef, inputs: &'a Inputs) -> Result<&'a Captured, Problem> {
    let item = &metric.item;
    let captured = match inputs.get(item) {
        Some(Ok(captured)) => captured,
        Some(Err(problem)) => return Err(problem.clone()),
        None => {
            return Err(capture(format!("metric {item} was not captured")));
        }
    };
    if let Some(doubt) = &captured.doubt {
        let message = format!("metric {item} is in doubt: {}", doubt.message);
        return Err(Problem::new("gate-doubt", message));
    }
    if captured.series.iter().any(|series| series.histograms > 0) {
        let message = format!("metric {item} has native histograms, which are no numbers");
        return Err(Problem::new("gate-histogram", message));
    }
    on_grid(captured).map_err(|what| capture(format!("metric {item} {what}")))?;
    Ok(captured)
}

/// What the server warned of, where the metric does not accept it.
pub(crate) fn warnings<'a>(metric: &MetricRef, inputs: &'a Inputs) -> &'a [String] {
    match inputs.get(&metric.item) {
        Some(Ok(captured)) if !metric.expectation.accept_warnings => &captured.warnings,
        _ => &[],
    }
}

/// A reason against the metric, if its server warned of something.
pub(super) fn warned(metric: &MetricRef, inputs: &Inputs) -> Option<Problem> {
    let (first, others) = warnings(metric, inputs).split_first()?;
    let more = match others.len() {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    let message = format!(
        "the server warns about metric {}: {first}{more}",
        metric.item
    );
    Some(Problem::new("gate-warnings", message))
}

fn capture(message: String) -> Problem {
    Problem::new("gate-capture", message)
}

/// Whether every sample is at a step, in order, and each label set comes once.
fn on_grid(captured: &Captured) -> Result<(), String> {
    let grid = &captured.grid;
    if !is_sound(grid) {
        return Err("has no steps that can be laid out".into());
    }
    let steps = grid.points.saturating_mul(captured.series.len() as u64);
    if steps > STEPS {
        return Err(format!("has {steps} steps, at most {STEPS} are judged"));
    }
    let is_off = |series: &&TimeSeries| {
        let on = |ms| grid.index_of(ms).is_some();
        !series.samples.is_sorted_by(|a, b| a.ms < b.ms)
            || !series.samples.iter().all(|sample| on(sample.ms))
    };
    if let Some(series) = captured.series.iter().find(is_off) {
        let labels = named(&series.labels);
        return Err(format!("was answered for other times than asked: {labels}"));
    }
    let mut labels: Vec<_> = captured.series.iter().map(|one| &one.labels).collect();
    labels.sort_unstable();
    let twice = labels.windows(2).find(|pair| pair.first() == pair.last());
    match twice.and_then(<[_]>::first) {
        Some(labels) => Err(format!("has {} twice", named(labels))),
        None => Ok(()),
    }
}

fn is_sound(grid: &Grid) -> bool {
    let length = grid.step_ms.checked_mul(grid.points.saturating_sub(1));
    let end = length.and_then(|length| grid.start_ms.checked_add_unsigned(length));
    (1..=POINTS as u64).contains(&grid.points)
        && (grid.step_ms > 0 || grid.points == 1)
        && end.is_some()
}
