//! Evidence bundles: looked into, never believed.

use crate::asked::{answer, ask, fixtures};
use crate::common::project::Project;
use crate::common::{World, run, text};
use serde_json::Value;

const BUNDLE: &str = "../bundles/good/evidence-bundle-v1.4.0.tar.gz";

#[test]
fn every_attested_document_of_a_bundle_is_checked_and_called_unverified() {
    let (code, value) = answer(&["sbom", "check", BUNDLE]);

    assert_eq!(code, Some(0));
    let target = &value["targets"][0];
    assert_eq!(
        (&target["kind"], &target["unverified"]),
        (&"bundle".into(), &true.into())
    );
    let places: Vec<_> = (target["documents"].as_array().unwrap().iter())
        .map(|one| {
            let part = |key: &str| one["origin"][key].as_str().unwrap_or("-").to_owned();
            let format = one["document"]["format"].as_str().unwrap();
            format!(
                "{} {} {format} {}",
                part("item"),
                part("platform"),
                part("binding")
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            "api - spdx agrees",
            "client linux/amd64 spdx agrees",
            "client linux/arm64 spdx agrees",
            "client - cyclonedx agrees",
            "gateway - spdx agrees",
            "gateway - cyclonedx agrees",
        ]
    );
    let text = ask(&["sbom", "check", BUNDLE]).stdout;
    let said = "UNVERIFIED: nothing of this bundle was verified; `evidence verify` judges it";
    assert!(text.contains(said), "{text}");
    let markdown = ask(&["sbom", "check", BUNDLE, "-o", "markdown"]).stdout;
    assert!(markdown.contains("**UNVERIFIED**"), "{markdown}");
}

#[test]
fn format_and_platform_say_which_documents_of_a_bundle_count() {
    let flags = ["--format", "spdx", "--platform", "linux/arm64"];

    let (code, value) = answer(&[&["sbom", "check", BUNDLE], &flags[..]].concat());

    assert_eq!(code, Some(0));
    let documents = value["targets"][0]["documents"].as_array().unwrap();
    let platforms: Vec<&Value> = documents
        .iter()
        .map(|one| &one["origin"]["platform"])
        .collect();
    assert_eq!(
        platforms,
        [&Value::Null, &"linux/arm64".into(), &Value::Null]
    );
}

#[test]
fn two_bundles_are_compared_image_by_image_and_platform_by_platform() {
    let (code, value) = answer(&["sbom", "diff", BUNDLE, BUNDLE, "--exit-code"]);

    assert_eq!(code, Some(0));
    assert_eq!(value["differs"], false);
    let places: Vec<_> = (value["comparisons"].as_array().unwrap().iter())
        .map(|one| {
            let part = |key: &str| one[key].as_str().unwrap_or("-");
            format!("{} {}", part("item"), part("platform"))
        })
        .collect();
    assert_eq!(
        places,
        [
            "api -",
            "client linux/amd64",
            "client linux/arm64",
            "gateway -"
        ]
    );
}

#[test]
fn a_bundle_of_several_images_against_a_file_is_a_mistake() {
    let ran = ask(&[
        "sbom",
        "diff",
        BUNDLE,
        "documents/trivy-0.74.0/shop.cdx.json",
    ]);

    assert_eq!(ran.code, Some(2));
    let said = "is one image, and the other has several";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

/// A release of this world with a scan of `api`.
fn released(world: &World, report: &Value) -> String {
    let scans = "scans:\n  - {id: vulns, path: grype.json, image: api}\n";
    let project = Project::with(world, |text| text + scans);
    std::fs::write(project.path("grype.json"), report.to_string()).unwrap();
    let ran = run(&world.release_args(&project));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let kept = world.new_folder().join("bundle.tar.gz");
    std::fs::copy(project.bundle(), &kept).unwrap();
    text(&kept)
}

#[test]
fn the_scans_in_two_bundles_are_part_of_the_difference() {
    let path = fixtures().join("scans/grype/rootfs.json");
    let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut fewer = report.clone();
    fewer["matches"].as_array_mut().unwrap().truncate(1);
    let world = World::start();
    let (old, new) = (released(&world, &report), released(&world, &fewer));

    let (code, value) = answer(&["sbom", "diff", &old, &new, "--exit-code"]);

    assert_eq!(code, Some(1), "{value:#}");
    let scan = &value["scans"][0];
    assert_eq!(scan["scan"], "vulns");
    let count = |list: &str| scan["diff"][list].as_array().unwrap().len();
    assert_eq!((count("new"), count("resolved"), count("still")), (0, 8, 1));
}
