//! What a policy demands of images that are in no bundle.

use crate::common::{REPOSITORY, TAG};
use crate::shop::{Shop, code, pinned, verdicts};
use evidence::sandbox::{Format, LocalKey, Workflow};

/// The identity of the release workflow, as a policy writes it.
fn ci(shop: &Shop) -> String {
    let subject = Workflow::release(REPOSITORY, TAG, "").identity();
    let issuer = shop.world.sandbox.issuer_url();
    format!("{{issuer: \"{issuer}\", subject: \"{subject}\"}}")
}

#[test]
fn an_image_is_judged_by_the_entry_that_means_its_repository() {
    let shop = Shop::open();
    let image = shop.signed("api", Format::Bundle);
    let registry = shop.world.sandbox.registry();
    let policy = format!(
        "images:\n  api: {{reference: \"{registry}/shop/*\", signed-by: {{key: key.pub}}}}\n"
    );

    let (exit, images) = shop.by_policy(&policy, &[&pinned(&image)]);

    assert_eq!((exit, verdicts(&images)), (Some(0), vec!["verified"]));
}

#[test]
fn an_image_that_the_policy_says_nothing_of_is_refused() {
    let shop = Shop::open();
    let image = shop.signed("api", Format::Bundle);
    let policy = "images:\n  web: {reference: web.example/web, signed-by: {key: key.pub}}\n";

    let (exit, images) = shop.by_policy(policy, &[&pinned(&image)]);

    assert_eq!((exit, code(&images[0])), (Some(1), "EV-signature-unlisted"));
}

#[test]
fn an_sbom_that_the_policy_demands_is_looked_for_beside_the_signature() {
    let shop = Shop::open();
    let policy = "images:\n  \"*\": {signed-by: {key: key.pub}, sbom: {format: spdx}}\n";
    for format in [Format::Legacy, Format::Bundle] {
        let bare = shop.signed(&format!("bare-{format:?}").to_lowercase(), format);
        let whole = shop.signed(&format!("whole-{format:?}").to_lowercase(), format);
        shop.attest(&whole, format);

        let (exit, images) = shop.by_policy(policy, &[&pinned(&bare), &pinned(&whole)]);

        assert_eq!(exit, Some(1));
        assert_eq!(verdicts(&images), ["refused", "verified"]);
        let said = images[0]["findings"].to_string();
        assert!(said.contains("there is no attestation"), "{said}");
    }
}

#[test]
fn a_signature_and_an_sbom_take_five_requests_together() {
    let shop = Shop::open();
    let policy = "images:\n  \"*\": {signed-by: {key: key.pub}, sbom: {format: spdx}}\n";
    let names: Vec<_> = (0..8)
        .map(|number| {
            let image = shop.signed(&format!("image-{number}"), Format::Bundle);
            shop.attest(&image, Format::Bundle);
            pinned(&image)
        })
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let before = shop.world.sandbox.registry_requests().len();

    let (exit, _) = shop.by_policy(policy, &names);

    let seen = shop.world.sandbox.registry_requests()[before..].to_vec();
    assert_eq!(exit, Some(0));
    // The question whether a token is wanted, and the places that the first image does not use.
    assert!(seen.len() <= 8 * 5 + 3, "{} {seen:#?}", seen.len());
}

#[test]
fn all_of_several_signers_are_needed_each_by_a_signature_of_its_own() {
    let shop = Shop::open();
    let second = LocalKey::generate().unwrap();
    shop.file("second.pub", &second.public_pem().unwrap());
    let image = shop.signed("image", Format::Bundle);
    let policy = "images:\n  \"*\": {signed-by: {all-of: [{key: key.pub}, {key: second.pub}]}}\n";

    let (exit, images) = shop.by_policy(policy, &[&pinned(&image)]);
    assert_eq!((exit, verdicts(&images)), (Some(1), vec!["refused"]));
    let said = images[0]["findings"].to_string();
    assert!(
        said.contains("there is no signature by key SHA256:"),
        "{said}"
    );

    shop.sign(&image, &image.descriptor, Format::Legacy, &second);
    let (exit, images) = shop.by_policy(policy, &[&pinned(&image)]);
    assert_eq!((exit, verdicts(&images)), (Some(0), vec!["verified"]));
}

