//! Scanners' reports.

use crate::asked::{answer, answer_with, ask, codes, fixtures};
use insta::assert_snapshot;
use serde_json::{Value, json};

const TRIVY: &str = "scans/trivy/fs-shop.json";
const GRYPE: &str = "scans/grype/rootfs.json";
/// After the date of both databases.
const AT: [&str; 2] = ["--at", "2026-12-01T00:00:00Z"];
const VEX: [&str; 2] = ["--vex", "vex/openvex/shop-front.json"];

fn check(args: &[&str]) -> (Option<i32>, Value) {
    answer(&[&["vulns", "check"], args, &AT].concat())
}

#[test]
fn a_report_by_grype_for_people() {
    let ran = ask(&[&["vulns", "check", GRYPE], &AT[..]].concat());

    assert_eq!(ran.code, Some(0));
    assert_snapshot!(ran.stdout);
}

#[test]
fn a_report_by_trivy_with_vex_and_limits_for_people_and_for_a_pull_request() {
    let args = [&["vulns", "check", TRIVY, "--max", "high=0"], &VEX[..], &AT].concat();

    let text = ask(&args);
    let markdown = ask(&[&args[..], &["--output", "markdown"]].concat());

    assert_eq!((text.code, markdown.code), (Some(4), Some(4)));
    assert_snapshot!("trivy_text", text.stdout);
    assert_snapshot!("trivy_markdown", markdown.stdout);
}

#[test]
fn a_report_that_does_not_say_how_old_its_database_is_meets_nothing() {
    let (code, answer) = check(&[TRIVY]);

    assert_eq!(code, Some(4));
    assert_eq!(codes(&answer), ["scan-database-date"]);
}

#[test]
fn the_scanners_own_word_about_its_database_completes_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("version.json");
    let version = json!({
        "Version": "0.74.0",
        "VulnerabilityDB": {"Version": 2, "UpdatedAt": "2026-11-25T00:00:00Z"},
    });
    std::fs::write(&path, version.to_string()).unwrap();
    let database = ["--database", path.to_str().unwrap()];

    let (fresh, _) = check(&[&[TRIVY], &database[..], &["--max-database-age", "7d"]].concat());
    let (stale, answer) = check(&[&[TRIVY], &database[..], &["--max-database-age", "5d"]].concat());

    assert_eq!((fresh, stale), (Some(0), Some(4)));
    assert_eq!(codes(&answer), ["scan-database-old"]);
}

#[test]
fn a_limit_counts_what_it_is_about() {
    let limited = |limits: &[&str]| {
        let (code, answer) = check(&[&[GRYPE], limits].concat());
        let codes: Vec<String> = codes(&answer).into_iter().map(Into::into).collect();
        (code, codes)
    };

    assert_eq!(limited(&["--max", "high=4"]), (Some(0), vec![]));
    assert_eq!(
        limited(&["--max", "high=3"]),
        (Some(4), vec!["scan-high".into()])
    );
    assert_eq!(
        limited(&["--max", "critical=0", "--max", "low=2"]),
        (Some(4), vec!["scan-low".into()])
    );
}

#[test]
fn old_vulnerabilities_may_be_limited_alone() {
    let limited = |at: &str| {
        let limit = ["--max", "high=0,older-than=30d"];
        let args = [&["vulns", "check", TRIVY, "--at", at], &limit[..]].concat();
        let (_, answer) = answer(&args);
        codes(&answer).contains(&"scan-high")
    };

    // Published on 2019-08-09 and 2022-12-23.
    assert!(limited("2026-12-01T00:00:00Z"));
    assert!(!limited("2019-08-20T00:00:00Z") || limited("2019-09-20T00:00:00Z"));
}

#[test]
fn a_limit_that_is_none_is_a_mistake() {
    for limit in ["high", "severe=0", "high=0,30d"] {
        let ran = ask(&["vulns", "check", GRYPE, "--max", limit]);
        assert_eq!(ran.code, Some(2), "{limit}");
    }
}

