//! From the bytes of a bundle to a report: total, one pass, no socket, no clock.

mod appraisals;
mod attestation;
mod claims;
mod demands;
mod images;
mod inputs;
mod listed;
mod members;
mod options;
mod phases;
mod plan;
mod redactions;
mod requirements;
mod state;
mod times;
mod told;
mod tracked;
mod trust;

pub use attestation::{SealedBy, sealed_by};
pub use options::{ReadOptions, Selection};
pub use trust::{AskedRelease, Trust};

use crate::model::{BundleName, Check, Finding, Group, Report};
use std::io::Read;

/// Items that are named of those that were not asked for.
const NAMED: usize = 20;
/// Subject of the finding that says that the log was not asked; whoever asks it takes the finding away.
pub const LOG_CONSISTENCY: &str = "log consistency";

/// Judges an evidence bundle.
///
/// Total: whatever the bytes, the answer is a [`Report`]. What could not be read or judged is a finding, never a
/// pass. Reads `bundle` once, front to back; opens no file, socket or clock. `seal` is the Sigstore bundle beside
/// it; `name` is the bundle's file name, for the report.
pub fn verify(bundle: impl Read + Send, name: &str, seal: Option<&[u8]>, trust: &Trust) -> Report {
    verify_with(bundle, name, seal, trust, &ReadOptions::default())
}

/// The same, read as the options say: within other bounds, by more threads, or a selection of the items.
pub fn verify_with(
    bundle: impl Read + Send,
    name: &str,
    seal: Option<&[u8]>,
    trust: &Trust,
    options: &ReadOptions,
) -> Report {
    let mut report = Report {
        bundle: BundleName {
            name: name.into(),
            digest: None,
            size: 0,
        },
        ..Report::default()
    };
    let sealed = attestation::judge(seal, trust, &mut report);
    let pass = members::read(bundle, &sealed, trust, options, &mut report);
    attestation::compare_subject(&sealed, &mut report);
    if let Some(pass) = &pass {
        selected(&options.select, pass, &mut report);
        plan::compare(pass, &mut report);
        times::compare(pass, &sealed, &mut report);
        attestation::compare_release(&sealed, &pass.manifest, trust, &mut report);
        requirements::judge(pass, &sealed, trust, &mut report);
    }
    not_checked(trust, &mut report);
    report
}

/// Says which items were not asked for, and what was asked for and is not there.
fn selected(select: &Selection, pass: &members::Pass, report: &mut Report) {
    if select.is_all() {
        return;
    }
    let items = &pass.manifest.items;
    let absent_ids = (select.ids.iter())
        .filter(|id| !items.iter().any(|item| item.id == **id))
        .map(|id| {
            (
                id.clone(),
                format!("there is no item {id}, which was asked for"),
            )
        });
    let absent_kinds = (select.kinds.iter())
        .filter(|kind| !items.iter().any(|item| item.expectation.kind() == **kind))
        .map(|kind| {
            let message = format!("there is no item of kind {kind}, which was asked for");
            (kind.to_string(), message)
        });
    for (subject, message) in absent_ids.chain(absent_kinds) {
        report.findings.push(Finding::fail(
            Check::Policy,
            Group::Requirement,
            subject,
            "asked",
            message,
        ));
    }
    let over: Vec<&str> = pass.passed_over.iter().map(String::as_str).collect();
    if over.is_empty() {
        return;
    }
    let named = over
        .get(..over.len().min(NAMED))
        .unwrap_or_default()
        .join(", ");
    let more = match over.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    report.findings.push(Finding::not_checked(
        Check::Requirement,
        Group::Requirement,
        "items",
        format!(
            "{} of {} items were not asked for: {named}{more}",
            over.len(),
            items.len()
        ),
    ));
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
