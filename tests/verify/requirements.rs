//! Valid bundles whose requirements fail, and who may vouch for what.

use crate::common::project::Project;
use crate::common::{REPOSITORY, TAG, World};
use crate::sample::{Sample, Verdict, good, world};
use evidence::sandbox::LocalKey;

#[test]
pub(crate) fn a_signature_by_the_producers_own_choice_of_key_is_recorded_until_the_policy_accepts_it()
 {
    let own_choice = good().verify();
    let accepted = by_policy(
        good(),
        "images:\n  gateway: {signed-by: [{key: gateway.pub}], \
         sbom: {format: cyclonedx, signed-by: [{key: gateway.pub}]}}\n",
    );

    own_choice.is("verified", 0, &[]);
    assert_eq!(own_choice.status("gateway"), "recorded");
    assert_eq!(own_choice.status("gateway.sbom"), "recorded");
    assert_eq!(own_choice.status("api"), "verified");
    accepted.is("verified", 0, &[]);
    assert_eq!(accepted.status("gateway"), "verified");
    assert_eq!(accepted.status("gateway.sbom"), "verified");
}

#[test]
pub(crate) fn demands_of_the_policy_that_are_met_verify() {
    let demands = "images:\n  gateway: {signed-by: [{key: gateway.pub}]}\nrequire: {items: [api_p95, runbooks]}\n";
    by_policy(good(), demands).is("verified", 0, &[]);

    let registry = world().sandbox.registry();
    let of_its_place = format!(
        "images:\n  gateway: {{reference: \"{registry}/demo/*\", signed-by: [{{key: gateway.pub}}]}}\n"
    );
    by_policy(good(), &of_its_place).is("verified", 0, &[]);
}

#[test]
pub(crate) fn demands_of_the_policy_that_are_not_met_leave_the_bundle_valid_and_exit_with_4() {
    for demands in [
        "images:\n  gateway: {signed-by: [{key: other.pub}]}\n",
        "images:\n  api: {signed-by: [{key: other.pub}]}\n",
        "images:\n  '*': {signed-by: [{key: gateway.pub}]}\n",
        "images:\n  worker: {signed-by: [{key: gateway.pub}]}\n",
        "images:\n  gateway: {signed-by: [{key: gateway.pub}], sbom: {format: spdx, signed-by: [{key: gateway.pub}]}}\n",
        "images:\n  gateway: {signed-by: [{key: gateway.pub}], sbom: {format: cyclonedx, signed-by: [{key: other.pub}]}}\n",
        "images:\n  gateway: {reference: elsewhere.example/gateway, signed-by: [{key: gateway.pub}]}\n",
        "require: {items: [load_test]}\n",
    ] {
        by_policy(good(), demands).is("verified", 4, &["policy"]);
    }
}

#[test]
pub(crate) fn the_policys_release_is_asked_for() {
    let other = "release: {repository: github.com/intelgraph/demo-shop, tag: v1.5.0}\n";

    by_policy(good(), other).is_refused_by(&["release-asked"]);
}

#[test]
pub(crate) fn an_unsigned_image_is_a_failed_requirement_of_a_valid_bundle() {
    world()
        .sandbox
        .push_image("demo/unsigned", "nobody signs this")
        .unwrap();
    let sample = red(|text| text.replace("demo/api:", "demo/unsigned:"));

    let verdict = sample.verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-image-unsigned");
    assert_eq!(verdict.status("api"), "missing");
}

#[test]
pub(crate) fn an_image_signed_by_somebody_else_is_a_failed_requirement_of_a_valid_bundle() {
    let sample = red(|text| text.replace("signed-by: gateway,", "signed-by: release,"));

    let verdict = sample.verify();

    verdict.is("verified", 4, &["requirement"]);
    assert_ne!(verdict.status("gateway"), "verified");
}

#[test]
pub(crate) fn a_metric_over_its_limit_is_a_failed_requirement_of_a_valid_bundle() {
    let sample = red(|text| text.replace("<= 350ms", "<= 1ms"));

    sample.verify().is("verified", 4, &["requirement"]);
    let demanded = by_policy(&sample, "require: {items: [api_p95]}\n");
    demanded.is("verified", 4, &["policy", "requirement"]);
}

#[test]
pub(crate) fn a_metric_without_data_is_never_a_pass() {
    let sample = red(|text| text.replace(r#"{job="api"}"#, r#"{job="nothing"}"#));

    let verdict = sample.verify();

    verdict.is("verified", 4, &["requirement"]);
    assert_ne!(verdict.status("api_p95"), "verified");
}

/// A release that is sealed although a requirement failed.
pub(crate) fn red(change: impl FnOnce(String) -> String) -> Sample {
    let (sample, released) = Sample::release(&Project::with(world(), change));
    assert_eq!(released.code, Some(4), "{}", released.stderr);
    sample
}

/// Verifies by a policy that accepts the release workflow's seal, and demands this besides.
pub(crate) fn by_policy(sample: &Sample, demands: &str) -> Verdict {
    let folder = world().new_folder();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let other = LocalKey::generate().unwrap();
    put(
        "gateway.pub",
        &world().images.gateway_key.public_pem().unwrap(),
    );
    put("other.pub", &other.public_pem().unwrap());
    put("trusted_root.json", world().sandbox.trusted_root_json());
    put("policy.yaml", &(policy(world()) + demands));
    let path = crate::common::text(&folder.join("policy.yaml"));
    sample.verify_by(&["--policy".into(), path])
}

fn policy(world: &World) -> String {
    let issuer = world.sandbox.issuer_url();
    format!(
        "version: 1\n\
         trusted-roots: [trusted_root.json]\n\
         seal:\n  any-of:\n    - {{issuer: \"{issuer}\", subject: \
         \"https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{TAG}\"}}\n"
    )
}
