//! By whom an image must be signed, and with which annotations.

use crate::attached::Attached;
use crate::case::{Ask, Case, refused, tell};
use crate::stage::Stage;
use evidence::sandbox::{Content, Format, LocalKey, Recipe, SignedBy};
use serde_json::json;

pub(crate) const CASES: &[Case] = &[
    refused(
        "a signature by another key is refused",
        "key-unknown",
        |stage, wrong| signed_by(stage, wrong, Format::Bundle),
    ),
    refused(
        "an old signature by another key is refused",
        "key-unknown",
        |stage, wrong| signed_by(stage, wrong, Format::Legacy),
    ),
    refused(
        "a signature is refused where a key of another algorithm is asked for",
        "key-unknown",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.by_key(), Format::Bundle, None);
            let rsa = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/fixtures/sigstore/test-keys/rsa.pub"
            );
            let other = ["--key", rsa].map(String::from).into();
            let accept = if wrong {
                other
            } else {
                stage.accept(&stage.by_key())
            };
            stage.ask_image(&image.reference, &[], accept)
        },
    ),
    refused(
        "a certificate's signature is refused where a key is asked for",
        "identity",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.workflow(), Format::Bundle, None);
            let asked = if wrong {
                stage.by_key()
            } else {
                stage.workflow()
            };
            stage.ask_image(&image.reference, &[], stage.accept(&asked))
        },
    ),
    refused(
        "a key's signature is refused where a certificate is asked for",
        "key-unknown",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.by_key(), Format::Legacy, None);
            let asked = if wrong {
                stage.workflow()
            } else {
                stage.by_key()
            };
            stage.ask_image(&image.reference, &[], stage.accept(&asked))
        },
    ),
    refused(
        "an annotation that is not signed with the image is missed",
        "annotation",
        |stage, wrong| annotated(stage, if wrong { &[] } else { &[("stage", "release")] }),
    ),
    refused(
        "an annotation with another value is not the one that is asked for",
        "annotation",
        |stage, wrong| annotated(stage, &[("stage", if wrong { "test" } else { "release" })]),
    ),
    refused(
        "an annotation of which a part is asked for is another",
        "annotation",
        |stage, wrong| {
            annotated(
                stage,
                &[("stage", if wrong { "release2" } else { "release" })],
            )
        },
    ),
    refused(
        "an annotation that stands in no signed place is missed",
        "annotation",
        |stage, wrong| {
            let mut attached = Attached::signature(stage);
            let optional = if wrong {
                json!({})
            } else {
                json!({"stage": "release"})
            };
            let payload = json!({
                "critical": {"identity": {"docker-reference": ""},
                    "image": {"docker-manifest-digest": attached.image()},
                    "type": "cosign container image signature"},
                "optional": optional,
            })
            .to_string();
            let recipe = Recipe::new(&stage.by_key(), None);
            let signed = stage.sandbox.sign_payload(payload.as_bytes(), &recipe);
            attached.object = payload.into_bytes();
            attached.annotations = signed.unwrap();
            attached
                .annotations
                .insert("stage".into(), "release".into());
            attached.ask(stage, &["-a", "stage=release"], &stage.by_key())
        },
    ),
];

#[test]
fn each_signer_and_annotation_that_was_not_asked_for_is_not_accepted() {
    tell(CASES);
}

fn signed_by(stage: &Stage, wrong: bool, format: Format) -> Ask {
    let image = stage.image();
    let other = SignedBy::Key(LocalKey::generate().unwrap());
    let signer = if wrong { other } else { stage.by_key() };
    stage.sign_image(&image, &signer, format, None);
    stage.ask_image(&image.reference, &[], stage.accept(&stage.by_key()))
}

/// Asks for `stage=release` where these annotations are signed.
fn annotated(stage: &Stage, signed: &[(&str, &str)]) -> Ask {
    let image = stage.image();
    let annotations = signed
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let content = Content::Signature(annotations);
    stage.sign_content(&image, &stage.by_key(), Format::Bundle, content, None);
    let more = ["-a", "stage=release"];
    stage.ask_image(&image.reference, &more, stage.accept(&stage.by_key()))
}
