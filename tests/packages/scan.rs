//! What scanners found: reports counted again, VEX applied, and limits that fail closed.

use crate::common::TAG;
use crate::common::project::Project;
use crate::image::{
    attest, described, new_image, package, project, release, released, sign, spdx, workflow,
};
use crate::sample::{Sample, Verdict};
use crate::sbom::item;
use serde_json::{Value, json};

/// A grype report of one high vulnerability in `left`, as grype 0.100 writes it.
fn grype() -> Value {
    json!({
        "matches": [{
            "vulnerability": {"id": "CVE-2026-0001", "severity": "High", "fix": {"versions": ["1.0.1"], "state": "fixed"}},
            "relatedVulnerabilities": [],
            "artifact": {"name": "left", "version": "1.0.0", "purl": "pkg:cargo/left@1.0.0"}
        }],
        "source": {"type": "image", "target": {"userInput": "api"}},
        "descriptor": {"name": "grype", "version": "0.100.0",
            "db": {"status": {"schemaVersion": "v6.1.1", "built": "2026-11-20T08:00:00Z"}}}
    })
}

fn vex(status: &str) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.test/vex/1",
        "author": "Makers",
        "timestamp": "2026-11-20T09:00:00Z",
        "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2026-0001"},
            "products": [{"@id": "pkg:cargo/left@1.0.0"}],
            "status": status,
            "justification": "vulnerable_code_not_in_execute_path"
        }]
    })
}

/// A project with a scan of `api` by this report, and these keys of the scan more.
fn scanned(report: &Value, more: &str) -> Project {
    let image = described(TAG, &[package("left", "1.0.0")]);
    let section = format!("scans:\n  - {{id: vulns, path: reports/grype.json{more}}}\n");
    let project = project(TAG, &image, "", "", &section);
    put(&project, "reports/grype.json", report);
    project
}

fn put(project: &Project, path: &str, value: &Value) {
    let path = project.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, serde_json::to_vec(value).unwrap()).unwrap();
}

fn verified(project: &Project, code: i32) -> Verdict {
    released(project, code).verify()
}

#[test]
fn a_report_is_counted_again_and_shown_with_its_database() {
    let verdict = verified(&scanned(&grype(), ", image: api"), 0);

    verdict.is("verified", 0, &[]);
    let scan = &item(&verdict, "vulns")["facts"]["scan"];
    assert_eq!(scan["counts"]["high"], 1);
    assert_eq!(scan["databaseUpdated"], "2026-11-20T08:00:00Z");
    assert_eq!(verdict.status("vulns"), "verified");
}

#[test]
fn more_than_a_limit_allows_is_a_failed_requirement() {
    let verdict = verified(&scanned(&grype(), ", limits: {critical: 0, high: 0}"), 4);

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-scan-high");
}

#[test]
fn what_has_no_date_is_as_old_as_can_be() {
    let limits = ", limits: {high: {max: 0, older-than: 30d}}";
    let verdict = verified(&scanned(&grype(), limits), 4);

    verdict.is("verified", 4, &["requirement"]);
    let problems = item(&verdict, "vulns")["problems"].to_string();
    assert!(problems.contains("scan-age-unknown"), "{problems}");
}

#[test]
fn vex_suppresses_and_the_suppressed_stays_in_sight() {
    let project = scanned(&grype(), ", vex: vex/left.json, limits: {high: 0}");
    put(&project, "vex/left.json", &vex("not_affected"));

    let verdict = verified(&project, 0);

    let scan = &item(&verdict, "vulns")["facts"]["scan"];
    assert_eq!(scan["counts"]["high"], 0);
    assert_eq!(scan["suppressed"][0]["id"], "CVE-2026-0001");
}

#[test]
fn a_vex_document_that_cannot_be_read_hides_nothing_and_fails() {
    let project = scanned(&grype(), ", vex: vex/left.json, limits: {high: 0}");
    put(&project, "vex/left.json", &json!({"statements": []}));

    let verdict = verified(&project, 4);

    let problems = item(&verdict, "vulns")["problems"].to_string();
    assert!(problems.contains("vex-unreadable"), "{problems}");
    assert!(problems.contains("scan-high"), "{problems}");
}

