//! Policies: what is read and refused.

use super::{PEM, POLICY_SCHEMA, accepts, key_files, parse_policy};
use crate::model::identity::{CertificateClaim, Pattern};
use crate::model::policy::PolicyRoot;
use crate::model::{IdentityRule, Instance};

const POLICY: &str = include_str!("../../../fixtures/config/policy.yaml");

fn policy_said(text: &str) -> String {
    let policy = parse_policy(text.as_bytes(), "policy.yaml", &mut key_files);
    policy
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn every_instance_that_is_built_in_can_be_named_as_a_root() {
    let seal = "version: 1\nseal: {any-of: [{key: release.pub}]}\n";
    let text = format!("{seal}trusted-roots: [github, staging, public-good]");

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
        subject: Some(Pattern::Exact(subject)),
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
    assert_eq!(policy.require.items, ["api_p95", "client.sbom-cyclonedx"]);
    assert_eq!(
        policy.image("api").unwrap().sboms[0].signed_by,
        policy.image("api").unwrap().signed_by
    );
    assert_eq!(policy.image("other"), policy.images.get("*"));
    assert!(policy.image("api").unwrap().docker_reference_must_match);
    assert_eq!(policy.require.gates, ["cutover"]);
    assert_eq!(policy.require.stages, ["tag", "t+120"]);
    assert_eq!(policy.roles["site-reliability"].len(), 2);
    assert_eq!(
        policy.approvals["go"].roles,
        [
            vec!["security-engineering".to_owned()],
            vec!["site-reliability".into(), "management".into()]
        ]
    );
    assert_eq!(policy.approvals["hotfix"].roles, [["site-reliability"]]);
    assert!(accepts(POLICY_SCHEMA, POLICY));
}

#[test]
fn all_of_and_claims_of_a_policy_are_filled_in_and_found_by_the_images_place() {
    let policy = parse_policy(POLICY.as_bytes(), "policy.yaml", &mut key_files).unwrap();

    let (name, gateway) = policy
        .image_at(Some("ghcr.io/intelgraph/gateway/edge"))
        .unwrap();

    assert_eq!(name, "gateway");
    assert_eq!(
        policy.repository_of(gateway),
        Some("github.com/intelgraph/platform")
    );
    let groups = gateway.signed_by.groups();
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    let IdentityRule::Certificate {
        subject, claims, ..
    } = &groups[1][0]
    else {
        panic!()
    };
    assert_eq!(*subject, None);
    assert_eq!(claims.len(), CertificateClaim::ALL.len());
    assert_eq!(
        claims[&CertificateClaim::Ref],
        Pattern::Exact("refs/tags/v1.0.0-GA".into())
    );
    assert_eq!(
        claims[&CertificateClaim::WorkflowName],
        Pattern::Regexp(r"^Images( \(.*\))?$".into())
    );
    // An SBOM without signers of its own takes the image's, with every group of them.
    assert_eq!(gateway.sboms[0].signed_by, gateway.signed_by);
    assert_eq!(gateway.sboms[1].signed_by.groups().len(), 2);
}

#[test]
fn a_seal_and_a_role_are_written_in_every_form_that_one_signer_can_meet() {
    let by_key = "{key: release.pub}";
    for seal in [
        by_key.to_owned(),
        format!("[{by_key}]"),
        format!("{{any-of: [{by_key}]}}"),
        format!("{{all-of: [{by_key}]}}"),
    ] {
        let text = format!("version: 1\nseal: {seal}\nroles: {{r: {seal}}}\n");

        assert_eq!(policy_said(&text), "", "{text}");
        assert!(accepts(POLICY_SCHEMA, &text), "{text}");
    }
}

#[test]
fn a_policy_that_is_wrong_in_one_place_is_refused_there() {
    const SEAL: &str = "version: 1\nseal: {any-of: [{key: release.pub}]}\n";
    const KEY: &str = "{key: release.pub}";
    let image = |demand: &str| format!("{SEAL}images: {{api: {{{demand}}}}}");
    let signed = |by: &str| format!("{SEAL}images: {{api: {{signed-by: {by}}}}}");
    let claims = |claims: &str| format!("version: 1\nseal: {{issuer: i, claims: {claims}}}");
    let mut wrong = Vec::new();
    // The third says whether the schema refuses it too.
    for (text, expected, is_form) in [
        (
            format!("{SEAL}approvals: {{go: {{all-of: [nobody]}}}}"),
            "3:27: unknown role \"nobody\"\n  hint: no role is defined",
            false,
        ),
        (
            format!("{SEAL}approvals: {{go: {{all-of: []}}}}"),
            "3:26: the list is empty",
            true,
        ),
        (
            format!("{SEAL}roles: {{r: [], s: {KEY}}}"),
            "3:12: the list is empty",
            true,
        ),
        (
            format!("{SEAL}roles: {{r: {{all-of: [{KEY}, {KEY}]}}}}"),
            "3:12: an approval in a role is by one signer, not by all of several\n  hint: write any-of",
            true,
        ),
        (
            format!("{SEAL}require: {{gates: [G!]}}"),
            "3:19: \"G!\" is no id",
            true,
        ),
        (
            format!("{SEAL}require: {{items: [], gate: [g]}}"),
            "3:22: unknown key \"gate\"\n  hint: did you mean \"gates\"?",
            true,
        ),
        (
            format!("{SEAL}requires: {{items: []}}"),
            "3:1: unknown key \"requires\"\n  hint: did you mean \"require\"?",
            true,
        ),
        (
            format!("{SEAL}require: {{}}"),
            "3:10: nothing is required\n  hint: give items, gates or stages",
            true,
        ),
        (
            "version: 1".into(),
            "1:1: the key \"seal\" is missing",
            true,
        ),
        (
            "version: 1\nseal: {}".into(),
            "2:7: an identity is {issuer: …, subject: …} or {key: PATH}",
            true,
        ),
        (
            "version: 1\nseal: {any-of: []}".into(),
            "2:16: the list is empty",
            true,
        ),
        (
            "version: 1\nseal: {any-of: {key: release.pub}}".into(),
            "2:16: expected a list, found a map",
            true,
        ),
        (
            "version: 1\nseal: {any-of: [release]}".into(),
            "2:17: expected an identity, found the name \"release\"",
            true,
        ),
        (
            format!("version: 1\nseal: {{all-of: [{KEY}, {KEY}]}}"),
            "2:7: a seal is by one signer, not by all of several\n  hint: write any-of",
            true,
        ),
        (
            format!("version: 1\nseal: {{any-of: [{KEY}], all-of: [{KEY}]}}"),
            "2:8: unknown key \"any-of\"",
            true,
        ),
        (
            "version: 1\nseal: {any-of: [{key: none.pub}]}".into(),
            "2:23: the file \"none.pub\" cannot be read",
            false,
        ),
        (
            "version: 1\nseal: {any-of: [{issuer: i, subject: 'x@{tag}'}]}".into(),
            "2:38: nothing fills in {tag} here\n  hint: give release: {tag: …}, or use subject-regexp",
            false,
        ),
        (
            "version: 1\nseal: {any-of: [{issuer: i, subject: 'x@{version}'}]}".into(),
            "2:38: nothing fills in {version} here",
            false,
        ),
        (
            claims("{ref: 'refs/tags/{tag}', repository: h/r}"),
            "2:33: nothing fills in {tag} here",
            false,
        ),
        (
            claims("{}"),
            "2:7: an identity needs \"subject\" or \"subject-regexp\"",
            true,
        ),
        (
            claims("{trigger: push}"),
            "2:7: an identity needs \"subject\" or \"subject-regexp\"\n  hint: a signer is known by issuer and subject",
            true,
        ),
        (
            claims("{repo: h/r}"),
            "2:7: an identity needs \"subject\" or \"subject-regexp\"",
            true,
        ),
        (
            claims("{repository: h/r, colour: red}"),
            "2:45: unknown key \"colour\"",
            true,
        ),
        (
            claims("{repository: 'https://h/r'}"),
            "2:40: the repository is not of the form HOST/OWNER/REPO",
            true,
        ),
        (
            claims("{repository: h/r, repository-regexp: x}"),
            "2:64: \"repository\" and \"repository-regexp\" exclude each other",
            true,
        ),
        (
            claims("{repository: h/r, ref-regexp: '('}"),
            "2:57: \"(\" is no regular expression",
            false,
        ),
        (image(""), "3:15: nothing is demanded of the image", true),
        (
            image("reference: ghcr.io/o/r"),
            "3:15: nothing is demanded of the image",
            true,
        ),
        (
            image("sbom: {format: spdx}"),
            "3:22: an SBOM needs \"signed-by\"",
            false,
        ),
        (
            image(&format!(
                "sbom: {{format: spdx, signed-by: {KEY}}}, docker-reference: must-match"
            )),
            "3:87: \"docker-reference\" is about signatures, and \"signed-by\" asks for none",
            true,
        ),
        (
            image(&format!("signed-by: {KEY}, docker-reference: may-match")),
            "3:65: expected must-match, found \"may-match\"",
            true,
        ),
        (
            image(&format!("signed-by: {KEY}, repository: r")),
            "3:59: the repository is not of the form HOST/OWNER/REPO",
            true,
        ),
        (
            image(&format!("signed-by: {KEY}, reference: 'ghcr.io/o/r:v1'")),
            "3:58: \"ghcr.io/o/r:v1\" is no pattern for repositories",
            true,
        ),
        (
            image(&format!("signed-by: {KEY}, reference: '*/o/r'")),
            "3:58: \"*/o/r\" is no pattern for repositories",
            true,
        ),
        (
            image(&format!("signed-by: {KEY}, reference: 'ghcr.io/**/r'")),
            "3:58: \"ghcr.io/**/r\" is no pattern for repositories",
            true,
        ),
        (
            format!("{SEAL}images: {{'*': {{signed-by: {KEY}, reference: ghcr.io/o/r}}}}"),
            "3:15: \"*\" is for every image without an entry and has no reference",
            true,
        ),
        (signed("{all-of: [[]]}"), "3:37: the list is empty", true),
        (
            signed(&format!("{{all-of: [{{all-of: [{KEY}]}}]}}")),
            "3:37: this is nested too deeply",
            true,
        ),
        (
            signed(&format!("[{{any-of: [{KEY}]}}]")),
            "3:28: this is nested too deeply",
            true,
        ),
        (
            format!("{SEAL}release: {{commit: abc}}"),
            "3:19: \"abc\" is no commit",
            true,
        ),
        (
            format!("{SEAL}release: {{tag: refs/tags/v1}}"),
            "3:16: a tag is named without refs/tags/",
            true,
        ),
        (
            format!("{SEAL}trusted-roots: [other.json]"),
            "3:17: the file \"other.json\" cannot be read",
            false,
        ),
    ] {
        let said = policy_said(&text);
        if !said.starts_with(&format!("policy.yaml:{expected}")) {
            wrong.push(format!("{text}\nsaid: {said}\nnot: {expected}"));
        }
        if accepts(POLICY_SCHEMA, &text) == is_form {
            wrong.push(format!("{text}\nand the schema says otherwise"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_required_gate_or_item_is_named_alone_or_with_its_phase() {
    let text = "version: 1\nseal: {key: release.pub}\n\
                require: {gates: [cutover, cutover.t+60], items: [api_p95.canary-20, api.sbom-spdx]}\n";

    let policy = parse_policy(text.as_bytes(), "policy.yaml", &mut key_files).unwrap();

    assert_eq!(policy.require.gates, ["cutover", "cutover.t+60"]);
    assert_eq!(policy.require.items, ["api_p95.canary-20", "api.sbom-spdx"]);
    assert!(accepts(POLICY_SCHEMA, text));
}
