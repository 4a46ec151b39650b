//! Which series a query means.

use super::pattern::Pattern;
use crate::metrics::Labels;

/// Matchers that a series must all satisfy; the one of the name first, then ascending.
///
/// Two selectors that differ only in the order of matchers are the same and print the same text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selector {
    matchers: Vec<Matcher>,
}

/// A demand on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label's name.
    pub label: String,
    /// How it is compared.
    pub operator: MatchOperator,
    /// The text or the regular expression.
    pub value: String,
    pattern: Option<Pattern>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MatchOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// The label that holds a metric's name.
pub(crate) const NAME: &str = "__name__";

impl Selector {
    pub(super) fn new(mut matchers: Vec<Matcher>) -> Self {
        let key = |m: &Matcher| {
            let is_name = m.label == NAME;
            (!is_name, m.label.clone(), m.operator, m.value.clone())
        };
        matchers.sort_by_key(key);
        matchers.dedup();
        Self { matchers }
    }

    /// Its matchers: that of the name first, then ascending.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Whether a series with these labels is meant. A label that is not there counts as empty.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            let value = labels.0.get(&matcher.label).map_or("", String::as_str);
            matcher.matches(value)
        })
    }
}

impl Matcher {
    /// A matcher; the error says what the regular expression has that is not read here.
    pub(super) fn new(
        label: String,
        operator: MatchOperator,
        value: String,
    ) -> Result<Self, String> {
        let pattern = match operator {
            MatchOperator::Equal | MatchOperator::NotEqual => None,
            MatchOperator::Matches | MatchOperator::MatchesNot => Some(Pattern::new(&value)?),
        };
        Ok(Self {
            label,
            operator,
            value,
            pattern,
        })
    }

    /// Whether the label may have this value.
    pub fn matches(&self, value: &str) -> bool {
        let same = match &self.pattern {
            Some(pattern) => pattern.matches(value),
            None => self.value == value,
        };
        let wanted = matches!(self.operator, MatchOperator::Equal | MatchOperator::Matches);
        same == wanted
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        // The pattern follows from the value.
        self.label == other.label && self.operator == other.operator && self.value == other.value
    }
}

impl Eq for Matcher {}

impl MatchOperator {
    /// All with their signs.
    pub(super) const ALL: [(&str, Self); 4] = [
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("=~", Self::Matches),
        ("!~", Self::MatchesNot),
    ];
}
