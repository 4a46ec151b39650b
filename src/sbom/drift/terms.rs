//! Licenses and hashes of packages as sets.

use super::{HashChange, LicenseChange, LicenseKind};
use crate::sbom::document::{LicenseBy, Package, is_unknown};
use crate::sbom::purl::shown;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

type Texts<'a> = BTreeSet<Cow<'a, str>>;

/// What changed of the licenses of a package, its copies taken together.
///
/// Declared and concluded licenses are compared apart, unless one side does not say which they are (CycloneDX before
/// 1.6): then all of them together.
pub(super) fn license_changes<'a>(
    old: impl Iterator<Item = &'a Package<'a>> + Clone,
    new: impl Iterator<Item = &'a Package<'a>> + Clone,
) -> Vec<LicenseChange> {
    let licenses = |package: &'a Package<'a>| &package.licenses;
    if old.clone().map(licenses).eq(new.clone().map(licenses)) {
        return Vec::new();
    }
    let (old, new) = (Licenses::of(old), Licenses::of(new));
    let kinds: &[LicenseKind] = match old.unsaid.is_empty() && new.unsaid.is_empty() {
        true => &[LicenseKind::Declared, LicenseKind::Concluded],
        false => &[LicenseKind::Any],
    };
    let change = |kind: &LicenseKind| {
        let (from, to) = (old.kind(*kind), new.kind(*kind));
        (from != to).then(|| LicenseChange {
            of: *kind,
            from: shown_all(from),
            to: shown_all(to),
        })
    };
    kinds.iter().filter_map(change).collect()
}

/// Licenses of any kind.
pub(super) fn all_licenses<'a>(packages: impl IntoIterator<Item = &'a Package<'a>>) -> Texts<'a> {
    Licenses::of(packages).kind(LicenseKind::Any)
}

/// Whether it has a license that is known.
pub(super) fn has_license(package: &Package<'_>) -> bool {
    package
        .licenses
        .iter()
        .any(|license| is_known(&license.text))
}

fn is_known(text: &str) -> bool {
    !text.trim().is_empty() && !is_unknown(text)
}

/// What may be shown of texts, sorted.
pub(super) fn shown_all(texts: Texts<'_>) -> Vec<String> {
    texts.iter().map(|text| shown(text)).collect()
}

#[derive(Default)]
struct Licenses<'a> {
    declared: Texts<'a>,
    concluded: Texts<'a>,
    unsaid: Texts<'a>,
}

impl<'a> Licenses<'a> {
    fn of(packages: impl IntoIterator<Item = &'a Package<'a>>) -> Self {
        let mut found = Self::default();
        for license in packages.into_iter().flat_map(|package| &package.licenses) {
            if !is_known(&license.text) {
                continue;
            }
            let texts = match license.by {
                LicenseBy::Declared => &mut found.declared,
                LicenseBy::Concluded => &mut found.concluded,
                LicenseBy::Unsaid => &mut found.unsaid,
            };
            texts.insert(one_blank(&license.text));
        }
        found
    }

    fn kind(&self, kind: LicenseKind) -> Texts<'a> {
        match kind {
            LicenseKind::Declared => self.declared.clone(),
            LicenseKind::Concluded => self.concluded.clone(),
            LicenseKind::Any => {
                let all = [&self.declared, &self.concluded, &self.unsaid];
                all.into_iter().flatten().cloned().collect()
            }
        }
    }
}

/// Without blanks around, and one blank wherever there are several.
fn one_blank(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_odd =
        |pair: (char, char)| pair.0.is_whitespace() && (pair.0 != ' ' || pair.1.is_whitespace());
    match text.chars().zip(text.chars().skip(1)).any(is_odd) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

/// Algorithms of which both sides have hashes and share none, all copies of a package taken together.
pub(super) fn hash_changes<'a>(
    old: impl Iterator<Item = &'a Package<'a>>,
    new: impl Iterator<Item = &'a Package<'a>>,
) -> Vec<HashChange> {
    let (old, mut new) = (hashes(old), hashes(new));
    old.into_iter()
        .filter_map(|(algorithm, from)| {
            let to = new.remove(&algorithm)?;
            from.is_disjoint(&to).then(|| HashChange {
                algorithm: shown(&algorithm),
                from: from.iter().map(|value| shown(value)).collect(),
                to: to.iter().map(|value| shown(value)).collect(),
            })
        })
        .collect()
}

fn hashes<'a>(
    packages: impl Iterator<Item = &'a Package<'a>>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for hash in packages.flat_map(|package| &package.hashes) {
        let value = hash.value.trim().to_lowercase();
        let letters = hash.algorithm.chars().filter(char::is_ascii_alphanumeric);
        let algorithm = letters.map(|c| c.to_ascii_lowercase()).collect();
        if !value.is_empty() && !is_unknown(&value) {
            found.entry(algorithm).or_default().insert(value);
        }
    }
    found
}
