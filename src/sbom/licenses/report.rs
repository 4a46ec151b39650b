//! The licenses of a document, counted and held against lists.

use super::expression::{Lists, Standing, Verdict};
use super::judge::LicenseRules;
use crate::model::limits;
use crate::sbom::document::{License, LicenseBy, Package, Role, Sbom, is_unknown};
use crate::sbom::shown::{Shown, shorten};
use serde::Serialize;
use std::collections::BTreeMap;

/// The licenses of a document's packages, and what lists say to them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseReport {
    /// Packages that were looked at.
    pub packages: usize,
    /// Each license text, sorted; at most [`limits::SBOM_SHOWN_LICENSES`].
    pub licenses: Vec<LicenseCount>,
    /// License texts in all.
    pub distinct: usize,
    /// Packages that lists deny.
    pub denied: Several<Judged>,
    /// Packages about which an unknown identifier decides.
    pub undecided: Several<Judged>,
    /// Packages without a license.
    pub missing: Several<Shown>,
    /// Identifiers that SPDX does not list, sorted; at most [`limits::SBOM_SHOWN_LICENSES`].
    pub unknown: Vec<UnknownLicense>,
    /// Such identifiers in all.
    pub distinct_unknown: usize,
}

/// How often a license text occurs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseCount {
    /// The text as it stands, cut to what can be shown.
    pub license: String,
    /// Packages that have it.
    pub packages: usize,
    /// What the lists say to it.
    pub standing: Standing,
    /// Deprecated SPDX identifiers in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deprecated: Vec<&'static str>,
}

/// A package and its license.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The package.
    #[serde(flatten)]
    pub package: Shown,
    /// Its license texts, those that all apply with `AND` between them.
    pub license: String,
}

/// An identifier that SPDX does not list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownLicense {
    /// The identifier, or a whole text that is no expression.
    pub license: String,
    /// Packages that have it.
    pub packages: Several<Shown>,
}

/// Things that were all counted and of which the first are named.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Several<T> {
    /// How many there are.
    pub count: usize,
    /// The first, in the document's order; at most [`limits::SBOM_SHOWN_PACKAGES`].
    pub first: Vec<T>,
}

/// Counts a document's licenses and holds them against lists.
pub fn licenses(sbom: &Sbom<'_>, rules: &LicenseRules) -> LicenseReport {
    let mut lists = Lists::of(rules);
    let mut texts: BTreeMap<(&str, bool), (Verdict, usize)> = BTreeMap::new();
    let mut unknown: BTreeMap<String, Several<Shown>> = BTreeMap::new();
    let (mut denied, mut undecided) = (Several::default(), Several::default());
    let mut missing = Several::default();
    let mut packages = 0;
    for package in &sbom.packages {
        let effective = effective(package);
        if effective.is_empty() && package.role != Role::Part {
            continue;
        }
        packages += 1;
        let mut whole = Standing::Allowed;
        for license in &effective {
            let (verdict, count) = texts
                .entry((license.text.trim(), license.is_name))
                .or_insert_with(|| (lists.verdict(license), 0));
            *count += 1;
            whole = whole.min(verdict.standing);
            for identifier in &verdict.unlisted {
                let shown = unknown.entry(identifier.clone()).or_default();
                shown.add(limits::SBOM_SHOWN_OF_ONE_LICENSE, || Shown::of(package));
            }
        }
        let judged = || judged(package, &effective);
        match whole {
            _ if effective.is_empty() => {
                missing.add(limits::SBOM_SHOWN_PACKAGES, || Shown::of(package))
            }
            Standing::Denied => denied.add(limits::SBOM_SHOWN_PACKAGES, judged),
            Standing::Unknown => undecided.add(limits::SBOM_SHOWN_PACKAGES, judged),
            Standing::Allowed => {}
        }
    }
    LicenseReport {
        packages,
        distinct: texts.len(),
        licenses: (texts.into_iter().take(limits::SBOM_SHOWN_LICENSES))
            .map(|((text, _), (verdict, packages))| LicenseCount {
                license: shorten(text),
                packages,
                standing: verdict.standing,
                deprecated: verdict.deprecated.into_iter().collect(),
            })
            .collect(),
        denied,
        undecided,
        missing,
        distinct_unknown: unknown.len(),
        unknown: (unknown.into_iter().take(limits::SBOM_SHOWN_LICENSES))
            .map(|(license, packages)| UnknownLicense { license, packages })
            .collect(),
    }
}

/// The licenses that count: the first of concluded, declared and unsaid that has an answer, each text once.
fn effective<'p, 'a>(package: &'p Package<'a>) -> Vec<&'p License<'a>> {
    let by = [LicenseBy::Concluded, LicenseBy::Declared, LicenseBy::Unsaid];
    let of = |by: LicenseBy| {
        let all = package
            .licenses
            .iter()
            .filter(|one| one.by == by && is_answer(&one.text));
        let mut texts: Vec<_> = all.collect();
        texts.sort_by(|one, other| (&one.text, one.is_name).cmp(&(&other.text, other.is_name)));
        texts.dedup();
        texts
    };
    (by.into_iter().map(of))
        .find(|texts| !texts.is_empty())
        .unwrap_or_default()
}

