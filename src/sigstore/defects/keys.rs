//! Keys that the `sigstore-verify` crate does not take, in every kind of entry that logs hold of them.

use super::forge::{self, Log, Signer, bundle, hashedrekord};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) const FILE: &[u8] = b"a file";

fn hash_of(name: &str, bytes: &[u8]) -> String {
    match name {
        "sha384" => sigstore_crypto::sha384(bytes).to_hex(),
        "sha512" => sigstore_crypto::sha512(bytes).to_hex(),
        _ => Digest::of(bytes).hex(),
    }
}

fn file_signed_by(signer: &Signer, hash: &str, log: &Log) -> Value {
    let made = (signer.sign)(FILE);
    let body = hashedrekord(hash, &hash_of(hash, FILE), &made, &signer.pem());
    let message = json!({"signature": STANDARD.encode(&made)});
    bundle(("messageSignature", message), log.entry(&body))
}

/// A statement about [`FILE`].
fn statement() -> String {
    statement_about(json!({"sha256": Digest::of(FILE).hex()}))
}

fn statement_about(digest: Value) -> String {
    let subject = json!([{"name": "file", "digest": digest}]);
    json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": subject,
        "predicateType": "https://example.test/predicate", "predicate": {},
    })
    .to_string()
}

fn envelope(payload: &str, signature: &[u8]) -> Value {
    json!({
        "payload": STANDARD.encode(payload), "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": STANDARD.encode(signature)}],
    })
}

fn dsse_body(payload: &str, signature: &[u8], pem: &str) -> Value {
    json!({
        "apiVersion": "0.0.1", "kind": "dsse",
        "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": Digest::of(b"").hex()},
            "payloadHash": {"algorithm": "sha256", "value": Digest::of(payload.as_bytes()).hex()},
            "signatures": [{"signature": STANDARD.encode(signature), "verifier": STANDARD.encode(pem)}],
        },
    })
}

fn intoto_body(payload: &str, signature: &[u8], pem: &str) -> Value {
    let digest = Digest::of(payload.as_bytes()).hex();
    json!({
        "apiVersion": "0.0.2", "kind": "intoto",
        "spec": {"content": {
            "envelope": {"payloadType": "application/vnd.in-toto+json", "signatures": [{
                "publicKey": STANDARD.encode(pem), "sig": STANDARD.encode(STANDARD.encode(signature)),
            }]},
            "hash": {"algorithm": "sha256", "value": digest},
            "payloadHash": {"algorithm": "sha256", "value": digest},
        }},
    })
}

/// A statement about what has these digests.
pub(super) fn attested_about(digest: Value, signer: &Signer, log: &Log) -> Value {
    attested_payload(&statement_about(digest), signer, log, dsse_body)
}

fn attested(signer: &Signer, log: &Log, body: fn(&str, &[u8], &str) -> Value) -> Value {
    attested_payload(&statement(), signer, log, body)
}

fn attested_payload(
    payload: &str,
    signer: &Signer,
    log: &Log,
    body: fn(&str, &[u8], &str) -> Value,
) -> Value {
    let pae = sigstore_types::pae("application/vnd.in-toto+json", payload.as_bytes());
    let made = (signer.sign)(&pae);
    let entry = log.entry(&body(payload, &made, &signer.pem()));
    bundle(("dsseEnvelope", envelope(payload, &made)), entry)
}

#[test]
fn files_signed_by_keys_of_every_kind_hold() {
    let log = Log::new();
    let roots = log.open_root();
    for (signer, hash) in [
        (Signer::p384(), "sha384"),
        (Signer::p384(), "sha256"),
        (Signer::p521(), "sha512"),
        (Signer::ed25519ph(), "sha512"),
        (Signer::rsa(), "sha256"),
    ] {
        let bundle = file_signed_by(&signer, hash, &log);

        let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[signer.key()]);

        let signature = judged
            .valid()
            .unwrap_or_else(|| panic!("{hash}: {judged:?}"));
        assert_eq!(signature.times, [Log::time()]);
        assert_eq!(signature.log.as_ref().unwrap().kind, "hashedrekord 0.0.1");
    }
}

#[test]
fn statements_signed_by_such_keys_hold_in_either_kind_of_entry() {
    let log = Log::new();
    let roots = log.open_root();
    let artifact = Artifact::Digest(Digest::of(FILE));
    for signer in [Signer::p384(), Signer::p521(), Signer::ed25519ph()] {
        for body in [dsse_body, intoto_body] {
            let bundle = attested(&signer, &log, body);

            let judged = forge::judge(&bundle, artifact, &roots, &[signer.key()]);

            assert!(judged.valid().is_some(), "{judged:?}");
        }
    }
}

