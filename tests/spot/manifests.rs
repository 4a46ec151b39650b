//! Images that manifests mention.

use crate::common::text;
use crate::shop::{Shop, code, verdicts};
use evidence::sandbox::Format;

#[test]
fn every_image_of_a_folder_of_manifests_is_judged_once_with_all_its_places() {
    let shop = Shop::open();
    let signed = shop.signed("signed", Format::Bundle).reference;
    let unsigned = shop.image("unsigned").reference;
    std::fs::create_dir(shop.world.path("deploy")).unwrap();
    shop.file(
        "deploy/app.yaml",
        &format!(
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: {signed}\n      - image: {unsigned}\n"
        ),
    );
    shop.file("deploy/Dockerfile", &format!("FROM {signed} AS base\n"));
    let folder = text(&shop.world.path("deploy"));

    let (images, seen) = shop.counted(&["--manifests", &folder]);

    assert_eq!(images.len(), 2);
    let of = |name: &str| images.iter().find(|one| one["reference"] == *name).unwrap();
    assert_eq!(of(&signed)["verdict"], "verified");
    assert_eq!(of(&unsigned)["verdict"], "refused");
    let places = of(&signed)["mentions"].as_array().unwrap();
    assert_eq!(places.len(), 2, "{places:?}");
    let manifests = seen.iter().filter(|one| one.contains("/manifests/v1.4.0"));
    assert_eq!(manifests.count(), 2);
}

#[test]
fn what_a_manifest_leaves_open_is_undetermined_and_never_passed_over() {
    let shop = Shop::open();
    let signed = shop.signed("signed", Format::Bundle).reference;
    let manifest = shop.file(
        "compose.yaml",
        &format!("services:\n  a:\n    image: {signed}\n  b:\n    image: example.org/b:${{TAG}}\n"),
    );

    let ran = shop.verify(&["--manifests", &text(&manifest)]);
    let (images, _) = shop.counted(&["--manifests", &text(&manifest)]);

    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert_eq!(verdicts(&images), ["verified", "undetermined"]);
    assert_eq!(code(&images[1]), "EV-signature-unresolved");
}

#[test]
fn a_manifest_that_cannot_be_read_is_undetermined_at_its_line() {
    let shop = Shop::open();
    let manifest = shop.file("broken.yaml", "spec:\n  image: [a\n  b: c\n");

    let (images, _) = shop.counted(&["--manifests", &text(&manifest)]);

    assert_eq!(verdicts(&images), ["undetermined"]);
    let place = images[0]["reference"].as_str().unwrap();
    assert!(place.contains("broken.yaml:"), "{place}");
}

#[test]
fn a_folder_without_images_is_no_success() {
    let shop = Shop::open();
    let manifest = shop.file("empty.yaml", "kind: ConfigMap\n");

    let ran = shop.verify(&["--manifests", &text(&manifest)]);

    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn code_hosts_and_ci_servers_get_their_own_formats() {
    let shop = Shop::open();
    let unsigned = shop.image("unsigned").reference;
    let (sarif, junit) = (shop.world.path("out.sarif"), shop.world.path("out.xml"));

    shop.verify(&[
        &unsigned,
        &format!("--output=sarif={}", text(&sarif)),
        &format!("--output=junit={}", text(&junit)),
    ]);

    let sarif: serde_json::Value = serde_json::from_slice(&std::fs::read(sarif).unwrap()).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "EV-signature-missing");
    let junit = std::fs::read_to_string(junit).unwrap();
    let tree = roxmltree::Document::parse(&junit).unwrap();
    let failures = tree
        .descendants()
        .filter(|node| node.has_tag_name("failure"));
    assert_eq!(failures.count(), 1, "{junit}");
}
