//! Every format, by a key and by a certificate, in either log: what has no defect is verified.

use crate::blob::old_bundle;
use crate::case::{Ask, tell_good};
use crate::stage::{
    BYTES, PREDICATE, Stage, attestation, media_type, remove, set, stage, statement,
};
use evidence::model::Digest;
use evidence::sandbox::{Content, Format, LogVersion, Recipe, SignedBy};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

#[test]
fn every_format_of_an_images_signature_holds_by_key_and_by_certificate() {
    let stage = stage();
    for signer in [stage.by_key(), stage.workflow()] {
        for format in [Format::Legacy, Format::Bundle] {
            for is_signature in [true, false] {
                let image = stage.image();
                let content = match is_signature {
                    true => Content::Signature(BTreeMap::new()),
                    false => attestation(PREDICATE),
                };
                stage.sign_content(&image, &signer, format, content, None);
                let more = ["--attestation", PREDICATE];
                let more = if is_signature { &[][..] } else { &more };
                let name = format!("{signer:?} {format:?} {is_signature}");
                let accept = stage.accept(&signer);
                tell_good(&name, stage.ask_image(&image.reference, more, accept));
            }
        }
    }
}

#[test]
fn an_images_bundle_holds_in_either_log() {
    let stage = stage();
    for signer in [stage.by_key(), stage.workflow()] {
        for log in [LogVersion::One, LogVersion::Two] {
            let image = stage.image();
            let statement = statement(image.descriptor.digest, SIGN).to_string();
            let recipe = recipe(&signer, log);
            let bundle = stage
                .sandbox
                .sign_statement_as(statement.as_bytes(), &recipe)
                .unwrap();
            let bytes = bundle.into_bytes();
            stage
                .sandbox
                .attach_bundle(&image.repository, &image.descriptor, SIGN, bytes)
                .unwrap();
            let ask = stage.ask_image(&image.reference, &[], stage.accept(&signer));
            tell_good(&format!("{signer:?} {log:?}"), ask);
        }
    }
}

#[test]
fn every_version_of_a_files_bundle_holds_in_either_log() {
    let stage = stage();
    for signer in [stage.by_key(), stage.workflow()] {
        for log in [LogVersion::One, LogVersion::Two] {
            for version in ["0.1", "0.2", "0.3"] {
                // Version 0.1 is older than Rekor 2, and asks for a promise.
                if (version, log) == ("0.1", LogVersion::Two) {
                    continue;
                }
                for (is_statement, bundle) in [
                    (
                        false,
                        stage.sandbox.sign_blob_as(BYTES, &recipe(&signer, log)),
                    ),
                    (true, signed_statement(stage, &signer, log)),
                ] {
                    let mut bundle: Value = serde_json::from_str(&bundle.unwrap()).unwrap();
                    convert(&mut bundle, version);
                    let name = format!("{signer:?} {log:?} {version} {is_statement}");
                    tell_good(&name, stage.ask(bundle, stage.accept(&signer)));
                }
            }
        }
    }
}

#[test]
fn cosigns_old_bundle_holds_by_key_and_by_certificate() {
    let stage = stage();
    for signer in [stage.by_key(), stage.workflow()] {
        let bundle = old_bundle(stage, &signer, None);
        let name = format!("{signer:?}");
        tell_good(&name, stage.ask(bundle, stage.accept(&signer)));
    }
}

#[test]
fn a_bundle_of_version_0_1_needs_no_proof_and_one_by_a_key_no_promise() {
    let stage = stage();
    let entry = crate::stage::ENTRY;
    let mut promised = stage.blob(&stage.workflow(), None);
    convert(&mut promised, "0.1");
    remove(&mut promised, entry, "inclusionProof");
    let mut proven = stage.blob(&stage.by_key(), None);
    // The timestamp says when.
    remove(&mut proven, entry, "inclusionPromise");

    tell_good(
        "promise",
        stage.ask(promised, stage.accept(&stage.workflow())),
    );
    tell_good("proof", stage.ask(proven, stage.accept(&stage.by_key())));
}

#[test]
fn one_good_signature_is_enough_whatever_stands_beside_it() {
    let stage = stage();
    let image = stage.image();
    stage.sign_image(&image, &stage.workflow(), Format::Legacy, None);
    stage.sign_image(&image, &stage.by_key(), Format::Bundle, None);

    let Ask::Program(args) = stage.ask_image(&image.reference, &[], stage.accept(&stage.by_key()))
    else {
        panic!("a command line");
    };

    let output = std::process::Command::new(env!("CARGO_BIN_EXE_evidence"))
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = json["images"][0]["findings"].as_array().unwrap();
    let outcomes: Vec<_> = findings.iter().map(|one| &one["outcome"]).collect();
    assert!(outcomes.contains(&&json!("pass")), "{json:#}");
    assert_eq!(outcomes.len(), 2);
}

fn recipe(signer: &SignedBy, log: LogVersion) -> Recipe {
    Recipe {
        log,
        ..Recipe::new(signer, None)
    }
}

fn signed_statement(
    stage: &Stage,
    signer: &SignedBy,
    log: LogVersion,
) -> Result<String, evidence::sandbox::SandboxError> {
    let statement = statement(Digest::of(BYTES), SIGN).to_string();
    stage
        .sandbox
        .sign_statement_as(statement.as_bytes(), &recipe(signer, log))
}

/// The older versions hold a chain in the place of a certificate.
fn convert(bundle: &mut Value, version: &str) {
    if version == "0.3" {
        return;
    }
    set(bundle, "/mediaType", media_type(version));
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    if let Some(certificate) = material.remove("certificate") {
        let chain = json!({"certificates": [certificate]});
        material.insert("x509CertificateChain".into(), chain);
    }
}
