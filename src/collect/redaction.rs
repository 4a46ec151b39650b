//! Blanks what the rules of the configuration mean, before anything is hashed, searched or stored.

use super::run::{Run, chain};
use super::store::{Store, StoreError, StoredItem, write_atomically};
use crate::appraise;
use crate::appraise::command::{CommandRecord, OutputRecord};
use crate::config::PlannedItem;
use crate::disk;
use crate::model::capture::StoredFile;
use crate::model::{
    Capture, CapturedFile, Digest, Expectation, Item, MemberPath, RedactRule, Redaction, Release,
};
use crate::redact::{RedactError, Rules, Salt, blank};
use serde::Serialize;

/// Why a capture is not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlankError {
    /// A rule is none: the configuration was not checked.
    #[error("the redact rules cannot be read")]
    Rules(#[from] crate::redact::RuleError),
    /// Rules cannot be applied.
    #[error(transparent)]
    Redact(#[from] RedactError),
    /// A file of the commit is what git's object says, whole.
    #[error(
        "redact rule {rule:?} finds something in {file}, which is a file of the release's commit: git addresses its \
         content, so nothing in it is redacted"
    )]
    Committed {
        /// The rule.
        rule: String,
        /// Path in the repository.
        file: String,
    },
    /// The record of what was written cannot be written again.
    #[error("the command's record cannot be written")]
    Record(#[source] serde_json::Error),
}

/// What the store keeps of a place and no bundle holds: with it, the value can be proven later.
#[derive(Serialize)]
struct StoredSalt<'a> {
    pointer: &'a str,
    rule: &'a str,
    salted: Digest,
    salt: String,
}

impl Run {
    /// Blanks what the item's rules find.
    pub(super) fn blank(
        &self,
        planned: &PlannedItem,
        capture: &mut Capture,
    ) -> Result<Vec<Salt>, BlankError> {
        let rules = Rules::of(&planned.redact)?;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let before = capture.clone();
        let kind = planned.expectation.kind();
        let salts = blank(&rules, kind, &mut capture.files, &mut random)?;
        match &planned.expectation {
            Expectation::File { path, .. } => {
                refuse_committed(&before, capture, path, &self.store.head().release)?;
            }
            Expectation::Command { .. } => restate_outputs(capture)?,
            _ => {}
        }
        Ok(salts)
    }
}

/// Writes an item's salts where its owner alone can read them; of none, none.
pub(super) fn keep_salts(store: &Store, id: &str, salts: &[Salt]) -> Result<(), StoreError> {
    let path = store.salts_path(id);
    if salts.is_empty() {
        // Most items never had any: nothing is written for them.
        if !matches!(path.try_exists(), Ok(false)) {
            disk::remove(&path)?;
        }
        return Ok(());
    }
    let stored: Vec<StoredSalt<'_>> = (salts.iter())
        .map(|salt| StoredSalt {
            pointer: &salt.place.pointer,
            rule: &salt.place.rule,
            salted: salt.place.salted,
            salt: hex::encode(salt.salt),
        })
        .collect();
    if let Some(folder) = path.parent() {
        disk::make_folder(folder)?;
    }
    let bytes = serde_json::to_vec_pretty(&stored).map_err(|source| StoreError::Json {
        path: path.clone(),
        source,
    })?;
    write_atomically(&path, &bytes)
}

impl StoredItem {
    /// The item with what was blanked in the files of its capture.
    pub(super) fn of(
        item: Item,
        files: Vec<StoredFile>,
        capture: &Capture,
        redacted_by: Option<Digest>,
    ) -> Self {
        let mut redactions: Vec<Redaction> = (capture.files.iter())
            .flat_map(|file| file.redactions.iter().cloned())
            .collect();
        redactions.sort();
        Self {
            item,
            files,
            redactions,
            redacted_by,
        }
    }

    /// What was blanked in one of its files.
    pub(super) fn redactions_of(&self, member: &MemberPath) -> Vec<Redaction> {
        let own = |place: &&Redaction| place.member() == member.as_str();
        self.redactions.iter().filter(own).cloned().collect()
    }

    /// Whether it was captured under the rules that are planned now.
    pub(super) fn is_redacted_by(&self, rules: &[RedactRule]) -> bool {
        self.redacted_by == RedactRule::digest(rules)
    }
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A file with something blanked must be none of the commit's.
fn refuse_committed(
    before: &Capture,
    after: &Capture,
    path: &str,
    release: &Release,
) -> Result<(), BlankError> {
    if !after.is_redacted() {
        return Ok(());
    }
    let facts = appraise::file(before, path, release)
        .claim
        .to_stated()
        .facts;
    let is_committed = |name: &str| {
        let files = facts.get("files").and_then(|files| files.as_array());
        files.into_iter().flatten().any(|file| {
            let is_it = file.get("path").and_then(|path| path.as_str()) == Some(name);
            is_it && file.get("blob").is_some_and(|blob| !blob.is_null())
        })
    };
    let touched = |file: &&CapturedFile| {
        !file.redactions.is_empty() && file.name.as_deref().is_some_and(is_committed)
    };
    match after.files.iter().find(touched) {
        None => Ok(()),
        Some(file) => Err(BlankError::Committed {
            rule: (file.redactions.first()).map_or(String::new(), |place| place.rule.clone()),
            file: file.name.clone().unwrap_or_default(),
        }),
    }
}

/// The record says what is stored, and not what was there before something was blanked.
fn restate_outputs(capture: &mut Capture) -> Result<(), BlankError> {
    let Some(found) = capture.file("record.json") else {
        return Ok(());
    };
    let path = found.path.clone();
    let mut record: CommandRecord =
        serde_json::from_slice(&found.bytes).map_err(BlankError::Record)?;
    for (name, output) in [
        ("stdout", &mut record.stdout),
        ("stderr", &mut record.stderr),
    ] {
        if let Some(file) = capture.file(name) {
            *output = OutputRecord {
                size: file.bytes.len() as u64,
                sha256: Digest::of(&file.bytes),
                truncated: output.truncated,
            };
        }
    }
    let bytes = serde_json::to_vec_pretty(&record).map_err(BlankError::Record)?;
    for file in capture.files.iter_mut().filter(|file| file.path == path) {
        file.bytes = bytes.clone().into();
    }
    Ok(())
}

impl From<BlankError> for String {
    fn from(error: BlankError) -> Self {
        chain(&error)
    }
}
