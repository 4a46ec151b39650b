//! The section `metrics`.

use super::defaults;
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::Fields;
use super::identity::check_known;
use super::limit;
use super::model::{Metric, Prometheus};
use super::node::Node;
use crate::metrics::Grid;
use crate::metrics::chunks::CHUNK_POINTS;
use crate::model::limits::EXPRESSION_BYTES;
use crate::model::time::parse_duration_ms;
use crate::model::{Limit, MetricExpectation, Operator, Range, Series, Statistic};
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
];

/// Reads one metric.
pub(super) fn metric(
    node: &Node,
    names: &[&str],
    servers: &BTreeMap<String, Prometheus>,
    problems: &mut Problems,
) -> Option<Metric> {
    let fields = Fields::of(node, KEYS, problems)?;
    let id = fields.need_text("id", problems);
    let from = server_name(&fields, "from", "Prometheus server", names, problems);
    let expr = expression(&fields, problems);
    let chunk = from
        .as_ref()
        .and_then(|name| servers.get(name))
        .map(|server| server.chunk_points);
    let range = range(
        &fields,
        chunk.unwrap_or(CHUNK_POINTS),
        expr.as_deref().unwrap_or_default(),
        problems,
    );
    let unit = unit(&fields, problems);
    let limit = fields.text("limit", problems);
    let limit = limit.and_then(|text| read_limit(&text, &unit, problems));
    let statistic = statistic(&fields, range.is_some(), limit.as_ref(), problems);
    let series = fields.word(
        "series",
        &[("single", Series::Single), ("all", Series::All)],
        problems,
    );
    let coverage = percent(&fields, "min-coverage", problems);
    let max_gap = duration(&fields, "max-gap", problems);
    let id = id?;
    Some(Metric {
        title: title(&fields, &id, problems),
        id,
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
    match parse_duration_ms(&text.value).filter(|length| *length > 0) {
        Some(value) => Some(Spot { value, at: text.at }),
        None => {
            let message = format!("{} is no length of time", quoted(&text.value));
            problems.hinted(text.at, message, "such as 90s, 15m, 2h, 1h30m, 3d");
            None
        }
    }
}

fn expression(fields: &Fields<'_>, problems: &mut Problems) -> Option<String> {
    let expr = fields.need_text("expr", problems)?;
    if expr.value.len() > EXPRESSION_BYTES {
        problems.add(
            expr.at,
            format!("the query is longer than {EXPRESSION_BYTES} bytes"),
        );
        return None;
    }
    Some(expr.value)
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
    // As it will be asked: a window that cannot be cut is known before any server is.
    let end = i64::try_from(window.value).unwrap_or(i64::MAX);
    let cut = Grid::new(0, end, step.value).and_then(|grid| grid.chunks(chunk, expr));
    if let Err(error) = cut {
        problems.add(step.at, error.to_string());
        return None;
    }
    Some(Range {
        window_ms: window.value,
        step_ms: step.value,
    })
}

fn unit(fields: &Fields<'_>, problems: &mut Problems) -> String {
    let Some(unit) = fields.text("unit", problems) else {
        return String::new();
    };
    if unit.value.chars().count() > 20 || unit.value.contains(['\n', '\t']) {
        problems.add(unit.at, format!("{} is no unit", quoted(&unit.value)));
    }
    unit.value
}

fn read_limit(text: &Spot<String>, unit: &str, problems: &mut Problems) -> Option<Limit> {
    match limit::limit(&text.value, unit) {
        Ok(limit) => Some(limit),
        Err(error) => {
            let hint = "a comparison, a decimal number and a unit: \"<= 0.35\", \"<= 350ms\", \">= 99.9%\"";
            problems.hinted(text.at, format!("{}: {error}", quoted(&text.value)), hint);
            None
        }
    }
}

/// The statistic, else the one that lets the worst value decide.
fn statistic(
    fields: &Fields<'_>,
    is_range: bool,
    limit: Option<&Limit>,
    problems: &mut Problems,
) -> Option<Statistic> {
    let Some(node) = fields.get("statistic") else {
        return Some(default_statistic(is_range, limit));
    };
    let text = fields.text("statistic", problems)?;
    let Some(statistic) = parse_statistic(&text.value) else {
        problems.hinted(
            text.at,
            format!("unknown statistic {}", quoted(&text.value)),
            "known: last, min, max, mean, median, p1 to p99, within N%",
        );
        return None;
    };
    if matches!(statistic, Statistic::Within(_)) && fields.get("limit").is_none() {
        problems.add(node.at, "the share of numbers within a limit needs a limit");
        return None;
    }
    let has_range = is_range || fields.get("window").is_some() || fields.get("step").is_some();
    if statistic != Statistic::Last && !has_range {
        problems.hinted(
            node.at,
            "an instant query has one value: its statistic is last",
            "give a window and a step for a range query",
        );
        return None;
    }
    Some(statistic)
}

fn default_statistic(is_range: bool, limit: Option<&Limit>) -> Statistic {
    if !is_range {
        return Statistic::Last;
    }
    match limit.map(|limit| limit.operator) {
        Some(Operator::Greater | Operator::AtLeast) => Statistic::Min,
        Some(Operator::Equal | Operator::NotEqual) => Statistic::Within(100),
        Some(Operator::Less | Operator::AtMost) | None => Statistic::Max,
    }
}

fn parse_statistic(text: &str) -> Option<Statistic> {
    let number = |digits: &str, most: u8| {
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        digits
            .parse()
            .ok()
            .filter(|n: &u8| plain && (1..=most).contains(n))
    };
    Some(match text {
        "last" => Statistic::Last,
        "min" => Statistic::Min,
        "max" => Statistic::Max,
        "mean" => Statistic::Mean,
        "median" => Statistic::Median,
        _ => match text.strip_prefix("within ") {
            Some(share) => Statistic::Within(number(share.strip_suffix('%')?, 100)?),
            None => Statistic::Quantile(number(text.strip_prefix('p')?, 99)?),
        },
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_read_as_they_are_written() {
        for (text, expected) in [
            ("last", Some(Statistic::Last)),
            ("median", Some(Statistic::Median)),
            ("p1", Some(Statistic::Quantile(1))),
            ("p99", Some(Statistic::Quantile(99))),
            ("within 100%", Some(Statistic::Within(100))),
            ("p0", None),
            ("p100", None),
            ("p+5", None),
            ("p05", None),
            ("within 0%", None),
            ("within 101%", None),
            ("within 99", None),
            ("avg", None),
        ] {
            assert_eq!(parse_statistic(text), expected, "{text}");
        }
    }

    #[test]
    fn without_a_statistic_the_worst_value_decides() {
        let limit = |operator| Limit {
            operator,
            bound: "1".into(),
        };
        let default = |operator| default_statistic(true, Some(&limit(operator)));

        assert_eq!(default(Operator::AtMost), Statistic::Max);
        assert_eq!(default(Operator::AtLeast), Statistic::Min);
        assert_eq!(default(Operator::Equal), Statistic::Within(100));
        assert_eq!(default_statistic(true, None), Statistic::Max);
        assert_eq!(default_statistic(false, None), Statistic::Last);
    }
}
