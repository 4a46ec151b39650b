//! Archives that mean harm, and odd ones that do not, each with the code that it must fail with.

pub(crate) mod framing;
pub(crate) mod headers;
pub(crate) mod kinds;
pub(crate) mod manifests;
pub(crate) mod odd;
pub(crate) mod world;

use crate::gz::{self, Member};
use crate::sample::{Sample, good};
use crate::tape::{Entry, Tape};
use std::ops::Range;

/// The member that is changed: neither first nor last.
const AT: usize = 5;

/// One archive.
pub(crate) struct Row {
    /// What is wrong with it.
    pub(crate) name: &'static str,
    /// The codes that it fails with, and no other; none for one that holds.
    pub(crate) fails: &'static [&'static str],
    pub(crate) make: Box<dyn Fn() -> Hostile>,
}

/// A file, and the sample whose manifest its seal names.
pub(crate) struct Hostile {
    pub(crate) file: Vec<u8>,
    pub(crate) sealed: Sample,
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = framing::rows();
    rows.extend(headers::rows());
    rows.extend(kinds::rows());
    rows.extend(manifests::rows());
    rows.extend(world::rows());
    rows.extend(odd::rows());
    rows
}

/// A row about a file that is made from the good sample's plain tar.
fn of_file(
    name: &'static str,
    fails: &'static [&'static str],
    make: impl Fn(&[u8]) -> Vec<u8> + 'static,
) -> Row {
    Row {
        name,
        fails,
        make: Box::new(move || Hostile {
            file: make(&good().tar()),
            sealed: good().clone(),
        }),
    }
}

/// A row about the good sample in other gzip members.
fn of_members(
    name: &'static str,
    fails: &'static [&'static str],
    change: impl Fn(&mut Vec<Member>) + 'static,
) -> Row {
    of_file(name, fails, move |tar| {
        let mut members = gz::members(tar, 64 << 10);
        change(&mut members);
        gz::file(&members)
    })
}

/// A row about the good sample's archive, changed.
fn of_tape(
    name: &'static str,
    fails: &'static [&'static str],
    change: impl Fn(&mut Tape) + 'static,
) -> Row {
    of_file(name, fails, move |_| {
        let mut tape = Tape::of(good());
        change(&mut tape);
        crate::sample::gzip(&tape.bytes())
    })
}

/// A row about one field of one header.
fn field(
    name: &'static str,
    fails: &'static [&'static str],
    field: Range<usize>,
    bytes: impl AsRef<[u8]> + 'static,
) -> Row {
    of_tape(name, fails, move |tape| {
        tape.entries[AT].set(field.clone(), bytes.as_ref());
    })
}

/// A row about one more entry before another.
fn more(
    name: &'static str,
    fails: &'static [&'static str],
    make: impl Fn(u64) -> Entry + 'static,
) -> Row {
    of_tape(name, fails, move |tape| {
        tape.entries.insert(AT, make(tape.mtime));
    })
}

/// A row about another sample, packed as it should be.
fn of_sample(
    name: &'static str,
    fails: &'static [&'static str],
    make: impl Fn(Sample) -> Sample + 'static,
) -> Row {
    Row {
        name,
        fails,
        make: Box::new(move || {
            let sample = make(good().clone());
            Hostile {
                file: sample.pack(),
                sealed: sample,
            }
        }),
    }
}
