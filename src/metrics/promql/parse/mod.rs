//! Parses the subset of PromQL (`promql/parser/generated_parser.y`, with its precedences and type checks).

mod call;
mod selector;

use super::ast::{Binary, Expr, ExprType, Matching, Operator};
use super::error::{ParseError, Span};
use super::lexer::{Kind, Token, tokens};
use crate::model::limits::{EXPRESSION_BYTES, EXPRESSION_DEPTH, EXPRESSION_NODES};
pub(super) use selector::is_keyword;

/// Parses an expression.
///
/// # Errors
/// [`ParseError::Outside`] for PromQL that is not recomputed, [`ParseError::Syntax`] for what no server takes, others for
/// what is larger than the limits.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > EXPRESSION_BYTES {
        return Err(ParseError::TooLong { found: text.len() });
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        nodes: 0,
    };
    if parser.peek() == &Kind::End {
        return Err(ParseError::syntax(
            parser.span(),
            "no expression found in input",
        ));
    }
    let node = parser.expression(1)?;
    match parser.peek() {
        Kind::End => Ok(node.expr),
        _ => Err(parser.unexpected()),
    }
}

/// What has been parsed, and where.
struct Node {
    expr: Expr,
    /// Nodes from here to the deepest leaf.
    depth: usize,
    span: Span,
    /// Whether it stands in parentheses, which takes away what binds to a bare selector.
    closed: bool,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    nodes: usize,
}

/// Operators that are PromQL and not of the subset.
const OTHER_OPERATORS: [&str; 5] = ["%", "^", "atan2", "</", ">/"];

impl Parser {
    /// Operators of at least this precedence, joined from the left.
    fn expression(&mut self, lowest: u8) -> Result<Node, ParseError> {
        self.deeper(|parser| {
            let mut left = parser.unary()?;
            while let Some(operator) = parser.operator()? {
                if operator.precedence() < lowest {
                    break;
                }
                let sign = parser.span();
                parser.at += 1;
                let returns_bool = parser.take_word("bool");
                let matching = parser.matching()?;
                let right = parser.expression(operator.precedence() + 1)?;
                left = parser.binary(left, right, sign, operator, returns_bool, matching)?;
            }
            Ok(left)
        })
    }

    /// The operator that comes next, which is not taken.
    fn operator(&self) -> Result<Option<Operator>, ParseError> {
        let sign = match self.peek() {
            Kind::Sign(sign) => (*sign).to_string(),
            Kind::Word(word) => word.to_ascii_lowercase(),
            _ => return Ok(None),
        };
        if OTHER_OPERATORS.contains(&sign.as_str()) {
            return Err(ParseError::outside(
                self.span(),
                format!("the operator {sign}"),
            ));
        }
        let known = Operator::ALL.iter().find(|(text, _)| *text == sign);
        Ok(known.map(|(_, operator)| *operator))
    }

    fn matching(&mut self) -> Result<Option<Matching>, ParseError> {
        let found = if self.take_word("on") {
            Some(Matching::On(self.labels()?))
        } else if self.take_word("ignoring") {
            Some(Matching::Ignoring(self.labels()?))
        } else {
            None
        };
        for (word, what) in [
            ("group_left", "many-to-one matching"),
            ("group_right", "one-to-many matching"),
            ("fill", "the filling of missing series"),
            ("fill_left", "the filling of missing series"),
            ("fill_right", "the filling of missing series"),
        ] {
            let opens = self.peek_second() == &Kind::Sign("(");
            if self.peek_word(word) && (opens || word.starts_with("group")) {
                return Err(ParseError::outside(self.span(), what));
            }
        }
        Ok(found)
    }

    fn binary(
        &mut self,
        left: Node,
        right: Node,
        sign: Span,
        operator: Operator,
        returns_bool: bool,
        matching: Option<Matching>,
    ) -> Result<Node, ParseError> {
        let types = (left.expr.expr_type(), right.expr.expr_type());
        let wrong = |what: &str| Err(ParseError::syntax(sign, what));
        if types.0 == ExprType::Range || types.1 == ExprType::Range {
            return wrong("binary expression must contain only scalar and instant vector types");
        }
        if returns_bool && !operator.is_comparison() {
            return wrong("bool modifier can only be used on comparison operators");
        }
        let scalars = types == (ExprType::Scalar, ExprType::Scalar);
        if operator.is_comparison() && !returns_bool && scalars {
            return wrong("comparisons between scalars must use BOOL modifier");
        }
        let vectors = types == (ExprType::Vector, ExprType::Vector);
        if operator.is_set() && !vectors {
            return wrong(&format!(
                "set operator \"{operator}\" not allowed in binary scalar expression"
            ));
        }
        let matching = match matching {
            Some(Matching::On(labels) | Matching::Ignoring(labels))
                if !vectors && !labels.is_empty() =>
            {
                return wrong("vector matching only allowed between instant vectors");
            }
            Some(matching) if vectors => matching,
            _ => Matching::Ignoring(Vec::new()),
        };
        let span = Span {
            start: left.span.start,
            end: right.span.end,
        };
        let depth = left.depth.max(right.depth);
        let expr = Expr::Binary(Box::new(Binary {
            operator,
            returns_bool,
            matching,
            left: left.expr,
            right: right.expr,
        }));
        self.node(expr, depth, span)
    }

