//! Semantic versions ([semver.org 2.0.0](https://semver.org/spec/v2.0.0.html#spec-item-11)), and npm's.

use semver::Version;
use std::cmp::Ordering;

/// By precedence: build metadata does not count.
pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (Version::parse(old).ok()?, Version::parse(new).ok()?);
    Some(old.cmp_precedence(&new))
}

/// npm takes a `v` or `=` before the version.
pub(super) fn compare_npm(old: &str, new: &str) -> Option<Ordering> {
    compare(without_mark(old), without_mark(new))
}

fn without_mark(text: &str) -> &str {
    let text = text.strip_prefix('=').unwrap_or(text).trim_start();
    text.strip_prefix('v').unwrap_or(text)
}
