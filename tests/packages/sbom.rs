//! SBOMs that must be for the image, for each of its platforms, complete, and of allowed licenses.

use crate::common::{REPOSITORY, TAG, text};
use crate::image::{
    attest, described, new_image, new_index, package, release_with, sign, spdx, workflow,
};
use crate::sample::{Sample, Verdict, world};

#[test]
fn an_sbom_that_meets_every_demand_is_verified() {
    let image = described(TAG, &[package("left", "1.0.0"), package("right", "2.0.0")]);
    let demands = "quality: {profile: ntia-2021, min: 90%, complete: [name, version]}, \
         licenses: {allow: [MIT, Apache-2.0]}";

    let verdict = release_with(&image, demands, 0).verify();

    verdict.is("verified", 0, &[]);
    assert_eq!(verdict.status("api.sbom"), "verified");
    let facts = &item(&verdict, "api.sbom")["facts"]["documents"][0]["document"];
    assert_eq!(facts["quality"]["profile"], "ntia-2021");
    assert_eq!(facts["licenses"]["packages"], 2);
}

#[test]
fn an_sbom_of_another_image_is_refused_as_one() {
    let (image, other) = (new_image(), new_image());
    let signer = workflow(TAG);
    sign(&image, &signer);
    // Two images of one content are one image.
    let foreign = evidence::model::Digest::of(other.repository.as_bytes());
    let document = spdx(Some(foreign), &[package("left", "1.0.0")]);
    attest(&image, &image.descriptor, &signer, document);

    let verdict = release_with(&image, "", 4).verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-sbom-other-image");
}

#[test]
fn one_incomplete_package_breaks_the_demand_for_that_element_and_the_share() {
    let mut bare = package("left", "");
    bare.hash = "bb";
    let image = described(TAG, &[bare, package("right", "2.0.0")]);

    let element = release_with(
        &image,
        "quality: {profile: ntia-2021, complete: version}",
        4,
    );
    let share = release_with(&image, "quality: {profile: ntia-2021, min: 100%}", 4);

    let verdict = element.verify();
    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-sbom-quality-version");
    let verdict = share.verify();
    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-sbom-quality-score");
}

#[test]
fn a_license_that_is_not_allowed_denied_unknown_or_missing_is_each_said_as_such() {
    for (license, rules, code) in [
        ("GPL-3.0-only", "allow: [MIT]", "license-denied"),
        ("AGPL-3.0-only", "deny: [AGPL-3.0-only]", "license-denied"),
        ("Own-License-1", "allow: [MIT]", "license-unknown"),
        ("NOASSERTION", "allow: [MIT]", "license-missing"),
    ] {
        let mut odd = package("left", "1.0.0");
        odd.license = license;
        let image = described(TAG, &[odd, package("right", "2.0.0")]);

        let verdict = release_with(&image, &format!("licenses: {{{rules}}}"), 4).verify();

        verdict.is("verified", 4, &["requirement"]);
        verdict.says(&format!("EV-requirement-{code}"));
    }
}

#[test]
fn of_a_choice_of_licenses_one_that_is_allowed_is_enough() {
    let mut either = package("left", "1.0.0");
    either.license = "GPL-3.0-only OR MIT";
    let image = described(TAG, &[either]);

    let verdict = release_with(&image, "licenses: {allow: [MIT], deny: [GPL-3.0-only]}", 0);

    verdict.verify().is("verified", 0, &[]);
}

#[test]
fn each_platform_needs_an_sbom_of_its_own_unless_it_is_waived_or_one_speaks_for_all() {
    let image = new_index();
    let signer = workflow(TAG);
    sign(&image, &signer);
    let document = spdx(None, &[package("left", "1.0.0")]);
    attest(&image, &image.descriptor, &signer, document);

    let each = release_with(&image, "", 4).verify();
    let index = release_with(&image, "platforms: index", 0).verify();

    each.is("verified", 4, &["requirement"]);
    each.says("EV-requirement-sbom-platform");
    index.is("verified", 0, &[]);

    let document = spdx(Some(image.platforms[0].digest), &[package("left", "1.0.0")]);
    attest(&image, &image.descriptor, &signer, document);
    let one = release_with(&image, "", 4).verify();
    let waived = release_with(&image, "waive: linux/arm64", 0).verify();

    one.says("EV-requirement-sbom-platform");
    waived.is("verified", 0, &[]);
}

#[test]
fn the_sbom_of_one_platform_is_none_of_the_other() {
    let image = new_index();
    let signer = workflow(TAG);
    sign(&image, &signer);
    for platform in &image.platforms {
        // Both are attested with the first one's document.
        let document = spdx(Some(image.platforms[0].digest), &[package("left", "1.0.0")]);
        attest(&image, platform, &signer, document);
    }

    let verdict = release_with(&image, "", 4).verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-sbom-other-image");
}

#[test]
fn a_policy_demands_more_of_an_sbom_than_the_producer_did() {
    let mut copyleft = package("left", "1.0.0");
    copyleft.license = "GPL-3.0-only";
    let image = described(TAG, &[copyleft]);
    let sample = release_with(&image, "", 0);

    let met = by_policy(&sample, "licenses: {deny: [AGPL-3.0-only]}");
    let license = by_policy(&sample, "licenses: {allow: [MIT]}");
    let quality = by_policy(
        &sample,
        "quality: {profile: cisa-2026, complete: generation-context}",
    );

    met.is("verified", 0, &[]);
    license.is("verified", 4, &["policy"]);
    license.says("EV-policy-license-denied");
    quality.is("verified", 4, &["policy"]);
    quality.says("EV-policy-sbom-quality-generation-context");
}

#[test]
fn facts_about_quality_that_do_not_follow_are_a_refused_claim() {
    let image = described(TAG, &[package("left", "1.0.0")]);
    let sample = release_with(&image, "quality: {profile: ntia-2021}", 0);

    let bundle = sample.bundle().edit_item("api.sbom", |item| {
        let document = &mut item["claim"]["facts"]["documents"][0]["document"];
        document["quality"]["elements"][0]["missing"] = 0.into();
        document["quality"]["elements"][0]["present"] = 7.into();
    });

    sample.resealed(&bundle).verify().is_refused_by(&["claim"]);
}

/// An item of the report.
pub(crate) fn item<'a>(verdict: &'a Verdict, id: &str) -> &'a serde_json::Value {
    let items = verdict.report["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == id).unwrap()
}

/// Verifies by a policy that accepts the release workflow, and demands this of the SBOM.
fn by_policy(sample: &Sample, demands: &str) -> Verdict {
    let folder = world().new_folder();
    let issuer = world().sandbox.issuer_url();
    let signer = format!(
        "{{issuer: \"{issuer}\", subject: \
         \"https://github.com/{REPOSITORY}/.github/workflows/release.yml@refs/tags/{TAG}\"}}"
    );
    let policy = format!(
        "version: 1\ntrusted-roots: [trusted_root.json]\nseal: {{any-of: [{signer}]}}\n\
         images: {{api: {{signed-by: [{signer}], sbom: {{format: spdx, {demands}}}}}}}\n"
    );
    let path = folder.join("policy.yaml");
    std::fs::write(&path, policy).unwrap();
    std::fs::write(
        folder.join("trusted_root.json"),
        world().sandbox.trusted_root_json(),
    )
    .unwrap();
    sample.verify_by(&["--policy".into(), text(&path)])
}
