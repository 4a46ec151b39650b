//! SPDX's identifiers, and what one of an expression stands for.

use spdx::identifiers::{EXCEPTIONS, LICENSES};
use spdx::{AdditionItem, ExceptionId, LicenseId, LicenseItem, ParseMode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// How texts are read: what SPDX deprecates is read as well, and what it does not list is named.
pub(super) const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: true,
};

/// One license in one version, with an exception or without.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Atom {
    /// SPDX's identifier, or a `LicenseRef-` in lower case.
    license: String,
    exception: Option<&'static str>,
    /// Whether `license` is SPDX's.
    pub(super) is_listed: bool,
}

/// One identifier of an expression.
pub(super) struct Term {
    /// Licenses that it stands for: any of them can be chosen. None when it is unknown.
    pub(super) atoms: Vec<Atom>,
    /// As it stands, when SPDX does not list it, or lists no such exception.
    pub(super) unlisted: Option<String>,
    /// SPDX's identifier, when it is deprecated.
    pub(super) deprecated: Option<&'static str>,
}

/// SPDX's license list, to be asked many times.
#[derive(Default)]
pub(super) struct Known {
    later: BTreeMap<&'static str, Vec<&'static str>>,
}

/// Licenses by their identifiers in lower case.
static BY_NAME: LazyLock<BTreeMap<String, LicenseId>> = LazyLock::new(|| {
    let licenses = LICENSES.iter().filter_map(|one| spdx::license_id(one.name));
    let licenses = licenses.filter(|id| is_license(*id));
    licenses
        .map(|id| (id.name.to_ascii_lowercase(), id))
        .collect()
});

/// Exceptions likewise.
static EXCEPTIONS_BY_NAME: LazyLock<BTreeMap<String, ExceptionId>> = LazyLock::new(|| {
    let exceptions = EXCEPTIONS
        .iter()
        .filter_map(|one| spdx::exception_id(one.name));
    exceptions
        .map(|id| (id.name.to_ascii_lowercase(), id))
        .collect()
});

impl Known {
    /// What a requirement stands for that is written `text`, without its exception.
    pub(super) fn term(&mut self, requirement: &spdx::LicenseReq, text: &str) -> Term {
        let exception = match &requirement.addition {
            None => Ok(None),
            Some(AdditionItem::Spdx(id)) => Ok(Some(id.name)),
            Some(AdditionItem::Other(other)) => EXCEPTIONS_BY_NAME
                .get(&other.add_ref.to_ascii_lowercase())
                .map(|id| Some(id.name))
                .ok_or(&other.add_ref),
        };
        let license = match &requirement.license {
            LicenseItem::Spdx { id, or_later } => Some((*id, *or_later)),
            LicenseItem::Other(_) => {
                let listed = BY_NAME.get(&text.to_ascii_lowercase());
                listed.map(|id| (*id, false))
            }
        };
        let license = license.filter(|(id, _)| is_license(*id));
        match (license, exception) {
            (_, Err(added)) => Term::unlisted(format!("{text} WITH {added}")),
            (Some((id, or_later)), Ok(exception)) => Term {
                atoms: (self.versions(id, or_later).into_iter())
                    .map(|name| Atom::listed(name, exception))
                    .collect(),
                unlisted: None,
                deprecated: id.is_deprecated().then_some(id.name),
            },
            (None, Ok(exception)) if is_reference(text) => Term {
                atoms: vec![Atom {
                    license: text.to_ascii_lowercase(),
                    exception,
                    is_listed: false,
                }],
                ..Term::unlisted(text.into())
            },
            (None, Ok(_)) => Term::unlisted(text.into()),
        }
    }

