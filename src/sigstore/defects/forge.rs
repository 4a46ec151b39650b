//! A log and signers of the moment, for kinds of keys and entries of which no tool here makes fixtures.

use super::*;
use crate::model::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_crypto::KeyPair;

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// Signs, and is known by the DER of its SubjectPublicKeyInfo.
pub(super) struct Signer {
    pub(super) spki: Vec<u8>,
    pub(super) sign: Sign,
}

impl Signer {
    pub(super) fn pem(&self) -> String {
        sigstore_types::DerPublicKey::new(self.spki.clone()).to_pem()
    }

    pub(super) fn key(&self) -> Key {
        Key::parse(self.pem().as_bytes()).unwrap()
    }

    fn ecdsa(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> Self {
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
        let key = EcdsaKeyPair::generate(algorithm).unwrap();
        let public = key.public_key();
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(public).unwrap();
        let spki = spki.as_ref().to_vec();
        let random = aws_lc_rs::rand::SystemRandom::new();
        Self {
            spki,
            sign: Box::new(move |bytes| key.sign(&random, bytes).unwrap().as_ref().to_vec()),
        }
    }

    pub(super) fn p384() -> Self {
        Self::ecdsa(&aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1_SIGNING)
    }

    pub(super) fn p521() -> Self {
        Self::ecdsa(&aws_lc_rs::signature::ECDSA_P521_SHA512_ASN1_SIGNING)
    }

    pub(super) fn rsa() -> Self {
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        use aws_lc_rs::signature::KeyPair as _;
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key())
            .unwrap()
            .as_ref()
            .to_vec();
        let random = aws_lc_rs::rand::SystemRandom::new();
        Self {
            spki,
            sign: Box::new(move |bytes| {
                let mut made = vec![0; key.public_modulus_len()];
                let padding = &aws_lc_rs::signature::RSA_PKCS1_SHA256;
                key.sign(padding, &random, bytes, &mut made).unwrap();
                made
            }),
        }
    }

    /// Ed25519 over SHA-512 of the message, as cosign signs what goes to the log.
    pub(super) fn ed25519ph() -> Self {
        use ed25519_dalek::{Digest as _, Sha512, SigningKey};
        let key = SigningKey::from_bytes(&[7; 32]);
        let prefix = hex::decode("302a300506032b6570032100").unwrap();
        Self {
            spki: [&prefix[..], key.verifying_key().as_bytes()].concat(),
            sign: Box::new(move |bytes| {
                let hashed = Sha512::new_with_prefix(bytes);
                key.sign_prehashed(hashed, None)
                    .unwrap()
                    .to_bytes()
                    .to_vec()
            }),
        }
    }
}

/// A log of version 1 with a single entry.
pub(super) struct Log {
    key: KeyPair,
    time: i64,
}

impl Log {
    /// When the certificates of the fixtures' private CA had just begun to count.
    pub(super) const TIME: i64 = 1_795_646_220;

    pub(super) fn new() -> Self {
        Self::at(Self::TIME)
    }

    /// One that took its entry at that second.
    pub(super) fn at(time: i64) -> Self {
        Self {
            key: KeyPair::generate_ecdsa_p256().unwrap(),
            time,
        }
    }

    fn id(&self) -> Digest {
        Digest::of(self.key.public_key_der().unwrap().as_bytes())
    }

    /// Roots with this log, whose key counts as `window` says, and the rest of the fixtures'.
    pub(super) fn root(&self, window: Value) -> Roots {
        let mut roots = Roots::none();
        roots
            .add("forged", self.root_json(window).as_bytes())
            .unwrap();
        roots
    }

    pub(super) fn root_json(&self, window: Value) -> String {
        let mut json: Value = serde_json::from_slice(ROOT).unwrap();
        json["tlogs"] = json!([{
            "baseUrl": "https://log.test", "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(self.key.public_key_der().unwrap().as_bytes()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": window,
            },
            "logId": {"keyId": STANDARD.encode(self.id().as_raw())},
        }]);
        json.to_string()
    }

    /// A root in which the key counts since long ago.
    pub(super) fn open_root(&self) -> Roots {
        self.root(json!({"start": "2020-01-01T00:00:00Z"}))
    }

    pub(super) fn promise(&self, body: &[u8]) -> Vec<u8> {
        let said = json!({
            "body": STANDARD.encode(body), "integratedTime": self.time,
            "logID": self.id().hex(), "logIndex": 0,
        });
        let canonical = serde_json_canonicalizer::to_vec(&said).unwrap();
        self.key.sign(&canonical).unwrap().into_bytes()
    }

    /// The entry in a Sigstore bundle, with promise and proof.
    pub(super) fn entry(&self, body: &Value) -> Value {
        let bytes = body.to_string().into_bytes();
        let leaf = Digest::of(&[&[0], &bytes[..]].concat());
        let note = format!("log.test - 1\n1\n{}\n", STANDARD.encode(leaf.as_raw()));
        let signed = self.key.sign(note.as_bytes()).unwrap();
        let line = STANDARD.encode([&self.id().as_raw()[..4], signed.as_bytes()].concat());
        json!({
            "logIndex": "0",
            "logId": {"keyId": STANDARD.encode(self.id().as_raw())},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": self.time.to_string(),
            "inclusionPromise": {"signedEntryTimestamp": STANDARD.encode(self.promise(&bytes))},
            "inclusionProof": {
                "logIndex": "0", "rootHash": STANDARD.encode(leaf.as_raw()), "treeSize": "1",
                "hashes": [], "checkpoint": {"envelope": format!("{note}\n\u{2014} log.test {line}\n")},
            },
            "canonicalizedBody": STANDARD.encode(&bytes),
        })
    }

    /// cosign's old annotation with the entry.
    pub(super) fn annotation(&self, body: &Value) -> String {
        let bytes = body.to_string().into_bytes();
        json!({
            "SignedEntryTimestamp": STANDARD.encode(self.promise(&bytes)),
            "Payload": {
                "body": STANDARD.encode(&bytes), "integratedTime": self.time,
                "logIndex": 0, "logID": self.id().hex(),
            },
        })
        .to_string()
    }

    pub(super) fn time() -> Timestamp {
        Timestamp::from_second(Self::TIME).unwrap()
    }
}

/// A `hashedrekord` 0.0.1 body.
pub(super) fn hashedrekord(hash: &str, hex: &str, signature: &[u8], verifier: &str) -> Value {
    json!({
        "apiVersion": "0.0.1", "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": hash, "value": hex}},
            "signature": {
                "content": STANDARD.encode(signature),
                "publicKey": {"content": STANDARD.encode(verifier)},
            },
        },
    })
}

/// A bundle, version 0.3, by a key.
pub(super) fn bundle(content: (&str, Value), entry: Value) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": [entry]},
        content.0: content.1,
    })
}

/// The same by a certificate.
pub(super) fn certified(content: (&str, Value), entry: Value, pem: &str) -> Value {
    let mut bundle = bundle(content, entry);
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    material.remove("publicKey").unwrap();
    let der = sigstore_types::DerCertificate::from_pem(pem).unwrap();
    let certificate = json!({"rawBytes": STANDARD.encode(der.as_bytes())});
    material.insert("certificate".into(), certificate);
    bundle
}

pub(super) fn judge(
    bundle: &Value,
    artifact: Artifact<'_>,
    roots: &Roots,
    keys: &[Key],
) -> Judgement {
    let bytes = bundle.to_string().into_bytes();
    judge_bundle(&bytes, artifact, roots, keys, &Options::STRICT).judgement
}
