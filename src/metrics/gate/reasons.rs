//! Why a check is not GREEN: one line for each rule and kind of reason, however many series it holds for.

use super::words::named;
use crate::metrics::Labels;
use crate::model::{GateVerdict, Problem};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Reasons of one check.
#[derive(Default)]
pub(super) struct Reasons {
    /// By place and code, so that the order does not depend on that of the series.
    found: BTreeMap<(usize, String), Reason>,
}

struct Reason {
    verdict: GateVerdict,
    message: String,
    labels: Option<Labels>,
    weight: u64,
    count: usize,
}

impl Reasons {
    /// What stands against the check as a whole.
    pub(super) fn add(&mut self, verdict: GateVerdict, problem: Problem) {
        let place = self.found.len();
        let reason = Reason {
            verdict,
            message: problem.message,
            labels: None,
            weight: 0,
            count: 1,
        };
        self.found.insert((place, problem.code), reason);
    }

    /// What a series came to; of those of one place and code the weightiest is told, the first of equal ones.
    pub(super) fn add_of_series(
        &mut self,
        place: usize,
        verdict: GateVerdict,
        problem: Problem,
        weight: u64,
        labels: &Labels,
    ) {
        let reason = Reason {
            verdict,
            message: problem.message,
            labels: Some(labels.clone()),
            weight,
            count: 1,
        };
        match self
            .found
            .get_mut(&(place + AFTER_CHECK, problem.code.clone()))
        {
            Some(known) => {
                let count = known.count + 1;
                if weight > known.weight {
                    *known = reason;
                }
                known.count = count;
            }
            None => {
                self.found
                    .insert((place + AFTER_CHECK, problem.code), reason);
            }
        }
    }

    /// The worst verdict.
    pub(super) fn verdict(&self) -> GateVerdict {
        let verdicts = self.found.values().map(|reason| reason.verdict);
        verdicts.max().unwrap_or(GateVerdict::Green)
    }

    /// The worst first; series are named where there is more than one.
    pub(super) fn told(self, series_count: usize) -> Vec<Problem> {
        let mut found: Vec<_> = self.found.into_iter().collect();
        found.sort_by_key(|(_, reason)| Reverse(reason.verdict));
        let mut told: Vec<Problem> = Vec::new();
        for ((_, code), reason) in found {
            let of = reason.labels.filter(|_| series_count > 1);
            let message = match (of, reason.count) {
                (None, _) => reason.message,
                (Some(labels), 1) => format!("{}: {}", named(&labels), reason.message),
                (Some(labels), count) => {
                    let (labels, more) = (named(&labels), count - 1);
                    format!("{labels} and {more} more series: {}", reason.message)
                }
            };
            let problem = Problem { code, message };
            if !told.contains(&problem) {
                told.push(problem);
            }
        }
        told
    }
}

/// Places of reasons against the check as a whole: fewer than these.
const AFTER_CHECK: usize = 1_000;
