//! `--fix`: asks the registries which digests the tags have, and writes them into the files.

use super::{Fixed, Page};
use crate::cli::exit::{CliError, Exit};
use crate::cli::{files, runtime};
use evidence::disk::{Part, WriteError};
use evidence::model::Digest;
use evidence::model::limits::{OCI_MANIFEST_BYTES, PINS_FILE_BYTES};
use evidence::net::{Credentials, Http, HttpOptions, Registry, RegistryOptions};
use evidence::oci::Reference;
use evidence::oci::pins::{self, Edit, Fix, State};
use std::collections::BTreeMap;
use std::path::Path;

/// Longest line that is shown in whole.
const LINE_BYTES: usize = 400;

/// What a registry said about an image.
enum Answer {
    Digest(Digest),
    Absent,
    Unreachable(String),
}

/// Pins what can be pinned. Every image is asked for once.
pub(super) fn all(pages: &mut [Page<'_>], dry_run: bool) -> Result<(), CliError> {
    let mut wanted: BTreeMap<String, Reference> = BTreeMap::new();
    for row in pages.iter().flat_map(|page| &page.rows) {
        if let (State::Tag, Fix::Edit(_), Some(image)) =
            (&row.mention.state, &row.mention.fix, &row.mention.reference)
        {
            wanted.insert(image.to_string(), image.clone());
        }
    }
    let answers = if wanted.is_empty() {
        BTreeMap::new()
    } else {
        ask(wanted)?
    };
    for page in pages {
        let edits = judge(page, &answers);
        if !edits.is_empty() && !dry_run {
            match write(page, &edits) {
                Ok(()) => {}
                Err(why) => page.unwritten = Some(why),
            }
        }
        let written = !dry_run && page.unwritten.is_none();
        for row in &mut page.rows {
            if let Fixed::Pinned { written: done, .. } = &mut row.fixed {
                *done = written;
            }
        }
    }
    Ok(())
}

fn ask(wanted: BTreeMap<String, Reference>) -> Result<BTreeMap<String, Answer>, CliError> {
    let http = Http::new(&HttpOptions::default())
        .map_err(|error| CliError::from_error(Exit::Undetermined, &error))?;
    let credentials = Credentials::from_environment()
        .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
    let registry = Registry::new(http, credentials, RegistryOptions::default());
    runtime::block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for (name, image) in wanted {
            let registry = registry.clone();
            running.spawn(async move {
                let answer = one(&registry, &image).await;
                (name, answer)
            });
        }
        let mut answers = BTreeMap::new();
        while let Some(done) = running.join_next().await {
            // A task that broke off leaves no answer, and so its image as it is.
            if let Ok((name, answer)) = done {
                answers.insert(name, answer);
            }
        }
        answers
    })
}

async fn one(registry: &Registry, image: &Reference) -> Answer {
    let found = registry
        .manifest(image, &image.selector(), OCI_MANIFEST_BYTES)
        .await;
    match found {
        Ok(Some(manifest)) => Answer::Digest(manifest.digest),
        Ok(None) => Answer::Absent,
        Err(error) => {
            let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                error.source()
            });
            let lines: Vec<String> = causes.map(ToString::to_string).collect();
            Answer::Unreachable(lines.join(": "))
        }
    }
}

/// Says for each reference of a file what becomes of it, and gives the edits.
fn judge(page: &mut Page<'_>, answers: &BTreeMap<String, Answer>) -> Vec<(Edit, Digest)> {
    let mut edits = Vec::new();
    for row in page.rows.iter_mut().filter(|row| !row.mention.is_pinned()) {
        let edit = match &row.mention.fix {
            Fix::Edit(edit) => edit,
            Fix::No(why) => {
                row.fixed = Fixed::Impossible((*why).into());
                continue;
            }
        };
        let image = row.mention.reference.as_ref().map(ToString::to_string);
        row.fixed = match image.and_then(|image| answers.get(&image)) {
            Some(Answer::Digest(digest)) => {
                edits.push((edit.clone(), *digest));
                Fixed::Pinned {
                    lines: lines(&page.manifest.bytes, edit, digest),
                    written: false,
                }
            }
            Some(Answer::Absent) => Fixed::Impossible("the registry has no such image".into()),
            Some(Answer::Unreachable(why)) => Fixed::Unreachable(why.clone()),
            None => Fixed::Unreachable("the question broke off".into()),
        };
    }
    edits
}

/// The lines of an edit before and after it, without their indentation; of long lines only the edit.
fn lines(bytes: &[u8], edit: &Edit, digest: &Digest) -> (String, String) {
    let text = edit.text(digest);
    let before = bytes.get(..edit.span.start).unwrap_or_default();
    let after = bytes.get(edit.span.end..).unwrap_or_default();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let head = before.get(start..).unwrap_or_default();
    let end = after.iter().position(|byte| *byte == b'\n');
    let tail = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
    let old = bytes.get(edit.span.clone()).unwrap_or_default();
    let join = |middle: &[u8]| {
        let whole = [head, middle, tail].concat();
        String::from_utf8_lossy(&whole).trim().to_owned()
    };
    if head.len() + old.len() + tail.len() > LINE_BYTES {
        return (String::from_utf8_lossy(old).into(), format!("…{text}…"));
    }
    (join(old), join(text.as_bytes()))
}

/// Writes a file with the edits made, if it is still as it was read and means the same with digests afterwards.
fn write(page: &Page<'_>, edits: &[(Edit, Digest)]) -> Result<(), String> {
    let manifest = page.manifest;
    let fixed = pins::apply(&manifest.bytes, edits);
    if !holds(page, &fixed) {
        return Err("not written: with the digests in it, it would not read as it should".into());
    }
    let path = manifest.path.as_deref().ok_or("it is no file")?;
    // A link keeps pointing at what it does.
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    let now = files::read(&path, PINS_FILE_BYTES).map_err(|error| error.message)?;
    if now != manifest.bytes {
        return Err("not written: the file was changed meanwhile".into());
    }
    replace(&path, &fixed).map_err(|error| error.message)
}

/// Whether the fixed bytes have the same references, those that were edited with the digests.
fn holds(page: &Page<'_>, fixed: &[u8]) -> bool {
    let Ok(found) = pins::find(&page.manifest.name, fixed) else {
        return false;
    };
    found.len() == page.rows.len()
        && found
            .iter()
            .zip(&page.rows)
            .all(|(new, row)| match row.fixed {
                Fixed::Pinned { .. } => new.is_pinned() && new.text.starts_with(&row.mention.text),
                _ => new.text == row.mention.text && new.state == row.mention.state,
            })
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |source| WriteError::new(path, source);
    let written = || -> Result<(), WriteError> {
        let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
        let mut part = Part::new(path)?;
        part.write_all(bytes)?;
        part.file().set_permissions(permissions).map_err(failed)?;
        part.finish()
    };
    written().map_err(|error| files::cannot_write_file(&error))
}
