//! What is computed from metrics is computed from the very files of their items.

use crate::model::{Item, Kind, MemberPath};
use std::collections::{BTreeMap, BTreeSet};

/// Why the item's files are not those of the metrics that it reads; none where they are, or it reads none.
///
/// A gate over other files than its metrics' items would be judged by what nobody looks at.
pub(super) fn wrong(items: &BTreeMap<&str, &Item>, item: &Item) -> Option<String> {
    let inputs = item.expectation.inputs();
    if item.expectation.kind() == Kind::Metric {
        let folder = format!("metrics/{}", item.id);
        let is_stray = |path: &&MemberPath| path.is_under("metrics") && !path.is_under(&folder);
        let stray = item.files.iter().find(is_stray)?;
        return Some(format!("its file {stray} does not lie below {folder}"));
    }
    if inputs.is_empty() {
        return None;
    }
    if item.window.is_some() {
        return Some("it states a window, which follows from its metrics".into());
    }
    let mut wanted: BTreeSet<&MemberPath> = BTreeSet::new();
    for id in inputs {
        let Some(metric) = items.get(id) else {
            return Some(format!("it reads {id}, which is no item"));
        };
        wanted.extend(&metric.files);
    }
    let own: BTreeSet<&MemberPath> = item.files.iter().collect();
    (own != wanted).then(|| "its files are not those of the metrics that it reads".into())
}
