//! What a gate judges, and how. Planned from `evidence.yaml` alone.

use super::{MetricExpectation, Operator, Series, Statistic};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Rules over captured metrics; the worst of its checks is its verdict.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateExpectation {
    /// What is judged, in the order of the text; never empty.
    pub checks: Vec<GateCheck>,
}

/// One series of values, or one of each label set, under rules.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateCheck {
    /// Unique in the gate.
    pub id: String,
    /// Where the values come from.
    pub source: Formula,
    /// Unit of the values; empty for a plain number.
    pub unit: String,
    /// The part of the captured window that is judged.
    #[serde(default, skip_serializing_if = "Part::is_whole")]
    pub part: Part,
    /// How several series are treated.
    pub series: Series,
    /// What a NaN is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nan: NanPolicy,
    /// What a step without a sample is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: MissingPolicy,
    /// A metric that has a number at each step at which the server had data; needed where `missing` is ok.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<MetricRef>,
    /// Least share of steps that must be valid, in percent.
    pub min_coverage_percent: u8,
    /// Longest stretch without a valid step, in milliseconds.
    pub max_gap_ms: u64,
    /// What a run of bad steps is that the end of the window cuts off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub open_run: OpenRun,
    /// The rules, in the order of the text; never empty.
    pub rules: Vec<Rule>,
}

/// Where values come from: a metric, or what is computed of metrics step by step.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "formula",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Formula {
    /// The metric's own values.
    Metric {
        /// Which.
        metric: MetricRef,
    },
    /// One value divided by another of the same step and labels.
    Ratio {
        /// Above the line.
        numerator: MetricRef,
        /// Below it; 0 there gives NaN or an infinity, as in IEEE 754.
        denominator: MetricRef,
    },
    /// A share of errors divided by the share that the objective allows: 1 uses up the budget in just its period.
    BurnRate {
        /// Share of errors, 0.0 to 1.0.
        errors: MetricRef,
        /// Share of successes that is promised, decimal, such as `0.999`; below 1.
        objective: String,
    },
    /// Share of an error budget that the errors have used since the window's start.
    BudgetUsed {
        /// Share of errors, 0.0 to 1.0.
        errors: MetricRef,
        /// Share of successes that is promised, decimal, such as `0.999`; below 1.
        objective: String,
        /// The period that the budget is for, in milliseconds.
        period_ms: u64,
    },
    /// The value divided by the baseline, less 1: 0.2 is a fifth more.
    Change {
        /// Of now.
        metric: MetricRef,
        /// Of before.
        baseline: Baseline,
    },
}

/// A metric by its item; what it asks for stands here too, so that a gate is judged by its own bytes.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricRef {
    /// Id of the metric's item.
    pub item: String,
    /// The expectation of that item.
    pub expectation: Box<MetricExpectation>,
}

/// A part of a captured window, in milliseconds from its start; both ends belong to it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Part {
    /// Where it begins; none for the window's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<u64>,
    /// Where it ends; none for the window's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<u64>,
}

impl Part {
    /// Whether it is the whole window.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

/// A single number to compare with.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "baseline",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Baseline {
    /// A number of the configuration.
    Constant {
        /// Decimal, in the unit of the check.
        value: String,
    },
    /// A statistic of a metric.
    Of {
        /// Which.
        metric: MetricRef,
        /// Of which part of its window.
        #[serde(default, skip_serializing_if = "Part::is_whole")]
        part: Part,
        /// What is computed of it.
        statistic: Statistic,
    },
}

/// What a NaN is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NanPolicy {
    /// No value.
    #[default]
    Missing,
    /// A bad value.
    Breach,
    /// A good value.
    Ok,
}

/// What a step without a sample is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingPolicy {
    /// Nothing is known of it.
    #[default]
    Inconclusive,
    /// A bad value.
    Breach,
    /// A good value, where the guard has a number.
    Ok,
}

/// What a run of bad steps is that the end of the window cuts off.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenRun {
    /// As long as it is so far; the result says that it is open.
    #[default]
    SoFar,
    /// Inconclusive, where it does not fire already.
    Inconclusive,
}

/// What a check comes to when something is so.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The verdict when it fires.
    pub level: Level,
    /// When it fires.
    pub test: Test,
}

/// What a rule makes of its check.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Enhanced attention.
    Yellow,
    /// Stop.
    Red,
}

