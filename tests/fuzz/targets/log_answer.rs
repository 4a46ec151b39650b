//! Any bytes as what a transparency log answers: no entry is proven that its key did not sign.

#![no_main]

use evidence::model::LogRecord;
use evidence::sigstore::Roots;
use evidence::sigstore::online::tiles::{Question, Tiles, entry_bundle, entry_of};
use evidence::sigstore::online::v1::{Trees, check_entry, growth_proof, tree_of};
use evidence::sigstore::online::{TrustedLog, needs_proof};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LOGS: LazyLock<Vec<TrustedLog>> = LazyLock::new(|| {
    let mut roots = Roots::none();
    let root = include_bytes!("../../../fixtures/sigstore/trust/trusted_root.json");
    roots.add("lab", root).unwrap();
    let ids = roots.logs();
    ids.keys().map(|id| roots.log(id).unwrap()).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let log = &LOGS[usize::from(choice / 8) % LOGS.len()];
    match choice % 8 {
        0 => {
            if let Ok(trees) = Trees::parse(rest) {
                let head = trees.head(1, log);
                assert!(head.is_err());
            }
        }
        1 => drop(growth_proof(rest)),
        2 => {
            let record = LogRecord {
                index: 1,
                log_id: log.id(),
                leaf_hash: "00".repeat(32),
                integrated: None,
                kind: "dsse 0.0.1".into(),
                tree: None,
            };
            assert!(check_entry(rest, &record, log).is_err());
        }
        3 => {
            let text = String::from_utf8_lossy(rest);
            tree_of(&text);
            if let Ok(head) = log.head(&text) {
                assert_eq!(needs_proof(&head, &head), Ok(false));
            }
        }
        4 => {
            if let Some((place, bundle)) = rest.split_first()
                && let Ok(entry) = entry_of(bundle, usize::from(*place))
            {
                assert!(entry.len() + 2 <= bundle.len());
            }
        }
        5 => tiles(rest),
        _ => {}
    }
});

/// The tiles that answer a question are those that its proof needs, whatever the size of the tree.
fn tiles(bytes: &[u8]) {
    let Some((numbers, rest)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    let (index, size) = numbers.split_at(8);
    let [index, size] = [index, size].map(|one| u64::from_le_bytes(one.try_into().unwrap()));
    // The proof of a tree of 2^64 entries hashes thousands of subtrees: that takes time and shows nothing more.
    let size = size % (1 << 24);
    if let Some((bundle, place)) = entry_bundle(index, size) {
        assert!(place < usize::from(bundle.width));
    }
    for question in [Question::Leaf(index), Question::Older(index)] {
        let mut given = Tiles::default();
        let mut all_given = true;
        for tile in question.tiles(size) {
            let row = vec![rest.first().copied().unwrap_or(0); usize::from(tile.width) * 32];
            all_given &= given.add(tile, &row).is_ok();
        }
        assert!(all_given);
        given.proof(question, size).unwrap();
    }
}
