//! Does a statistic of a captured query keep to its limit?

use super::metric_answer::{self, MetricAnswer};
use super::metric_facts::{Facts, decimal, duration, exhibits, limit_text, summary, with_unit};
use super::recompute::{Recomputed, recompute};
use super::{Appraised, Claim};
use crate::metrics::statistic::{self, Bound};
use crate::metrics::{Column, Coverage, Step};
use crate::model::{Capture, MetricExpectation, Problem, Series, Statistic, Status};

pub use super::metric_answer::{chunk_name, http_date_ms, is_json};

/// Appraises a captured query.
///
/// Reads the captured bytes alone. Every step is counted: missing and NaN steps are no numbers, and any NaN or
/// infinity, gap, warning or doubt is a problem of its own code; with one, nothing is met. `met` is none when no
/// limit is set and nothing stands against the value.
pub fn metric(capture: &Capture, expectation: &MetricExpectation) -> Appraised {
    match metric_answer::read(capture, expectation) {
        Ok(answer) => {
            let recomputed = recompute(capture, expectation, &answer);
            judge(capture, expectation, &answer, Vec::new(), &recomputed)
        }
        Err(problem) => {
            let summary = format!("no value: {}", problem.message);
            let facts = Facts::unread(capture, expectation);
            let claim = Claim::new(Status::Missing, Some(false), facts, vec![problem]);
            Appraised::new(claim, summary)
        }
    }
}

/// Judges series that something else than a server's answer gave; `problems` is what stands against them already.
pub(super) fn judge_series(
    capture: &Capture,
    expectation: &MetricExpectation,
    answer: &MetricAnswer,
    problems: Vec<Problem>,
    proven: Status,
) -> Appraised {
    let recomputed = match proven {
        Status::Verified => Recomputed::NotAsked,
        _ => Recomputed::Open(
            "an answer that it is computed of does not follow from its samples".into(),
        ),
    };
    judge(capture, expectation, answer, problems, &recomputed)
}

/// A series laid on the grid, with what follows from it.
pub(super) struct Judged<'a> {
    pub(super) series: &'a Column,
    pub(super) coverage: Coverage,
    /// The statistic.
    pub(super) value: Option<f64>,
    /// Whether it keeps to the limit; none without one.
    good: Option<bool>,
}

fn judge(
    capture: &Capture,
    expectation: &MetricExpectation,
    answer: &MetricAnswer,
    mut problems: Vec<Problem>,
    recomputed: &Recomputed,
) -> Appraised {
    if let Recomputed::Differs(problem) = recomputed {
        problems.push(problem.clone());
    }
    let bound = bound(expectation, &mut problems);
    let judged: Vec<Judged<'_>> = answer
        .series
        .iter()
        .map(|series| Judged::of(series, expectation, answer, bound))
        .collect();
    look_at_answer(capture, expectation, answer, &mut problems);
    if judged.iter().all(|one| one.coverage.numbers == 0) {
        problems.push(Problem::new("metric-empty", "the query gave no number"));
    }
    let several = expectation.series == Series::Single && judged.len() > 1;
    if several {
        problems.push(Problem::new(
            "metric-several-series",
            format!(
                "the query gave {} series, one is expected: sum them up, or say series: all",
                judged.len()
            ),
        ));
    }
    for one in &judged {
        // One is enough to fail the item; thousands of the same tell nobody more.
        if problems.len() < PROBLEMS {
            one.look(expectation, &mut problems);
        }
    }
    let worst = match (several, judged.as_slice()) {
        (true, _) | (false, []) => None,
        (false, [one]) => Some(one),
        (false, all) => worst(all, bound),
    };
    if let (Some(one), Some(limit)) = (worst, &expectation.limit)
        && let (Some(value), Some(false)) = (one.value, one.good)
    {
        problems.push(Problem::new(
            "metric-limit",
            format!(
                "{} {} breaks the limit {}",
                statistic::name(expectation.statistic),
                with_unit(&decimal(value), expectation),
                limit_text(limit, expectation),
            ),
        ));
    }
    let valued = judged.iter().filter(|one| one.value.is_some()).count();
    let is_the_gates = |problem: &Problem| GATES.contains(&problem.code.as_str());
    let met = if expectation.gated && !problems.is_empty() && problems.iter().all(is_the_gates) {
        None
    } else if problems.is_empty() && valued > 0 && valued == judged.len() {
        bound.map(|_| judged.iter().all(|one| one.good == Some(true)))
    } else {
        Some(false)
    };
    let status = match valued {
        0 => Status::Missing,
        // The samples were asked for so that the answer follows from them, and it does not.
        _ if matches!(recomputed, Recomputed::Open(_) | Recomputed::Differs(_)) => Status::Recorded,
        _ => Status::Verified,
    };
    let facts = Facts::of(capture, expectation, answer, &judged, worst, met)
        .with_recomputed(recomputed.facts());
    let mut summary = summary(expectation, &judged, worst, &problems);
    if let Some(words) = recomputed.words() {
        summary.push_str(", ");
        summary.push_str(&words);
    }
    Appraised {
        claim: Claim::new(status, met, facts, problems),
        summary,
        exhibits: exhibits(expectation, answer, &judged, bound),
    }
}

