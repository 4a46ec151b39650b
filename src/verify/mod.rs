//! From the bytes of a bundle to a report: total, one pass, no socket, no clock.

mod attestation;
mod claims;
mod demands;
mod inputs;
mod members;
mod phases;
mod plan;
mod redactions;
mod requirements;
mod state;
mod times;
mod trust;

pub use attestation::{SealedBy, sealed_by};
pub use trust::{AskedRelease, Trust};

use crate::model::{BundleName, Check, Finding, Group, Report};
use std::io::Read;

/// Subject of the finding that says that the log was not asked; whoever asks it takes the finding away.
pub const LOG_CONSISTENCY: &str = "log consistency";

/// Judges an evidence bundle.
///
/// Total: whatever the bytes, the answer is a [`Report`]. What could not be read or judged is a finding, never a
/// pass. Reads `bundle` once, front to back; opens no file, socket or clock. `seal` is the Sigstore bundle beside
/// it; `name` is the bundle's file name, for the report.
pub fn verify(bundle: impl Read, name: &str, seal: Option<&[u8]>, trust: &Trust) -> Report {
    let mut report = Report {
        bundle: BundleName {
            name: name.into(),
            digest: None,
            size: 0,
        },
        ..Report::default()
    };
    let sealed = attestation::judge(seal, trust, &mut report);
    let pass = members::read(bundle, &sealed, trust, &mut report);
    attestation::compare_subject(&sealed, &mut report);
    if let Some(pass) = &pass {
        plan::compare(pass, &mut report);
        times::compare(pass, &sealed, &mut report);
        attestation::compare_release(&sealed, &pass.manifest, trust, &mut report);
        requirements::judge(pass, &sealed, trust, &mut report);
    }
    not_checked(trust, &mut report);
    report
}

/// What no verification of this file alone can show.
fn not_checked(trust: &Trust, report: &mut Report) {
    let mut say = |subject: &str, message: &str| {
        report.findings.push(Finding::not_checked(
            Check::Policy,
            Group::Requirement,
            subject,
            message,
        ));
    };
    say(
        "truth of captured bytes",
        "what only the producer witnessed follows from bytes that the signer captured",
    );
    say(
        LOG_CONSISTENCY,
        "the log was not asked whether it still holds the entry (offline)",
    );
    say(
        "withdrawals",
        "statements made after the seal were not looked for (offline)",
    );
    if trust.options.ignore_tlog {
        say(
            "transparency log",
            "signatures that no log recorded were accepted: nobody could notice a stolen key",
        );
    }
    let asked = trust
        .policy
        .as_ref()
        .is_some_and(|policy| policy.release != AskedRelease::default())
        || trust.asked != AskedRelease::default();
    if !asked {
        say(
            "release",
            "as the bundle says; none was asked for (--tag, --repository, --commit)",
        );
    }
}
