//! Signatures over what no cosign would write, by a plain key and in no log: the signature holds, what it is over is
//! not what it should be.

use super::case::Answer::{self, Accepted, Refused};
use super::case::Case;
use super::good::repository;
use super::materials::encode;
use super::registry::digest_of;
use super::sign::{Signer, Style, Way};
use super::specimen::{Attached, Image, Specimen};
use crate::running::{by_key, stack_file};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";
const COSIGN_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// What is written about an image of that digest, and the answer that it deserves.
type Writing = (&'static str, Answer, fn(&str) -> String);

/// Payloads of legacy signatures.
pub(crate) fn legacy() -> Vec<Case> {
    let style = Style {
        name: "legacy-handmade",
        signer: Signer::Key("release"),
        way: Way::LegacyUnlogged,
    };
    let payloads: [Writing; 10] = [
        ("as-cosign-writes-it", Accepted, |digest| {
            payload(digest, "cosign container image signature")
        }),
        ("with-blanks", Accepted, |digest| {
            payload(digest, "cosign container image signature")
                .replace(':', ": ")
                .replace("sha256: ", "sha256:")
        }),
        ("of-another-type", Refused, |digest| {
            payload(digest, "atomic container signature")
        }),
        ("without-type", Refused, |digest| payload(digest, "")),
        ("two-digests", Refused, |digest| {
            let other = digest_of(b"another image");
            let both = format!(r#""docker-manifest-digest":"{other}","docker-manifest-digest""#);
            payload(digest, "cosign container image signature")
                .replace(r#""docker-manifest-digest""#, &both)
        }),
        ("digest-in-other-letters", Refused, |digest| {
            payload(digest, "cosign container image signature")
                .replace("docker-manifest-digest", "Docker-Manifest-Digest")
        }),
        ("digest-of-another-image", Refused, |_| {
            payload(
                &digest_of(b"another image"),
                "cosign container image signature",
            )
        }),
        ("without-digest", Refused, |_| {
            payload("", "cosign container image signature")
        }),
        ("text-after-the-end", Refused, |digest| {
            payload(digest, "cosign container image signature") + "{}"
        }),
        ("no-json", Refused, |digest| format!("signed: {digest}")),
    ];
    let cases = payloads.map(|(question, wanted, write)| {
        let image = Image::single(&format!("{} {question}", style.name));
        let payload = write(&image.digest());
        let specimen = Specimen {
            signatures: Some(signature_of(&payload)),
            ..Specimen::bare(image)
        };
        ask(style, question, &specimen, wanted)
    });
    cases.to_vec()
}

/// Statements and envelopes of Sigstore bundles.
pub(crate) fn bundles() -> Vec<Case> {
    let style = Style {
        name: "bundle-handmade",
        signer: Signer::Key("release"),
        way: Way::Bundle("none"),
    };
    let statements: [Writing; 11] = [
        ("as-cosign-writes-it", Accepted, |hex| {
            statement(hex, COSIGN_SIGNATURE)
        }),
        ("two-subjects", Accepted, |hex| {
            let other = &digest_of(b"another image")[7..];
            let both =
                format!(r#"{{"digest":{{"sha256":"{other}"}}}},{{"digest":{{"sha256":"{hex}"}}}}"#);
            statement(hex, COSIGN_SIGNATURE)
                .replace(&format!(r#"{{"digest":{{"sha256":"{hex}"}}}}"#), &both)
        }),
        ("of-another-type", Refused, |hex| {
            statement(hex, "https://spdx.dev/Document")
        }),
        ("without-type", Refused, |hex| statement(hex, "")),
        ("no-statement", Refused, |hex| {
            statement(hex, COSIGN_SIGNATURE).replace(
                "https://in-toto.io/Statement/v1",
                "https://evidence.test/v1",
            )
        }),
        ("two-digests-by-one-name", Refused, |hex| {
            let other = &digest_of(b"another image")[7..];
            statement(hex, COSIGN_SIGNATURE)
                .replace(r#""sha256":"#, &format!(r#""sha256":"{other}","sha256":"#))
        }),
        ("digest-in-other-letters", Refused, |hex| {
            statement(hex, COSIGN_SIGNATURE).replace(r#""sha256":"#, r#""SHA256":"#)
        }),
        ("digest-of-another-image", Refused, |_| {
            statement(&digest_of(b"another image")[7..], COSIGN_SIGNATURE)
        }),
        ("digest-by-another-algorithm", Refused, |hex| {
            statement(hex, COSIGN_SIGNATURE).replace(r#""sha256":"#, r#""sha512":"#)
        }),
        ("without-subject", Refused, |hex| {
            statement(hex, COSIGN_SIGNATURE)
                .replace(&format!(r#"{{"digest":{{"sha256":"{hex}"}}}}"#), "")
        }),
        ("text-after-the-end", Refused, |hex| {
            statement(hex, COSIGN_SIGNATURE) + "{}"
        }),
    ];
    let cases = statements.map(|(question, wanted, write)| {
        let image = Image::single(&format!("{} {question}", style.name));
        let bundle = bundle_of(IN_TOTO, &write(&image.digest()[7..])).to_string();
        ask(style, question, &with_bundle(image, bundle), wanted)
    });
    let envelopes: [Writing; 3] = [
        ("payload-of-another-type", Refused, |hex| {
            bundle_of("application/json", &statement(hex, COSIGN_SIGNATURE)).to_string()
        }),
        ("two-payloads", Refused, |hex| {
            let other = statement(&digest_of(b"another image")[7..], COSIGN_SIGNATURE);
            let first = format!(r#""payload":{},"payload":"#, encode(other.as_bytes()));
            let bundle = bundle_of(IN_TOTO, &statement(hex, COSIGN_SIGNATURE)).to_string();
            bundle.replace(r#""payload":"#, &first)
        }),
        // What was signed is a file, whose digest happens to be the image's: a signature, but of no image.
        ("message-instead-of-envelope", Refused, |hex| {
            let mut bundle = bundle_of(IN_TOTO, hex);
            bundle.as_object_mut().unwrap().remove("dsseEnvelope");
            let digest = encode(&hex::decode(hex).unwrap());
            bundle["messageSignature"] = json!({
                "messageDigest": {"algorithm": "SHA2_256", "digest": digest},
                "signature": encode(&sign(hex.as_bytes())),
            });
            bundle.to_string()
        }),
    ];
    let others = envelopes.map(|(question, wanted, write)| {
        let image = Image::single(&format!("{} {question}", style.name));
        let bundle = write(&image.digest()[7..]);
        ask(style, question, &with_bundle(image, bundle), wanted)
    });
    [cases.to_vec(), others.to_vec()].concat()
}

fn ask(style: Style, question: &str, specimen: &Specimen, wanted: Answer) -> Case {
    let image = specimen.put(&repository(&format!("{}-{question}", style.name)));
    let flags = [by_key("release"), vec!["--insecure-ignore-tlog".into()]].concat();
    Case::new(style, question, &image, flags).wants(wanted)
}

fn payload(digest: &str, kind: &str) -> String {
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"registry.evidence.test/shop"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"{kind}"}},"optional":null}}"#
    )
}

fn statement(hex: &str, predicate_type: &str) -> String {
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"{predicate_type}","predicate":{{}}}}"#
    )
}

fn signature_of(payload: &str) -> Attached {
    let config =
        br#"{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
    let annotations =
        json!({"dev.cosignproject.cosign/signature": encode(&sign(payload.as_bytes()))});
    let layer = json!({"mediaType": SIMPLE_SIGNING, "annotations": annotations});
    attached(
        "application/vnd.oci.image.config.v1+json",
        config,
        layer,
        payload.into(),
    )
}

fn with_bundle(image: Image, bundle: String) -> Specimen {
    let mut attached = attached(
        "application/vnd.oci.empty.v1+json",
        b"{}",
        json!({"mediaType": BUNDLE}),
        bundle.into_bytes(),
    );
    attached.manifest["artifactType"] = BUNDLE.into();
    Specimen {
        bundles: vec![attached],
        ..Specimen::bare(image)
    }
}

fn attached(kind: &str, config: &[u8], layer: Value, content: Vec<u8>) -> Attached {
    let manifest = json!({"schemaVersion": 2, "mediaType": super::registry::MANIFEST,
        "config": {"mediaType": kind, "digest": digest_of(config), "size": config.len()}, "layers": [layer]});
    Attached {
        manifest,
        config: config.to_vec(),
        contents: vec![content],
    }
}

fn bundle_of(payload_type: &str, payload: &str) -> Value {
    let (kind, content) = (payload_type.len(), payload.len());
    let encoded = format!("DSSEv1 {kind} {payload_type} {content} {payload}");
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": key_hint()}},
        "dsseEnvelope": {
            "payload": encode(payload.as_bytes()),
            "payloadType": payload_type,
            "signatures": [{"sig": encode(&sign(encoded.as_bytes()))}],
        },
    })
}

fn key_hint() -> Value {
    let public = openssl(&["pkey", "-in", &key(), "-pubout", "-outform", "DER"], b"");
    let digest = digest_of(&public);
    encode(&hex::decode(&digest[7..]).unwrap())
}

fn sign(bytes: &[u8]) -> Vec<u8> {
    openssl(&["dgst", "-sha256", "-sign", &key()], bytes)
}

fn key() -> String {
    stack_file("keys/release.pem")
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}
