//! The section `metrics`.

use super::defaults;
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::Fields;
use super::identity::check_known;
use super::limit;
use super::model::{Metric, Prometheus};
use super::node::Node;
use super::phases;
use super::statistic::statistic;
use crate::metrics::chunks::CHUNK_POINTS;
use crate::metrics::{Grid, GridError};
use crate::model::limits::EXPRESSION_BYTES;
use crate::model::time::parse_duration_ms;
use crate::model::{Limit, MetricExpectation, Phase, Range, Series};
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
    "id",
    "title",
    "from",
    "expr",
    "window",
    "step",
    "statistic",
    "unit",
    "limit",
    "series",
    "min-coverage",
    "max-gap",
    "phases",
    "raw",
    "on-warnings",
    "source-query",
];

/// The phases that the text defines: their names, and those that are right.
pub(super) struct Moments<'c> {
    pub(super) names: &'c [&'c str],
    pub(super) phases: &'c BTreeMap<String, Phase>,
}

/// Reads one metric.
pub(super) fn metric(
    node: &Node,
    names: &[&str],
    servers: &BTreeMap<String, Prometheus>,
    moments: &Moments<'_>,
    problems: &mut Problems,
) -> Option<Metric> {
    let fields = Fields::of(node, KEYS, problems)?;
    let id = fields.need_text("id", problems);
    let phases = phases::of_item(&fields, moments.names, problems);
    let from = server_name(&fields, "from", "Prometheus server", names, problems);
    let expr = expression(&fields, problems);
    let chunk = from
        .as_ref()
        .and_then(|name| servers.get(name))
        .map(|server| server.chunk_points);
    let chunk = chunk.unwrap_or(CHUNK_POINTS);
    let query = expr.as_deref().unwrap_or_default();
    let range = range(&fields, chunk, query, problems);
    for phase in &phases {
        let planned = moments.phases.get(&phase.value);
        let step_ms = range.map_or(0, |range| range.step_ms);
        let window = planned.and_then(|planned| planned.window_for(step_ms));
        if let (Some(_), Some(window_ms)) = (range, window) {
            check_phase(&Range { window_ms, step_ms }, chunk, query, phase, problems);
        }
    }
    let unit = unit(&fields, problems);
    let limit = fields.text("limit", problems);
    let limit = limit.and_then(|text| read_limit(&text, &unit, problems));
    let statistic = statistic(&fields, range.is_some(), limit.as_ref(), problems);
    let series = fields.word(
        "series",
        &[("single", Series::Single), ("all", Series::All)],
        problems,
    );
    let accept_warnings = fields.word(
        "on-warnings",
        &[("inconclusive", false), ("accept", true)],
        problems,
    );
    let source_query = fields.text("source-query", problems);
    let source_query = source_query.and_then(|query| check_length(query, problems));
    let coverage = percent(&fields, "min-coverage", problems);
    let max_gap = duration(&fields, "max-gap", problems);
    let id = id?;
    Some(Metric {
        title: title(&fields, &id, problems),
        id,
        phases,
        expectation: MetricExpectation {
            from: from?,
            expr: expr?,
            range,
            series: series.unwrap_or_default(),
            statistic: statistic?,
            unit,
            limit,
            min_coverage_percent: coverage.unwrap_or(defaults::MIN_COVERAGE_PERCENT),
            max_gap_ms: max_gap.map_or(defaults::MAX_GAP_MS, |gap| gap.value),
            raw: fields.flag("raw", problems),
            accept_warnings: accept_warnings.unwrap_or_default(),
            gated: false,
            source_query,
        },
    })
}

/// The title, else the id.
pub(super) fn title(fields: &Fields<'_>, id: &Spot<String>, problems: &mut Problems) -> String {
    fields
        .text("title", problems)
        .map_or_else(|| id.value.clone(), |title| title.value)
}

