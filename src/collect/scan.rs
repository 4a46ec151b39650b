//! A scanner's report and the files that it is read with.

use super::files::{self, FilesError, Members};
use crate::model::{CapturedFile, ScanExpectation, limits};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Reads the report, what says from when its database is, and VEX documents. A file's name is its path.
///
/// # Errors
/// When one is not there, cannot be read, or is larger than what is judged.
pub(super) fn read(
    root: &Path,
    id: &str,
    wanted: &ScanExpectation,
) -> Result<Vec<CapturedFile>, FilesError> {
    let paths: BTreeSet<String> = std::iter::once(&wanted.path)
        .chain(&wanted.database)
        .chain(&wanted.vex)
        .cloned()
        .collect();
    let mut members = Members::new(id, &paths);
    let mut captured = Vec::new();
    for path in &paths {
        let bytes = bytes(root, path)?;
        captured.push(CapturedFile {
            path: members.path(path)?,
            name: Some(path.clone()),
            media_type: files::media_type(path).into(),
            bytes: bytes.into(),
            digests: None,
            redactions: Vec::new(),
        });
    }
    Ok(captured)
}

fn bytes(root: &Path, path: &str) -> Result<Vec<u8>, FilesError> {
    let unreadable = |source| FilesError::Read {
        path: path.into(),
        source,
    };
    let whole = root.join(path);
    // A link, the file's own or a folder's on the way, may lead out of the repository.
    let real = whole.canonicalize().map_err(unreadable)?;
    let inside = root.canonicalize().map_err(unreadable)?.join(path);
    if real != inside || !real.is_file() {
        return Err(unreadable(std::io::Error::other("not a plain file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(whole).map_err(unreadable)?;
    file.take(limits::ATTESTATION_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limits::ATTESTATION_BYTES {
        return Err(FilesError::TooLarge {
            path: path.into(),
            limit: limits::ATTESTATION_BYTES,
        });
    }
    Ok(bytes)
}
