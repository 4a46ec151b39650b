//! What the text of a reference says about which image is meant.

use super::mention::{State, Unknown};
use crate::oci::Reference;

/// Hex digits of a SHA-256 digest.
const HEX_DIGITS: usize = 64;

/// The state of a reference, and the reference where it is one.
pub(super) fn classify(text: &str) -> (State, Option<Reference>) {
    if let Some(unknown) = filled_in(text) {
        return (State::Unresolvable(unknown), None);
    }
    if let Some(reason) = digest_problem(text) {
        return (State::Invalid { reason }, None);
    }
    match text.parse::<Reference>() {
        Ok(reference) => {
            let state = match reference.digest {
                Some(digest) => State::Pinned { digest },
                None => State::Tag,
            };
            (state, Some(reference))
        }
        Err(error) => {
            let reason = format!("no image reference: {}", error.reason);
            (State::Invalid { reason }, None)
        }
    }
}

/// What fills the text in, if anything does.
pub(super) fn filled_in(text: &str) -> Option<Unknown> {
    if text.contains("{{") {
        Some(Unknown::Template)
    } else if text.contains('$') {
        Some(Unknown::Variable)
    } else {
        None
    }
}

fn digest_problem(text: &str) -> Option<String> {
    let digest = match text.split_once('@') {
        Some((_, digest)) => digest,
        None if text.starts_with("sha256:") => {
            return Some("a digest without the name of an image".into());
        }
        None => return None,
    };
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return Some("not a digest: sha256: is missing".into());
    };
    if algorithm != "sha256" {
        return Some("not a digest that is judged here: only sha256 is".into());
    }
    let found = hex.chars().count();
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!(
            "not a digest: {found} characters, not all of them hex digits, {HEX_DIGITS} hex digits needed"
        ));
    }
    if found != HEX_DIGITS {
        return Some(format!(
            "not a digest: {found} hex digits, {HEX_DIGITS} needed"
        ));
    }
    hex.bytes()
        .any(|byte| byte.is_ascii_uppercase())
        .then(|| "not a digest: its hex digits have to be lower-case".into())
}

/// Whether a text under a key that need not be an image's looks like one: it has a tag, a digest or a path.
pub(super) fn looks_like_reference(text: &str) -> bool {
    if filled_in(text).is_some() {
        return text.contains(['/', ':']) && !text.contains("://");
    }
    text.contains(['/', ':', '@'])
        && !text.starts_with(['/', '.'])
        && !text.contains("://")
        && !is_picture(text)
        && (text.parse::<Reference>().is_ok() || text.contains("@sha256:"))
}

/// Whether it is the name of a picture's file.
pub(super) fn is_picture(text: &str) -> bool {
    const ENDINGS: [&str; 7] = [".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico"];
    let lower = text.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}
