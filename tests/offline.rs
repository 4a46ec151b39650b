//! What an auditor does, years later and without a network: also in a build without the features `net` and `sandbox`.

#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

use assert_cmd::Command;
use std::path::PathBuf;

const BUNDLE: &str = "evidence-bundle-v1.4.0.tar.gz";

#[test]
fn a_bundle_of_another_day_verifies() {
    let (code, text, errors) = evidence(&["verify", BUNDLE, "--policy", "policy.yaml"]);

    assert_eq!(code, Some(0), "{text}{errors}");
    assert_eq!(errors, "");
    insta::assert_snapshot!(text);
}

#[test]
fn another_tag_is_refused_by_the_check_that_is_about_it() {
    let args = [
        "verify",
        BUNDLE,
        "--policy",
        "policy.yaml",
        "--tag",
        "v1.5.0",
    ];

    let (code, text, _) = evidence(&args);

    assert_eq!(code, Some(1), "{text}");
    assert_eq!(failed(&text), ["release-asked"], "{text}");
}

#[test]
fn another_identity_is_refused_by_the_check_that_is_about_it() {
    let (code, text, _) = evidence(&["verify", BUNDLE, "--policy", "policy-other-tag.yaml"]);

    assert_eq!(code, Some(1), "{text}");
    assert_eq!(failed(&text), ["seal-identity"], "{text}");
}

#[test]
fn without_its_root_a_bundle_is_undetermined() {
    let args = [
        "verify",
        BUNDLE,
        "--certificate-identity-regexp",
        "https://github.com/intelgraph/demo-shop/.*",
        "--certificate-oidc-issuer-regexp",
        "http://127.0.0.1:.*",
    ];

    let (code, text, _) = evidence(&args);

    assert_eq!(code, Some(3), "{text}");
}

#[test]
fn the_roots_that_are_built_in_are_shown() {
    let (code, text, errors) = evidence(&["trust", "show"]);

    assert_eq!(code, Some(0), "{errors}");
    for name in ["public-good", "staging", "github"] {
        let line = format!("{name}: embedded, of 2026-10-23 (");
        assert_eq!(text.matches(&line).count(), 1, "{text}");
    }
    let github = "CN=Internal Services Root,O=GitHub\\, Inc., from 2023-08-07";
    assert!(text.contains(github), "{text}");
}

