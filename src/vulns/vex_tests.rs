//! Applying VEX: what a statement hides, and all that it does not.

use super::tests::{NOT_AFFECTED, codes, found, grype, judged, left, limits, openvex};
use super::*;
use crate::model::Digest;

#[test]
fn a_justified_statement_about_the_package_hides_the_match_and_lists_it() {
    let vex = openvex(
        "GHSA-a",
        r#"{"@id":"pkg:npm/left"}"#,
        NOT_AFFECTED,
        "2025-01-01T00:00:00Z",
    );

    let (summary, problems) = judged(&left(), &[&vex], &limits(Severity::Critical, 0, None));

    assert_eq!(problems, []);
    assert_eq!(
        (summary.counts.total(), summary.suppressed_counts.total()),
        (0, 1)
    );
    let why = &summary.suppressed[0].suppressed_by[0];
    assert_eq!(why.by, "OpenVEX x");
    assert_eq!(why.reason, "not_affected: component_not_present");
}

#[test]
fn an_unjustified_statement_hides_nothing_and_is_a_problem() {
    let bare = r#""status":"not_affected""#;
    let vex = openvex("GHSA-a", r#""pkg:npm/left""#, bare, "2025-01-01T00:00:00Z");

    let (summary, problems) = judged(&left(), &[&vex], &VulnLimits::default());

    assert_eq!(summary.counts.total(), 1);
    assert_eq!(codes(&problems), ["vex-unjustified"]);
}

#[test]
fn a_statement_of_a_time_to_come_hides_nothing_and_is_a_problem() {
    let vex = openvex(
        "GHSA-a",
        r#""pkg:npm/left""#,
        NOT_AFFECTED,
        "2025-03-11T00:00:01Z",
    );

    let (summary, problems) = judged(&left(), &[&vex], &VulnLimits::default());

    assert_eq!(summary.counts.total(), 1);
    assert_eq!(codes(&problems), ["vex-future"]);
}

#[test]
fn too_many_vex_documents_hide_nothing_and_are_a_problem() {
    let vex = openvex(
        "GHSA-a",
        r#""pkg:npm/left""#,
        NOT_AFFECTED,
        "2025-01-01T00:00:00Z",
    );
    let all = vec![vex.as_str(); crate::model::limits::VEX_DOCUMENTS + 1];

    let (summary, problems) = judged(&left(), &all, &VulnLimits::default());

    assert_eq!(summary.counts.total(), 1);
    assert_eq!(codes(&problems), ["vex-too-many"]);
}

#[test]
fn statements_about_something_else_hide_nothing() {
    let other = Digest::of(b"another").hex();
    let own = Digest::of(b"image").hex();
    for product in [
        String::new(),
        r#"{"@id":"pkg:npm/right"}"#.into(),
        r#"{"@id":"pkg:npm/left@2"}"#.into(),
        r#"{"@id":"pkg:npm/left","subcomponents":[{"@id":"pkg:npm/right"}]}"#.into(),
        r#"{"@id":"https://x/app","subcomponents":[{"@id":"pkg:npm/left"}]}"#.into(),
        r#"{"@id":"pkg:oci/app","subcomponents":[{"@id":"pkg:npm/left"}]}"#.into(),
        format!(r#"{{"@id":"pkg:oci/app@sha256:{other}"}}"#),
        format!(r#"{{"@id":"pkg:generic/app@sha256:{own}"}}"#),
        format!(
            r#"{{"@id":"pkg:oci/app@sha256:{own}","subcomponents":[{{"@id":"pkg:npm/right"}}]}}"#
        ),
    ] {
        let vex = openvex("GHSA-a", &product, NOT_AFFECTED, "2025-01-01T00:00:00Z");

        let (summary, problems) = judged(&left(), &[&vex], &VulnLimits::default());

        assert_eq!(
            (summary.counts.total(), problems.len()),
            (1, 0),
            "{product}"
        );
    }
    let vex = openvex(
        "CVE-2024-9",
        r#""pkg:npm/left""#,
        NOT_AFFECTED,
        "2025-01-01T00:00:00Z",
    );
    assert_eq!(
        judged(&left(), &[&vex], &VulnLimits::default())
            .0
            .counts
            .total(),
        1
    );
}

#[test]
fn statements_about_the_image_hide_its_packages_or_those_named() {
    let own = Digest::of(b"image").hex();
    for product in [
        format!(r#"{{"@id":"pkg:oci/app@sha256%3A{own}?repository_url=r.example%2Fapp"}}"#),
        format!(r#"{{"@id":"x:app","hashes":{{"sha-256":"{own}"}}}}"#),
        format!(
            r#"{{"@id":"pkg:oci/app@sha256:{own}","subcomponents":["pkg:npm/b","pkg:npm/left@1"]}}"#
        ),
    ] {
        let vex = openvex("CVE-2024-1", &product, NOT_AFFECTED, "2025-01-01T00:00:00Z");

        let (summary, _) = judged(&left(), &[&vex], &VulnLimits::default());

        assert_eq!(summary.counts.total(), 0, "{product}");
    }
}

#[test]
fn the_latest_statement_holds_and_of_two_at_once_the_worse() {
    let affected = r#""status":"affected","action_statement":"upgrade""#;
    let on = |status: &str, day: &str| {
        openvex(
            "CVE-2024-1",
            r#""pkg:npm/left""#,
            status,
            &format!("2025-01-0{day}T00:00:00Z"),
        )
    };
    for (first, second, counted) in [
        (on(NOT_AFFECTED, "1"), on(affected, "2"), 1),
        (on(NOT_AFFECTED, "2"), on(affected, "1"), 0),
        (on(NOT_AFFECTED, "1"), on(affected, "1"), 1),
        (
            on(r#""status":"under_investigation""#, "1"),
            on(r#""status":"fixed""#, "1"),
            1,
        ),
    ] {
        for both in [[&*first, &*second], [&*second, &*first]] {
            let (summary, _) = judged(&left(), &both, &VulnLimits::default());

            assert_eq!(summary.counts.total(), counted);
        }
    }
}

#[test]
fn a_statement_about_one_cve_of_an_advisory_does_not_hide_the_others() {
    let advisory = found("ELSA-1", "CVE-2024-1", "High", "pkg:rpm/ol/a@1").replace(
        r#"{"id":"CVE-2024-1"}"#,
        r#"{"id":"CVE-2024-1"},{"id":"CVE-2024-2"}"#,
    );
    let on = |id: &str| {
        openvex(
            id,
            r#""pkg:rpm/ol/a""#,
            NOT_AFFECTED,
            "2025-01-01T00:00:00Z",
        )
    };
    let (one, two, whole) = (on("CVE-2024-1"), on("CVE-2024-2"), on("ELSA-1"));

    let total = |vex: &[&str]| {
        judged(&grype(&advisory), vex, &VulnLimits::default())
            .0
            .counts
            .total()
    };

    assert_eq!(total(&[&one]), 1);
    assert_eq!(total(&[&one, &two]), 0);
    assert_eq!(total(&[&whole]), 0);
}
