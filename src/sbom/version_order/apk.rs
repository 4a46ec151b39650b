//! Alpine's versions, as apk-package(5) describes them under "pkgver": numbers with dots between them, a letter, suffixes
//! such as `_rc1`, and the package's revision `-r0`.

use std::cmp::Ordering;

/// Suffixes from the earliest on; those before [`RELEASE`] come before the version without a suffix.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
/// Where a version without a suffix stands among them.
const RELEASE: usize = 4;

/// None when a version is not of that form, has a commit's hash in it, or a number after a dot begins with a zero: what
/// these mean is not written down.
pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    Some(Version::parse(old)?.cmp(&Version::parse(new)?))
}

/// In the order of its parts, the derived order is the ecosystem's: each suffix list ends with the place of a release.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Version {
    numbers: Vec<u128>,
    letter: Option<u8>,
    suffixes: Vec<(usize, u128)>,
    revision: Option<u128>,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (text, revision) = match text.rsplit_once("-r") {
            Some((before, revision)) => (before, Some(number(revision)?)),
            None => (text, None),
        };
        let mut parts = text.split('_');
        let head = parts.next()?;
        let (head, letter) = match head.as_bytes().last() {
            Some(letter) if letter.is_ascii_lowercase() => {
                (head.get(..head.len() - 1)?, Some(*letter))
            }
            _ => (head, None),
        };
        let mut numbers = Vec::new();
        for (place, text) in head.split('.').enumerate() {
            if place > 0 && text.len() > 1 && text.starts_with('0') {
                return None;
            }
            numbers.push(number(text)?);
        }
        let mut suffixes: Vec<_> = parts.map(suffix).collect::<Option<_>>()?;
        suffixes.push((RELEASE, 0));
        Some(Self {
            numbers,
            letter,
            suffixes,
            revision,
        })
    }
}

fn suffix(text: &str) -> Option<(usize, u128)> {
    let end = text
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(text.len());
    let (name, count) = text.split_at(end);
    let place = SUFFIXES.iter().position(|suffix| *suffix == name)?;
    // A place is left free for the release.
    let place = place + usize::from(place >= RELEASE);
    let count = if count.is_empty() { 0 } else { number(count)? };
    Some((place, count))
}

fn number(text: &str) -> Option<u128> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !text.is_empty()).then(|| text.parse().ok())?
}
