//! What must be attached to an image, and by whom.

use crate::case::{Ask, Case, refused, tell, undetermined};
use crate::stage::{PREDICATE, Stage, attestation, statement};
use evidence::sandbox::{Content, Defect, Format, PublishedImage};
use std::collections::BTreeMap;

pub(crate) const CASES: &[Case] = &[
    refused(
        "an image without a signature is refused",
        "missing",
        |stage, wrong| {
            let image = stage.image();
            if !wrong {
                stage.sign_image(&image, &stage.by_key(), Format::Bundle, None);
            }
            by_key(stage, &image)
        },
    ),
    refused(
        "an image that is none is malformed",
        "malformed",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.by_key(), Format::Bundle, None);
            if wrong {
                let media_type = "application/vnd.oci.image.manifest.v1+json";
                let (repository, tag) = (&image.repository, Some(stage.sandbox.tag()));
                stage
                    .sandbox
                    .push_manifest(repository, tag, media_type, b"{}".to_vec());
            }
            by_key(stage, &image)
        },
    ),
    undetermined(
        "an image that is not there cannot be judged",
        "unreachable",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.by_key(), Format::Bundle, None);
            let elsewhere = format!("{}.1", image.reference);
            let reference = if wrong { &elsewhere } else { &image.reference };
            stage.ask_image(reference, &[], stage.accept(&stage.by_key()))
        },
    ),
    refused(
        "a .sig of another image under this one's tag is refused",
        "digest-mismatch",
        |stage, wrong| of_another(stage, wrong, Format::Legacy, signature()),
    ),
    refused(
        "a bundle of another image among this one's referrers is refused",
        "digest-mismatch",
        |stage, wrong| of_another(stage, wrong, Format::Bundle, signature()),
    ),
    refused(
        "an .att about another image is refused",
        "digest-mismatch",
        |stage, wrong| of_another(stage, wrong, Format::Legacy, attestation(PREDICATE)),
    ),
    refused(
        "an attestation about another image among the referrers is refused",
        "digest-mismatch",
        |stage, wrong| of_another(stage, wrong, Format::Bundle, attestation(PREDICATE)),
    ),
    refused("an .att is no signature", "missing", |stage, wrong| {
        instead_of_signature(stage, wrong, Format::Legacy)
    }),
    refused(
        "an attestation among the referrers is no signature",
        "missing",
        |stage, wrong| instead_of_signature(stage, wrong, Format::Bundle),
    ),
    refused(
        "a signature is no attestation",
        "missing",
        |stage, wrong| {
            let image = stage.image();
            let content = if wrong {
                signature()
            } else {
                attestation(PREDICATE)
            };
            stage.sign_content(&image, &stage.by_key(), Format::Bundle, content, None);
            attested(stage, &image)
        },
    ),
    refused(
        "an attestation of another type is not the one that is asked for",
        "missing",
        |stage, wrong| {
            let image = stage.image();
            let kind = if wrong {
                "https://example.test/other"
            } else {
                PREDICATE
            };
            stage.sign_content(
                &image,
                &stage.by_key(),
                Format::Legacy,
                attestation(kind),
                None,
            );
            attested(stage, &image)
        },
    ),
    refused(
        "a signature on an index does not cover a manifest that is asked for alone",
        "missing",
        |stage, wrong| {
            let index = index(stage);
            stage.sign_image(&index, &stage.by_key(), Format::Bundle, None);
            let child = PublishedImage {
                descriptor: index.platforms[0].clone(),
                ..index.clone()
            };
            let asked = if wrong { child } else { index };
            stage.ask_image(&asked.pinned(), &[], stage.accept(&stage.by_key()))
        },
    ),
    refused(
        "a signature on an index that does not name the image is not the image's",
        "digest-mismatch",
        |stage, wrong| {
            let (index, image) = (index(stage), stage.image());
            let other = Some(Defect::OtherSubject(index.descriptor.digest));
            let defect = if wrong { other } else { None };
            stage.sign_image(&image, &stage.by_key(), Format::Bundle, defect);
            by_key(stage, &image)
        },
    ),
    refused(
        "a tag that was moved to another image does not take the signature along",
        "missing",
        |stage, wrong| {
            let image = stage.image();
            stage.sign_image(&image, &stage.by_key(), Format::Legacy, None);
            if wrong {
                stage
                    .sandbox
                    .push_image(&image.repository, "another")
                    .unwrap();
            }
            by_key(stage, &image)
        },
    ),
    refused(
        "a bundle among the referrers with a flipped signature is refused",
        "signature-invalid",
        |stage, wrong| defective(stage, wrong, Format::Bundle, Defect::BrokenSignature),
    ),
    refused(
        "a bundle among the referrers that is in no log is refused",
        "log-missing",
        |stage, wrong| defective(stage, wrong, Format::Bundle, Defect::NoLogEntry),
    ),
    refused(
        "a bundle among the referrers with another payload type is refused",
        "envelope-type",
        |stage, wrong| defective(stage, wrong, Format::Bundle, Defect::PayloadType),
    ),
    refused(
        "a bundle among the referrers that is cut off is refused",
        "bundle-malformed",
        |stage, wrong| referrer(stage, wrong, |text| text[..text.len() / 2].to_owned()),
    ),
    refused(
        "a bundle among the referrers that names a key twice is refused",
        "bundle-malformed",
        |stage, wrong| {
            referrer(stage, wrong, |text| {
                text.replacen(r#""payload":"#, r#""payload":"","payload":"#, 1)
            })
        },
    ),
    refused(
        "a plain signature over the image among the referrers is no signature of it",
        "missing",
        |stage, wrong| {
            let image = stage.image();
            let statement = statement(image.descriptor.digest, SIGN).to_string();
            let signer = stage.by_key();
            let bundle = match wrong {
                true => stage.sandbox.sign_blob(statement.as_bytes(), &signer, None),
                false => stage
                    .sandbox
                    .sign_statement(statement.as_bytes(), &signer, None),
            };
            let bundle = bundle.unwrap().into_bytes();
            let (repository, descriptor) = (&image.repository, &image.descriptor);
            stage
                .sandbox
                .attach_bundle(repository, descriptor, SIGN, bundle)
                .unwrap();
            by_key(stage, &image)
        },
    ),
];

