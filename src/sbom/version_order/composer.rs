//! Versions of PHP packages ([Composer, "Versions and constraints"](https://getcomposer.org/doc/articles/versions.md), as
//! composer/semver orders them). Branches (`dev-main`) have no order.

use super::{are_digits, is_digit, leading, numbers};
use std::cmp::Ordering;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let (old, new) = (Version::parse(old)?, Version::parse(new)?);
    let release = (old.release.iter().zip(&new.release)).map(|(old, new)| numbers(old, new));
    let release = release.fold(Ordering::Equal, Ordering::then);
    Some(
        release
            .then_with(|| old.stability.cmp(&new.stability))
            .then_with(|| numbers(old.number, new.number)),
    )
}

struct Version<'a> {
    release: [&'a str; 4],
    stability: Stability,
    number: &'a str,
}

#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Stability {
    Alpha,
    Beta,
    Candidate,
    Stable,
    Patch,
}

impl<'a> Version<'a> {
    /// `v1.2.3.4-beta2+build`. Anything beyond that form, which is rare, has no order here.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(text, _)| text);
        let (release, rest) = leading(text, |c| is_digit(c) || c == '.');
        let mut numbers = ["0"; 4];
        let release = match rest.is_empty() {
            true => release,
            // `1.0.beta1`
            false => release.strip_suffix('.').unwrap_or(release),
        };
        for (place, part) in release.split('.').enumerate() {
            *numbers.get_mut(place)? = Some(part).filter(|part| are_digits(part))?;
        }
        // Longer ones are dates, which are ordered part by part.
        if numbers.first().is_some_and(|major| major.len() > 5) {
            return None;
        }
        let rest = rest.strip_prefix(['.', '_', '-']).unwrap_or(rest);
        let (name, rest) = leading(rest, super::is_letter);
        let number = rest.strip_prefix(['.', '-']).unwrap_or(rest);
        let stability = match name.to_ascii_lowercase().as_str() {
            "alpha" | "a" => Stability::Alpha,
            "beta" | "b" => Stability::Beta,
            "rc" => Stability::Candidate,
            "" if rest.is_empty() => Stability::Stable,
            "stable" if rest.is_empty() => Stability::Stable,
            "patch" | "pl" | "p" => Stability::Patch,
            _ => return None,
        };
        let is_number = number.is_empty() && rest.is_empty() || are_digits(number);
        is_number.then_some(Self {
            release: numbers,
            stability,
            number,
        })
    }
}
