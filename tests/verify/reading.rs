//! How a bundle is read: from standard input, by any number of threads, within bounds, and a part of it.

use crate::common::{evidence, text};
use crate::sample::{Sample, Verdict, beside, good, world};
use serde_json::Value;
use std::fs::File;
use std::process::Stdio;

/// The report of a bundle that is piped in.
fn piped(sample: &Sample, more: &[&str]) -> (Option<i32>, Value) {
    let path = sample.write();
    let mut command = evidence();
    command.args(["verify", "-", "--output", "json"]).args(more);
    command.args(world().trust_args());
    let output = command
        .stdin(Stdio::from(File::open(&path).unwrap()))
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), report)
}

#[test]
fn a_bundle_on_standard_input_is_judged_as_its_file_is() {
    let by_path = good().verify();
    let seal = text(&beside(&good().write(), ".sigstore.json"));

    let (code, mut report) = piped(good(), &["--seal", &seal]);

    assert_eq!(
        (code, &report["bundle"]["name"]),
        (Some(0), &Value::from("-"))
    );
    report["bundle"]["name"] = by_path.report["bundle"]["name"].clone();
    assert_eq!(report, by_path.report);
}

#[test]
fn a_bundle_on_standard_input_has_no_seal_beside_it() {
    let (code, report) = piped(good(), &[]);

    let verdict = Verdict { code, report };
    verdict.is_refused_by(&["seal-present"]);
}

#[test]
fn the_report_does_not_depend_on_the_number_of_threads() {
    let changed = good()
        .bundle()
        .edit_item("values", |item| item["claim"]["met"] = false.into());
    for sample in [
        good().clone(),
        good().resealed(&changed),
        good().with_file(vec![31, 139, 8]),
    ] {
        let alone = sample.verify_with(&["--threads", "1"]);
        for threads in ["2", "7", "64"] {
            let by_many = sample.verify_with(&["--threads", threads]);
            assert_eq!(alone.report, by_many.report, "{threads} threads");
        }
    }
}

#[test]
fn only_what_was_asked_for_is_judged_and_the_rest_is_said() {
    let verdict = good().verify_with(&["--only", "images,sbom"]);

    verdict.is("verified", 0, &[]);
    let items = verdict.report["items"].as_array().unwrap().iter();
    let kinds: Vec<&str> = items.map(|item| item["kind"].as_str().unwrap()).collect();
    assert!(
        kinds.contains(&"image") && kinds.contains(&"sbom"),
        "{kinds:?}"
    );
    assert!(
        kinds.iter().all(|kind| ["image", "sbom"].contains(kind)),
        "{kinds:?}"
    );
    let said = |what: &str| {
        let mut findings = verdict.report["findings"].as_array().unwrap().iter();
        findings
            .any(|one| one["outcome"] == "skip" && one["message"].as_str().unwrap().contains(what))
    };
    assert!(said("items were not asked for: ") && said("values"));
    assert!(said("members were passed over"));
}

#[test]
fn a_member_of_an_item_that_was_not_asked_for_is_passed_over_and_the_others_are_not() {
    let path = good().bundle().first_under("files/values/");
    let changed = good().bundle().edit(&path, |body| body[0] ^= 1);
    let sample = good().resealed(&changed);

    let by_image = sample.verify_with(&["--only", "image"]);
    let by_item = sample.verify_with(&["--item", "values"]);

    by_image.is("verified", 0, &[]);
    by_item.is_refused_by(&["member-digest"]);
}

#[test]
fn what_was_asked_for_and_is_not_there_is_said() {
    for asked in [["--item", "nowhere"], ["--only", "scan"]] {
        let verdict = good().verify_with(&asked);

        verdict.is("verified", 4, &["policy"]);
        verdict.says("EV-policy-asked");
    }
}

#[test]
fn what_is_over_a_bound_is_refused_by_the_name_of_the_bound() {
    for (flag, bound, check, code) in [
        (
            "--max-plain-bytes",
            "10000",
            "archive",
            "EV-archive-plain-bytes",
        ),
        ("--max-members", "5", "manifest", "EV-manifest-files"),
        (
            "--max-member-bytes",
            "100",
            "archive",
            "EV-archive-member-bytes",
        ),
        (
            "--max-manifest-bytes",
            "100",
            "manifest",
            "EV-manifest-size",
        ),
        ("--max-items", "2", "manifest", "EV-manifest-items"),
        ("--max-held-bytes", "10", "archive", "EV-archive-size"),
    ] {
        let verdict = good().verify_with(&[flag, bound]);

        assert_eq!(verdict.report["verdict"], "refused", "{flag}");
        assert_eq!(verdict.code, Some(1), "{flag}");
        let failed = verdict.checks(|finding| finding["outcome"] == "fail");
        assert!(failed.contains(&check), "{flag}: {failed:?}");
        verdict.says(code);
        let findings = verdict.report["findings"].to_string();
        assert!(findings.contains(flag), "{flag}: {findings}");
    }
}

#[test]
fn a_reading_that_takes_too_long_is_undetermined() {
    let verdict = good().verify_with(&["--max-seconds", "0"]);

    verdict.is("undetermined", 3, &[]);
    verdict.says("EV-archive-unreadable");
}
