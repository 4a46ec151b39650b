//! What lists say to a license text.

use super::atom::{Atom, Known, MODE};
use super::judge::LicenseRules;
use crate::model::limits;
use crate::sbom::document::License;
use crate::sbom::shown::shorten;
use serde::Serialize;
use spdx::Expression;
use spdx::expression::{ExprNode, Operator};
use std::collections::BTreeSet;

/// What lists say to a license.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Denied, or not among those allowed.
    Denied,
    /// Undecided: an identifier that no list and no one else knows decides.
    Unknown,
    /// Allowed.
    Allowed,
}

/// What is found in one license text.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) standing: Standing,
    /// Identifiers that SPDX does not list, or the whole text when it is no expression.
    pub(super) unlisted: BTreeSet<String>,
    /// Identifiers that SPDX deprecates.
    pub(super) deprecated: BTreeSet<&'static str>,
}

/// Rules as sets, with the license list to read texts by.
pub(super) struct Lists<'r> {
    allow: BTreeSet<&'r Atom>,
    deny: BTreeSet<&'r Atom>,
    known: Known,
}

impl<'r> Lists<'r> {
    pub(super) fn of(rules: &'r LicenseRules) -> Self {
        Self {
            allow: rules.allow.iter().flat_map(|one| one.atoms()).collect(),
            deny: rules.deny.iter().flat_map(|one| one.atoms()).collect(),
            known: Known::default(),
        }
    }

    /// Bounded: a text longer than [`limits::LICENSE_BYTES`] is not read, so unknown; no recursion at any depth.
    pub(super) fn verdict(&mut self, license: &License<'_>) -> Verdict {
        let text = license.text.trim();
        let parsed = (text.len() <= limits::LICENSE_BYTES)
            .then(|| Expression::parse_mode(text, MODE).ok())
            .flatten();
        match parsed.map(|expression| self.evaluate(text, &expression)) {
            Some(verdict) if !license.is_name || verdict.unlisted.is_empty() => verdict,
            _ => Verdict {
                standing: Standing::Unknown,
                unlisted: [shorten(text)].into(),
                deprecated: BTreeSet::new(),
            },
        }
    }

    /// Walks the expression, which the parser has in postfix order.
    fn evaluate(&mut self, text: &str, expression: &Expression) -> Verdict {
        let mut verdict = Verdict {
            standing: Standing::Unknown,
            unlisted: BTreeSet::new(),
            deprecated: BTreeSet::new(),
        };
        let mut standings: Vec<Standing> = Vec::new();
        for node in expression.iter() {
            let standing = match node {
                ExprNode::Req(one) => {
                    let span = one.span.start as usize..one.span.end as usize;
                    let term = self
                        .known
                        .term(&one.req, text.get(span).unwrap_or_default());
                    verdict.deprecated.extend(term.deprecated);
                    verdict
                        .unlisted
                        .extend(term.unlisted.as_deref().map(shorten));
                    let standings = term.atoms.iter().map(|atom| self.standing(atom));
                    standings.max().unwrap_or(Standing::Unknown)
                }
                ExprNode::Op(operator) => match (operator, standings.pop(), standings.pop()) {
                    (Operator::And, Some(one), Some(other)) => one.min(other),
                    (Operator::Or, Some(one), Some(other)) => one.max(other),
                    _ => Standing::Unknown,
                },
            };
            standings.push(standing);
        }
        verdict.standing = standings.pop().unwrap_or(Standing::Unknown);
        verdict
    }

