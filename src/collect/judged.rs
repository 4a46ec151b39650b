//! What is computed from metrics: judged by their captures, once these are in the store.

use super::kept::Failure;
use super::run::{Fared, Run, chain};
use super::store::{Store, StoredItem};
use crate::config::PlannedItem;
use crate::model::{Capture, Timestamp};
use std::collections::BTreeMap;

/// Judges an item by the metrics that it reads; one that lacks a metric has failed.
///
/// It is never kept without a look: a metric may have been captured anew.
pub(super) fn judge(
    run: &Run,
    planned: &PlannedItem,
    fared: &BTreeMap<String, Fared>,
) -> Result<Fared, Failure> {
    let inputs = planned.expectation.inputs().into_iter();
    let inputs: Result<Vec<_>, _> = inputs.map(|id| input(run, id, fared)).collect();
    let before = run.store.item(&planned.id).ok().flatten();
    let stored = run.keep(planned, together(&run.store, &inputs?)?)?;
    Ok(match before {
        Some(before) if before == stored => Fared::Kept(stored),
        _ => Fared::Captured(stored),
    })
}

/// The metric, of this run or of one before.
fn input(run: &Run, id: &str, fared: &BTreeMap<String, Fared>) -> Result<StoredItem, String> {
    match fared.get(id) {
        Some(Fared::Kept(stored) | Fared::Captured(stored)) => Ok(stored.clone()),
        Some(Fared::Failed(_)) => Err(format!("it needs {id}, which failed")),
        None => {
            let stored = run.store.item(id).map_err(|error| chain(&error))?;
            stored.ok_or_else(|| format!("it needs {id}, which is not captured yet"))
        }
    }
}

/// One capture of the files of all of them, as old as the newest.
///
/// # Errors
/// When a blob cannot be read or is not what its name says.
pub fn together(store: &Store, items: &[StoredItem]) -> Result<Capture, String> {
    let mut all = Capture {
        captured: Timestamp::UNIX_EPOCH,
        window: None,
        request: serde_json::json!({}),
        files: Vec::new(),
    };
    for item in items {
        let own = store.capture(item).map_err(|error| chain(&error))?;
        all.captured = all.captured.max(own.captured);
        all.files.extend(own.files);
    }
    Ok(all)
}
