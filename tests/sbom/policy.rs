//! Demands of a policy.

use crate::asked::{codes, fixtures, valid};
use crate::common::{REPOSITORY, TAG, run, text};
use crate::images::Stage;
use evidence::sandbox::Workflow;
use serde_json::Value;

impl Stage {
    /// The one target's answer by a policy, whose `{who}` is the release workflow.
    fn by_policy(&self, images: &str, args: &[&str]) -> (Option<i32>, Value) {
        let identity = Workflow::release(REPOSITORY, TAG, "").identity();
        let issuer = self.world.sandbox.issuer_url();
        let who = format!("{{issuer: \"{issuer}\", subject: \"{identity}\"}}");
        let policy = format!(
            "version: 1\ntrusted-roots: [trusted_root.json]\nseal: {{any-of: [{who}]}}\nimages:\n{}",
            images.replace("{who}", &who)
        );
        let path = self.file("policy.yaml", &policy);
        let args = [&["sbom", "check"], args, &["--policy", &path]].concat();
        let ran = run(&[&args[..], &["--output", "json"]].concat());
        if ran.stdout.is_empty() {
            return (ran.code, Value::String(ran.stderr));
        }
        let (code, answer) = valid(ran, &args);
        (code, answer["targets"][0].clone())
    }
}

#[test]
fn a_policy_says_who_may_have_attested_and_how_good_it_must_be() {
    let stage = Stage::open();
    let api = &stage.world.images.api.reference;
    let demand =
        |more: &str| format!("  '*': {{sbom: {{format: spdx, signed-by: [{{who}}]{more}}}}}\n");

    let lenient = demand(", quality: {profile: ntia-2021, min: 100%}");
    let (met, target) = stage.by_policy(&lenient, &[api]);
    let strict = demand(", quality: {profile: cisa-2026, min: 100%}");
    let (unmet, poor) = stage.by_policy(&strict, &[api]);

    assert_eq!(met, Some(0), "{target:#}");
    assert_eq!(unmet, Some(4), "{poor:#}");
    assert_eq!(codes(&poor["documents"][0]), ["sbom-quality-score"]);
    assert_eq!(target["documents"][0]["quality"]["profile"], "ntia-2021");
}

#[test]
fn a_policy_that_says_nothing_of_an_image_accepts_nobody() {
    let stage = Stage::open();
    let images = "  web: {reference: example.test/web, sbom: {format: spdx, signed-by: [{who}]}}\n";

    let (code, target) = stage.by_policy(images, &[&stage.world.images.api.reference]);

    assert_eq!((code, codes(&target)), (Some(1), vec!["unlisted"]));
}

#[test]
fn a_policys_demand_on_another_signer_is_not_met() {
    let stage = Stage::open();
    let images = "  '*': {sbom: {format: spdx, signed-by: [{who}]}}\n";

    let (code, target) = stage.by_policy(images, &[&stage.world.images.gateway.reference]);

    assert_eq!(code, Some(1), "{target:#}");
    assert_eq!(codes(&target), ["sbom-signature"]);
}

#[test]
fn a_policy_is_applied_to_a_file_as_the_named_images() {
    let stage = Stage::open();
    let images = "  api: {sbom: {format: spdx, signed-by: [{who}], licenses: {deny: [MIT]}}}\n";
    let file = text(&fixtures().join("documents/syft-1.57.1/npm-lock.spdx-2.3.json"));

    let (named, target) = stage.by_policy(images, &[&file, "--policy-image", "api"]);
    let (unnamed, said) = stage.by_policy(images, &[&file]);

    assert_eq!(named, Some(4), "{target:#}");
    assert_eq!(codes(&target["documents"][0])[0], "license-denied");
    assert_eq!(unnamed, Some(2));
    let said = said.as_str().unwrap();
    assert!(said.contains("--policy-image NAME"), "{said}");
}

#[test]
fn a_policy_is_applied_to_each_image_of_a_bundle_by_its_name() {
    let stage = Stage::open();
    let bundle = fixtures().join("../bundles/good/evidence-bundle-v1.4.0.tar.gz");
    let bundle = text(&bundle);
    let images = "  api: {sbom: {format: spdx, signed-by: [{who}], licenses: {deny: [MIT]}}}\n";
    let missing = "  api: {sbom: {format: cyclonedx, signed-by: [{who}]}}\n";

    let (denied, target) = stage.by_policy(images, &[&bundle]);
    let (absent, bare) = stage.by_policy(missing, &[&bundle]);

    assert_eq!(denied, Some(4), "{target:#}");
    let documents = target["documents"].as_array().unwrap();
    let against: Vec<_> = documents.iter().flat_map(codes).collect();
    assert_eq!(against, ["license-denied"]);
    let notes = target["notes"].as_array().unwrap();
    assert!(notes.contains(&"the policy demands no SBOM of the image client".into()));
    assert_eq!((absent, codes(&bare)), (Some(1), vec!["sbom-missing"]));
}

#[test]
fn a_policy_in_the_environment_takes_nothing_from_commands_that_ask_it_nothing() {
    let stage = Stage::open();
    let images = "  api: {sbom: {format: spdx, signed-by: [{who}]}}\n";
    let file = text(&fixtures().join("documents/trivy-0.74.0/shop.cdx.json"));
    let (code, _) = stage.by_policy(images, &[&file]);
    assert_eq!(
        code,
        Some(2),
        "check holds it against a policy that says nothing of it"
    );
    let policy = text(&stage.world.path("policy.yaml"));

    let ran = run(&["sbom", "diff", &file, &file, "--policy", &policy]);

    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
