//! A rule, made ready once for all series of its check.

use super::judged::Judged;
use super::runs::Length;
use super::threshold::Threshold;
use super::values::Values;
use super::words::{Clock, exact, rounded, with_unit};
use super::{Inputs, checkpoints, growth, reduce, runs, share, threshold};
use crate::metrics::decimal::Decimal;
use crate::metrics::statistic;
use crate::model::time::duration_text;
use crate::model::{GateCheck, Problem, Rule, RuleOutcome, RuleResult, Test};

/// A rule with its words and its number.
pub(super) struct Ready<'a> {
    check: &'a GateCheck,
    rule: &'a Rule,
    /// The rule in words.
    pub(super) words: String,
    /// None for growth, which compares with nothing else.
    threshold: Option<Result<Threshold, Problem>>,
    /// Start of the captured window, which checkpoints count from.
    start_ms: i64,
}

impl<'a> Ready<'a> {
    pub(super) fn of(rule: &'a Rule, check: &'a GateCheck, inputs: &Inputs, start_ms: i64) -> Self {
        let when = rule.test.when();
        Self {
            check,
            rule,
            words: words(&rule.test, &check.unit),
            threshold: when.map(|when| Threshold::of(when, check, inputs)),
            start_ms,
        }
    }

    pub(super) fn judge(&self, values: &Values, clock: Clock) -> Judged {
        let unit = self.check.unit.as_str();
        let threshold = match &self.threshold {
            Some(Ok(threshold)) => threshold,
            Some(Err(problem)) => {
                return Judged::inconclusive(problem.code.clone(), problem.message.clone());
            }
            None => {
                return match &self.rule.test {
                    Test::Growth { relative, absolute } => {
                        growth::judge(values, relative, absolute, unit)
                    }
                    _ => Judged::inconclusive("gate-rule", "the rule says not what is bad"),
                };
            }
        };
        let judged = match &self.rule.test {
            Test::For {
                length_ms,
                inclusive,
                ..
            } => {
                let length = Length {
                    ms: *length_ms,
                    inclusive: *inclusive,
                };
                runs::judge(values, threshold, length, self.check.open_run, unit, clock)
            }
            Test::Checkpoints {
                at_ms,
                consecutive,
                max_age_ms,
                ..
            } => {
                let at: Vec<i64> = (at_ms.iter())
                    .map(|ms| self.start_ms.saturating_add_unsigned(*ms))
                    .collect();
                checkpoints::judge(values, threshold, &at, *consecutive, *max_age_ms, clock)
            }
            Test::Growth { relative, absolute } => growth::judge(values, relative, absolute, unit),
            Test::OkRatio { min, .. } => share::judge(values, threshold, min),
            Test::Reduce { statistic, .. } => reduce::judge(values, threshold, *statistic, unit),
        };
        match threshold.baseline {
            Some(base) if !judged.found.is_empty() => {
                let bad = rounded(threshold.bound.value, None);
                let base = with_unit(&rounded(base, None), unit);
                let bad = with_unit(&bad, unit);
                let found = format!(
                    "{} (baseline {base}, bad is {} {bad})",
                    judged.found, threshold.bound.operator
                );
                Judged { found, ..judged }
            }
            _ => judged,
        }
    }

    pub(super) fn result(&self, judged: &Judged) -> RuleResult {
        let threshold = self
            .threshold
            .as_ref()
            .and_then(|known| known.as_ref().ok());
        RuleResult {
            level: self.rule.level,
            rule: self.words.clone(),
            outcome: judged.outcome,
            found: judged.found.clone(),
            threshold: threshold.map(|threshold| exact(threshold.bound.value)),
            baseline: threshold
                .and_then(|threshold| threshold.baseline)
                .map(exact),
            runs: judged.runs.clone(),
        }
    }

    /// Code and verdict of what the rule says; none when it is quiet.
    pub(super) fn stands(&self, judged: &Judged) -> Option<(String, crate::model::GateVerdict)> {
        use crate::model::{GateVerdict, Level};
        match judged.outcome {
            RuleOutcome::Quiet => None,
            RuleOutcome::Inconclusive => Some((judged.code.clone(), GateVerdict::Inconclusive)),
            RuleOutcome::Fired => Some(match self.rule.level {
                Level::Yellow => ("gate-yellow".into(), GateVerdict::Yellow),
                Level::Red => ("gate-red".into(), GateVerdict::Red),
            }),
        }
    }
}

/// The rule in words, such as `> 0.35 s for more than 15m`.
pub(super) fn words(test: &Test, unit: &str) -> String {
    let bad = |when| threshold::words(when, unit);
    let percent = |share: &str| match Decimal::parse(share) {
        Some(share) => format!("{} %", share.percent()),
        None => share.into(),
    };
    match test {
        Test::For {
            when, length_ms: 0, ..
        } => format!("{} at any step", bad(when)),
        Test::For {
            when,
            length_ms,
            inclusive,
        } => {
            let how = if *inclusive { "at least" } else { "more than" };
            format!("{} for {how} {}", bad(when), duration_text(*length_ms))
        }
        Test::Checkpoints {
            when, consecutive, ..
        } => match consecutive {
            1 => format!("{} at a checkpoint", bad(when)),
            _ => format!("{} at {consecutive} checkpoints in a row", bad(when)),
        },
        Test::Growth { relative, absolute } => format!(
            "median of the last third above that of the first by more than {} and more than {}",
            percent(relative),
            with_unit(absolute, unit)
        ),
        Test::OkRatio { when, min } => {
            format!(
                "fewer than {} of steps good (bad is {})",
                percent(min),
                bad(when)
            )
        }
        Test::Reduce { when, statistic } => {
            format!("{} {}", statistic::name(*statistic), bad(when))
        }
    }
}
