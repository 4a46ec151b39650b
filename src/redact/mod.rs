//! Blanking values before they are hashed, and finding again where that was done.
//!
//! Pure: the collector applies rules, the verifier applies the same rules to what was stored, finds nothing left to
//! blank, and finds each place that was.

mod apply;
mod csv;
mod documents;
mod json;
mod look;
mod pointer;
mod rules;

pub use apply::{Salt, blank};
pub use json::pointer_at;
pub use look::{Looked, look};
pub use pointer::{Pattern, PointerError};
pub use rules::{RuleError, Rules, pattern};

use crate::model::limits::{REDACT_BYTES, REDACT_PLACES, REDACT_ROUNDS};
use crate::model::{CapturedFile, Kind};

/// Why rules cannot be applied. Never holds a part of what they are applied to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// Read whole, so there is an end.
    #[error(
        "{member} has {found} bytes, of which no more than {REDACT_BYTES} are read under rules of redaction"
    )]
    TooLarge {
        /// The member.
        member: String,
        /// Its bytes.
        found: usize,
    },
    /// The text that is put in the place of values stands there already: nobody could tell.
    #[error("{member} holds the text {marker} already, which stands for what was redacted")]
    Marker {
        /// The member.
        member: String,
        /// The text.
        marker: String,
    },
    /// It is not of the form that the rule reads.
    #[error("redact rule {rule:?}: {member} cannot be read: {reason}")]
    Form {
        /// The rule.
        rule: String,
        /// The member.
        member: String,
        /// What is wrong.
        reason: String,
    },
    /// What blanks nothing for a mistyped name would look as if all were well.
    #[error("redact rule {rule:?} reads none of the item's files: {wants}")]
    Nothing {
        /// The rule.
        rule: String,
        /// What it reads.
        wants: &'static str,
    },
    /// A file in which nothing can be blanked may hold the value.
    #[error(
        "{member} is compressed, so nothing in it can be redacted: leave `raw` out, or the redact rule"
    )]
    Closed {
        /// The member.
        member: String,
    },
    /// Other rules' values cross a value, or a rule finds its own text.
    #[error(
        "redact rule {rule:?}: {member} does not come to rest within {REDACT_ROUNDS} rounds: rules overlap, or one finds what it has made"
    )]
    Restless {
        /// The rule.
        rule: String,
        /// The member.
        member: String,
    },
    /// More than a manifest should list.
    #[error("more than {REDACT_PLACES} places in {member} are redacted")]
    Places {
        /// The member.
        member: String,
    },
    /// No salt.
    #[error("no random numbers for salts")]
    Salt,
}

/// Whether each rule reads one of the files, and none is closed to all rules.
///
/// # Errors
/// When one does not.
pub fn check(rules: &Rules, kind: Kind, files: &[CapturedFile]) -> Result<(), RedactError> {
    if rules.is_empty() {
        return Ok(());
    }
    if let Some(file) = files.iter().find(|file| documents::is_closed(kind, file)) {
        let member = file.path.to_string();
        return Err(RedactError::Closed { member });
    }
    rules.each_reads(|wanted| {
        let mut all = files.iter().filter_map(|file| documents::reads(kind, file));
        all.any(|reads| wanted.is_of(reads))
    })
}

#[cfg(test)]
mod tests;
