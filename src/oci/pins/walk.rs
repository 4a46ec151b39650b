//! Kubernetes objects of every kind, and Helm values: whatever stands under a key that is an image's.
//!
//! Kinds are not told apart: a custom resource has the keys that a pod has, and an image that is found where none is
//! pulled costs a line, while one that is missed costs the check.

use super::classify::{is_picture, looks_like_reference};
use super::edit::Fix;
use super::mention::{Mentions, Place, Spot};
use super::split;
use super::yaml::{At, Document};
use crate::oci::Reference;
use std::collections::BTreeSet;

/// Keys of lists whose elements are containers.
const CONTAINERS: [&str; 5] = [
    "containers",
    "initContainers",
    "ephemeralContainers",
    "steps",
    "sidecars",
];
/// Keys of an object that say something about it, or hold what is no part of it.
const ASIDE: [&str; 6] = [
    "metadata",
    "status",
    "data",
    "stringData",
    "binaryData",
    "openAPIV3Schema",
];

/// Finds references below a node.
pub(super) fn find(document: &Document<'_>, root: At<'_>, place: Place, found: &mut Mentions) {
    let mut walk = Walk {
        values: split::Values::of(document, root),
        place,
        found,
        open: vec![Open {
            at: root,
            key: "",
            contained: false,
        }],
        seen: BTreeSet::new(),
    };
    while let Some(open) = walk.open.pop() {
        if walk
            .seen
            .insert((open.at.id(), open.contained, is_image(open.key)))
        {
            walk.node(open.at, open.key, open.contained);
        }
    }
}

struct Walk<'d, 'f> {
    values: split::Values<'d>,
    place: Place,
    found: &'f mut Mentions,
    /// The root, and nodes that aliases stand for: those may lie where else nothing is looked for.
    open: Vec<Open<'d>>,
    /// What has been looked at from `open`, so that no alias costs twice or goes round in circles.
    seen: BTreeSet<(usize, bool, bool)>,
}

struct Open<'d> {
    at: At<'d>,
    key: &'d str,
    contained: bool,
}

impl<'d> Walk<'d, '_> {
    /// `key` is the key that the node stands under; `contained` says that the node is an element of a list of containers.
    fn node(&mut self, at: At<'d>, key: &'d str, contained: bool) {
        if at.is_alias() {
            let at = at.target();
            return self.open.push(Open { at, key, contained });
        }
        for element in at.elements() {
            self.node(element, key, CONTAINERS.contains(&key));
        }
        let whole = split::of(at, key, self.place, &self.values, self.found);
        let is_object = at.key("kind").is_some() || at.key("spec").is_some();
        for (name, value) in at.entries() {
            let name = name.text().unwrap_or_default();
            let aside = self.place == Place::Kubernetes && is_object && ASIDE.contains(&name);
            if aside || (name == "openAPIV3Schema" && is_object) {
                continue;
            }
            if !(whole && split::is_part(name)) {
                self.field(at, key, name, value, contained);
            }
            self.node(value, name, false);
        }
    }

    fn field(&mut self, map: At<'d>, parent: &str, name: &str, value: At<'d>, contained: bool) {
        // Read as YAML, `image: {{ … }}` is a map in a map.
        if value.is_map() && is_image(name) && value.raw().starts_with("{{") {
            let fix = Fix::No("something else fills it in");
            return self.add(value.raw(), value, self.place, fix);
        }
        let Some(text) = value.word() else {
            return;
        };
        if name == "image" || (name == "imageName" && looks_like_reference(text)) {
            let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            // A word that is no reference, such as the id of a picture, where no container has it.
            let word =
                !text.contains(['/', ':', '@', '$', '{']) && text.parse::<Reference>().is_err();
            let other =
                number || word || is_picture(text) || text.contains("://") || text.contains(' ');
            let is_other = !contained && other;
            if !is_other && !split::beside(map, name, self.place, &self.values, self.found) {
                self.reference(text, value, self.place);
            }
        } else if is_image(name) && looks_like_reference(text) {
            if !split::beside(map, name, self.place, &self.values, self.found) {
                self.reference(text, value, self.place);
            }
        } else if name == "reference" && parent == "image" {
            self.reference(text, value, Place::ImageVolume);
        } else if name == "value" && is_related_image(map) {
            self.reference(text, value, self.place);
        }
    }

    fn reference(&mut self, text: &str, value: At<'d>, place: Place) {
        add(text, value, place, self.found);
    }

    fn add(&mut self, text: &str, value: At<'d>, place: Place, fix: Fix) {
        let (line, column) = value.position();
        let span = value.span();
        let spot = Spot {
            line,
            column,
            span,
            place,
        };
        self.found.add(text, spot, fix);
    }
}

/// Adds a reference that one scalar holds in whole.
pub(super) fn add(text: &str, value: At<'_>, place: Place, found: &mut Mentions) {
    let (line, column) = value.position();
    let (span, fix) = match value.inner() {
        Some(span) => (span.clone(), Mentions::behind(&span)),
        None => (
            value.span(),
            Fix::No("it is written with escapes or over several lines"),
        ),
    };
    let spot = Spot {
        line,
        column,
        span,
        place,
    };
    found.add(text, spot, fix);
}

/// `image`, `initImage`, `sidecar_image`.
pub(super) fn is_image(key: &str) -> bool {
    key == "image" || key.ends_with("Image") || key.ends_with("_image") || key.ends_with("-image")
}

/// An operator's variable that names an image which it will run.
fn is_related_image(map: At<'_>) -> bool {
    map.get("name")
        .and_then(At::word)
        .is_some_and(|name| name.starts_with("RELATED_IMAGE_"))
}
