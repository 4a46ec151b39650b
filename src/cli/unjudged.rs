//! Bundles that are looked into without judging them: opened from a file or standard input, members chosen.

use super::exit::{CliError, Exit};
use super::files;
use evidence::bundle::{ArchiveError, InspectError, MANIFEST};
use evidence::model::{Manifest, MemberPath};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A bundle to look into: a file, or standard input for `-`.
pub(crate) struct Source {
    path: PathBuf,
}

impl Source {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// As it is called in what is printed.
    pub(crate) fn name(&self) -> String {
        match self.is_stdin() {
            true => "standard input".into(),
            false => files::name(&self.path),
        }
    }

    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Read>, CliError> {
        if self.is_stdin() {
            return Ok(Box::new(io::stdin().lock()));
        }
        match File::open(&self.path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => {
                let message = format!("cannot open {}: {error}", self.path.display());
                Err(CliError::unreachable(message))
            }
        }
    }

    /// Why it cannot be looked into.
    pub(crate) fn error(&self, error: &InspectError) -> CliError {
        if let InspectError::Archive(error) = error {
            return self.archive_error(error);
        }
        let error = CliError::from_error(Exit::Refused, error);
        refused(self.no_bundle(), error)
    }

    /// Why it cannot be read.
    pub(crate) fn archive_error(&self, error: &ArchiveError) -> CliError {
        match error.is_read_failure() {
            true => {
                let cause = CliError::from_error(Exit::Undetermined, error);
                let message = format!("cannot read {}", self.shown());
                refused(message, cause)
            }
            false => refused(self.no_bundle(), CliError::from_error(Exit::Refused, error)),
        }
    }

    fn no_bundle(&self) -> String {
        format!("{} is no evidence bundle", self.shown())
    }

    fn shown(&self) -> String {
        match self.is_stdin() {
            true => self.name(),
            false => self.path.display().to_string(),
        }
    }
}

/// The same error under another first line.
fn refused(message: String, cause: CliError) -> CliError {
    let mut error = CliError::new(cause.exit, message).detail(cause.message);
    error.details.extend(cause.details);
    error
}

/// The members that were chosen; all where nothing was.
pub(crate) struct Chosen(Option<BTreeSet<MemberPath>>);

impl Chosen {
    /// By ids of items, and by paths: a member's own, or a folder's.
    pub(crate) fn of(
        manifest: &Manifest,
        items: &[String],
        paths: &[String],
    ) -> Result<Self, CliError> {
        if items.is_empty() && paths.is_empty() {
            return Ok(Self(None));
        }
        let mut chosen = BTreeSet::new();
        for id in items {
            let item = (manifest.items.iter())
                .find(|item| item.id == *id)
                .ok_or_else(|| lacking("item", id))?;
            chosen.extend(item.files.iter().cloned());
        }
        for path in paths {
            let found = members_under(manifest, path);
            if found.is_empty() {
                return Err(lacking("member", path));
            }
            chosen.extend(found);
        }
        Ok(Self(Some(chosen)))
    }

    pub(crate) fn has(&self, path: &MemberPath) -> bool {
        self.0.as_ref().is_none_or(|chosen| chosen.contains(path))
    }
}

/// The listed members of that path, or below it.
pub(crate) fn members_under(manifest: &Manifest, path: &str) -> Vec<MemberPath> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let first = MemberPath::try_from(MANIFEST).ok();
    let listed = manifest.files.iter().map(|file| file.path.clone());
    let all = first.into_iter().chain(listed);
    all.filter(|member| member.is_under(path)).collect()
}

pub(crate) fn lacking(what: &str, name: &str) -> CliError {
    CliError::usage(format!("the bundle lists no {what} {name:?}"))
        .hint("`evidence inspect BUNDLE` shows what it lists")
}
