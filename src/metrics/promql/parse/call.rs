//! Words at an operand: aggregations, functions, names of metrics.

use super::super::ast::{Aggregation, Expr, ExprType, Grouping, RangeFunction};
use super::super::error::{ParseError, Span};
use super::super::lexer::Kind;
use super::{Node, Parser, is_keyword};

/// Aggregations that are PromQL and not of the subset.
const OTHER_AGGREGATIONS: [&str; 9] = [
    "topk",
    "bottomk",
    "quantile",
    "stddev",
    "stdvar",
    "group",
    "count_values",
    "limitk",
    "limit_ratio",
];

/// Functions of Prometheus 2.42 to 3.15 that are not of the subset.
#[rustfmt::skip]
const OTHER_FUNCTIONS: &[&str] = &[
    "abs", "absent", "absent_over_time", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "changes", "clamp",
    "clamp_max", "clamp_min", "cos", "cosh", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "deg", "deriv",
    "double_exponential_smoothing", "end", "exp", "first_over_time", "floor", "histogram_avg", "histogram_count",
    "histogram_fraction", "histogram_quantiles", "histogram_stddev", "histogram_stdvar", "histogram_sum", "holt_winters",
    "hour", "idelta", "info", "irate", "label_join", "label_replace", "ln", "log10", "log2", "mad_over_time", "max_of",
    "min_of", "minute", "month", "pi", "predict_linear", "present_over_time", "quantile_over_time", "rad", "range",
    "resets", "round", "scalar", "sgn", "sin", "sinh", "sort", "sort_by_label", "sort_by_label_desc", "sort_desc", "sqrt",
    "start", "start_timestamp", "stddev_over_time", "stdvar_over_time", "step", "tan", "tanh", "time", "timestamp",
    "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time", "year",
];

impl Parser {
    /// What a word begins.
    pub(super) fn word(&mut self, word: &str, span: Span) -> Result<Node, ParseError> {
        let lower = word.to_ascii_lowercase();
        self.at += 1;
        let opens = self.peek() == &Kind::Sign("(");
        let groups = opens || self.peek_word("by") || self.peek_word("without");
        if groups && OTHER_AGGREGATIONS.contains(&lower.as_str()) {
            return Err(ParseError::outside(
                span,
                format!("the aggregation {lower}"),
            ));
        }
        let aggregation = Aggregation::ALL.iter().find(|(name, _)| *name == lower);
        if let Some((_, function)) = aggregation.filter(|_| groups) {
            return self.aggregation(*function, span);
        }
        if opens && aggregation.is_none() {
            return self.call(word, span);
        }
        match lower.as_str() {
            "inf" => self.node(Expr::Number(f64::INFINITY), 0, span),
            "nan" => self.node(Expr::Number(f64::NAN), 0, span),
            _ if aggregation.is_none() && is_keyword(word) => {
                self.at -= 1;
                Err(self.unexpected())
            }
            _ => self.selector(Some(word.into()), span),
        }
    }

    fn aggregation(&mut self, function: Aggregation, start: Span) -> Result<Node, ParseError> {
        let before = self.grouping()?;
        let (mut arguments, mut end) = self.arguments()?;
        let grouping = match before {
            Some(grouping) => grouping,
            None => match self.grouping()? {
                Some(grouping) => {
                    end = self.at.checked_sub(1).map_or(end, |at| {
                        self.tokens.get(at).map_or(end, |token| token.span)
                    });
                    grouping
                }
                None => Grouping::By(Vec::new()),
            },
        };
        let span = Span {
            start: start.start,
            end: end.end,
        };
        let (Some(of), true) = (arguments.pop(), arguments.is_empty()) else {
            return Err(ParseError::syntax(
                span,
                "wrong number of arguments for aggregate expression provided, expected 1",
            ));
        };
        let of = typed(of, ExprType::Vector, "aggregation expression")?;
        let expr = Expr::Aggregate {
            function,
            grouping,
            of: Box::new(of.expr),
        };
        self.node(expr, of.depth, span)
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        if self.take_word("by") {
            return Ok(Some(Grouping::By(self.labels()?)));
        }
        if self.take_word("without") {
            return Ok(Some(Grouping::Without(self.labels()?)));
        }
        Ok(None)
    }

    /// Expressions in parentheses, and the closing one's place.
    fn arguments(&mut self) -> Result<(Vec<Node>, Span), ParseError> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        let span = self.span();
        if self.take(")") {
            return Ok((arguments, span));
        }
        loop {
            arguments.push(self.expression(1)?);
            let span = self.span();
            if self.take(")") {
                return Ok((arguments, span));
            }
            self.expect(",")?;
        }
    }

    fn call(&mut self, name: &str, start: Span) -> Result<Node, ParseError> {
        if OTHER_FUNCTIONS.contains(&name) {
            return Err(ParseError::outside(start, format!("the function {name}")));
        }
        let over_time = RangeFunction::ALL.iter().find(|(known, _)| *known == name);
        let wanted: &[ExprType] = match name {
            _ if over_time.is_some() => &[ExprType::Range],
            "vector" => &[ExprType::Scalar],
            "histogram_quantile" => &[ExprType::Scalar, ExprType::Vector],
            _ => {
                return Err(ParseError::syntax(
                    start,
                    format!("unknown function with name {name:?}"),
                ));
            }
        };
        let (arguments, end) = self.arguments()?;
        let span = Span {
            start: start.start,
            end: end.end,
        };
        if arguments.len() != wanted.len() {
            return Err(ParseError::syntax(
                span,
                format!(
                    "expected {} argument(s) in call to {name:?}, got {}",
                    wanted.len(),
                    arguments.len()
                ),
            ));
        }
        let context = format!("call to function {name:?}");
        let mut depth = 0;
        let mut exprs = Vec::new();
        for (argument, wanted) in arguments.into_iter().zip(wanted) {
            let argument = typed(argument, *wanted, &context)?;
            depth = depth.max(argument.depth);
            exprs.push(argument.expr);
        }
        let mut exprs = exprs.into_iter();
        let expr = match (exprs.next(), exprs.next(), over_time) {
            (Some(Expr::Range(range)), None, Some((_, function))) => Expr::OverTime {
                function: *function,
                range,
            },
            (Some(of), None, None) => Expr::Vector(Box::new(of)),
            (Some(quantile), Some(buckets), _) => Expr::Quantile {
                quantile: Box::new(quantile),
                buckets: Box::new(buckets),
            },
            _ => return Err(ParseError::outside(span, format!("the function {name}"))),
        };
        self.node(expr, depth, span)
    }
}

fn typed(node: Node, wanted: ExprType, context: &str) -> Result<Node, ParseError> {
    let found = node.expr.expr_type();
    if found == wanted {
        return Ok(node);
    }
    let what = format!(
        "expected type {} in {context}, got {}",
        name(wanted),
        name(found)
    );
    Err(ParseError::syntax(node.span, what))
}

/// As Prometheus names it.
fn name(of: ExprType) -> &'static str {
    match of {
        ExprType::Scalar => "scalar",
        ExprType::Vector => "instant vector",
        ExprType::Range => "range vector",
    }
}
