//! The metrics that a gate or a derived value reads, each from its own item's files.

use super::REDACTED;
use super::metric_answer::{self, MetricAnswer};
use super::recompute::{self, Recomputed};
use crate::metrics::MetricRequest;
use crate::metrics::gate::{Captured, Inputs};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{Capture, MetricRef, Problem, Status, Window};

/// What was captured of these metrics. `capture` holds the files of all of them.
///
/// Each is read over the window that its own `request.json` tells; that this is the window of its item, that item's
/// own claim shows.
pub(super) fn read(capture: &Capture, metrics: &[&MetricRef]) -> Read {
    let mut found = Read {
        inputs: Inputs::new(),
        follow: true,
    };
    for metric in metrics {
        if !found.inputs.contains_key(&metric.item) {
            let one = one(capture, metric, &mut found.follow);
            found.inputs.insert(metric.item.clone(), one);
        }
    }
    found
}

/// What was captured of metrics.
pub(super) struct Read {
    /// By their items.
    pub(super) inputs: Inputs,
    /// Whether each answer follows from its samples where these were asked for.
    pub(super) follow: bool,
}

impl Read {
    /// How far what is computed of them is proven.
    pub(super) fn status(&self) -> Status {
        match self.follow {
            true => Status::Verified,
            false => Status::Recorded,
        }
    }
}

fn one(capture: &Capture, metric: &MetricRef, follow: &mut bool) -> Result<Captured, Problem> {
    let own = part(capture, metric)?;
    let answer = metric_answer::read(&own, &metric.expectation)?;
    let redacted = own.is_redacted().then(|| {
        let text = "a place in its files was redacted";
        Problem::new(REDACTED, text)
    });
    let doubt = redacted.or_else(|| early(&own, &answer)).or_else(|| {
        match recompute::recompute(&own, &metric.expectation, &answer) {
            Recomputed::Differs(problem) => Some(problem),
            Recomputed::Open(_) => {
                *follow = false;
                None
            }
            Recomputed::NotAsked | Recomputed::Equal => None,
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
