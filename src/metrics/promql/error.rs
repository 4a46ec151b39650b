//! Why an expression is not recomputed.

use crate::model::limits::{EXPRESSION_BYTES, EXPRESSION_DEPTH, EXPRESSION_NODES};

/// A part of an expression, in bytes from its start; `end` is behind it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

/// Why an expression does not parse.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// More bytes than are read.
    #[error("the expression has {found} bytes, at most {EXPRESSION_BYTES} are read")]
    TooLong {
        /// Its size in bytes.
        found: usize,
    },
    /// Nested more deeply than is evaluated.
    #[error("the expression is nested more than {EXPRESSION_DEPTH} deep")]
    TooDeep {
        /// Where it gets too deep.
        at: Span,
    },
    /// More parts than are evaluated.
    #[error("the expression has more than {EXPRESSION_NODES} parts")]
    TooManyNodes {
        /// The first that is too many.
        at: Span,
    },
    /// PromQL that is not recomputed here.
    #[error("{what} (at byte {}) is outside of the PromQL that is recomputed", .at.start)]
    Outside {
        /// The part, such as `the aggregation topk`.
        what: String,
        /// Where it stands.
        at: Span,
    },
    /// No PromQL: a server refuses it too.
    #[error("{what} (at byte {})", .at.start)]
    Syntax {
        /// What is wrong, in the words of Prometheus where it has them.
        what: String,
        /// Where.
        at: Span,
    },
}

impl ParseError {
    pub(super) fn outside(at: Span, what: impl Into<String>) -> Self {
        Self::Outside {
            what: what.into(),
            at,
        }
    }

    pub(super) fn syntax(at: Span, what: impl Into<String>) -> Self {
        Self::Syntax {
            what: what.into(),
            at,
        }
    }

    /// Where in the expression; none when it is the whole.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::TooLong { .. } => None,
            Self::TooDeep { at }
            | Self::TooManyNodes { at }
            | Self::Outside { at, .. }
            | Self::Syntax { at, .. } => Some(*at),
        }
    }
}
