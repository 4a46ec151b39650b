//! What moved since the release before: two SBOMs, each attested at its own tag, compared again by whoever verifies.

use crate::common::{TAG, text};
use crate::image::{
    BEFORE, Package, attest, before, described, new_image, package, project, release, released,
    sign, spdx, workflow,
};
use crate::sample::{Sample, Verdict, beside, world};
use crate::sbom::item;
use serde_json::Value;

const PREVIOUS: &str = ", previous: v1.3.0";

/// The drift between two lists of packages, released with these limits.
fn moved(old: &[Package], new: &[Package], limits: &str, code: i32) -> Sample {
    let (old, new) = (described(BEFORE, old), described(TAG, new));
    let project = project(TAG, &new, &format!("drift: {{{limits}}}"), PREVIOUS, "");
    before(&old, &project);
    released(&project, code)
}

/// What a verifier says who accepts the release workflow at any tag.
fn by_any_tag(sample: &Sample) -> Verdict {
    let issuer = world().sandbox.issuer_url();
    let root = text(&world().path("trusted_root.json"));
    let args = [
        "--certificate-identity-regexp",
        "https://github.com/intelgraph/demo-shop/.github/workflows/release.yml@refs/tags/v.*",
        "--certificate-oidc-issuer",
        issuer,
        "--trusted-root",
        &root,
    ];
    sample.verify_by(&args.map(String::from))
}

