//! Limits such as `<= 350ms`, numbers and shares, brought to the metric's unit exactly.

use crate::model::{Limit, Operator};

/// Why a text is no limit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum LimitError {
    #[error("a limit is a comparison and a number, such as \"<= 0.35\"")]
    Shape,
    #[error("a decimal number is needed, such as \"0.35\"")]
    Number,
    #[error("a share is a number of percent, such as \"99.9%\"")]
    Share,
    #[error("a multiple is a comparison and a factor above 0, such as \"> 1.2x\"")]
    Factor,
    #[error("{}", other_unit_words(found, unit))]
    Unit { found: String, unit: String },
    #[error("the limit has no exact value in {unit:?}")]
    Inexact { unit: String },
}

fn other_unit_words(found: &str, unit: &str) -> String {
    let words = format!("a limit in {found:?} cannot be compared with a metric in {unit:?}");
    match unit {
        "" => format!("{words}: it has no unit"),
        _ => words,
    }
}

const OPERATORS: &[(&str, Operator)] = &[
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// What is measured, a name of a unit, and its size: a factor and a power of ten.
const UNITS: &[(Measure, &str, i128, i32)] = &[
    (Measure::Time, "ns", 1, -9),
    (Measure::Time, "us", 1, -6),
    (Measure::Time, "µs", 1, -6),
    (Measure::Time, "ms", 1, -3),
    (Measure::Time, "s", 1, 0),
    (Measure::Time, "m", 60, 0),
    (Measure::Time, "min", 60, 0),
    (Measure::Time, "h", 3_600, 0),
    (Measure::Time, "d", 86_400, 0),
    (Measure::Data, "B", 1, 0),
    (Measure::Data, "kB", 1, 3),
    (Measure::Data, "MB", 1, 6),
    (Measure::Data, "GB", 1, 9),
    (Measure::Data, "TB", 1, 12),
    (Measure::Data, "KiB", 1 << 10, 0),
    (Measure::Data, "MiB", 1 << 20, 0),
    (Measure::Data, "GiB", 1 << 30, 0),
    (Measure::Data, "TiB", 1 << 40, 0),
    (Measure::Share, "", 1, 0),
    (Measure::Share, "ratio", 1, 0),
    (Measure::Share, "%", 1, -2),
];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Measure {
    Time,
    Data,
    Share,
}

/// Reads a comparison, a decimal number and a unit; without a unit the number is in the metric's own.
pub(super) fn limit(text: &str, unit: &str) -> Result<Limit, LimitError> {
    let (operator, rest) = comparison(text).ok_or(LimitError::Shape)?;
    let bound = quantity(rest, unit).map_err(|error| match error {
        LimitError::Number => LimitError::Shape,
        other => other,
    })?;
    Ok(Limit { operator, bound })
}

/// Reads a comparison with a multiple, such as `> 1.2x`: the factor, decimal; none when the text ends in no `x`.
pub(super) fn multiple(text: &str) -> Option<Result<(Operator, String), LimitError>> {
    let text = text.trim().strip_suffix('x')?;
    let found = comparison(text).and_then(|(operator, rest)| {
        let factor = Decimal::parse(rest.trim_end()).filter(|factor| factor.digits > 0)?;
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        ordered.then(|| (operator, factor.text()))
    });
    Some(found.ok_or(LimitError::Factor))
}

/// Reads percent such as `20%`, from 0% on: decimal, 0.2.
pub(super) fn percent(text: &str) -> Result<String, LimitError> {
    let number = text.strip_suffix('%').and_then(Decimal::parse);
    let number = number.filter(|number| number.digits >= 0);
    let share = number.and_then(|number| number.times(1, -2));
    Ok(share.ok_or(LimitError::Share)?.text())
}

/// Reads a share such as `99.9%`, from 0% to 100%: decimal, from 0 to 1.
pub(super) fn share(text: &str) -> Result<String, LimitError> {
    let share = percent(text)?;
    // Plain decimals: below 1 all begin with 0.
    (share == "1" || share == "0" || share.starts_with("0."))
        .then_some(share)
        .ok_or(LimitError::Share)
}

fn comparison(text: &str) -> Option<(Operator, &str)> {
    let text = text.trim();
    OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim_start())))
}

/// Reads a decimal number and a unit: decimal, in `unit`; without a unit the number is in it already.
pub(super) fn quantity(text: &str, unit: &str) -> Result<String, LimitError> {
    let rest = text.trim();
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')))
        .unwrap_or(rest.len());
    let (number, found) = rest.split_at(end);
    let found = found.trim_start();
    let number = Decimal::parse(number).ok_or(LimitError::Number)?;
    let bound = if found.is_empty() || found == unit {
        number
    } else {
        convert(number, found, unit)?
    };
    Ok(bound.text())
}

