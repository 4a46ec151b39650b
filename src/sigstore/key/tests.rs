use super::*;
use crate::model::Digest;
use sigstore_types::HashAlgorithm::Sha2256;

const ALICE: &[u8] = include_bytes!("../../../fixtures/sigstore/test-keys/alice.pub");
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../fixtures/sigstore/keys/", $name))
    };
}

const MESSAGE: &[u8] = fixture!("message.txt");

/// Public key and signature by openssl.
const MADE: [(&str, &[u8], &[u8]); 6] = [
    (
        "P-384, SHA-384",
        fixture!("p384.pub"),
        fixture!("p384-sha384.sig"),
    ),
    (
        "P-384, SHA-256",
        fixture!("p384.pub"),
        fixture!("p384-sha256.sig"),
    ),
    ("P-521", fixture!("p521.pub"), fixture!("p521-sha512.sig")),
    (
        "RSA-3072",
        fixture!("rsa3072.pub"),
        fixture!("rsa3072-sha256.sig"),
    ),
    (
        "RSA-4096",
        fixture!("rsa4096.pub"),
        fixture!("rsa4096-sha256.sig"),
    ),
    ("Ed25519", fixture!("ed25519.pub"), fixture!("ed25519.sig")),
];

fn signature(bytes: &[u8]) -> SignatureBytes {
    SignatureBytes::new(bytes.to_vec())
}

#[test]
fn a_key_is_one_public_key_and_nothing_else() {
    let text = String::from_utf8(ALICE.to_vec()).unwrap();

    assert_eq!(Key::parse(ALICE).unwrap().fingerprint().len(), 64);
    for bad in [
        text.replace("PUBLIC KEY", "PRIVATE KEY"),
        text.repeat(2),
        String::new(),
        text.replace("MFkw", "MFkx"),
    ] {
        assert!(Key::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn signatures_of_openssl_hold_over_their_message_and_no_other() {
    for (name, pem, made) in MADE {
        let key = Key::parse(pem).unwrap();

        assert!(key.made(MESSAGE, &signature(made), None), "{name}");
        assert!(!key.made(b"another", &signature(made), None), "{name}");
        assert!(!key.made(MESSAGE, &signature(&made[1..]), None), "{name}");
    }
}

#[test]
fn no_key_takes_the_signature_of_another() {
    for (name, pem, _) in MADE {
        let key = Key::parse(pem).unwrap();
        for (_, other, made) in MADE.into_iter().filter(|(_, other, _)| *other != pem) {
            assert_ne!(other, pem);
            assert!(!key.made(MESSAGE, &signature(made), None), "{name}");
        }
    }
}

#[test]
fn only_sha256_tells_from_a_digest() {
    let digest = Digest::of(MESSAGE);
    let by_digest = MADE.map(|(_, pem, made)| {
        let key = Key::parse(pem).unwrap();
        key.made_over(&digest, &signature(made))
    });

    assert_eq!(by_digest, [false, true, false, true, true, false]);
}

#[test]
fn hashes_and_paddings_that_nobody_asked_for_are_refused() {
    let p521 = Key::parse(fixture!("p521.pub")).unwrap();
    let rsa = Key::parse(fixture!("rsa4096.pub")).unwrap();

    let weaker = signature(fixture!("p521-sha256.sig"));
    let padded_otherwise = signature(fixture!("rsa4096-pss-sha256.sig"));

    assert!(!p521.made(MESSAGE, &weaker, Some(Sha2256)));
    assert!(!rsa.made(MESSAGE, &padded_otherwise, None));
}

/// The vector `TEST abc` of RFC 8032, section 7.3.
#[test]
fn ed25519_over_a_hash_holds_as_the_standard_says() {
    let point = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf";
    let point = hex::decode(point).unwrap();
    let prefix = hex::decode("302a300506032b6570032100").unwrap();
    let key = Key::from_der(DerPublicKey::new([prefix, point].concat())).unwrap();
    let made = signature(
        &hex::decode(concat!(
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41",
            "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
        ))
        .unwrap(),
    );

    assert!(key.made(b"abc", &made, None));
    assert!(!key.made(b"abd", &made, None));
}

#[test]
fn weak_and_foreign_keys_are_refused_by_name() {
    let weak = Key::parse(fixture!("rsa1024.pub")).unwrap_err();
    let foreign = Key::parse(fixture!("secp256k1.pub")).unwrap_err();

    assert!(matches!(weak, KeyError::Size(_)), "{weak:?}");
    assert!(weak.to_string().contains("1024 bits"), "{weak}");
    assert!(matches!(foreign, KeyError::Curve(_)), "{foreign:?}");
    assert!(foreign.to_string().contains("secp256k1"), "{foreign}");
}
