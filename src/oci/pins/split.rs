//! References that stand in parts: `{registry, repository, tag, digest}` as Helm charts have them.

use super::classify::{classify, filled_in};
use super::edit::{Edit, Fix};
use super::mention::{Mentions, Place, Spot, State, Unknown};
use super::walk::is_image;
use super::yaml::{At, Document};
use std::ops::Range;

/// What the whole file says about its images.
pub(super) struct Values<'d> {
    /// `global.imageRegistry`, which charts put before every repository.
    registry: Option<&'d str>,
    /// Whether some tag has a digest behind it: then the chart joins repository and tag by a colon and nothing else.
    tag_takes_digest: bool,
}

impl<'d> Values<'d> {
    pub(super) fn of(document: &'d Document<'d>, root: At<'d>) -> Self {
        let global = root.get("global").and_then(|map| map.get("imageRegistry"));
        let is_tag = |at: At<'_>| {
            at.own_tag()
                .is_some_and(|text| text.contains("@sha256:") && !text.starts_with('@'))
        };
        Self {
            registry: global.and_then(At::word),
            tag_takes_digest: document.all().any(is_tag),
        }
    }
}

impl<'d> At<'d> {
    fn own_tag(self) -> Option<&'d str> {
        self.entries()
            .find(|(key, _)| key.text() == Some("tag"))
            .and_then(|(_, value)| value.word())
    }
}

/// The parts of one reference.
struct Parts<'d> {
    registry: Option<&'d str>,
    repository: At<'d>,
    tag: Option<At<'d>>,
    /// `digest`, or `sha` with the hex digits alone.
    digest: Option<(At<'d>, At<'d>)>,
    only_hex: bool,
}

/// Whether a key is a part of a reference.
pub(super) fn is_part(key: &str) -> bool {
    matches!(
        key,
        "registry" | "repository" | "tag" | "digest" | "sha" | "image" | "name"
    )
}

/// Adds the reference that a map holds in parts; false when it is no such map.
pub(super) fn of(
    map: At<'_>,
    key: &str,
    place: Place,
    values: &Values<'_>,
    found: &mut Mentions,
) -> bool {
    let has = |name| map.get(name).is_some();
    let some_image = is_image(key) || key.to_ascii_lowercase().ends_with("image");
    let is_split = some_image || has("tag") || has("digest") || has("sha");
    let named = map
        .get("repository")
        .or_else(|| map.get("name").filter(|_| some_image && has("tag")))
        .or_else(|| map.get("image").filter(|_| has("registry") && has("tag")));
    let Some(repository) = named.filter(|_| is_split) else {
        return false;
    };
    let Some(name) = repository.word().filter(|name| is_repository(name)) else {
        return false;
    };
    let pair = |name| Some((map.key(name)?, map.get(name)?));
    let sha = pair("sha").filter(|_| !has("digest"));
    let registry = map.get("registry").or_else(|| map.get("imageRegistry"));
    let parts = Parts {
        registry: values.registry.or_else(|| registry.and_then(At::word)),
        repository,
        tag: map.get("tag"),
        only_hex: sha.is_some(),
        digest: pair("digest").or(sha),
    };
    parts.add(name, place, values, found);
    true
}

/// Adds the reference of `KEY: name` with its tag beside it, as `KEYTag` or `tag`; false when there is no such tag.
pub(super) fn beside(
    map: At<'_>,
    key: &str,
    place: Place,
    values: &Values<'_>,
    found: &mut Mentions,
) -> bool {
    let Some(repository) = map.get(key) else {
        return false;
    };
    let name = repository.word().unwrap_or_default();
    let tag = map
        .get(&format!("{key}Tag"))
        .or_else(|| map.get("tag").filter(|_| key == "image"));
    let last = name.rsplit('/').next().unwrap_or_default();
    if tag.is_none() || last.contains([':', '@']) {
        return false;
    }
    let pair = |name: &str| Some((map.key(name)?, map.get(name)?));
    let parts = Parts {
        registry: None,
        repository,
        tag,
        digest: pair(&format!("{key}Digest")),
        only_hex: false,
    };
    parts.add(name, place, values, found);
    true
}

fn is_repository(name: &str) -> bool {
    !name.contains("://") && !name.starts_with(['/', '.']) && !name.contains(' ')
}

impl Parts<'_> {
    fn add(&self, name: &str, place: Place, values: &Values<'_>, found: &mut Mentions) {
        let mut text = String::new();
        if let Some(registry) = self.registry {
            text += registry.trim_end_matches('/');
            text.push('/');
        }
        text += name;
        let tag = self.tag.and_then(At::word);
        if let Some(tag) = tag {
            // A tag that is a digest alone (`@sha256:…`) brings its own sign.
            let sign = if tag.starts_with('@') { "" } else { ":" };
            text += sign;
            text += tag;
        }
        let digest = self.digest.and_then(|(_, value)| value.word());
        if let Some(digest) = digest {
            text.push('@');
            if self.only_hex && !digest.contains(':') {
                text += "sha256:";
            }
            text += digest;
        }
        let (mut state, mut reference) = classify(&text);
        let has_own = name
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains([':', '@']));
        if tag.is_none() && digest.is_none() && !has_own && filled_in(&text).is_none() {
            (state, reference) = (State::Unresolvable(Unknown::ChartDefault), None);
        }
        let at = self
            .tag
            .filter(|_| tag.is_some())
            .unwrap_or(self.repository);
        let (line, column) = at.position();
        let spot = Spot {
            line,
            column,
            span: at.inner().unwrap_or_else(|| at.span()),
            place,
        };
        found.add_judged(&text, spot, state, reference, self.fix(values));
    }

    fn fix(&self, values: &Values<'_>) -> Fix {
        if let Some((key, value)) = self.digest {
            return match value_edit(key, value, self.only_hex) {
                Some(edit) => Fix::Edit(edit),
                None => Fix::No("its digest is written in a way that cannot be replaced"),
            };
        }
        match self.tag.and_then(At::inner) {
            Some(span) if values.tag_takes_digest => Mentions::behind(&span),
            _ => Fix::No(
                "whether its chart takes a digest is not known: add a digest key if it does",
            ),
        }
    }
}

/// The edit that makes a digest the value of a key.
pub(super) fn value_edit(key: At<'_>, value: At<'_>, only_hex: bool) -> Option<Edit> {
    let edit = |span: Range<usize>, before: &str, after: &str| {
        let edit = Edit::around(span, before, after);
        if only_hex { edit.only_hex() } else { edit }
    };
    // Hex digits alone could be read as a number; JSON has quotes around every text.
    let quote = if only_hex || key.is_marked() {
        "\""
    } else {
        ""
    };
    let span = value.span();
    if value.is_marked() {
        return value.inner().map(|inner| edit(inner, "", ""));
    }
    if !span.is_empty() {
        return Some(edit(span, quote, quote));
    }
    if value.is_named() {
        return None;
    }
    // Nothing behind the colon: the digest goes there.
    let end = key.span().end;
    let colon = key.behind().find(':')?;
    let is_next = key.behind().get(..colon)?.trim().is_empty();
    let at = end + colon + 1;
    is_next.then(|| edit(at..at, &format!(" {quote}"), quote))
}
