//! Versions of Ruby gems ([`Gem::Version`](https://docs.ruby-lang.org/en/master/Gem/Version.html)).

use super::{is_digit, is_letter, leading, numbers};
use std::cmp::Ordering;
use std::iter;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (segments(old)?, segments(new)?);
    let zero = Segment::Number("0");
    let order = (0..old.len().max(new.len()))
        .map(|place| {
            let (old, new) = (old.get(place), new.get(place));
            old.unwrap_or(&zero).cmp(new.unwrap_or(&zero))
        })
        .find(|order| order.is_ne());
    Some(order.unwrap_or(Ordering::Equal))
}

/// Letters are a pre-release: before any number.
#[derive(Clone, Copy)]
enum Segment<'a> {
    Letters(&'a str),
    Number(&'a str),
}

impl Segment<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Letters(a), Self::Letters(b)) => a.cmp(b),
            (Self::Letters(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Letters(_)) => Ordering::Greater,
            (Self::Number(a), Self::Number(b)) => numbers(a, b),
        }
    }

    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(digits) if numbers(digits, "0").is_eq())
    }
}

/// Segments in canonical form: without zeros at the end of the release and at the end of all.
fn segments(text: &str) -> Option<Vec<Segment<'_>>> {
    if !is_version(text) {
        return None;
    }
    let mut segments: Vec<Segment<'_>> = Vec::new();
    let mut has_letters = false;
    for (place, part) in text.split('-').enumerate() {
        let mark = (place > 0).then_some(Segment::Letters("pre"));
        for segment in mark.into_iter().chain(runs(part)) {
            if matches!(segment, Segment::Letters(_)) && !has_letters {
                has_letters = true;
                drop_zeros(&mut segments);
            }
            segments.push(segment);
        }
    }
    let release = segments
        .iter()
        .take_while(|segment| matches!(segment, Segment::Number(_)))
        .count();
    while segments.len() > release && segments.last().is_some_and(Segment::is_zero) {
        segments.pop();
    }
    if !has_letters {
        drop_zeros(&mut segments);
    }
    Some(segments)
}

fn drop_zeros(segments: &mut Vec<Segment<'_>>) {
    while segments.last().is_some_and(Segment::is_zero) {
        segments.pop();
    }
}

/// Runs of digits and of letters.
fn runs(mut text: &str) -> impl Iterator<Item = Segment<'_>> {
    iter::from_fn(move || {
        text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_number = text.starts_with(is_digit);
        let (run, rest) = leading(text, if is_number { is_digit } else { is_letter });
        text = rest;
        match (run.is_empty(), is_number) {
            (true, _) => None,
            (false, true) => Some(Segment::Number(run)),
            (false, false) => Some(Segment::Letters(run)),
        }
    })
}

/// `[0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?`
fn is_version(text: &str) -> bool {
    let (release, prerelease) = match text.split_once('-') {
        Some((release, prerelease)) => (release, Some(prerelease)),
        None => (text, None),
    };
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_late = |part: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !part.is_empty() && part.bytes().all(is_allowed)
    };
    let first = release.split('.').next().unwrap_or_default();
    super::are_digits(first)
        && release.split('.').all(is_part)
        && prerelease.is_none_or(|prerelease| prerelease.split('.').all(is_late))
}
