//! Every case of `fixtures/sigstore/EXPECTED.json` through the real binary.

#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

use assert_cmd::Command;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expected {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    fixture: String,
    args: Vec<String>,
    want: String,
    note: Option<String>,
}

/// Cases that are not answered as wanted yet: fixture, and why.
const NOT_YET: &[(&str, &str)] = &[];

#[test]
fn every_case_is_answered_as_wanted() {
    let text = std::fs::read_to_string(folder().join("EXPECTED.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    let mut answered = 0;
    for case in &expected.cases {
        if NOT_YET.iter().any(|(fixture, _)| *fixture == case.fixture) {
            continue;
        }
        answered += 1;
        let wanted = match case.want.as_str() {
            "accept" => 0,
            "refuse" => 1,
            other => panic!("{other}"),
        };
        let (code, text) = evidence(&case.args);
        if code != Some(wanted) {
            let note = case.note.as_deref().unwrap_or_default();
            wrong.push(format!(
                "{} {note}: wanted exit {wanted}, got {code:?}\n  {}\n{text}",
                case.fixture,
                case.args.join(" ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {answered}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(answered, 95);
}

#[test]
fn one_signed_image_does_not_hide_an_unsigned_one() {
    let args = [
        "image",
        "verify",
        "oci:images/i02-v2-key/layout:v1",
        "oci:images/i01-unsigned/layout:v1",
        "oci:images/none-there/layout",
        "--trusted-root",
        "trust/trusted_root.json",
        "--key",
        "test-keys/alice.pub",
        "--output",
        "json",
    ];

    let (code, text) = evidence(&args.map(String::from));

    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let verdicts: Vec<_> = json["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["verdict"])
        .collect();
    assert_eq!(verdicts, ["verified", "refused", "undetermined"]);
    assert_eq!(
        json["images"][1]["findings"][0]["code"],
        "EV-signature-missing"
    );
    assert_eq!(code, Some(1));
}

#[test]
fn an_attestation_is_no_signature() {
    let mut args = [
        "image",
        "verify",
        "oci:images/i33-v2-att-intoto-entry/layout:v1",
        "--trusted-root",
        "trust/trusted_root.json",
        "--key",
        "test-keys/alice.pub",
    ]
    .map(String::from)
    .to_vec();

    let (alone, text) = evidence(&args);
    args.extend(["--attestation", "spdx"].map(String::from));
    let (asked_for, _) = evidence(&args);

    assert_eq!(alone, Some(1));
    assert!(text.contains("EV-signature-missing"), "{text}");
    assert_eq!(asked_for, Some(0));
}

/// What six tools keep of an image that alice signed by tag and bob by referrer.
#[cfg(feature = "net")]
#[test]
fn a_layout_is_read_whichever_tool_wrote_it() {
    let flavours = [
        ("cosign-v2-save", 0, 1),
        ("cosign-v3-save", 0, 0),
        ("crane", 1, 1),
        ("oras", 1, 0),
        ("regctl", 0, 0),
        ("skopeo", 1, 1),
    ];
    for (flavour, alice, bob) in flavours {
        for (key, wanted) in [("alice", alice), ("bob", bob)] {
            let reference = format!("oci:layout-flavours/{flavour}");
            let key = format!("test-keys/{key}.pub");
            let args = ["image", "verify", &reference, "--key", &key].map(String::from);
            let root = ["--trusted-root", "trust/trusted_root.json"].map(String::from);

            let (code, text) = evidence(&[args.to_vec(), root.to_vec()].concat());

            assert_eq!(code, Some(wanted), "{flavour} {key}: {text}");
        }
    }
}

#[test]
fn without_an_identity_the_signer_is_named_and_not_recommended() {
    let args = [
        "blob",
        "verify",
        "blobs/b04-v3-keyless-rekor1/artifact.txt",
        "--bundle",
        "blobs/b04-v3-keyless-rekor1/bundle.sigstore.json",
        "--trusted-root",
        "trust/trusted_root.json",
    ];

    let (code, text) = evidence(&args.map(String::from));

    assert_eq!(code, Some(2));
    assert!(text.contains("release.yml@refs/tags/v1.4.0"), "{text}");
    assert!(text.contains("no recommendation"), "{text}");
}

#[test]
fn a_root_that_is_lacking_leaves_it_undetermined() {
    let args = [
        "blob",
        "verify",
        "blobs/b04-v3-keyless-rekor1/artifact.txt",
        "--bundle",
        "blobs/b04-v3-keyless-rekor1/bundle.sigstore.json",
        "--certificate-identity-regexp",
        "https://github.com/example-org/widget/.*",
        "--certificate-oidc-issuer",
        "http://127.0.0.1:8888/gha",
    ];

    let (code, text) = evidence(&args.map(String::from));

    assert_eq!(code, Some(3), "{text}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore")
}

/// Exit code, and all that was printed.
fn evidence(args: &[String]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("evidence")
        .unwrap()
        .current_dir(folder())
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text += &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}
