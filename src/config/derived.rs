//! The section `derived`: values that are computed from metrics.

use super::diagnostic::{Problems, Spot};
use super::fields::{self, Fields};
use super::formula::{self, FormulaSource, Scope};
use super::metrics::{duration, percent, read_limit, title, unit};
use super::node::Node;
use super::phases;
use super::statistic::statistic;
use crate::model::{Limit, Series, Statistic};

/// A value that is computed from metrics.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is computed; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// What is computed.
    pub source: FormulaSource,
    /// Unit of the values; empty for a plain number.
    pub unit: String,
    /// How several series are treated.
    pub series: Series,
    /// One number of the values.
    pub statistic: Statistic,
    /// What is good.
    pub limit: Option<Limit>,
    /// Least share of steps that must have a number, in percent; the metric's when none is given.
    pub min_coverage_percent: Option<u8>,
    /// Longest stretch without a number, in milliseconds; the metric's when none is given.
    pub max_gap_ms: Option<u64>,
}

const KEYS: [&str; 9] = [
    "id",
    "title",
    "phases",
    "unit",
    "limit",
    "statistic",
    "series",
    "min-coverage",
    "max-gap",
];
pub(super) const SERIES: &[(&str, Series)] = &[("single", Series::Single), ("all", Series::All)];

/// Reads one derived value.
pub(super) fn derived(node: &Node, scope: &Scope<'_>, problems: &mut Problems) -> Option<Derived> {
    let keys = [KEYS.as_slice(), formula::KEYS.as_slice()].concat();
    let fields = Fields::of(node, &keys, problems)?;
    let id = fields.need_text("id", problems);
    let phases = phases::of_item(&fields, scope.phases, problems);
    let source = formula::formula(&fields, scope, problems);
    let unit = unit(&fields, problems);
    let limit = fields.text("limit", problems);
    let limit = limit.and_then(|text| read_limit(&text, &unit, problems));
    let first = source.as_ref().and_then(|s| scope.metric(s.first()));
    let is_range = first.is_none_or(|metric| metric.expectation.range.is_some());
    let statistic = statistic(&fields, is_range, limit.as_ref(), problems);
    let series = match fields.get("series") {
        Some(node) => fields::word(node, SERIES, problems),
        None => first.map(|metric| metric.expectation.series),
    };
    let min_coverage_percent = percent(&fields, "min-coverage", problems);
    let max_gap = duration(&fields, "max-gap", problems);
    let id = id?;
    Some(Derived {
        title: title(&fields, &id, problems),
        id,
        phases,
        source: source?,
        unit,
        series: series.unwrap_or_default(),
        statistic: statistic?,
        limit,
        min_coverage_percent,
        max_gap_ms: max_gap.map(|gap| gap.value),
    })
}
