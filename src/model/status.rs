//! How far a claim is proven, and what stands against it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How far a claim is proven. Only [`Status::Verified`] prints as a tick.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Recomputed from bytes.
    Verified,
    /// Written down by the producer: hashed, not proven.
    Recorded,
    /// A person's word.
    Asserted,
    /// Not there.
    Missing,
    /// Does not apply.
    NotApplicable,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::Recorded => "recorded",
            Self::Asserted => "asserted",
            Self::Missing => "missing",
            Self::NotApplicable => "not-applicable",
        })
    }
}

/// Something that keeps a claim from meeting its expectation.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// A stable code in kebab-case, such as `metric-empty`.
    pub code: String,
    /// What was found, in one sentence without a full stop.
    pub message: String,
}

impl Problem {
    /// A problem with this code and message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}