    /// A sign before an operand binds like `*`; before a number it is a part of it.
    fn unary(&mut self) -> Result<Node, ParseError> {
        let sign = self.span();
        let negative = self.take("-");
        if !negative && !self.take("+") {
            return self.postfix();
        }
        let of = self.deeper(Self::unary)?;
        let span = Span {
            start: sign.start,
            end: of.span.end,
        };
        if of.expr.expr_type() == ExprType::Range {
            return Err(ParseError::syntax(
                span,
                "unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
            ));
        }
        let expr = match of.expr {
            Expr::Number(value) if negative => Expr::Number(-value),
            other if negative => Expr::Negate(Box::new(other)),
            other => other,
        };
        self.node(expr, of.depth, span)
    }

    fn primary(&mut self) -> Result<Node, ParseError> {
        let span = self.span();
        match self.peek().clone() {
            Kind::Sign("(") => {
                self.at += 1;
                let inner = self.expression(1)?;
                let end = self.expect(")")?.end;
                Ok(Node {
                    span: Span {
                        start: span.start,
                        end,
                    },
                    closed: true,
                    ..inner
                })
            }
            Kind::Number(value) => {
                self.at += 1;
                self.node(Expr::Number(value), 0, span)
            }
            Kind::Duration(_) => Err(ParseError::outside(span, "a duration as a number")),
            Kind::Text(_) => Err(ParseError::outside(span, "a string as an expression")),
            Kind::Sign("{") => self.selector(None, span),
            Kind::Word(word) => self.word(&word, span),
            _ => Err(self.unexpected()),
        }
    }

    /// Counts a node over parts of this depth.
    fn node(&mut self, expr: Expr, depth: usize, span: Span) -> Result<Node, ParseError> {
        self.nodes += 1;
        if self.nodes > EXPRESSION_NODES {
            return Err(ParseError::TooManyNodes { at: span });
        }
        if depth >= EXPRESSION_DEPTH {
            return Err(ParseError::TooDeep { at: span });
        }
        Ok(Node {
            expr,
            depth: depth + 1,
            span,
            closed: false,
        })
    }

    fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.depth += 1;
        // Operators of different precedence and parentheses take calls that leave no node.
        if self.depth > 2 * EXPRESSION_DEPTH {
            return Err(ParseError::TooDeep { at: self.span() });
        }
        let found = inner(self);
        self.depth -= 1;
        found
    }

    fn peek(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |t| &t.kind)
    }

    fn peek_second(&self) -> &Kind {
        self.tokens.get(self.at + 1).map_or(&Kind::End, |t| &t.kind)
    }

    fn span(&self) -> Span {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(Span::default(), |t| t.span)
    }

    fn peek_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.peek_word(keyword);
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Kind::Sign(found) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<Span, ParseError> {
        let span = self.span();
        if self.take(sign) {
            return Ok(span);
        }
        Err(self.unexpected())
    }

    fn unexpected(&self) -> ParseError {
        let what = match self.peek() {
            Kind::End => self.unclosed().into(),
            Kind::Word(word) => format!("unexpected identifier {word:?}"),
            Kind::Number(value) => format!("unexpected number {value}"),
            Kind::Duration(_) => "unexpected duration".into(),
            Kind::Text(text) => format!("unexpected string {text:?}"),
            Kind::Sign(sign) => format!("unexpected {sign:?}"),
        };
        ParseError::syntax(self.span(), what)
    }

    /// What is open where the text ends.
    fn unclosed(&self) -> &'static str {
        let count = |sign: &'static str| {
            let tokens = self.tokens.iter();
            tokens
                .filter(|token| token.kind == Kind::Sign(sign))
                .count()
        };
        if count("{") > count("}") {
            "unexpected end of input inside braces"
        } else if count("(") > count(")") {
            "unclosed left parenthesis"
        } else if count("[") > count("]") {
            "unclosed left bracket"
        } else {
            "unexpected end of input"
        }
    }
}
