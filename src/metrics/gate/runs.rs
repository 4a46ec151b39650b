//! Runs of bad steps, and the rule that one lasts too long.
//!
//! A run is a longest sequence of bad steps: missing steps between two of them are bridged, a good step ends it. A few bad
//! steps must not carry a long run, so what fires is a stretch of a run, from a bad step to a bad step, of which at least
//! half is bad: mostly the run itself. So a run that fires does so too when good steps around it are lost. A run that is
//! long enough and has no such stretch is inconclusive.

use super::judged::Judged;
use super::threshold::Threshold;
use super::values::Values;
use super::words::{Clock, counted, rounded, with_unit};
use crate::model::time::duration_text;
use crate::model::{OpenRun, RuleOutcome, Run};

/// A length that a run must have.
#[derive(Clone, Copy)]
pub(super) struct Length {
    pub(super) ms: u64,
    /// Whether just that length is enough.
    pub(super) inclusive: bool,
}

impl Length {
    /// Steps from the first to the last of the shortest run that is long enough.
    fn steps(self, step_ms: u64) -> u64 {
        match (self.ms, step_ms) {
            // Any bad step.
            (0, _) => 0,
            // A single moment lasts for nothing.
            (_, 0) => u64::MAX,
            (ms, step) if self.inclusive => ms.div_ceil(step),
            (ms, step) => ms / step + 1,
        }
    }
}

/// A run by its steps.
#[derive(Clone, Copy)]
struct Stretch {
    first: usize,
    last: usize,
    bad: u64,
    open_start: bool,
    open_end: bool,
}

impl Stretch {
    fn steps(&self) -> u64 {
        (self.last - self.first) as u64
    }
}

/// Judges the rule that a run lasts that long.
pub(super) fn judge(
    values: &Values,
    threshold: &Threshold,
    length: Length,
    open_run: OpenRun,
    unit: &str,
    clock: Clock,
) -> Judged {
    let states = states(values, threshold);
    let found = stretches(&states);
    let needed = length.steps(values.grid.step_ms);
    let say = |run: &Stretch| words(run, &found, values, threshold, unit, clock);
    let longest = |runs: &mut dyn Iterator<Item = &Stretch>| -> Option<Stretch> {
        runs.copied()
            .reduce(|a, b| if b.steps() > a.steps() { b } else { a })
    };
    let weight = |run: &Stretch| run.steps().saturating_add(1);

    let fires = |run: &&Stretch| bears(&states, run, needed);
    let is_long = |run: &&Stretch| run.steps() >= needed;
    let open = found.last().filter(|run| run.open_end);
    let judged = if let Some(run) = longest(&mut found.iter().filter(fires)) {
        Judged::fired(say(&run)).weighing(weight(&run))
    } else if let Some(run) = longest(&mut found.iter().filter(is_long)) {
        let (bad, all) = (run.bad, run.steps() + 1);
        let what = format!(
            "{}; only {bad} of its {all} steps are known to be bad",
            say(&run)
        );
        Judged::inconclusive("gate-sparse-run", what).weighing(weight(&run))
    } else if let Some(run) = open.filter(|_| open_run == OpenRun::Inconclusive) {
        Judged::inconclusive("gate-open-run", say(run)).weighing(weight(run))
    } else {
        match longest(&mut found.iter()) {
            Some(run) => Judged::quiet(say(&run)).weighing(weight(&run)),
            None => Judged::quiet(""),
        }
    };
    let open = open.filter(|_| judged.outcome == RuleOutcome::Quiet);
    Judged {
        open: open.map(say),
        runs: listed(&found, values),
        ..judged
    }
}

/// The longest runs, in the order of time.
pub(super) fn of(values: &Values, threshold: &Threshold) -> Vec<Run> {
    listed(&stretches(&states(values, threshold)), values)
}

/// Whether each step is bad; none where nothing is known.
fn states(values: &Values, threshold: &Threshold) -> Vec<Option<bool>> {
    let steps = values.steps.iter();
    steps.map(|value| threshold.is_bad(*value)).collect()
}

