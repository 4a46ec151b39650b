//! Judging: one defect a problem, and what no input may do.

use super::vex::VexDocument;
use super::*;
use crate::model::{Digest, Problem, Timestamp};

/// A report by grype with these matches.
pub(super) fn grype(matches: &str) -> String {
    format!(
        r#"{{"matches":[{matches}],"descriptor":{{"name":"grype","version":"0.90.0",
        "db":{{"built":"2025-03-01T00:00:00Z"}}}}}}"#
    )
}

/// A match by grype.
pub(super) fn found(id: &str, alias: &str, severity: &str, purl: &str) -> String {
    let (path, version) = purl.rsplit_once('@').unwrap();
    let (_, name) = path.rsplit_once('/').unwrap();
    format!(
        r#"{{"vulnerability":{{"id":"{id}","severity":"{severity}"}},"relatedVulnerabilities":[{{"id":"{alias}"}}],
        "artifact":{{"name":"{name}","version":"{version}","purl":"{purl}"}}}}"#
    )
}

/// An OpenVEX document of one statement.
pub(super) fn openvex(id: &str, product: &str, status: &str, date: &str) -> String {
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","statements":[{{"vulnerability":{{"name":"{id}"}},
        "products":[{product}],{status},"timestamp":"{date}"}}]}}"#
    )
}

pub(super) const NOT_AFFECTED: &str =
    r#""status":"not_affected","justification":"component_not_present""#;

pub(super) const AT: &str = "2025-03-11T00:00:00Z";
const DAY_MS: u64 = 86_400_000;

fn at() -> Timestamp {
    AT.parse().unwrap()
}

pub(super) fn limits(severity: Severity, max: u64, older_than_ms: Option<u64>) -> VulnLimits {
    VulnLimits {
        severities: vec![SeverityLimit {
            severity,
            max,
            older_than_ms,
        }],
        ..VulnLimits::default()
    }
}

fn aged(days: u64) -> VulnLimits {
    VulnLimits {
        max_database_age_ms: Some(days * DAY_MS),
        ..VulnLimits::default()
    }
}

pub(super) fn judged(
    report: &str,
    vex: &[&str],
    limits: &VulnLimits,
) -> (VulnSummary, Vec<Problem>) {
    let report = parse(report.as_bytes()).unwrap();
    let vex: Vec<VexDocument<'_>> = (vex.iter())
        .map(|one| vex::parse(one.as_bytes()).unwrap())
        .collect();
    judge(&Scan {
        report: &report,
        vex: &vex,
        images: &[Digest::of(b"other"), Digest::of(b"image")],
        inventory: None,
        limits,
        at: at(),
    })
}

pub(super) fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|one| one.code.as_str()).collect()
}

pub(super) fn left() -> String {
    grype(&found("GHSA-a", "CVE-2024-1", "Critical", "pkg:npm/left@1"))
}

#[test]
fn a_scan_within_its_limits_has_no_problem() {
    let (summary, problems) = judged(&left(), &[], &limits(Severity::Critical, 1, None));

    assert_eq!(problems, []);
    assert_eq!(summary.counts.get(Severity::Critical), 1);
    assert_eq!(summary.vulnerabilities[0].id, "CVE-2024-1");
    assert_eq!(summary.vulnerabilities[0].aliases, ["GHSA-a"]);
}

