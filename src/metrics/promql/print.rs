//! Expressions as text that parses back to them.

use super::ast::{
    Aggregation, Binary, Expr, Grouping, InstantSelector, Matching, Operator, RangeFunction,
    RangeSelector,
};
use super::duration::duration_text;
use super::parse::is_keyword;
use super::selector::{MatchOperator, Matcher, NAME, Selector};
use super::text::quoted;
use std::fmt::{Display, Formatter, Result};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Number(value) => number(f, *value),
            Self::Instant(selector) => selector.fmt(f),
            Self::Range(range) => range.fmt(f),
            Self::OverTime { function, range } => write!(f, "{function}({range})"),
            Self::Quantile { quantile, buckets } => {
                write!(f, "histogram_quantile({quantile}, {buckets})")
            }
            Self::Vector(of) => write!(f, "vector({of})"),
            // A number in parentheses would become a negative number.
            Self::Negate(of) => write!(f, "-({of})"),
            Self::Aggregate {
                function,
                grouping,
                of,
            } => write!(f, "{function}{grouping}({of})"),
            Self::Binary(binary) => binary.fmt(f),
        }
    }
}

fn number(f: &mut Formatter<'_>, value: f64) -> Result {
    if value.is_nan() {
        f.write_str("NaN")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "Inf" } else { "-Inf" })
    } else {
        write!(f, "{value:?}")
    }
}

impl Display for InstantSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.selector.fmt(f)?;
        offset(f, self.offset_ms)
    }
}

impl Display for RangeSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}[{}]", self.selector, duration_text(self.range_ms))?;
        offset(f, self.offset_ms)
    }
}

fn offset(f: &mut Formatter<'_>, ms: i64) -> Result {
    if ms == 0 {
        return Ok(());
    }
    write!(f, " offset {}", duration_text(ms))
}

impl Display for Binary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        operand(f, &self.left)?;
        write!(f, " {}", self.operator)?;
        if self.returns_bool {
            f.write_str(" bool")?;
        }
        match &self.matching {
            Matching::Ignoring(labels) if labels.is_empty() => {}
            Matching::Ignoring(labels) => write!(f, " ignoring ({})", names(labels))?,
            Matching::On(labels) => write!(f, " on ({})", names(labels))?,
        }
        f.write_str(" ")?;
        operand(f, &self.right)
    }
}

fn operand(f: &mut Formatter<'_>, expr: &Expr) -> Result {
    match expr {
        Expr::Binary(_) | Expr::Negate(_) => write!(f, "({expr})"),
        _ => expr.fmt(f),
    }
}

impl Display for Grouping {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::By(labels) if labels.is_empty() => Ok(()),
            Self::By(labels) => write!(f, " by ({}) ", names(labels)),
            Self::Without(labels) => write!(f, " without ({}) ", names(labels)),
        }
    }
}

fn names(labels: &[String]) -> String {
    let names: Vec<String> = labels.iter().map(|name| label(name)).collect();
    names.join(", ")
}

fn label(name: &str) -> String {
    if is_label_name(name) {
        name.into()
    } else {
        quoted(name)
    }
}

fn is_label_name(name: &str) -> bool {
    !name.contains(':') && is_metric_name(name)
}

fn is_metric_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let name = match self.matchers() {
            [first, rest @ ..]
                if first.label == NAME
                    && first.operator == MatchOperator::Equal
                    && is_metric_name(&first.value)
                    && !is_keyword(&first.value)
                    && rest.iter().all(|other| other.label != NAME) =>
            {
                Some(first.value.as_str())
            }
            _ => None,
        };
        let others = self.matchers().get(usize::from(name.is_some())..);
        let others = others.unwrap_or_default();
        f.write_str(name.unwrap_or_default())?;
        if name.is_some() && others.is_empty() {
            return Ok(());
        }
        let others: Vec<String> = others.iter().map(Matcher::to_string).collect();
        write!(f, "{{{}}}", others.join(","))
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let sign = text_of(&MatchOperator::ALL, self.operator);
        write!(f, "{}{sign}{}", label(&self.label), quoted(&self.value))
    }
}

impl Display for RangeFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(text_of(&Self::ALL, *self))
    }
}

impl Display for Aggregation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(text_of(&Self::ALL, *self))
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(text_of(&Self::ALL, *self))
    }
}

fn text_of<T: Copy + PartialEq>(all: &[(&'static str, T)], one: T) -> &'static str {
    all.iter()
        .find(|(_, other)| *other == one)
        .map_or("", |(text, _)| text)
}