/// The named server, or the only one.
pub(super) fn server_name(
    fields: &Fields<'_>,
    key: &str,
    what: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Option<String> {
    if fields.get(key).is_some() {
        let name = fields.text(key, problems)?;
        check_known(&name, what, known, problems);
        return Some(name.value);
    }
    match known {
        [only] => Some((*only).into()),
        [] => {
            problems.add(fields.at, format!("no {what} is defined"));
            None
        }
        _ => {
            let message = format!("the key {key:?} is missing");
            problems.hinted(
                fields.at,
                message,
                format!("several are defined: {}", known.join(", ")),
            );
            None
        }
    }
}

/// A length of time in milliseconds, more than none.
pub(super) fn duration(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Spot<u64>> {
    let text = fields.text(key, problems)?;
    let length = parse_duration_ms(&text.value).filter(|length| *length > 0);
    length_of(&text, length, problems)
}

/// A length of time in milliseconds, from none on.
pub(super) fn elapsed(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Spot<u64>> {
    let text = fields.text(key, problems)?;
    length_of(&text, parse_duration_ms(&text.value), problems)
}

/// The length that was read, or a problem.
pub(super) fn length_of<T>(
    text: &Spot<String>,
    length: Option<T>,
    problems: &mut Problems,
) -> Option<Spot<T>> {
    if length.is_none() {
        let message = format!("{} is no length of time", quoted(&text.value));
        problems.hinted(text.at, message, "such as 90s, 15m, 2h, 1h30m, 3d");
    }
    length.map(|value| Spot { value, at: text.at })
}

fn expression(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    check_length(fields.need_text("expr", problems)?, problems)
}

fn check_length(query: Spot<String>, problems: &mut Problems) -> Option<String> {
    if query.value.len() > EXPRESSION_BYTES {
        problems.add(
            query.at,
            format!("the query is longer than {EXPRESSION_BYTES} bytes"),
        );
        return None;
    }
    Some(query.value)
}

fn range(fields: &Fields<'_>, chunk: u64, expr: &str, problems: &mut Problems) -> Option<Range> {
    let (window, step) = match (fields.get("window"), fields.get("step")) {
        (None, None) => return None,
        (Some(_), Some(_)) => (
            duration(fields, "window", problems)?,
            duration(fields, "step", problems)?,
        ),
        (Some(node), None) | (None, Some(node)) => {
            problems.hinted(
                node.at,
                "a range query needs \"window\" and \"step\"",
                "without both the query is an instant one",
            );
            return None;
        }
    };
    if !window.value.is_multiple_of(step.value) {
        problems.add(window.at, "the window is no multiple of the step");
        return None;
    }
    let range = Range {
        window_ms: window.value,
        step_ms: step.value,
    };
    if let Err(error) = cut(&range, chunk, expr) {
        problems.add(step.at, error.to_string());
        return None;
    }
    Some(range)
}

/// As it will be asked: a window that cannot be cut is known before any server is.
fn cut(range: &Range, chunk: u64, expr: &str) -> Result<(), GridError> {
    let end = i64::try_from(range.window_ms).unwrap_or(i64::MAX);
    let grid = Grid::new(0, end, range.step_ms)?;
    grid.chunks(chunk, expr).map(drop)
}

/// The same window with the length that the phase gives it.
fn check_phase(
    range: &Range,
    chunk: u64,
    expr: &str,
    phase: &Spot<String>,
    problems: &mut Problems,
) {
    let name = quoted(&phase.value);
    if !range.window_ms.is_multiple_of(range.step_ms) {
        let message = format!("the window of the phase {name} is no multiple of the step");
        problems.hinted(phase.at, message, "its window, else at - change - settle");
    } else if let Err(error) = cut(range, chunk, expr) {
        problems.add(phase.at, format!("in the phase {name}: {error}"));
    }
}

pub(super) fn unit(fields: &Fields<'_>, problems: &mut Problems) -> String {
    let Some(unit) = fields.text("unit", problems) else {
        return String::new();
    };
    if unit.value.chars().count() > 20 || unit.value.contains(['\n', '\t']) {
        problems.add(unit.at, format!("{} is no unit", quoted(&unit.value)));
    }
    unit.value
}

pub(super) fn read_limit(
    text: &Spot<String>,
    unit: &str,
    problems: &mut Problems,
) -> Option<Limit> {
    match limit::limit(&text.value, unit) {
        Ok(limit) => Some(limit),
        Err(error) => {
            let hint = "a comparison, a decimal number and a unit: \"<= 0.35\", \"<= 350ms\", \">= 99.9%\"";
            problems.hinted(text.at, format!("{}: {error}", quoted(&text.value)), hint);
            None
        }
    }
}

/// A whole percentage, such as `90%`.
pub(super) fn percent(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Option<u8> {
    let text = fields.text(key, problems)?;
    let found = text.value.strip_suffix('%').filter(|digits| {
        digits.bytes().all(|b| b.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
    });
    match found
        .and_then(|digits| digits.parse().ok())
        .filter(|n| *n <= 100)
    {
        Some(number) => Some(number),
        None => {
            let message = format!("{} is no share", quoted(&text.value));
            problems.hinted(text.at, message, "whole percent, from 0% to 100%");
            None
        }
    }
}