#[test]
fn packages_are_looked_up_in_the_sbom() {
    let own = ["--sbom", "scans/trivy/fs-shop.cdx.json"];
    let foreign = ["--sbom", "pairs/python-env/old.cdx.json"];
    let deny = ["--unlisted-packages", "deny"];

    let (_, listed) = check(&[&[TRIVY], &own[..], &deny].concat());
    let (code, shown) = check(&[&[GRYPE], &foreign[..]].concat());
    let (denied, against) = check(&[&[GRYPE], &foreign[..], &deny].concat());

    assert_eq!(listed["scan"]["notInSbom"], 0);
    assert_eq!((code, denied), (Some(0), Some(4)));
    assert_eq!(shown["scan"]["notInSbom"], 9);
    assert_eq!(codes(&against), ["scan-package-unknown"]);
    let nothing = ask(&[&["vulns", "check", GRYPE], &deny[..]].concat());
    assert_eq!(nothing.code, Some(2));
}

#[test]
fn what_is_suppressed_is_listed_and_does_not_count() {
    let (_, plain) = check(&[TRIVY]);
    let (_, hushed) = check(&[&[TRIVY], &VEX[..]].concat());

    assert_eq!(plain["scan"]["counts"]["critical"], 1);
    assert_eq!(hushed["scan"]["counts"]["critical"], 0);
    let suppressed = &hushed["scan"]["suppressed"][0];
    assert_eq!(suppressed["id"], "CVE-2019-10744");
    let by = suppressed["suppressedBy"][0]["by"].as_str().unwrap();
    assert!(by.starts_with("OpenVEX"), "{by}");
}

#[test]
fn sarif_has_a_rule_for_each_vulnerability_and_keeps_the_suppressed_ones() {
    let args = [
        &["vulns", "check", TRIVY, "--output", "sarif"],
        &VEX[..],
        &AT,
    ]
    .concat();

    let ran = ask(&args);

    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|one| one["ruleId"] == id).unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    assert_eq!(of("CVE-2019-10744")["suppressions"][0]["kind"], "external");
    assert_eq!(of("CVE-2019-14806").get("suppressions"), None);
    assert_eq!(of("EV-scan-database-date")["level"], "error");
    let rule = rules
        .iter()
        .find(|one| one["id"] == "CVE-2019-14806")
        .unwrap();
    assert_eq!(rule["properties"]["security-severity"], "8.0");
}

#[test]
fn junit_has_a_failure_for_each_problem() {
    let args = [
        "vulns", "check", TRIVY, "--max", "high=0", "--output", "junit",
    ];

    let ran = ask(&[&args[..], &AT].concat());

    let parsed = roxmltree::Document::parse(&ran.stdout).unwrap();
    assert_eq!(parsed.root_element().attribute("failures"), Some("2"));
}

#[test]
fn a_report_is_read_from_standard_input_too() {
    let bytes = std::fs::read(fixtures().join(GRYPE)).unwrap();

    let (code, answer) = answer_with(&bytes, &[&["vulns", "check", "-"], &AT[..]].concat());

    assert_eq!(code, Some(0));
    assert_eq!(answer["report"], "-");
}

#[test]
fn a_report_or_vex_document_that_is_none_is_refused() {
    for (args, code) in [
        (
            &["documents/cyclonedx-gomod/binary.cdx-1.5.xml"][..],
            "scan-unreadable",
        ),
        (&[GRYPE, "--vex", GRYPE], "vex-unreadable"),
        (&[GRYPE, "--database", GRYPE], "scan-database"),
        (&[GRYPE, "--sbom", GRYPE], "sbom-unreadable"),
    ] {
        let (exit, answer) = check(args);

        assert_eq!(exit, Some(1), "{args:?}");
        assert_eq!(codes(&answer), [code], "{args:?}");
    }
}
