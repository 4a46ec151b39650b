//! Which stored items a run keeps, and how it stores what it captured.

use super::configuration::ConfigurationSource;
use super::redaction::keep_salts;
use super::run::{Fared, Run, chain};
use super::store::{StoreError, StoredItem};
use crate::appraise::{self, Context, SignatureTrust};
use crate::config::PlannedItem;
use crate::model::{Capture, Expectation, Item, RedactRule, StatedClaim};
use crate::sigstore::Options;

/// Why there is no capture of an item.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its source failed, in one line.
    Source(String),
    /// The store did not take it.
    Store(StoreError),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Source(why)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How an item fared; of what the store did not take the first is remembered.
pub(super) fn fared(result: Result<Fared, Failure>, unwritten: &mut Option<StoreError>) -> Fared {
    match result {
        Ok(fared) => fared,
        Err(Failure::Source(why)) => Fared::Failed(why),
        Err(Failure::Store(error)) => {
            let why = chain(&error);
            unwritten.get_or_insert(error);
            Fared::Failed(why)
        }
    }
}

impl Run {
    /// The stored item, when there is nothing left to do for it: it is what is planned now, its bytes are those of
    /// their names, and nothing stands against what follows from them.
    ///
    /// What failed its requirement and can be mended is captured again: an image may be signed by now. What follows is appraised again,
    /// since roots may have been added; the claim that is stated then is the new one.
    pub(super) fn kept(&self, planned: &PlannedItem) -> Result<Option<StoredItem>, StoreError> {
        if self.afresh && matches!(planned.expectation, Expectation::Metric(_)) {
            return Ok(None);
        }
        let stored = self.store.item(&planned.id)?;
        let Some(mut stored) = stored.filter(|stored| self.is_wanted(stored, planned)) else {
            return Ok(None);
        };
        // A damaged blob is as good as none.
        let Ok(capture) = self.store.capture(&stored) else {
            return Ok(None);
        };
        let claim = self.appraise(planned, &capture);
        if is_open(&claim) {
            return Ok(None);
        }
        if claim != stored.item.claim {
            stored.item.claim = claim;
            self.store.restate(&stored)?;
        }
        Ok(Some(stored))
    }

    /// Stores a capture with the claim that follows, once nothing is in it that must not be.
    pub(super) fn keep(
        &self,
        planned: &PlannedItem,
        mut capture: Capture,
    ) -> Result<StoredItem, Failure> {
        let salts =
            (self.blank(planned, &mut capture)).map_err(|error| Failure::Source(chain(&error)))?;
        let capture = &capture;
        let mut files: Vec<_> = capture.files.iter().map(|file| file.path.clone()).collect();
        files.sort();
        files.dedup();
        let item = Item {
            id: planned.id.clone(),
            title: planned.title.clone(),
            phase: planned.phase.clone(),
            captured: capture.captured,
            window: capture.window,
            request: capture.request.clone(),
            expectation: planned.expectation.clone(),
            claim: self.appraise(planned, capture),
            files,
        };
        if planned.expectation.inputs().is_empty() {
            self.look_for_secrets(planned, &item, capture)?;
        }
        let rules = RedactRule::digest(&planned.redact);
        keep_salts(&self.store, &planned.id, &salts)?;
        Ok(self.store.put(item, capture, rules)?)
    }

    fn is_wanted(&self, stored: &StoredItem, planned: &PlannedItem) -> bool {
        let at = match &planned.phase {
            None => self.at,
            Some(phase) => self.moments.phases.get(phase).map(|moment| moment.at),
        };
        let window = at.and_then(|at| planned.expectation.window(at));
        fits(stored, planned, &self.configuration)
            && (window.is_none() || window == stored.item.window)
    }

    pub(super) fn appraise(&self, planned: &PlannedItem, capture: &Capture) -> StatedClaim {
        let options = Options::STRICT;
        let context = Context {
            release: &self.store.head().release,
            signatures: SignatureTrust {
                roots: &self.roots,
                keys: &[],
                options: &options,
            },
        };
        let (appraised, _) = appraise::item(capture, &planned.expectation, &context);
        appraised.claim.to_stated()
    }
}

/// Whether the item is what is planned, of the configuration as it is now.
pub(super) fn fits(
    stored: &StoredItem,
    planned: &PlannedItem,
    configuration: &ConfigurationSource,
) -> bool {
    let is_configuration = matches!(planned.expectation, Expectation::Configuration { .. });
    stored.item.expectation == planned.expectation
        && stored.is_redacted_by(&planned.redact)
        && stored.item.title == planned.title
        && stored.item.phase == planned.phase
        && (!is_configuration || configuration.is_in(stored))
}

/// What stands against something that was measured, or ran.
const ANSWERS: [&str; 12] = [
    "command-exit",
    "metric-coverage",
    "metric-empty",
    "metric-gap",
    "metric-inf",
    "metric-limit",
    "metric-nan",
    "metric-native-histogram",
    "metric-raw",
    "metric-recomputed",
    "metric-several-series",
    "redacted",
];

/// Whether another capture could tell more.
///
/// A number that was measured and breaks its limit, or a command that ran and failed, is an answer: asking again until
/// it fits would choose the evidence.
fn is_open(claim: &StatedClaim) -> bool {
    let is_answer = |code: &str| ANSWERS.contains(&code);
    if !claim.problems.is_empty()
        && claim
            .problems
            .iter()
            .all(|problem| is_answer(&problem.code))
    {
        return false;
    }
    match claim.met {
        Some(met) => !met,
        None => !claim.problems.is_empty(),
    }
}