#[test]
fn the_page_is_whole_in_itself_and_says_that_it_is_a_demonstration() {
    let args = ["report", BUNDLE, "--policy", "policy.yaml"];

    let (code, page, errors) = evidence(&args);

    assert_eq!(code, Some(0), "{errors}");
    for foreign in [
        "<script",
        "<link",
        "<iframe",
        "<object",
        "<embed",
        "<base",
        "@import",
        "src=\"http",
        "src=\"/",
        "href=",
        "url(",
        "onload=",
        "onerror=",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let policy = "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"";
    assert!(page.contains(policy));
    assert!(page.contains("<p class=\"demo\">DEMO: "));
    assert!(page.contains("<p class=\"verdict verified\">verified</p>"));
    assert!(page.contains("src=\"data:image/png;base64,"));
    // Seven charts, each drawn for wide and for narrow screens.
    assert_eq!(page.matches("<svg ").count(), 14);
    for heading in [
        "Seal",
        "Images and SBOMs",
        "Metrics",
        "Dashboards",
        "Checks",
        "Not checked",
    ] {
        assert!(page.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
}

#[test]
fn markdown_in_a_file_has_its_pictures_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary.md");
    let output = format!("markdown={}", path.display());

    let (code, text, errors) = evidence(&[
        "verify",
        BUNDLE,
        "--policy",
        "policy.yaml",
        "--output",
        &output,
    ]);

    assert_eq!((code, text.as_str()), (Some(0), ""), "{errors}");
    let page = std::fs::read_to_string(&path).unwrap();
    let links: Vec<&str> = (page.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert_eq!(links.len(), 7, "{page}");
    for link in links {
        assert!(link.starts_with("summary.charts/"), "{link}");
        let svg = std::fs::read_to_string(folder.path().join(link)).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("prefers-color-scheme"));
    }
}

#[test]
fn charts_are_written_to_a_folder_and_a_single_one_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let output = format!("svg={}", folder.path().join("new/charts").display());
    let report = |more: &[&str]| {
        let all = ["report", BUNDLE, "--policy", "policy.yaml"].iter();
        evidence(&all.chain(more).copied().collect::<Vec<_>>())
    };

    let (code, text, errors) = report(&["--output", &output]);

    assert_eq!((code, text.as_str()), (Some(0), ""), "{errors}");
    let files = std::fs::read_dir(folder.path().join("new/charts")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7, "{names:?}");

    let (code, text, errors) = report(&["--format", "svg"]);
    assert_eq!((code, text.as_str()), (Some(2), ""));
    assert!(
        errors.contains("there are 7 charts") && errors.contains("svg=DIR"),
        "{errors}"
    );

    let item = names[0].strip_suffix(".svg").unwrap();
    let (code, text, errors) = report(&["--format", "svg", "--item", item]);
    assert_eq!(code, Some(0), "{errors}");
    let file = std::fs::read_to_string(folder.path().join("new/charts").join(&names[0])).unwrap();
    assert_eq!(text, file);

    let (code, _, errors) = report(&["--item", item]);
    assert_eq!(code, Some(2), "{errors}");
}

#[test]
fn the_page_of_a_refused_bundle_says_so() {
    let args = [
        "report",
        BUNDLE,
        "--policy",
        "policy.yaml",
        "--tag",
        "v1.5.0",
    ];

    let (code, page, _) = evidence(&args);

    assert_eq!(code, Some(1));
    assert!(page.contains("<p class=\"verdict refused\">refused</p>"));
    assert!(page.contains("<tr class=\"bad\">"));
}

#[test]
fn several_bundles_are_judged_each_and_the_worst_exit_counts() {
    let args = [
        "verify",
        BUNDLE,
        "not-there.tar.gz",
        "--policy",
        "policy.yaml",
    ];

    let (code, text, errors) = evidence(&args);

    assert_eq!(code, Some(3));
    assert!(text.contains("verdict: verified"), "{text}");
    assert!(errors.contains("not-there.tar.gz"), "{errors}");
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_plain_file_is_written_to_and_stays_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), folder.path().join("target"));
    let pipe = folder.path().join("pipe");
    std::fs::write(&target, "before").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let from = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read(from).unwrap());

    let outputs = [&link, &pipe].map(|path| format!("json={}", path.display()));
    let [to_link, to_pipe] = &outputs;
    let args = [
        "verify",
        BUNDLE,
        "--policy",
        "policy.yaml",
        "--output",
        to_link,
        "--output",
        to_pipe,
    ];
    let (code, _, errors) = evidence(&args);

    assert_eq!(code, Some(0), "{errors}");
    let piped = reader.join().unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read(&target).unwrap(), piped);
    assert!(piped.starts_with(b"{"));
}

#[test]
fn several_outputs_are_written_from_one_verification() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let html = folder.path().join("report.html");
    let (to_json, to_html) = (
        format!("json={}", json.display()),
        format!("html={}", html.display()),
    );
    let args = [
        "verify",
        BUNDLE,
        "--policy",
        "policy.yaml",
        "--output",
        "text",
        "--output",
        &to_json,
        "--output",
        &to_html,
    ];

    let (code, text, _) = evidence(&args);

    assert_eq!(code, Some(0));
    assert!(text.contains("verdict: verified"));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(json["verdict"], "verified");
    assert!(
        std::fs::read_to_string(html)
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
}

#[test]
fn output_that_makes_no_sense_is_a_usage_error() {
    for (args, word) in [
        (
            vec!["--output", "pdf"],
            "text, json, html, markdown or statements",
        ),
        (vec!["--output", "json="], "path after = is missing"),
        (vec!["--output", "json=x", BUNDLE], "several were given"),
        (vec!["--seal", "x", BUNDLE], "several bundles were given"),
    ] {
        let judged = [
            &["verify", BUNDLE, "--policy", "policy.yaml"],
            args.as_slice(),
        ]
        .concat();

        let (code, text, errors) = evidence(&judged);

        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
        assert!(errors.contains(word), "{errors}");
    }
}

/// Exit code, standard output and standard error.
fn evidence(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::cargo_bin("evidence")
        .unwrap()
        .current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good"))
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The checks that have a cross, each once.
fn failed(text: &str) -> Vec<&str> {
    let mut checks: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("✗ ")?.split(' ').next())
        .collect();
    checks.dedup();
    checks
}
