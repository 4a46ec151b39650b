//! Whole configurations and policies: what is read, planned and refused, by us and by the schemas.

mod form;
mod gates;
mod golive;
mod meaning;
mod measured;
mod metric;
mod phase_mistakes;
mod phases;
mod policy;
mod readme;
mod redact;
mod rules;

use super::*;
use crate::model::identity::Pattern;
use crate::model::{Expectation, IdentityRule, Operator, Statistic};
use proptest::prelude::*;
use std::sync::LazyLock;

const FULL: &str = include_str!("../../../fixtures/config/evidence.yaml");
const PEM: &str = "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n";
/// The least that is a configuration; a test adds what it is about.
const HEAD: &str = "version: 1\nrelease: {repository: github.com/o/r}\n";

fn no_files(_: &str) -> Option<Vec<u8>> {
    None
}

fn key_files(path: &str) -> Option<Vec<u8>> {
    let known = ["keys/security.pub", "release.pub", "trusted_root.json"];
    known.contains(&path).then(|| PEM.into())
}

fn binding(tag: &str) -> Binding {
    Binding {
        tag: tag.into(),
        commit: "c".repeat(40),
        version: None,
        stage: "tag".into(),
        config_path: Some("evidence.yaml".into()),
    }
}

/// What the code says about a configuration, read and, where it is right, planned.
fn said(text: &str) -> String {
    let planned = parse(text.as_bytes(), "evidence.yaml")
        .and_then(|config| plan(&config, &binding("v1.0.0"), &mut no_files).map(drop));
    planned
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

/// Refused at the `@` in the text, by the code and, where it is a mistake of form, by the schema.
fn at_mark(text: &str, expected: &str, is_form: bool) {
    let before = text.split('@').next().unwrap();
    let (line, start) = match before.rsplit_once('\n') {
        Some((lines, start)) => (lines.split('\n').count() + 1, start),
        None => (1, before),
    };
    let place = format!("evidence.yaml:{line}:{}: ", start.chars().count() + 1);
    let text = text.replacen('@', "", 1);

    let said = said(&text);

    let wanted = format!("{place}{expected}");
    assert!(
        said.starts_with(&wanted),
        "{text}\nsaid: {said}\nwanted: {wanted}"
    );
    assert_eq!(
        accepts(CONFIG_SCHEMA, &text),
        !is_form,
        "the schema on {text}"
    );
}

static CONFIG: LazyLock<jsonschema::Validator> = LazyLock::new(|| compiled(CONFIG_SCHEMA));

fn compiled(schema: &str) -> jsonschema::Validator {
    jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap()
}

fn accepts(schema: &str, yaml: &str) -> bool {
    // As editors read YAML 1.2: `y` and `no` are texts.
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: serde_json::Value = serde_saphyr::from_str_with_options(yaml, options).unwrap();
    match schema == CONFIG_SCHEMA {
        true => CONFIG.is_valid(&document),
        false => compiled(schema).is_valid(&document),
    }
}

#[test]
fn the_schemas_are_valid_schemas() {
    for schema in [CONFIG_SCHEMA, POLICY_SCHEMA] {
        let schema = serde_json::from_str(schema).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
    }
}

#[test]
fn a_full_configuration_is_read_planned_in_order_and_valid_by_its_schema() {
    let config = parse(FULL.as_bytes(), "evidence.yaml").unwrap();

    let plan = plan(&config, &binding("v1.0.0-GA"), &mut key_files).unwrap();

    let ids: Vec<_> = plan.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "configuration",
            "release",
            "api",
            "api.sbom",
            "client",
            "client.sbom-spdx",
            "client.sbom-cyclonedx",
            "gateway",
            "api_p95",
            "availability",
            "queue-depth",
            "overview",
            "runbooks",
            "workloads"
        ]
    );
    assert_eq!(plan.repository, "github.com/intelgraph/maestro");
    assert_eq!(plan.version, "1.0.0");
    assert_eq!(plan.package, "evidence-bundle-v1.0.0.tar.gz");
    assert_eq!(
        plan.config_files,
        ["keys/security.pub", "roots/private.json"]
    );
    assert_eq!(plan.keys["keys/security.pub"], PEM);
    assert!(accepts(CONFIG_SCHEMA, FULL));
}

