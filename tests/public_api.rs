//! What semantic versioning covers, as code: a change that breaks a program which uses it breaks this file.
//!
//! Types are spelled out and shapes taken apart, so that a renamed field, another return type or a lost trait does not
//! compile. Adding to it is a minor version; having to change a line of it is a major one.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    reason = "a test that cannot be set up has failed"
)]

use evidence::bundle::{
    self, Archive, ArchiveError, Bounds, Inline, InspectError, Inspected, PackError, Packed, Totals,
};
use evidence::model::{
    Check, Digest, Expectation, FileEntry, Finding, Group, IdentityRule, Item, ItemReport, Kind,
    Manifest, MemberPath, Outcome, Release, Report, StatedClaim, Status, Timestamp, Verdict,
    Window,
};
use evidence::sigstore::trust::Key;
use evidence::sigstore::{Options, Roots};
use evidence::verify::{
    AskedRelease, ReadOptions, SealedBy, Selection, Trust, sealed_by, verify, verify_with,
};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

fn trust() -> Trust {
    Trust {
        roots: Roots::none(),
        seal: Vec::<IdentityRule>::new(),
        keys: Vec::<Key>::new(),
        options: Options::STRICT,
        policy: None,
        asked: AskedRelease {
            tag: None::<String>,
            repository: None::<String>,
            commit: None::<String>,
        },
    }
}

#[test]
fn judging_takes_any_reader_and_gives_a_report_that_can_be_sent_anywhere() {
    fn anywhere<T: Send + Sync + Clone + std::fmt::Debug + 'static>(_: &T) {}
    let options = ReadOptions {
        bounds: Bounds::DEFAULT,
        threads: NonZeroUsize::MIN,
        select: Selection {
            kinds: BTreeSet::<Kind>::new(),
            ids: BTreeSet::<String>::new(),
        },
    };
    let trust = trust();

    let seal: Option<&[u8]> = None;
    let report: Report = verify(&b""[..], "b.tar.gz", seal, &trust);
    let source: Box<dyn Read + Send> = Box::new(io::empty());
    let same: Report = verify_with(source, "b.tar.gz", seal, &trust, &options);
    let who: SealedBy = sealed_by(b"", &trust);

    assert_eq!(report.verdict(), Verdict::Refused);
    assert_eq!((report.exit_code(), same.exit_code()), (1, 1));
    assert!(matches!(who, SealedBy::Unknown(_)));
    anywhere(&report);
    anywhere(&trust);
    anywhere(&options);
}

#[test]
fn another_thread_can_judge() {
    let judged = std::thread::spawn(|| verify(&b"x"[..], "b", None, &trust()));

    let report = judged.join().unwrap();

    let failed: Vec<Check> = report.failed();
    assert!(failed.contains(&Check::Archive), "{failed:?}");
}

/// Never called: it compiles as long as a report has these parts.
#[allow(dead_code, reason = "compiled, not run")]
fn the_parts_of_a_report(report: Report) {
    let _: (Option<Digest>, u64, String) =
        (report.bundle.digest, report.bundle.size, report.bundle.name);
    let _: (Option<Release>, Option<String>) = (report.release, report.stage);
    let _: Vec<Timestamp> = report.sealed_at;
    let _: bool = report.demo;
    for finding in report.findings {
        let Finding {
            check,
            group,
            subject,
            outcome,
            status,
            code,
            message,
        } = finding;
        let _: (Check, Group, String, Outcome, Status, String, String) =
            (check, group, subject, outcome, status, code, message);
    }
    for item in report.items {
        let ItemReport {
            id,
            title,
            kind,
            captured,
            window,
            request,
            files,
            status,
            claim,
            summary,
            exhibits: _,
        } = item;
        let _: (String, String, Kind, Timestamp, Option<Window>) =
            (id, title, kind, captured, window);
        let _: (
            serde_json::Value,
            Vec<FileEntry>,
            Status,
            StatedClaim,
            String,
        ) = (request, files, status, claim, summary);
    }
}

/// Never called: bounds that can be set.
#[allow(dead_code, reason = "compiled, not run")]
fn the_bounds(mut bounds: Bounds) {
    let numbers: [&mut u64; 5] = [
        &mut bounds.plain_bytes,
        &mut bounds.ratio,
        &mut bounds.member_bytes,
        &mut bounds.manifest_bytes,
        &mut bounds.held_bytes,
    ];
    for number in numbers {
        *number = 1;
    }
    let counts: [&mut usize; 2] = [&mut bounds.members, &mut bounds.items];
    for count in counts {
        *count = 1;
    }
}

#[test]
fn members_come_one_after_another_and_errors_have_codes() {
    let mut archive: Archive<Inline<&[u8]>> = Archive::within(&b"no gzip"[..], Bounds::DEFAULT);

    let error: ArchiveError = archive.next_member().unwrap_err();
    let totals: Totals = archive.finish().unwrap();

    let code: &'static str = error.code();
    assert_eq!((code, totals.size), ("gzip-header", 7));
    assert!(!error.is_read_failure());
}

/// Never called: inspecting and packing.
#[allow(dead_code, reason = "compiled, not run")]
fn inspecting_and_packing(
    file: &[u8],
    manifest: &mut Manifest,
    open: impl FnMut(&FileEntry) -> io::Result<&'static [u8]>,
    out: impl Write,
) {
    let inspected: Result<Inspected, InspectError> = bundle::inspect(file);
    if let Ok(Inspected { manifest, packed }) = inspected {
        let _: (Manifest, Packed) = (manifest, packed);
    }
    let sorted: Result<(), PackError> = bundle::pack::sort_files(manifest);
    let packed: Result<Packed, PackError> =
        bundle::pack_with(manifest, 0, NonZeroUsize::MIN, open, out);
    if let (Ok(()), Ok(packed)) = (sorted, packed) {
        let _: (Digest, u64, Digest, Digest) =
            (packed.digest, packed.size, packed.tar, packed.manifest);
    }
    for Item {
        id,
        files,
        claim,
        expectation,
        ..
    } in &manifest.items
    {
        let _: (&String, &Vec<MemberPath>, &StatedClaim, &Expectation) =
            (id, files, claim, expectation);
    }
}
