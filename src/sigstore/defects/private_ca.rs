//! Certificates of a private CA, and what only such certificates can show: keys and entries that the crate refuses.

use super::forge::{self, Log, certified, hashedrekord};
use super::*;
use crate::model::IdentityRule;
use crate::model::identity::Pattern;
use crate::oci::layout::REF_NAME;
use crate::oci::{Descriptor, Layout};
use crate::sigstore::trust::PrivateCa;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

macro_rules! ca {
    ($name:literal) => {
        include_bytes!(concat!("../../../fixtures/sigstore/private-ca/", $name))
    };
}

const FILE: &[u8] = ca!("file.txt");
const ENVELOPE: &[u8] = ca!("ci.envelope.json");
const PERSON: (&[u8], &[u8]) = (ca!("person.pem"), ca!("person.sig"));
const CI: (&[u8], &[u8]) = (ca!("ci.pem"), ca!("ci.sig"));
const P384: (&[u8], &[u8]) = (ca!("p384.pem"), ca!("p384.sig"));
const P521: (&[u8], &[u8]) = (ca!("p521.pem"), ca!("p521.sig"));
const NAMELESS: (&[u8], &[u8]) = (ca!("nameless.pem"), ca!("nameless.sig"));
const TWO_NAMES: (&[u8], &[u8]) = (ca!("two-names.pem"), ca!("two-names.sig"));
const SERVER: (&[u8], &[u8]) = (ca!("server.pem"), ca!("server.sig"));

fn text(pem: &[u8]) -> &str {
    std::str::from_utf8(pem).unwrap()
}

fn ca() -> PrivateCa {
    PrivateCa::from_roots(ca!("root.pem"), Some(ca!("intermediate.pem"))).unwrap()
}

fn trusting(ca: &PrivateCa, log: &Log) -> Roots {
    let base = log.root_json(json!({"start": "2020-01-01T00:00:00Z"}));
    let mut roots = Roots::none();
    roots
        .add_private_ca("corp", ca, Some(base.as_bytes()))
        .unwrap();
    roots
}

fn signed_file((pem, made): (&[u8], &[u8]), hash: &str, log: &Log) -> Value {
    let hex = match hash {
        "sha384" => sigstore_crypto::sha384(FILE).to_hex(),
        "sha512" => sigstore_crypto::sha512(FILE).to_hex(),
        _ => Digest::of(FILE).hex(),
    };
    let body = hashedrekord(hash, &hex, made, text(pem));
    let message = json!({"signature": STANDARD.encode(made)});
    certified(("messageSignature", message), log.entry(&body), text(pem))
}

fn judged_file(signed: (&[u8], &[u8]), hash: &str) -> Judgement {
    let log = Log::new();
    let bundle = signed_file(signed, hash, &log);
    forge::judge(&bundle, Artifact::Bytes(FILE), &trusting(&ca(), &log), &[])
}

fn names(judgement: &Judgement) -> (String, String) {
    match judgement.valid().map(|signature| &signature.identity) {
        Some(Identity::Certificate { subject, issuer }) => (subject.clone(), issuer.clone()),
        _ => panic!("{judgement:?}"),
    }
}

#[test]
fn certificates_of_a_private_ca_hold_with_keys_of_every_curve() {
    let ci = ("https://ci.corp.test/release", "https://oidc.corp.test");
    let person = ("releases@corp.test", "");
    for (signed, hash, (subject, issuer)) in [
        (CI, "sha256", ci),
        (PERSON, "sha256", person),
        (P384, "sha384", person),
        (P521, "sha512", ci),
        (NAMELESS, "sha256", ("", "")),
    ] {
        let judged = judged_file(signed, hash);

        assert_eq!(names(&judged), (subject.into(), issuer.into()));
    }
}

#[test]
fn a_chain_file_does_the_same_as_roots_and_intermediates() {
    let log = Log::new();
    let bundle = signed_file(CI, "sha256", &log);
    let chain = [&ca!("intermediate.pem")[..], ca!("root.pem")].concat();
    let whole = PrivateCa::from_chain(&chain).unwrap();
    let without_root = PrivateCa::from_chain(ca!("intermediate.pem")).unwrap();

    for ca in [whole, without_root] {
        let roots = trusting(&ca, &log);
        let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);
        assert!(judged.valid().is_some(), "{judged:?}");
    }
}

#[test]
fn intermediates_complete_a_chain_and_are_not_trusted() {
    let log = Log::new();
    let intermediate = Some(&ca!("intermediate.pem")[..]);
    let other = PrivateCa::from_roots(ca!("other-root.pem"), intermediate).unwrap();
    let alone = PrivateCa::from_roots(ca!("root.pem"), None).unwrap();
    for signed in [(CI, "sha256"), (P521, "sha512")] {
        let bundle = signed_file(signed.0, signed.1, &log);
        let under = |ca| forge::judge(&bundle, Artifact::Bytes(FILE), &trusting(ca, &log), &[]);

        // The other root has the same name, but not the key that the intermediate names.
        assert!(matches!(under(&other), Judgement::UnknownRoot(_)));
        assert!(matches!(under(&alone), Judgement::UnknownRoot(_)));
    }
}