#[test]
fn a_report_that_does_not_say_from_when_its_database_is_fails() {
    let mut report = grype();
    report["descriptor"].as_object_mut().unwrap().remove("db");

    let verdict = verified(&scanned(&report, ""), 4);

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-scan-database-date");
}

#[test]
fn a_match_for_a_package_that_the_sbom_does_not_list_is_shown_and_fails_where_it_is_denied() {
    let mut report = grype();
    report["matches"][0]["artifact"] =
        json!({"name": "right", "version": "3.0.0", "purl": "pkg:cargo/right@3.0.0"});

    let shown = verified(&scanned(&report, ", image: api"), 0);
    let denied = verified(
        &scanned(&report, ", image: api, limits: {unlisted-packages: deny}"),
        4,
    );

    shown.is("verified", 0, &[]);
    assert_eq!(
        item(&shown, "vulns")["facts"]["sboms"][0]["unlistedCount"],
        1
    );
    denied.is("verified", 4, &["requirement"]);
    denied.says("EV-requirement-scan-package-unknown");
}

#[test]
fn the_sbom_of_another_image_says_nothing_about_what_the_scanned_one_has() {
    let image = new_image();
    let signer = workflow(TAG);
    sign(&image, &signer);
    let foreign = evidence::model::Digest::of(b"another image");
    let document = spdx(Some(foreign), &[package("left", "1.0.0")]);
    attest(&image, &image.descriptor, &signer, document);
    let section = "scans:\n  - {id: vulns, path: reports/grype.json, image: api, limits: {unlisted-packages: deny}}\n";
    let project = project(TAG, &image, "", "", section);
    put(&project, "reports/grype.json", &grype());

    let verdict = verified(&project, 4);

    let problems = item(&verdict, "vulns")["problems"].to_string();
    assert!(problems.contains("scan-sbom"), "{problems}");
}

#[test]
fn a_path_that_is_no_member_name_takes_no_other_files_place() {
    // The numbered name of the second is the own name of the first.
    let project = scanned(&grype(), ", vex: [1.json, \"a b.json\"], limits: {high: 0}");
    put(&project, "1.json", &vex("affected"));
    put(&project, "a b.json", &vex("not_affected"));

    let (sample, _) = Sample::release(&project);

    let bundle = sample.bundle();
    let bodies = bundle
        .members
        .iter()
        .filter(|(path, _)| path.starts_with("files/vulns/"));
    assert_eq!(bodies.count(), 3);
}

#[test]
fn a_report_that_is_not_there_or_a_link_is_not_captured() {
    let missing = scanned(&grype(), "");
    std::fs::remove_file(missing.path("reports/grype.json")).unwrap();
    let linked = scanned(&grype(), "");
    let report = linked.path("reports/grype.json");
    std::fs::rename(&report, linked.path("reports/real.json")).unwrap();
    std::os::unix::fs::symlink("real.json", &report).unwrap();

    let led_out = scanned(&grype(), "");
    let (inside, outside) = (
        led_out.path("reports"),
        led_out.out.with_file_name("outside"),
    );
    std::fs::rename(&inside, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &inside).unwrap();

    for project in [missing, linked, led_out] {
        let run = release(&project);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert!(
            run.stderr.contains("reports/grype.json cannot be read"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_report_with_one_match_fewer_than_was_sealed_is_another_member() {
    let sample = released(&scanned(&grype(), ", limits: {high: 1}"), 0);
    let path = "files/vulns/reports/grype.json";
    let emptied = sample
        .bundle()
        .edit_json(path, |report| report["matches"] = json!([]));

    let changed = sample.with_file(emptied.clone().pack()).verify();
    let resealed = sample.resealed(&emptied.relist()).verify();

    assert_eq!(changed.code, Some(1));
    resealed.is_refused_by(&["claim"]);
}
