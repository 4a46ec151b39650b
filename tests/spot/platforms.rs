//! Indexes and the images that they name.

use crate::shop::{Shop, code, verdicts};
use evidence::sandbox::Format;

#[test]
fn a_signature_on_the_index_covers_the_images_that_it_names() {
    let shop = Shop::open();
    let index = shop.world.sandbox.push_index("shop/index", "it").unwrap();
    shop.sign(&index, &index.descriptor, Format::Bundle, &shop.key);

    let (images, _) = shop.counted(&[&index.reference, "--platform", "all"]);

    assert_eq!(verdicts(&images), ["verified", "verified"]);
    let platforms: Vec<_> = images.iter().map(|one| &one["platform"]).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    let said = images[0]["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("on the index"), "{said}");
    assert_eq!(
        images[0]["digest"],
        index.platforms[0].digest.to_string().as_str()
    );
}

#[test]
fn a_signature_on_the_index_covers_no_image_that_is_asked_about_by_its_own_digest() {
    let shop = Shop::open();
    let index = shop.world.sandbox.push_index("shop/index", "it").unwrap();
    shop.sign(&index, &index.descriptor, Format::Bundle, &shop.key);
    let (name, _) = index.reference.rsplit_once(':').unwrap();
    let child = format!("{name}@{}", index.platforms[0].digest);

    let (images, _) = shop.counted(&[&child]);

    assert_eq!(verdicts(&images), ["refused"]);
}

#[test]
fn each_platform_is_judged_where_only_one_is_signed() {
    let shop = Shop::open();
    let index = shop.world.sandbox.push_index("shop/index", "it").unwrap();
    shop.sign(&index, &index.platforms[1], Format::Legacy, &shop.key);

    let (all, _) = shop.counted(&[&index.reference, "--platform", "all"]);
    let (one, _) = shop.counted(&[&index.reference, "--platform", "linux/arm64"]);
    let (itself, _) = shop.counted(&[&index.reference]);

    assert_eq!(verdicts(&all), ["refused", "verified"]);
    assert_eq!(verdicts(&one), ["verified"]);
    assert_eq!(verdicts(&itself), ["refused"]);
    let listed = itself[0]["platforms"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
}

#[test]
fn a_platform_that_the_index_does_not_list_is_refused_with_those_that_it_does() {
    let shop = Shop::open();
    let index = shop.world.sandbox.push_index("shop/index", "it").unwrap();

    let (images, _) = shop.counted(&[&index.reference, "--platform", "linux/s390x"]);

    assert_eq!(verdicts(&images), ["refused"]);
    let said = images[0]["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("no platform linux/s390x"), "{said}");
    assert!(said.contains("linux/amd64, linux/arm64"), "{said}");
    assert_eq!(code(&images[0]), "EV-signature-platform");
}
