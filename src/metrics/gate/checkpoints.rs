//! The rule that several moments in a row are bad.
//!
//! At each the last valid step in `(t - max age, t]` counts; none is as bad as a bad one. A moment that was not captured
//! (it lies outside of the judged part) is neither good nor bad: it ends the row, and the rule is inconclusive where it
//! does not fire already.

use super::judged::Judged;
use super::threshold::Threshold;
use super::values::{Value, Values};
use super::words::Clock;

#[derive(Clone, Copy, Eq, PartialEq)]
enum Mark {
    Passed,
    Failed,
    Unseen,
}

/// Judges the rule; `at` are moments in milliseconds since 1970.
pub(super) fn judge(
    values: &Values,
    threshold: &Threshold,
    at: &[i64],
    consecutive: u32,
    max_age_ms: u64,
    clock: Clock,
) -> Judged {
    if at.is_empty() || consecutive == 0 {
        return Judged::inconclusive("gate-rule", "the rule has no checkpoints");
    }
    let last_valid = last_valid(values);
    let marks: Vec<Mark> = (at.iter())
        .map(|ms| mark(values, &last_valid, threshold, *ms, max_age_ms))
        .collect();
    let (longest, end) = longest_row(&marks);
    let found = words(&marks, at, end, clock);
    let judged = if longest >= consecutive as usize {
        Judged::fired(found)
    } else if marks.contains(&Mark::Unseen) {
        Judged::inconclusive(
            "gate-window",
            format!("{found} (? is not in the judged window)"),
        )
    } else {
        Judged::quiet(found)
    };
    judged.weighing(longest as u64)
}

/// For each step the last valid one up to it.
fn last_valid(values: &Values) -> Vec<Option<usize>> {
    let steps = values.steps.iter().enumerate();
    steps
        .scan(None, |last, (index, value)| {
            if *value != Value::Unknown {
                *last = Some(index);
            }
            Some(*last)
        })
        .collect()
}

fn mark(
    values: &Values,
    last_valid: &[Option<usize>],
    threshold: &Threshold,
    ms: i64,
    max_age_ms: u64,
) -> Mark {
    let grid = &values.grid;
    let Ok(offset) = u64::try_from(i128::from(ms) - i128::from(grid.start_ms)) else {
        return Mark::Unseen;
    };
    let index = offset / grid.step_ms.max(1);
    if index >= grid.points {
        return Mark::Unseen;
    }
    let last = usize::try_from(index)
        .ok()
        .and_then(|at| *last_valid.get(at)?);
    let value = last.filter(|last| ms.abs_diff(grid.at(*last as u64)) < max_age_ms);
    let is_bad = value.and_then(|last| threshold.is_bad(*values.steps.get(last)?));
    match is_bad {
        Some(false) => Mark::Passed,
        Some(true) | None => Mark::Failed,
    }
}

/// How many in a row failed, and where the first such row ends.
fn longest_row(marks: &[Mark]) -> (usize, usize) {
    let (mut row, mut longest) = (0, (0, 0));
    for (end, mark) in (1..).zip(marks) {
        row = if *mark == Mark::Failed { row + 1 } else { 0 };
        if row > longest.0 {
            longest = (row, end);
        }
    }
    longest
}

/// `PPPF at 15:15 15:30 15:45 16:00 UTC`; of many, those up to `end`.
fn words(marks: &[Mark], at: &[i64], end: usize, clock: Clock) -> String {
    let first = end.saturating_sub(SHOWN);
    let letters: String = (marks.iter().skip(first).take(SHOWN))
        .map(|mark| match mark {
            Mark::Passed => 'P',
            Mark::Failed => 'F',
            Mark::Unseen => '?',
        })
        .collect();
    let shown = at.iter().skip(first).take(SHOWN);
    let times: Vec<String> = shown.map(|ms| clock.short(*ms)).collect();
    let more = match at.len().saturating_sub(times.len()) {
        0 => String::new(),
        count => format!(" ({count} more are not shown)"),
    };
    format!("{letters} at {} UTC{more}", times.join(" "))
}

/// Checkpoints that the words show; all are judged.
const SHOWN: usize = 24;
