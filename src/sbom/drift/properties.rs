//! What holds for any two inventories.

use super::tests::sbom;
use super::*;
use crate::sbom::document::{Hash, License, LicenseBy, Package, Role, Sbom};
use proptest::collection::vec;
use proptest::prelude::*;
use std::mem::swap;

/// Few names, versions, licenses and hashes, so that they meet.
fn package() -> impl Strategy<Value = Package<'static>> {
    let purl = prop_oneof![
        4 => (0..4u8, 0..4u8).prop_map(|(name, version)| Some(format!("pkg:npm/n{name}@1.{version}.0"))),
        2 => (0..2u8, 0..3u8, 0..2u8).prop_map(|(name, version, distro)| {
            Some(format!("pkg:deb/debian/n{name}@{version}?arch=amd64&distro=debian-{distro}"))
        }),
        1 => (0..2u8, "[a-c]").prop_map(|(name, version)| Some(format!("pkg:generic/n{name}@{version}"))),
        1 => Just(Some("pkg:none".to_owned())),
        1 => Just(None),
    ];
    let by = prop_oneof![
        Just(LicenseBy::Declared),
        Just(LicenseBy::Concluded),
        Just(LicenseBy::Unsaid)
    ];
    let license = (
        prop_oneof![Just("MIT"), Just(" MIT"), Just("Zlib"), Just("NOASSERTION")],
        by,
    )
        .prop_map(|(text, by)| License {
            text: text.into(),
            is_name: false,
            by,
        });
    let hash = (
        prop_oneof![Just("SHA1"), Just("SHA-1"), Just("SHA256")],
        "[ab]",
    )
        .prop_map(|(algorithm, value)| Hash {
            algorithm: algorithm.into(),
            value: value.into(),
        });
    let role = prop_oneof![20 => Just(Role::Part), 1 => Just(Role::Subject)];
    (
        purl,
        "[x-z]",
        proptest::option::of("[12]"),
        vec(license, 0..3),
        vec(hash, 0..3),
        role,
    )
        .prop_map(|(purl, name, version, licenses, hashes, role)| Package {
            name: name.into(),
            version: version.map(Into::into),
            purl: purl.map(Into::into),
            licenses,
            hashes,
            role,
            ..Package::default()
        })
}

fn packages() -> impl Strategy<Value = Vec<Package<'static>>> {
    vec(package(), 0..20)
}

fn mirrored(mut drift: Drift) -> Drift {
    swap(&mut drift.old, &mut drift.new);
    swap(&mut drift.added, &mut drift.removed);
    swap(&mut drift.upgraded, &mut drift.downgraded);
    let turn = |step: &mut Move| swap(&mut step.from, &mut step.to);
    for moves in [
        &mut drift.upgraded,
        &mut drift.downgraded,
        &mut drift.changed,
    ] {
        moves.iter_mut().for_each(turn);
        moves.sort();
    }
    for relicense in &mut drift.relicensed {
        turn(&mut relicense.package);
        for change in &mut relicense.licenses {
            swap(&mut change.from, &mut change.to);
        }
    }
    for change in drift
        .rehashed
        .iter_mut()
        .flat_map(|rehash| &mut rehash.hashes)
    {
        swap(&mut change.from, &mut change.to);
    }
    for recount in &mut drift.recounted {
        swap(&mut recount.from, &mut recount.to);
    }
    drift.relicensed.sort();
    drift.rehashed.sort();
    drift.recounted.sort();
    drift
}

/// Without the titles, which speak of the first of several subjects.
fn untitled(mut drift: Drift) -> Drift {
    (drift.old.title, drift.new.title) = (None, None);
    drift
}

fn parts(sbom: &Sbom<'_>) -> usize {
    sbom.parts().count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_drift_back_is_the_mirror_of_the_drift(a in packages(), b in packages()) {
        let (a, b) = (sbom(a), sbom(b));

        prop_assert_eq!(drift(&b, &a), mirrored(drift(&a, &b)));
    }

    #[test]
    fn a_document_does_not_drift_from_itself(a in packages()) {
        let a = sbom(a);

        let drift = drift(&a, &a);

        prop_assert!(drift.is_empty());
        prop_assert!(drift.recounted.is_empty());
        prop_assert_eq!(drift.unchanged, drift.old.distinct);
    }

    #[test]
    fn the_order_of_packages_does_not_matter(
        (a, shuffled_a) in packages().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        (b, shuffled_b) in packages().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
    ) {
        let (a, b) = (sbom(a), sbom(b));
        let (shuffled_a, shuffled_b) = (sbom(shuffled_a), sbom(shuffled_b));

        prop_assert_eq!(untitled(drift(&a, &b)), untitled(drift(&shuffled_a, &shuffled_b)));
    }

    #[test]
    fn every_package_and_every_copy_is_counted_once(a in packages(), b in packages()) {
        let (a, b) = (sbom(a), sbom(b));

        let drift = drift(&a, &b);

        let moves = drift.upgraded.len() + drift.downgraded.len() + drift.changed.len();
        prop_assert_eq!(drift.old.distinct, drift.unchanged + drift.removed.len() + moves);
        prop_assert_eq!(drift.new.distinct, drift.unchanged + drift.added.len() + moves);
        prop_assert_eq!((drift.old.packages, drift.new.packages), (parts(&a), parts(&b)));
        prop_assert!(drift.old.distinct <= drift.old.packages);
    }

    #[test]
    fn any_text_is_read_and_shown_without_control_characters(purl in any::<String>(), tail in any::<String>()) {
        let package = |purl: String| Package { purl: Some(purl.into()), name: tail.clone().into(), ..Package::default() };
        let a = sbom(vec![package(purl), package(format!("pkg:npm/{tail}"))]);

        let drift = drift(&a, &sbom(Vec::new()));

        for part in &drift.removed {
            prop_assert!(!part.identity.chars().any(char::is_control));
            prop_assert!(!part.name.chars().any(char::is_control));
        }
    }
}
