//! Runs that are killed, or refused by the disk, at each system call that writes: the next one completes, and at no time
//! is a file under its final name half or wrong. `README.md` says how.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod calls;
#[allow(
    dead_code,
    reason = "what the other tests share is more than is needed here"
)]
#[path = "../common/mod.rs"]
mod common;
mod order;
mod stage;
mod state;
mod story;
mod tracer;
mod whole;

use stage::{Case, Stage, run};
use state::captures;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use story::Story;
use whole::{Seals, bundle_digest, files, leftovers, wrong_in_out, wrong_in_store};

/// Whether it can be told at all; where it cannot, that is said and not passed over.
fn can_trace() -> bool {
    let can = tracer::is_permitted();
    if !can {
        let said = "SKIPPED: processes cannot be traced here, so that NO crash was tried\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    can
}

/// Runs it to a good end.
#[track_caller]
fn done(command: Command) {
    let run = run(command);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

/// A case whose store is filled.
fn collected(stage: &Stage) -> Case {
    let case = stage.empty();
    done(stage.collect(&case));
    case
}

/// A case whose store is filled, and that has a bundle of other bytes, sealed, with its page.
fn released_before(stage: &Stage) -> Case {
    let case = collected(stage);
    done(stage.pack(&case));
    done(stage.seal(&case));
    let page = case.out().join("evidence-bundle-v1.4.0.report.html");
    fs::write(page, "<html>of an earlier bundle</html>").unwrap();
    let mut pack = stage.pack(&case);
    pack.env("SOURCE_DATE_EPOCH", "1");
    done(pack);
    done(stage.seal(&case));
    case
}

/// Files that differ, and files that a run was to clear away.
fn differences(
    wanted: &BTreeMap<PathBuf, Vec<u8>>,
    found: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<String> {
    let names = wanted.keys().chain(found.keys());
    let mut differing: Vec<String> = names
        .filter(|name| wanted.get(*name) != found.get(*name))
        .map(|name| name.display().to_string())
        .collect();
    differing.sort();
    differing.dedup();
    differing
}

/// Leftovers below the case's folder.
fn left(case: &Case) -> Vec<String> {
    let left = leftovers(case.folder.path());
    left.iter().map(|path| path.display().to_string()).collect()
}

/// The bundle is this one, whole, and its seal is of it.
fn unlike_released(case: &Case, bundle: &[u8], seals: &Seals) -> Vec<String> {
    let mut unlike = left(case);
    if fs::read(case.bundle()).ok().as_deref() != Some(bundle) {
        unlike.push("the bundle".into());
    }
    let seal = fs::read(case.beside(".sigstore.json")).unwrap_or_default();
    if !bundle_digest(&case.bundle()).is_ok_and(|digest| seals.hold(&seal, digest)) {
        unlike.push("the seal".into());
    }
    unlike
}

/// The story of `evidence collect`, from nothing.
fn collection(stage: &Stage, tell: impl FnOnce(&Story<'_>)) {
    let wanted = captures(&collected(stage).store());
    let story = Story {
        name: "collect",
        stage,
        start: &stage.empty(),
        command: Stage::collect,
        wrong: &|case| wrong_in_store(&case.store()),
        unlike: &|case| {
            let found = captures(&case.store());
            [differences(&wanted, &found), left(case)].concat()
        },
        least: 250,
    };
    tell(&story);
}

#[test]
fn a_collection_that_is_killed_anywhere_is_completed_by_the_next() {
    if can_trace() {
        collection(&Stage::new(), |story| story.killed_everywhere());
    }
}

#[test]
fn a_collection_that_the_disk_refuses_anywhere_says_so_and_is_completed_by_the_next() {
    if can_trace() {
        collection(&Stage::new(), |story| story.refused_everywhere());
    }
}

#[test]
fn a_bundle_that_takes_the_place_of_another_is_there_whole_with_its_own_checksum_or_none() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let seals = stage.seals();
    let start = released_before(&stage);
    let before = files(&start.out());
    let after = stage.like(&start);
    done(stage.pack(&after));
    let wanted = files(&after.out());
    assert_eq!(differences(&before, &wanted).len(), 2);

    let story = Story {
        name: "pack",
        stage: &stage,
        start: &start,
        command: Stage::pack,
        wrong: &|case| {
            let mut wrong = wrong_in_store(&case.store());
            wrong.extend(wrong_in_out(case, &before, &seals));
            wrong
        },
        unlike: &|case| [differences(&wanted, &files(&case.out())), left(case)].concat(),
        least: 30,
    };
    story.killed_everywhere();
    story.refused_everywhere();
}

#[test]
fn a_seal_is_there_and_verifies_or_is_the_one_before() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let seals = stage.seals();
    let start = released_before(&stage);
    done(stage.pack(&start));
    let before = files(&start.out());
    let bundle = fs::read(start.bundle()).unwrap();

    let story = Story {
        name: "seal",
        stage: &stage,
        start: &start,
        command: Stage::seal,
        wrong: &|case| wrong_in_out(case, &before, &seals),
        unlike: &|case| unlike_released(case, &bundle, &seals),
        least: 16,
    };
    story.killed_everywhere();
    story.refused_everywhere();
}

#[test]
fn a_release_that_is_disturbed_anywhere_is_completed_by_the_same_line() {
    if !can_trace() {
        return;
    }
    let stage = Stage::new();
    let seals = stage.seals();
    let start = collected(&stage);
    let after = stage.like(&start);
    done(stage.release(&after));
    let bundle = fs::read(after.bundle()).unwrap();
    let names: Vec<PathBuf> = files(&after.out()).into_keys().collect();
    assert_eq!(names.len(), 4);

    let story = Story {
        name: "release",
        stage: &stage,
        start: &start,
        command: Stage::release,
        wrong: &|case| {
            let mut wrong = wrong_in_store(&case.store());
            wrong.extend(wrong_in_out(case, &BTreeMap::new(), &seals));
            wrong
        },
        unlike: &|case| {
            let mut unlike = unlike_released(case, &bundle, &seals);
            if !files(&case.out()).keys().eq(&names) {
                unlike.push("its files".into());
            }
            unlike
        },
        least: 60,
    };
    story.killed_everywhere();
    story.refused_everywhere();
}