const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

#[test]
fn each_defect_of_an_images_attachments_fails_by_its_own_check() {
    tell(CASES);
}

fn signature() -> Content {
    Content::Signature(BTreeMap::new())
}

fn index(stage: &Stage) -> PublishedImage {
    let repository = stage.repository();
    stage.sandbox.push_index(&repository, &repository).unwrap()
}

fn by_key(stage: &Stage, image: &PublishedImage) -> Ask {
    stage.ask_image(&image.reference, &[], stage.accept(&stage.by_key()))
}

fn attested(stage: &Stage, image: &PublishedImage) -> Ask {
    let more = ["--attestation", PREDICATE];
    stage.ask_image(&image.reference, &more, stage.accept(&stage.by_key()))
}

fn of_another(stage: &Stage, wrong: bool, format: Format, content: Content) -> Ask {
    let (image, other) = (stage.image(), stage.image());
    let defect = wrong.then_some(Defect::OtherSubject(other.descriptor.digest));
    let is_signature = matches!(content, Content::Signature(_));
    stage.sign_content(&image, &stage.by_key(), format, content, defect);
    if is_signature {
        by_key(stage, &image)
    } else {
        attested(stage, &image)
    }
}

fn instead_of_signature(stage: &Stage, wrong: bool, format: Format) -> Ask {
    let image = stage.image();
    let content = if wrong {
        attestation(PREDICATE)
    } else {
        signature()
    };
    stage.sign_content(&image, &stage.by_key(), format, content, None);
    by_key(stage, &image)
}

fn defective(stage: &Stage, wrong: bool, format: Format, defect: Defect) -> Ask {
    let image = stage.image();
    stage.sign_image(&image, &stage.by_key(), format, wrong.then_some(defect));
    by_key(stage, &image)
}

fn referrer(stage: &Stage, wrong: bool, edit: impl Fn(String) -> String) -> Ask {
    let image = stage.image();
    let statement = statement(image.descriptor.digest, SIGN).to_string();
    let bundle = stage
        .sandbox
        .sign_statement(statement.as_bytes(), &stage.by_key(), None)
        .unwrap();
    let edited = edit(bundle.clone());
    assert_ne!(edited, bundle);
    let bundle = if wrong { edited } else { bundle }.into_bytes();
    let (repository, descriptor) = (&image.repository, &image.descriptor);
    stage
        .sandbox
        .attach_bundle(repository, descriptor, SIGN, bundle)
        .unwrap();
    by_key(stage, &image)
}
