//! From what gates and derived values name to what is judged: metrics in a phase, windows, moments.

use super::derived::Derived;
use super::diagnostic::{Position, Problems, Spot, quoted};
use super::formula::{BaselineSource, FormulaSource};
use super::gates::{Check, Gate};
use super::judged::{Judged, check_part, check_same_steps, check_statistic};
use super::model::{Config, Metric};
use super::phases::{filled, planned_id};
use super::rule_source::{BadSource, RuleSource, TestSource};
use crate::model::limits::PLANNED_QUERY_BYTES;
use crate::model::{
    Bad, Baseline, DerivedExpectation, Formula, GateCheck, GateExpectation, MetricExpectation,
    MetricRef, Phase, Rule, Test,
};
use std::collections::BTreeMap;

/// Age of a step at a checkpoint from which on it is too old, in milliseconds; the step's length where that is longer.
const MAX_AGE_MS: u64 = 60_000;

/// Finds metrics by name and phase.
pub(super) struct Resolver<'c> {
    metrics: BTreeMap<&'c str, &'c Metric>,
    phases: &'c BTreeMap<String, Phase>,
    query_bytes: usize,
}

/// What a metric asks for in a phase: the phase's window, where it has one.
pub(super) fn metric_in(metric: &Metric, phase: Option<&Phase>) -> MetricExpectation {
    let mut expectation = metric.expectation.clone();
    if let (Some(range), Some(phase)) = (&mut expectation.range, phase)
        && let Some(window_ms) = phase.window_for(range.step_ms)
    {
        range.window_ms = window_ms;
    }
    expectation
}

