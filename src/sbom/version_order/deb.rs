//! Versions of Debian packages (Debian Policy 5.6.12, as `dpkg --compare-versions` reads it).

use super::{are_digits, is_digit, leading, numbers};
use std::cmp::Ordering;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (Version::parse(old)?, Version::parse(new)?);
    let order = numbers(old.epoch, new.epoch)
        .then_with(|| parts(old.upstream, new.upstream))
        .then_with(|| parts(old.revision, new.revision));
    Some(order)
}

struct Version<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        // A revision that is there is not empty; "0" is what none means.
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
        let may_have = |text: &str, others: &[u8]| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
            !text.is_empty() && text.bytes().all(is_allowed)
        };
        let is_version = are_digits(epoch)
            && upstream.starts_with(is_digit)
            && may_have(upstream, b".+~-:")
            && may_have(revision, b".+~");
        is_version.then_some(Self {
            epoch,
            upstream,
            revision,
        })
    }
}

/// Compares what is no number and what is one, by turns.
fn parts(mut a: &str, mut b: &str) -> Ordering {
    let is_other = |c: char| !c.is_ascii_digit();
    while !a.is_empty() || !b.is_empty() {
        let ((text_a, rest_a), (text_b, rest_b)) = (leading(a, is_other), leading(b, is_other));
        let ((number_a, rest_a), (number_b, rest_b)) =
            (leading(rest_a, is_digit), leading(rest_b, is_digit));
        let order = texts(text_a, text_b).then_with(|| numbers(number_a, number_b));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

/// `~` is before the end, the end before letters, letters before all others.
fn texts(a: &str, b: &str) -> Ordering {
    let rank = |byte: Option<&u8>| match byte {
        Some(b'~') => (0, 0),
        None => (1, 0),
        Some(byte) if byte.is_ascii_alphabetic() => (2, *byte),
        Some(byte) => (3, *byte),
    };
    let (a, b) = (a.as_bytes(), b.as_bytes());
    (0..a.len().max(b.len()))
        .map(|place| rank(a.get(place)).cmp(&rank(b.get(place))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
