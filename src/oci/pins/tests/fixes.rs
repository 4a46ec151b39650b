//! Edits: pinned afterwards, nothing else changed, and nothing left to do.

use super::FILES;
use crate::model::Digest;
use crate::oci::pins::{Edit, Fix, Mention, apply, find};
use proptest::prelude::*;

fn digest() -> Digest {
    Digest::from_hex(&"0123456789abcdef".repeat(4)).unwrap()
}

fn edits(mentions: &[Mention]) -> Vec<(Edit, Digest)> {
    let edits = mentions.iter().filter_map(|mention| match &mention.fix {
        Fix::Edit(edit) => Some((edit.clone(), digest())),
        Fix::No(_) => None,
    });
    edits.collect()
}

/// Fixes a file and asserts that every fixable reference is pinned then, and every other one as it was.
#[track_caller]
fn fixed(name: &str, before: &[u8]) -> Vec<u8> {
    let first = find(name, before).unwrap();
    let after = apply(before, &edits(&first));
    let second = find(name, &after)
        .unwrap_or_else(|error| panic!("{name}: {error}\n{}", String::from_utf8_lossy(&after)));
    assert_eq!(
        first.len(),
        second.len(),
        "{name}: {}",
        String::from_utf8_lossy(&after)
    );
    for (old, new) in first.iter().zip(&second) {
        match &old.fix {
            Fix::Edit(_) => {
                assert!(new.is_pinned(), "{name}: {new:?}");
                assert!(new.text.ends_with(&digest().to_string()), "{name}: {new:?}");
                assert!(new.text.starts_with(&old.text), "{name}: {new:?}");
            }
            Fix::No(_) => assert_eq!((&old.text, &old.state), (&new.text, &new.state)),
        }
    }
    assert!(edits(&second).is_empty(), "{name}: fixing twice changes it");
    after
}

#[test]
fn a_fixed_file_has_the_same_references_and_all_that_can_be_are_pinned() {
    for (name, bytes) in FILES {
        let after = fixed(name, bytes);

        insta::assert_snapshot!(
            format!("fixed_{}", name.replace('/', "_")),
            String::from_utf8(after).unwrap()
        );
    }
}

#[test]
fn line_ends_and_byte_order_marks_stay() {
    for (name, text) in [
        (
            "k8s.yaml",
            "\u{feff}apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: a:1\r\n  - image: b:1 # x\r\n",
        ),
        (
            "kustomization.yaml",
            "images:\r\n- name: a\r\n  newTag: v1\r\n",
        ),
        (
            "Dockerfile",
            "\u{feff}FROM a:1\r\nCOPY --from=b:1 \\\r\n  /a /b\r\n",
        ),
    ] {
        let after = String::from_utf8(fixed(name, text.as_bytes())).unwrap();

        let pin = format!("@{}", digest());
        let line = format!("digest: {}\r\n  ", digest());
        assert_eq!(after.replace(&pin, "").replace(&line, ""), text);
        assert_ne!(after, text);
    }
}

#[test]
fn a_digest_goes_where_nothing_stands_and_not_before_an_anchor_tag_or_alias() {
    let values =
        |digest: &str| format!("a: &none\nimage: {{repository: x/y, tag: v1, digest:{digest}}}\n");

    for empty in ["", " ", " ~", " \"\"", " # none\n "] {
        let after = fixed("values.yaml", values(empty).as_bytes());
        assert!(
            String::from_utf8(after).unwrap().contains("digest: "),
            "{empty:?}"
        );
    }
    for named in [" &own", " !!str", " *none", "\n  &own"] {
        let before = values(named);
        assert_eq!(
            fixed("values.yaml", before.as_bytes()),
            before.as_bytes(),
            "{named:?}"
        );
    }
}

#[test]
fn edits_that_overlap_or_lie_outside_are_left_out() {
    let edit = |span| (Edit::around(span, "", ""), digest());

    let after = apply(b"abc", &[edit(1..3), edit(2..3), edit(7..9), edit(1..3)]);

    assert_eq!(after, format!("a{}", digest()).as_bytes());
}

fn quoted() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just("'"), Just("\"")]
}

prop_compose! {
    fn image()(
        registry in prop_oneof![Just(""), Just("ghcr.io/"), Just("127.0.0.1:5000/")],
        path in "[a-z][a-z0-9]{0,8}(/[a-z0-9]{1,8}){0,2}",
        tag in prop_oneof![Just(String::new()), "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,12}".prop_map(|tag| format!(":{tag}"))],
        digest in prop_oneof![3 => Just(String::new()), 1 => "[0-9a-f]{64}".prop_map(|hex| format!("@sha256:{hex}"))],
    ) -> String {
        format!("{registry}{path}{tag}{digest}")
    }
}

proptest! {
    #[test]
    fn whatever_the_references_a_fixed_manifest_is_pinned(
        images in proptest::collection::vec((image(), quoted(), 0..4_usize), 1..12),
        crlf in any::<bool>(),
    ) {
        let mut yaml = String::from("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n");
        let mut docker = String::from("# a file\n");
        for (image, quote, shape) in &images {
            yaml += &match shape {
                0 => format!("  - image: {quote}{image}{quote}\n    name: x\n"),
                1 => format!("  - {{name: x, image: {quote}{image}{quote}}}\n"),
                2 => format!("  - {{\"image\": \"{image}\"}} # image: x\n"),
                _ => format!("  - name: x\n    image:   {quote}{image}{quote}   # why\n"),
            };
            docker += &match shape {
                0 => format!("FROM {image}\n"),
                1 => format!("FROM --platform=linux/amd64 {image} AS stage-x\n"),
                2 => format!("COPY --link --from={image} /a /b\n"),
                _ => format!("FROM \\\n  {image} \\\n  AS stage-y\n"),
            };
        }
        for (name, text) in [("pod.yaml", yaml), ("Dockerfile", docker)] {
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let expected = images.iter().collect::<std::collections::BTreeSet<_>>();
            let first = find(name, text.as_bytes()).unwrap();
            prop_assert!(first.len() >= expected.len().min(1));
            fixed(name, text.as_bytes());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), pick in 0..4_usize) {
        let name = ["a.yaml", "Dockerfile", "templates/a.yaml", "-"][pick];
        let _ = find(name, &bytes);
    }

    #[test]
    fn no_text_of_likely_pieces_makes_it_panic(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("image: "), Just("\n"), Just("  "), Just("- "), Just("{{ x }}"), Just("a:1"), Just("@sha256:"),
                Just("\""), Just("'"), Just("&a "), Just("*a"), Just("<<: "), Just("services:"), Just("images:"),
                Just("tag: "), Just("digest:"), Just("repository: b"), Just("FROM "), Just("ARG X=$X"), Just("${X:-"),
                Just("}"), Just("<<EOF"), Just("\\\n"), Just("é"), Just("["), Just("]"), Just("#"), Just("--from="),
                Just("RUN --mount=from=\""), Just("newTag: 1"), Just("name: c"), Just("---\n"), Just("|\n"), Just("\u{feff}"),
                Just("COPY "), Just("\r\n"), Just("\t"), Just("? "), Just(": "), Just("sha: "), Just("jobs:"),
            ],
            0..40,
        ),
        pick in 0..5_usize,
    ) {
        let name = ["a.yaml", "Dockerfile", "templates/a.yaml", "kustomization.yaml", "compose.yaml"][pick];
        let text: String = pieces.concat();
        if let Ok(found) = find(name, text.as_bytes()) {
            apply(text.as_bytes(), &edits(&found));
        }
    }
}