#[test]
fn what_is_filled_in_and_shifted_is_in_the_expectations() {
    let config = parse(FULL.as_bytes(), "evidence.yaml").unwrap();

    let plan = plan(&config, &binding("v1.0.0-GA"), &mut key_files).unwrap();

    let of = |id: &str| {
        plan.items
            .iter()
            .find(|item| item.id == id)
            .unwrap()
            .expectation
            .clone()
    };
    let Expectation::Image {
        reference,
        signed_by,
    } = of("api")
    else {
        panic!()
    };
    assert_eq!(reference, "ghcr.io/intelgraph/api:v1.0.0-GA");
    let IdentityRule::Certificate { subject, .. } = &signed_by.groups()[0][0] else {
        panic!()
    };
    let workflow = "https://github.com/intelgraph/maestro/.github/workflows/release.yml";
    assert_eq!(
        *subject,
        Some(Pattern::Exact(format!("{workflow}@refs/tags/v1.0.0-GA")))
    );
    // An SBOM without signers of its own takes the image's.
    let Expectation::Sbom {
        signed_by: of_sbom, ..
    } = of("api.sbom")
    else {
        panic!()
    };
    assert_eq!(of_sbom, signed_by);
    let Expectation::Metric(p95) = of("api_p95") else {
        panic!()
    };
    let limit = p95.limit.unwrap();
    assert_eq!(
        (limit.operator, limit.bound.as_str()),
        (Operator::AtMost, "0.35")
    );
    assert_eq!(p95.statistic, Statistic::Within(99));
    let Expectation::Metric(availability) = of("availability") else {
        panic!()
    };
    assert_eq!(availability.statistic, Statistic::Min);
    assert_eq!(availability.from, "main");
    let Expectation::File { path, .. } = of("runbooks") else {
        panic!()
    };
    assert_eq!(path, "docs/runbooks/v1.0.0-GA/**");
}

#[test]
fn planning_twice_gives_the_same_plan_and_a_tag_cannot_leave_its_place() {
    let text = format!("{HEAD}files: [{{id: f, path: 'notes/{{tag}}.md'}}]\n");
    let config = parse(text.as_bytes(), "evidence.yaml").unwrap();
    proptest!(|(tag in "\\PC{1,30}")| {
        let once = plan(&config, &binding(&tag), &mut no_files);
        let again = plan(&config, &binding(&tag), &mut no_files);
        prop_assert_eq!(&once, &again);
        if let Ok(plan) = once {
            prop_assert!(!plan.package.contains(['/', '\\', ' ']));
            let Expectation::File { path, .. } = &plan.items[2].expectation else { panic!() };
            prop_assert!(path.starts_with("notes/") && !path.contains("/../"));
            let glob = globset::Glob::new(path).unwrap().compile_matcher();
            let literal = format!("notes/{tag}.md");
            prop_assert!(glob.is_match(&literal));
        }
    });
}

#[test]
fn reading_is_total_whatever_the_text() {
    proptest!(|(text in "(version: 1\n)?[ a-z\\[\\]{}:,&*\"'|>\\-\n0-9!]{0,200}")| {
        let _ = parse(text.as_bytes(), "x");
        let _ = parse_policy(text.as_bytes(), "x", &mut no_files);
    });
}

#[test]
fn a_tag_with_a_slash_names_a_file_and_one_with_braces_no_choice() {
    let text = format!("{HEAD}files: [{{id: f, path: 'notes/{{tag}}.md'}}]\n");
    let config = parse(text.as_bytes(), "evidence.yaml").unwrap();

    let slash = plan(&config, &binding("release/1.0"), &mut no_files).unwrap();
    let braces = plan(&config, &binding("{a,b}"), &mut no_files);

    assert_eq!(slash.package, "evidence-bundle-release-1.0.tar.gz");
    assert!(
        braces
            .unwrap_err()
            .to_string()
            .contains("is no name for a bundle")
    );
}

#[test]
fn a_private_key_never_becomes_a_member() {
    let text = format!("{HEAD}identities: {{k: {{key: k.pem}}}}\n");
    let config = parse(text.as_bytes(), "evidence.yaml").unwrap();
    let with = |content: &'static str| {
        let read = &mut |_: &str| Some(content.into());
        plan(&config, &binding("v1"), read).unwrap_err().to_string()
    };

    let private = with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n");
    let other = with("ssh-ed25519 AAAA");

    assert_eq!(
        private,
        "evidence.yaml:3:23: the key file \"k.pem\" holds a private key\n  \
         hint: name the file with the public key (cosign public-key, openssl pkey -pubout)"
    );
    assert_eq!(
        other,
        "evidence.yaml:3:23: the key file \"k.pem\" holds no PEM public key"
    );
    assert_eq!(
        said(&text),
        "evidence.yaml:3:23: the file \"k.pem\" cannot be read"
    );
}

#[test]
fn all_mistakes_are_said_at_once_in_the_order_of_the_text() {
    let text = format!(
        "{HEAD}images:\n  - {{name: API, reference: x, signedby: a}}\nfiles: 3\nmetrics: []\nbogus: 1\n"
    );

    let said = said(&text);

    assert_eq!(
        said,
        "evidence.yaml:4:12: \"API\" is no id\n  \
           hint: 1 to 40 lower-case letters, digits and _ . -, the first a letter or digit\n\
         evidence.yaml:4:31: unknown key \"signedby\"\n  hint: did you mean \"signed-by\"?\n\
         evidence.yaml:5:8: expected a list, found the number 3\n\
         evidence.yaml:7:1: unknown key \"bogus\"\n  hint: known here: version, release, identities, trusted-roots, \
         images, prometheus, grafana, phases, stages, metrics, derived, gates, dashboards, files, scans, commands, choices, \
         redact, secrets"
    );
}
