//! Any text as a file with image references: what is found stands where it is said to, and is pinned once it was written.

#![no_main]

use evidence::model::Digest;
use evidence::oci::pins::{Fix, State, apply, find};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = [
    "Dockerfile",
    "compose.yaml",
    "kustomization.yaml",
    ".github/workflows/ci.yml",
    "chart/templates/a.yaml",
    "values.yaml",
    "pod.json",
    "pods.yaml",
];

fuzz_target!(|input: (u8, &str)| {
    let (choice, text) = input;
    let name = NAMES[usize::from(choice) % NAMES.len()];
    let Ok(found) = find(name, text.as_bytes()) else {
        return;
    };
    let digest = Digest::of(b"");
    let mut edits = Vec::new();
    for mention in &found {
        assert!(text.get(mention.span.clone()).is_some(), "{mention:?}");
        assert!(mention.line >= 1 && mention.column >= 1);
        if let (Fix::Edit(edit), State::Tag) = (&mention.fix, &mention.state) {
            assert!(text.get(edit.span.clone()).is_some(), "{mention:?}");
            edits.push((edit.clone(), digest));
        }
    }
    let written = apply(text.as_bytes(), &edits);
    if edits.is_empty() {
        assert_eq!(written, text.as_bytes());
        return;
    }
    let written = String::from_utf8(written).unwrap();
    let again = find(name, written.as_bytes()).unwrap();
    assert_eq!(again.len(), found.len(), "{written}");
    for (was, is) in found.iter().zip(&again) {
        let was_written = matches!((&was.fix, &was.state), (Fix::Edit(_), State::Tag));
        assert!(!was_written || is.is_pinned(), "{is:?} in {written}");
    }
});