fn stretches(states: &[Option<bool>]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut open: Option<Stretch> = None;
    let mut seen_good = false;
    for (index, state) in states.iter().enumerate() {
        match (state, &mut open) {
            (Some(true), Some(run)) => {
                run.last = index;
                run.bad += 1;
            }
            (Some(true), None) => {
                open = Some(Stretch {
                    first: index,
                    last: index,
                    bad: 1,
                    open_start: !seen_good,
                    open_end: false,
                });
            }
            (Some(false), _) => {
                seen_good = true;
                found.extend(open.take());
            }
            (None, _) => {}
        }
    }
    found.extend(open.map(|run| Stretch {
        open_end: true,
        ..run
    }));
    found
}

/// Whether a stretch of the run, from a bad step to one at least `needed` steps later, has half of its steps bad.
fn bears(states: &[Option<bool>], run: &Stretch, needed: u64) -> bool {
    let Ok(needed) = usize::try_from(needed) else {
        return false;
    };
    let steps = states.get(run.first..=run.last).unwrap_or_default();
    let weight = |state: Option<bool>| if state == Some(true) { 1_i64 } else { -1 };
    // Sums of weights: up to a step, and the least before a bad step that is far enough back.
    let (mut sum, mut before, mut least) = (0_i64, 0_i64, i64::MAX);
    for (index, state) in steps.iter().enumerate() {
        sum += weight(*state);
        let back = index.checked_sub(needed).and_then(|back| steps.get(back));
        if let Some(back) = back {
            if *back == Some(true) {
                least = least.min(before);
            }
            before += weight(*back);
        }
        if *state == Some(true) && least <= sum {
            return true;
        }
    }
    false
}

fn listed(found: &[Stretch], values: &Values) -> Vec<Run> {
    let mut longest: Vec<&Stretch> = found.iter().collect();
    longest.sort_by_key(|run| std::cmp::Reverse(run.steps()));
    longest.truncate(LISTED);
    longest.sort_by_key(|run| run.first);
    longest
        .into_iter()
        .map(|run| Run {
            start_ms: values.grid.at(run.first as u64),
            end_ms: values.grid.at(run.last as u64),
            bad: run.bad,
            bridged: (run.steps() + 1).saturating_sub(run.bad),
            open_start: run.open_start,
            open_end: run.open_end,
        })
        .collect()
}

fn words(
    run: &Stretch,
    all: &[Stretch],
    values: &Values,
    threshold: &Threshold,
    unit: &str,
    clock: Clock,
) -> String {
    let at = |index: usize| clock.moment(values.grid.at(index as u64));
    let shown = |value| with_unit(&rounded(value, Some(threshold.bound.value)), unit);
    let worst = worst(run, values, threshold);
    let mut text = if run.first == run.last {
        let value = worst.map_or("no value".into(), |(_, value)| shown(value));
        format!("{value} at {} UTC", at(run.first))
    } else {
        let length = run.steps().saturating_mul(values.grid.step_ms);
        let (length, from, to) = (duration_text(length), at(run.first), at(run.last));
        let worst = worst.map_or(", no value".into(), |(index, value)| {
            format!(", worst {} at {} UTC", shown(value), at(index))
        });
        format!("{length} from {from} to {to} UTC{worst}")
    };
    let bridged = (run.steps() + 1).saturating_sub(run.bad);
    if bridged > 0 {
        let steps = counted(bridged, "step");
        text.push_str(&format!(", {steps} between without a value"));
    }
    if run.open_start && run.first == 0 {
        text.push_str(", already so at the start of the window");
    }
    if run.open_end {
        text.push_str(match run.last + 1 == values.steps.len() {
            true => ", still so at the end of the window",
            false => ", nothing good after it in the window",
        });
    }
    if all.len() > 1 {
        text.push_str(&format!("; {} runs in all", all.len()));
    }
    text
}

/// The worst number of the run, and its step.
fn worst(run: &Stretch, values: &Values, threshold: &Threshold) -> Option<(usize, f64)> {
    let steps = values.steps.get(run.first..=run.last)?;
    (run.first..)
        .zip(steps)
        .filter(|(_, value)| threshold.is_bad(**value) == Some(true))
        .filter_map(|(index, value)| Some((index, value.number()?)))
        .reduce(|a, b| if threshold.is_worse(b.1, a.1) { b } else { a })
}

/// Runs that a result lists; all are judged.
const LISTED: usize = 100;
