//! As few requests as an answer takes: what is counted is what the registry saw.

use crate::shop::{Shop, pinned, verdicts};
use evidence::sandbox::Format;

const IMAGES: usize = 12;
/// The question whether the registry wants a token, and one look into the wrong place.
const FOR_THE_REGISTRY: usize = 2;

fn many(shop: &Shop, format: Format) -> Vec<String> {
    let image = |number| pinned(&shop.signed(&format!("image-{number}"), format));
    (0..IMAGES).map(image).collect()
}

fn assert_each_takes(shop: &Shop, names: &[String], args: &[&str], requests: usize) {
    let names: Vec<_> = names.iter().map(String::as_str).collect();

    let (images, seen) = shop.counted(&[&names, args].concat());

    assert_eq!(verdicts(&images), vec!["verified"; IMAGES]);
    assert!(
        seen.len() <= IMAGES * requests + FOR_THE_REGISTRY,
        "{} requests:\n{}",
        seen.len(),
        seen.join("\n")
    );
}

#[test]
fn a_signature_under_cosigns_tag_takes_two_requests() {
    let shop = Shop::open();
    let names = many(&shop, Format::Legacy);

    assert_each_takes(&shop, &names, &[], 2);
}

#[test]
fn a_signature_among_the_referrers_takes_three_requests() {
    let shop = Shop::open();
    let names = many(&shop, Format::Bundle);

    assert_each_takes(&shop, &names, &[], 3);
}

#[test]
fn an_attestation_beside_a_signature_takes_three_requests_of_its_own_at_most() {
    let shop = Shop::open();
    let names: Vec<_> = (0..IMAGES)
        .map(|number| {
            let image = shop.signed(&format!("image-{number}"), Format::Bundle);
            shop.attest(&image, Format::Bundle);
            pinned(&image)
        })
        .collect();

    // One list; the registry of the sandbox hands the annotations out, by which the right one is asked for first.
    assert_each_takes(&shop, &names, &["--attestation", "spdx"], 3);
    assert_each_takes(&shop, &names, &[], 3);
}

#[test]
fn everything_is_looked_at_when_that_is_asked_for() {
    let shop = Shop::open();
    let name = pinned(&shop.signed("image", Format::Legacy));

    let (images, seen) = shop.counted(&[&name, "--all"]);

    assert_eq!(verdicts(&images), ["verified"]);
    for place in [".sig", ".att", ".sbom", "/referrers/"] {
        assert!(seen.iter().any(|one| one.contains(place)), "{seen:?}");
    }
}

#[test]
fn what_was_not_looked_at_is_said() {
    let shop = Shop::open();
    let first = pinned(&shop.signed("first", Format::Legacy));
    let second = pinned(&shop.signed("second", Format::Legacy));

    let (images, _) = shop.counted(&[&first, &second]);

    let said = images[1]["findings"].to_string();
    assert!(said.contains("not looked at"), "{said}");
    assert!(said.contains("the referrers"), "{said}");
}

#[test]
fn an_image_that_is_named_twice_is_judged_once() {
    let shop = Shop::open();
    let name = pinned(&shop.signed("image", Format::Bundle));

    let (images, seen) = shop.counted(&[&name, &name, &name]);

    assert_eq!(images.len(), 1);
    assert!(seen.len() <= 3 + FOR_THE_REGISTRY, "{seen:?}");
}
