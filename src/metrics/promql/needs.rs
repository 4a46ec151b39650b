//! Which samples an expression is made of.

use super::ast::Expr;
use super::selector::Selector;
use crate::metrics::Grid;
use std::collections::BTreeMap;

/// How far back a bare selector looks for its last sample, in milliseconds: the servers' default.
pub(super) const LOOKBACK_MS: i64 = 300_000;

/// The samples of one selector that a query is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// Which series; its text is canonical.
    pub selector: Selector,
    /// The first time, in milliseconds since 1970. Servers whose ranges leave out their left end do not look at it.
    pub from_ms: i64,
    /// The last time, in milliseconds since 1970.
    pub to_ms: i64,
    /// Whether markers of a series' end change the answer.
    pub stale_markers: bool,
}

/// The needs of an expression over a grid: one for each selector, ascending in its text.
///
/// A selector that is used with several ranges or offsets has one need from the first time to the last.
pub fn needs(expr: &Expr, grid: &Grid) -> Vec<Need> {
    let mut found = BTreeMap::new();
    collect(expr, grid, &mut found);
    found.into_values().collect()
}

fn collect(expr: &Expr, grid: &Grid, found: &mut BTreeMap<String, Need>) {
    match expr {
        Expr::Number(_) => {}
        Expr::Instant(used) => {
            let back = (LOOKBACK_MS, used.offset_ms, true);
            add(&used.selector, back, grid, found);
        }
        Expr::Range(used) | Expr::OverTime { range: used, .. } => {
            let back = (used.range_ms, used.offset_ms, false);
            add(&used.selector, back, grid, found);
        }
        Expr::Quantile { quantile, buckets } => {
            collect(quantile, grid, found);
            collect(buckets, grid, found);
        }
        Expr::Vector(of) | Expr::Negate(of) | Expr::Aggregate { of, .. } => {
            collect(of, grid, found);
        }
        Expr::Binary(binary) => {
            collect(&binary.left, grid, found);
            collect(&binary.right, grid, found);
        }
    }
}

fn add(
    selector: &Selector,
    (length, offset, stale_markers): (i64, i64, bool),
    grid: &Grid,
    found: &mut BTreeMap<String, Need>,
) {
    let from_ms = (grid.start_ms.saturating_sub(offset)).saturating_sub(length);
    let to_ms = grid.end_ms().saturating_sub(offset);
    let need = found.entry(selector.to_string()).or_insert_with(|| Need {
        selector: selector.clone(),
        from_ms,
        to_ms,
        stale_markers,
    });
    need.from_ms = need.from_ms.min(from_ms);
    need.to_ms = need.to_ms.max(to_ms);
    need.stale_markers |= stale_markers;
}
