//! The part of PromQL that the demo asks for; everything else is a parse error, as Prometheus words them.

use super::query::{Aggregation, Expr, Matcher, Operation, Query, Selector, Wanted};
use crate::model::limits;
use crate::model::time::parse_duration_ms;
use regex::Regex;

/// Parses a query.
///
/// The error is Prometheus's text: position and reason.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        selectors: Vec::new(),
    };
    parser.space();
    if parser.rest().is_empty() {
        return Err(parser.error("no expression found in input"));
    }
    let expr = parser.comparison()?;
    if !parser.rest().is_empty() {
        return Err(parser.unexpected());
    }
    Ok(Query {
        expr,
        selectors: parser.selectors,
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    selectors: Vec<Selector>,
}

const COMPARISONS: &[(&str, Operation)] = &[
    (">=", Operation::GreaterOrEqual),
    ("<=", Operation::LessOrEqual),
    ("==", Operation::Equal),
    ("!=", Operation::NotEqual),
    (">", Operation::Greater),
    ("<", Operation::Less),
];
const SUMS: &[(&str, Operation)] = &[("+", Operation::Add), ("-", Operation::Subtract)];
const PRODUCTS: &[(&str, Operation)] = &[("*", Operation::Multiply), ("/", Operation::Divide)];

impl<'a> Parser<'a> {
    fn comparison(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > limits::JSON_DEPTH {
            return Err(self.error("expression is nested too deeply"));
        }
        let expr = self.chain(COMPARISONS, |parser| {
            parser.chain(SUMS, |parser| parser.chain(PRODUCTS, Self::term))
        })?;
        self.depth -= 1;
        Ok(expr)
    }

    /// Operands joined by operators of one rank, from the left.
    fn chain(
        &mut self,
        operators: &[(&str, Operation)],
        operand: impl Fn(&mut Self) -> Result<Expr, String>,
    ) -> Result<Expr, String> {
        let mut left = operand(self)?;
        while let Some((_, operation)) = operators.iter().find(|(sign, _)| self.take(sign)) {
            let right = operand(self)?;
            left = Expr::Binary(*operation, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Expr, String> {
        if self.take("(") {
            let inner = self.comparison()?;
            self.close()?;
            return Ok(inner);
        }
        if let Some(number) = self.number() {
            return Ok(Expr::Number(number));
        }
        let start = self.at;
        let name = self.word();
        if !name.is_empty() && (self.rest().starts_with('(') || self.grouped(name)) {
            return self.call(start, name);
        }
        if name.is_empty() && !self.rest().starts_with('{') {
            return Err(self.unexpected());
        }
        let selector = self.selector(name)?;
        match self.range()? {
            None => Ok(Expr::Select(selector)),
            Some(range_ms) => Ok(Expr::Range(selector, range_ms)),
        }
    }

    /// Whether `sum by (…)` or the like follows.
    fn grouped(&self, name: &str) -> bool {
        aggregation(name).is_some()
            && (self.rest().starts_with("by") || self.rest().starts_with("without"))
    }

    fn call(&mut self, start: usize, name: &str) -> Result<Expr, String> {
        if let Some(function) = aggregation(name) {
            let before = self.grouping()?;
            self.open()?;
            let inner = Box::new(self.comparison()?);
            self.close()?;
            let by = match before {
                Some(by) => Some(by),
                None => self.grouping()?,
            };
            return Ok(Expr::Aggregate {
                function,
                by,
                inner,
            });
        }
        match name {
            "rate" | "increase" => {
                self.open()?;
                let Expr::Range(selector, range_ms) = self.comparison()? else {
                    return Err(self.error(&format!("expected type range vector in call to function \"{name}\", got instant vector")));
                };
                self.close()?;
                Ok(Expr::Rate {
                    selector,
                    range_ms,
                    per_second: name == "rate",
                })
            }
            "histogram_quantile" => {
                self.open()?;
                let quantile = self.comparison()?;
                if !self.take(",") {
                    return Err(self.unexpected());
                }
                let inner = self.comparison()?;
                self.close()?;
                Ok(Expr::Quantile(Box::new(quantile), Box::new(inner)))
            }
            _ => {
                self.at = start;
                Err(self.error(&format!("unknown function with name {name:?}")))
            }
        }
    }

    /// `by (a, b)`. `without` is beyond the demo.
    fn grouping(&mut self) -> Result<Option<Vec<String>>, String> {
        if !self.rest().starts_with("by") {
            return match self.rest().starts_with("without") {
                true => Err(self.error("without is not supported by this server")),
                false => Ok(None),
            };
        }
        self.word();
        self.open()?;
        let mut labels = Vec::new();
        while !self.take(")") {
            let label = self.word();
            if label.is_empty() {
                return Err(self.unexpected());
            }
            labels.push(label.to_owned());
            if !self.take(",") && !self.rest().starts_with(')') {
                return Err(self.unexpected());
            }
        }
        Ok(Some(labels))
    }

    fn selector(&mut self, name: &str) -> Result<usize, String> {
        let mut selector = Selector::default();
        if !name.is_empty() {
            selector.matchers.push(Matcher {
                label: "__name__".into(),
                wanted: true,
                value: Wanted::Text(name.into()),
            });
        }
        if self.take("{") {
            while !self.take("}") {
                selector.matchers.push(self.matcher()?);
                if !self.take(",") && !self.rest().starts_with('}') {
                    return Err(self.unexpected());
                }
            }
        }
        if !selector.matchers.iter().any(|matcher| matcher.wanted) {
            return Err(self.error("vector selector must contain at least one non-empty matcher"));
        }
        self.selectors.push(selector);
        Ok(self.selectors.len() - 1)
    }

    fn matcher(&mut self) -> Result<Matcher, String> {
        let label = self.word().to_owned();
        let (wanted, pattern) = match ["=~", "!~", "!=", "="].iter().find(|sign| self.take(sign)) {
            Some(&"=~") => (true, true),
            Some(&"!~") => (false, true),
            Some(&"!=") => (false, false),
            Some(_) => (true, false),
            None => return Err(self.unexpected()),
        };
        let text = self.string()?;
        let value = if pattern {
            let anchored = format!("^(?:{text})$");
            Wanted::Pattern(
                Regex::new(&anchored).map_err(|_| self.error("invalid regular expression"))?,
            )
        } else {
            Wanted::Text(text)
        };
        Ok(Matcher {
            label,
            wanted,
            value,
        })
    }

    fn range(&mut self) -> Result<Option<i64>, String> {
        if !self.take("[") {
            return Ok(None);
        }
        let end = self
            .rest()
            .find(']')
            .ok_or_else(|| self.error("unclosed left bracket"))?;
        let text = self.rest().get(..end).unwrap_or_default();
        let range_ms = parse_duration_ms(text.trim())
            .and_then(|range| i64::try_from(range).ok())
            .filter(|range| *range > 0)
            .ok_or_else(|| self.error(&format!("not a valid duration string: {text:?}")))?;
        self.skip(end + 1);
        if let Some(selector) = self.selectors.last_mut() {
            selector.range_ms = selector.range_ms.max(range_ms);
        }
        Ok(Some(range_ms))
    }

    fn string(&mut self) -> Result<String, String> {
        let quote = self
            .rest()
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            return Err(self.unexpected());
        };
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
                    _ => return Err(self.error("unknown escape sequence")),
                },
                c if c == quote => {
                    self.skip(at + 1);
                    return Ok(value);
                }
                c => value.push(c),
            }
        }
        Err(self.error("unterminated quoted string"))
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.rest();
        let starts = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if !starts.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(at, c)| {
                let exponent = rest
                    .get(..*at)
                    .is_some_and(|head| head.ends_with(['e', 'E']));
                !(c.is_ascii_digit()
                    || matches!(c, '.' | 'e' | 'E')
                    || exponent && matches!(c, '+' | '-'))
            })
            .map_or(rest.len(), |(at, _)| at);
        let number = rest.get(..end)?.parse().ok()?;
        self.skip(end);
        Some(number)
    }

    /// An identifier; empty where none begins.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':')))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        self.skip(end);
        word
    }

    fn open(&mut self) -> Result<(), String> {
        if self.take("(") {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.take(")") {
            Ok(())
        } else if self.rest().is_empty() {
            Err(self.error("unclosed left parenthesis"))
        } else {
            Err(self.unexpected())
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.skip(sign.len());
        }
        found
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
        self.space();
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self) -> String {
        match self.rest().chars().next() {
            Some(c) => self.error(&format!("unexpected {c:?}")),
            None => self.error("unexpected end of input"),
        }
    }

    fn error(&self, reason: &str) -> String {
        format!("1:{}: parse error: {reason}", self.at + 1)
    }
}

fn aggregation(name: &str) -> Option<Aggregation> {
    Some(match name {
        "sum" => Aggregation::Sum,
        "avg" => Aggregation::Avg,
        "min" => Aggregation::Min,
        "max" => Aggregation::Max,
        "count" => Aggregation::Count,
        _ => return None,
    })
}
