//! Files signed by certificates of a private CA, through the real binary.

#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

use assert_cmd::Command;
use std::path::Path;

const ROOTS: [&str; 4] = [
    "--ca-roots",
    "root.pem",
    "--ca-intermediates",
    "intermediate.pem",
];

/// Exit code and everything printed.
fn verify(bundle: &str, trust: &[&str], subject: &str, issuer: &str) -> (Option<i32>, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore/private-ca");
    let output = Command::cargo_bin("evidence")
        .unwrap()
        .current_dir(folder)
        .args(["blob", "verify", "file.txt", "--bundle", bundle])
        .args(["--trusted-root", "trusted_root.json"])
        .args(trust)
        .args(["--certificate-identity", subject])
        .args(["--certificate-oidc-issuer-regexp", issuer])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code(), text)
}

fn ci(trust: &[&str]) -> (Option<i32>, String) {
    let subject = "https://ci.corp.test/release";
    verify(
        "ci.sigstore.json",
        trust,
        subject,
        "https://oidc[.]corp[.]test",
    )
}

#[test]
fn a_private_ca_is_named_by_roots_and_intermediates_or_by_a_chain() {
    let chain = std::env::temp_dir().join(format!("chain-{}.pem", std::process::id()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sigstore/private-ca");
    let parts = ["intermediate.pem", "root.pem"].map(|name| std::fs::read(folder.join(name)));
    let parts = parts.map(Result::unwrap).concat();
    std::fs::write(&chain, parts).unwrap();

    let by_roots = ci(&ROOTS);
    let by_chain = ci(&["--certificate-chain", chain.to_str().unwrap()]);
    std::fs::remove_file(chain).unwrap();

    assert_eq!(by_roots.0, Some(0), "{}", by_roots.1);
    assert_eq!(by_chain.0, Some(0), "{}", by_chain.1);
}

#[test]
fn a_ca_that_did_not_issue_it_or_that_nobody_named_is_not_trusted() {
    let other = [
        "--ca-roots",
        "other-root.pem",
        "--ca-intermediates",
        "intermediate.pem",
    ];

    for trust in [&other[..], &[], &["--ca-roots", "root.pem"]] {
        let (code, text) = ci(trust);
        assert!(matches!(code, Some(1..=3)), "{trust:?} {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn an_absent_issuer_is_accepted_only_when_asked_for() {
    let person = |issuer| verify("person.sigstore.json", &ROOTS, "releases@corp.test", issuer);

    let (asked, text) = person("^$");
    let (everything, _) = person(".*");

    assert_eq!(asked, Some(0), "{text}");
    assert_eq!(everything, Some(1));
}

#[test]
fn a_certificate_with_a_key_on_p521_is_verified() {
    let subject = "https://ci.corp.test/release";

    let (code, text) = verify(
        "p521.sigstore.json",
        &ROOTS,
        subject,
        "https://oidc.corp.test",
    );

    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let both = ["--ca-roots", "root.pem", "--certificate-chain", "root.pem"];
    let alone = ["--ca-intermediates", "intermediate.pem"];
    let no_certificate = ["--ca-roots", "file.txt"];

    for trust in [&both[..], &alone, &no_certificate] {
        let (code, text) = ci(trust);
        assert_eq!(code, Some(2), "{text}");
    }
}
