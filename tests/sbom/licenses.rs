//! Lists of licenses.

use crate::asked::{answer, ask, codes};

const SYFT: &str = "documents/syft-1.57.1/npm-lock.spdx-2.3.json";
const GOMOD: &str = "documents/cyclonedx-gomod/binary.cdx-1.5.xml";

#[test]
fn a_license_that_is_not_allowed_is_named_with_its_package() {
    let (code, answer) = answer(&["sbom", "check", SYFT, "--allow-license", "MIT,ISC"]);

    assert_eq!(code, Some(4));
    let document = &answer["targets"][0]["documents"][0];
    assert_eq!(codes(document), ["license-denied"]);
    assert_eq!(document["licenses"]["denied"]["count"], 1);
    assert_eq!(
        document["licenses"]["denied"]["first"][0]["license"],
        "BSD-3-Clause"
    );
}

#[test]
fn a_denied_license_fails_and_another_does_not() {
    let denied = ask(&["sbom", "check", SYFT, "--deny-license", "BSD-3-Clause"]);
    let other = ask(&["sbom", "check", SYFT, "--deny-license", "GPL-3.0-only"]);

    assert_eq!((denied.code, other.code), (Some(4), Some(0)));
}

#[test]
fn packages_without_a_license_fail_a_list_unless_they_are_let_through() {
    let list = ["sbom", "check", GOMOD, "--deny-license", "GPL-3.0-only"];

    let (code, answer) = answer(&list);
    let allowed = ask(&[&list[..], &["--allow-missing-license"]].concat());

    assert_eq!(code, Some(4));
    let document = &answer["targets"][0]["documents"][0];
    assert_eq!(codes(document), ["license-missing"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stdout);
}

#[test]
fn a_license_that_spdx_does_not_list_is_a_mistake_in_a_list() {
    let ran = ask(&["sbom", "check", SYFT, "--allow-license", "MTI"]);

    assert_eq!(ran.code, Some(2));
    let said = "error: \"MTI\" is no identifier of the SPDX license list";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
}

#[test]
fn letting_licenses_through_without_a_list_is_a_mistake() {
    let ran = ask(&["sbom", "check", SYFT, "--allow-unknown-license"]);

    assert_eq!(ran.code, Some(2));
}
