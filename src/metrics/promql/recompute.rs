//! A recorded answer held against the raw samples that were recorded with it.

use super::agreement::{Agreement, compare, is_either};
use super::ast::Expr;
use super::eval::{EvalError, Order, evaluate, evaluate_in};
use super::needs::needs;
use super::read::RawError;
use super::samples::RawSamples;
use super::semantics::Semantics;
use crate::metrics::{Grid, RawRecord, RawVia, TimeSeries};
use std::collections::BTreeMap;

/// What was recorded of a query beside its answer.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The query.
    pub expr: &'a Expr,
    /// When it was evaluated.
    pub grid: &'a Grid,
    /// By whose rules.
    pub semantics: Semantics,
    /// Where the raw samples are.
    pub raw: &'a RawRecord,
    /// The server's external labels; empty when it has none or does not tell.
    pub external_labels: &'a BTreeMap<String, String>,
}

/// Why an answer is not recomputed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecomputeError {
    /// The raw samples are not there, not whole or not about the query.
    #[error("the raw samples do not bear a recomputation")]
    Raw(#[from] RawError),
    /// They have no value.
    #[error("the raw samples have no value")]
    Evaluation(#[from] EvalError),
    /// Values that take each other away leave what the order of adding makes of them.
    #[error("the answer depends on the order in which the server added up series")]
    Order,
    /// The answer follows when some of the zeros are taken for -0.
    #[error("the answer depends on the signs of zeros, which remote read does not tell")]
    ZeroSigns,
}

/// How `found`, which a server answered, agrees with what follows from the raw samples; `file` gives the bytes of a raw
/// answer by its name.
///
/// A series that has an external label of its own is not told from one that remote read gave it to: where the answer does
/// not follow without these labels, it may follow with them.
///
/// # Errors
/// When the raw samples do not bear a recomputation, or have no value by these rules, or have another value, beyond
/// rounding, when series are added up the other way round and the answer is not the first; or when each value of the
/// answer follows with zeros of the one sign or the other, where remote read does not tell them apart.
pub fn recompute<'a>(
    recorded: &Recorded<'_>,
    file: impl Fn(&str) -> Option<&'a [u8]>,
    found: &[TimeSeries],
) -> Result<Agreement, RecomputeError> {
    let without = agreement(recorded, &file, recorded.external_labels, found)?;
    let mut selectors = recorded.raw.selectors.iter();
    let adds = !recorded.external_labels.is_empty()
        && selectors.any(|selector| selector.via == RawVia::RemoteRead);
    if !adds || !matches!(without, Agreement::Differs { .. }) {
        return Ok(without);
    }
    match agreement(recorded, &file, &BTreeMap::new(), found) {
        Ok(with @ (Agreement::Equal | Agreement::Rounded { .. })) => Ok(with),
        _ => Ok(without),
    }
}

fn agreement<'a>(
    recorded: &Recorded<'_>,
    file: impl Fn(&str) -> Option<&'a [u8]>,
    external: &BTreeMap<String, String>,
    found: &[TimeSeries],
) -> Result<Agreement, RecomputeError> {
    let needs = needs(recorded.expr, recorded.grid);
    let samples = RawSamples::read(recorded.raw, file, &needs, external)?;
    let Recorded {
        expr,
        grid,
        semantics,
        ..
    } = *recorded;
    let recomputed = evaluate(expr, grid, semantics, &samples)?;
    let agreement = compare(found, &recomputed);
    if agreement != Agreement::Equal
        && let Some(negative) = samples.with_negative_zeros()
        && let Ok(other) = evaluate(expr, grid, semantics, &negative)
        && is_either(found, &recomputed, &other)
    {
        return Err(RecomputeError::ZeroSigns);
    }
    if let Agreement::Differs { .. } = agreement {
        let reversed = evaluate_in(Order::Reversed, expr, grid, semantics, &samples)?;
        if let Agreement::Differs { .. } = compare(&recomputed, &reversed) {
            return Err(RecomputeError::Order);
        }
    }
    Ok(agreement)
}
