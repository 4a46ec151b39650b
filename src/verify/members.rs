//! The one pass over the archive: manifest, order, closed world, digests; each item is appraised when its last member has come.

use super::appraisals::{self, Appraisals};
use super::attestation::Seal;
use super::state::{Need, State};
use super::{ReadOptions, Trust};
use crate::appraise::{Appraised, Signed};
use crate::bundle::archive::Head;
use crate::bundle::{Archive, ArchiveError, MANIFEST, Plain, Reading, canonical, read_with};
use crate::model::{
    Check, ContentHasher, Digest, FileEntry, Finding, Group, Item, Manifest, MemberPath, Problem,
    Report,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

/// What the pass leaves for the checks after it.
pub(super) struct Pass {
    /// The manifest.
    pub(super) manifest: Arc<Manifest>,
    /// `evidence.yaml` and the members below `config/`.
    pub(super) configuration: BTreeMap<MemberPath, Arc<[u8]>>,
    /// Appraised items by id. An item with a missing or changed member is not among them.
    pub(super) items: BTreeMap<String, AppraisedItem>,
    /// Whether an accepted signer sealed this very manifest.
    pub(super) is_sealed: bool,
    /// Ids of items that were not asked for.
    pub(super) passed_over: BTreeSet<String>,
}

impl Pass {
    /// Whether the item was asked for.
    pub(super) fn is_asked(&self, item: &Item) -> bool {
        !self.passed_over.contains(&item.id)
    }
}

/// An item appraised again, and who signed what it is about.
pub(super) struct AppraisedItem {
    pub(super) appraised: Appraised,
    pub(super) signed: Signed,
    /// What the verifier's policy has against it, beyond what the configuration asked for.
    pub(super) lacks: Vec<Problem>,
}

/// Reads the bundle; none when it has no readable manifest.
pub(super) fn read(
    bundle: impl Read + Send,
    seal: &Seal,
    trust: &Trust,
    options: &ReadOptions,
    report: &mut Report,
) -> Option<Pass> {
    appraisals::with(trust, options.threads, |appraisals| {
        let walk = Walk {
            seal,
            options,
            report,
            appraisals,
            state: None,
        };
        read_with(bundle, options.bounds, options.threads, walk)
    })
}

struct Walk<'a, 'env> {
    seal: &'a Seal,
    options: &'a ReadOptions,
    report: &'a mut Report,
    appraisals: &'a mut Appraisals<'env>,
    state: Option<State>,
}

impl Reading for Walk<'_, '_> {
    type Output = Option<Pass>;

    fn read<P: Plain>(mut self, mut archive: Archive<P>) -> Option<Pass> {
        let result = self.walk(&mut archive);
        let whole = result.is_ok();
        match result {
            Ok(()) => {
                let message = "a deterministic archive, read to its end";
                pass(self.report, Check::Archive, "bundle", message);
                self.compare_tar(archive.tar());
            }
            Err(error) if error.is_read_failure() => {
                let message = format!("{error}: {}", source(&error));
                self.report.findings.push(Finding::undetermined(
                    Check::Archive,
                    Group::Integrity,
                    "bundle",
                    "unreadable",
                    message,
                ));
            }
            Err(error) => {
                let message = error.to_string();
                fail(
                    self.report,
                    Check::Archive,
                    "bundle",
                    error.code(),
                    &message,
                );
            }
        }
        if let Ok(totals) = archive.finish() {
            self.report.bundle.digest = Some(totals.digest);
            self.report.bundle.size = totals.size;
        }
        let appraised = self.appraisals.finish();
        Some(self.state?.finish(whole, appraised, self.report))
    }
}

impl Walk<'_, '_> {
    /// The seal signs the plain tar's digest, too, for whoever compresses it anew.
    fn compare_tar(&mut self, found: Option<Digest>) {
        let (Some(found), Some(predicate)) = (found, &self.seal.predicate) else {
            return;
        };
        if predicate.tar.digest.get("sha256") != Some(&found.hex()) {
            let message = format!("the plain tar has {found}, the seal names another");
            fail(self.report, Check::SealPredicate, "seal", "tar", &message);
        }
    }

    fn walk<P: Plain>(&mut self, archive: &mut Archive<P>) -> Result<(), ArchiveError> {
        let Some((manifest, is_the_sealed)) = self.manifest(archive)? else {
            // Nothing is known of the members then, but whether the archive is well formed.
            while archive.next_member()?.is_some() {}
            return Ok(());
        };
        if is_the_sealed {
            self.report.release = Some(manifest.release.clone());
            self.report.stage = Some(manifest.stage.clone());
        }
        let is_sealed = is_the_sealed && self.seal.accepted;
        let state = State::new(manifest, is_sealed, self.options, self.report);
        let state = self.state.insert(state);
        state.appraise_without_files(self.appraisals);
        while let Some(head) = archive.next_member()? {
            if let Some(file) = state.meet(&head.path, self.report) {
                member(archive, &head, &file, state, self.appraisals, self.report)?;
            }
        }
        Ok(())
    }

    /// The first member as a manifest, and whether the seal names it; none when it is none.
    fn manifest<P: Plain>(
        &mut self,
        archive: &mut Archive<P>,
    ) -> Result<Option<(Manifest, bool)>, ArchiveError> {
        let report = &mut *self.report;
        let limit = self.options.bounds.manifest_bytes;
        let Some(first) = archive.next_member()? else {
            let message = "the archive is empty";
            fail(report, Check::Manifest, MANIFEST, "missing", message);
            return Ok(None);
        };
        if first.path.as_str() != MANIFEST {
            let message = format!("the first member is {}, not the manifest", first.path);
            fail(report, Check::Manifest, MANIFEST, "missing", &message);
            return Ok(None);
        }
        if first.size > limit {
            let message = format!(
                "{} bytes, more than {limit} (--max-manifest-bytes)",
                first.size
            );
            fail(report, Check::Manifest, MANIFEST, "size", &message);
            return Ok(None);
        }
        let mut json = Vec::new();
        archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
        let mut is_the_sealed = false;
        if let Some(predicate) = &self.seal.predicate {
            let named = predicate.manifest.digest.get("sha256");
            is_the_sealed = named == Some(&Digest::of(&json).hex());
            if is_the_sealed {
                let message = "the seal names this manifest";
                pass(report, Check::SealManifest, MANIFEST, message);
            } else {
                let message = "the seal names another manifest";
                fail(report, Check::SealManifest, MANIFEST, "", message);
            }
        }
        match canonical::parse_within(&json, &self.options.bounds) {
            Ok(manifest) => {
                let (items, files) = (manifest.items.len(), manifest.files.len());
                let message = format!("{items} items, {files} files");
                pass(report, Check::Manifest, MANIFEST, &message);
                Ok(Some((manifest, is_the_sealed)))
            }
            Err(error) => {
                let message = match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                };
                fail(report, Check::Manifest, MANIFEST, error.code(), &message);
                Ok(None)
            }
        }
    }
}

