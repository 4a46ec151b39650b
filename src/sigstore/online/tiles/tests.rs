//! Tiles made by the book, of trees of every shape, and the crate's verifier as the judge of what follows from them.

use super::*;
use proptest::prelude::*;
use sigstore_merkle::{hash_leaf, verify_consistency_proof, verify_inclusion_proof};

fn leaves(count: u64) -> Vec<Sha256Hash> {
    (0..count).map(|n| hash_leaf(&n.to_be_bytes())).collect()
}

/// RFC 9162, section 2.1.1, word for word.
fn root(leaves: &[Sha256Hash]) -> Sha256Hash {
    match leaves {
        [only] => *only,
        _ => {
            let half = usize::try_from(split(leaves.len() as u64)).unwrap();
            let (left, right) = leaves.split_at(half);
            hash_children(&root(left), &root(right))
        }
    }
}

/// The bytes of a tile: roots of whole subtrees of 256^level leaves.
fn bytes(tile: Tile, leaves: &[Sha256Hash]) -> Vec<u8> {
    let span = 256usize.pow(u32::from(tile.level));
    let first = usize::try_from(tile.index).unwrap() * 256;
    (first..first + usize::from(tile.width))
        .flat_map(|n| *root(&leaves[n * span..(n + 1) * span]).as_bytes())
        .collect()
}

fn fetched(question: Question, leaves: &[Sha256Hash]) -> Tiles {
    let mut tiles = Tiles::default();
    for tile in question.tiles(leaves.len() as u64) {
        tiles.add(tile, &bytes(tile, leaves)).unwrap();
    }
    tiles
}

fn check(size: u64, index: u64, old: u64) {
    let all = leaves(size);
    let whole = root(&all);
    let of_leaf = fetched(Question::Leaf(index), &all)
        .proof(Question::Leaf(index), size)
        .unwrap();
    let of_old = fetched(Question::Older(old), &all)
        .proof(Question::Older(old), size)
        .unwrap();
    let (leaf, before) = (
        all[usize::try_from(index).unwrap()],
        root(&all[..usize::try_from(old).unwrap()]),
    );
    verify_inclusion_proof(&leaf, index, size, &of_leaf, &whole).unwrap();
    verify_consistency_proof(old, size, &of_old, &before, &whole).unwrap();
}

#[test]
fn every_leaf_and_every_older_tree_of_small_logs_are_proven() {
    for size in 1..=40 {
        for index in 0..size {
            check(size, index, index + 1);
        }
    }
}

#[test]
fn trees_around_the_edges_of_tiles_are_proven() {
    for size in [255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_049] {
        for at in [1, 2, 255, 256, 257, size / 2, size - 1, size] {
            let at = at.min(size);
            check(size, at - 1, at);
        }
    }
}

#[test]
fn a_proof_needs_few_tiles_however_large_the_log_is() {
    for size in [1, 1_000, 123_456_789, u64::MAX / 2, u64::MAX] {
        for at in [1, size / 3 + 1, size] {
            assert!(
                Question::Leaf(at - 1).tiles(size).len() <= 16,
                "{size} {at}"
            );
            assert!(Question::Older(at).tiles(size).len() <= 24, "{size} {at}");
        }
    }
}

#[test]
fn one_changed_hash_in_a_tile_that_a_proof_uses_breaks_it() {
    let (size, index, old) = (700, 300, 500);
    let all = leaves(size);
    let whole = root(&all);
    let (mut broken, mut tried) = (0, 0);
    for question in [Question::Leaf(index), Question::Older(old)] {
        for wrong in question.tiles(size) {
            let mut tiles = fetched(question, &all);
            let mut changed = bytes(wrong, &all);
            changed.iter_mut().for_each(|byte| *byte ^= 1);
            tiles.add(wrong, &changed).unwrap();
            let proof = tiles.proof(question, size).unwrap();
            let before = root(&all[..500]);
            let verified = match question {
                Question::Leaf(index) => {
                    verify_inclusion_proof(&all[300], index, size, &proof, &whole).is_ok()
                }
                Question::Older(old) => {
                    verify_consistency_proof(old, size, &proof, &before, &whole).is_ok()
                }
            };
            tried += 1;
            broken += usize::from(!verified);
        }
    }
    assert!(tried > 3);
    assert_eq!(broken, tried);
}

#[test]
fn a_tile_that_is_too_short_or_no_row_of_hashes_is_no_answer() {
    let tile = Tile {
        level: 0,
        index: 0,
        width: 3,
    };
    for length in [0, 32, 95, 97, 257 * 32] {
        let added = Tiles::default().add(tile, &vec![0; length]);
        assert!(matches!(added, Err(Flaw::Unanswered(_))), "{length}");
    }
    for length in [96, 128, 256 * 32] {
        assert_eq!(Tiles::default().add(tile, &vec![0; length]), Ok(()));
    }
}

#[test]
fn a_proof_without_one_of_its_tiles_is_no_answer() {
    let proof = Tiles::default().proof(Question::Leaf(3), 9);

    assert!(matches!(proof, Err(Flaw::Unanswered(_))));
}

#[test]
fn entries_of_a_bundle_have_their_length_before_them() {
    let bundle = [&[0, 3][..], b"one", &[0, 0], &[0, 5], b"three"].concat();

    assert_eq!(entry_of(&bundle, 0), Ok(&b"one"[..]));
    assert_eq!(entry_of(&bundle, 1), Ok(&b""[..]));
    assert_eq!(entry_of(&bundle, 2), Ok(&b"three"[..]));
    assert!(entry_of(&bundle, 3).is_err());
    assert!(entry_of(&bundle[..bundle.len() - 1], 2).is_err());
    assert!(entry_of(&[0], 0).is_err());
}

#[test]
fn an_entry_lies_in_the_bundle_of_its_256() {
    let bundle = |index, width| Tile {
        level: 0,
        index,
        width,
    };

    assert_eq!(entry_bundle(0, 1), Some((bundle(0, 1), 0)));
    assert_eq!(entry_bundle(255, 300), Some((bundle(0, 256), 255)));
    assert_eq!(entry_bundle(299, 300), Some((bundle(1, 44), 43)));
    assert_eq!(entry_bundle(300, 300), None);
    assert_eq!(entry_bundle(0, 0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_leaf_and_any_older_tree_of_any_log_are_proven(
        (size, index, old) in (1u64..3_000).prop_flat_map(|size| (Just(size), 0..size, 1..=size)),
    ) {
        check(size, index, old);
    }
}