#[test]
fn all_that_moved_is_named_and_verified_by_a_verifier_who_accepts_both_sealers() {
    let mut relicensed = package("left", "1.0.0");
    relicensed.license = "Apache-2.0";
    let mut rebuilt = package("same", "1.0.0");
    rebuilt.hash = "bb";
    let old = [
        package("left", "1.0.0"),
        package("up", "1.9.0"),
        package("down", "2.0.0"),
        package("gone", "1.0.0"),
        package("same", "1.0.0"),
    ];
    let new = [
        relicensed,
        package("up", "1.10.0"),
        package("down", "1.0.0"),
        package("come", "1.0.0"),
        rebuilt,
    ];

    let sample = moved(&old, &new, "", 0);

    let verdict = by_any_tag(&sample);
    let drift = &item(&verdict, "api.drift")["facts"]["comparisons"][0]["drift"];
    let names = |key: &str| -> Vec<&str> {
        let list = drift[key].as_array().unwrap().iter();
        list.map(|one| one["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names("added"), ["come"]);
    assert_eq!(names("removed"), ["gone"]);
    assert_eq!(names("upgraded"), ["up"]);
    assert_eq!(names("downgraded"), ["down"]);
    assert_eq!(names("relicensed"), ["left"]);
    assert_eq!(names("rehashed"), ["same"]);
    verdict.is("verified", 0, &[]);
    assert_eq!(verdict.status("api.drift"), "verified");
}

#[test]
fn to_a_verifier_who_accepts_only_todays_sealer_the_comparison_is_recorded() {
    let sample = moved(
        &[package("left", "1.0.0")],
        &[package("left", "1.1.0")],
        "",
        0,
    );

    let verdict = sample.verify();

    verdict.is("verified", 0, &[]);
    assert_eq!(verdict.status("api.drift"), "recorded");
}

#[test]
fn each_limit_is_broken_by_what_it_is_about() {
    let left = package("left", "1.0.0");
    let mut relicensed = left.clone();
    relicensed.license = "Apache-2.0";
    let mut rebuilt = left.clone();
    rebuilt.hash = "bb";
    let mut bare = package("come", "1.0.0");
    bare.license = "NOASSERTION";
    for (new, limits, code) in [
        (
            vec![left.clone(), package("come", "1.0.0")],
            "max-added: 0",
            "drift-added",
        ),
        (vec![], "max-removed: 0", "drift-removed"),
        (
            vec![package("left", "1.0.1")],
            "max-upgraded: 0",
            "drift-upgraded",
        ),
        (
            vec![package("left", "0.9.0")],
            "max-downgraded: 0",
            "drift-downgraded",
        ),
        (vec![relicensed], "max-relicensed: 0", "drift-relicensed"),
        (vec![rebuilt], "max-rehashed: 0", "drift-rehashed"),
        (
            vec![left.clone(), bare],
            "new-packages-need: license",
            "drift-without-license",
        ),
    ] {
        let sample = moved(std::slice::from_ref(&left), &new, limits, 4);

        let verdict = sample.verify();

        verdict.is("verified", 4, &["requirement"]);
        verdict.says(&format!("EV-requirement-{code}"));
    }
}

#[test]
fn without_the_bundle_before_the_release_waits_and_says_which_file_it_needs() {
    let image = described(TAG, &[package("left", "1.0.0")]);
    let project = project(TAG, &image, "drift: {}", PREVIOUS, "");

    let run = release(&project);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("evidence-bundle-v1.3.0.tar.gz cannot be read"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_bundle_before_without_a_seal_leaves_the_comparison_recorded() {
    let old = described(BEFORE, &[package("left", "1.0.0")]);
    let new = described(TAG, &[package("left", "1.0.0")]);
    let project = project(TAG, &new, "drift: {max-added: 0}", PREVIOUS, "");
    before(&old, &project);
    let bundle = project.path("evidence-bundle-v1.3.0.tar.gz");
    std::fs::remove_file(beside(&bundle, ".sigstore.json")).unwrap();

    let verdict = released(&project, 0).verify();

    verdict.is("verified", 0, &[]);
    assert_eq!(verdict.status("api.drift"), "recorded");
}

#[test]
fn the_seal_of_another_bundle_is_no_seal_of_the_one_before() {
    let old = described(BEFORE, &[package("left", "1.0.0")]);
    let new = described(TAG, &[package("left", "1.0.0")]);
    let project = project(TAG, &new, "drift: {}", PREVIOUS, "");
    before(&old, &project);
    let bundle = project.path("evidence-bundle-v1.3.0.tar.gz");
    let other = crate::image::release_with(&described(TAG, &[]), "", 0);
    std::fs::write(beside(&bundle, ".sigstore.json"), other.seal.unwrap()).unwrap();

    let verdict = released(&project, 4).verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-drift-seal");
}

#[test]
fn the_bundle_of_another_release_is_not_the_one_before() {
    let old = described(BEFORE, &[package("left", "1.0.0")]);
    let new = described(TAG, &[package("left", "1.0.0")]);
    let project = project(
        TAG,
        &new,
        "drift: {}",
        ", previous: {tag: v1.2.0, bundle: evidence-bundle-v1.3.0.tar.gz}",
        "",
    );
    before(&old, &project);

    let verdict = released(&project, 4).verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-drift-release");
}

#[test]
fn an_sbom_that_nobody_asked_for_signed_is_not_compared() {
    let old = described(BEFORE, &[package("left", "1.0.0")]);
    let image = new_image();
    sign(&image, &workflow(TAG));
    let document = spdx(Some(image.descriptor.digest), &[package("left", "1.0.0")]);
    // By the workflow of another tag.
    attest(&image, &image.descriptor, &workflow(BEFORE), document);
    let project = project(TAG, &image, "drift: {}", PREVIOUS, "");
    before(&old, &project);

    let verdict = released(&project, 4).verify();

    verdict.says("EV-requirement-drift-sbom");
    assert_eq!(verdict.status("api.drift"), "missing");
}

#[test]
fn a_comparison_that_does_not_follow_from_the_two_documents_is_a_refused_claim() {
    let left = package("left", "1.0.0");
    let sample = moved(
        std::slice::from_ref(&left),
        &[left.clone(), package("come", "1.0.0")],
        "",
        0,
    );
    let hidden = sample.bundle().edit_item("api.drift", |item| {
        let drift = &mut item["claim"]["facts"]["comparisons"][0]["drift"];
        drift["added"] = Value::Array(Vec::new());
    });

    sample.resealed(&hidden).verify().is_refused_by(&["claim"]);
}

#[test]
fn an_attestation_that_the_bundle_before_does_not_list_is_not_compared() {
    let left = package("left", "1.0.0");
    let sample = moved(
        std::slice::from_ref(&left),
        std::slice::from_ref(&left),
        "",
        0,
    );
    // A manifest of the bundle before with fewer objects than its seal names.
    let thinned = sample.bundle();
    let path = thinned.first_under("files/api.drift/previous.manifest.json");
    let thinned = thinned
        .edit_json(&path, |manifest| {
            let items = manifest["items"].as_array_mut().unwrap();
            let image = items.iter_mut().find(|item| item["id"] == "api").unwrap();
            let files = image["files"].as_array_mut().unwrap();
            files.retain(|file| !file.as_str().unwrap().starts_with("oci/blobs/"));
        })
        .relist();
    let thinned = sample.restate(thinned, "api.drift");

    let verdict = sample.resealed(&thinned).verify();

    verdict.says("EV-requirement-drift-seal");
    assert_ne!(verdict.status("api.drift"), "verified");
}

#[test]
fn a_bundle_of_a_drift_needs_a_release_before() {
    let image = described(TAG, &[package("left", "1.0.0")]);
    let run = release(&project(TAG, &image, "drift: {}", "", ""));

    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("name the tag before as release.previous"),
        "{}",
        run.stderr
    );
}