fn is_answer(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !is_unknown(text) && !text.eq_ignore_ascii_case("NONE")
}

fn judged(package: &Package<'_>, licenses: &[&License<'_>]) -> Judged {
    // More than can be shown need not be joined.
    let texts = licenses.iter().take(limits::SBOM_SHOWN_CHARACTERS);
    let parts: Vec<_> = texts.map(|one| one.text.trim()).map(shorten).collect();
    let license = match parts.as_slice() {
        [one] => one.clone(),
        several => {
            let wrapped = several.iter().map(|text| match text.contains(' ') {
                true => format!("({text})"),
                false => text.clone(),
            });
            shorten(&wrapped.collect::<Vec<_>>().join(" AND "))
        }
    };
    Judged {
        package: Shown::of(package),
        license,
    }
}

impl<T> Several<T> {
    fn add(&mut self, shown: usize, one: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < shown {
            self.first.push(one());
        }
    }
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self {
            count: 0,
            first: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::sample::{declared, licensed, sbom, subject};

    fn by(text: &str, by: LicenseBy) -> License<'_> {
        License {
            by,
            ..declared(text)
        }
    }

    fn rules(allow: &[&str]) -> LicenseRules {
        LicenseRules {
            allow: allow.iter().map(|text| text.parse().unwrap()).collect(),
            ..LicenseRules::default()
        }
    }

    #[test]
    fn a_conclusion_counts_before_a_declaration_unless_it_is_no_answer() {
        let (concluded, unsaid) = (LicenseBy::Concluded, LicenseBy::Unsaid);
        let packages = vec![
            licensed("a", vec![declared("ISC"), by("MIT", concluded)]),
            licensed("b", vec![declared("ISC"), by("NOASSERTION", concluded)]),
            licensed("c", vec![by("Zlib", unsaid), declared("NONE")]),
        ];

        let report = licenses(&sbom(packages), &LicenseRules::default());

        let texts: Vec<_> = report
            .licenses
            .iter()
            .map(|one| (one.license.as_str(), one.packages))
            .collect();
        assert_eq!(texts, [("ISC", 1), ("MIT", 1), ("Zlib", 1)]);
    }

    #[test]
    fn packages_with_nothing_none_or_noassertion_have_no_license() {
        let none = ["", "NONE", "NOASSERTION", "noassertion"]
            .map(|text| licensed("a", vec![declared(text)]));
        let mut packages = none.to_vec();
        packages.push(licensed("b", Vec::new()));

        let report = licenses(&sbom(packages), &rules(&["MIT"]));

        assert_eq!((report.packages, report.missing.count), (5, 5));
        assert_eq!(report.missing.first[4].title, "b@1.0");
    }

    #[test]
    fn what_a_document_describes_is_judged_and_never_missing_a_license() {
        let mut own = subject("shop", "application");
        own.licenses = vec![declared("GPL-3.0-only")];
        let packages = vec![
            own,
            subject("image", "container"),
            licensed("a", vec![declared("MIT")]),
        ];

        let report = licenses(&sbom(packages), &rules(&["MIT"]));

        assert_eq!(
            (report.packages, report.missing.count, report.denied.count),
            (2, 0, 1)
        );
    }

    #[test]
    fn several_texts_of_one_package_all_apply() {
        let several = vec![declared("MIT"), declared("GPL-2.0 OR ISC"), declared("MIT")];

        let report = licenses(&sbom(vec![licensed("a", several)]), &rules(&["MIT"]));

        assert_eq!(report.denied.first[0].license, "(GPL-2.0 OR ISC) AND MIT");
        assert_eq!(report.licenses[0].deprecated, ["GPL-2.0"]);
        assert_eq!(report.licenses[1].packages, 1);
    }

    #[test]
    fn an_unknown_identifier_is_listed_with_its_packages_although_another_side_is_allowed() {
        let packages = vec![
            licensed("a", vec![declared("MIT OR Foo")]),
            licensed("b", vec![declared("Foo")]),
        ];

        let report = licenses(&sbom(packages), &rules(&["MIT"]));

        assert_eq!((report.distinct_unknown, report.undecided.count), (1, 1));
        let foo = &report.unknown[0];
        assert_eq!((foo.license.as_str(), foo.packages.count), ("Foo", 2));
        assert_eq!(foo.packages.first[1].title, "b@1.0");
    }

    #[test]
    fn the_order_of_packages_changes_no_count() {
        let mut packages: Vec<_> = ["MIT", "Foo", "GPL-3.0-only", "", "MIT"]
            .map(|text| licensed("a", vec![declared(text)]))
            .into();
        let counts = |report: LicenseReport| {
            let of = (
                report.denied.count,
                report.undecided.count,
                report.missing.count,
            );
            (report.licenses, of)
        };

        let one = counts(licenses(&sbom(packages.clone()), &rules(&["MIT"])));
        packages.reverse();
        let other = counts(licenses(&sbom(packages), &rules(&["MIT"])));

        assert_eq!(one, other);
    }
}
