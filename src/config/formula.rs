//! Where the values of gates and derived values come from, as it is written: metrics by name, not yet in a phase.

use super::derived::Derived;
use super::diagnostic::{Position, Problems, Spot, quoted};
use super::fields::Fields;
use super::identity::check_known;
use super::limit;
use super::metrics::{duration, elapsed};
use super::model::Metric;
use super::node::{Node, Value};
use super::statistic::parse_statistic;
use crate::model::{Part, Statistic};

/// Where values come from.
#[derive(Clone, Debug)]
pub enum FormulaSource {
    /// A metric's own values.
    Metric(Spot<String>),
    /// One metric divided by another.
    Ratio {
        /// Above the line.
        numerator: Spot<String>,
        /// Below it.
        denominator: Spot<String>,
    },
    /// A share of errors divided by what the objective allows.
    BurnRate {
        /// Share of errors.
        errors: Spot<String>,
        /// Decimal.
        objective: String,
    },
    /// Share of an error budget that is used.
    BudgetUsed {
        /// Share of errors.
        errors: Spot<String>,
        /// Decimal.
        objective: String,
        /// What the budget is for.
        period_ms: u64,
    },
    /// A value divided by a baseline, less 1.
    Change {
        /// Of now.
        metric: Spot<String>,
        /// Of before.
        baseline: BaselineSource,
    },
}

/// A number to compare with.
#[derive(Clone, Debug)]
pub enum BaselineSource {
    /// Decimal, in the unit of what is compared.
    Constant(String),
    /// A statistic of a metric.
    Of {
        /// Which; the one that is compared when none is given.
        metric: Option<Spot<String>>,
        /// In which phase; in the same when none is given.
        phase: Option<Spot<String>>,
        /// Of which part of its window.
        part: Spot<Part>,
        /// What is computed of it.
        statistic: Statistic,
    },
}

/// The names and values that the section can speak of.
pub(super) struct Scope<'c> {
    pub(super) metrics: &'c [Metric],
    /// Ids that the text gives metrics, whether or not the rest of them is right.
    pub(super) metric_ids: &'c [&'c str],
    pub(super) derived: &'c [Derived],
    pub(super) derived_ids: &'c [&'c str],
    pub(super) phases: &'c [&'c str],
}

impl<'c> Scope<'c> {
    /// The metric of that name, where it is right.
    pub(super) fn metric(&self, name: &Spot<String>) -> Option<&'c Metric> {
        let mut metrics = self.metrics.iter();
        metrics.find(|metric| metric.id.value == name.value)
    }

    /// The name of a metric under a key that must be there.
    pub(super) fn name(
        &self,
        fields: &Fields<'_>,
        key: &str,
        problems: &mut Problems,
    ) -> Option<Spot<String>> {
        let name = fields.need_text(key, problems)?;
        self.check(&name, problems).then_some(name)
    }

    pub(super) fn check(&self, name: &Spot<String>, problems: &mut Problems) -> bool {
        check_known(name, "metric", self.metric_ids, problems);
        self.metric_ids.contains(&name.value.as_str())
    }
}

/// Keys that stand for a formula.
pub(super) const KEYS: [&str; 4] = ["ratio", "burn-rate", "budget-used", "change"];

impl FormulaSource {
    /// The metric whose window and treatment hold for the result.
    pub(super) fn first(&self) -> &Spot<String> {
        match self {
            Self::Metric(metric)
            | Self::BurnRate { errors: metric, .. }
            | Self::BudgetUsed { errors: metric, .. }
            | Self::Change { metric, .. }
            | Self::Ratio {
                numerator: metric, ..
            } => metric,
        }
    }

    /// The phase of its baseline, where it names one.
    pub(super) fn baseline_phase(&self) -> Option<&Spot<String>> {
        match self {
            Self::Change { baseline, .. } => baseline.phase(),
            _ => None,
        }
    }
}

impl BaselineSource {
    /// The phase that it names.
    pub(super) fn phase(&self) -> Option<&Spot<String>> {
        match self {
            Self::Constant(_) => None,
            Self::Of { phase, .. } => phase.as_ref(),
        }
    }
}

/// Reads the formula that stands under one of [`KEYS`]; none, with a problem, when there is none or several.
pub(super) fn formula(
    fields: &Fields<'_>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<FormulaSource> {
    let mut found = KEYS.iter().filter(|key| fields.get(key).is_some());
    let Some(key) = found.next() else {
        problems.hinted(
            fields.at,
            "nothing says what is computed",
            format!("give one of {}", KEYS.join(", ")),
        );
        return None;
    };
    if let Some(second) = found.next() {
        fields.exclude(key, second, problems);
        return None;
    }
    let node = fields.get(key)?;
    match *key {
        "ratio" => ratio(node, scope, problems),
        "burn-rate" => burn_rate(node, scope, problems),
        "budget-used" => budget_used(node, scope, problems),
        _ => change(node, scope, problems),
    }
}