fn convert(number: Decimal, found: &str, unit: &str) -> Result<Decimal, LimitError> {
    let size = |name: &str| UNITS.iter().find(|(_, known, ..)| *known == name);
    let (Some(from), Some(to)) = (size(found), size(unit)) else {
        return Err(other_unit(found, unit));
    };
    if from.0 != to.0 {
        return Err(other_unit(found, unit));
    }
    number
        .times(from.2, from.3 - to.3)
        .and_then(|number| number.over(to.2))
        .ok_or_else(|| LimitError::Inexact { unit: unit.into() })
}

fn other_unit(found: &str, unit: &str) -> LimitError {
    LimitError::Unit {
        found: found.chars().take(20).collect(),
        unit: unit.into(),
    }
}

/// `digits` times ten to the `exponent`.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        // 24 digits leave room in 128 bits for every unit.
        if !plain(unsigned) || !plain(fraction) || text.len() > 24 {
            return None;
        }
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            exponent: -i32::try_from(fraction.len()).ok()?,
        })
    }

    fn times(self, factor: i128, power: i32) -> Option<Self> {
        Some(Self {
            digits: self.digits.checked_mul(factor)?,
            exponent: self.exponent.checked_add(power)?,
        })
    }

    /// Divided without a rest, or none.
    fn over(self, divisor: i128) -> Option<Self> {
        let mut this = self;
        for _ in 0..=12 {
            if this.digits % divisor == 0 {
                this.digits /= divisor;
                return Some(this);
            }
            this = Self {
                digits: this.digits.checked_mul(10)?,
                exponent: this.exponent.checked_sub(1)?,
            };
        }
        None
    }

    /// Plain decimal text, without needless zeros.
    fn text(self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let text = match usize::try_from(-self.exponent) {
            Ok(places) => {
                let padded = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = padded.split_at(padded.len() - places);
                format!("{whole}.{fraction}")
            }
            Err(_) => {
                let zeros = usize::try_from(self.exponent).unwrap_or_default();
                format!("{digits}{}.", "0".repeat(zeros))
            }
        };
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "0" {
            text.into()
        } else {
            format!("{sign}{text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, unit: &str) -> String {
        let limit = limit(text, unit).unwrap();
        format!("{} {}", limit.operator, limit.bound)
    }

    #[test]
    fn a_limit_is_shifted_into_the_metric_s_unit_without_rounding() {
        for (text, unit, expected) in [
            ("<= 0.35", "s", "<= 0.35"),
            ("<=350ms", "s", "<= 0.35"),
            ("<= 350 ms", "ms", "<= 350"),
            ("< 1us", "s", "< 0.000001"),
            ("<= 0.1s", "ms", "<= 100"),
            ("<= 1%", "", "<= 0.01"),
            ("<= 0.5%", "ratio", "<= 0.005"),
            (">= 99.95%", "%", ">= 99.95"),
            (">= 0.9995", "%", ">= 0.9995"),
            ("<= 90s", "m", "<= 1.5"),
            ("<= 2h", "s", "<= 7200"),
            ("<= 2MiB", "B", "<= 2097152"),
            ("<= 1 MiB", "GiB", "<= 0.0009765625"),
            ("== 0", "req/s", "== 0"),
            ("!= -0.0", "", "!= 0"),
            ("> -1.50", "", "> -1.5"),
            ("<= 25 req/s", "req/s", "<= 25"),
            ("<= 100", "", "<= 100"),
        ] {
            assert_eq!(read(text, unit), expected, "{text} in {unit:?}");
        }
    }

    #[test]
    fn what_has_no_exact_meaning_is_refused() {
        for (text, unit) in [
            ("0.35", "s"),
            ("= 1", "s"),
            ("<= ", "s"),
            ("<= .5", "s"),
            ("<= 1.", "s"),
            ("<= 1e3", "s"),
            ("<= 1-2", "s"),
            ("<= 1.2.3", "s"),
            ("<= NaN", ""),
            ("<= 5 %", "s"),
            ("<= 5ms", ""),
            ("<= 5 parsecs", "s"),
            ("<= 1s", "d"),
            ("<= 1111111111111111111111111", "s"),
        ] {
            assert!(limit(text, unit).is_err(), "{text} in {unit:?}");
        }
    }

    #[test]
    fn shares_and_multiples_are_exact() {
        for (text, expected) in [
            ("99.9%", Some("0.999")),
            ("0%", Some("0")),
            ("100%", Some("1")),
            ("100.0%", Some("1")),
            ("100.01%", None),
            ("-1%", None),
            ("0.999", None),
            ("%", None),
        ] {
            assert_eq!(share(text).ok().as_deref(), expected, "{text}");
        }
        let factor = |text| multiple(text).map(|found| found.map(|(_, factor)| factor).ok());
        assert_eq!(factor("> 1.20x"), Some(Some("1.2".into())));
        assert_eq!(factor(">= 0.5 x"), Some(Some("0.5".into())));
        for text in ["> 0x", "> -1x", "== 1x", "1.2x", "> x"] {
            assert_eq!(factor(text), Some(None), "{text}");
        }
        assert_eq!(factor("> 1.2"), None);
    }
}
