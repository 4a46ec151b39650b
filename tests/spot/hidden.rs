//! Whatever else is attached, a good signature is found, and what is broken is told.

use crate::shop::{Shop, pinned, verdicts};
use evidence::oci::{Descriptor, Manifest, manifest};
use evidence::sandbox::{Format, LocalKey, PublishedImage};
use std::collections::BTreeMap;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A referrer whose layer is these bytes.
fn attach(shop: &Shop, image: &PublishedImage, bytes: &[u8], layer: Option<Descriptor>) {
    let registry = &shop.world.sandbox;
    registry.push_blob(&image.repository, b"{}".to_vec());
    registry.push_blob(&image.repository, bytes.to_vec());
    let referrer = Manifest {
        schema_version: 2,
        media_type: Some(manifest::IMAGE_MANIFEST.into()),
        artifact_type: Some(BUNDLE.into()),
        config: Descriptor::of("application/vnd.oci.empty.v1+json", b"{}"),
        layers: vec![layer.unwrap_or_else(|| Descriptor::of(BUNDLE, bytes))],
        subject: Some(image.descriptor.clone()),
        annotations: BTreeMap::new(),
    };
    let bytes = serde_json::to_vec(&referrer).unwrap();
    registry.push_manifest(&image.repository, None, manifest::IMAGE_MANIFEST, bytes);
}

#[test]
fn a_foreign_sigstore_bundle_hides_no_signature_under_cosigns_tag() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Legacy);
    let stranger = LocalKey::generate().unwrap();
    shop.sign(&image, &image.descriptor, Format::Bundle, &stranger);

    let (images, _) = shop.counted(&[&pinned(&image)]);

    assert_eq!(verdicts(&images), ["verified"]);
    let said = images[0]["findings"].to_string();
    assert!(said.contains("key-unknown"), "{said}");
}

#[test]
fn a_malformed_object_is_reported_beside_a_good_signature_and_alone_it_is_refused() {
    let shop = Shop::open();
    let signed = shop.signed("signed", Format::Bundle);
    let unsigned = shop.image("unsigned");
    for image in [&signed, &unsigned] {
        attach(&shop, image, b"{\"mediaType\":", None);
    }

    let (images, _) = shop.counted(&[&pinned(&signed), &pinned(&unsigned)]);

    assert_eq!(verdicts(&images), ["verified", "refused"]);
    for image in &images {
        let said = image["findings"].to_string();
        assert!(said.contains("EV-signature-bundle-malformed"), "{said}");
    }
}

#[test]
fn a_layer_that_is_another_size_than_it_says_hides_no_signature() {
    let shop = Shop::open();
    let signed = shop.signed("signed", Format::Bundle);
    let unsigned = shop.image("unsigned");
    for image in [&signed, &unsigned] {
        let mut lying = Descriptor::of(BUNDLE, b"{}");
        lying.size += 1;
        attach(&shop, image, b"{}", Some(lying));
    }

    let (images, _) = shop.counted(&[&pinned(&signed), &pinned(&unsigned)]);

    assert_eq!(verdicts(&images), ["verified", "refused"]);
    let said = images[0]["findings"].to_string();
    assert!(said.contains("its descriptor says"), "{said}");
}

#[test]
fn a_crowd_of_strangers_hides_no_signature() {
    let shop = Shop::open();
    let image = shop.image("image");
    for number in 0..150 {
        attach(
            &shop,
            &image,
            format!("{{\"n\":{number}}}").as_bytes(),
            None,
        );
    }
    shop.sign(&image, &image.descriptor, Format::Bundle, &shop.key);

    let (images, _) = shop.counted(&[&pinned(&image)]);

    assert_eq!(verdicts(&images), ["verified"]);
}

#[test]
fn an_sbom_is_no_signature() {
    let shop = Shop::open();
    let image = shop.image("image");
    shop.attest(&image, Format::Bundle);

    let (images, _) = shop.counted(&[&pinned(&image)]);

    assert_eq!(verdicts(&images), ["refused"]);
    assert_eq!(images[0]["findings"][0]["code"], "EV-signature-missing");
}

#[test]
fn a_signature_that_was_moved_to_another_image_is_refused() {
    let shop = Shop::open();
    let good = shop.signed("image", Format::Legacy);
    let other = shop
        .world
        .sandbox
        .push_image("shop/image", "other")
        .unwrap();
    let tag = |image: &PublishedImage| format!("sha256-{}.sig", image.descriptor.digest.hex());
    let sandbox = &shop.world.sandbox;
    let moved = sandbox.manifest("shop/image", &tag(&good)).unwrap();
    sandbox.push_manifest(
        "shop/image",
        Some(&tag(&other)),
        manifest::IMAGE_MANIFEST,
        moved,
    );

    let (images, _) = shop.counted(&[&pinned(&other)]);

    assert_eq!(verdicts(&images), ["refused"]);
    let code = &images[0]["findings"][0]["code"];
    assert_eq!(code, "EV-signature-digest-mismatch");
}

#[test]
fn a_signature_made_for_another_name_is_shown() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Legacy);
    let elsewhere = image.reference.replace("127.0.0.1", "localhost");

    let (images, _) = shop.counted(&[&elsewhere]);

    assert_eq!(verdicts(&images), ["verified"]);
    let said = images[0]["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("it was made for \"127.0.0.1:"), "{said}");
}

#[test]
fn a_stranger_with_many_layers_or_large_claims_hides_no_signature() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Bundle);
    let layers = |count: usize, size: u64| {
        let layer = |number: usize| {
            let mut layer = Descriptor::of(BUNDLE, format!("{number}").as_bytes());
            layer.size = size;
            layer
        };
        (0..count).map(layer).collect::<Vec<_>>()
    };
    // Enough of them that some have digests below the good one's.
    for number in 0..12 {
        attach_layers(&shop, &image, layers(64, 2 + number), number);
        attach_layers(&shop, &image, layers(129, 4 << 20), 100 + number);
    }

    let (images, _) = shop.counted(&[&pinned(&image)]);

    assert_eq!(verdicts(&images), ["verified"], "{:#}", images[0]);
}

fn attach_layers(shop: &Shop, image: &PublishedImage, layers: Vec<Descriptor>, number: u64) {
    let registry = &shop.world.sandbox;
    registry.push_blob(&image.repository, b"{}".to_vec());
    let referrer = Manifest {
        schema_version: 2,
        media_type: Some(manifest::IMAGE_MANIFEST.into()),
        artifact_type: Some(BUNDLE.into()),
        config: Descriptor::of("application/vnd.oci.empty.v1+json", b"{}"),
        layers,
        subject: Some(image.descriptor.clone()),
        annotations: BTreeMap::from([("n".into(), number.to_string())]),
    };
    let bytes = serde_json::to_vec(&referrer).unwrap();
    registry.push_manifest(&image.repository, None, manifest::IMAGE_MANIFEST, bytes);
}
