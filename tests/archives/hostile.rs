//! Each archive of the corpus fails the very check that is meant for it, or holds.

use crate::corpus::{Hostile, Row, framing, headers, kinds, manifests, odd, rows, world};
use crate::sample::public_key;
use crate::stage::Stage;
use evidence::bundle::list;
use evidence::model::{Group, Outcome, Report, Verdict};
use std::collections::BTreeSet;

#[test]
fn there_are_eighty_hostile_archives_and_no_two_are_the_same() {
    let rows = rows();
    let hostile = rows.iter().filter(|row| !row.fails.is_empty()).count();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();

    assert!(hostile >= 80, "{hostile}");
    assert_eq!(names.len(), rows.len());
}

#[test]
fn hostile_framing_fails_its_check_and_no_other() {
    are_as_they_say(&framing::rows());
}

#[test]
fn hostile_headers_fail_their_check_and_no_other() {
    are_as_they_say(&headers::rows());
}

#[test]
fn headers_of_other_kinds_fail_their_check_and_no_other() {
    are_as_they_say(&kinds::rows());
}

#[test]
fn hostile_manifests_fail_their_check_and_no_other() {
    are_as_they_say(&manifests::rows());
}

#[test]
fn members_that_the_manifest_does_not_list_so_fail_their_check_and_no_other() {
    are_as_they_say(&world::rows());
}

#[test]
fn odd_archives_that_everybody_reads_alike_hold() {
    let rows = odd::rows();

    assert!(rows.iter().all(|row| row.fails.is_empty()));
    are_as_they_say(&rows);
}

#[track_caller]
fn are_as_they_say(rows: &[Row]) {
    let wrong: Vec<String> = rows.iter().filter_map(differs).collect();

    assert!(
        wrong.is_empty(),
        "{} rows:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What the library says of a row that it should not say.
fn differs(row: &Row) -> Option<String> {
    let Hostile { file, sealed } = (row.make)();
    if lists_cleanly(&file) == row.fails.iter().any(|code| is_seen_without_judging(code)) {
        return Some(format!(
            "  {}: {:?}, but a list says otherwise",
            row.name, row.fails
        ));
    }
    let report = sealed.judge(&file);
    let wanted = match row.fails.is_empty() {
        true => Verdict::Verified,
        false => Verdict::Refused,
    };
    let codes = failed(&report);
    let is_right = report.verdict() == wanted && codes == row.fails.iter().copied().collect();
    (!is_right).then(|| {
        let verdict = report.verdict();
        format!(
            "  {}: {:?}, found {verdict:?} {codes:?}",
            row.name, row.fails
        )
    })
}

/// Whether a list of what it holds has nothing to say against it.
fn lists_cleanly(file: &[u8]) -> bool {
    list(file).is_ok_and(|listing| listing.is_complete && listing.summary.defects.is_empty())
}

/// Whether what fails so shows in a list: order, items and what can be judged do not.
fn is_seen_without_judging(code: &str) -> bool {
    ![
        "EV-member-order",
        "EV-closed-world-needed",
        "EV-closed-world-unused",
        "EV-archive-size",
    ]
    .contains(&code)
}

/// The codes of the integrity checks that failed.
fn failed(report: &Report) -> BTreeSet<&str> {
    let findings = report.findings.iter();
    findings
        .filter(|one| one.outcome == Outcome::Fail && one.group == Group::Integrity)
        .map(|one| one.code.as_str())
        .collect()
}

#[test]
fn nothing_of_an_archive_with_hostile_headers_reaches_the_disk() {
    for row in headers::rows().into_iter().chain(kinds::rows()) {
        let stage = Stage::with("bundle.tar.gz", &(row.make)().file);

        let run = stage.run(&["extract", "bundle.tar.gz", "--to", "out/in/there"]);

        assert_eq!(run.code, Some(1), "{}: {}", row.name, run.stderr);
        let left = stage.names();
        assert!(
            left == ["bundle.tar.gz"] || left == ["bundle.tar.gz", "out"],
            "{left:?}"
        );
        let inside = stage.path("out/in");
        assert!(
            !inside.exists() || crate::stage::names(&inside).is_empty(),
            "{}",
            row.name
        );
    }
}

#[test]
fn the_program_says_the_same_as_the_library() {
    for name in [
        "the bundle as it is",
        "a gzip member with a file name",
        "another checksum",
        "a second bundle after the first",
        "zeros that unpack to a thousand times as much",
        "an absolute name",
        "a symbolic link that leads out",
        "a PAX name that is another",
        "a size in base 256",
        "a manifest of 65 MiB",
        "lists a million deep",
        "a doubled key",
        "a member that nobody lists",
        "another bit in a member",
        "gzip in gzip, ten deep",
    ] {
        let rows = rows();
        let row = rows.iter().find(|row| row.name == name).unwrap();
        let Hostile { file, sealed } = (row.make)();
        let by_library = sealed.judge(&file);
        let stage = Stage::with("bundle.tar.gz", &file);
        std::fs::write(
            stage.path("bundle.tar.gz.sigstore.json"),
            sealed.seal(&file),
        )
        .unwrap();
        std::fs::write(stage.path("key.pub"), public_key()).unwrap();
        std::fs::write(stage.path("trusted_root.json"), crate::sample::ROOT).unwrap();

        let run = stage.run(&[
            "verify",
            "bundle.tar.gz",
            "--key=key.pub",
            "--insecure-ignore-tlog",
            "--trusted-root=trusted_root.json",
            "--output=json",
        ]);

        let said: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let codes = said["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["outcome"] == "fail" && one["group"] == "integrity");
        let codes: BTreeSet<&str> = codes.map(|one| one["code"].as_str().unwrap()).collect();
        let code = if row.fails.is_empty() { 0 } else { 1 };
        assert_eq!(run.code, Some(code), "{name}: {}", run.stderr);
        assert_eq!(codes, failed(&by_library), "{name}");
    }
}
