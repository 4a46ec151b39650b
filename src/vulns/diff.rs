//! What changed between two scans.

use super::key;
use super::summary::{VulnSummary, Vulnerability};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Vulnerabilities of two scans against each other.
///
/// Two are the same when they share an id and are in the same package: by package URL without version, else by name.
/// Swapping the scans swaps `new` with `resolved` and `resurfaced` with `suppressed`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VulnDiff {
    /// Count now and were not there, as the later scan has them.
    pub new: Vec<Vulnerability>,
    /// Count now and were suppressed, as the later scan has them.
    pub resurfaced: Vec<Vulnerability>,
    /// Counted and are not there any more, as the earlier scan had them.
    pub resolved: Vec<Vulnerability>,
    /// Counted and are suppressed now, as the earlier scan had them.
    pub suppressed: Vec<Vulnerability>,
    /// Counted and count still, as the later scan has them.
    pub still: Vec<Vulnerability>,
}

/// What changed from one scan to a later one.
pub fn diff(old: &VulnSummary, new: &VulnSummary) -> VulnDiff {
    let old_counted = Keys::of(&old.vulnerabilities);
    let old_suppressed = Keys::of(&old.suppressed);
    let new_counted = Keys::of(&new.vulnerabilities);
    let new_suppressed = Keys::of(&new.suppressed);
    let mut diff = VulnDiff::default();
    for one in &new.vulnerabilities {
        let list = if old_counted.have(one) {
            &mut diff.still
        } else if old_suppressed.have(one) {
            &mut diff.resurfaced
        } else {
            &mut diff.new
        };
        list.push(one.clone());
    }
    for one in &old.vulnerabilities {
        if new_counted.have(one) {
            continue;
        }
        let list = if new_suppressed.have(one) {
            &mut diff.suppressed
        } else {
            &mut diff.resolved
        };
        list.push(one.clone());
    }
    diff
}

/// Package and id of each vulnerability of a list, once for every id.
struct Keys<'s>(BTreeSet<(String, &'s str)>);

impl<'s> Keys<'s> {
    fn of(list: &'s [Vulnerability]) -> Self {
        Self(list.iter().flat_map(keys).collect())
    }

    fn have(&self, one: &Vulnerability) -> bool {
        keys(one).any(|key| self.0.contains(&key))
    }
}

fn keys(one: &Vulnerability) -> impl Iterator<Item = (String, &str)> {
    let purl = one.purl.as_deref().and_then(key::purl);
    let package = match purl {
        Some(purl) => key::package(&purl),
        None => one.package.clone().unwrap_or_default(),
    };
    let ids = std::iter::once(&one.id).chain(&one.aliases);
    ids.map(move |id| (package.clone(), id.as_str()))
}
