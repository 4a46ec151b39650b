//! What is found where, compared whole; and what hostile files do.

mod fixes;

use super::{FindError, Fix, Mention, State, find};
use std::fmt::Write as _;

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../../../fixtures/pins/", $name)).as_slice())),*]
    };
}

/// The files under `fixtures/pins`.
pub(super) const FILES: [(&str, &[u8]); 9] = fixtures![
    "kubernetes/shop.yaml",
    "kubernetes/pod.json",
    "helm/values.yaml",
    "helm/values-tag-with-digest.yaml",
    "helm/templates/deployment.yaml",
    "compose/compose.yaml",
    "docker/Dockerfile",
    "kustomize/kustomization.yaml",
    "workflow/ci.yml",
];

pub(super) fn found(name: &str, text: &str) -> Vec<Mention> {
    find(name, text.as_bytes()).unwrap()
}

/// Each mention on a line: where, what, state, and whether it can be fixed.
fn listed(name: &str, bytes: &[u8]) -> String {
    let mut out = String::new();
    for mention in find(name, bytes).unwrap() {
        let state = match &mention.state {
            State::Pinned { digest } => format!("pinned {}", digest.short()),
            State::Tag => "tag".into(),
            State::Invalid { reason } => format!("invalid: {reason}"),
            State::Unresolvable(unknown) => format!("unresolvable: {unknown:?}"),
        };
        let fix = match &mention.fix {
            Fix::Edit(_) => "fixable",
            Fix::No(_) => "-",
        };
        let image = mention.reference.map(|image| image.to_string());
        let _ = writeln!(
            out,
            "{}:{} {} | {} | {state} | {fix} | {}",
            mention.line,
            mention.column,
            mention.place,
            mention.text,
            image.unwrap_or_default(),
        );
    }
    out
}

#[test]
fn every_reference_of_real_shapes_is_found_at_its_place() {
    for (name, bytes) in FILES {
        insta::assert_snapshot!(name.replace('/', "_"), listed(name, bytes));
    }
}

fn state(text: &str) -> State {
    let yaml = format!("kind: Pod\napiVersion: v1\nspec: {{containers: [{{image: '{text}'}}]}}\n");
    let mut all = found("pod.yaml", &yaml);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0).state
}

#[test]
fn a_digest_of_another_length_is_said_to_be_none() {
    for (text, expected) in [
        (
            "a@sha256:9f2c41d0a1b2",
            "not a digest: 12 hex digits, 64 needed",
        ),
        (
            &format!("a:v1@sha256:{}", "a".repeat(42)),
            "not a digest: 42 hex digits, 64 needed",
        ),
        (
            &format!("a@sha256:{}", "a".repeat(65)),
            "not a digest: 65 hex digits, 64 needed",
        ),
        (
            &format!("a@sha256:{}", "A".repeat(64)),
            "not a digest: its hex digits have to be lower-case",
        ),
        ("a@sha256:", "not a digest: 0 hex digits, 64 needed"),
        ("a@v1", "not a digest: sha256: is missing"),
        (
            "a@sha512:00",
            "not a digest that is judged here: only sha256 is",
        ),
        ("sha256:00", "a digest without the name of an image"),
        (
            "a@sha256:9f2c41d0…",
            "not a digest: 9 characters, not all of them hex digits, 64 hex digits needed",
        ),
        (
            "UPPER/case",
            "no image reference: a repository has lower-case letters, digits and . _ - between slashes",
        ),
        (
            "two words",
            "no image reference: a repository has lower-case letters, digits and . _ - between slashes",
        ),
    ] {
        let State::Invalid { reason } = state(text) else {
            panic!("{text} is taken for a reference");
        };
        assert_eq!(reason, expected, "{text}");
    }
    assert!(matches!(
        state(&format!("a@sha256:{}", "a".repeat(64))),
        State::Pinned { .. }
    ));
    assert_eq!(state("a"), State::Tag);
}

#[test]
fn an_alias_out_of_what_is_left_aside_is_followed() {
    let all = found(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {x: &c [{image: 'hidden:1'}]}}\nspec: {containers: *c}\n",
    );

    assert_eq!(all.len(), 1);
    assert_eq!((all[0].text.as_str(), all[0].line), ("hidden:1", 3));
}

