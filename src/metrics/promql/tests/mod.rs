//! Against recorded answers, and against what no answer may do.

mod parsing;
mod properties;
mod raw;
mod recorded;
mod recordings;
mod rules;
