//! Files: how complete they are, and whose word that is.

use crate::asked::{answer, answer_with, ask, ask_with, codes, fixtures};
use insta::assert_snapshot;
use serde_json::Value;

const TRIVY: &str = "documents/trivy-0.74.0/shop.cdx.json";
const SYFT: &str = "documents/syft-1.57.1/npm-lock.spdx-2.3.json";

#[test]
fn a_document_by_syft_on_one_screen() {
    assert_snapshot!(ask(&["sbom", "check", SYFT]).stdout);
}

#[test]
fn a_document_by_trivy_held_against_demands_that_it_does_not_meet() {
    let ran = ask(&[
        "sbom",
        "check",
        TRIVY,
        "--profile",
        "ntia-2021",
        "--min",
        "99.5",
        "--complete",
        "supplier,version",
    ]);

    assert_eq!(ran.code, Some(4));
    assert_snapshot!(ran.stdout);
}

#[test]
fn the_same_for_a_pull_request() {
    let args = [
        "sbom", "check", TRIVY, "--min", "99.5", "--output", "markdown",
    ];

    assert_snapshot!(ask(&args).stdout);
}

#[test]
fn every_format_is_read_whatever_is_around_it() {
    for (path, format, version, encoding, kind) in [
        (TRIVY, "cyclonedx", "1.7", "json", Value::Null),
        (SYFT, "spdx", "2.3", "json", Value::Null),
        (
            "documents/trivy-0.74.0/shop.spdx-2.3.spdx",
            "spdx",
            "2.3",
            "tag-value",
            Value::Null,
        ),
        (
            "documents/cdxgen/npm.spdx-3.0.1.json",
            "spdx",
            "3.0.1",
            "json",
            Value::Null,
        ),
        (
            "documents/cyclonedx-gomod/binary.cdx-1.5.xml",
            "cyclonedx",
            "1.5",
            "xml",
            Value::Null,
        ),
        (
            "documents/statements/alpine.cdx.att.json",
            "cyclonedx",
            "1.4",
            "json",
            "https://cyclonedx.org/bom".into(),
        ),
    ] {
        let (code, answer) = answer(&["sbom", "check", path]);

        let document = &answer["targets"][0]["documents"][0];
        assert_eq!(code, Some(0), "{path}");
        assert_eq!(document["document"]["format"], format, "{path}");
        assert_eq!(document["document"]["formatVersion"], version, "{path}");
        assert_eq!(document["document"]["encoding"], encoding, "{path}");
        assert_eq!(document["origin"]["predicateType"], kind, "{path}");
        assert_eq!(document["origin"]["signature"], "unjudged", "{path}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let bytes = std::fs::read(fixtures().join(TRIVY)).unwrap();

    let (code, answer) = answer_with(&bytes, &["sbom", "check", "-"]);

    assert_eq!(code, Some(0));
    assert_eq!(answer["targets"][0]["target"], "-");
    let twice = ask_with(&bytes, &["sbom", "check", "-", "-"]);
    assert_eq!(twice.code, Some(2));
}

#[test]
fn what_is_demanded_and_met_is_ticked_and_nothing_demanded_is_not() {
    let asked = ask(&["sbom", "check", SYFT, "--min", "10", "--complete", "name"]);
    let silent = ask(&["sbom", "check", SYFT]);

    assert_eq!((asked.code, silent.code), (Some(0), Some(0)));
    let last = |text: &str| text.lines().last().unwrap().to_owned();
    assert_eq!(
        last(&asked.stdout),
        "✓ met: at least 10 % of cisa-2026; complete name"
    );
    assert_eq!(last(&silent.stdout), "○ nothing was demanded");
}

#[test]
fn an_element_that_the_profile_does_not_have_is_a_mistake() {
    let ran = ask(&["sbom", "check", SYFT, "--complete", "supplier"]);

    assert_eq!(ran.code, Some(2));
    assert_snapshot!(ran.stderr, @r"
    error: supplier is no element of cisa-2026
      hint: it has author, format-name, format-version, generation-context, timestamp, tool-name, tool-version, document-version, producer, dependencies, hash-value, hash-algorithm, identifiers, license, name, version
    ");
}

#[test]
fn neither_a_file_nor_an_image_is_a_mistake() {
    for (target, said) in [
        ("nowhere.json", "error: there is no file nowhere.json\n"),
        ("./nowhere", "error: there is no file ./nowhere\n"),
        (
            "A B",
            "error: there is no file A B, and it names no image\n",
        ),
        ("pairs", "error: pairs is a folder\n"),
    ] {
        let ran = ask(&["sbom", "check", target]);

        assert_eq!(ran.code, Some(2), "{target}");
        assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    }
}

#[test]
fn of_several_targets_the_worst_decides_and_each_is_answered() {
    let broken = "documents/odd/SPDXJSONExample-UTF-16.spdx.json";
    let args = ["sbom", "check", SYFT, broken, "--min", "99"];

    let (code, answer) = answer(&args);

    assert_eq!(code, Some(1));
    let standings: Vec<_> = (answer["targets"].as_array().unwrap().iter())
        .map(|one| one["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standings, ["unmet", "refused"]);
    assert_eq!(codes(&answer["targets"][1]), ["sbom-unreadable"]);
    let ran = ask(&args);
    let last = ran.stdout.lines().last().unwrap();
    assert_eq!(last, "2 checked: 0 met, 1 refused, 1 unmet, 0 undetermined");
}

#[test]
fn code_hosts_and_ci_servers_get_what_stands_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let (sarif, junit) = (folder.path().join("a.sarif"), folder.path().join("a.xml"));
    let to = |name: &str, path: &std::path::Path| format!("{name}={}", path.display());

    let ran = ask(&[
        "sbom",
        "check",
        SYFT,
        "--min",
        "99",
        "--output",
        &to("sarif", &sarif),
        "--output",
        &to("junit", &junit),
        "--output",
        "text",
    ]);

    assert_eq!(ran.code, Some(4));
    assert!(ran.stdout.contains("[sbom-quality-score]"));
    let log: Value = serde_json::from_slice(&std::fs::read(sarif).unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["ruleId"], "EV-sbom-quality-score");
    let place = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], SYFT);
    let xml = std::fs::read_to_string(junit).unwrap();
    let parsed = roxmltree::Document::parse(&xml).unwrap();
    let suites = parsed.root_element();
    assert_eq!(suites.attribute("failures"), Some("1"));
}

#[test]
fn flags_are_read_from_the_environment_too() {
    let mut command = crate::common::evidence();
    command
        .current_dir(fixtures())
        .env("EVIDENCE_MIN", "99")
        .env("EVIDENCE_PROFILE", "ntia-2021")
        .args(["sbom", "check", SYFT]);

    let ran = crate::common::finish(&mut command);

    assert_eq!(ran.code, Some(4));
    assert!(ran.stdout.contains("ntia-2021"), "{}", ran.stdout);
}
