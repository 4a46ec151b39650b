//! What files of detached signatures must be, and what only callers of the library can get wrong.

use crate::attached::Attached;
use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::stage::{BYTES, PREDICATE, Stage, statement};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::model::Digest;
use evidence::sandbox::{Defect, Recipe, SignedBy};
use evidence::sigstore::{
    Artifact, Detached, Key, Options, Roots, judge_attestation, judge_blob, judge_bundle,
};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    refused(
        "another file than the signed one is refused",
        "digest-mismatch",
        |stage, wrong| {
            let bundle = stage.file(stage.blob(&stage.by_key(), None).to_string());
            file(
                stage,
                if wrong { b"other" } else { BYTES },
                &["--bundle", &bundle],
            )
        },
    ),
    refused(
        "another digest than the signed file's is refused",
        "digest-mismatch",
        |stage, wrong| {
            let bundle = stage.file(stage.blob(&stage.by_key(), None).to_string());
            let digest = Digest::of(if wrong { b"other" } else { BYTES }).to_string();
            let root = stage.sandbox.trusted_root_json();
            let accept = stage.accept(&stage.by_key());
            stage.ask_blob(&digest, &["--bundle", &bundle], accept, root)
        },
    ),
    refused(
        "a bundle with the digest of a stronger algorithm takes the file itself",
        "bundle-unsupported",
        |stage, wrong| {
            let mut bundle = stage.blob(&stage.by_key(), None);
            if wrong {
                let stated = json!({"algorithm": "SHA2_512", "digest": STANDARD.encode([0; 64])});
                bundle["messageSignature"]["messageDigest"] = stated;
            }
            let bundle = stage.file(bundle.to_string());
            let digest = Digest::of(BYTES).to_string();
            let root = stage.sandbox.trusted_root_json();
            let accept = stage.accept(&stage.by_key());
            stage.ask_blob(&digest, &["--bundle", &bundle], accept, root)
        },
    ),
    refused(
        "another file than the one of cosign's old bundle is refused",
        "signature-invalid",
        |stage, wrong| {
            let bundle = stage.file(old_bundle(stage, &stage.by_key(), None).to_string());
            file(
                stage,
                if wrong { b"other" } else { BYTES },
                &["--bundle", &bundle],
            )
        },
    ),
    refused(
        "cosign's old bundle with a flipped signature is refused",
        "signature-invalid",
        |stage, wrong| {
            let defect = wrong.then_some(Defect::BrokenSignature);
            let bundle = stage.file(old_bundle(stage, &stage.by_key(), defect).to_string());
            file(stage, BYTES, &["--bundle", &bundle])
        },
    ),
    refused(
        "cosign's old bundle that names its signature twice is malformed",
        "bundle-malformed",
        |stage, wrong| {
            let text = old_bundle(stage, &stage.by_key(), None).to_string();
            let doubled = text.replacen('{', r#"{"a":1,"a":2,"#, 1);
            let bundle = stage.file(if wrong { doubled } else { text });
            file(stage, BYTES, &["--bundle", &bundle])
        },
    ),
    refused(
        "a signature beside a Sigstore bundle is refused",
        "signature-differs",
        |stage, wrong| {
            let bundle = stage.file(stage.blob(&stage.by_key(), None).to_string());
            let signature = stage.file("AAAA");
            let more = ["--bundle", &bundle, "--signature", &signature];
            file(stage, BYTES, if wrong { &more } else { &more[..2] })
        },
    ),
    refused(
        "a signature beside cosign's old bundle that is not the one in it is refused",
        "signature-differs",
        |stage, wrong| {
            let old = old_bundle(stage, &stage.by_key(), None);
            let own = old["base64Signature"].as_str().unwrap();
            let signature = stage.file(if wrong { "AAAA" } else { own });
            let bundle = stage.file(old.to_string());
            file(
                stage,
                BYTES,
                &["--bundle", &bundle, "--signature", &signature],
            )
        },
    ),
    refused(
        "a certificate beside cosign's old bundle that is not the one in it is refused",
        "certificate-differs",
        |stage, wrong| {
            let signer = stage.workflow();
            let old = old_bundle(stage, &signer, None);
            let other = old_bundle(stage, &signer, None);
            let given = if wrong { &other } else { &old };
            let certificate = stage.file(given["cert"].as_str().unwrap());
            let bundle = stage.file(old.to_string());
            let more = ["--bundle", &bundle, "--certificate", &certificate];
            let root = stage.sandbox.trusted_root_json();
            stage.ask_blob(&stage.file(BYTES), &more, stage.accept(&signer), root)
        },
    ),
    refused(
        "a signature that is longer than any algorithm's is refused",
        "signature-malformed",
        |stage, wrong| {
            let mut old = old_bundle(stage, &stage.by_key(), None);
            if wrong {
                old["base64Signature"] = STANDARD.encode([0; 8_193]).into();
            }
            let bundle = stage.file(old.to_string());
            file(stage, BYTES, &["--bundle", &bundle])
        },
    ),
    refused(
        "no signature at all is refused",
        "signature-missing",
        |stage, wrong| {
            let bundle = stage.blob(&stage.by_key(), None).to_string();
            let detached = Detached {
                bundle: (!wrong).then_some(bundle.as_bytes()),
                ..Detached::default()
            };
            let (roots, keys) = trust(stage);
            let artifact = Artifact::Bytes(BYTES);
            let judged = judge_blob(&detached, artifact, &roots, &keys, &Options::STRICT);
            Ask::Library(judged.judgement)
        },
    ),
    refused(
        "a plain signature states nothing",
        "statement-missing",
        |stage, wrong| {
            let about = statement(Digest::of(BYTES), PREDICATE).to_string();
            let bundle = match wrong {
                true => stage.blob(&stage.by_key(), None),
                false => stage.signed(about, None),
            };
            let (roots, keys) = trust(stage);
            let bundle = bundle.to_string();
            let judged = judge_attestation(bundle.as_bytes(), &roots, &keys, &Options::STRICT);
            Ask::Library(judged.judgement)
        },
    ),
    undetermined(
        "nothing can be judged without a root",
        "root-missing",
        |stage, wrong| {
            let bundle = stage.blob(&stage.by_key(), None).to_string();
            let (roots, keys) = trust(stage);
            let roots = if wrong { Roots::none() } else { roots };
            let artifact = Artifact::Bytes(BYTES);
            let judged = judge_bundle(bundle.as_bytes(), artifact, &roots, &keys, &Options::STRICT);
            Ask::Library(judged.judgement)
        },
    ),
    refused(
        "a layer that the layout does not hold is missing",
        "object-missing",
        |stage, wrong| {
            in_layout(stage, |layer| {
                if wrong {
                    layer["digest"] = Digest::of(b"elsewhere").to_string().into();
                }
            })
        },
    ),
    refused(
        "a layer of another size than its manifest says is refused",
        "object-size",
        |stage, wrong| {
            in_layout(stage, |layer| {
                let size = layer["size"].as_u64().unwrap();
                layer["size"] = (size + u64::from(wrong)).into();
            })
        },
    ),
    refused(
        "a signature that is larger than is read is refused by its size alone",
        "object-size",
        |stage, wrong| {
            in_layout(stage, |layer| {
                if wrong {
                    layer["size"] = (evidence::model::limits::SIGNATURE_BYTES + 1).into();
                }
            })
        },
    ),
    refused(
        "a layer of an unknown type is no signature",
        "not-a-signature",
        |stage, wrong| {
            in_layout(stage, |layer| {
                if wrong {
                    layer["mediaType"] = "application/octet-stream".into();
                }
            })
        },
    ),
    refused(
        "an attached manifest that is none is malformed",
        "manifest-malformed",
        |stage, wrong| {
            let (roots, keys) = trust(stage);
            signed_layer(stage).judge(&roots, &keys, |manifest| {
                if wrong {
                    manifest["schemaVersion"] = 1.into();
                }
            })
        },
    ),
    refused(
        "an index in the place of an attached manifest is malformed",
        "manifest-malformed",
        |stage, wrong| {
            let (roots, keys) = trust(stage);
            signed_layer(stage).judge(&roots, &keys, |manifest| {
                if wrong {
                    *manifest = json!({"schemaVersion": 2, "manifests": []});
                }
            })
        },
    ),
    refused(
        "more objects than are judged are too many",
        "too-many",
        |stage, wrong| {
            let (roots, keys) = trust(stage);
            signed_layer(stage).judge(&roots, &keys, |manifest| {
                let times = evidence::model::limits::OBJECTS_PER_TAG + usize::from(wrong);
                crate::stage::repeat(manifest, "/layers", times);
            })
        },
    ),
];