#[test]
fn a_report_without_the_scanners_version_is_a_problem_of_the_scanner() {
    let report = left().replace(r#""version":"0.90.0","#, "");

    let (_, problems) = judged(&report, &[], &VulnLimits::default());

    assert_eq!(codes(&problems), ["scan-scanner"]);
}

#[test]
fn a_database_without_a_date_or_with_one_to_come_is_a_problem_of_its_date() {
    for date in ["", "soon", "0001-01-01T00:00:00Z", "2025-03-11T00:00:01Z"] {
        let report = left().replace("2025-03-01T00:00:00Z", date);
        let limits = aged(10);

        let (_, problems) = judged(&report, &[], &limits);

        assert_eq!(codes(&problems), ["scan-database-date"], "{date}");
    }
}

#[test]
fn a_database_over_its_age_is_old_and_one_of_that_age_is_not() {
    for (days, expected) in [(10, vec![]), (9, vec!["scan-database-old"])] {
        let limits = aged(days);

        let (_, problems) = judged(&left(), &[], &limits);

        assert_eq!(codes(&problems), expected, "{days}");
    }
}

#[test]
fn a_limit_that_is_exceeded_is_a_problem_of_that_severity() {
    for (word, severity) in [
        ("Critical", Severity::Critical),
        ("High", Severity::High),
        ("Medium", Severity::Medium),
        ("Low", Severity::Low),
        ("Negligible", Severity::Negligible),
        ("Unknown", Severity::Unknown),
    ] {
        let report = left().replace("Critical", word);

        let (_, problems) = judged(&report, &[], &limits(severity, 0, None));

        assert_eq!(codes(&problems), [format!("scan-{severity}")]);
        let message = format!("1 {severity} vulnerabilities, at most 0: CVE-2024-1 in left@1");
        assert_eq!(problems[0].message, message);
    }
}

#[test]
fn a_severity_by_another_word_is_a_problem_and_counts_as_unknown() {
    let report = left().replace("Critical", "Crit1cal");

    let (summary, problems) = judged(&report, &[], &limits(Severity::Critical, 0, None));

    assert_eq!(codes(&problems), ["scan-severity"]);
    assert_eq!(summary.counts.get(Severity::Unknown), 1);
}

#[test]
fn a_vulnerability_without_a_date_counts_as_older_and_is_said_to() {
    let (_, problems) = judged(&left(), &[], &limits(Severity::Critical, 0, Some(DAY_MS)));

    assert_eq!(codes(&problems), ["scan-critical", "scan-age-unknown"]);
}

#[test]
fn only_vulnerabilities_that_are_older_count_against_a_limit_of_age() {
    let report = |date: &str| {
        format!(
            r#"{{"SchemaVersion":2,"Trivy":{{"Version":"0.69.3","Server":{{"VulnerabilityDB":
            {{"UpdatedAt":"2025-03-01T00:00:00Z"}}}}}},"Results":[{{"Vulnerabilities":[
            {{"VulnerabilityID":"CVE-1","PkgName":"a","InstalledVersion":"1","Severity":"HIGH",
            "PublishedDate":"{date}"}}]}}]}}"#
        )
    };
    for (date, expected) in [
        ("2025-03-10T00:00:00Z", vec![]),
        ("2025-03-09T23:59:59Z", vec!["scan-high"]),
        (
            "2025-03-12T00:00:00Z",
            vec!["scan-high", "scan-age-unknown"],
        ),
        ("once", vec!["scan-high", "scan-age-unknown"]),
    ] {
        let (_, problems) = judged(&report(date), &[], &limits(Severity::High, 0, Some(DAY_MS)));

        assert_eq!(codes(&problems), expected, "{date}");
    }
}

#[test]
fn a_package_outside_of_the_sbom_is_shown_and_a_problem_where_the_sbom_must_list_it() {
    let text = left();
    let report = parse(text.as_bytes()).unwrap();
    let inventory = Inventory::default();
    let require = VulnLimits {
        matches_in_sbom: MatchesInSbom::Require,
        ..VulnLimits::default()
    };
    let show = VulnLimits::default();
    let judge = |limits, inventory| {
        judge(&Scan {
            report: &report,
            vex: &[],
            images: &[],
            inventory,
            limits,
            at: at(),
        })
    };

    let (shown, no_problems) = judge(&show, Some(&inventory));
    let (_, problems) = judge(&require, Some(&inventory));
    let (_, without) = judge(&require, None);

    assert_eq!((shown.not_in_sbom, no_problems.len()), (Some(1), 0));
    assert_eq!(shown.outside_sbom().count(), 1);
    assert_eq!(codes(&problems), ["scan-package-unknown"]);
    assert_eq!(codes(&without), ["scan-package-unknown"]);
}