#[test]
fn an_image_that_the_ci_of_another_repository_signed_is_refused() {
    let shop = Shop::open();
    let image = shop.image("image");
    shop.sign_in_ci(&image, Format::Bundle);
    let by_ci = ci(&shop);
    let demand = |release: &str| {
        format!("release: {{repository: {release}}}\nimages:\n  \"*\": {{signed-by: {by_ci}}}\n")
    };

    let own = demand(&format!("github.com/{REPOSITORY}"));
    let (exit, _) = shop.by_policy(&own, &[&pinned(&image)]);
    assert_eq!(exit, Some(0));

    let other = demand("github.com/somebody/else");
    let (exit, images) = shop.by_policy(&other, &[&pinned(&image)]);
    assert_eq!(
        (exit, code(&images[0])),
        (Some(1), "EV-signature-repository")
    );
}

#[test]
fn a_signature_for_another_name_counts_for_nothing_where_the_policy_says_so() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Legacy);
    let elsewhere = image.reference.replace("127.0.0.1", "localhost");
    let policy = "images:\n  \"*\": {signed-by: {key: key.pub}, docker-reference: must-match}\n";

    let (exit, _) = shop.by_policy(policy, &[&image.reference]);
    assert_eq!(exit, Some(0));
    let (exit, images) = shop.by_policy(policy, &[&elsewhere]);

    let wanted = (Some(1), "EV-signature-docker-reference");
    assert_eq!((exit, code(&images[0])), wanted);
}

#[test]
fn what_nobody_is_named_for_is_never_taken_for_granted() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Bundle);
    shop.attest(&image, Format::Bundle);
    let policy = "images:\n  \"*\": {sbom: {format: spdx, signed-by: {key: key.pub}}}\n";

    let (exit, _) = shop.by_policy(policy, &[&pinned(&image)]);
    assert_eq!(exit, Some(0));
    for asked in [["--attestation", "vuln"], ["--annotation", "env=prod"]] {
        let name = pinned(&image);
        let args = [&[name.as_str()], asked.as_slice()].concat();
        let (exit, images) = shop.by_policy(policy, &args);
        assert_eq!((exit, code(&images[0])), (Some(1), "EV-signature-unlisted"));
    }
}

#[test]
fn an_attestation_that_is_asked_for_stands_beside_the_signature_that_the_policy_demands() {
    let shop = Shop::open();
    let image = shop.image("image");
    shop.attest(&image, Format::Bundle);
    let policy = "images:\n  \"*\": {signed-by: {key: key.pub}}\n";
    let args = [pinned(&image), "--attestation".into(), "spdx".into()];
    let args = args.each_ref().map(String::as_str);

    let (exit, images) = shop.by_policy(policy, &args);
    assert_eq!((exit, verdicts(&images)), (Some(1), vec!["refused"]));

    shop.sign(&image, &image.descriptor, Format::Bundle, &shop.key);
    let (exit, _) = shop.by_policy(policy, &args);
    assert_eq!(exit, Some(0));
}

#[test]
fn another_spelling_of_a_registry_finds_no_laxer_entry() {
    let shop = Shop::open();
    let image = shop.signed("image", Format::Bundle);
    let registry = shop.world.sandbox.registry();
    let policy = format!(
        "images:\n  \"*\": {{signed-by: {{key: key.pub}}}}\n  own: {{reference: \"localhost:{}/shop/*\", signed-by: {{key: other.pub}}}}\n",
        registry.rsplit(':').next().unwrap()
    );
    let other = LocalKey::generate().unwrap();
    shop.file("other.pub", &other.public_pem().unwrap());
    let shouted = image.reference.replace("127.0.0.1", "LocalHost");

    let (exit, _) = shop.by_policy(&policy, &[&shouted]);

    assert_eq!(exit, Some(1));
}
