//! Versions of NuGet packages ([NuGetVersion](https://learn.microsoft.com/nuget/concepts/package-versioning)): one to four
//! numbers, and pre-releases as in semantic versions without regard to case.

use super::{are_digits, numbers};
use semver::Prerelease;
use std::cmp::Ordering;

pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let ((old, old_pre), (new, new_pre)) = (parse(old)?, parse(new)?);
    let order = (old.iter().zip(&new)).map(|(old, new)| numbers(old, new));
    let order = order.fold(Ordering::Equal, Ordering::then);
    // The crate puts the empty pre-release last.
    Some(order.then_with(|| old_pre.cmp(&new_pre)))
}

fn parse(text: &str) -> Option<([&str; 4], Prerelease)> {
    let text = text.split('+').next().unwrap_or_default();
    let (release, prerelease) = match text.split_once('-') {
        Some((_, "")) => return None,
        Some((release, prerelease)) => (release, prerelease),
        None => (text, ""),
    };
    let mut numbers = ["0"; 4];
    for (place, part) in release.split('.').enumerate() {
        *numbers.get_mut(place)? = Some(part).filter(|part| are_digits(part))?;
    }
    let prerelease = Prerelease::new(&prerelease.to_ascii_lowercase()).ok()?;
    Some((numbers, prerelease))
}