#[test]
fn each_part_of_their_log_entries_is_checked() {
    let log = Log::new();
    let roots = log.open_root();
    let signer = Signer::p521();
    let sound = file_signed_by(&signer, "sha512", &log);
    let defects: [Defect; 6] = [
        ("log-promise", |json| {
            flip(
                json,
                &format!("{ENTRY}/inclusionPromise/signedEntryTimestamp"),
            );
        }),
        ("log-promise", |json| {
            json.pointer_mut(ENTRY).unwrap()["logIndex"] = "1".into();
        }),
        ("log-checkpoint", |json| {
            let place = format!("{ENTRY}/inclusionProof/checkpoint/envelope");
            let value = json.pointer_mut(&place).unwrap();
            *value = value
                .as_str()
                .unwrap()
                .replace("log.test - 1", "log.test - 2")
                .into();
        }),
        ("log-proof-missing", |json| {
            remove(json, ENTRY, "inclusionProof")
        }),
        ("log-entry-mismatch", |json| {
            json.pointer_mut(ENTRY).unwrap()["kindVersion"]["kind"] = "dsse".into();
        }),
        ("log-missing", |json| {
            json["verificationMaterial"]["tlogEntries"] = json!([]);
        }),
    ];
    for (wanted, defect) in defects {
        let mut bundle = sound.clone();
        defect(&mut bundle);

        let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[signer.key()]);

        assert_eq!(code(&judged), wanted);
    }
}

#[test]
fn a_logged_body_must_have_the_signature_the_digest_and_the_key() {
    let log = Log::new();
    let roots = log.open_root();
    let (signer, other) = (Signer::p384(), Signer::p384());
    let (made, again) = ((signer.sign)(FILE), (signer.sign)(FILE));
    let hex = hash_of("sha384", FILE);
    let with = |body: &Value| {
        let message = json!({"signature": STANDARD.encode(&made)});
        let bundle = bundle(("messageSignature", message), log.entry(body));
        forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[signer.key()])
    };

    let other_digest = hashedrekord("sha384", &hash_of("sha384", b"x"), &made, &signer.pem());
    assert_eq!(code(&with(&other_digest)), "log-entry-mismatch");
    let other_signature = hashedrekord("sha384", &hex, &again, &signer.pem());
    assert_eq!(code(&with(&other_signature)), "log-entry-mismatch");
    let other_key = hashedrekord("sha384", &hex, &made, &other.pem());
    assert_eq!(code(&with(&other_key)), "log-entry-mismatch");
    let mut doubled = hashedrekord("sha384", &hex, &made, &signer.pem()).to_string();
    doubled.insert_str(1, r#""kind":"dsse","#);
    let mut entry = log.entry(&hashedrekord("sha384", &hex, &made, &signer.pem()));
    entry["canonicalizedBody"] = STANDARD.encode(doubled).into();
    let message = json!({"signature": STANDARD.encode(&made)});
    let twice = bundle(("messageSignature", message), entry);
    let judged = forge::judge(&twice, Artifact::Bytes(FILE), &roots, &[signer.key()]);
    assert_eq!(code(&judged), "log-entry-malformed");
}

#[test]
fn a_statements_entry_must_have_its_payload_signature_and_key() {
    let log = Log::new();
    let roots = log.open_root();
    let (signer, other) = (Signer::p521(), Signer::p521());
    let payload = statement();
    let pae = sigstore_types::pae("application/vnd.in-toto+json", payload.as_bytes());
    let (made, again) = ((signer.sign)(&pae), (signer.sign)(&pae));
    let artifact = Artifact::Digest(Digest::of(FILE));
    for body in [dsse_body, intoto_body] {
        for wrong in [
            body("{}", &made, &signer.pem()),
            body(&payload, &again, &signer.pem()),
            body(&payload, &made, &other.pem()),
        ] {
            let envelope = ("dsseEnvelope", envelope(&payload, &made));
            let bundle = bundle(envelope, log.entry(&wrong));

            let judged = forge::judge(&bundle, artifact, &roots, &[signer.key()]);

            assert_eq!(code(&judged), "log-entry-mismatch");
        }
    }
}

#[test]
fn a_digest_alone_cannot_prove_a_signature_over_another_hash() {
    let log = Log::new();
    let signer = Signer::p384();
    let bundle = file_signed_by(&signer, "sha384", &log);
    let artifact = Artifact::Digest(Digest::of(FILE));

    let judged = forge::judge(&bundle, artifact, &log.open_root(), &[signer.key()]);

    assert!(judged.valid().is_none(), "{judged:?}");
}
