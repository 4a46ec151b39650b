//! Which of two versions is the newer one, by the rules of their ecosystem.

mod apk;
mod composer;
mod deb;
mod gem;
mod golang;
mod maven;
mod nuget;
mod pypi;
mod rpm;
mod semantic;

use crate::model::limits;
use std::cmp::Ordering;

/// Orders two versions of a package by the rules of its ecosystem, which is a package URL's type in lower case.
///
/// None when the ecosystem's rules are not known here, when a version is none by them or is longer than
/// [`limits::VERSION_BYTES`]: there is no order that holds for all, and a guess could show a downgrade as an upgrade.
/// Versions written differently can be equal (`1.0` and `1.0.0` in Python).
pub fn compare(purl_type: &str, old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (old.trim(), new.trim());
    if old.len().max(new.len()) > limits::VERSION_BYTES {
        return None;
    }
    match purl_type {
        "alpm" => rpm::compare_alpm(old, new),
        "apk" => apk::compare(old, new),
        "cargo" | "hex" | "pub" | "swift" => semantic::compare(old, new),
        "composer" => composer::compare(old, new),
        "deb" => deb::compare(old, new),
        "gem" => gem::compare(old, new),
        "golang" => golang::compare(old, new),
        "maven" => maven::compare(old, new),
        "npm" => semantic::compare_npm(old, new),
        "nuget" => nuget::compare(old, new),
        "pypi" => pypi::compare(old, new),
        "rpm" => rpm::compare(old, new),
        _ => None,
    }
}

/// Orders decimal digits of any length by their number.
fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Splits off the leading characters of a kind.
fn leading(text: &str, is_kind: fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_kind(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
