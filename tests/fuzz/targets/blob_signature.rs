//! Any bytes as cosign's old bundle, a signature or DSSE envelope, and a certificate: nothing here was ever signed.

#![no_main]

use evidence::sigstore::{Artifact, Detached, Judgement, Key, Options, Roots, judge_blob};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let mut roots = Roots::none();
    let root = include_bytes!("../../../fixtures/sigstore/private-ca/trusted_root.json");
    roots.add("private", root).unwrap();
    roots
});
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let alice = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");
    vec![Key::parse(alice).unwrap()]
});

// The files lie one behind the other, with a NUL between.
fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let mut files = rest.splitn(3, |byte| *byte == 0);
    let mut next = |bit| files.next().filter(|_| choice & bit != 0);
    let detached = Detached {
        bundle: next(1),
        signature: next(2),
        certificate: next(4),
    };
    let options = Options {
        ignore_tlog: choice & 8 != 0,
        now: None,
    };
    let artifact = Artifact::Bytes(b"nobody signed this");
    let judged = judge_blob(&detached, artifact, &ROOTS, &KEYS, &options);
    assert!(!matches!(judged.judgement, Judgement::Valid(_)));
});
