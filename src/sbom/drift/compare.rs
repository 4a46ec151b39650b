//! Comparing two inventories: borrowed while they are compared, owned only where something changed.

use super::terms::{self, shown_all};
use super::{Drift, Move, Need, Part, Recount, Rehash, Relicense, Side};
use crate::sbom::document::{Package, Sbom, is_unknown};
use crate::sbom::purl::{Identified, Identity, shown};
use crate::sbom::version_order;
use indexmap::IndexMap;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;

/// Compares the parts of two documents.
///
/// What the documents describe is no part: it is told by the titles of both sides. A package's own version is compared,
/// that of its package URL where it has none.
pub fn drift(old: &Sbom<'_>, new: &Sbom<'_>) -> Drift {
    let mut inventory = Inventory::default();
    let mut drift = Drift {
        old: inventory.add(old, |chains| &mut chains.old),
        new: inventory.add(new, |chains| &mut chains.new),
        ..Drift::default()
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (identity, chains) in &inventory.packages {
        inventory.collect(chains.old, &mut before);
        inventory.collect(chains.new, &mut after);
        compare(&mut drift, identity, &before, &after);
    }
    sort(&mut drift);
    drift
}

fn sort(drift: &mut Drift) {
    drift.added.sort_unstable();
    drift.removed.sort_unstable();
    for moves in [
        &mut drift.upgraded,
        &mut drift.downgraded,
        &mut drift.changed,
    ] {
        moves.sort_unstable();
    }
    drift.relicensed.sort_unstable();
    drift.rehashed.sort_unstable();
    drift.recounted.sort_unstable();
}

/// All entries of both sides; those of one identity and side are chained.
#[derive(Default)]
struct Inventory<'a> {
    entries: Vec<Entry<'a>>,
    // In the order of the documents, which lie in memory in that order too.
    packages: IndexMap<Identity<'a>, Chains, foldhash::quality::RandomState>,
}

struct Entry<'a> {
    version: Option<Cow<'a, str>>,
    package: &'a Package<'a>,
    next: Option<usize>,
}

/// The first entry of each side.
#[derive(Default)]
struct Chains {
    old: Option<usize>,
    new: Option<usize>,
}

impl<'a> Inventory<'a> {
    fn add(&mut self, sbom: &'a Sbom<'_>, side: fn(&mut Chains) -> &mut Option<usize>) -> Side {
        let mut facts = Side {
            title: sbom
                .subjects()
                .next()
                .map(|subject| shown(&subject.title())),
            ..Side::default()
        };
        self.entries.reserve(sbom.packages.len());
        if self.packages.is_empty() {
            self.packages.reserve(sbom.packages.len());
        }
        for package in sbom.parts() {
            let Identified {
                identity,
                version,
                has_broken_purl,
            } = Identified::of(package);
            let first = side(self.packages.entry(identity).or_default());
            let next = first.replace(self.entries.len());
            self.entries.push(Entry {
                version,
                package,
                next,
            });
            facts.packages += 1;
            facts.broken_purls += usize::from(has_broken_purl);
        }
        facts
    }

    /// The entries of one identity and side, by version.
    fn collect<'s>(&'s self, first: Option<usize>, into: &mut Vec<&'s Entry<'a>>) {
        into.clear();
        let mut next = first;
        while let Some(entry) = next.and_then(|place| self.entries.get(place)) {
            into.push(entry);
            next = entry.next;
        }
        into.sort_unstable_by(|a, b| a.version.cmp(&b.version));
    }
}

type Entries<'s> = &'s [&'s Entry<'s>];

/// Compares the entries of one identity, both sides by version.
fn compare(drift: &mut Drift, identity: &Identity<'_>, old: Entries<'_>, new: Entries<'_>) {
    let known = OnceCell::new();
    let name = || {
        let find = || {
            let names = old.iter().chain(new).map(|entry| &entry.package.name);
            shown(names.min().map(AsRef::as_ref).unwrap_or_default())
        };
        known.get_or_init(find).clone()
    };
    let (mut olds, mut news) = (copies(old).peekable(), copies(new).peekable());
    // Of the versions that went and of those that came the first, and how many there are.
    let (mut went, mut came): (Vec<Entries<'_>>, Vec<Entries<'_>>) = (Vec::new(), Vec::new());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => version(old).cmp(&version(new)),
        };
        let before = if order.is_le() { olds.next() } else { None };
        let after = if order.is_ge() { news.next() } else { None };
        drift.old.distinct += usize::from(before.is_some());
        drift.new.distinct += usize::from(after.is_some());
        match (before, after) {
            (Some(before), Some(after)) => stayed(drift, identity, &name, before, after),
            (before, after) => {
                went.extend(before);
                came.extend(after);
            }
        }
    }
    match (went.as_slice(), came.as_slice()) {
        ([before], [after]) => moved(drift, identity, &name, before, after),
        _ => {
            let part = |entries| part(identity, entries);
            drift.removed.extend(went.iter().copied().map(part));
            drift.added.extend(came.iter().copied().map(part));
        }
    }
}

