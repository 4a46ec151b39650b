//! Raw samples, by the selector that they were asked for with.

use super::selector::Selector;
use crate::metrics::{Labels, Sample};
use std::collections::{BTreeMap, BTreeSet};

/// Bits of the value that marks the end of a series (`model/value/value.go`); a usual NaN has others.
const STALE_MARKER: u64 = 0x7ff0_0000_0000_0002;

/// Whether the value marks the end of a series.
pub fn is_stale_marker(value: f64) -> bool {
    value.to_bits() == STALE_MARKER
}

/// The samples of one series, ascending in time, stale markers among them where the source keeps them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// The samples of each selector of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawSamples {
    of: BTreeMap<String, Vec<RawSeries>>,
    /// Selectors whose source gives 0 for -0.
    without_zero_signs: BTreeSet<String>,
}

impl RawSamples {
    /// No samples of no selector.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the series of a selector; they are put in the order of their labels, their samples in the order of time.
    pub fn insert(&mut self, selector: &Selector, mut series: Vec<RawSeries>) {
        for one in &mut series {
            one.samples.sort_by_key(|sample| sample.ms);
        }
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        self.of.insert(selector.to_string(), series);
    }

    /// Says that the selector's source gives 0 for -0, as remote read does: protobuf leaves out what is equal to 0.
    pub(super) fn lack_zero_signs(&mut self, selector: &Selector) {
        self.without_zero_signs.insert(selector.to_string());
    }

    /// The samples with -0 for each 0 that may be one; none when there is no such 0.
    pub(super) fn with_negative_zeros(&self) -> Option<Self> {
        let mut negative = self.clone();
        let mut found = false;
        for selector in &self.without_zero_signs {
            let series = negative.of.get_mut(selector).into_iter().flatten();
            for sample in series.flat_map(|one| &mut one.samples) {
                if sample.value == 0.0 {
                    sample.value = -0.0;
                    found = true;
                }
            }
        }
        found.then_some(negative)
    }

    /// The series of a selector, by its canonical text; none when nobody asked for them.
    pub(super) fn of(&self, selector: &str) -> Option<&[RawSeries]> {
        self.of.get(selector).map(Vec::as_slice)
    }
}
