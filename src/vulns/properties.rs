//! What holds for any scan: nothing that is taken away or put in another order makes it look better.

use super::tests::{AT, found, grype, judged, openvex};
use super::*;
use proptest::prelude::*;

const SEVERITIES: [&str; 6] = ["Critical", "High", "Medium", "Low", "Negligible", "Unknown"];
const STATUSES: [&str; 5] = [
    r#""status":"not_affected","justification":"component_not_present""#,
    r#""status":"not_affected""#,
    r#""status":"fixed""#,
    r#""status":"affected""#,
    r#""status":"under_investigation""#,
];

fn one_match() -> impl Strategy<Value = String> {
    (
        0..4_u8,
        0..4_u8,
        0..6_usize,
        0..3_u8,
        0..2_u8,
        any::<bool>(),
    )
        .prop_map(|(id, alias, severity, name, version, ignored)| {
            let id = if id % 2 == 0 {
                format!("CVE-{id}")
            } else {
                format!("GHSA-{id}")
            };
            let purl = format!("pkg:npm/p{name}@{version}");
            let text = found(&id, &format!("CVE-{alias}"), SEVERITIES[severity], &purl);
            if ignored {
                text.replacen('{', r#"{"appliedIgnoreRules":[{"reason":"r"}],"#, 1)
            } else {
                text
            }
        })
}

fn one_vex() -> impl Strategy<Value = String> {
    (0..4_u8, 0..5_usize, 0..3_u8, 0..3_u8, 1..4_u8).prop_map(|(id, status, name, version, day)| {
        let at = if version == 0 {
            String::new()
        } else {
            format!("@{version}")
        };
        let product = format!(r#"{{"@id":"pkg:npm/p{name}{at}"}}"#);
        openvex(
            &format!("CVE-{id}"),
            &product,
            STATUSES[status],
            &format!("2025-01-0{day}T00:00:00Z"),
        )
    })
}

fn limits() -> VulnLimits {
    VulnLimits {
        severities: (Severity::ALL.into_iter())
            .map(|severity| SeverityLimit {
                severity,
                max: 1,
                older_than_ms: None,
            })
            .collect(),
        max_database_age_ms: Some(1_000),
        matches_in_sbom: MatchesInSbom::Show,
    }
}

proptest! {
    #[test]
    fn vex_moves_vulnerabilities_and_never_adds_or_drops_one(
        matches in prop::collection::vec(one_match(), 0..12),
        vex in prop::collection::vec(one_vex(), 0..6),
    ) {
        let report = grype(&matches.join(","));
        let vex: Vec<&str> = vex.iter().map(String::as_str).collect();

        let without = judged(&report, &[], &limits()).0;
        let with = judged(&report, &vex, &limits()).0;

        for severity in Severity::ALL {
            prop_assert!(with.counts.get(severity) <= without.counts.get(severity));
            prop_assert_eq!(
                with.counts.get(severity) + with.suppressed_counts.get(severity),
                without.counts.get(severity) + without.suppressed_counts.get(severity)
            );
        }
        prop_assert_eq!(with.counts.total() as usize, with.vulnerabilities.len());
    }

    #[test]
    fn a_further_document_that_only_suppresses_never_raises_a_count(
        matches in prop::collection::vec(one_match(), 0..12),
        vex in prop::collection::vec(one_vex(), 0..6),
        further in one_vex(),
    ) {
        prop_assume!(!further.contains("\"affected\"") && !further.contains("under"));
        let report = grype(&matches.join(","));
        let mut all: Vec<&str> = vex.iter().map(String::as_str).collect();

        let before = judged(&report, &all, &limits()).0;
        all.push(&further);
        let after = judged(&report, &all, &limits()).0;

        for severity in Severity::ALL {
            prop_assert!(after.counts.get(severity) <= before.counts.get(severity));
        }
    }

    #[test]
    fn the_order_of_matches_and_documents_does_not_matter(
        matches in prop::collection::vec(one_match(), 0..12).prop_shuffle(),
        vex in prop::collection::vec(one_vex(), 0..6),
    ) {
        let forth = judged(&grype(&matches.join(",")), &refs(&vex), &limits());
        let back: Vec<String> = matches.into_iter().rev().collect();
        let turned: Vec<String> = vex.into_iter().rev().collect();
        let back = judged(&grype(&back.join(",")), &refs(&turned), &limits());

        prop_assert_eq!(forth.0.vulnerabilities, back.0.vulnerabilities);
        prop_assert_eq!(forth.0.counts, back.0.counts);
        prop_assert_eq!(forth.0.suppressed_counts, back.0.suppressed_counts);
        prop_assert_eq!(forth.1, back.1);
    }

    #[test]
    fn dropping_a_match_or_a_date_never_hides_another_problem(
        matches in prop::collection::vec(one_match(), 1..12),
    ) {
        let report = grype(&matches.join(","));
        let undated = report.replace(r#""built""#, r#""other""#);

        let with = judged(&report, &[], &limits()).1;
        let without = judged(&undated, &[], &limits()).1;

        let is_dated = |one: &&crate::model::Problem| !one.code.starts_with("scan-database");
        prop_assert!(with.iter().filter(is_dated).all(|one| without.contains(one)));
        prop_assert!(without.iter().any(|one| one.code == "scan-database-date"));
    }

    #[test]
    fn packages_taken_from_the_sbom_never_change_a_count(
        matches in prop::collection::vec(one_match(), 0..12),
        kept in prop::collection::vec(any::<bool>(), 6),
    ) {
        let text = grype(&matches.join(","));
        let report = parse(text.as_bytes()).unwrap();
        let purls: Vec<String> = (0..6).map(|at| format!("pkg:npm/p{}@{}", at / 2, at % 2)).collect();
        let listed = |all: bool| {
            let packages = purls.iter().zip(&kept).filter(|(_, kept)| all || **kept);
            Inventory::of(&inventory::tests::sbom(
                packages
                    .map(|(purl, _)| crate::sbom::document::Package {
                        name: purl.as_str().into(),
                        purl: Some(purl.as_str().into()),
                        ..Default::default()
                    })
                    .collect(),
            ))
        };
        let (whole, part) = (listed(true), listed(false));
        let limits = limits();
        let judge = |inventory| judge(&Scan {
            report: &report, vex: &[], images: &[], inventory: Some(inventory), limits: &limits, at: AT.parse().unwrap(),
        });

        let (all, some) = (judge(&whole), judge(&part));

        prop_assert_eq!(&all.0.counts, &some.0.counts);
        prop_assert_eq!(all.0.not_in_sbom, Some(0));
        prop_assert!(some.0.not_in_sbom >= all.0.not_in_sbom);
        prop_assert_eq!(all.1, some.1);
    }

    #[test]
    fn two_scans_swapped_swap_the_lists_of_their_difference(
        old in prop::collection::vec(one_match(), 0..8),
        new in prop::collection::vec(one_match(), 0..8),
    ) {
        let summary = |matches: &[String]| judged(&grype(&matches.join(",")), &[], &limits()).0;
        let (old, new) = (summary(&old), summary(&new));

        let forth = diff::diff(&old, &new);
        let back = diff::diff(&new, &old);

        prop_assert_eq!(&forth.new, &back.resolved);
        prop_assert_eq!(&forth.resolved, &back.new);
        prop_assert_eq!(&forth.resurfaced, &back.suppressed);
        prop_assert_eq!(diff::diff(&old, &old).still, old.vulnerabilities);
    }

    #[test]
    fn any_bytes_give_an_answer(at in 0..8_usize, place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = hostile::documents()[at].clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;

        drop(parse(&bytes));
        drop(vex::parse(&bytes));
        drop(scanner::parse(&bytes));
    }
}

fn refs(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}
