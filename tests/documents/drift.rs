//! Pairs of documents, against what each ecosystem's own version comparer says changed (`fixtures/sbom/pairs`).

use crate::index;
use evidence::sbom::drift::{Drift, Move, Part, drift};
use evidence::sbom::{Sbom, parse};
use serde::Deserialize;
use std::fs;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expected {
    added: Vec<One>,
    removed: Vec<One>,
    upgraded: Vec<Moved>,
    downgraded: Vec<Moved>,
    unchanged: usize,
    old_purls: usize,
    new_purls: usize,
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
struct One {
    purl: String,
    version: String,
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
struct Moved {
    purl: String,
    from: String,
    to: String,
}

#[test]
fn every_pair_changed_as_its_ecosystems_own_comparer_says() {
    for pair in pairs() {
        let mut expected: Expected = index::json(&format!("{pair}/expected.json"));
        expected.normalise();

        let (old, new) = sides(&pair);
        let (old, new) = (parse(&old).unwrap(), parse(&new).unwrap());
        let found = drift(&old, &new);

        let listed = found.upgraded.len() + found.downgraded.len() + found.changed.len();
        assert_eq!(
            found.old.distinct,
            found.unchanged + found.removed.len() + listed,
            "{pair}"
        );
        assert_eq!(
            found.new.distinct,
            found.unchanged + found.added.len() + listed,
            "{pair}"
        );
        assert_eq!(Expected::of(&found, &old, &new), expected, "{pair}");
    }
}

#[test]
fn the_other_way_round_every_pair_is_its_mirror() {
    for pair in pairs() {
        let (old, new) = sides(&pair);
        let (old, new) = (parse(&old).unwrap(), parse(&new).unwrap());

        let (there, back) = (drift(&old, &new), drift(&new, &old));

        let turned = |moves: &[Move]| {
            let turn = |one: &Move| Move {
                from: one.to.clone(),
                to: one.from.clone(),
                ..one.clone()
            };
            let mut moves: Vec<_> = moves.iter().map(turn).collect();
            moves.sort();
            moves
        };
        assert_eq!(there.added, back.removed, "{pair}");
        assert_eq!(there.removed, back.added, "{pair}");
        assert_eq!(there.upgraded, turned(&back.downgraded), "{pair}");
        assert_eq!(there.downgraded, turned(&back.upgraded), "{pair}");
        assert_eq!(there.changed, turned(&back.changed), "{pair}");
        assert_eq!(there.unchanged, back.unchanged, "{pair}");
        assert_eq!((there.old, there.new), (back.new, back.old), "{pair}");
        for (one, other) in [
            (there.relicensed.len(), back.relicensed.len()),
            (there.rehashed.len(), back.rehashed.len()),
            (there.recounted.len(), back.recounted.len()),
        ] {
            assert_eq!(one, other, "{pair}");
        }
    }
}

#[test]
fn nothing_changed_between_a_document_and_itself() {
    for listed in index::documents() {
        let bytes = index::bytes(&listed.file);
        let Ok(sbom) = parse(&bytes) else { continue };

        assert!(drift(&sbom, &sbom).is_empty(), "{}", listed.file);
    }
}

/// Folders of pairs.
fn pairs() -> Vec<String> {
    let mut pairs: Vec<_> = fs::read_dir(index::path("pairs"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| format!("pairs/{}", entry.file_name().to_str().unwrap()))
        .collect();
    pairs.sort();
    assert_eq!(pairs.len(), 6, "{pairs:?}");
    pairs
}

/// The bytes of both documents.
fn sides(pair: &str) -> (Vec<u8>, Vec<u8>) {
    let side = |name: &str| {
        let path = fs::read_dir(index::path(pair))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with(name)
            });
        fs::read(path.unwrap()).unwrap()
    };
    (side("old."), side("new."))
}

impl Expected {
    /// The same of what was found: of packages with a package URL alone.
    fn of(found: &Drift, old: &Sbom<'_>, new: &Sbom<'_>) -> Self {
        let purls = |sbom: &Sbom<'_>| sbom.parts().filter(|part| part.purl.is_some()).count();
        let mut this = Self {
            added: found.added.iter().flat_map(one).collect(),
            removed: found.removed.iter().flat_map(one).collect(),
            upgraded: found.upgraded.iter().filter_map(moved).collect(),
            downgraded: found.downgraded.iter().filter_map(moved).collect(),
            unchanged: 0,
            old_purls: purls(old),
            new_purls: purls(new),
        };
        for one in found.changed.iter().filter_map(moved) {
            // What is neither newer nor older is one removed and one added there.
            this.removed.push(One {
                purl: one.purl.clone(),
                version: one.from,
            });
            this.added.push(One {
                purl: one.purl,
                version: one.to,
            });
        }
        let gone = this.removed.len() + this.upgraded.len() + this.downgraded.len();
        this.unchanged = this.old_purls - gone;
        this.normalise();
        this
    }

    /// Sorted, and package URLs of Go in lower case: the purl specification has namespace and name so, the library that
    /// made the lists leaves them as they stand.
    fn normalise(&mut self) {
        let purls = (self.added.iter_mut().chain(&mut self.removed)).map(|one| &mut one.purl);
        let moves = (self.upgraded.iter_mut().chain(&mut self.downgraded)).map(|one| &mut one.purl);
        for purl in purls.chain(moves) {
            if purl.starts_with("pkg:golang/") {
                *purl = purl.to_lowercase();
            }
        }
        self.added.sort();
        self.removed.sort();
        self.upgraded.sort();
        self.downgraded.sort();
    }
}

/// As often as it is listed.
fn one(part: &Part) -> impl Iterator<Item = One> {
    let copies = if part.identity.starts_with("pkg:") {
        part.copies
    } else {
        0
    };
    (0..copies).map(|_| One {
        purl: part.identity.clone(),
        version: part.version.clone().unwrap_or_default(),
    })
}

fn moved(one: &Move) -> Option<Moved> {
    one.identity.starts_with("pkg:").then(|| Moved {
        purl: one.identity.clone(),
        from: one.from.clone().unwrap_or_default(),
        to: one.to.clone().unwrap_or_default(),
    })
}
