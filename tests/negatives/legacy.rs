//! What cosign's old signatures must be: layers of `.sig` with a simple signing payload.

use crate::attached::Attached;
use crate::case::{Ask, Case, refused, tell};
use crate::stage::Stage;
use evidence::model::Digest;
use evidence::sandbox::EntryDefect as Wrong;
use evidence::sandbox::{Defect, Recipe, SignedBy};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    refused(
        "a payload about another image is refused",
        "digest-mismatch",
        |stage, wrong| {
            payload(stage, wrong, |json| {
                let other = Digest::of(b"other").to_string();
                json["critical"]["image"]["docker-manifest-digest"] = other.into();
            })
        },
    ),
    refused(
        "a payload of another type is refused",
        "payload-type",
        |stage, wrong| {
            payload(stage, wrong, |json| {
                json["critical"]["type"] = "atomic container signature".into();
            })
        },
    ),
    refused(
        "a payload whose names are written otherwise is refused",
        "payload-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                text.replace("docker-manifest-digest", "Docker-Manifest-Digest")
            })
        },
    ),
    refused(
        "a payload with two digests is refused",
        "payload-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                let name = r#""docker-manifest-digest":"#;
                let other = Digest::of(b"other");
                text.replacen(name, &format!(r#"{name}"{other}",{name}"#), 1)
            })
        },
    ),
    refused(
        "a payload with a second digest under a name of another letter case is refused",
        "payload-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                let name = r#""docker-manifest-digest":"#;
                let other = Digest::of(b"other");
                let lookalike = r#""Docker-Manifest-Digest":"#;
                text.replacen(name, &format!(r#"{lookalike}"{other}",{name}"#), 1)
            })
        },
    ),
    refused(
        "a payload whose annotation stands twice is refused",
        "payload-malformed",
        |stage, wrong| {
            texted(stage, wrong, |text| {
                text.replacen(r#""stage":"#, r#""stage":"test","stage":"#, 1)
            })
        },
    ),
    refused(
        "a payload that is cut off is refused",
        "payload-malformed",
        |stage, wrong| texted(stage, wrong, |text| text[..text.len() - 1].to_owned()),
    ),
    refused(
        "a payload whose digest is none is refused",
        "payload-malformed",
        |stage, wrong| texted(stage, wrong, |text| text.replace("sha256:", "sha512:")),
    ),
    refused(
        "a payload that is larger than is read is not even fetched",
        "object-size",
        |stage, wrong| {
            payload(stage, wrong, |json| {
                let size = usize::try_from(evidence::model::limits::SIGNATURE_BYTES).unwrap();
                json["optional"]["large"] = "a".repeat(size).into();
            })
        },
    ),
    refused(
        "a payload that was changed after it was signed is refused",
        "signature-invalid",
        |stage, wrong| {
            layer(stage, &stage.by_key(), None, |attached| {
                if wrong {
                    let text = String::from_utf8(attached.object.clone()).unwrap();
                    attached.object = text.replace("release", "testing").into_bytes();
                }
            })
        },
    ),
    refused(
        "a signature with a flipped bit is refused",
        "signature-invalid",
        |stage, wrong| {
            let defect = wrong.then_some(Defect::BrokenSignature);
            layer(stage, &stage.by_key(), defect, |_| {})
        },
    ),
    refused(
        "a layer without a signature is refused",
        "signature-missing",
        |stage, wrong| annotated(stage, wrong, SIGNATURE, |_| None),
    ),
    refused(
        "a signature that is no base64 is refused",
        "signature-malformed",
        |stage, wrong| annotated(stage, wrong, SIGNATURE, |text| Some(format!("*{text}"))),
    ),
    refused(
        "a layer in no log is refused",
        "log-missing",
        |stage, wrong| {
            let defect = wrong.then_some(Defect::NoLogEntry);
            layer(stage, &stage.by_key(), defect, |_| {})
        },
    ),
    refused(
        "a log entry that is cut off is refused",
        "log-entry-malformed",
        |stage, wrong| {
            annotated(stage, wrong, LOG, |text| {
                Some(text[..text.len() / 2].to_owned())
            })
        },
    ),
    refused(
        "a log entry that names its index twice is refused",
        "log-entry-malformed",
        |stage, wrong| {
            annotated(stage, wrong, LOG, |text| {
                Some(text.replacen(r#""logIndex":"#, r#""logIndex":0,"logIndex":"#, 1))
            })
        },
    ),
    refused(
        "a log entry of a negative index is refused",
        "log-entry-malformed",
        |stage, wrong| {
            annotated(stage, wrong, LOG, |text| {
                Some(text.replacen(r#""logIndex":"#, r#""logIndex":-"#, 1))
            })
        },
    ),
    refused(
        "a log entry whose body names a key twice is refused",
        "log-entry-malformed",
        |stage, wrong| logged(stage, wrong, Wrong::DoubledKey),
    ),
    refused(
        "a log entry whose body is cut off is refused",
        "log-entry-malformed",
        |stage, wrong| logged(stage, wrong, Wrong::TruncatedBody),
    ),
    refused(
        "a promise by a foreign log is refused",
        "log-promise",
        |stage, wrong| logged(stage, wrong, Wrong::ForeignPromise),
    ),
    refused(
        "a promise of another index is refused",
        "log-promise",
        |stage, wrong| logged(stage, wrong, Wrong::PromiseOfOtherIndex),
    ),
    refused(
        "a log entry about another payload is refused",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, Wrong::OtherArtifact),
    ),
    refused(
        "a log entry about another signature is refused",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, Wrong::OtherSignature),
    ),
    refused(
        "a log entry that names another key is refused",
        "log-entry-mismatch",
        |stage, wrong| logged(stage, wrong, Wrong::OtherKey),
    ),
    refused(
        "a log entry that says another kind than it is of is malformed",
        "log-entry-malformed",
        |stage, wrong| logged(stage, wrong, Wrong::OtherKind),
    ),
    refused(
        "a certificate that is no PEM is refused",
        "certificate-malformed",
        |stage, wrong| keyless(stage, wrong, CERTIFICATE, |_| "no certificate".into()),
    ),
    refused(
        "a certificate that is cut off is refused",
        "certificate-malformed",
        |stage, wrong| {
            keyless(stage, wrong, CERTIFICATE, |text| {
                text[..text.len() / 2].into()
            })
        },
    ),
    refused(
        "a chain of too many certificates is refused",
        "certificate-malformed",
        |stage, wrong| keyless(stage, wrong, CHAIN, |text| text.repeat(5)),
    ),
    refused(
        "a timestamp that is no JSON is refused",
        "timestamp-invalid",
        |stage, wrong| {
            layer(stage, &stage.by_key(), None, |attached| {
                if wrong {
                    let text = "no timestamp".to_owned();
                    attached.annotations.insert(TIMESTAMP.into(), text);
                }
            })
        },
    ),
    refused(
        "a timestamp that is none is refused",
        "timestamp-invalid",
        |stage, wrong| {
            layer(stage, &stage.by_key(), None, |attached| {
                if wrong {
                    let text = r#"{"SignedRFC3161Timestamp":"AAAA"}"#.to_owned();
                    attached.annotations.insert(TIMESTAMP.into(), text);
                }
            })
        },
    ),
    refused(
        "a payload in a layer of another type is no signature",
        "missing",
        |stage, wrong| {
            layer(stage, &stage.by_key(), None, |attached| {
                if wrong {
                    attached.media_type = "application/octet-stream";
                }
            })
        },
    ),
];

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

#[test]
fn each_defect_of_an_old_layer_fails_by_its_own_check() {
    tell(CASES);
}

fn simple_signing(digest: Digest) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": "registry.example.test/shop"},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": {"stage": "release"},
    })
}

