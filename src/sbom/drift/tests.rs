use super::*;
use crate::model::expectation::SbomFormat;
use crate::sbom::document::{Hash, License, LicenseBy, Package, Role, Sbom};

/// A package by its package URL, named after it.
pub(super) fn package(purl: &str) -> Package<'static> {
    let name = purl
        .split(['@', '?'])
        .next()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    Package {
        name: name.to_owned().into(),
        purl: Some(purl.to_owned().into()),
        ..Package::default()
    }
}

fn licensed(purl: &str, licenses: &[(&str, LicenseBy)]) -> Package<'static> {
    let license = |(text, by): &(&str, LicenseBy)| License {
        text: (*text).to_owned().into(),
        is_name: false,
        by: *by,
    };
    Package {
        licenses: licenses.iter().map(license).collect(),
        ..package(purl)
    }
}

fn hashed(purl: &str, hashes: &[(&str, &str)]) -> Package<'static> {
    let hash = |(algorithm, value): &(&str, &str)| Hash {
        algorithm: (*algorithm).to_owned().into(),
        value: (*value).to_owned().into(),
    };
    Package {
        hashes: hashes.iter().map(hash).collect(),
        ..package(purl)
    }
}

pub(super) fn sbom(packages: Vec<Package<'static>>) -> Sbom<'static> {
    Sbom {
        packages,
        ..Sbom::empty(SbomFormat::Spdx)
    }
}

pub(super) fn between(old: &[&str], new: &[&str]) -> Drift {
    let side = |purls: &[&str]| sbom(purls.iter().map(|purl| package(purl)).collect());
    drift(&side(old), &side(new))
}

fn titles(parts: &[Part]) -> Vec<String> {
    parts.iter().map(Part::title).collect()
}

fn steps(moves: &[Move]) -> Vec<String> {
    moves.iter().map(Move::title).collect()
}

#[test]
fn each_kind_of_change_is_in_its_list() {
    let drift = between(
        &[
            "pkg:deb/debian/a@1.0~rc1",
            "pkg:npm/b@1.10.0",
            "pkg:generic/c@x",
            "pkg:npm/d@1.0.0",
            "pkg:npm/e@1.0.0",
        ],
        &[
            "pkg:deb/debian/a@1.0",
            "pkg:npm/b@1.9.0",
            "pkg:generic/c@y",
            "pkg:npm/e@1.0.0",
            "pkg:npm/f@1.0.0",
        ],
    );

    assert_eq!(steps(&drift.upgraded), ["a 1.0~rc1 → 1.0"]);
    assert_eq!(steps(&drift.downgraded), ["b 1.10.0 → 1.9.0"]);
    assert_eq!(steps(&drift.changed), ["c x → y"]);
    assert_eq!(titles(&drift.removed), ["d 1.0.0"]);
    assert_eq!(titles(&drift.added), ["f 1.0.0"]);
    assert_eq!(drift.unchanged, 1);
    assert_eq!((drift.old.distinct, drift.new.distinct), (5, 5));
}

#[test]
fn versions_that_are_written_differently_and_mean_the_same_are_neither_newer_nor_older() {
    let drift = between(&["pkg:pypi/a@1.0"], &["pkg:pypi/a@1.0.0"]);

    assert_eq!(steps(&drift.changed), ["a 1.0 → 1.0.0"]);
}

#[test]
fn only_one_version_in_place_of_one_other_is_a_move() {
    let (one, two) = ("pkg:npm/a@1.0.0", "pkg:npm/a@2.0.0");
    let (three, four) = ("pkg:npm/a@3.0.0", "pkg:npm/a@4.0.0");

    let beside = between(&[one, two], &[one, three]);
    let more = between(&[one], &[two, three]);
    let both = between(&[one, two], &[three, four]);
    let again = between(&[one, one], &[one, two]);

    assert_eq!(steps(&beside.upgraded), ["a 2.0.0 → 3.0.0"]);
    assert_eq!(beside.unchanged, 1);
    assert_eq!(
        (titles(&more.removed).len(), titles(&more.added).len()),
        (1, 2)
    );
    assert_eq!(
        (titles(&both.removed).len(), titles(&both.added).len()),
        (2, 2)
    );
    assert_eq!(titles(&again.added), ["a 2.0.0"]);
    assert_eq!((again.recounted[0].from, again.recounted[0].to), (2, 1));
}

#[test]
fn what_a_document_describes_is_no_part() {
    let subject = |version: &'static str, role| Package {
        version: Some(version.into()),
        name: "app".into(),
        role,
        ..Package::default()
    };

    let drift = drift(
        &sbom(vec![
            subject("1", Role::Metadata),
            package("pkg:npm/a@1.0.0"),
        ]),
        &sbom(vec![
            package("pkg:npm/a@1.0.0"),
            subject("2", Role::Subject),
        ]),
    );

    assert!(drift.is_empty());
    assert_eq!(drift.old.title.as_deref(), Some("app@1"));
    assert_eq!(drift.new.title.as_deref(), Some("app@2"));
    assert_eq!((drift.old.packages, drift.new.packages), (1, 1));
}

