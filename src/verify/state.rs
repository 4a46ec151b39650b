//! Bookkeeping of the one pass: what is listed, what has come, which item still waits, and what is held meanwhile.

use super::appraisals::Appraisals;
use super::images::Images;
use super::listed::Listed;
use super::members::{AppraisedItem, Pass};
use super::redactions::Redactions;
use super::told::Told;
use super::tracked::Tracked;
use super::{ReadOptions, claims};
use crate::bundle::CONFIGURATION;
use crate::bundle::archive::Head;
use crate::git::repository::FOLDER as GIT;
use crate::model::{
    Capture, CapturedFile, Check, ContentDigests, FileEntry, Finding, Group, Item, Kind, Manifest,
    MemberPath, Report, limits,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the pass has to take of a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Need {
    /// Nothing: no item that was asked for has it.
    Nothing,
    /// Its digest: all its items have been told already that they lack something.
    Digest,
    /// Its digest, by which its items judge it; also the id of the git blob with its content, when they ask for it: raw ids
    /// of this many bytes.
    Content(Option<usize>),
    /// Its bytes, held until its items are judged.
    Bytes,
}

/// Bookkeeping of the pass.
pub(super) struct State {
    manifest: Arc<Manifest>,
    listed: Listed,
    told: Told,
    /// Whether each member is what the manifest lists, and can be judged.
    unchanged: bool,
    /// For each file: the items that still wait for it, or for others beside it.
    users: BTreeMap<MemberPath, BTreeSet<usize>>,
    /// For each item that was asked for: how many of its files are still to come.
    waiting: Vec<Option<usize>>,
    held: BTreeMap<MemberPath, CapturedFile>,
    /// Bytes of those, configuration included.
    held_bytes: u64,
    most_held: u64,
    configuration: BTreeMap<MemberPath, Arc<[u8]>>,
    images: Images,
    tracked: Tracked,
    is_sealed: bool,
    /// Members that were passed over, since no item that was asked for has them.
    passed_over: usize,
    redactions: Redactions,
}

impl State {
    pub(super) fn new(
        manifest: Manifest,
        is_sealed: bool,
        options: &ReadOptions,
        report: &mut Report,
    ) -> Self {
        let mut told = Told::default();
        let listed = Listed::of(&manifest, &mut told, report);
        let mut users: BTreeMap<MemberPath, BTreeSet<usize>> = BTreeMap::new();
        let mut waiting = Vec::with_capacity(manifest.items.len());
        for (at, item) in manifest.items.iter().enumerate() {
            let files: BTreeSet<&MemberPath> = item.files.iter().collect();
            let is_asked = options.select.has(item);
            if is_asked {
                for path in &files {
                    users.entry((*path).clone()).or_default().insert(at);
                }
            }
            waiting.push(is_asked.then_some(files.len()));
        }
        Self {
            listed,
            told,
            unchanged: true,
            users,
            waiting,
            held: BTreeMap::new(),
            held_bytes: 0,
            most_held: options.bounds.held_bytes,
            is_sealed,
            configuration: BTreeMap::new(),
            images: Images::default(),
            tracked: Tracked::default(),
            redactions: Redactions::default(),
            passed_over: 0,
            manifest: Arc::new(manifest),
        }
    }

    /// Checks that a member is listed, comes once and in its turn; gives its entry.
    pub(super) fn meet(&mut self, path: &MemberPath, report: &mut Report) -> Option<FileEntry> {
        let at = self.listed.meet(path, &mut self.told, report)?;
        self.manifest.files.get(at).cloned()
    }

    /// What has to be taken of a member.
    pub(super) fn need(&mut self, file: &FileEntry) -> Need {
        if is_configuration(&file.path) {
            return Need::Bytes;
        }
        let Some(users) = self.users.get(&file.path) else {
            self.passed_over += 1;
            return Need::Nothing;
        };
        let mut items = (users.iter()).filter_map(|at| self.manifest.items.get(*at));
        // Under a rule of redaction the bytes themselves are looked at.
        let by_content =
            |item: &Item| item.expectation.kind() == Kind::File && !self.redactions.has_rules(item);
        match (users.is_empty(), file.path.is_under(GIT)) {
            (true, _) => Need::Digest,
            // A file of the repository is judged by what its content is called, however large it is.
            (false, false) if items.all(by_content) => {
                let (manifest, held) = (&self.manifest, &self.held);
                let lacks = match users.first() {
                    Some(at) if users.len() == 1 => self.tracked.lacks(*at, file, manifest, held),
                    _ => false,
                };
                let raw_len = manifest.release.commit.len() / 2;
                Need::Content((!lacks).then_some(raw_len))
            }
            _ => Need::Bytes,
        }
    }

    /// Says what is wrong with a member, which nothing is judged by then.
    pub(super) fn wrong(
        &mut self,
        report: &mut Report,
        check: Check,
        path: &MemberPath,
        detail: &'static str,
        message: &str,
    ) {
        self.unchanged = false;
        let subject = path.as_str();
        self.told.fail(report, check, subject, detail, message);
    }

    /// Whether the member may be held in memory: no larger than its kind is anywhere, nor too much with the others.
    pub(super) fn can_hold(&mut self, head: &Head, report: &mut Report) -> bool {
        let left = self.most_held.saturating_sub(self.held_bytes);
        let own = largest(&head.path);
        if head.size > own.min(left) {
            let size = head.size;
            let message = if size > own {
                format!("{size} bytes, and no more than {own} of its kind are judged")
            } else {
                let most = self.most_held;
                format!("{size} bytes, with what waits already more than {most} (--max-held-bytes)")
            };
            self.wrong(report, Check::Archive, &head.path, "size", &message);
            return false;
        }
        true
    }

    /// Nothing is still to come for an item without files: what follows from nothing follows now.
    pub(super) fn appraise_without_files(&mut self, appraisals: &mut Appraisals<'_>) {
        for at in 0..self.waiting.len() {
            if self.waiting.get(at) == Some(&Some(0)) {
                self.appraise(at, appraisals);
            }
        }
    }

    fn let_go(&mut self, path: &MemberPath) {
        if let Some(file) = self.held.remove(path)
            && !is_configuration(path)
        {
            self.held_bytes = (self.held_bytes).saturating_sub(file.bytes.len() as u64);
        }
    }

    /// Takes a member whose digest is right, and appraises the items that waited for it alone.
    pub(super) fn arrived(
        &mut self,
        file: &FileEntry,
        bytes: Arc<[u8]>,
        digests: ContentDigests,
        appraisals: &mut Appraisals<'_>,
    ) {
        self.held_bytes += bytes.len() as u64;
        if file.path.as_str() == CONFIGURATION {
            self.redactions.configure(&bytes);
        }
        if is_configuration(&file.path) {
            self.configuration.insert(file.path.clone(), bytes.clone());
        }
        let captured = CapturedFile {
            path: file.path.clone(),
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            bytes,
            digests: Some(Arc::new(digests)),
            redactions: self.manifest.redactions_of(&file.path).to_vec(),
        };
        self.images.learn(&captured);
        self.held.insert(file.path.clone(), captured);
        let users = self.users.get(&file.path).cloned().unwrap_or_default();
        for at in users {
            if let Some(Some(waiting)) = self.waiting.get_mut(at) {
                *waiting = waiting.saturating_sub(1);
                if *waiting == 0 {
                    self.appraise(at, appraisals);
                }
            }
        }
        if self.users.get(&file.path).is_none_or(BTreeSet::is_empty) {
            self.let_go(&file.path);
        }
    }

    fn appraise(&mut self, at: usize, appraisals: &mut Appraisals<'_>) {
        let manifest = self.manifest.clone();
        let Some(item) = manifest.items.get(at) else {
            return;
        };
        let files = (item.files.iter()).filter_map(|path| self.held.get(path));
        let own = |file: &CapturedFile| self.images.own(file, &item.files);
        let capture = Capture {
            captured: item.captured,
            window: item.window,
            request: item.request.clone(),
            files: files
                .map(|file| own(file).unwrap_or_else(|| file.clone()))
                .collect(),
        };
        self.redactions.look(item, &capture.files);
        appraisals.appraise(at, capture, &manifest);
        for path in &item.files {
            if let Some(users) = self.users.get_mut(path) {
                users.remove(&at);
                if users.is_empty() {
                    self.let_go(path);
                }
            }
        }
    }

    /// Says what the pass found; of an archive that ended too early nothing is said to be missing.
    pub(super) fn finish(
        mut self,
        whole: bool,
        appraised: Vec<(usize, AppraisedItem)>,
        report: &mut Report,
    ) -> Pass {
        self.listed.finish(
            &self.manifest,
            whole,
            self.unchanged,
            &mut self.told,
            report,
        );
        self.told.finish(report);
        self.redactions.judge(&self.manifest, whole, report);
        if self.passed_over > 0 {
            report.findings.push(Finding::not_checked(
                Check::MemberDigest,
                Group::Integrity,
                "members",
                format!(
                    "{} members were passed over: no item that was asked for has them",
                    self.passed_over
                ),
            ));
        }
        let mut items = BTreeMap::new();
        for (at, appraised) in appraised {
            if let Some(item) = self.manifest.items.get(at) {
                items.insert(item.id.clone(), appraised);
            }
        }
        let mut passed_over = BTreeSet::new();
        for (item, waiting) in self.manifest.items.iter().zip(&self.waiting) {
            if waiting.is_some() {
                claims::compare(item, items.get(&item.id), report);
            } else {
                passed_over.insert(item.id.clone());
            }
        }
        Pass {
            manifest: self.manifest,
            configuration: self.configuration,
            items,
            is_sealed: self.is_sealed,
            passed_over,
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
