//! Parsed queries: the part of PromQL that the demo asks for.

use super::samples::Labels;
use regex::Regex;

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Number(f64),
    /// A selector of the query's, by its number.
    Select(usize),
    /// `selector[range]` on its own.
    Range(usize, i64),
    Rate {
        selector: usize,
        range_ms: i64,
        per_second: bool,
    },
    Aggregate {
        function: Aggregation,
        by: Option<Vec<String>>,
        inner: Box<Expr>,
    },
    Quantile(Box<Expr>, Box<Expr>),
    Binary(Operation, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
    Count,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

impl Operation {
    pub(super) fn compares(self) -> bool {
        !matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide
        )
    }
}

/// Which series are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    pub(super) matchers: Vec<Matcher>,
    /// The longest range that it is used with.
    pub(super) range_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pub(super) label: String,
    /// Whether the value is to match, or not to.
    pub(super) wanted: bool,
    pub(super) value: Wanted,
}

/// What a label's value is compared with.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Text(String),
    Pattern(Regex),
}

impl Selector {
    /// A label that is not there counts as empty.
    pub(super) fn takes(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            let value = labels.get(&matcher.label).map_or("", String::as_str);
            let same = match &matcher.value {
                Wanted::Text(text) => text == value,
                Wanted::Pattern(pattern) => pattern.is_match(value),
            };
            same == matcher.wanted
        })
    }
}

/// A parsed query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) expr: Expr,
    pub(super) selectors: Vec<Selector>,
}
