//! No capture is later than the seal over it.

use super::attestation::Seal;
use super::members::Pass;
use crate::model::{Check, Finding, Group, Report};

/// How far the producer's clock may run ahead of log and timestamp authority, in seconds.
const AHEAD: i64 = 600;

/// Compares when items say that they were captured with the seal's latest trusted time.
pub(super) fn compare(pass: &Pass, seal: &Seal, report: &mut Report) {
    let times = seal.signature.iter().flat_map(|signature| &signature.times);
    let Some(sealed) = times.max() else { return };
    for item in &pass.manifest.items {
        if item.captured.as_second() > sealed.as_second().saturating_add(AHEAD) {
            report.findings.push(Finding::fail(
                Check::Claim,
                Group::Integrity,
                &item.id,
                "time",
                format!(
                    "says that it was captured at {}, the seal over it is of {sealed}",
                    item.captured
                ),
            ));
        }
    }
}