/// Entries of one version each.
fn copies<'s>(entries: Entries<'s>) -> impl Iterator<Item = Entries<'s>> {
    entries.chunk_by(|a, b| a.version == b.version)
}

fn version<'s>(entries: Entries<'s>) -> Option<&'s str> {
    entries.first()?.version.as_deref()
}

fn shown_version(entries: Entries<'_>) -> Option<String> {
    version(entries).map(shown)
}

fn packages<'s>(entries: Entries<'s>) -> impl Iterator<Item = &'s Package<'s>> + Clone {
    entries.iter().map(|entry| entry.package)
}

/// The same version on both sides.
fn stayed(
    drift: &mut Drift,
    identity: &Identity<'_>,
    name: &dyn Fn() -> String,
    old: Entries<'_>,
    new: Entries<'_>,
) {
    drift.unchanged += 1;
    if old.len() != new.len() {
        drift.recounted.push(Recount {
            identity: identity.to_string(),
            name: name(),
            version: shown_version(old),
            from: old.len(),
            to: new.len(),
        });
    }
    relicense(drift, identity, name, old, new);
    // Without a version there is nothing that would have to stay the same.
    let Some(version) = shown_version_of_unlike(old, new) else {
        return;
    };
    let hashes = terms::hash_changes(packages(old), packages(new));
    if !hashes.is_empty() {
        drift.rehashed.push(Rehash {
            identity: identity.to_string(),
            name: name(),
            version,
            hashes,
        });
    }
}

/// The version, where the hashes of both sides are not the same to begin with.
fn shown_version_of_unlike(old: Entries<'_>, new: Entries<'_>) -> Option<String> {
    let (hashes, others) = (packages(old), packages(new));
    let is_same = (hashes.map(|package| &package.hashes)).eq(others.map(|package| &package.hashes));
    match is_same {
        true => None,
        false => shown_version(old),
    }
}

/// One version in place of another.
fn moved(
    drift: &mut Drift,
    identity: &Identity<'_>,
    name: &dyn Fn() -> String,
    old: Entries<'_>,
    new: Entries<'_>,
) {
    let order = match (version(old), version(new)) {
        (Some(old), Some(new)) => version_order::compare(identity.ecosystem(), old, new),
        _ => None,
    };
    let moves = match order {
        Some(Ordering::Less) => &mut drift.upgraded,
        Some(Ordering::Greater) => &mut drift.downgraded,
        Some(Ordering::Equal) | None => &mut drift.changed,
    };
    moves.push(step(identity, name, old, new));
    relicense(drift, identity, name, old, new);
}

fn step(
    identity: &Identity<'_>,
    name: &dyn Fn() -> String,
    old: Entries<'_>,
    new: Entries<'_>,
) -> Move {
    Move {
        identity: identity.to_string(),
        name: name(),
        from: shown_version(old),
        to: shown_version(new),
    }
}

fn relicense(
    drift: &mut Drift,
    identity: &Identity<'_>,
    name: &dyn Fn() -> String,
    old: Entries<'_>,
    new: Entries<'_>,
) {
    let licenses = terms::license_changes(packages(old), packages(new));
    if !licenses.is_empty() {
        let package = step(identity, name, old, new);
        drift.relicensed.push(Relicense { package, licenses });
    }
}

fn part(identity: &Identity<'_>, entries: Entries<'_>) -> Part {
    let is_known = |text: &str| !text.trim().is_empty() && !is_unknown(text);
    let has = |need: Need, entry: &Entry<'_>| match need {
        Need::Purl => matches!(identity, Identity::Purl { .. }),
        Need::Version => entry.version.as_deref().is_some_and(is_known),
        Need::License => terms::has_license(entry.package),
        Need::Supplier => entry.package.supplier.as_deref().is_some_and(is_known),
        Need::Hash => entry
            .package
            .hashes
            .iter()
            .any(|hash| is_known(&hash.value)),
    };
    let needs = [
        Need::Purl,
        Need::Version,
        Need::License,
        Need::Supplier,
        Need::Hash,
    ];
    let lacks = |need: &Need| !entries.iter().all(|entry| has(*need, entry));
    let purls = packages(entries).filter_map(|package| package.purl.as_deref());
    let names = packages(entries).map(|package| package.name.as_ref());
    Part {
        identity: identity.to_string(),
        version: shown_version(entries),
        name: shown(names.min().unwrap_or_default()),
        purl: purls.min().map(shown),
        licenses: shown_all(terms::all_licenses(packages(entries))),
        copies: entries.len(),
        lacks: needs.into_iter().filter(lacks).collect(),
    }
}
