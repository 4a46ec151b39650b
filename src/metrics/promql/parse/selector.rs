//! Selectors, their ranges and offsets, and lists of labels.

use super::super::ast::{Aggregation, Expr, InstantSelector, RangeSelector};
use super::super::error::{ParseError, Span};
use super::super::lexer::Kind;
use super::super::selector::{MatchOperator, Matcher, NAME, Selector};
use super::{Node, Parser};

/// Words that are no metric's name here, whatever the case of their letters.
const KEYWORDS: [&str; 18] = [
    "and",
    "or",
    "unless",
    "atan2",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "start",
    "end",
    "step",
    "range",
    "inf",
    "nan",
];

/// Whether the word is a keyword or the name of an aggregation.
pub(in super::super) fn is_keyword(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    KEYWORDS.contains(&word.as_str()) || Aggregation::ALL.iter().any(|(name, _)| *name == word)
}

impl Parser {
    /// What stands at an operand, with its range and offset.
    pub(super) fn postfix(&mut self) -> Result<Node, ParseError> {
        let mut node = self.primary()?;
        let mut is_offset = false;
        loop {
            let span = self.span();
            if self.take("[") {
                node = self.range(node, span, is_offset)?;
            } else if self.take_word("offset") {
                if is_offset {
                    return Err(ParseError::syntax(
                        span,
                        "offset may not be set multiple times",
                    ));
                }
                is_offset = true;
                self.offset(&mut node, span)?;
            } else if self.peek() == &Kind::Sign("@") {
                return Err(ParseError::outside(span, "the modifier @"));
            } else if self.peek_word("anchored") || self.peek_word("smoothed") {
                return Err(ParseError::outside(span, "an extended range selector"));
            } else {
                return Ok(node);
            }
        }
    }

    fn range(&mut self, node: Node, span: Span, is_offset: bool) -> Result<Node, ParseError> {
        let range = self.peek().clone();
        if matches!(self.peek_second(), Kind::Word(word) if word.starts_with(':')) {
            return Err(ParseError::outside(span, "a subquery"));
        }
        let range_ms = match range {
            Kind::Duration(ms) => ms,
            Kind::Number(_) | Kind::Sign("(" | "-" | "+") | Kind::Word(_) => {
                return Err(ParseError::outside(
                    self.span(),
                    "a range that is no plain duration",
                ));
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        if !self.take("]") {
            return Err(match self.peek() {
                Kind::Sign("+" | "-" | "*" | "/" | "%" | "^") => {
                    ParseError::outside(self.span(), "a range that is no plain duration")
                }
                _ => self.unexpected(),
            });
        }
        if range_ms == 0 {
            return Err(ParseError::syntax(span, "duration must be greater than 0"));
        }
        if is_offset {
            return Err(ParseError::syntax(
                span,
                "no offset modifiers allowed before range",
            ));
        }
        match node.expr {
            Expr::Instant(InstantSelector { selector, .. }) if !node.closed => Ok(Node {
                expr: Expr::Range(RangeSelector {
                    selector,
                    range_ms,
                    offset_ms: 0,
                }),
                ..node
            }),
            _ => Err(ParseError::syntax(
                span,
                "ranges only allowed for vector selectors",
            )),
        }
    }

    fn offset(&mut self, node: &mut Node, span: Span) -> Result<(), ParseError> {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        let ms = match self.peek() {
            Kind::Duration(ms) => *ms,
            Kind::Number(_) | Kind::Sign("(") => {
                return Err(ParseError::outside(
                    self.span(),
                    "an offset that is no plain duration",
                ));
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        let place = match &mut node.expr {
            Expr::Instant(selector) if !node.closed => &mut selector.offset_ms,
            Expr::Range(range) if !node.closed => &mut range.offset_ms,
            _ => {
                return Err(ParseError::syntax(
                    span,
                    "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                ));
            }
        };
        *place = if negative { ms.saturating_neg() } else { ms };
        Ok(())
    }

    /// A selector whose name, if it has one before its braces, has been taken.
    pub(super) fn selector(
        &mut self,
        name: Option<String>,
        start: Span,
    ) -> Result<Node, ParseError> {
        let mut matchers = Vec::new();
        let mut end = start.end;
        if self.take("{") {
            end = loop {
                let span = self.span();
                if self.take("}") {
                    break span.end;
                }
                matchers.push(self.matcher()?);
                let span = self.span();
                if self.take("}") {
                    break span.end;
                }
                self.expect(",")?;
            };
        }
        let span = Span {
            start: start.start,
            end,
        };
        if let Some(name) = name {
            if let Some(other) = matchers.iter().find(|m| m.label == NAME) {
                return Err(ParseError::syntax(
                    span,
                    format!(
                        "metric name must not be set twice: {name:?} or {:?}",
                        other.value
                    ),
                ));
            }
            matchers.push(named(name, span)?);
        }
        if matchers.iter().all(|matcher| matcher.matches("")) {
            return Err(ParseError::syntax(
                span,
                "vector selector must contain at least one non-empty matcher",
            ));
        }
        let expr = Expr::Instant(InstantSelector {
            selector: Selector::new(matchers),
            offset_ms: 0,
        });
        self.node(expr, 0, span)
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let span = self.span();
        let (label, is_text) = match self.peek().clone() {
            Kind::Word(word) if !word.contains(':') => (word, false),
            Kind::Text(text) => (text, true),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        let operator = match self.peek() {
            Kind::Sign(sign) => MatchOperator::ALL.iter().find(|(text, _)| text == sign),
            _ => None,
        };
        let Some((_, operator)) = operator else {
            // A quoted name, as v3 writes names that are not plain.
            return match self.peek() {
                Kind::Sign("," | "}") if is_text => named(label, span),
                _ => Err(self.unexpected()),
            };
        };
        self.at += 1;
        let Kind::Text(value) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        let span = self.span();
        self.at += 1;
        Matcher::new(label, *operator, value).map_err(|what| ParseError::outside(span, what))
    }

    /// Names in parentheses, sorted, each once. A comma may stand behind the last.
    pub(super) fn labels(&mut self) -> Result<Vec<String>, ParseError> {
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.take(")") {
            match self.peek().clone() {
                Kind::Word(word) if !word.contains(':') => labels.push(word),
                Kind::Text(text) => labels.push(text),
                _ => return Err(self.unexpected()),
            }
            self.at += 1;
            if self.take(")") {
                break;
            }
            self.expect(",")?;
        }
        labels.sort();
        labels.dedup();
        Ok(labels)
    }
}

fn named(name: String, span: Span) -> Result<Matcher, ParseError> {
    Matcher::new(NAME.into(), MatchOperator::Equal, name)
        .map_err(|what| ParseError::outside(span, what))
}
