//! Any bytes as a Sigstore bundle under the public-good root and a key: what is said to hold names its artifact.

#![no_main]

use evidence::model::Digest;
use evidence::sigstore::{Artifact, Judgement, Key, Options, Roots, Statement, judge_bundle};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let mut roots = Roots::none();
    roots.add_public_good().unwrap();
    let lab = include_bytes!("../../../fixtures/sigstore/trust/trusted_root.json");
    roots.add("lab", lab).unwrap();
    roots
});
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let alice = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");
    vec![Key::parse(alice).unwrap()]
});
const ARTIFACT: &[u8] = b"nobody signed this";

fuzz_target!(|bytes: &[u8]| {
    let options = Options {
        ignore_tlog: bytes.len().is_multiple_of(2),
        now: None,
    };
    let artifact = Artifact::Bytes(ARTIFACT);
    let judged = judge_bundle(bytes, artifact, &ROOTS, &KEYS, &options);
    assert!(!matches!(judged.judgement, Judgement::Valid(_)));
    if let Some(statement) = &judged.statement
        && let Ok(statement) = Statement::parse(statement)
    {
        assert!(statement.subject(&Digest::of(ARTIFACT)).is_none());
    }
});
