//! What people read: help, errors and advice, compared whole.

#![cfg(feature = "sandbox")]
#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

use assert_cmd::Command;
use insta::assert_snapshot;
use std::path::{Path, PathBuf};

#[test]
fn help() {
    assert_snapshot!(said(&good(), &["--help"]));
}

#[test]
fn help_of_verify() {
    assert_snapshot!(said(&good(), &["verify", "--help"]));
}

#[test]
fn help_of_inspect() {
    assert_snapshot!(said(&good(), &["inspect", "--help"]));
}

#[test]
fn help_of_extract() {
    assert_snapshot!(said(&good(), &["extract", "--help"]));
}

#[test]
fn what_a_bundle_holds() {
    assert_snapshot!(said(&good(), &["inspect", BUNDLE]));
}

#[test]
fn a_part_of_what_a_bundle_holds_with_whole_digests() {
    let args = [
        "inspect",
        BUNDLE,
        "--long",
        "files/runbooks",
        "evidence.yaml",
    ];

    assert_snapshot!(said(&good(), &args));
}

#[test]
fn a_file_that_is_no_bundle_to_look_into() {
    assert_snapshot!(said(&good(), &["inspect", "policy.yaml"]));
}

#[test]
fn a_member_that_a_bundle_does_not_list() {
    assert_snapshot!(said(
        &good(),
        &["inspect", BUNDLE, "--member", "files/passwd"]
    ));
}

#[test]
fn help_of_image_verify() {
    assert_snapshot!(said(&good(), &["image", "verify", "--help"]));
}

#[test]
fn help_of_pins() {
    assert_snapshot!(said(&good(), &["pins", "--help"]));
}

#[test]
fn help_of_sbom_check() {
    assert_snapshot!(said(&good(), &["sbom", "check", "--help"]));
}

#[test]
fn help_of_sbom_diff() {
    assert_snapshot!(said(&good(), &["sbom", "diff", "--help"]));
}

#[test]
fn help_of_vulns_check() {
    assert_snapshot!(said(&good(), &["vulns", "check", "--help"]));
}

#[test]
fn help_of_release() {
    assert_snapshot!(said(&good(), &["release", "--help"]));
}

#[test]
fn two_formats_on_standard_output_are_refused_before_anything_is_read() {
    for command in [
        &["verify", "b.tar.gz"][..],
        &["report", "b.tar.gz"],
        &["image", "verify", "oci:nowhere:v1"],
        &["sbom", "check", "nowhere.json"],
        &["sbom", "diff", "nowhere.json", "nowhere.json"],
        &["vulns", "check", "nowhere.json"],
        &["blob", "verify", "b", "--bundle", "b.sigstore.json"],
    ] {
        let refused = Command::cargo_bin("evidence")
            .unwrap()
            .args(command)
            .args(["--key", "k.pub", "--output", "json", "--output", "text"])
            .assert()
            .code(2);
        let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(
            error.starts_with("error: two formats go to standard output\n"),
            "{command:?}: {error}"
        );
    }
}

#[test]
fn every_command_and_every_flag_has_a_sentence_and_no_control_codes() {
    for command in [
        "",
        "release",
        "verify",
        "report",
        "inspect",
        "extract",
        "collect",
        "pack",
        "seal",
        "demo",
        "pins",
        "schema",
        "image",
        "image verify",
        "image tree",
        "blob",
        "blob verify",
        "trust",
        "trust show",
        "trust update",
    ] {
        let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();

        let text = said(&good(), &args);

        assert!(text.starts_with("exit 0\n"), "{command}: {text}");
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{command}: {text:?}"
        );
        let lines: Vec<&str> = text.lines().collect();
        for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
            assert!(line.chars().count() <= 80, "{line}");
            let flag = line.trim_start();
            if flag.starts_with("--") || flag.starts_with("-o") {
                let described = flag.contains("  ") || next.starts_with("          ");
                assert!(described, "{command}: {line} has no sentence");
            }
        }
    }
}

#[test]
fn a_missing_configuration() {
    let folder = tempfile::tempdir().unwrap();

    assert_snapshot!(said(folder.path(), &["release", "--tag", "v1.0.0"]));
}

#[test]
fn a_wrong_configuration() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "evidence.yaml",
        "version: 1\nreleese:\n  repository: github.com/a/b\nimages:\n  - {name: api, reference: r.example/api, signed-by: nobody}\n",
    );

    assert_snapshot!(said(folder.path(), &["collect", "--tag", "v1.0.0"]));
}

#[test]
fn an_unknown_tag() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "evidence.yaml",
        "version: 1\nrelease:\n  repository: github.com/a/b\n",
    );
    for args in [
        ["init", "--quiet"].as_slice(),
        &["add", "--all"],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "commit",
            "--quiet",
            "--message",
            "x",
        ],
    ] {
        let mut git = std::process::Command::new("git");
        git.current_dir(folder.path()).env("HOME", folder.path());
        assert!(git.args(args).status().unwrap().success());
    }

    assert_snapshot!(said(folder.path(), &["release", "--tag", "v9.9.9"]));
}

