//! Defects of members as findings: of each kind the first one by one, the others counted.

use super::members::fail;
use crate::model::{Check, Report, limits};
use std::collections::BTreeMap;

/// What was told of members. A stranger's archive has as many defects as it has members; a report need not.
#[derive(Default)]
pub(super) struct Told {
    counts: BTreeMap<(Check, &'static str), usize>,
}

impl Told {
    /// Says that a member is wrong, or counts it among those of its kind.
    pub(super) fn fail(
        &mut self,
        report: &mut Report,
        check: Check,
        subject: &str,
        detail: &'static str,
        message: &str,
    ) {
        let count = self.counts.entry((check, detail)).or_default();
        *count += 1;
        if *count <= limits::FINDINGS_OF_A_KIND {
            fail(report, check, subject, detail, message);
        }
    }

    /// Says how many were counted and not told.
    pub(super) fn finish(self, report: &mut Report) {
        for ((check, detail), count) in self.counts {
            let more = count.saturating_sub(limits::FINDINGS_OF_A_KIND);
            if more > 0 {
                let message = format!("{more} more, which are not named one by one");
                fail(report, check, "members", detail, &message);
            }
        }
    }
}
