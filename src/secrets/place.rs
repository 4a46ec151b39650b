//! Where in a file something stands.

use crate::redact::pointer_at;
use std::fmt;

/// Where something stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// Line and column in characters, both from 1; none in what is no text.
    pub line: Option<(usize, usize)>,
    /// RFC 6901 pointer to the innermost value that it is in; none in what is no JSON.
    pub pointer: Option<String>,
}

impl Place {
    /// The place in these bytes. A pointer may hold what captured keys are called, never a value.
    pub(super) fn of(bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = std::str::from_utf8(bytes).ok().map(|_| {
            let start = before.iter().rposition(|byte| *byte == b'\n');
            let start = start.map_or(0, |at| at + 1);
            let in_line = before.get(start..).unwrap_or_default();
            let lines = before.iter().filter(|byte| **byte == b'\n').count();
            (
                lines + 1,
                String::from_utf8_lossy(in_line).chars().count() + 1,
            )
        });
        Self {
            offset: offset as u64,
            line,
            pointer: pointer_at(bytes, offset).filter(|pointer| !pointer.is_empty()),
        }
    }

    /// The place in what is too large to be looked at as a whole.
    pub(super) fn at(offset: u64) -> Self {
        Self {
            offset,
            line: None,
            pointer: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some((line, column)) => write!(f, "{line}:{column}"),
            None => write!(f, "byte {}", self.offset),
        }
    }
}
