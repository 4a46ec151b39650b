//! What is computed of many values.

use super::diagnostic::{Problems, quoted};
use super::fields::Fields;
use crate::model::{Limit, Operator, Statistic};

/// The statistic, else the one that lets the worst value decide.
pub(super) fn statistic(
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

pub(super) fn parse_statistic(text: &str) -> Option<Statistic> {
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
