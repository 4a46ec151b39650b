//! A scanner's report and the files that it is read with.

use super::files::{self, FilesError};
use crate::model::{CapturedFile, MemberPath, ScanExpectation, limits};
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
    let paths: BTreeSet<&String> = std::iter::once(&wanted.path)
        .chain(&wanted.database)
        .chain(&wanted.vex)
        .collect();
    let mut captured = Vec::new();
    for (number, path) in paths.into_iter().enumerate() {
        let bytes = bytes(root, path)?;
        let plain = MemberPath::try_from(format!("files/{id}/{path}"));
        let member = match plain {
            Ok(plain) => plain,
            Err(_) => MemberPath::try_from(format!("files/{id}/{number}.json"))?,
        };
        captured.push(CapturedFile {
            path: member,
            name: Some(path.clone()),
            media_type: files::media_type(path).into(),
            bytes: bytes.into(),
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
    // A link may lead out of the repository.
    if !std::fs::symlink_metadata(&whole)
        .map_err(unreadable)?
        .is_file()
    {
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
