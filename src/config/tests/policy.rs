//! Policies: what is read and refused.

use super::{PEM, POLICY_SCHEMA, accepts, key_files, parse_policy};
use crate::model::IdentityRule;
use crate::model::Instance;
use crate::model::identity::Pattern;
use crate::model::policy::PolicyRoot;

const POLICY: &str = include_str!("../../../fixtures/config/policy.yaml");

const SEAL: &str = "version: 1\nseal: {any-of: [{key: release.pub}]}\n";

fn policy_said(text: &str) -> String {
    let policy = parse_policy(text.as_bytes(), "policy.yaml", &mut key_files);
    policy
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn every_instance_that_is_built_in_can_be_named_as_a_root() {
    let text = format!("{SEAL}trusted-roots: [github, staging, public-good]");

    let policy = parse_policy(text.as_bytes(), "policy.yaml", &mut key_files).unwrap();

    assert_eq!(
        policy.trusted_roots,
        [Instance::GitHub, Instance::Staging, Instance::PublicGood].map(PolicyRoot::Instance)
    );
}

#[test]
fn a_full_policy_is_read_and_valid_by_its_schema() {
    let policy = parse_policy(POLICY.as_bytes(), "policy.yaml", &mut key_files).unwrap();

    assert_eq!(policy.seal.len(), 2);
    let IdentityRule::Certificate {
        subject: Pattern::Exact(subject),
        ..
    } = &policy.seal[0]
    else {
        panic!()
    };
    assert!(subject.ends_with("release.yml@refs/tags/v1.0.0-GA"));
    assert_eq!(policy.seal[1], IdentityRule::Key { pem: PEM.into() });
    assert_eq!(policy.trusted_roots.len(), 2);
    assert_eq!(
        policy.trusted_roots[1],
        PolicyRoot::Instance(Instance::PublicGood)
    );
    assert_eq!(policy.release.tag.as_deref(), Some("v1.0.0-GA"));
    assert_eq!(policy.items, ["api_p95", "client.sbom-cyclonedx"]);
    assert_eq!(
        policy.image("api").unwrap().sboms[0].signed_by,
        policy.image("api").unwrap().signed_by
    );
    assert_eq!(policy.image("other"), policy.images.get("*"));
    assert!(accepts(POLICY_SCHEMA, POLICY));
}

#[test]
fn a_policy_that_says_what_cannot_be_checked_is_refused() {
    let refused = "hint: a policy that demands what cannot be checked is refused";
    // The third says whether the schema refuses it too.
    for (text, expected, is_form) in [
        (format!("{SEAL}approvals: {{}}"), format!("3:1: \"approvals\" is not supported by this version\n  {refused}"), true),
        (format!("{SEAL}roles: {{}}"), "3:1: \"roles\" is not supported by this version".into(), true),
        (format!("{SEAL}require: {{items: [], gates: [g]}}"), "3:22: \"gates\" is not supported by this version".into(), true),
        (format!("{SEAL}require: {{items: [], stages: [tag]}}"), "3:22: \"stages\" is not supported by this version".into(), true),
        (format!("{SEAL}requires: {{items: []}}"), "3:1: unknown key \"requires\"\n  hint: did you mean \"require\"?".into(), true),
        (format!("{SEAL}require: {{}}"), "3:10: the key \"items\" is missing".into(), true),
        ("version: 1".into(), "1:1: the key \"seal\" is missing".into(), true),
        ("version: 1\nseal: {}".into(), "2:7: the key \"any-of\" is missing".into(), true),
        ("version: 1\nseal: {any-of: []}".into(), "2:16: the list is empty".into(), true),
        ("version: 1\nseal: {any-of: {key: release.pub}}".into(), "2:16: expected a list, found a map".into(), true),
        ("version: 1\nseal: {any-of: [release]}".into(), "2:17: expected an identity, found the name \"release\"".into(), true),
        ("version: 1\nseal: {any-of: [{key: none.pub}]}".into(), "2:23: the file \"none.pub\" cannot be read".into(), false),
        ("version: 1\nseal: {any-of: [{issuer: i, subject: 'x@{tag}'}]}".into(), "2:38: nothing fills in {tag} here\n  hint: give release: {tag: …}, or use subject-regexp".into(), false),
        ("version: 1\nseal: {any-of: [{issuer: i, subject: 'x@{version}'}]}".into(), "2:38: nothing fills in {version} here".into(), false),
        (format!("{SEAL}images: {{api: {{}}}}"), "3:15: nothing is demanded of the image".into(), true),
        (format!("{SEAL}images: {{api: {{sbom: {{format: spdx}}}}}}"), "3:22: an SBOM needs \"signed-by\"".into(), false),
        (format!("{SEAL}release: {{commit: abc}}"), "3:19: \"abc\" is no commit".into(), true),
        (format!("{SEAL}release: {{tag: refs/tags/v1}}"), "3:16: a tag is named without refs/tags/".into(), true),
        (format!("{SEAL}trusted-roots: [other.json]"), "3:17: the file \"other.json\" cannot be read".into(), false),
    ] {
        let said = policy_said(&text);
        assert!(said.starts_with(&format!("policy.yaml:{expected}")), "{text}\nsaid: {said}");
        assert_eq!(accepts(POLICY_SCHEMA, &text), !is_form, "the schema on {text}");
    }
}
