//! Where texts stand in bytes, as fast as they can be read.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, BuildError, Span};
use std::ops::Range;

/// A search for several texts.
pub(super) enum Texts {
    /// A few dozen at a time, each with the place of its first text: Teddy, sixteen or more bytes at once. There are few
    /// passes, and each is several times faster than the one below.
    Packed(Vec<(usize, Searcher)>),
    /// Any number, byte by byte; also where the processor has nothing better.
    Table(AhoCorasick),
}

/// Texts that are looked for at one time.
const AT_ONCE: usize = 64;
/// Passes from which on one pass with a table is faster.
const PASSES: usize = 6;

impl Texts {
    /// A search for texts of which no one begins with another.
    pub(super) fn of(texts: &[&[u8]]) -> Result<Self, BuildError> {
        let groups = texts.chunks(AT_ONCE);
        let packed = (groups.enumerate()).map(|(at, group)| {
            let mut config = Config::new();
            let mut builder = config.match_kind(MatchKind::LeftmostFirst).builder();
            Some((at * AT_ONCE, builder.extend(group).build()?))
        });
        let packed: Option<Vec<_>> = packed.collect();
        match packed.filter(|passes| passes.len() <= PASSES) {
            Some(passes) => Ok(Self::Packed(passes)),
            None => Ok(Self::Table(AhoCorasick::new(texts)?)),
        }
    }

    /// Tells each text that begins and ends in this part: which, and where it begins.
    pub(super) fn each(
        &self,
        bytes: &[u8],
        part: Range<usize>,
        mut tell: impl FnMut(usize, usize),
    ) {
        match self {
            Self::Packed(passes) => {
                for (first, searcher) in passes {
                    let mut start = part.start;
                    while start < part.end
                        && let Some(found) = searcher.find_in(bytes, Span::from(start..part.end))
                    {
                        tell(first + found.pattern().as_usize(), found.start());
                        // What begins inside of it may be another.
                        start = found.start() + 1;
                    }
                }
            }
            Self::Table(table) => {
                let input = aho_corasick::Input::new(bytes).range(part);
                for found in table.find_overlapping_iter(input) {
                    tell(found.pattern().as_usize(), found.start());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(texts: &Texts, bytes: &[u8], part: Range<usize>) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        texts.each(bytes, part, |text, at| all.push((at, text)));
        all.sort_unstable();
        all
    }

    #[test]
    fn every_text_is_told_wherever_it_begins_by_either_search() {
        let texts: Vec<Vec<u8>> = (0..200_u32)
            .map(|at| format!("{:03x}", at * 31).into_bytes())
            .collect();
        let all: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let packed = Texts::of(&all).unwrap();
        let table = Texts::Table(AhoCorasick::new(&all).unwrap());
        proptest!(|(text in "[0-9a-f]{0,300}", from in 0..50_usize)| {
            let bytes = text.as_bytes();
            let part = from.min(bytes.len())..bytes.len();
            let naive: Vec<(usize, usize)> = part
                .clone()
                .flat_map(|at| (0..all.len()).map(move |text| (at, text)))
                .filter(|(at, text)| bytes[*at..].starts_with(all[*text]))
                .collect();
            prop_assert_eq!(&told(&packed, bytes, part.clone()), &naive);
            prop_assert_eq!(&told(&table, bytes, part), &naive);
        });
    }

    #[test]
    fn many_texts_are_looked_for_in_one_pass() {
        let texts: Vec<Vec<u8>> = (0..1_000_u32)
            .map(|at| format!("{at:06}").into_bytes())
            .collect();
        let all: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();

        let search = Texts::of(&all).unwrap();

        assert!(matches!(search, Texts::Table(_)));
        assert_eq!(told(&search, b"x000999", 0..7), [(1, 999)]);
    }
}
