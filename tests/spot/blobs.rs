//! Signed files whose Sigstore bundles stand a line each in one file.

use crate::common::{Run, run};
use std::path::Path;

const BLOBS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sigstore/blobs");

fn bundle(name: &str) -> String {
    std::fs::read_to_string(format!("{BLOBS}/{name}/bundle.sigstore.json"))
        .unwrap()
        .replace('\n', "")
}

fn verify(lines: &[String]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sha256.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    verify_by(&path)
}

fn verify_by(bundles: &Path) -> Run {
    run(&[
        "blob",
        "verify",
        &format!("{BLOBS}/b03-v3-key-rekor1/artifact.txt"),
        "--bundle",
        bundles.to_str().unwrap(),
        "--trusted-root",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/sigstore/trust/trusted_root.json"
        ),
        "--key",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/sigstore/test-keys/alice.pub"
        ),
    ])
}

#[test]
fn one_of_several_bundles_is_enough_and_the_others_are_told() {
    let ran = verify(&[
        bundle("b09-v3-attest-blob-keyless-rekor2"),
        bundle("b05-v3-keyless-rekor2-tsa"),
        bundle("b03-v3-key-rekor1"),
    ]);

    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("not counted: "), "{}", ran.stdout);
}

#[test]
fn none_of_several_bundles_is_refused() {
    let ran = verify(&[
        bundle("b05-v3-keyless-rekor2-tsa"),
        bundle("b04-v3-keyless-rekor1"),
    ]);

    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn more_bundles_than_are_judged_are_a_mistake() {
    let ran = verify(&vec![bundle("b03-v3-key-rekor1"); 65]);

    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("at most 64"), "{}", ran.stderr);
}

#[test]
fn a_bundle_that_is_cut_off_is_refused_although_it_has_many_lines() {
    let ran = verify(&["{\"mediaType\":".into(), "\"x\"".into()]);

    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("EV-signature-bundle-malformed"),
        "{}",
        ran.stdout
    );
}
