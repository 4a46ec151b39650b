//! The rule that one number of all values is bad.

use super::judged::Judged;
use super::threshold::Threshold;
use super::values::Values;
use super::words::{rounded, with_unit};
use crate::metrics::statistic;
use crate::model::Statistic;

/// Judges the rule.
///
/// A step that is bad without a number is in no statistic: the rule is then inconclusive where it does not fire. Where all
/// that is known are good steps without a number, it is quiet.
pub(super) fn judge(
    values: &Values,
    threshold: &Threshold,
    statistic: Statistic,
    unit: &str,
) -> Judged {
    let name = statistic::name(statistic);
    let numbers = values.numbers();
    let numberless = values.bad_without_number();
    if numbers.is_empty() && numberless == 0 && values.coverage.numbers > 0 {
        return Judged::quiet("no step has a number, and each counts as good");
    }
    let Some(value) = statistic::compute(statistic, &numbers, None) else {
        return Judged::inconclusive("gate-number", format!("there is no {name} of the values"));
    };
    let bound = threshold.bound;
    let found = format!(
        "{name} {}",
        with_unit(&rounded(value, Some(bound.value)), unit)
    );
    let fires = bound.operator.holds(value, bound.value);
    if !fires && numberless > 0 {
        let what = format!("{found}; but steps without a number count as bad");
        return Judged::inconclusive("gate-number", what);
    }
    Judged::when(fires, found)
}
