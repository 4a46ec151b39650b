//! Files that commands read and write: bounded, and never half written.

use super::exit::{CliError, Exit};
use super::unwritten::cannot_write;
use evidence::disk::{Part, WriteError};
use evidence::sigstore::trust::Roots;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, CliError> {
    let error =
        |reason: String| CliError::unreachable(format!("cannot read {}: {reason}", path.display()));
    let file = File::open(path).map_err(|source| error(source.to_string()))?;
    // With room for all of it nothing is moved while it is read.
    let size = file.metadata().map_or(0, |facts| facts.len()).min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default().saturating_add(1));
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| error(source.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(error(format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Reads a file that the command line or a configuration names: not there is a usage error.
pub(crate) fn read_named(path: &Path, limit: u64) -> Result<Vec<u8>, CliError> {
    read(path, limit).map_err(|error| CliError {
        exit: Exit::Usage,
        ..error
    })
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    // A link stays one: what it leads to is written.
    let path = &linked_file(path).unwrap_or_else(|| path.into());
    // So is a device, a pipe or what else there is: a file renamed over /dev/null would take its place.
    if is_special(path) {
        let mut options = std::fs::OpenOptions::new();
        let opened = options.write(true).truncate(true).open(path);
        return opened
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|source| cannot_write_file(&WriteError::new(path, source)));
    }
    let written = || -> Result<(), WriteError> {
        let mut part = Part::new(path)?;
        part.write_all(bytes)?;
        part.finish()
    };
    written().map_err(|error| cannot_write_file(&error))
}

/// The file that a link leads to; none for links to links, as /dev/stdout is one.
fn linked_file(path: &Path) -> Option<PathBuf> {
    let target = std::fs::read_link(path).ok()?;
    let target = path.parent()?.join(target);
    (!is_special(&target) && target.is_file()).then_some(target)
}

/// The error of a file that was named, with what to do about it.
pub(crate) fn cannot_write_file(error: &WriteError) -> CliError {
    cannot_write(error, "name another place that can be written to")
}

/// Whether there is something that is no file of its own: a device, a pipe, a link.
pub(crate) fn is_special(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file())
}

/// Writes to standard output; a closed pipe is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::unreachable(
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

/// `PATH` with a suffix after its whole name.
pub(crate) fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file name, without folders.
pub(crate) fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Adds a trusted root file.
pub(crate) fn add_root(roots: &mut Roots, name: &str, bytes: &[u8]) -> Result<(), CliError> {
    roots
        .add(name, bytes)
        .map_err(|error| CliError::from_error(Exit::Usage, &error))
}