#[test]
fn a_certificate_that_may_not_sign_code_is_refused() {
    assert_eq!(code(&judged_file(SERVER, "sha256")), "certificate-chain");
}

#[test]
fn a_certificate_with_two_names_is_nobodys() {
    let log = Log::at(Log::TIME + 960);
    let two_names = PrivateCa::from_chain(ca!("two-names-root.pem")).unwrap();
    let bundle = signed_file(TWO_NAMES, "sha256", &log);
    let roots = trusting(&two_names, &log);

    let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);

    assert_eq!(code(&judged), "certificate-names");
}

/// A trusted root whose certificate authority is the private one, with an edit.
fn as_instance(log: &Log, edit: fn(&mut Value)) -> Roots {
    let der = |pem| sigstore_types::DerCertificate::from_pem(text(pem)).unwrap();
    let chain = [ca!("intermediate.pem"), &ca!("root.pem")[..]]
        .map(|pem| json!({"rawBytes": STANDARD.encode(der(pem).as_bytes())}));
    let base = log.root_json(json!({"start": "2020-01-01T00:00:00Z"}));
    let mut json: Value = serde_json::from_str(&base).unwrap();
    json["certificateAuthorities"] = json!([{"uri": "", "certChain": {"certificates": chain}}]);
    edit(&mut json);
    let mut roots = Roots::none();
    roots.add("instance", json.to_string().as_bytes()).unwrap();
    roots
}

#[test]
fn where_certificates_are_logged_one_without_a_promise_is_refused() {
    let log = Log::new();
    let roots = as_instance(&log, |_| {});
    for (signed, hash) in [(CI, "sha256"), (P521, "sha512")] {
        let bundle = signed_file(signed, hash, &log);

        let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);

        assert_eq!(code(&judged), "certificate-log");
    }
}

#[test]
fn such_an_authority_counts_in_its_window_whatever_the_key() {
    let log = Log::new();
    let over = as_instance(&log, |json| {
        json["ctlogs"] = json!([]);
        json["certificateAuthorities"][0]["validFor"] =
            json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"});
    });
    let open = as_instance(&log, |json| json["ctlogs"] = json!([]));
    for (signed, hash) in [(CI, "sha256"), (P521, "sha512")] {
        let bundle = signed_file(signed, hash, &log);
        let under = |roots| forge::judge(&bundle, Artifact::Bytes(FILE), roots, &[]);

        assert!(under(&open).valid().is_some());
        assert_eq!(code(&under(&over)), "certificate-authority-window");
    }
}

#[test]
fn a_certificate_with_a_key_of_an_unknown_curve_is_refused() {
    let log = Log::new();
    let mut bundle = signed_file(CI, "sha256", &log);
    let place = "/verificationMaterial/certificate/rawBytes";
    let raw = bundle.pointer_mut(place).unwrap();
    let der = STANDARD.decode(raw.as_str().unwrap()).unwrap();
    // prime256v1, 1.2.840.10045.3.1.7, becomes prime239v3.
    let text = hex::encode(der).replace("2a8648ce3d030107", "2a8648ce3d030106");
    *raw = STANDARD.encode(hex::decode(text).unwrap()).into();

    let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &trusting(&ca(), &log), &[]);

    assert_eq!(code(&judged), "certificate-key");
}

#[test]
fn a_certificate_that_was_not_valid_yet_is_refused() {
    // The certificate starts after the fixtures' log took its entry.
    let log = Log::at(Log::TIME - 86_400);
    for (signed, hash) in [(CI, "sha256"), (P521, "sha512")] {
        let bundle = signed_file(signed, hash, &log);
        let roots = trusting(&ca(), &log);

        let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);

        assert!(judged.valid().is_none());
        assert!(code(&judged).starts_with("certificate-"), "{judged:?}");
    }
}

#[test]
fn a_log_entry_with_another_certificate_is_refused() {
    let log = Log::new();
    let roots = trusting(&ca(), &log);
    let hex = sigstore_crypto::sha512(FILE).to_hex();
    let body = hashedrekord("sha512", &hex, P521.1, text(P384.0));
    let message = json!({"signature": STANDARD.encode(P521.1)});
    let bundle = certified(
        ("messageSignature", message),
        log.entry(&body),
        text(P521.0),
    );

    let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);

    assert_eq!(code(&judged), "log-entry-mismatch");
}

