//! The closed world: what the manifest lists, each once and in its order, is what comes, and nothing else does.

use super::members::pass;
use super::told::Told;
use crate::bundle::{MANIFEST, layout, names};
use crate::model::{Check, Finding, Group, Manifest, MemberPath, Report};
use std::collections::{BTreeMap, BTreeSet};

/// The files that a manifest lists, and which of them have come.
pub(super) struct Listed {
    /// Where in `files[]` a path stands.
    at: BTreeMap<MemberPath, usize>,
    seen: BTreeSet<MemberPath>,
    /// Where the next member stands at the earliest.
    next: usize,
    in_order: bool,
    is_closed: bool,
}

impl Listed {
    /// Looks at the list by itself: names, order, and that each file has an item and each item its files.
    pub(super) fn of(manifest: &Manifest, told: &mut Told, report: &mut Report) -> Self {
        let mut listed = Self {
            at: BTreeMap::new(),
            seen: BTreeSet::new(),
            next: 0,
            in_order: true,
            is_closed: true,
        };
        listed.enter(manifest, told, report);
        listed.compare_items(manifest, told, report);
        listed
    }

    fn enter(&mut self, manifest: &Manifest, told: &mut Told, report: &mut Report) {
        let order = layout::Order::of(manifest);
        let mut last = None;
        for (at, file) in manifest.files.iter().enumerate() {
            let place = order.place(file).ok();
            if place.is_none() || last.as_ref().is_some_and(|last| *last > place) {
                self.in_order = false;
            }
            last = Some(place);
            if self.at.insert(file.path.clone(), at).is_some() {
                let message = "the manifest lists the member twice";
                self.open(told, report, file.path.as_str(), "doubled", message);
            }
        }
        for (path, detail, message) in names::colliding(&self.at) {
            self.open(told, report, path.as_str(), detail, &message);
        }
        if !self.in_order {
            let message = "the manifest does not list its files in the order of members";
            told.fail(report, Check::MemberOrder, MANIFEST, "", message);
        }
    }

    fn compare_items(&mut self, manifest: &Manifest, told: &mut Told, report: &mut Report) {
        let mut used = BTreeSet::new();
        for item in &manifest.items {
            used.extend(&item.files);
            // Such an item would wait for ever, and what nobody appraises nobody contradicts.
            let mut files = item.files.iter();
            if let Some(path) = files.find(|path| !self.at.contains_key(*path)) {
                let message = format!("the item needs {path}, which the manifest does not list");
                self.open(told, report, &item.id, "needed", &message);
            }
        }
        for file in &manifest.files {
            if !used.contains(&file.path) {
                let message = "no item has this member, so nothing judges it";
                self.open(told, report, file.path.as_str(), "unused", message);
            }
        }
    }

    /// Says why the world is not closed.
    fn open(
        &mut self,
        told: &mut Told,
        report: &mut Report,
        subject: &str,
        detail: &'static str,
        message: &str,
    ) {
        self.is_closed = false;
        told.fail(report, Check::ClosedWorld, subject, detail, message);
    }

    /// Checks that a member is listed, comes once and in its turn; gives where in `files[]` it stands.
    pub(super) fn meet(
        &mut self,
        path: &MemberPath,
        told: &mut Told,
        report: &mut Report,
    ) -> Option<usize> {
        let Some(&at) = self.at.get(path) else {
            let message = "the manifest does not list this member";
            self.open(told, report, path.as_str(), "unlisted", message);
            return None;
        };
        if !self.seen.insert(path.clone()) {
            let message = "the member is there twice";
            self.open(told, report, path.as_str(), "doubled", message);
            return None;
        }
        if at < self.next {
            self.in_order = false;
            let message = "the member does not stand where the manifest lists it";
            told.fail(report, Check::MemberOrder, path.as_str(), "", message);
        }
        self.next = self.next.max(at + 1);
        Some(at)
    }

    /// Says what holds; of an archive that ended too early nothing is said to be missing. `unchanged`: whether each member
    /// that came has its listed digest.
    pub(super) fn finish(
        mut self,
        manifest: &Manifest,
        whole: bool,
        unchanged: bool,
        told: &mut Told,
        report: &mut Report,
    ) {
        if whole {
            for file in &manifest.files {
                if !self.seen.contains(&file.path) {
                    let message = "the member is listed and not there";
                    self.open(told, report, file.path.as_str(), "missing", message);
                }
            }
        }
        let closed = format!("{} members, each listed once", self.seen.len());
        let digests = "each has the listed size and SHA-256";
        let holds = [
            (Check::ClosedWorld, self.is_closed, closed.as_str()),
            (Check::MemberOrder, self.in_order, "in the manifest's order"),
            (Check::MemberDigest, unchanged && self.is_closed, digests),
        ];
        for (check, holds, message) in holds {
            if holds && whole {
                pass(report, check, "members", message);
            } else if holds {
                let why = "the archive could not be read to its end";
                let finding = Finding::not_checked(check, Group::Integrity, "members", why);
                report.findings.push(finding);
            }
        }
    }
}