#[test]
fn a_missing_bundle() {
    assert_snapshot!(said(
        &good(),
        &["verify", "not-there.tar.gz", "--policy", "policy.yaml"]
    ));
}

#[test]
fn a_missing_policy() {
    assert_snapshot!(said(
        &good(),
        &["verify", BUNDLE, "--policy", "not-there.yaml"]
    ));
}

#[test]
fn no_identity_and_a_seal_that_verifies() {
    assert_snapshot!(said(
        &good(),
        &["verify", BUNDLE, "--trusted-root", "trusted_root.json"]
    ));
}

#[test]
fn no_identity_and_an_unknown_root() {
    assert_snapshot!(said(&good(), &["verify", BUNDLE]));
}

#[test]
fn half_an_identity() {
    assert_snapshot!(said(
        &good(),
        &["verify", BUNDLE, "--certificate-identity", "a@b.example"]
    ));
}

#[test]
fn patterns_that_accept_more_than_their_author_meant() {
    let warnings = |identity: &str, issuer: &str| {
        let args = [
            "verify",
            BUNDLE,
            "--trusted-root",
            "trusted_root.json",
            "--certificate-identity-regexp",
            identity,
            "--certificate-oidc-issuer-regexp",
            issuer,
        ];
        let output = command(&good(), &args).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let issuer = "^http://127\\.0\\.0\\.1:[0-9]+$";

    assert_snapshot!(warnings(
        "https://github.com/intelgraph/demo-shop/.*",
        issuer
    ));
    assert_snapshot!(warnings(".*", ".+"));
    assert_eq!(
        warnings("^https://github\\.com/intelgraph/demo-shop/.*$", issuer),
        ""
    );
}

#[test]
fn a_claim_of_the_run_without_its_issuer() {
    let args = [
        "verify",
        BUNDLE,
        "--certificate-github-workflow-repository",
        "intelgraph/demo-shop",
    ];

    assert_snapshot!(said(&good(), &args));
}

#[test]
fn a_policy_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "version: 1\nseal: {all-of: [{issuer: i, subject: a}, {issuer: i, subject: b}]}\n\
         images: {api: {signed-by: {issuer: i, claims: {ref: x}}, docker-reference: maybe}}\n\
         approvals: {go: [lead]}\n";
    write(folder.path(), "policy.yaml", policy);
    let args = ["verify", BUNDLE, "--policy", "policy.yaml"];

    assert_snapshot!(said(folder.path(), &args));
}

#[test]
fn a_format_that_is_none() {
    assert_snapshot!(said(&good(), &["verify", BUNDLE, "--output", "pdf"]));
}

#[test]
fn a_format_that_is_none_of_a_spot_checks() {
    let args = ["image", "verify", "oci:nowhere:v1", "--output", "html"];
    assert_snapshot!(said(&good(), &args));
}

#[test]
fn a_mistyped_command() {
    assert_snapshot!(said(&good(), &["vrify"]));
}

#[test]
fn a_folder_that_no_demonstration_wrote_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "mine/thesis.txt", "years of work");

    let text = said(folder.path(), &["demo", "--dir", "mine"]);

    assert_snapshot!(text);
    assert!(folder.path().join("mine/thesis.txt").is_file());
}

#[test]
fn the_demonstration_ends_with_lines_that_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();

    let output = command(folder.path(), &["demo", "--dir", "demo"])
        .output()
        .unwrap();

    let text = String::from_utf8(output.stdout).unwrap();
    let (_, farewell) = text.split_once("\nVerify it").unwrap();
    assert_snapshot!(farewell);
    let exits: Vec<Option<i32>> = farewell
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("evidence "))
        .map(|line| {
            let line = line.split('#').next().unwrap_or_default();
            let args: Vec<&str> = line.split_whitespace().collect();
            command(folder.path(), &args)
                .output()
                .unwrap()
                .status
                .code()
        })
        .collect();
    assert_eq!(exits, [Some(0), Some(1), Some(1)]);
}

const BUNDLE: &str = "evidence-bundle-v1.4.0.tar.gz";

fn good() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good")
}

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("evidence").unwrap();
    command
        .current_dir(dir)
        .env_clear()
        // git, and no settings of whoever runs this.
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("COLUMNS", "80")
        // The same text in years to come, when the roots that are built in are old.
        .env("EVIDENCE_WARN_ROOT_AGE", "36500")
        .args(args);
    command
}

/// The exit code, then standard output, then, where there is any, standard error.
fn said(dir: &Path, args: &[&str]) -> String {
    let output = command(dir, args).output().unwrap();
    format!(
        "exit {}\n{}{}",
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap()
    )
}