#[test]
fn what_a_certificate_does_not_say_nobody_accepts_by_chance() {
    let accepts = |judged: &Judgement, subject: &str, issuer: &str| {
        let rule = IdentityRule::certificate(
            Pattern::Regexp(subject.into()),
            Pattern::Regexp(issuer.into()),
        );
        accepted(&[rule], judged.valid().unwrap())
    };
    let (person, nameless) = (
        judged_file(PERSON, "sha256"),
        judged_file(NAMELESS, "sha256"),
    );

    assert!(accepts(&person, ".*@corp[.]test", "^$"));
    assert!(!accepts(&person, ".*@corp[.]test", ".*"));
    assert!(accepts(&nameless, "^$", "^$"));
    assert!(!accepts(&nameless, ".*", "^$"));
    assert!(!accepts(&nameless, "^$", ".*"));
}

#[test]
fn without_a_base_nobody_says_when_it_was_signed() {
    let log = Log::new();
    let mut roots = Roots::none();
    roots.add_private_ca("corp", &ca(), None).unwrap();
    let mut bundle = signed_file(CI, "sha256", &log);
    bundle["verificationMaterial"]["tlogEntries"] = json!([]);

    let judged = forge::judge(&bundle, Artifact::Bytes(FILE), &roots, &[]);

    assert_eq!(code(&judged), "time-missing");
}

#[test]
fn what_is_no_certificate_makes_no_ca() {
    for bad in [&b""[..], b"x", ALICE, b"\xff"] {
        assert!(PrivateCa::from_chain(bad).is_err());
        assert!(PrivateCa::from_roots(ca!("root.pem"), Some(bad)).is_err());
    }
    let ca = ca();
    assert!(Roots::none().add_private_ca("x", &ca, Some(b"[]")).is_err());
}

/// An entry of kind `intoto` 0.0.1 about the envelope of the CI certificate.
fn old_body(edit: impl Fn(&mut Value)) -> Value {
    let envelope: Value = serde_json::from_slice(ENVELOPE).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let mut body = json!({
        "apiVersion": "0.0.1", "kind": "intoto",
        "spec": {
            "content": {
                "hash": {"algorithm": "sha256", "value": Digest::of(ENVELOPE).hex()},
                "payloadHash": {"algorithm": "sha256", "value": Digest::of(&payload).hex()},
            },
            "publicKey": STANDARD.encode(CI.0),
        },
    });
    edit(&mut body);
    body
}

fn old_attestation(log: &Log, body: &Value, certificate: &[u8], roots: &Roots) -> Judgement {
    let image = Digest::of(FILE);
    let layer = Descriptor::of("application/vnd.dsse.envelope.v1+json", ENVELOPE)
        .annotated("dev.cosignproject.cosign/signature", "")
        .annotated("dev.sigstore.cosign/certificate", text(certificate))
        .annotated("dev.sigstore.cosign/bundle", &log.annotation(body));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": Descriptor::of("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": [layer],
    });
    let bytes = manifest.to_string().into_bytes();
    let mut layout = Layout::new();
    layout.add_blob(ENVELOPE.to_vec());
    let tag = format!("sha256-{}.att", image.hex());
    layout.add_entry(
        Descriptor::of("application/vnd.oci.image.manifest.v1+json", &bytes)
            .annotated(REF_NAME, &tag),
    );
    layout.add_blob(bytes);
    let objects = judge_image(&image, &layout, roots, &[], &Options::STRICT);
    assert_eq!(objects.len(), 1);
    objects[0].judgement.clone()
}

#[test]
fn an_entry_of_the_old_kind_holds_for_a_certificate_too() {
    let log = Log::new();
    let roots = trusting(&ca(), &log);

    let judged = old_attestation(&log, &old_body(|_| {}), CI.0, &roots);

    let signature = judged.valid().unwrap_or_else(|| panic!("{judged:?}"));
    assert_eq!(signature.log.as_ref().unwrap().kind, "intoto 0.0.1");
    assert_eq!(signature.times, [Log::time()]);
}

#[test]
fn each_part_of_such_an_entry_is_checked() {
    let log = Log::new();
    let roots = trusting(&ca(), &log);
    let judge = |edit: fn(&mut Value)| {
        code(&old_attestation(&log, &old_body(edit), CI.0, &roots)).to_owned()
    };
    let envelope = judge(|body| {
        body["spec"]["content"]["hash"]["value"] = Digest::of(b"x").hex().into();
    });
    let payload = judge(|body| {
        body["spec"]["content"]["payloadHash"]["value"] = Digest::of(b"x").hex().into();
    });
    let certificate = judge(|body| {
        body["spec"]["publicKey"] = STANDARD.encode(PERSON.0).into();
    });
    let other_log = old_attestation(&Log::new(), &old_body(|_| {}), CI.0, &roots);
    let other_signer = {
        let body = old_body(|body| body["spec"]["publicKey"] = STANDARD.encode(PERSON.0).into());
        old_attestation(&log, &body, PERSON.0, &roots)
    };

    assert_eq!([envelope, payload, certificate], ["log-entry-mismatch"; 3]);
    assert!(matches!(other_log, Judgement::UnknownRoot(_)));
    assert_eq!(code(&other_signer), "signature-invalid");
}