#[test]
fn a_global_registry_stands_before_every_repository_of_the_values() {
    let all = found(
        "values.yaml",
        "global: {imageRegistry: mirror.example}\nimage: {registry: docker.io, repository: bitnami/redis, tag: 7}\n",
    );

    assert_eq!(all[0].text, "mirror.example/bitnami/redis:7");
}

#[test]
fn the_form_is_told_by_content_where_the_name_says_nothing() {
    assert_eq!(found("-", "# base\nFROM a:1\n")[0].text, "a:1");
    assert_eq!(found("-", "containers: [{image: 'a:1'}]\n")[0].text, "a:1");
    assert_eq!(found("x/app.dockerfile", "FROM a:1\n")[0].text, "a:1");
    assert_eq!(found("Containerfile.dev", "FROM a:1\n")[0].text, "a:1");
    assert!(super::is_candidate("a/Dockerfile") && super::is_candidate("a/b.yml"));
    assert!(!super::is_candidate("a/main.rs") && !super::is_candidate("Dockerfile.dockerignore"));
}

#[test]
fn an_image_spelled_with_escapes_is_found_and_left_alone() {
    let all = found("pod.json", r#"{"spec": {"\u0069mage": "ngin\u0078:1"}}"#);

    assert_eq!(all[0].text, "nginx:1");
    assert!(matches!(all[0].fix, Fix::No(_)));
}

#[test]
fn a_here_document_without_end_is_an_error_and_not_the_rest_of_the_file() {
    let error = find("Dockerfile", b"FROM a\nRUN cat <<EOF\nFROM b\n").unwrap_err();

    assert_eq!(error.position(), Some((2, 1)));
    assert_eq!(error.to_string(), "the here-document \"EOF\" has no end");
}

#[test]
fn another_escape_character_joins_other_lines() {
    let all = found(
        "Dockerfile",
        "# escape=`\nFROM `\n  a:1\nRUN dir c:\\\nFROM b:1\n",
    );

    let texts: Vec<_> = all.iter().map(|mention| mention.text.as_str()).collect();
    assert_eq!(texts, ["a:1", "b:1"]);
}

#[test]
fn pictures_numbers_and_addresses_are_no_images_unless_a_container_has_them() {
    let text = "image: logo.png\nother: {image: 12}\nmore: {image: 'https://x.example/a'}\nid: {image: 75B2B7}\n";
    assert!(found("site.yaml", text).is_empty());
    let text = "containers: [{image: logo.png}, {image: 12}, {image: 'https://x.example/a'}]\n";
    assert_eq!(found("pod.yaml", text).len(), 3);
}

#[test]
fn yaml_without_a_word_of_images_is_not_asked_to_be_yaml() {
    assert!(found("tsconfig.json", "{\n  // a comment\n  \"a\": 1,\n}\n").is_empty());
    assert!(find("tsconfig.json", b"{\n  // an image\n  \"a\": [\n}\n").is_err());
    assert_eq!(find("bytes.json", b"[\"\xff\"]"), Ok(Vec::new()));
    let utf16: Vec<u8> = "\u{feff}image: a:1"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        find("values.yaml", &utf16),
        Err(FindError::NotUtf8 { line: 1 })
    );
}

#[test]
fn defaults_of_arguments_are_filled_in_and_what_has_none_is_not_known() {
    let text = "ARG A=alpine\nARG V\nARG B=${A}:3\nFROM $B\nFROM ${A}:${V:-2}\nFROM ${V}\nFROM ${A:+x}\nFROM a AS s\nARG A=late\nFROM ${A}-$A\n";
    let images: Vec<_> = found("Dockerfile", text)
        .into_iter()
        .map(|mention| mention.reference.map(|image| image.to_string()))
        .collect();

    let known = |name: &str| Some(format!("docker.io/library/{name}"));
    assert_eq!(
        images,
        [
            known("alpine:3"),
            known("alpine:2"),
            None,
            None,
            known("a"),
            known("alpine-alpine"),
        ]
    );
}