    fn standing(&self, atom: &Atom) -> Standing {
        if self.deny.contains(atom) {
            Standing::Denied
        } else if self.allow.contains(atom) {
            Standing::Allowed
        } else if !atom.is_listed {
            Standing::Unknown
        } else if self.allow.is_empty() {
            Standing::Allowed
        } else {
            Standing::Denied
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::document::LicenseBy;
    use crate::sbom::sample::declared;
    use Standing::{Allowed, Denied, Unknown};

    fn rules(allow: &[&str], deny: &[&str]) -> LicenseRules {
        LicenseRules {
            allow: allow.iter().map(|text| text.parse().unwrap()).collect(),
            deny: deny.iter().map(|text| text.parse().unwrap()).collect(),
            ..LicenseRules::default()
        }
    }

    fn standing(allow: &[&str], deny: &[&str], text: &str) -> Standing {
        let rules = rules(allow, deny);
        Lists::of(&rules).verdict(&declared(text)).standing
    }

    #[test]
    fn one_allowed_side_of_or_is_enough_and_and_needs_both() {
        for (text, wanted) in [
            ("MIT", Allowed),
            ("GPL-3.0-only", Denied),
            ("MIT OR GPL-3.0-only", Allowed),
            ("MIT AND GPL-3.0-only", Denied),
            ("(MIT OR GPL-3.0-only) AND ISC", Allowed),
            ("MIT OR GPL-3.0-only AND GPL-2.0-only", Allowed),
            ("(MIT OR GPL-3.0-only) AND GPL-2.0-only", Denied),
            ("MIT OR Foo", Allowed),
            ("GPL-3.0-only OR Foo", Unknown),
            ("MIT AND Foo", Unknown),
            ("GPL-3.0-only AND Foo", Denied),
        ] {
            assert_eq!(standing(&["MIT", "ISC"], &[], text), wanted, "{text}");
        }
    }

    #[test]
    fn with_only_a_deny_list_what_is_not_in_it_is_allowed() {
        for (text, wanted) in [
            ("MIT", Allowed),
            ("GPL-3.0-only", Denied),
            ("MIT OR GPL-3.0-only", Allowed),
            ("MIT AND GPL-3.0-only", Denied),
            ("Foo", Unknown),
            ("LicenseRef-Foo", Unknown),
        ] {
            assert_eq!(standing(&[], &["GPL-3.0-only"], text), wanted, "{text}");
        }
    }

    #[test]
    fn a_denied_license_is_denied_although_it_is_allowed_too() {
        assert_eq!(standing(&["MIT"], &["MIT"], "MIT"), Denied);
    }

    #[test]
    fn deprecated_gnu_names_are_those_that_replaced_them() {
        for text in ["GPL-2.0", "GPL-2.0-only", "gpl-2.0-ONLY"] {
            assert_eq!(standing(&["GPL-2.0-only"], &[], text), Allowed, "{text}");
            assert_eq!(standing(&[], &["GPL-2.0"], text), Denied, "{text}");
        }
        assert_eq!(standing(&[], &["GPL-2.0-or-later"], "GPL-2.0+"), Denied);

        let rules = rules(&[], &[]);
        let verdict = Lists::of(&rules).verdict(&declared("GPL-2.0 OR MIT"));
        assert_eq!(verdict.deprecated, ["GPL-2.0"].into());
    }

    #[test]
    fn or_later_can_be_used_under_any_later_version_and_names_them_all_in_a_list() {
        assert_eq!(
            standing(&["GPL-3.0-only"], &[], "GPL-2.0-or-later"),
            Allowed
        );
        assert_eq!(standing(&["GPL-2.0-only"], &[], "GPL-3.0-or-later"), Denied);
        assert_eq!(
            standing(&["GPL-2.0-or-later"], &[], "GPL-3.0-only"),
            Allowed
        );
        assert_eq!(standing(&["Apache-2.0"], &[], "Apache-1.1+"), Allowed);

        assert_eq!(
            standing(&[], &["GPL-2.0-only"], "GPL-2.0-or-later"),
            Allowed
        );
        assert_eq!(standing(&[], &["GPL-3.0-only"], "GPL-3.0-or-later"), Denied);
        assert_eq!(standing(&[], &["GPL-2.0-or-later"], "GPL-3.0-only"), Denied);
        assert_eq!(
            standing(&[], &["GPL-2.0-or-later"], "GPL-2.0-or-later"),
            Denied
        );
    }

    #[test]
    fn a_license_with_an_exception_is_another_than_the_one_without() {
        let with = "GPL-2.0-only WITH Classpath-exception-2.0";

        assert_eq!(standing(&["GPL-2.0-only"], &[], with), Denied);
        assert_eq!(standing(&[with], &[], with), Allowed);
        assert_eq!(standing(&[with], &[], "GPL-2.0-only"), Denied);
        assert_eq!(standing(&[with], &[], "GPL-2.0-only WITH Foo"), Unknown);
        assert_eq!(
            standing(&[with], &[], "gpl-2.0-only WITH classpath-EXCEPTION-2.0"),
            Allowed
        );
    }

    #[test]
    fn a_reference_is_known_where_a_list_has_it_and_a_bare_word_never_passes_for_one() {
        assert_eq!(
            standing(&["LicenseRef-Foo"], &[], "LicenseRef-Foo"),
            Allowed
        );
        assert_eq!(
            standing(&["LicenseRef-Foo"], &[], "LicenseRef-foo"),
            Allowed
        );
        assert_eq!(standing(&["LicenseRef-Foo"], &[], "Foo"), Unknown);
        assert_eq!(
            standing(&["LicenseRef-Foo"], &[], "LicenseRef-Bar"),
            Unknown
        );
        assert_eq!(standing(&[], &["LicenseRef-Foo"], "LicenseRef-Foo"), Denied);
    }

    #[test]
    fn a_text_that_is_no_expression_is_unknown_as_a_whole() {
        let rules = rules(&["MIT"], &[]);
        for text in [
            "MIT License",
            "MIT/ISC",
            "MIT OR",
            "(MIT",
            "MIT)",
            "Ünknown",
            "MIT AND NOASSERTION",
        ] {
            let verdict = Lists::of(&rules).verdict(&declared(text));
            assert_eq!(verdict.standing, Unknown, "{text}");
            assert_eq!(verdict.unlisted.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_free_name_is_read_only_where_spdx_lists_every_identifier_in_it() {
        let rules = rules(&["MIT"], &[]);
        let named = |text: &'static str| {
            let license = License {
                text: text.into(),
                is_name: true,
                by: LicenseBy::Unsaid,
            };
            Lists::of(&rules).verdict(&license)
        };

        assert_eq!(named("MIT").standing, Allowed);
        assert_eq!(named("MIT OR ISC").standing, Allowed);
        assert_eq!(named("MIT OR LicenseRef-Foo").standing, Unknown);
        assert_eq!(named("Acme OR MIT").unlisted, ["Acme OR MIT".into()].into());
    }

    #[test]
    fn a_hundred_thousand_parentheses_and_a_text_beyond_the_limit_are_answered() {
        let deep = format!("{}MIT{}", "(".repeat(30_000), ")".repeat(30_000));
        let deeper = format!("{}MIT{}", "(".repeat(100_000), ")".repeat(100_000));
        let long = "MIT AND ".repeat(8_000) + "MIT";
        let right = "MIT OR (".repeat(7_000) + "ISC" + &")".repeat(7_000);

        assert_eq!(standing(&["MIT"], &[], &deep), Allowed);
        assert_eq!(standing(&["MIT"], &[], &deeper), Unknown);
        assert_eq!(standing(&["MIT"], &[], &long), Allowed);
        assert_eq!(standing(&["MIT"], &[], &right), Allowed);
    }
}