#[test]
fn licenses_are_sets_and_declared_ones_are_apart_from_concluded_ones() {
    use LicenseBy::{Concluded, Declared, Unsaid};
    let between = |old: &[(&str, LicenseBy)], new: &[(&str, LicenseBy)]| {
        let old = licensed("pkg:npm/a@1.0.0", old);
        let new = licensed("pkg:npm/a@2.0.0", new);
        let drift = drift(&sbom(vec![old]), &sbom(vec![new]));
        let changes = drift
            .relicensed
            .into_iter()
            .flat_map(|relicense| relicense.licenses);
        changes
            .map(|change| (change.of, change.from, change.to))
            .collect::<Vec<_>>()
    };
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(
        between(
            &[("MIT", Declared), ("Zlib", Declared)],
            &[(" Zlib", Declared), ("MIT", Declared)]
        ),
        []
    );
    assert_eq!(
        between(&[("MIT  OR\nZlib", Declared)], &[("MIT OR Zlib", Declared)]),
        []
    );
    assert_eq!(between(&[("NOASSERTION", Declared)], &[]), []);
    assert_eq!(between(&[("MIT", Declared)], &[("MIT", Unsaid)]), []);
    assert_eq!(
        between(
            &[("MIT", Declared), ("MIT", Concluded)],
            &[("GPL-3.0-only", Declared), ("MIT", Concluded)]
        ),
        [(
            LicenseKind::Declared,
            texts(&["MIT"]),
            texts(&["GPL-3.0-only"])
        )],
    );
    assert_eq!(
        between(&[("MIT", Declared)], &[("Zlib", Unsaid)]),
        [(LicenseKind::Any, texts(&["MIT"]), texts(&["Zlib"]))],
    );
}

#[test]
fn a_version_is_rehashed_only_when_no_hash_of_an_algorithm_is_shared() {
    let algorithms = |old: &[&[(&str, &str)]], new: &[&[(&str, &str)]]| {
        let side = |copies: &[&[(&str, &str)]]| {
            sbom(
                copies
                    .iter()
                    .map(|hashes| hashed("pkg:npm/a@1.0.0", hashes))
                    .collect(),
            )
        };
        let rehashed = drift(&side(old), &side(new)).rehashed;
        let changes = rehashed.into_iter().flat_map(|rehash| rehash.hashes);
        changes.map(|change| change.algorithm).collect::<Vec<_>>()
    };

    assert_eq!(
        algorithms(&[&[("SHA256", "aa")]], &[&[("SHA-256", "AA")]]),
        [""; 0]
    );
    assert_eq!(
        algorithms(&[&[("SHA256", "aa")]], &[&[("sha256", "bb")]]),
        ["sha256"]
    );
    assert_eq!(
        algorithms(&[&[("SHA1", "aa")]], &[&[("SHA256", "bb")]]),
        [""; 0]
    );
    assert_eq!(
        algorithms(
            &[&[("SHA1", "aa"), ("MD5", "cc")]],
            &[&[("SHA1", "aa"), ("MD5", "dd")]]
        ),
        ["md5"],
    );
    assert_eq!(
        algorithms(
            &[&[("SHA1", "aa")], &[("SHA1", "bb")]],
            &[&[("SHA1", "cc")], &[("SHA1", "bb")]]
        ),
        [""; 0],
    );
    assert_eq!(
        algorithms(&[&[("SHA1", "")]], &[&[("SHA1", "aa")]]),
        [""; 0]
    );
}

