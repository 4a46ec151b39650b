//! Documents of several platforms, in pairs.

use std::collections::BTreeMap;

/// What two lists have for each platform; none is a document that is of no platform in particular.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlatformPairs<'a, T> {
    /// Platforms of both lists, sorted.
    pub both: Vec<(Option<&'a str>, &'a T, &'a T)>,
    /// Those of the old list alone, sorted.
    pub gone: Vec<(Option<&'a str>, &'a T)>,
    /// Those of the new list alone, sorted.
    pub came: Vec<(Option<&'a str>, &'a T)>,
}

/// Pairs two lists by platform. What a list has several times for a platform is paired in the list's order.
pub fn pair_by_platform<'a, T>(
    old: &'a [(Option<String>, T)],
    new: &'a [(Option<String>, T)],
) -> PlatformPairs<'a, T> {
    let mut pairs = PlatformPairs {
        both: Vec::new(),
        gone: Vec::new(),
        came: Vec::new(),
    };
    let mut platforms: BTreeMap<Option<&str>, (Vec<&T>, Vec<&T>)> = BTreeMap::new();
    for (platform, document) in old {
        platforms
            .entry(platform.as_deref())
            .or_default()
            .0
            .push(document);
    }
    for (platform, document) in new {
        platforms
            .entry(platform.as_deref())
            .or_default()
            .1
            .push(document);
    }
    for (platform, (old, new)) in platforms {
        let (mut old, mut new) = (old.into_iter(), new.into_iter());
        loop {
            match (old.next(), new.next()) {
                (Some(old), Some(new)) => pairs.both.push((platform, old, new)),
                (Some(old), None) => pairs.gone.push((platform, old)),
                (None, Some(new)) => pairs.came.push((platform, new)),
                (None, None) => break,
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_both_are_paired_and_others_are_said_to_come_or_go() {
        let list = |platforms: &[(&str, u8)]| -> Vec<(Option<String>, u8)> {
            let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            platforms
                .iter()
                .map(|(text, id)| (named(text), *id))
                .collect()
        };
        let old = list(&[("linux/arm64", 1), ("linux/amd64", 2), ("", 3)]);
        let new = list(&[("linux/amd64", 4), ("linux/riscv64", 5), ("linux/amd64", 6)]);

        let pairs = pair_by_platform(&old, &new);

        assert_eq!(pairs.both, [(Some("linux/amd64"), &2, &4)]);
        assert_eq!(pairs.gone, [(None, &3), (Some("linux/arm64"), &1)]);
        assert_eq!(
            pairs.came,
            [(Some("linux/amd64"), &6), (Some("linux/riscv64"), &5)]
        );
    }
}
