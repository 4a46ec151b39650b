//! What changed between two files.

use crate::asked::{answer, ask, codes, fixtures};
use crate::common::{evidence, finish};
use insta::assert_snapshot;
use serde_json::json;

const OLD: &str = "pairs/python-env/old.cdx.json";
const NEW: &str = "pairs/python-env/new.cdx.json";

#[test]
fn two_releases_of_an_environment_for_people() {
    let ran = ask(&["sbom", "diff", OLD, NEW]);

    assert_eq!(ran.code, Some(0));
    assert_snapshot!(ran.stdout);
}

#[test]
fn two_releases_of_an_environment_for_a_pull_request() {
    let args = ["sbom", "diff", OLD, NEW, "--max-downgraded", "0"];

    let ran = ask(&[&args[..], &["--output", "markdown"]].concat());

    assert_eq!(ran.code, Some(4));
    assert_snapshot!(ran.stdout);
}

#[test]
fn long_tables_are_folded_away() {
    let (old, new) = (
        "pairs/npm-lockfile/old.cdx.json",
        "pairs/npm-lockfile/new.cdx.json",
    );

    let ran = ask(&["sbom", "diff", old, new, "--output", "markdown"]);

    let folded = "<details><summary>Added (42)</summary>";
    assert!(ran.stdout.contains(folded), "{}", ran.stdout);
    let open = ran.stdout.matches("<details>").count();
    assert_eq!(open, ran.stdout.matches("</details>").count());
}

#[test]
fn each_limit_is_broken_by_its_own_kind_of_change_and_by_no_other() {
    for (flag, code) in [
        ("--max-added", "drift-added"),
        ("--max-upgraded", "drift-upgraded"),
        ("--max-downgraded", "drift-downgraded"),
        ("--max-relicensed", "drift-relicensed"),
    ] {
        let (exit, answer) = answer(&["sbom", "diff", OLD, NEW, flag, "0"]);

        assert_eq!(exit, Some(4), "{flag}");
        assert_eq!(codes(&answer["comparisons"][0]), [code]);
        assert_eq!(answer["standing"], "unmet");
    }
    for flag in ["--max-removed", "--max-changed", "--max-rehashed"] {
        let (exit, answer) = answer(&["sbom", "diff", OLD, NEW, flag, "0"]);

        assert_eq!(exit, Some(0), "{flag}");
        assert_eq!(answer["standing"], "met");
    }
}

#[test]
fn a_new_package_without_what_it_needs_breaks_the_demand() {
    let needs = ["--new-packages-need", "license,supplier"];

    let (exit, answer) = answer(&[&["sbom", "diff", OLD, NEW], &needs[..]].concat());

    assert_eq!(exit, Some(4));
    assert_eq!(codes(&answer["comparisons"][0]), ["drift-without-supplier"]);
    let wrong = ask(&["sbom", "diff", OLD, NEW, "--new-packages-need", "luck"]);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn a_difference_is_an_exit_code_only_where_that_is_asked_for() {
    let diff = |old, new, flags: &[&str]| {
        let args = ["sbom", "diff", old, new];
        ask(&[&args[..], flags].concat()).code
    };
    let strict = &["--exit-code"][..];

    assert_eq!(diff(OLD, NEW, &[]), Some(0));
    assert_eq!(diff(OLD, NEW, strict), Some(1));
    assert_eq!(diff(OLD, OLD, strict), Some(0));
    assert_eq!(diff(OLD, "vex/openvex/shop-front.json", strict), Some(2));
    assert_eq!(diff(OLD, "nowhere.json", strict), Some(2));
    assert_eq!(
        diff(OLD, NEW, &["--exit-code", "--max-added", "0"]),
        Some(4)
    );
}

#[test]
fn the_same_packages_in_two_formats_are_compared() {
    let (exit, answer) = answer(&[
        "sbom",
        "diff",
        "documents/trivy-0.74.0/shop.cdx.json",
        "documents/trivy-0.74.0/shop.spdx-2.3.spdx",
    ]);

    assert_eq!(exit, Some(0));
    let one = &answer["comparisons"][0];
    assert_eq!(
        (&one["item"], &one["platform"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(one["old"]["format"], "cyclonedx");
    assert_eq!(one["new"]["format"], "spdx");
}

#[test]
fn new_and_resolved_vulnerabilities_are_part_of_the_difference() {
    let scans = [
        "--old-scan",
        "scans/grype/rootfs.json",
        "--new-scan",
        "scans/grype/no-matches.json",
    ];

    let (exit, answer) = answer(&[&["sbom", "diff", OLD, OLD, "--exit-code"], &scans[..]].concat());

    assert_eq!(exit, Some(1), "no package differs, vulnerabilities do");
    let diff = &answer["scans"][0]["diff"];
    assert_eq!(diff["resolved"].as_array().unwrap().len(), 9);
    assert_eq!(diff["new"], json!([]));
    let half = ask(&[
        "sbom",
        "diff",
        OLD,
        NEW,
        "--old-scan",
        "scans/grype/rootfs.json",
    ]);
    assert_eq!(half.code, Some(2));
}

#[test]
fn vex_suppresses_in_both_scans() {
    let scan = "scans/trivy/fs-shop.json";
    let scans = ["--old-scan", scan, "--new-scan", scan];
    let vex = ["--vex", "vex/openvex/shop-front.json"];

    let (_, plain) = answer(&[&["sbom", "diff", OLD, OLD], &scans[..]].concat());
    let (_, hushed) = answer(&[&["sbom", "diff", OLD, OLD], &scans[..], &vex[..]].concat());

    let critical = |answer: &serde_json::Value| answer["scans"][0]["newCounts"]["critical"].clone();
    assert_eq!((critical(&plain), critical(&hushed)), (json!(1), json!(0)));
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal() {
    let mut command = evidence();
    command.env_remove("NO_COLOR").current_dir(fixtures());
    command.args(["sbom", "diff", OLD, NEW]);

    let ran = finish(&mut command);

    assert!(!ran.stdout.contains('\u{1b}'));
}
