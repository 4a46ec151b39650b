//! What refusing costs: the same little memory and time, however much an archive promises.

use crate::corpus::rows;
use crate::gz::{self, Member};
use crate::sample::{Sample, good, public_key};
use crate::stage::Stage;
use crate::tape::{Entry, Tape};
use evidence::bundle::header::header;
use evidence::model::Finding;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What a run may hold, the program itself included. Most of it are the pages of the unoptimised program itself.
const PEAK: u64 = 96 << 20;
const TIME: Duration = Duration::from_secs(30);

#[test]
fn a_bomb_is_refused_in_little_memory_and_time() {
    // 16 GiB of zeros in 16 MiB, as one member of which nobody needs a byte.
    let mut tape = Tape::of(good());
    tape.end = header("files/zz", 8_589_934_591, tape.mtime)
        .unwrap()
        .to_vec();
    let head = gz::file(&gz::members(&tape.bytes(), 64 << 10));
    let mib = Member::of(&vec![0; 1 << 20]).sized(0).bytes();
    let small = Member::of(&[0; 512]).bytes();
    tape.end = header("files/zz", 3 << 30, tape.mtime).unwrap().to_vec();
    let listed_size = gz::file(&gz::members(&tape.bytes(), 64 << 10));
    for (name, file) in [
        ("8 GiB in one member", [head, mib.repeat(16 << 10)].concat()),
        (
            "3 GiB in one member",
            [listed_size, mib.repeat(16 << 10)].concat(),
        ),
        ("zeros and no header", mib.repeat(16 << 10)),
        ("half a block a member", small.repeat(400_000)),
    ] {
        is_cheap(name, &file, good());
    }
}

#[test]
fn what_a_reader_could_be_kept_busy_with_is_refused_in_little_memory_and_time() {
    for name in [
        "100,000 empty members before the first",
        "nothing but zeros",
        "a manifest of 65 MiB",
        "a PAX size that is another",
        "a member of 5 GiB",
        "lists a million deep",
        "objects 100,000 deep",
        "a second bundle after the first",
    ] {
        let rows = rows();
        let row = rows.iter().find(|row| row.name == name).unwrap();
        let made = (row.make)();
        is_cheap(name, &made.file, &made.sealed);
    }
}

/// The good sample with so many members that the manifest does not list.
fn with_unlisted(count: usize) -> Vec<u8> {
    let mut tape = Tape::of(good());
    let more = (0..count).map(|at| Entry::plain(&format!("files/z/{at}"), b"", tape.mtime));
    let more: Vec<Entry> = more.collect();
    tape.entries.extend(more);
    tape.bytes()
}

#[test]
fn a_bundle_of_many_blocks_and_members_is_read_in_little_memory_and_time() {
    for (count, name) in [
        (20_000, "20,000 unlisted members, a gzip member a header"),
        (150_000, "150,000 unlisted members"),
    ] {
        let block = if count > 20_000 { 64 << 10 } else { 512 };
        let file = gz::file(&gz::members(&with_unlisted(count), block));
        is_cheap(name, &file, good());
    }
}

#[test]
fn of_many_defects_of_a_kind_the_first_are_told_and_the_rest_are_counted() {
    let report = good().judge(&gz::file(&gz::members(&with_unlisted(2_500), 64 << 10)));

    let unlisted = |finding: &&Finding| finding.code == "EV-closed-world-unlisted";
    let told: Vec<&Finding> = report.findings.iter().filter(unlisted).collect();
    assert_eq!(told.len(), 1_001);
    assert_eq!(told[0].subject, "files/z/0");
    assert_eq!(told[1_000].subject, "members");
    assert!(
        told[1_000].message.starts_with("1500 more"),
        "{}",
        told[1_000].message
    );
}

/// Asserts that the program refuses the file, and what that takes.
#[track_caller]
fn is_cheap(name: &str, file: &[u8], sealed: &Sample) {
    let stage = Stage::with("bundle.tar.gz", file);
    std::fs::write(stage.path("bundle.tar.gz.sigstore.json"), sealed.seal(file)).unwrap();
    std::fs::write(stage.path("key.pub"), public_key()).unwrap();
    let started = Instant::now();
    let mut child = stage
        .command(&[
            "verify",
            "bundle.tar.gz",
            "--key=key.pub",
            "--insecure-ignore-tlog",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(high_water(
            &std::fs::read_to_string(&status).unwrap_or_default(),
        ));
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let took = started.elapsed();
    println!("{name}: {} KiB, {} ms", peak >> 10, took.as_millis());
    assert_eq!(ended.code(), Some(1), "{name}");
    assert!(peak > 0 && peak < PEAK, "{name}: {peak} bytes");
    assert!(took < TIME, "{name}: {took:?}");
}

fn high_water(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.map(|line| line.trim().trim_end_matches(" kB"));
    kib.map_or(0, |kib| kib.parse::<u64>().unwrap() << 10)
}
