//! Images: whose SBOM counts.

use crate::asked::{codes, valid};
use crate::common::{Run, World, run, text};
use serde_json::Value;

/// The services, and the flags that accept the release workflow.
pub(crate) struct Stage {
    pub(crate) world: World,
}

impl Stage {
    pub(crate) fn open() -> Self {
        Self {
            world: World::start(),
        }
    }

    /// A run with nobody named.
    pub(crate) fn bare(&self, args: &[&str]) -> Run {
        let root = text(&self.world.path("trusted_root.json"));
        run(&[args, &["--trusted-root", &root]].concat())
    }

    /// By the release workflow.
    pub(crate) fn ask(&self, args: &[&str]) -> Run {
        let trust = self.world.trust_args();
        let trust: Vec<&str> = trust.iter().map(String::as_str).collect();
        run(&[args, &trust].concat())
    }

    /// The same as JSON.
    pub(crate) fn answer(&self, args: &[&str]) -> (Option<i32>, Value) {
        valid(self.ask(&[args, &["--output", "json"]].concat()), args)
    }

    /// The one target's answer.
    pub(crate) fn check(&self, args: &[&str]) -> (Option<i32>, Value) {
        let (code, answer) = self.answer(&[&["sbom", "check"], args].concat());
        (code, answer["targets"][0].clone())
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.world.path(name);
        std::fs::write(&path, content).unwrap();
        text(&path)
    }
}

#[test]
fn an_image_whose_sbom_is_by_whom_was_asked_for_is_met() {
    let stage = Stage::open();

    let (code, target) = stage.check(&[&stage.world.images.api.reference]);

    assert_eq!(code, Some(0), "{target:#}");
    assert_eq!(target["unverified"], false);
    let origin = &target["documents"][0]["origin"];
    assert_eq!(origin["binding"], "agrees");
    assert_eq!(origin["signature"], "accepted");
    let digest = stage.world.images.api.descriptor.digest.to_string();
    assert_eq!(origin["attestedFor"], serde_json::json!([digest]));
}

#[test]
fn nobody_named_is_a_mistake_that_says_who_signed() {
    let stage = Stage::open();
    let reference = &stage.world.images.api.reference;

    let ran = stage.bare(&["sbom", "check", reference]);

    assert_eq!(ran.code, Some(2));
    let said = "error: no identity or key was given that is to be accepted\n";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    let signer = format!("{reference}: signed by https://github.com/intelgraph/demo-shop");
    assert!(ran.stderr.contains(&signer), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn an_unverified_look_is_said_to_be_one_in_every_output() {
    let stage = Stage::open();
    let args = [
        "sbom",
        "check",
        &stage.world.images.api.reference,
        "--unverified",
    ];

    let (text, markdown, json) = (
        stage.bare(&args),
        stage.bare(&[&args[..], &["-o", "markdown"]].concat()),
        valid(stage.bare(&[&args[..], &["-o", "json"]].concat()), &args),
    );

    assert_eq!(text.code, Some(0));
    let said = "UNVERIFIED: no signature was asked for; anyone may have written this";
    assert!(text.stdout.contains(said), "{}", text.stdout);
    assert!(
        markdown.stdout.contains("**UNVERIFIED**"),
        "{}",
        markdown.stdout
    );
    assert_eq!(json.1["targets"][0]["unverified"], true);
    let origin = &json.1["targets"][0]["documents"][0]["origin"];
    assert_eq!(origin["signature"], "other-signer");
}

#[test]
fn an_sbom_by_another_does_not_count() {
    let stage = Stage::open();

    let (code, target) = stage.check(&[&stage.world.images.gateway.reference]);

    assert_eq!(code, Some(1));
    assert_eq!(codes(&target), ["sbom-identity"]);
    assert_eq!(target["documents"], serde_json::json!([]));
    assert_eq!(target["passedOver"].as_array().unwrap().len(), 2);
}

#[test]
fn a_root_that_is_not_known_leaves_it_undetermined() {
    let stage = Stage::open();
    let args = ["sbom", "check", &stage.world.images.api.reference];
    let somebody = [
        "--certificate-identity",
        "a@example.test",
        "--certificate-oidc-issuer",
        "https://issuer.test",
    ];

    let ran = run(&[&args[..], &somebody, &["-o", "json"]].concat());
    let (code, answer) = valid(ran, &args);

    assert_eq!(code, Some(3));
    assert_eq!(codes(&answer["targets"][0]), ["sbom-root-unknown"]);
}

#[test]
fn a_registry_that_cannot_be_reached_leaves_it_undetermined() {
    let stage = Stage::open();

    let (code, target) = stage.check(&["127.0.0.1:1/shop/api:v1", "--registry-timeout", "2"]);

    assert_eq!(code, Some(3));
    assert_eq!(target["standing"], "undetermined");
    assert_eq!(codes(&target), ["unreachable"]);
}

#[test]
fn demands_are_held_against_an_images_documents() {
    let stage = Stage::open();
    let reference = &stage.world.images.api.reference;

    let (code, target) = stage.check(&[reference, "--min", "99"]);

    assert_eq!(code, Some(4));
    assert_eq!(codes(&target["documents"][0]), ["sbom-quality-score"]);
}

#[test]
fn an_image_is_compared_with_another_and_with_a_file() {
    let stage = Stage::open();
    let api = &stage.world.images.api.reference;
    let fixture = crate::asked::fixtures().join("documents/trivy-0.74.0/shop.spdx-2.3.spdx");

    let (same, none) = stage.answer(&["sbom", "diff", api, api, "--exit-code"]);
    let (code, file) = stage.answer(&["sbom", "diff", &text(&fixture), api, "--exit-code"]);

    assert_eq!((same, &none["differs"]), (Some(0), &false.into()));
    assert_eq!((code, &file["differs"]), (Some(1), &true.into()));
    assert_eq!(file["comparisons"].as_array().unwrap().len(), 1);
}

#[test]
fn a_comparison_with_an_image_by_another_says_nothing_of_packages() {
    let stage = Stage::open();
    let images = &stage.world.images;
    let args = [
        "sbom",
        "diff",
        &images.api.reference,
        &images.gateway.reference,
    ];

    let (code, answer) = stage.answer(&args);
    let (strict, _) = stage.answer(&[&args[..], &["--exit-code"]].concat());

    assert_eq!((code, strict), (Some(1), Some(2)));
    assert_eq!(answer["standing"], "refused");
    assert_eq!(answer["comparisons"], serde_json::json!([]));
    assert_eq!(codes(&answer), ["sbom-identity"]);
}

#[test]
fn a_scan_is_tied_to_the_sbom_of_an_image() {
    let stage = Stage::open();
    let scan = text(&crate::asked::fixtures().join("scans/grype/rootfs.json"));
    let images = &stage.world.images;

    let args = ["vulns", "check", &scan, "--sbom"];
    let (_, tied) = stage.answer(&[&args[..], &[&images.api.reference]].concat());
    let (code, other) = stage.answer(&[&args[..], &[&images.gateway.reference]].concat());

    assert_eq!(tied["sbom"]["documents"], 1);
    assert_eq!(tied["scan"]["notInSbom"], 9);
    assert_eq!(code, Some(1));
    assert_eq!(codes(&other)[0], "sbom-identity");
}
