//! What `evidence` accepts, GNU tar, Python and bsdtar read alike: nobody can be shown another bundle.

use super::programs::{Answer, Seen, bsdtar, difference, gnu_tar, python};
use super::seen;
use crate::corpus::rows;
use crate::mutate::mutant;
use evidence::bundle::list;
use std::fs;
use std::path::{Path, PathBuf};

/// Archives that are changed at random.
const MUTANTS: u64 = 1_000;

#[test]
fn every_archive_of_the_corpus_that_is_accepted_is_read_alike() {
    let rows = rows();
    let accepted = rows.iter().filter(|row| row.fails.is_empty());
    let files = accepted.map(|row| (row.name.to_owned(), (row.make)().file));

    let compared = all_read_alike(files);

    assert!(compared >= 20, "{compared}");
}

#[test]
fn every_archive_that_is_changed_at_random_and_accepted_is_read_alike() {
    let files = (0..MUTANTS).map(|seed| (format!("mutant {seed}"), mutant(seed)));

    let compared = all_read_alike(files);

    assert!(compared >= 250, "{compared}");
}

/// Compares those that are accepted; gives their number.
fn all_read_alike(files: impl Iterator<Item = (String, Vec<u8>)>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut accepted: Vec<(String, PathBuf, Vec<Seen>)> = Vec::new();
    for (name, file) in files {
        // Whatever is wrong with the list: it is the archive that others would read.
        let listing = list(file.as_slice())
            .ok()
            .filter(|listing| listing.is_complete);
        if let Some(listing) = listing {
            let path = folder.path().join(format!("{}.tar.gz", accepted.len()));
            fs::write(&path, file).unwrap();
            accepted.push((name, path, seen(&listing)));
        }
    }
    let paths: Vec<&Path> = accepted.iter().map(|(_, path, _)| path.as_path()).collect();
    let by_python: Vec<Vec<Answer>> = ["seek", "stream"].map(|mode| python(mode, &paths)).into();
    let mut wrong = Vec::new();
    for (at, (name, path, ours)) in accepted.iter().enumerate() {
        let answers = [
            ("GNU tar", gnu_tar(path)),
            ("bsdtar", bsdtar(path)),
            ("Python, seeking", by_python[0][at].clone()),
            ("Python, streaming", by_python[1][at].clone()),
        ];
        for (reader, theirs) in answers {
            let found = difference(&theirs, ours);
            wrong.extend(found.map(|found| format!("{name}: {reader}: {found}")));
        }
    }
    println!("{} archives accepted and compared", accepted.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    accepted.len()
}
