//! The one pass over the archive: manifest, order, closed world, digests; each item is appraised when its last member has come.

use super::Trust;
use super::attestation::Seal;
use super::state::State;
use crate::appraise::{Appraised, Signed};
use crate::bundle::{Archive, ArchiveError, MANIFEST, canonical};
use crate::model::{Check, Digest, Finding, Group, Manifest, MemberPath, Problem, Report, limits};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// What the pass leaves for the checks after it.
pub(super) struct Pass {
    /// The manifest.
    pub(super) manifest: Manifest,
    /// `evidence.yaml` and the members below `config/`.
    pub(super) configuration: BTreeMap<MemberPath, Arc<[u8]>>,
    /// Appraised items by id. An item with a missing or changed member is not among them.
    pub(super) items: BTreeMap<String, AppraisedItem>,
    /// Whether an accepted signer sealed this very manifest.
    pub(super) is_sealed: bool,
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
    bundle: impl Read,
    seal: &Seal,
    trust: &Trust,
    report: &mut Report,
) -> Option<Pass> {
    let mut archive = Archive::new(bundle);
    let mut state = None;
    let result = walk(&mut archive, seal, trust, report, &mut state);
    let whole = result.is_ok();
    match result {
        Ok(()) => {
            pass(
                report,
                Check::Archive,
                "bundle",
                "a deterministic archive, read to its end",
            );
            compare_tar(&archive, seal, report);
        }
        Err(error) if error.is_read_failure() => {
            let message = format!("{error}: {}", source(&error));
            let finding = Finding::undetermined(
                Check::Archive,
                Group::Integrity,
                "bundle",
                "unreadable",
                message,
            );
            report.findings.push(finding);
        }
        Err(error) => fail(report, Check::Archive, "bundle", "", &error.to_string()),
    }
    if let Ok(totals) = archive.finish() {
        report.bundle.digest = Some(totals.digest);
        report.bundle.size = totals.size;
    }
    state.map(|state: State| state.finish(whole, report))
}

/// The seal signs the plain tar's digest, too, for whoever compresses it anew.
fn compare_tar(archive: &Archive<impl Read>, seal: &Seal, report: &mut Report) {
    let (Some(found), Some(predicate)) = (archive.tar(), &seal.predicate) else {
        return;
    };
    if predicate.tar.digest.get("sha256") != Some(&found.hex()) {
        let message = format!("the plain tar has {found}, the seal names another");
        fail(report, Check::SealPredicate, "seal", "tar", &message);
    }
}

fn walk(
    archive: &mut Archive<impl Read>,
    seal: &Seal,
    trust: &Trust,
    report: &mut Report,
    state: &mut Option<State>,
) -> Result<(), ArchiveError> {
    let Some(first) = archive.next_member()? else {
        fail(
            report,
            Check::Manifest,
            MANIFEST,
            "missing",
            "the archive is empty",
        );
        return Ok(());
    };
    if first.path.as_str() != MANIFEST || first.size > limits::MANIFEST_BYTES {
        let message = format!(
            "the first member is {}, not a manifest of at most {} bytes",
            first.path,
            limits::MANIFEST_BYTES
        );
        fail(report, Check::Manifest, MANIFEST, "missing", &message);
        return read_rest(archive);
    }
    let mut json = Vec::new();
    archive.read_body(&mut |piece| json.extend_from_slice(piece))?;
    let digest = Digest::of(&json);
    let mut is_the_sealed = false;
    if let Some(predicate) = &seal.predicate {
        match predicate.manifest.digest.get("sha256") {
            Some(sealed) if *sealed == digest.hex() => {
                is_the_sealed = true;
                pass(
                    report,
                    Check::SealManifest,
                    MANIFEST,
                    "the seal names this manifest",
                );
            }
            _ => fail(
                report,
                Check::SealManifest,
                MANIFEST,
                "",
                "the seal names another manifest",
            ),
        }
    }
    let manifest = match canonical::parse(&json) {
        Ok(manifest) => manifest,
        Err(error) => {
            let message = match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            fail(report, Check::Manifest, MANIFEST, "", &message);
            return read_rest(archive);
        }
    };
    pass(
        report,
        Check::Manifest,
        MANIFEST,
        &format!(
            "{} items, {} files",
            manifest.items.len(),
            manifest.files.len()
        ),
    );
    if is_the_sealed {
        report.release = Some(manifest.release.clone());
        report.stage = Some(manifest.stage.clone());
    }
    let state = state.insert(State::new(manifest, is_the_sealed && seal.accepted, report));
    state.appraise_without_files(trust);
    while let Some(head) = archive.next_member()? {
        let wanted = state.meet(&head.path, report);
        let is_needed = wanted
            .as_ref()
            .is_some_and(|file| state.is_needed(&file.path));
        let keep = is_needed && state.can_hold(&head, report);
        let mut hash = Sha256::new();
        let mut bytes = Vec::new();
        archive.read_body(&mut |piece| {
            hash.update(piece);
            if keep {
                bytes.extend_from_slice(piece);
            }
        })?;
        if let Some(file) = wanted {
            let found = Digest::from_raw(hash.finalize().into());
            if is_needed && !keep {
                state.changed += 1;
            } else if found == file.sha256 && head.size == file.size {
                state.arrived(&file, bytes.into(), trust);
            } else {
                let message = format!(
                    "the member has {found} and {} bytes, the manifest lists {} and {}",
                    head.size, file.sha256, file.size
                );
                fail(
                    report,
                    Check::MemberDigest,
                    file.path.as_str(),
                    "",
                    &message,
                );
                state.changed += 1;
            }
        }
    }
    Ok(())
}

/// Without a manifest nothing is known of the members, but whether the archive is well formed.
fn read_rest(archive: &mut Archive<impl Read>) -> Result<(), ArchiveError> {
    while archive.next_member()?.is_some() {}
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
