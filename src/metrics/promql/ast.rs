//! A parsed expression of the subset.

use super::selector::Selector;

/// An expression. Parentheses are gone: the tree is their meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// The last sample before each step.
    Instant(InstantSelector),
    /// All samples of a stretch of time before each step; on its own only in an instant query.
    Range(RangeSelector),
    /// A function of the samples of a stretch.
    OverTime {
        /// The function.
        function: RangeFunction,
        /// Of which samples.
        range: RangeSelector,
    },
    /// `histogram_quantile` over classic buckets.
    Quantile {
        /// A scalar.
        quantile: Box<Expr>,
        /// A vector with labels `le`.
        buckets: Box<Expr>,
    },
    /// `vector` of a scalar.
    Vector(Box<Expr>),
    /// The negative of a scalar or vector. Of a number it is the negative number.
    Negate(Box<Expr>),
    /// An aggregation of a vector.
    Aggregate {
        /// How.
        function: Aggregation,
        /// Into which groups.
        grouping: Grouping,
        /// Of which vector.
        of: Box<Expr>,
    },
    /// Two operands.
    Binary(Box<Binary>),
}

/// A selector used at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct InstantSelector {
    /// Which series.
    pub selector: Selector,
    /// How much earlier, in milliseconds; negative for later.
    pub offset_ms: i64,
}

/// A selector used over a stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSelector {
    /// Which series.
    pub selector: Selector,
    /// How long the stretch is, in milliseconds; more than 0.
    pub range_ms: i64,
    /// How much earlier it ends, in milliseconds; negative for later.
    pub offset_ms: i64,
}

/// Functions of the samples of a stretch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "PromQL's own names")]
pub enum RangeFunction {
    Rate,
    Increase,
    Delta,
    AvgOverTime,
    MinOverTime,
    MaxOverTime,
    SumOverTime,
    CountOverTime,
    LastOverTime,
}

/// Aggregations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "PromQL's own names")]
pub enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
    Count,
}

/// How series are grouped; label names ascend, each once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Grouping {
    /// By these labels only; by none, all are one group.
    By(Vec<String>),
    /// By all labels but these and the name.
    Without(Vec<String>),
}

/// An operator between two operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub operator: Operator,
    /// Whether a comparison answers 0 or 1 rather than filter.
    pub returns_bool: bool,
    /// Which series of two vectors belong together.
    pub matching: Matching,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
}

/// Operators.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "the usual names")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    And,
    Or,
    Unless,
}

/// Which labels make two series of two vectors belong together; label names ascend, each once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Matching {
    /// These only.
    On(Vec<String>),
    /// All but these and the name.
    Ignoring(Vec<String>),
}

/// Types of expressions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExprType {
    /// One number a step.
    Scalar,
    /// Series with at most one value a step.
    Vector,
    /// Series with all samples of a stretch.
    Range,
}

impl Expr {
    /// Its type.
    pub fn expr_type(&self) -> ExprType {
        match self {
            Self::Number(_) => ExprType::Scalar,
            Self::Range(_) => ExprType::Range,
            // A chain of these is no deeper than the expression.
            Self::Negate(of) => of.expr_type(),
            Self::Binary(binary) => match (binary.left.expr_type(), binary.right.expr_type()) {
                (ExprType::Scalar, ExprType::Scalar) => ExprType::Scalar,
                _ => ExprType::Vector,
            },
            _ => ExprType::Vector,
        }
    }
}

impl RangeFunction {
    /// All with their names.
    pub(super) const ALL: [(&str, Self); 9] = [
        ("rate", Self::Rate),
        ("increase", Self::Increase),
        ("delta", Self::Delta),
        ("avg_over_time", Self::AvgOverTime),
        ("min_over_time", Self::MinOverTime),
        ("max_over_time", Self::MaxOverTime),
        ("sum_over_time", Self::SumOverTime),
        ("count_over_time", Self::CountOverTime),
        ("last_over_time", Self::LastOverTime),
    ];
}

impl Aggregation {
    /// All with their names.
    pub(super) const ALL: [(&str, Self); 5] = [
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
        ("count", Self::Count),
    ];
}

impl Operator {
    /// All with their signs.
    pub(super) const ALL: [(&str, Self); 13] = [
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        ("and", Self::And),
        ("or", Self::Or),
        ("unless", Self::Unless),
    ];

    /// The higher, the tighter it binds.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide => 5,
            _ => 3,
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        self.precedence() == 3
    }

    pub(super) fn is_set(self) -> bool {
        self.precedence() < 3
    }
}