#[test]
fn duplicates_and_aliases_count_once_and_other_versions_on_their_own() {
    let all = [
        found("GHSA-a", "CVE-2024-1", "High", "pkg:npm/left@1"),
        found("GHSA-a", "CVE-2024-1", "High", "pkg:npm/left@1"),
        found("CVE-2024-1", "GHSA-b", "Critical", "pkg:npm/left@1"),
        found("CVE-2024-1", "GHSA-b", "Critical", "pkg:npm/left@2"),
    ];

    let (summary, _) = judged(&grype(&all.join(",")), &[], &VulnLimits::default());

    assert_eq!((summary.matches, summary.counts.total()), (4, 2));
    assert_eq!(summary.vulnerabilities[0].aliases, ["GHSA-a", "GHSA-b"]);
    assert_eq!(summary.counts.get(Severity::Critical), 2);
}

#[test]
fn a_match_that_is_suppressed_for_one_of_its_duplicates_only_counts() {
    let ignored = found("CVE-2024-1", "GHSA-a", "Critical", "pkg:npm/left@1").replacen(
        '{',
        r#"{"appliedIgnoreRules":[{"reason":"r"}],"#,
        1,
    );
    let both = format!(
        "{ignored},{}",
        found("GHSA-a", "CVE-2024-1", "Critical", "pkg:npm/left@1")
    );

    let counted = judged(&grype(&both), &[], &VulnLimits::default()).0;
    let suppressed = judged(&grype(&ignored), &[], &VulnLimits::default()).0;

    assert_eq!(
        (counted.counts.total(), counted.suppressed_counts.total()),
        (1, 0)
    );
    assert_eq!(
        (
            suppressed.counts.total(),
            suppressed.suppressed_counts.total()
        ),
        (0, 1)
    );
}

#[test]
fn two_scans_differ_in_what_is_new_resolved_suppressed_and_still_there() {
    let kept = found("CVE-2024-1", "", "High", "pkg:npm/left@1");
    let upgraded = found("GHSA-a", "CVE-2024-1", "High", "pkg:npm/left@2");
    let gone = found("CVE-2024-2", "", "High", "pkg:npm/left@1");
    let new = found("CVE-2024-3", "", "High", "pkg:npm/left@2");
    let hidden = found("CVE-2024-4", "", "High", "pkg:npm/left@2");
    let vex = openvex(
        "CVE-2024-4",
        r#""pkg:npm/left""#,
        NOT_AFFECTED,
        "2025-01-01T00:00:00Z",
    );
    let none = VulnLimits::default();
    let old = judged(&grype(&[kept, gone, hidden.clone()].join(",")), &[], &none).0;
    let new = judged(&grype(&[upgraded, new, hidden].join(",")), &[&vex], &none).0;

    let forth = diff::diff(&old, &new);
    let back = diff::diff(&new, &old);

    let ids = |list: &[Vulnerability]| list.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&forth.new), ["CVE-2024-3"]);
    assert_eq!(ids(&forth.resolved), ["CVE-2024-2"]);
    assert_eq!(ids(&forth.suppressed), ["CVE-2024-4"]);
    assert_eq!(ids(&forth.still), ["CVE-2024-1"]);
    assert_eq!(ids(&back.new), ids(&forth.resolved));
    assert_eq!(ids(&back.resolved), ids(&forth.new));
    assert_eq!(ids(&back.resurfaced), ids(&forth.suppressed));
    let same = diff::diff(&old, &old);
    assert_eq!(
        (same.new.len(), same.resolved.len(), same.still.len()),
        (0, 0, 3)
    );
}

#[test]
fn a_summary_survives_its_json() {
    let (summary, _) = judged(&left(), &[], &VulnLimits::default());

    let json = serde_json::to_string(&summary).unwrap();

    assert!(
        json.contains(r#""counts":{"critical":1,"high":0"#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<VulnSummary>(&json).unwrap(), summary);
}
