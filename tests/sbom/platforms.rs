//! Indexes: each platform needs an SBOM that is its own.

use crate::asked::codes;
use crate::common::TAG;
use crate::images::Stage;
use evidence::model::Digest;
use evidence::oci::Descriptor;
use evidence::sandbox::{Caller, Format, PublishedImage, SignRequest, SignedBy, Workflow};
use serde_json::json;

impl Stage {
    fn index(&self, name: &str) -> PublishedImage {
        self.world.sandbox.push_index(name, name).unwrap()
    }

    /// An SBOM by the release workflow, attested for `bound_to`, that names `about`.
    fn attest(&self, image: &PublishedImage, bound_to: &Descriptor, about: Digest) {
        let workflow = Workflow::release(crate::common::REPOSITORY, TAG, &"0".repeat(40));
        let request = SignRequest {
            repository: image.repository.clone(),
            image: bound_to.clone(),
            signer: SignedBy::Identity(Caller::Workflow(workflow)),
            format: Format::Bundle,
            content: self.world.sandbox.spdx_attestation(image, about),
            defect: None,
        };
        self.world.sandbox.sign(&request).unwrap();
    }
}

#[test]
fn each_platform_of_an_index_is_looked_at() {
    let stage = Stage::open();

    let (code, target) = stage.check(&[&stage.world.images.client.reference]);

    assert_eq!(code, Some(0), "{target:#}");
    let documents = target["documents"].as_array().unwrap();
    let platforms: Vec<_> = documents
        .iter()
        .map(|one| one["origin"]["platform"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64", "-"]);
}

#[test]
fn one_platform_is_looked_at_alone_where_that_is_asked_for() {
    let stage = Stage::open();
    let index = stage.index("shop/index");
    let arm = &index.platforms[1];
    stage.attest(&index, arm, arm.digest);

    let (one, target) = stage.check(&[&index.reference, "--platform", "linux/arm64"]);
    let (other, bare) = stage.check(&[&index.reference, "--platform", "linux/amd64"]);
    let (no, none) = stage.check(&[&index.reference, "--platform", "linux/s390x"]);

    assert_eq!(one, Some(0), "{target:#}");
    assert_eq!(target["documents"].as_array().unwrap().len(), 1);
    assert_eq!((other, codes(&bare)), (Some(1), vec!["sbom-platform"]));
    assert_eq!((no, codes(&none)), (Some(1), vec!["platform"]));
}

#[test]
fn a_platform_without_an_sbom_is_refused_by_name() {
    let stage = Stage::open();
    let index = stage.index("shop/index");
    stage.attest(&index, &index.platforms[1], index.platforms[1].digest);

    let (code, target) = stage.check(&[&index.reference]);

    assert_eq!(code, Some(1));
    assert_eq!(
        target["problems"],
        json!([{"code": "sbom-platform", "message": "no SBOM that counts for linux/amd64"}])
    );
}

#[test]
fn an_sbom_of_another_image_is_refused_as_such() {
    let stage = Stage::open();
    let image = stage.world.sandbox.push_image("shop/web", "web").unwrap();
    let other = stage.world.images.api.descriptor.digest;
    stage.attest(&image, &image.descriptor, other);

    let (code, target) = stage.check(&[&image.reference]);

    assert_eq!(code, Some(1));
    assert_eq!(codes(&target), ["sbom-other-image"]);
    let message = target["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("it names {other}")), "{message}");
    assert_eq!(target["documents"], json!([]));
}

#[test]
fn an_image_without_any_sbom_is_refused() {
    let stage = Stage::open();
    let image = stage.world.sandbox.push_image("shop/web", "web").unwrap();

    let (code, target) = stage.check(&[&image.reference]);

    assert_eq!((code, codes(&target)), (Some(1), vec!["sbom-missing"]));
}

#[test]
fn a_format_that_nobody_attested_is_missing() {
    let stage = Stage::open();
    let api = &stage.world.images.api.reference;

    let (code, target) = stage.check(&[api, "--format", "cyclonedx"]);

    assert_eq!((code, codes(&target)), (Some(1), vec!["sbom-missing"]));
}

#[test]
fn two_indexes_are_compared_platform_by_platform() {
    let stage = Stage::open();
    let (old, new) = (stage.index("shop/old"), stage.index("shop/new"));
    for platform in &old.platforms {
        stage.attest(&old, platform, platform.digest);
    }
    for platform in &new.platforms {
        stage.attest(&new, platform, platform.digest);
    }

    let (code, answer) = stage.answer(&["sbom", "diff", &old.reference, &new.reference]);

    assert_eq!(code, Some(0), "{answer:#}");
    let platforms: Vec<_> = (answer["comparisons"].as_array().unwrap().iter())
        .map(|one| one["platform"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
}
