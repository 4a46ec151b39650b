//! What follows from a capture.

use crate::model::{Exhibit, Problem, StatedClaim, Status};
use serde::Serialize;

/// Code of the problem that a place in the captured bytes was blanked.
pub const REDACTED: &str = "redacted";

/// What follows from a capture. Made in this folder only; not readable from JSON, so that nothing that a file
/// says becomes one.
///
/// ```compile_fail
/// let forged: evidence::appraise::Claim = serde_json::from_str("{}").unwrap();
/// ```
/// ```compile_fail
/// let forged = evidence::appraise::Claim::new(evidence::model::Status::Verified, None, (), vec![]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    stated: StatedClaim,
}

/// A claim and what a page shows beside it.
#[derive(Clone, Debug)]
pub struct Appraised {
    /// The claim.
    pub claim: Claim,
    /// One sentence for people, without a full stop.
    pub summary: String,
    /// Series and pictures.
    pub exhibits: Vec<Exhibit>,
}

impl Claim {
    /// `facts` is the shape of this kind of item; numbers that matter are decimal text.
    pub(in crate::appraise) fn new(
        status: Status,
        met: Option<bool>,
        facts: impl Serialize,
        problems: Vec<Problem>,
    ) -> Self {
        // Facts are structs of text, whole numbers, lists and maps: they always serialise.
        let facts = serde_json::to_value(facts).unwrap_or_default();
        Self {
            stated: StatedClaim {
                status,
                met,
                facts,
                problems,
            },
        }
    }

    /// The same where a place in the captured bytes was blanked: recorded at most, and never met, for nobody can see what
    /// stood there.
    pub(in crate::appraise) fn redacted(mut self) -> Self {
        let stated = &mut self.stated;
        stated.status = stated.status.max(Status::Recorded);
        stated.met = stated.met.filter(|met| !met);
        if !stated
            .problems
            .iter()
            .any(|problem| problem.code == REDACTED)
        {
            let message = "a place in its files was redacted, so nothing is proven by them";
            // What failed for a reason of its own says that first.
            let at = match stated.met {
                Some(_) => stated.problems.len(),
                None => 0,
            };
            stated.problems.insert(at, Problem::new(REDACTED, message));
        }
        self
    }

    /// How far it is proven.
    pub fn status(&self) -> Status {
        self.stated.status
    }

    /// Whether the expectation is met; none where nothing is demanded.
    pub fn met(&self) -> Option<bool> {
        self.stated.met
    }

    /// What stands against it.
    pub fn problems(&self) -> &[Problem] {
        &self.stated.problems
    }

    /// The claim as a manifest states it.
    pub fn to_stated(&self) -> StatedClaim {
        self.stated.clone()
    }
}

impl Appraised {
    /// The same of a capture in which a place was blanked.
    pub(in crate::appraise) fn redacted(self) -> Self {
        Self {
            claim: self.claim.redacted(),
            summary: format!("{}; redacted", self.summary),
            exhibits: self.exhibits,
        }
    }

    /// A claim and its sentence, nothing to show besides.
    pub(in crate::appraise) fn new(claim: Claim, summary: impl Into<String>) -> Self {
        Self {
            claim,
            summary: summary.into(),
            exhibits: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(
        status: Status,
        met: Option<bool>,
        codes: &[&str],
    ) -> (Status, Option<bool>, Vec<String>) {
        let problems = codes.iter().map(|code| Problem::new(*code, "x")).collect();
        // Twice is as good as once.
        let claim = Claim::new(status, met, (), problems).redacted().redacted();
        let codes = claim.problems().iter().map(|problem| problem.code.clone());
        (claim.status(), claim.met(), codes.collect())
    }

    #[test]
    fn what_was_redacted_is_recorded_at_most_and_never_met() {
        let own = || vec![REDACTED.to_owned()];
        assert_eq!(
            redacted(Status::Verified, Some(true), &[]),
            (Status::Recorded, None, own())
        );
        assert_eq!(
            redacted(Status::Recorded, None, &[]),
            (Status::Recorded, None, own())
        );
        assert_eq!(
            redacted(Status::Missing, Some(false), &["metric-limit"]),
            (
                Status::Missing,
                Some(false),
                vec!["metric-limit".into(), REDACTED.into()]
            )
        );
        assert_eq!(
            redacted(Status::Verified, None, &["metric-gap"]).2,
            [REDACTED, "metric-gap"]
        );
    }
}
