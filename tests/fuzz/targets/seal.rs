//! Any bytes as a seal, under the roots that the real one stands under: nobody but the real signer ever sealed.

#![no_main]

use evidence::model::IdentityRule;
use evidence::sigstore::{Key, Options, Roots};
use evidence::verify::{AskedRelease, SealedBy, Trust, sealed_by};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let mut roots = Roots::none();
    let root = include_bytes!("../../../fixtures/bundles/good/trusted_root.json");
    roots.add("good", root).unwrap();
    let pem = include_str!("../../../fixtures/bundles/good/keys/gateway.pub");
    Trust {
        roots,
        seal: vec![IdentityRule::Key { pem: pem.into() }],
        keys: vec![Key::parse(pem.as_bytes()).unwrap()],
        options: Options {
            ignore_tlog: true,
            ..Options::STRICT
        },
        policy: None,
        asked: AskedRelease::default(),
    }
});

const SIGNER: &str =
    "https://github.com/intelgraph/demo-shop/.github/workflows/release.yml@refs/tags/v1.4.0";

fuzz_target!(|bytes: &[u8]| {
    if let SealedBy::Signer(signature) = sealed_by(bytes, &TRUST) {
        assert!(
            signature.identity.to_string().contains(SIGNER),
            "{signature:?}"
        );
    }
});