impl<'a> Judged<'a> {
    fn of(
        series: &'a Column,
        expectation: &MetricExpectation,
        answer: &MetricAnswer,
        bound: Option<Bound>,
    ) -> Self {
        let steps: Vec<Step> = series.steps(&answer.grid).collect();
        let numbers: Vec<f64> = steps.iter().filter_map(|step| step.number()).collect();
        Self {
            series,
            coverage: Coverage::of(&steps),
            value: statistic::compute(expectation.statistic, &numbers, bound),
            good: bound.map(|bound| statistic::is_good(expectation.statistic, &numbers, bound)),
        }
    }

    /// What stands against the series whatever its values say.
    fn look(&self, expectation: &MetricExpectation, problems: &mut Vec<Problem>) {
        let labels = &self.series.labels;
        let found = &self.coverage;
        let mut add = |code: &str, text: String| {
            problems.push(Problem::new(code, format!("{labels}: {text}")));
        };
        if self.series.histograms > 0 {
            add(
                "metric-native-histogram",
                "has native histograms, which are no numbers".into(),
            );
        }
        if found.nan > 0 || (found.numbers > 0 && self.value.is_none()) {
            add(
                "metric-nan",
                format!("{} of {} values are NaN", found.nan, found.points),
            );
        }
        if found.infinite > 0 {
            add(
                "metric-inf",
                format!("{} of {} values are infinite", found.infinite, found.points),
            );
        }
        let Some(range) = expectation.range else {
            return;
        };
        let longest = found.longest_gap.saturating_mul(range.step_ms);
        let last = found.last_gap.saturating_mul(range.step_ms);
        if last > expectation.max_gap_ms {
            add(
                "metric-stale",
                format!("no number in the last {} of the window", duration(last)),
            );
        }
        // A gap that is the stale end has been named.
        if longest > expectation.max_gap_ms && longest != last {
            add("metric-gap", format!("no number for {}", duration(longest)));
        }
        if !found.is_at_least(expectation.min_coverage_percent) {
            add(
                "metric-coverage",
                format!(
                    "{} of {} steps have a number, at least {} % must",
                    found.numbers, found.points, expectation.min_coverage_percent
                ),
            );
        }
    }
}

fn look_at_answer(
    capture: &Capture,
    expectation: &MetricExpectation,
    answer: &MetricAnswer,
    problems: &mut Vec<Problem>,
) {
    let end_ms = answer.grid.end_ms();
    let clock = capture.captured.as_millisecond();
    let early = answer
        .answered_early_ms
        .or((clock < end_ms).then_some(clock));
    if let Some(clock) = early {
        problems.push(Problem::new(
            "metric-stale",
            format!(
                "the window ends {} after it was captured: its end repeats older samples",
                duration(end_ms.abs_diff(clock))
            ),
        ));
    }
    if !answer.warnings.is_empty() && !expectation.accept_warnings {
        problems.push(Problem::new(
            "metric-warnings",
            format!("the server warns: {}", answer.warnings.join("; ")),
        ));
    }
}

/// The limit with its bound read.
fn bound(expectation: &MetricExpectation, problems: &mut Vec<Problem>) -> Option<Bound> {
    let Some(limit) = &expectation.limit else {
        if let Statistic::Within(_) = expectation.statistic {
            problems.push(Problem::new("metric-limit", "a share needs a limit"));
        }
        return None;
    };
    match limit
        .bound
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
    {
        Some(value) => Some(Bound {
            operator: limit.operator,
            value,
        }),
        None => {
            let text = format!("the limit {:?} is no number", limit.bound);
            problems.push(Problem::new("metric-limit", text));
            None
        }
    }
}

/// The series that counts: one that breaks the limit before one without a value before the one nearest to it.
fn worst<'a, 'b>(all: &'b [Judged<'a>], bound: Option<Bound>) -> Option<&'b Judged<'a>> {
    let bound = bound?;
    let badness = |one: &Judged<'_>| {
        let value = one.value.unwrap_or(f64::NAN);
        use crate::model::Operator::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
        match bound.operator {
            Less | AtMost => value,
            Greater | AtLeast => -value,
            Equal => (value - bound.value).abs(),
            NotEqual => -(value - bound.value).abs(),
        }
    };
    all.iter().reduce(|worst, one| {
        let key = |one: &Judged<'_>| {
            (
                one.value.is_some() && one.good == Some(false),
                one.value.is_none(),
            )
        };
        let order = key(one)
            .cmp(&key(worst))
            .then(badness(one).total_cmp(&badness(worst)));
        if order.is_gt() { one } else { worst }
    })
}

/// What a gate has a policy for.
const GATES: [&str; 6] = [
    "metric-coverage",
    "metric-empty",
    "metric-gap",
    "metric-inf",
    "metric-nan",
    "metric-stale",
];
/// Problems after which no further series is asked for its own.
const PROBLEMS: usize = 100;

#[cfg(test)]
mod tests;