fn ratio(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<FormulaSource> {
    let fields = Fields::of(node, &["numerator", "denominator"], problems)?;
    let numerator = scope.name(&fields, "numerator", problems);
    let denominator = scope.name(&fields, "denominator", problems);
    let (numerator, denominator) = (numerator?, denominator?);
    Some(FormulaSource::Ratio {
        numerator,
        denominator,
    })
}

fn burn_rate(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<FormulaSource> {
    let fields = Fields::of(node, &["errors", "objective"], problems)?;
    let errors = errors(&fields, scope, problems);
    let objective = objective(&fields, problems);
    Some(FormulaSource::BurnRate {
        errors: errors?,
        objective: objective?,
    })
}

fn budget_used(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<FormulaSource> {
    let fields = Fields::of(node, &["errors", "objective", "period"], problems)?;
    let errors = errors(&fields, scope, problems);
    let objective = objective(&fields, problems);
    fields.need("period", problems);
    let period = duration(&fields, "period", problems);
    Some(FormulaSource::BudgetUsed {
        errors: errors?,
        objective: objective?,
        period_ms: period?.value,
    })
}

fn change(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<FormulaSource> {
    let fields = Fields::of(node, &["metric", "baseline"], problems)?;
    let metric = scope.name(&fields, "metric", problems);
    let node = fields.need("baseline", problems);
    let metric = metric?;
    let unit = scope.metric(&metric).map(|m| m.expectation.unit.as_str());
    let baseline = node.and_then(|node| baseline(node, unit, Some(&metric), scope, problems));
    Some(FormulaSource::Change {
        metric,
        baseline: baseline?,
    })
}

/// A metric that is a share of errors, from 0 to 1.
fn errors(fields: &Fields<'_>, scope: &Scope<'_>, problems: &mut Problems) -> Option<Spot<String>> {
    let name = scope.name(fields, "errors", problems)?;
    let unit = scope.metric(&name).map(|m| m.expectation.unit.as_str());
    if let Some(unit) = unit.filter(|unit| !matches!(*unit, "" | "ratio")) {
        problems.hinted(
            name.at,
            format!(
                "{} is no share from 0 to 1: its unit is {unit:?}",
                quoted(&name.value)
            ),
            "a share of errors has no unit, or unit: ratio",
        );
    }
    Some(name)
}

/// The share of successes that is promised.
fn objective(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    let text = fields.need_text("objective", problems)?;
    match limit::share(&text.value) {
        Ok(share) if share != "1" && share != "0" => Some(share),
        Ok(_) => {
            let message = format!("{} leaves no budget, or nothing else", quoted(&text.value));
            problems.hinted(text.at, message, "between 0% and 100%, such as 99.9%");
            None
        }
        Err(error) => {
            problems.add(text.at, format!("{}: {error}", quoted(&text.value)));
            None
        }
    }
}

/// Reads a number, or a statistic of a metric; `own` is what is compared with it, in `unit`.
pub(super) fn baseline(
    node: &Node,
    unit: Option<&str>,
    own: Option<&Spot<String>>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<BaselineSource> {
    if !matches!(node.value, Value::Map(_)) {
        return number(node, unit?, problems).map(BaselineSource::Constant);
    }
    let keys = &["phase", "statistic", "metric", "from", "to"];
    let fields = Fields::of(node, keys, problems)?;
    let metric = match fields.get("metric") {
        Some(_) => Some(scope.name(&fields, "metric", problems)?),
        None => None,
    };
    let phase = fields.text("phase", problems);
    if let Some(phase) = &phase {
        check_known(phase, "phase", scope.phases, problems);
    }
    let part = part(&fields, problems)?;
    let statistic = match fields.get("statistic") {
        Some(node) => statistic(node, problems)?,
        None => Statistic::Median,
    };
    let Some(of) = metric.as_ref().or(own) else {
        problems.hinted(
            node.at,
            "the key \"metric\" is missing",
            "what is computed of several metrics is compared with a metric of your choice",
        );
        return None;
    };
    let is_own = own.is_some_and(|own| own.value == of.value);
    if is_own && phase.is_none() && fields.get("phase").is_none() && part.is_whole() {
        problems.hinted(
            node.at,
            "a metric is compared with itself",
            "give a phase, or a part of the same window with from and to",
        );
    }
    check_unit(of, unit, node.at, scope, problems);
    Some(BaselineSource::Of {
        metric,
        phase,
        part: Spot {
            value: part,
            at: node.at,
        },
        statistic,
    })
}

fn check_unit(
    of: &Spot<String>,
    unit: Option<&str>,
    at: Position,
    scope: &Scope<'_>,
    problems: &mut Problems,
) {
    let other = scope.metric(of).map(|m| m.expectation.unit.as_str());
    if let (Some(unit), Some(other)) = (unit, other)
        && unit != other
    {
        let name = quoted(&of.value);
        problems.add(
            at,
            format!("values in {unit:?} are not compared with {name}, which is in {other:?}"),
        );
    }
}

/// A number with or without a unit, in `unit`.
pub(super) fn number(node: &Node, unit: &str, problems: &mut Problems) -> Option<String> {
    let (Value::Number(written) | Value::Text(written)) = &node.value else {
        super::node::wrong_kind(node, "a number", problems);
        return None;
    };
    match limit::quantity(written, unit) {
        Ok(number) => Some(number),
        Err(error) => {
            problems.add(node.at, format!("{}: {error}", quoted(written)));
            None
        }
    }
}

/// One number of many; the share within a limit is none of these.
pub(super) fn statistic(node: &Node, problems: &mut Problems) -> Option<Statistic> {
    let text = super::fields::text(node, problems)?;
    let found = parse_statistic(&text.value);
    let found = found.filter(|statistic| !matches!(statistic, Statistic::Within(_)));
    if found.is_none() {
        problems.hinted(
            text.at,
            format!("unknown statistic {}", quoted(&text.value)),
            "known: last, min, max, mean, median, p1 to p99",
        );
    }
    found
}

/// A part of a window, from its start.
pub(super) fn part(fields: &Fields<'_>, problems: &mut Problems) -> Option<Part> {
    let from = elapsed(fields, "from", problems);
    let to = elapsed(fields, "to", problems);
    if let (Some(from), Some(to)) = (&from, &to)
        && from.value >= to.value
    {
        problems.add(to.at, "\"to\" is not after \"from\"");
        return None;
    }
    Some(Part {
        from_ms: from.map(|from| from.value),
        to_ms: to.map(|to| to.value),
    })
}
