//! Rules made ready to be applied.

use super::RedactError;
use super::documents::Reads;
use super::pointer::{Pattern, PointerError};
use crate::model::limits::REDACT_PATTERN_BYTES;
use crate::model::{Blank, RedactRule};
use regex::bytes::{Regex, RegexBuilder};

/// The rules of one item, in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Rules(pub(super) Vec<Ready>);

#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) id: String,
    pub(super) marker: String,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Pointer(Pattern),
    Column(String),
    Pattern(Regex),
}

/// Why a rule is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The pointer.
    #[error(transparent)]
    Pointer(#[from] PointerError),
    /// The pattern.
    #[error("the pattern is no regular expression: {0}")]
    Pattern(String),
    /// It would put its text between any two characters.
    #[error("the pattern matches the empty text")]
    Empty,
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// When one is none.
    pub fn of(rules: &[RedactRule]) -> Result<Self, RuleError> {
        let ready = rules.iter().map(|rule| {
            let what = match &rule.what {
                Blank::Pointer(text) => What::Pointer(Pattern::parse(text)?),
                Blank::Column(name) => What::Column(name.clone()),
                Blank::Pattern(text) => What::Pattern(pattern(text)?),
            };
            Ok(Ready {
                id: rule.id.clone(),
                marker: rule.marker(),
                what,
            })
        });
        ready.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one of this name.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|rule| rule.id == id)
    }

    pub(super) fn each_reads(&self, reads: impl Fn(&What) -> bool) -> Result<(), RedactError> {
        match self.0.iter().find(|rule| !reads(&rule.what)) {
            None => Ok(()),
            Some(rule) => Err(RedactError::Nothing {
                rule: rule.id.clone(),
                wants: match rule.what {
                    What::Pointer(_) => "a pointer is for JSON",
                    What::Column(_) => "a column is for CSV",
                    What::Pattern(_) => "a pattern is for text, and no record of our own",
                },
            }),
        }
    }

    pub(super) fn id(&self, rule: usize) -> &str {
        self.0.get(rule).map_or("", |rule| &rule.id)
    }

    pub(super) fn marker(&self, rule: usize) -> &str {
        self.0.get(rule).map_or("", |rule| &rule.marker)
    }
}

impl What {
    pub(super) fn is_of(&self, reads: Reads) -> bool {
        match self {
            Self::Pointer(_) => reads.json,
            Self::Column(_) => reads.table,
            Self::Pattern(_) => reads.text,
        }
    }
}

/// A pattern of bounded size, matched in linear time. `^` and `$` are ends of lines.
///
/// # Errors
/// When it is none, is too large, or matches the empty text.
pub fn pattern(text: &str) -> Result<Regex, RuleError> {
    let built = RegexBuilder::new(text)
        .size_limit(REDACT_PATTERN_BYTES)
        .dfa_size_limit(REDACT_PATTERN_BYTES)
        .nest_limit(50)
        .multi_line(true)
        .build();
    let built = built.map_err(|error| {
        // The last line says what; the ones before it draw where.
        let said = error.to_string();
        RuleError::Pattern(said.lines().last().unwrap_or_default().trim().into())
    })?;
    match built.is_match(b"") {
        true => Err(RuleError::Empty),
        false => Ok(built),
    }
}