#[test]
fn each_defect_of_a_detached_signature_fails_by_its_own_check() {
    tell(CASES);
}

fn file(stage: &Stage, bytes: &[u8], more: &[&str]) -> Ask {
    let root = stage.sandbox.trusted_root_json();
    stage.ask_blob(
        &stage.file(bytes),
        more,
        stage.accept(&stage.by_key()),
        root,
    )
}

/// The bundle of cosign up to version 2.
pub(crate) fn old_bundle(stage: &Stage, signer: &SignedBy, defect: Option<Defect>) -> Value {
    let recipe = Recipe::new(signer, defect);
    let signed = stage.sandbox.sign_payload(BYTES, &recipe).unwrap();
    let log: Value = serde_json::from_str(&signed["dev.sigstore.cosign/bundle"]).unwrap();
    let mut bundle = json!({
        "base64Signature": signed["dev.cosignproject.cosign/signature"],
        "rekorBundle": log,
    });
    if let Some(certificate) = signed.get("dev.sigstore.cosign/certificate") {
        bundle["cert"] = certificate.as_str().into();
    }
    bundle
}

fn trust(stage: &Stage) -> (Roots, [Key; 1]) {
    let mut roots = Roots::none();
    let json = stage.sandbox.trusted_root_json();
    roots.add("sandbox", json.as_bytes()).unwrap();
    let pem = stage.key.public_pem().unwrap();
    (roots, [Key::parse(pem.as_bytes()).unwrap()])
}

/// A signed layer of `.sig`.
fn signed_layer(stage: &Stage) -> Attached {
    let mut attached = Attached::signature(stage);
    let payload = json!({
        "critical": {"identity": {"docker-reference": ""},
            "image": {"docker-manifest-digest": attached.image()},
            "type": "cosign container image signature"},
        "optional": null,
    })
    .to_string();
    let recipe = Recipe::new(&stage.by_key(), None);
    let signed = stage.sandbox.sign_payload(payload.as_bytes(), &recipe);
    attached.object = payload.into_bytes();
    attached.annotations = signed.unwrap();
    attached
}

fn in_layout(stage: &Stage, edit: impl Fn(&mut Value)) -> Ask {
    let (roots, keys) = trust(stage);
    signed_layer(stage).judge(&roots, &keys, |manifest| edit(&mut manifest["layers"][0]))
}
