//! Bookkeeping of the one pass: what is listed, what has come, which item still waits, and what is held meanwhile.

use super::members::{AppraisedItem, Pass, fail, pass};
use super::redactions::Redactions;
use super::{Trust, claims};
use crate::bundle::archive::Head;
use crate::bundle::{CONFIGURATION, MANIFEST, layout};
use crate::model::{Check, FileEntry, Finding, Group, Manifest, MemberPath, Report, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bookkeeping of the pass.
pub(super) struct State {
    manifest: Manifest,
    /// Files by path, and whether they have come.
    listed: BTreeMap<MemberPath, usize>,
    seen: BTreeSet<MemberPath>,
    next: usize,
    in_order: bool,
    closed: bool,
    /// Members that are not what the manifest lists, or cannot be judged.
    pub(super) changed: usize,
    /// For each file: the items that still wait for it, or for others beside it.
    users: BTreeMap<MemberPath, BTreeSet<usize>>,
    /// For each item: how many of its files are still to come.
    waiting: Vec<usize>,
    bytes: BTreeMap<MemberPath, Arc<[u8]>>,
    /// How many of them, configuration included.
    held: u64,
    configuration: BTreeMap<MemberPath, Arc<[u8]>>,
    items: BTreeMap<String, AppraisedItem>,
    is_sealed: bool,
    redactions: Redactions,
}

impl State {
    pub(super) fn new(manifest: Manifest, is_sealed: bool, report: &mut Report) -> Self {
        let mut in_order = true;
        let mut closed = true;
        let mut listed = BTreeMap::new();
        let mut last = None;
        for (at, file) in manifest.files.iter().enumerate() {
            let place = layout::place(file).ok();
            if place.is_none() || last.as_ref().is_some_and(|last| *last > place) {
                in_order = false;
            }
            last = Some(place);
            if listed.insert(file.path.clone(), at).is_some() {
                closed = false;
                fail(
                    report,
                    Check::ClosedWorld,
                    file.path.as_str(),
                    "doubled",
                    "the manifest lists the member twice",
                );
            }
        }
        if !in_order {
            fail(
                report,
                Check::MemberOrder,
                MANIFEST,
                "",
                "the manifest does not list its files in the order of members",
            );
        }
        let mut users: BTreeMap<MemberPath, BTreeSet<usize>> = BTreeMap::new();
        let mut waiting = Vec::new();
        for (at, item) in manifest.items.iter().enumerate() {
            let files: BTreeSet<&MemberPath> = item.files.iter().collect();
            for path in &files {
                users.entry((*path).clone()).or_default().insert(at);
            }
            waiting.push(files.len());
            // Such an item would wait for ever, and what nobody appraises nobody contradicts.
            if let Some(path) = files.iter().find(|path| !listed.contains_key(**path)) {
                closed = false;
                let message = format!("the item needs {path}, which the manifest does not list");
                fail(report, Check::ClosedWorld, &item.id, "needed", &message);
            }
        }
        for file in &manifest.files {
            if !users.contains_key(&file.path) {
                closed = false;
                let message = "no item has this member, so nothing judges it";
                fail(
                    report,
                    Check::ClosedWorld,
                    file.path.as_str(),
                    "unused",
                    message,
                );
            }
        }
        Self {
            listed,
            seen: BTreeSet::new(),
            next: 0,
            in_order,
            closed,
            changed: 0,
            users,
            waiting,
            bytes: BTreeMap::new(),
            held: 0,
            is_sealed,
            configuration: BTreeMap::new(),
            items: BTreeMap::new(),
            redactions: Redactions::default(),
            manifest,
        }
    }

    /// Checks that a member is listed, comes once and in its turn; gives its entry.
    pub(super) fn meet(&mut self, path: &MemberPath, report: &mut Report) -> Option<FileEntry> {
        let Some(&at) = self.listed.get(path) else {
            self.closed = false;
            fail(
                report,
                Check::ClosedWorld,
                path.as_str(),
                "unlisted",
                "the manifest does not list this member",
            );
            return None;
        };
        if !self.seen.insert(path.clone()) {
            self.closed = false;
            fail(
                report,
                Check::ClosedWorld,
                path.as_str(),
                "doubled",
                "the member is there twice",
            );
            return None;
        }
        if at < self.next {
            self.in_order = false;
            fail(
                report,
                Check::MemberOrder,
                path.as_str(),
                "",
                "the member does not stand where the manifest lists it",
            );
        }
        self.next = self.next.max(at + 1);
        self.manifest.files.get(at).cloned()
    }

    pub(super) fn is_needed(&self, path: &MemberPath) -> bool {
        is_configuration(path) || self.users.get(path).is_some_and(|users| !users.is_empty())
    }

    /// Whether the member may be held in memory: no larger than its kind is anywhere, nor too much with the others.
    pub(super) fn can_hold(&self, head: &Head, report: &mut Report) -> bool {
        let limit = largest(&head.path).min(limits::HELD_BYTES.saturating_sub(self.held));
        if head.size > limit {
            let message = format!("{} bytes, at most {limit} can be judged here", head.size);
            fail(report, Check::Archive, head.path.as_str(), "size", &message);
        }
        head.size <= limit
    }

    /// Nothing is still to come for an item without files: what follows from nothing follows now.
    pub(super) fn appraise_without_files(&mut self, trust: &Trust) {
        for at in 0..self.waiting.len() {
            if self.waiting.get(at) == Some(&0) {
                self.appraise(at, trust);
            }
        }
    }

    fn let_go(&mut self, path: &MemberPath) {
        if let Some(bytes) = self.bytes.remove(path)
            && !is_configuration(path)
        {
            self.held = self.held.saturating_sub(bytes.len() as u64);
        }
    }

    /// Takes a member whose digest is right, and appraises the items that waited for it alone.
    pub(super) fn arrived(&mut self, file: &FileEntry, bytes: Arc<[u8]>, trust: &Trust) {
        self.held += bytes.len() as u64;
        if file.path.as_str() == CONFIGURATION {
            self.redactions.configure(&bytes);
        }
        if is_configuration(&file.path) {
            self.configuration.insert(file.path.clone(), bytes.clone());
        }
        self.bytes.insert(file.path.clone(), bytes);
        let users = self.users.get(&file.path).cloned().unwrap_or_default();
        for at in users {
            if let Some(waiting) = self.waiting.get_mut(at) {
                *waiting = waiting.saturating_sub(1);
                if *waiting == 0 {
                    self.appraise(at, trust);
                }
            }
        }
        if self.users.get(&file.path).is_none_or(BTreeSet::is_empty) {
            self.let_go(&file.path);
        }
    }

    fn appraise(&mut self, at: usize, trust: &Trust) {
        let Some(item) = self.manifest.items.get(at) else {
            return;
        };
        let files = claims::files(item, &self.manifest, &self.listed, &self.bytes);
        self.redactions.look(item, &files);
        let appraised = claims::appraise(item, &self.manifest, files, trust);
        self.items.insert(item.id.clone(), appraised);
        for path in item.files.clone() {
            if let Some(users) = self.users.get_mut(&path) {
                users.remove(&at);
                if users.is_empty() {
                    self.let_go(&path);
                }
            }
        }
    }

    /// Says what the pass found; of an archive that ended too early nothing is said to be missing.
    pub(super) fn finish(mut self, whole: bool, report: &mut Report) -> Pass {
        if whole {
            self.look_for_missing(report);
        }
        let holds = [
            (
                Check::ClosedWorld,
                self.closed,
                format!("{} members, each listed once", self.seen.len()),
            ),
            (
                Check::MemberOrder,
                self.in_order,
                "in the manifest's order".into(),
            ),
            (
                Check::MemberDigest,
                self.changed == 0 && self.closed,
                "each has the listed size and SHA-256".into(),
            ),
        ];
        for (check, holds, message) in holds {
            if holds && whole {
                pass(report, check, "members", &message);
            } else if holds {
                let why = "the archive could not be read to its end";
                let finding = Finding::not_checked(check, Group::Integrity, "members", why);
                report.findings.push(finding);
            }
        }
        std::mem::take(&mut self.redactions).judge(&self.manifest, whole, report);
        for item in &self.manifest.items {
            claims::compare(item, self.items.get(&item.id), report);
        }
        Pass {
            manifest: self.manifest,
            configuration: self.configuration,
            items: self.items,
            is_sealed: self.is_sealed,
        }
    }

    fn look_for_missing(&mut self, report: &mut Report) {
        for file in &self.manifest.files {
            if !self.seen.contains(&file.path) {
                self.closed = false;
                fail(
                    report,
                    Check::ClosedWorld,
                    file.path.as_str(),
                    "missing",
                    "the member is listed and not there",
                );
            }
        }
    }
}

/// The most bytes that a member of its folder has.
fn largest(path: &MemberPath) -> u64 {
    match path.as_str().split('/').next() {
        Some(CONFIGURATION) => limits::CONFIG_BYTES,
        Some("config") => limits::DOCUMENT_BYTES,
        Some("git") => limits::GIT_OBJECT_BYTES,
        Some("oci") => limits::ATTESTATION_BYTES,
        // Pictures are smaller, and bounded where they are read.
        Some("metrics" | "dashboards") => limits::METRICS_BYTES,
        _ => limits::FILE_BYTES,
    }
}

/// Whether a member is `evidence.yaml` or a file that it names.
pub(super) fn is_configuration(path: &MemberPath) -> bool {
    path.as_str() == CONFIGURATION || path.is_under("config")
}
