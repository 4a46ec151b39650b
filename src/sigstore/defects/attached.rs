//! The same for what is attached to images.

use super::*;
use crate::model::limits;
use crate::oci::layout::REF_NAME;
use crate::oci::{Descriptor, Layout};

macro_rules! image_blob {
    ($image:literal, $hex:literal) => {
        include_bytes!(concat!(
            "../../../fixtures/sigstore/images/",
            $image,
            "/layout/blobs/sha256/",
            $hex
        ))
    };
}

pub(super) const SIG_MANIFEST: &[u8] = image_blob!(
    "i02-v2-key",
    "a1f3f18349727ec412e843e88e74805d1d115ac74bbd8613b9bd1ea89152b1cd"
);
pub(super) const SIG_PAYLOAD: &[u8] = image_blob!(
    "i02-v2-key",
    "1229374cefb161457e7bbc3537c5011a83f3022748d929932a2f3adc92e7313b"
);
const ATT_MANIFEST: &[u8] = image_blob!(
    "i33-v2-att-intoto-entry",
    "15ef0bac7d75843517d0a796587bf0ef231434dc311ad7d255fec7503bf94757"
);
const ATT_ENVELOPE: &[u8] = image_blob!(
    "i33-v2-att-intoto-entry",
    "aee98a604fdf7664bbf5068ada5f93525573ef32b6909309dd51fb485bd93eb4"
);
pub(super) const SIGNED: &str =
    "sha256:128fbca1d2e2ec385c5ee9df212445641afa5d6068668412e984c1e933399381";
const ATTESTED_IMAGE: &str =
    "sha256:05735f4bc90fca09b2888aa9d25ca1f8e633211429ce145e0622e5fd4f0235d5";

/// The manifest, attached by cosign's tag, after an edit of its only layer; and the layer's bytes.
pub(super) fn attached(
    image: &str,
    suffix: &str,
    manifest: &[u8],
    edit: impl Fn(&mut Value),
    layer: &[u8],
) -> Vec<Object> {
    let image: Digest = image.parse().unwrap();
    let mut json: Value = serde_json::from_slice(manifest).unwrap();
    edit(&mut json["layers"][0]);
    let bytes = serde_json::to_vec(&json).unwrap();
    let mut layout = Layout::new();
    layout.add_blob(layer.to_vec());
    let tag = format!("sha256-{}{suffix}", image.hex());
    layout.add_entry(
        Descriptor::of("application/vnd.oci.image.manifest.v1+json", &bytes)
            .annotated(REF_NAME, &tag),
    );
    layout.add_blob(bytes);
    judge_image(&image, &layout, &roots(), &keys(), &Options::STRICT)
}

fn sig(edit: impl Fn(&mut Value)) -> Vec<Object> {
    attached(SIGNED, ".sig", SIG_MANIFEST, edit, SIG_PAYLOAD)
}

fn att(edit: impl Fn(&mut Value)) -> Vec<Object> {
    attached(ATTESTED_IMAGE, ".att", ATT_MANIFEST, edit, ATT_ENVELOPE)
}

pub(super) fn only(objects: &[Object]) -> &str {
    assert_eq!(objects.len(), 1);
    code(&objects[0].judgement)
}

fn edit_log(layer: &mut Value, edit: impl Fn(&mut Value)) {
    let text = &mut layer["annotations"]["dev.sigstore.cosign/bundle"];
    let mut log: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    edit(&mut log);
    *text = log.to_string().into();
}

#[test]
fn a_legacy_signature_holds_for_its_image_and_no_other() {
    let sound = sig(|_| {});
    let elsewhere = attached(ATTESTED_IMAGE, ".sig", SIG_MANIFEST, |_| {}, SIG_PAYLOAD);

    assert!(sound[0].judgement.valid().is_some());
    let Content::Signature { annotations, .. } = &sound[0].content else {
        panic!("{:?}", sound[0].content);
    };
    assert_eq!(annotations["stage"], "release");
    assert_eq!(only(&elsewhere), "digest-mismatch");
}

#[test]
fn each_part_of_a_legacy_signature_is_checked() {
    let defects: [Defect; 7] = [
        ("signature-invalid", |layer| {
            flip(layer, "/annotations/dev.cosignproject.cosign~1signature");
        }),
        ("signature-missing", |layer| {
            remove(layer, "/annotations", "dev.cosignproject.cosign/signature");
        }),
        ("log-missing", |layer| {
            remove(layer, "/annotations", "dev.sigstore.cosign/bundle");
        }),
        ("log-promise", |layer| {
            edit_log(layer, |log| flip(log, "/SignedEntryTimestamp"));
        }),
        ("log-promise", |layer| {
            edit_log(layer, |log| {
                log["Payload"]["integratedTime"] = 1_795_000_000.into()
            });
        }),
        ("object-size", |layer| layer["size"] = 260.into()),
        ("object-missing", |layer| {
            layer["digest"] = Digest::of(b"elsewhere").to_string().into();
        }),
    ];
    for (wanted, defect) in defects {
        assert_eq!(only(&sig(defect)), wanted);
    }
}

#[test]
fn an_attestation_with_an_entry_of_the_old_kind_holds_and_is_no_signature() {
    let sound = att(|_| {});
    let rule = crate::model::IdentityRule::Key {
        pem: keys()[0].pem(),
    };
    let image = ATTESTED_IMAGE.parse().unwrap();

    let log = sound[0].judgement.valid().unwrap().log.clone().unwrap();
    assert_eq!(log.kind, "intoto 0.0.1");
    assert!(
        sound[0]
            .accepted_statement(std::slice::from_ref(&rule))
            .is_some()
    );
    assert!(sound[0].accepted_image(&image, &[rule]).is_none());
}

#[test]
fn an_entry_of_the_old_kind_is_checked_too() {
    let moved = |layer: &mut Value| {
        edit_log(layer, |log| log["Payload"]["logIndex"] = 86.into());
    };
    assert_eq!(only(&att(moved)), "log-promise");

    // The entry of another envelope by the same key.
    let spaced = [b" ", ATT_ENVELOPE].concat();
    let resized = |layer: &mut Value| {
        layer["size"] = (ATT_ENVELOPE.len() + 1).into();
        let digest = Digest::of(&[b" ", ATT_ENVELOPE].concat());
        layer["digest"] = digest.to_string().into();
    };
    let objects = attached(ATTESTED_IMAGE, ".att", ATT_MANIFEST, resized, &spaced);
    assert_eq!(only(&objects), "log-entry-mismatch");

    let elsewhere = attached(SIGNED, ".att", ATT_MANIFEST, |_| {}, ATT_ENVELOPE);
    assert_eq!(only(&elsewhere), "digest-mismatch");
}

#[test]
fn more_objects_than_are_judged_are_said_to_be_too_many() {
    let image: Digest = SIGNED.parse().unwrap();
    let mut json: Value = serde_json::from_slice(SIG_MANIFEST).unwrap();
    let layers = json["layers"].as_array_mut().unwrap();
    let one = layers[0].clone();
    layers.resize(1_000, one);
    let bytes = serde_json::to_vec(&json).unwrap();
    let mut layout = Layout::new();
    let tag = format!("sha256-{}.sig", image.hex());
    layout.add_entry(Descriptor::of("", &bytes).annotated(REF_NAME, &tag));
    layout.add_blob(bytes);

    let objects = judge_image(&image, &layout, &roots(), &keys(), &Options::STRICT);

    assert_eq!(objects.len(), limits::OBJECTS_PER_TAG + 1);
    let last = &objects[limits::OBJECTS_PER_TAG];
    assert_eq!(code(&last.judgement), "too-many");
}
