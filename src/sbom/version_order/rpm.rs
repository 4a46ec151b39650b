//! Versions of RPM packages ([rpm-version(7)](https://rpm.org/docs/latest/man/rpm-version.7), `rpmvercmp`) and of Arch
//! Linux (vercmp(8)), which took the former's rules before `~` and `^` were among them.

use super::{are_digits, is_digit, is_letter, leading, numbers};
use std::cmp::Ordering;

/// Epoch, version and release; none is before any release.
pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (Version::parse(old)?, Version::parse(new)?);
    let releases = match (old.release, new.release) {
        (Some(old), Some(new)) => segments(old, new),
        (old, new) => old.is_some().cmp(&new.is_some()),
    };
    Some(old.order(&new, segments).then(releases))
}

/// Epoch, version and release of Arch Linux, where a release counts only if both have one.
pub(super) fn compare_alpm(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (Version::parse(old)?, Version::parse(new)?);
    let releases = match (old.release, new.release) {
        (Some(old), Some(new)) => alpm_segments(old, new),
        _ => Ordering::Equal,
    };
    Some(old.order(&new, alpm_segments).then(releases))
}

struct Version<'a> {
    epoch: &'a str,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn order(&self, other: &Self, segments: fn(&str, &str) -> Ordering) -> Ordering {
        numbers(self.epoch, other.epoch).then_with(|| segments(self.version, other.version))
    }

    fn parse(text: &'a str) -> Option<Self> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if are_digits(epoch) => (epoch, rest),
            _ => ("0", text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (rest, None),
        };
        let is_allowed = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".+_~^".contains(&byte))
        };
        let is_version = !version.is_empty() && is_allowed(version);
        let is_release = release.is_none_or(|release| !release.is_empty() && is_allowed(release));
        (is_version && is_release).then_some(Self {
            epoch,
            version,
            release,
        })
    }
}

fn segments(mut a: &str, mut b: &str) -> Ordering {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '~' | '^');
    while !a.is_empty() || !b.is_empty() {
        a = a.trim_start_matches(is_separator);
        b = b.trim_start_matches(is_separator);
        match (a.strip_prefix('~'), b.strip_prefix('~')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (a.strip_prefix('^'), b.strip_prefix('^')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            // Later than the base version, earlier than what extends it.
            (Some(_), None) if b.is_empty() => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) if a.is_empty() => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        if a.is_empty() || b.is_empty() {
            break;
        }
        let (order, rest_a, rest_b) = segment(a, b);
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.len().min(1).cmp(&b.len().min(1))
}

/// Compares the first run of digits or letters: a number is newer than letters.
fn segment<'a, 'b>(a: &'a str, b: &'b str) -> (Ordering, &'a str, &'b str) {
    let is_number = a.starts_with(is_digit);
    let kind = if is_number { is_digit } else { is_letter };
    let ((segment_a, rest_a), (segment_b, rest_b)) = (leading(a, kind), leading(b, kind));
    let order = match (is_number, segment_b.is_empty()) {
        (true, true) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (true, false) => numbers(segment_a, segment_b),
        (false, false) => segment_a.cmp(segment_b),
    };
    (order, rest_a, rest_b)
}

fn alpm_segments(mut a: &str, mut b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let is_separator = |c: char| !c.is_ascii_alphanumeric();
    while !a.is_empty() && !b.is_empty() {
        let ((gap_a, rest_a), (gap_b, rest_b)) =
            (leading(a, is_separator), leading(b, is_separator));
        (a, b) = (rest_a, rest_b);
        if a.is_empty() || b.is_empty() {
            break;
        }
        if gap_a.len() != gap_b.len() {
            return gap_a.len().cmp(&gap_b.len());
        }
        let (order, rest_a, rest_b) = segment(a, b);
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        // Letters that are left over are a pre-release, anything else is newer.
        (true, false) if !b.starts_with(is_letter) => Ordering::Less,
        _ if a.starts_with(is_letter) => Ordering::Less,
        _ => Ordering::Greater,
    }
}