/// When a rule fires.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "test",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Test {
    /// A run of bad steps lasts that long.
    For {
        /// What is bad.
        when: Bad,
        /// Length of a run in milliseconds, last step less first; 0 for any bad step.
        length_ms: u64,
        /// Whether a run of just that length fires.
        inclusive: bool,
    },
    /// So many checkpoints in a row are bad. At each the last valid step counts; without one it is bad.
    Checkpoints {
        /// What is bad.
        when: Bad,
        /// Milliseconds from the start of the captured window, ascending.
        at_ms: Vec<u64>,
        /// How many in a row; at least 1.
        consecutive: u32,
        /// How old a step may be at a checkpoint, in milliseconds; a step of just that age is too old.
        max_age_ms: u64,
    },
    /// The median of the last third of the window exceeds that of the first by more than both.
    Growth {
        /// Decimal share of the first median, such as `0.2`.
        relative: String,
        /// Decimal, in the unit of the check.
        absolute: String,
    },
    /// Too few of the valid steps are good.
    OkRatio {
        /// What is bad.
        when: Bad,
        /// Least share of good steps, decimal, such as `0.99`.
        min: String,
    },
    /// One number of all valid steps is bad.
    Reduce {
        /// What is bad.
        when: Bad,
        /// The number.
        statistic: Statistic,
    },
}

/// A comparison that holds for a bad value.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "when",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Bad {
    /// With a number.
    Fixed {
        /// How a bad value compares.
        operator: Operator,
        /// Decimal, in the unit of the check.
        bound: String,
    },
    /// With a multiple of a baseline.
    Relative {
        /// How a bad value compares.
        operator: Operator,
        /// Decimal factor, such as `1.2`.
        factor: String,
        /// Least difference to the baseline, decimal in the unit of the check.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_delta: Option<String>,
        /// The baseline.
        baseline: Baseline,
    },
}

/// A gate's verdict; a later one is worse.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum GateVerdict {
    /// Nothing stands against it.
    Green,
    /// Something does, not enough to stop.
    Yellow,
    /// It could not be judged: too little was seen, or what was seen is in doubt.
    Inconclusive,
    /// Stop.
    Red,
}

impl From<Level> for GateVerdict {
    fn from(level: Level) -> Self {
        match level {
            Level::Yellow => Self::Yellow,
            Level::Red => Self::Red,
        }
    }
}

impl fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Green => "GREEN",
            Self::Yellow => "YELLOW",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Red => "RED",
        })
    }
}

impl Formula {
    /// The metrics that it reads, in the order of the formula.
    pub fn metrics(&self) -> Vec<&MetricRef> {
        match self {
            Self::Metric { metric }
            | Self::BurnRate { errors: metric, .. }
            | Self::BudgetUsed { errors: metric, .. } => vec![metric],
            Self::Ratio {
                numerator,
                denominator,
            } => vec![numerator, denominator],
            Self::Change { metric, baseline } => {
                std::iter::once(metric).chain(baseline.metric()).collect()
            }
        }
    }
}

impl Baseline {
    /// The metric that it reads; none for a constant.
    pub fn metric(&self) -> Option<&MetricRef> {
        match self {
            Self::Constant { .. } => None,
            Self::Of { metric, .. } => Some(metric),
        }
    }
}

impl Test {
    /// What it calls bad; none for growth, which compares two thirds of one window.
    pub fn when(&self) -> Option<&Bad> {
        match self {
            Self::For { when, .. }
            | Self::Checkpoints { when, .. }
            | Self::OkRatio { when, .. }
            | Self::Reduce { when, .. } => Some(when),
            Self::Growth { .. } => None,
        }
    }
}

impl GateCheck {
    /// The metrics that it reads: values, guard, baselines.
    pub fn metrics(&self) -> Vec<&MetricRef> {
        let baselines = self
            .rules
            .iter()
            .filter_map(|rule| match rule.test.when()? {
                Bad::Fixed { .. } => None,
                Bad::Relative { baseline, .. } => baseline.metric(),
            });
        let own = self.source.metrics().into_iter().chain(&self.guard);
        own.chain(baselines).collect()
    }
}

impl GateExpectation {
    /// Ids of the metric items that it reads, ascending, each once.
    pub fn items(&self) -> Vec<&str> {
        let mut items: Vec<&str> = (self.checks.iter())
            .flat_map(GateCheck::metrics)
            .map(|metric| metric.item.as_str())
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
