//! Matches of one vulnerability in one package, counted once.
//!
//! Two matches are one when package and version are known and equal (the package by its URL without qualifiers, else by
//! name) and the vulnerability has the same key: its CVE number where the id is one; the only CVE number among its aliases;
//! its own id where the aliases have several, as a distribution's advisory has; else the least of its ids. No chain of
//! aliases joins two CVE numbers. A match without package or version is always one of its own.

use super::key;
use super::report::{Match, ScanReport};
use crate::model::Severity;
use crate::model::Timestamp;
use crate::sbom::purl::PackageUrl;
use std::collections::{BTreeMap, BTreeSet};

/// Matches that are one vulnerability in one package.
pub(super) struct Group<'m> {
    /// The key of the vulnerability.
    pub(super) id: &'m str,
    /// Each with its package's URL.
    pub(super) members: Vec<(&'m Match<'m>, Option<PackageUrl<'m>>)>,
}

/// The report's matches in groups, in an order that does not depend on the report's.
pub(super) fn groups<'m>(report: &'m ScanReport<'m>) -> Vec<Group<'m>> {
    let mut shared: BTreeMap<(String, &str), Group<'_>> = BTreeMap::new();
    let mut own = Vec::new();
    for found in &report.matches {
        let purl = found.package.purl.as_deref().and_then(key::purl);
        let id = key(found);
        match package_key(found, purl.as_ref()) {
            Some(package) => {
                let group = shared.entry((package, id)).or_insert_with(|| Group {
                    id,
                    members: Vec::new(),
                });
                group.members.push((found, purl));
            }
            None => own.push(Group {
                id,
                members: vec![(found, purl)],
            }),
        }
    }
    own.extend(shared.into_values());
    own
}

fn package_key(found: &Match<'_>, purl: Option<&PackageUrl<'_>>) -> Option<String> {
    let stated = found.package.version.as_deref();
    match purl {
        Some(purl) if purl.version.is_some() => Some(key::release(purl)),
        Some(purl) => Some(format!("{}@{}", key::package(purl), stated?)),
        None => Some(format!("{}@{}", found.package.name.as_deref()?, stated?)),
    }
}

fn key<'m>(found: &'m Match<'_>) -> &'m str {
    let aliases = || found.aliases.iter().map(AsRef::as_ref);
    let id = found.id.as_ref();
    if is_cve(id) {
        return id;
    }
    let cves: BTreeSet<&str> = aliases().filter(|one| is_cve(one)).collect();
    match cves.len() {
        0 => aliases().fold(id, Ord::min),
        1 => cves.first().copied().unwrap_or(id),
        _ => id,
    }
}

/// Whether an id is a CVE number.
pub(super) fn is_cve(id: &str) -> bool {
    id.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("CVE-"))
}

impl<'m> Group<'m> {
    /// Every id of it, the key among them.
    pub(super) fn names(&self) -> BTreeSet<&'m str> {
        let mut names = BTreeSet::from([self.id]);
        for (one, _) in &self.members {
            names.insert(one.id.as_ref());
            names.extend(one.aliases.iter().map(AsRef::as_ref));
        }
        names
    }

    /// The worst severity.
    pub(super) fn severity(&self) -> Severity {
        let rated = self.members.iter().map(|(one, _)| one.severity).min();
        rated.unwrap_or_default()
    }

    /// The first date of publication.
    pub(super) fn published(&self) -> Option<Timestamp> {
        self.members
            .iter()
            .filter_map(|(one, _)| one.published)
            .min()
    }

    /// The member whose package is shown: the least, whatever the report's order.
    pub(super) fn shown(&self) -> Option<&'m Match<'m>> {
        let members = self.members.iter().map(|(one, _)| *one);
        members.min_by(|a, b| a.package.cmp(&b.package))
    }
}
