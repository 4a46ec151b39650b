//! `images:` of a kustomization: name, new name, new tag, digest.

use super::classify::classify;
use super::edit::{Edit, Fix};
use super::mention::{Mentions, Place, Spot, State, Unknown};
use super::split::value_edit;
use super::walk;
use super::yaml::{At, Document};

/// Finds the references of a kustomization, and those of values that it holds for charts.
pub(super) fn find(document: &Document<'_>, root: At<'_>, found: &mut Mentions) {
    for image in root.get("images").into_iter().flat_map(At::elements) {
        one(image, found);
    }
    for (key, value) in root.entries() {
        if key.text() != Some("images") {
            walk::find(document, value, Place::Kustomization, found);
        }
    }
}

fn one(image: At<'_>, found: &mut Mentions) {
    let word = |key| image.get(key).and_then(At::word);
    let Some(name) = word("newName").or_else(|| word("name")) else {
        return;
    };
    let (tag, digest) = (word("newTag"), word("digest"));
    let mut text = name.to_owned();
    for (sign, part) in [(":", tag), ("@", digest)] {
        if let Some(part) = part {
            text = text + sign + part;
        }
    }
    let (mut state, mut reference) = classify(&text);
    let last = name.rsplit('/').next().unwrap_or_default();
    if tag.is_none() && digest.is_none() && !last.contains([':', '@']) {
        (state, reference) = (State::Unresolvable(Unknown::BaseManifest), None);
    }
    let shown = ["newTag", "newName", "name"];
    let Some(at) = shown
        .into_iter()
        .filter(|key| word(key).is_some())
        .find_map(|key| image.get(key))
    else {
        return;
    };
    let (line, column) = at.position();
    let spot = Spot {
        line,
        column,
        span: at.inner().unwrap_or_else(|| at.span()),
        place: Place::Kustomization,
    };
    found.add_judged(&text, spot, state, reference, fix(image));
}

/// Into the digest's key where there is one, else into a new one before the tag's.
fn fix(image: At<'_>) -> Fix {
    if let (Some(key), Some(value)) = (image.key("digest"), image.get("digest")) {
        return match value_edit(key, value, false) {
            Some(edit) => Fix::Edit(edit),
            None => Fix::No("its digest is written in a way that cannot be replaced"),
        };
    }
    let Some(tag) = image.key("newTag") else {
        return Fix::No("it has no newTag");
    };
    let start = tag.span().start;
    let (before, after) = match (tag.is_marked(), image.is_marked()) {
        (true, _) => ("\"digest\": \"", "\", ".to_owned()),
        (false, true) => ("digest: ", ", ".to_owned()),
        (false, false) => {
            let Some(indent) = tag.indent() else {
                return Fix::No("its lines are indented in a way that cannot be copied");
            };
            ("digest: ", tag.line_end().to_owned() + &" ".repeat(indent))
        }
    };
    Fix::Edit(Edit::around(start..start, before, &after))
}
