//! Versions of Go modules ([golang.org/x/mod/semver](https://pkg.go.dev/golang.org/x/mod/semver)) and of Go itself.

use super::{are_digits, is_digit, leading, numbers};
use semver::Prerelease;
use std::cmp::Ordering;

/// Orders module versions with or without their `v`, pseudo-versions and `+incompatible` included; versions of the
/// toolchain (`go1.22rc1`, which SBOMs list as `stdlib`) by `go/version`.
pub(super) fn compare(old: &str, new: &str) -> Option<Ordering> {
    let is_toolchain = |text: &str| text.starts_with("go");
    if is_toolchain(old) || is_toolchain(new) {
        return Some(Toolchain::parse(old)?.cmp(&Toolchain::parse(new)?));
    }
    match (Module::parse(old), Module::parse(new)) {
        (Some(old), Some(new)) => Some(old.cmp(&new)),
        _ => Some(Toolchain::parse(old)?.cmp(&Toolchain::parse(new)?)),
    }
}

/// Minor and patch may be left out when nothing follows them.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Module<'a> {
    release: [Number<'a>; 3],
    // A release is after each of its pre-releases: the empty one is the greatest.
    prerelease: (bool, Prerelease),
}

impl<'a> Module<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        if build.is_some_and(|build| semver::BuildMetadata::new(build).is_err() || build.is_empty())
        {
            return None;
        }
        let (release, prerelease) = match text.split_once('-') {
            Some((release, prerelease)) => (release, Some(prerelease)),
            None => (text, None),
        };
        let mut parts = release.split('.').map(Number::parse);
        let major = parts.next()??;
        let minor = parts.next();
        let patch = parts.next();
        if parts.next().is_some() || patch.is_none() && (prerelease.is_some() || build.is_some()) {
            return None;
        }
        let zero = || Some(Number("0"));
        let release = [
            major,
            minor.unwrap_or_else(zero)?,
            patch.unwrap_or_else(zero)?,
        ];
        let parsed = Prerelease::new(prerelease.unwrap_or_default()).ok()?;
        if prerelease.is_some() && parsed.is_empty() {
            return None;
        }
        Some(Self {
            release,
            prerelease: (prerelease.is_none(), parsed),
        })
    }
}

/// `1.N`, `1.NrcM`, `1.N.P`: in this order, a language version being before the first release of it.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Toolchain<'a> {
    major: Number<'a>,
    minor: Number<'a>,
    // None, then betas and candidates, then patches.
    rest: (Rank, Number<'a>),
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Language,
    Beta,
    Candidate,
    Patch,
}

impl<'a> Toolchain<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix("go").unwrap_or(text);
        let (major, rest) = text.split_once('.')?;
        let (minor, rest) = leading(rest, is_digit);
        let (major, minor) = (Number::parse(major)?, Number::parse(minor)?);
        let rest = match rest {
            // Before Go 1.21 a release's first version had no patch.
            "" if numbers(minor.0, "21") == Ordering::Less => (Rank::Patch, "0"),
            "" => (Rank::Language, "0"),
            _ => [
                ("beta", Rank::Beta),
                ("rc", Rank::Candidate),
                (".", Rank::Patch),
            ]
            .into_iter()
            .find_map(|(mark, rank)| Some((rank, rest.strip_prefix(mark)?)))?,
        };
        Some(Self {
            major,
            minor,
            rest: (rest.0, Number::parse(rest.1)?),
        })
    }
}

/// Digits without leading zeros.
struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let is_number = are_digits(text) && (text == "0" || !text.starts_with('0'));
        is_number.then_some(Self(text))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        numbers(self.0, other.0)
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number<'_> {}