fn sign(stage: &Stage, payload: &str, recipe: &Recipe, attached: &mut Attached) {
    attached.object = payload.into();
    attached.annotations = stage
        .sandbox
        .sign_payload(payload.as_bytes(), recipe)
        .unwrap();
}

fn payload(stage: &Stage, wrong: bool, edit: impl Fn(&mut Value)) -> Ask {
    let mut attached = Attached::signature(stage);
    let mut json = simple_signing(attached.image());
    if wrong {
        edit(&mut json);
    }
    let recipe = Recipe::new(&stage.by_key(), None);
    sign(stage, &json.to_string(), &recipe, &mut attached);
    attached.ask(stage, &[], &stage.by_key())
}

fn texted(stage: &Stage, wrong: bool, edit: impl Fn(String) -> String) -> Ask {
    let mut attached = Attached::signature(stage);
    let text = simple_signing(attached.image()).to_string();
    let edited = edit(text.clone());
    assert_ne!(edited, text);
    let recipe = Recipe::new(&stage.by_key(), None);
    sign(
        stage,
        if wrong { &edited } else { &text },
        &recipe,
        &mut attached,
    );
    attached.ask(stage, &[], &stage.by_key())
}

/// A signature with this defect, and an edit of the layer afterwards.
fn layer(
    stage: &Stage,
    signer: &SignedBy,
    defect: Option<Defect>,
    edit: impl Fn(&mut Attached),
) -> Ask {
    let mut attached = Attached::signature(stage);
    let text = simple_signing(attached.image()).to_string();
    sign(stage, &text, &Recipe::new(signer, defect), &mut attached);
    edit(&mut attached);
    attached.ask(stage, &[], signer)
}

fn logged(stage: &Stage, wrong: bool, kind: Wrong) -> Ask {
    let defect = wrong.then_some(Defect::Entry(kind));
    layer(stage, &stage.by_key(), defect, |_| {})
}

fn annotated(stage: &Stage, wrong: bool, name: &str, edit: fn(&str) -> Option<String>) -> Ask {
    layer(stage, &stage.by_key(), None, |attached| {
        if wrong {
            let text = attached.annotations.remove(name).unwrap();
            if let Some(edited) = edit(&text) {
                assert_ne!(edited, text);
                attached.annotations.insert(name.into(), edited);
            }
        }
    })
}

fn keyless(stage: &Stage, wrong: bool, name: &str, edit: fn(&str) -> String) -> Ask {
    layer(stage, &stage.workflow(), None, |attached| {
        if wrong {
            let edited = edit(&attached.annotations[name]);
            attached.annotations.insert(name.into(), edited);
        }
    })
}