#[test]
fn another_hash_without_a_version_or_of_another_version_is_no_suspicion() {
    let is_empty = |old: &str, new: &str| {
        let side = |purl: &str, value: &str| sbom(vec![hashed(purl, &[("SHA1", value)])]);
        drift(&side(old, "aa"), &side(new, "bb"))
            .rehashed
            .is_empty()
    };

    assert!(is_empty("pkg:npm/a", "pkg:npm/a"));
    assert!(is_empty("pkg:npm/a@1.0.0", "pkg:npm/a@2.0.0"));
    assert!(!is_empty("pkg:npm/a@1.0.0", "pkg:npm/a@1.0.0"));
}

#[test]
fn an_added_package_says_what_it_lacks() {
    let full = Package {
        supplier: Some("Organization: Example".into()),
        ..hashed("pkg:npm/a@1.0.0", &[("SHA1", "aa")])
    };
    let full = Package {
        licenses: licensed("pkg:npm/a@1.0.0", &[("MIT", LicenseBy::Declared)]).licenses,
        ..full
    };
    let bare = Package {
        name: "bare".into(),
        supplier: Some("NOASSERTION".into()),
        licenses: licensed("pkg:npm/a", &[("NOASSERTION", LicenseBy::Declared)]).licenses,
        ..Package::default()
    };

    let drift = drift(&sbom(Vec::new()), &sbom(vec![full.clone(), bare]));

    let lacks = |name: &str| {
        drift
            .added
            .iter()
            .find(|part| part.name == name)
            .unwrap()
            .lacks
            .clone()
    };
    assert_eq!(lacks("a"), []);
    assert_eq!(
        lacks("bare"),
        [
            Need::Purl,
            Need::Version,
            Need::License,
            Need::Supplier,
            Need::Hash
        ]
    );
}

#[test]
fn broken_package_urls_are_counted_and_hostile_text_is_escaped() {
    let hostile = Package {
        name: "a\u{202e}\u{1b}[2J".into(),
        version: Some("1\n2".into()),
        purl: Some("pkg:\u{7}".into()),
        ..Package::default()
    };

    let drift = drift(&sbom(vec![hostile]), &sbom(Vec::new()));

    assert_eq!(drift.old.broken_purls, 1);
    let text = serde_json::to_string(&drift).unwrap();
    assert!(
        text.contains(r#""identity":"a\\u{202e}\\u{1b}[2J""#),
        "{text}"
    );
    assert!(text.contains(r#""version":"1\\u{a}2""#), "{text}");
    assert!(text.contains(r#""purl":"pkg:\\u{7}""#), "{text}");
}

#[test]
fn many_versions_of_one_package_are_compared_in_passing() {
    let side = |license: &str| {
        let by = LicenseBy::Declared;
        sbom(
            (0..20_000)
                .map(|n| licensed(&format!("pkg:npm/a@1.0.{n}"), &[(license, by)]))
                .collect(),
        )
    };

    let drift = drift(&side("MIT"), &side("Zlib"));

    assert_eq!((drift.unchanged, drift.relicensed.len()), (20_000, 20_000));
}
