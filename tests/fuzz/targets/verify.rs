//! Whole bundles: any bytes, any manifest, and any bytes in place of one member of a bundle that is sealed by a trusted key.

#![no_main]

use evidence::bundle::canonical;
use evidence::model::{Check, Digest, Outcome, Report};
use evidence::verify::{ReadOptions, verify, verify_with};
use evidence_fuzz::sealed::{LIGHT, TRUST, sealed};
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroUsize;

// The first byte says what the rest is, the second which member it replaces.
fuzz_target!(|bytes: &[u8]| {
    let [choice, place, rest @ ..] = bytes else {
        return;
    };
    let manifest = LIGHT.manifest.clone();
    let members = || {
        let files = LIGHT.manifest.files.iter();
        files.map(|file| (file.path.as_str(), &*LIGHT.members[file.path.as_str()]))
    };
    match choice % 4 {
        0 => drop(verify(rest, "b.tar.gz", None, &TRUST)),
        1 => drop(judge(&sealed(&manifest, rest, members()))),
        2 => {
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(rest) else {
                return;
            };
            let Ok(bytes) = serde_json_canonicalizer::to_vec(&value) else {
                return;
            };
            let said = canonical::parse(&bytes).unwrap_or(manifest);
            drop(judge(&sealed(&said, &bytes, members())));
        }
        _ => replaced(*choice, *place, rest),
    }
});

/// A member is another one, and the manifest says so: that is a bundle, whatever follows from it.
fn replaced(choice: u8, place: u8, body: &[u8]) {
    let mut manifest = LIGHT.manifest.clone();
    let place = usize::from(place) % manifest.files.len();
    let file = &mut manifest.files[place];
    file.size = body.len() as u64;
    file.sha256 = Digest::of(body);
    let path = file.path.clone();
    let bytes = canonical::to_bytes(&manifest).unwrap();
    let members = LIGHT.manifest.files.iter().map(|file| match &file.path {
        own if *own == path => (own.as_str(), body),
        other => (other.as_str(), &*LIGHT.members[other.as_str()]),
    });
    let made = sealed(&manifest, &bytes, members);
    let report = judge(&made);
    for check in [
        Check::SealPresent,
        Check::SealSignature,
        Check::SealIdentity,
        Check::SealSubject,
        Check::SealManifest,
        Check::Archive,
        Check::Manifest,
        Check::MemberOrder,
        Check::ClosedWorld,
        Check::MemberDigest,
    ] {
        assert!(
            !fails(&report, check),
            "{check} fails for {path}: {report:?}"
        );
    }
    // Threads take the time of some readings.
    if choice & 0xf0 == 0xf0 {
        let options = ReadOptions {
            threads: NonZeroUsize::new(2).unwrap(),
            ..ReadOptions::default()
        };
        let by_threads = verify_with(
            &*made.0,
            "b.tar.gz",
            Some(made.1.as_bytes()),
            &TRUST,
            &options,
        );
        assert_eq!(format!("{by_threads:?}"), format!("{report:?}"));
    }
}

fn judge((bundle, seal): &(Vec<u8>, String)) -> Report {
    verify(&**bundle, "b.tar.gz", Some(seal.as_bytes()), &TRUST)
}

fn fails(report: &Report, check: Check) -> bool {
    let mut all = report.findings.iter();
    all.any(|one| {
        one.check == check && matches!(one.outcome, Outcome::Fail | Outcome::Undetermined)
    })
}
