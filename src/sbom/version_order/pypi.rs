//! Versions of Python packages ([PEP 440](https://peps.python.org/pep-0440/)).

use pep440_rs::Version;
use std::cmp::Ordering;
use std::str::FromStr;

/// Digits in a row that fit the parser's numbers: longer ones would be ordered as text.
const DIGITS: usize = 19;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    Some(parse(old)?.cmp(&parse(new)?))
}

fn parse(text: &str) -> Option<Version> {
    let is_long = |run: &str| run.len() > DIGITS;
    match text.split(|c: char| !c.is_ascii_digit()).any(is_long) {
        true => None,
        false => Version::from_str(text).ok(),
    }
}