    /// The identifier that is nearest to a misspelt one.
    pub(super) fn closest(misspelt: &str) -> Option<&'static str> {
        let wanted = misspelt.to_ascii_lowercase();
        let length = wanted.chars().count();
        let licenses = BY_NAME.iter().map(|(lower, id)| (lower, id.name));
        let exceptions = EXCEPTIONS_BY_NAME
            .iter()
            .map(|(lower, id)| (lower, id.name));
        licenses
            .chain(exceptions)
            // The distance is no less than what the lengths differ by.
            .filter(|(lower, _)| lower.len().abs_diff(length) <= length / 3)
            .map(|(lower, name)| (strsim::damerau_levenshtein(&wanted, lower), name))
            .min()
            .filter(|(distance, _)| *distance <= length / 3)
            .map(|(_, name)| name)
    }

    /// The identifier's own license, and every later version where it includes them.
    fn versions(&mut self, id: LicenseId, or_later: bool) -> Vec<&'static str> {
        match id.name.strip_suffix("-or-later") {
            None if !or_later => vec![only(id)],
            base => {
                let base = base.unwrap_or(id.name);
                self.later
                    .entry(base)
                    .or_insert_with(|| later(base))
                    .clone()
            }
        }
    }
}

impl Atom {
    fn listed(name: &str, exception: Option<&'static str>) -> Self {
        Self {
            license: name.into(),
            exception,
            is_listed: true,
        }
    }
}

impl Term {
    fn unlisted(text: String) -> Self {
        Self {
            atoms: Vec::new(),
            unlisted: Some(text),
            deprecated: None,
        }
    }
}

/// The crate's list has what says that a license is not known.
fn is_license(id: LicenseId) -> bool {
    !matches!(id.name, "NOASSERTION" | "NONE")
}

/// The identifier, or the one that replaced it: `GPL-2.0-only` of `GPL-2.0`.
fn only(id: LicenseId) -> &'static str {
    let replaced = spdx::gnu_license_id(id.name, false).filter(|_| id.is_deprecated());
    replaced.map_or(id.name, |id| id.name)
}

/// Licenses of the same family whose version is this one or a later.
fn later(base: &str) -> Vec<&'static str> {
    let ids = LICENSES.iter().filter_map(|one| spdx::license_id(one.name));
    let singles = ids.map(only).filter(|name| !name.ends_with("-or-later"));
    let found =
        singles.filter(|name| is_same_or_later(base, name.strip_suffix("-only").unwrap_or(name)));
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

fn is_same_or_later(base: &str, other: &str) -> bool {
    let mut others = other.split('-');
    let mut pairs = base.split('-').map(|part| (part, others.next()));
    let fits = pairs.all(
        |(part, other)| match (version(part), other.and_then(version)) {
            (Some(base), Some(other)) => other >= base,
            _ => other == Some(part),
        },
    );
    fits && others.next().is_none()
}

/// `2.1` as numbers.
fn version(part: &str) -> Option<Vec<u32>> {
    part.split('.').map(|number| number.parse().ok()).collect()
}

/// Whether a text is a reference to a license that the document holds itself.
fn is_reference(text: &str) -> bool {
    let local = match text.split_once(':') {
        Some((document, license)) if document.starts_with("DocumentRef-") => license,
        _ => text,
    };
    local
        .strip_prefix("LicenseRef-")
        .is_some_and(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_of_a_family_are_those_that_spdx_lists() {
        assert_eq!(later("GPL-2.0"), ["GPL-2.0-only", "GPL-3.0-only"]);
        assert_eq!(later("LGPL-2.1"), ["LGPL-2.1-only", "LGPL-3.0-only"]);
        assert_eq!(later("Apache-1.1"), ["Apache-1.1", "Apache-2.0"]);
        assert_eq!(later("CC-BY-3.0"), ["CC-BY-3.0", "CC-BY-4.0"]);
        assert_eq!(later("MIT"), ["MIT"]);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_same_or_later("X-9.0", "X-10.0"));
        assert!(!is_same_or_later("X-10.0", "X-9.0"));
        assert!(!is_same_or_later("X-1.0", "X-1.0-Y"));
        assert!(!is_same_or_later("X-1.0-Y", "X-1.0"));
    }
}
