//! One license of a list.

use super::atom::{Atom, Known, MODE};
use crate::sbom::shown::shorten;
use serde::{Deserialize, Serialize};
use spdx::Expression;
use spdx::expression::ExprNode;
use std::fmt;
use std::str::FromStr;

/// A license of a list: an SPDX identifier, a `LicenseRef-…`, or either `WITH` an SPDX exception.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenseEntry {
    text: String,
    atoms: Vec<Atom>,
}

/// Why a text is no license of a list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseEntryError {
    /// SPDX does not list it.
    #[error("{found:?} is no identifier of the SPDX license list{}", hint(.closest))]
    Unlisted {
        /// The identifier.
        found: String,
        /// The nearest identifier of the list.
        closest: Option<&'static str>,
    },
    /// It is an expression of several licenses, each of which belongs in the list by itself.
    #[error("{found:?} is several licenses: a list has one in each entry")]
    Several {
        /// The text.
        found: String,
    },
    /// It is no license expression.
    #[error("{found:?} is no SPDX license expression: {reason}")]
    Syntax {
        /// The text.
        found: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It is longer than anything that names one license.
    #[error(
        "a license of {found} bytes: at most {} are allowed",
        LicenseEntry::MAX_BYTES
    )]
    TooLong {
        /// Bytes of the text.
        found: usize,
    },
}

impl LicenseEntry {
    /// Bytes of an entry.
    pub const MAX_BYTES: usize = 1_024;

    pub(super) fn atoms(&self) -> &[Atom] {
        &self.atoms
    }
}

impl FromStr for LicenseEntry {
    type Err = LicenseEntryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::MAX_BYTES {
            return Err(LicenseEntryError::TooLong { found: text.len() });
        }
        let found = || shorten(text);
        let parsed =
            Expression::parse_mode(text, MODE).map_err(|error| LicenseEntryError::Syntax {
                found: found(),
                reason: error.reason.to_string(),
            })?;
        let mut nodes = parsed.iter();
        let (Some(ExprNode::Req(one)), None) = (nodes.next(), nodes.next()) else {
            return Err(LicenseEntryError::Several { found: found() });
        };
        let mut known = Known::default();
        let span = one.span.start as usize..one.span.end as usize;
        let term = known.term(&one.req, text.get(span).unwrap_or_default());
        match term.unlisted {
            Some(unlisted) if term.atoms.is_empty() => Err(LicenseEntryError::Unlisted {
                closest: Known::closest(unlisted.rsplit(' ').next().unwrap_or_default()),
                found: shorten(&unlisted),
            }),
            _ => Ok(Self {
                text: text.into(),
                atoms: term.atoms,
            }),
        }
    }
}

impl fmt::Display for LicenseEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for LicenseEntry {
    type Error = LicenseEntryError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LicenseEntry> for String {
    fn from(entry: LicenseEntry) -> Self {
        entry.text
    }
}

fn hint(closest: &Option<&'static str>) -> String {
    (closest.as_ref()).map_or_else(String::new, |closest| {
        format!(": did you mean {closest:?}?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<LicenseEntry>().unwrap_err().to_string()
    }

    #[test]
    fn identifiers_references_and_exceptions_are_entries() {
        for good in [
            "MIT",
            "mit",
            "GPL-2.0",
            "GPL-2.0+",
            "LicenseRef-Acme",
            "DocumentRef-other:LicenseRef-Acme",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(good.parse::<LicenseEntry>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn a_misspelt_identifier_is_refused_with_the_nearest_one() {
        let of = |text| format!("{text} is no identifier of the SPDX license list");

        assert_eq!(
            error("Apache2.0"),
            of("\"Apache2.0\"") + ": did you mean \"Apache-2.0\"?"
        );
        assert_eq!(
            error("GPL-2.0-only WITH Classpath-exception-2"),
            of("\"GPL-2.0-only WITH Classpath-exception-2\"")
                + ": did you mean \"Classpath-exception-2.0\"?"
        );
        assert_eq!(error("LicenseRef-"), of("\"LicenseRef-\""));
        assert!(error("NOASSERTION").starts_with(&of("\"NOASSERTION\"")));
    }

    #[test]
    fn several_licenses_and_texts_that_are_no_expression_are_refused() {
        assert_eq!(
            error("MIT OR ISC"),
            "\"MIT OR ISC\" is several licenses: a list has one in each entry"
        );
        assert!(error("MIT License").starts_with("\"MIT License\" is no SPDX license expression"));
        assert!(error("").starts_with("\"\" is no SPDX license expression"));
        assert!(error(&"a".repeat(2_000)).starts_with("a license of 2000 bytes"));
    }
}