impl<'c> Resolver<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let metrics = config.metrics.iter();
        Self {
            metrics: metrics.map(|m| (m.id.value.as_str(), m)).collect(),
            phases: &config.phases,
            query_bytes: 0,
        }
    }

    /// A metric's expectation, counted: what is planned is written down as often as it is meant.
    pub(super) fn expectation(
        &mut self,
        metric: &Metric,
        phase: Option<&str>,
        at: Position,
        problems: &mut Problems,
    ) -> Option<MetricExpectation> {
        let asked = &metric.expectation;
        let source = asked.source_query.as_ref().map_or(0, String::len);
        self.query_bytes += asked.expr.len() + source;
        if self.query_bytes > PLANNED_QUERY_BYTES {
            let most = PLANNED_QUERY_BYTES >> 20;
            problems.add(at, format!("more than {most} MiB of queries are planned"));
            return None;
        }
        let phase = phase.and_then(|phase| self.phases.get(phase));
        Some(metric_in(metric, phase))
    }

    /// The metric as it is captured in the phase; none, with a problem, when it is not.
    fn metric(
        &mut self,
        name: &str,
        phase: Option<&str>,
        at: Position,
        problems: &mut Problems,
    ) -> Option<MetricRef> {
        // A name that nothing has, or of a metric that is wrong, was a problem already.
        let metric = *self.metrics.get(name)?;
        let has = &metric.phases;
        let item = match phase {
            Some(phase) if has.iter().any(|other| other.value == phase) => planned_id(name, phase),
            None if has.is_empty() => name.into(),
            _ => {
                not_captured(name, phase, has, at, problems);
                return None;
            }
        };
        let expectation = self.expectation(metric, phase, at, problems)?;
        Some(MetricRef {
            item,
            expectation: Box::new(expectation),
        })
    }

    fn spot(
        &mut self,
        name: &Spot<String>,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> Option<MetricRef> {
        self.metric(&name.value, phase, name.at, problems)
    }

    fn formula(
        &mut self,
        source: &FormulaSource,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> Option<Formula> {
        Some(match source {
            FormulaSource::Metric(metric) => Formula::Metric {
                metric: self.spot(metric, phase, problems)?,
            },
            FormulaSource::Ratio {
                numerator,
                denominator,
            } => {
                let above = self.spot(numerator, phase, problems)?;
                let below = self.spot(denominator, phase, problems)?;
                check_same_steps(&above, &below, denominator.at, problems);
                Formula::Ratio {
                    numerator: above,
                    denominator: below,
                }
            }
            FormulaSource::BurnRate { errors, objective } => Formula::BurnRate {
                errors: self.spot(errors, phase, problems)?,
                objective: objective.clone(),
            },
            FormulaSource::BudgetUsed {
                errors,
                objective,
                period_ms,
            } => Formula::BudgetUsed {
                errors: self.spot(errors, phase, problems)?,
                objective: objective.clone(),
                period_ms: *period_ms,
            },
            FormulaSource::Change { metric, baseline } => Formula::Change {
                metric: self.spot(metric, phase, problems)?,
                baseline: self.baseline(baseline, Some(metric), phase, problems)?,
            },
        })
    }

    fn baseline(
        &mut self,
        source: &BaselineSource,
        own: Option<&Spot<String>>,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> Option<Baseline> {
        let (metric, of, part, statistic) = match source {
            BaselineSource::Constant(value) => {
                let value = value.clone();
                return Some(Baseline::Constant { value });
            }
            BaselineSource::Of {
                metric,
                phase,
                part,
                statistic,
            } => (metric, phase, part, *statistic),
        };
        let name = metric.as_ref().or(own)?;
        let at = of.as_ref().or(metric.as_ref()).map_or(part.at, |of| of.at);
        let phase = of.as_ref().map(|of| of.value.as_str()).or(phase);
        let metric = self.metric(&name.value, phase, at, problems)?;
        check_part(part, metric.expectation.range, problems)?;
        check_statistic(statistic, metric.expectation.range, part.at, problems);
        Some(Baseline::Of {
            metric,
            part: part.value,
            statistic,
        })
    }

    /// A derived value in a phase.
    pub(super) fn derived(
        &mut self,
        derived: &Derived,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> Option<DerivedExpectation> {
        let source = self.formula(&derived.source, phase, problems)?;
        let metrics = source.metrics();
        let first = &metrics.first()?.expectation;
        let coverage = derived.min_coverage_percent;
        Some(DerivedExpectation {
            unit: derived.unit.clone(),
            series: derived.series,
            statistic: derived.statistic,
            limit: derived.limit.clone(),
            min_coverage_percent: coverage.unwrap_or(first.min_coverage_percent),
            max_gap_ms: derived.max_gap_ms.unwrap_or(first.max_gap_ms),
            source,
        })
    }

    /// A gate in a phase.
    pub(super) fn gate(
        &mut self,
        gate: &Gate,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> GateExpectation {
        // Ids that differ in the text may be one once the phase is filled in.
        let mut ids: BTreeMap<String, &str> = BTreeMap::new();
        for check in &gate.checks {
            let id = filled(&check.id.value, phase);
            let first = *ids.entry(id.clone()).or_insert(&check.id.value);
            if first != check.id.value {
                let message = format!("the check {} is there twice", quoted(&id));
                problems.hinted(check.id.at, message, "give one an id of its own");
            }
        }
        let checks = gate.checks.iter();
        let checks: Vec<GateCheck> = checks
            .filter_map(|check| self.check(check, phase, problems))
            .collect();
        GateExpectation { checks }
    }

    fn check(
        &mut self,
        check: &Check,
        phase: Option<&str>,
        problems: &mut Problems,
    ) -> Option<GateCheck> {
        let source = self.formula(&check.source, phase, problems)?;
        let metrics = source.metrics();
        let first = *metrics.first()?;
        let guard = match &check.guard {
            Some(name) => {
                let guard = self.spot(name, phase, problems)?;
                check_same_steps(first, &guard, name.at, problems);
                Some(guard)
            }
            None => None,
        };
        let range = first.expectation.range;
        let judged = Judged {
            window_ms: range.map_or(0, |range| range.window_ms),
            step_ms: range.map_or(0, |range| range.step_ms),
            length_ms: check_part(&check.part, range, problems)?,
            part: check.part.value,
            phase,
        };
        let own = match &check.source {
            FormulaSource::Metric(metric) => Some(metric),
            _ => None,
        };
        let rules = check.rules.iter();
        let rules: Vec<Rule> = rules
            .filter_map(|rule| self.rule(rule, own, &judged, problems))
            .collect();
        let asked = &first.expectation;
        Some(GateCheck {
            id: filled(&check.id.value, phase),
            unit: check.unit.clone(),
            part: check.part.value,
            series: check.series.unwrap_or(asked.series),
            nan: check.nan,
            missing: check.missing,
            guard,
            min_coverage_percent: (check.min_coverage_percent)
                .unwrap_or(asked.min_coverage_percent),
            max_gap_ms: check.max_gap_ms.unwrap_or(asked.max_gap_ms),
            open_run: check.open_run,
            rules,
            source,
        })
    }

    fn rule(
        &mut self,
        rule: &RuleSource,
        own: Option<&Spot<String>>,
        judged: &Judged<'_>,
        problems: &mut Problems,
    ) -> Option<Rule> {
        let test = match &rule.test {
            TestSource::For {
                when,
                length,
                inclusive,
            } => {
                judged.check_run(length, *inclusive, problems);
                Test::For {
                    when: self.bad(when, own, judged, problems)?,
                    length_ms: length.value,
                    inclusive: *inclusive,
                }
            }
            TestSource::Checkpoints {
                when,
                at,
                consecutive,
                max_age_ms,
            } => Test::Checkpoints {
                when: self.bad(when, own, judged, problems)?,
                at_ms: judged.checkpoints(at, self.phases, problems)?,
                consecutive: *consecutive,
                max_age_ms: max_age_ms.unwrap_or(MAX_AGE_MS.max(judged.step_ms)),
            },
            TestSource::Growth {
                relative,
                absolute,
                at,
            } => {
                judged.check_growth(*at, problems);
                Test::Growth {
                    relative: relative.clone(),
                    absolute: absolute.clone(),
                }
            }
            TestSource::OkRatio { when, min } => Test::OkRatio {
                when: self.bad(when, own, judged, problems)?,
                min: min.clone(),
            },
            TestSource::Reduce { when, statistic } => Test::Reduce {
                when: self.bad(when, own, judged, problems)?,
                statistic: statistic.value,
            },
        };
        Some(Rule {
            level: rule.level,
            test,
        })
    }

    fn bad(
        &mut self,
        bad: &BadSource,
        own: Option<&Spot<String>>,
        judged: &Judged<'_>,
        problems: &mut Problems,
    ) -> Option<Bad> {
        Some(match bad {
            BadSource::Fixed { operator, bound } => Bad::Fixed {
                operator: *operator,
                bound: bound.clone(),
            },
            BadSource::Relative {
                operator,
                factor,
                min_delta,
                baseline,
            } => Bad::Relative {
                operator: *operator,
                factor: factor.clone(),
                min_delta: min_delta.clone(),
                baseline: self.baseline(baseline, own, judged.phase, problems)?,
            },
        })
    }
}

fn not_captured(
    name: &str,
    phase: Option<&str>,
    has: &[Spot<String>],
    at: Position,
    problems: &mut Problems,
) {
    let name = quoted(name);
    let names: Vec<&str> = has.iter().map(|phase| phase.value.as_str()).collect();
    let names = names.join(", ");
    match phase {
        Some(phase) if has.is_empty() => problems.hinted(
            at,
            format!(
                "the metric {name} is not captured in the phase {}",
                quoted(phase)
            ),
            format!("it has no phases: give it phases: [{phase}]"),
        ),
        Some(phase) => problems.hinted(
            at,
            format!(
                "the metric {name} is not captured in the phase {}",
                quoted(phase)
            ),
            format!("its phases: {names}"),
        ),
        None => problems.hinted(
            at,
            format!("the metric {name} is captured in phases, and here is none"),
            format!("its phases: {names}"),
        ),
    }
}