/// Takes the body of a listed member: hashed, and held where an item needs it.
fn member<P: Plain>(
    archive: &mut Archive<P>,
    head: &Head,
    file: &FileEntry,
    state: &mut State,
    appraisals: &mut Appraisals<'_>,
    report: &mut Report,
) -> Result<(), ArchiveError> {
    if head.size != file.size {
        let (found, listed) = (head.size, file.size);
        let message = format!("the member has {found} bytes, the manifest lists {listed}");
        state.wrong(report, Check::MemberDigest, &file.path, "size", &message);
        return Ok(());
    }
    let need = state.need(file);
    let mut hasher = ContentHasher::new();
    let mut held = None;
    match need {
        Need::Nothing => return Ok(()),
        Need::Digest | Need::Content(None) => {}
        Need::Content(Some(raw_len)) => hasher = hasher.with_git_blob(raw_len, file.size),
        Need::Bytes if state.can_hold(head, report) => {
            held = Some(Vec::with_capacity(
                usize::try_from(head.size).unwrap_or_default(),
            ));
        }
        Need::Bytes => return Ok(()),
    }
    archive.read_body(&mut |piece| {
        hasher.update(piece);
        if let Some(bytes) = &mut held {
            bytes.extend_from_slice(piece);
        }
    })?;
    let digests = hasher.finish();
    if digests.sha256() != file.sha256 {
        let (found, listed) = (digests.sha256(), file.sha256);
        let message = format!("the member has {found}, the manifest lists {listed}");
        state.wrong(report, Check::MemberDigest, &file.path, "", &message);
        return Ok(());
    }
    if need != Need::Digest {
        let bytes: Arc<[u8]> = held.unwrap_or_default().into();
        state.arrived(file, bytes, digests, appraisals);
    }
    Ok(())
}

fn source(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

pub(super) fn pass(report: &mut Report, check: Check, subject: &str, message: &str) {
    report
        .findings
        .push(Finding::pass(check, Group::Integrity, subject, message));
}

pub(super) fn fail(report: &mut Report, check: Check, subject: &str, detail: &str, message: &str) {
    report.findings.push(Finding::fail(
        check,
        Group::Integrity,
        subject,
        detail,
        message,
    ));
}
