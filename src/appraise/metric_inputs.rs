//! The metrics that a gate or a derived value reads, each from its own item's files.

use super::metric_answer::{self, MetricAnswer};
use super::recompute::{self, Recomputed};
use crate::metrics::MetricRequest;
use crate::metrics::gate::{Captured, Inputs};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{Capture, MetricRef, Problem, Window};

/// What was captured of these metrics. `capture` holds the files of all of them.
///
/// Each is read over the window that its own `request.json` tells; that this is the window of its item, that item's
/// own claim shows.
pub(super) fn read(capture: &Capture, metrics: &[&MetricRef]) -> Inputs {
    let mut inputs = Inputs::new();
    for metric in metrics {
        inputs
            .entry(metric.item.clone())
            .or_insert_with(|| one(capture, metric));
    }
    inputs
}

fn one(capture: &Capture, metric: &MetricRef) -> Result<Captured, Problem> {
    let own = part(capture, metric)?;
    let answer = metric_answer::read(&own, &metric.expectation)?;
    let doubt = early(&own, &answer).or_else(|| {
        match recompute::recompute(&own, &metric.expectation, &answer) {
            Recomputed::Differs(problem) => Some(problem),
            _ => None,
        }
    });
    Ok(Captured {
        grid: answer.grid,
        series: (answer.series.iter())
            .map(|series| series.to_series(&answer.grid))
            .collect(),
        warnings: answer.warnings,
        doubt,
    })
}

/// The metric's own files, as the capture of its item has them.
fn part(capture: &Capture, metric: &MetricRef) -> Result<Capture, Problem> {
    let mut own = capture.under(&format!("metrics/{}", metric.item));
    let missing = |text: &str| Problem::new("metric-request", format!("{}: {text}", metric.item));
    let file = (own.file("request.json")).ok_or_else(|| missing("request.json is not there"))?;
    if file.bytes.len() as u64 > DOCUMENT_BYTES {
        return Err(missing("request.json is too large"));
    }
    let request: MetricRequest = serde_json::from_slice(&file.bytes)
        .map_err(|error| missing(&format!("request.json does not parse: {error}")))?;
    own.window = match (request.start_ms, request.end_ms, request.time_ms) {
        (Some(start_ms), Some(end_ms), None) => Some(Window { start_ms, end_ms }),
        (None, None, Some(time)) => Some(Window {
            start_ms: time,
            end_ms: time,
        }),
        _ => return Err(missing("request.json names no window")),
    };
    // Texts and numbers always serialise.
    own.request = serde_json::to_value(&request).unwrap_or_default();
    Ok(own)
}

/// Samples of a time that had not come yet repeat older ones.
fn early(capture: &Capture, answer: &MetricAnswer) -> Option<Problem> {
    let end_ms = answer.grid.end_ms();
    let clock = capture.captured.as_millisecond();
    let clock = (answer.answered_early_ms).or((clock < end_ms).then_some(clock))?;
    let text = format!(
        "the window ends {} ms after it was captured: its end repeats older samples",
        end_ms.abs_diff(clock)
    );
    Some(Problem::new("metric-stale", text))
}
