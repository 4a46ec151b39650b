//! Verified TUF metadata on disk: what the next refresh may not fall behind.

use crate::disk::{self, Part, WriteError};
use crate::model::limits;
use sigstore_tuf::{Error, MetadataStore};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The folder of one repository's metadata, and the target that was published last.
///
/// It keeps the four roles and the roots' history, nothing else: a refresh reads no other name. The client verifies all
/// of it again from its first root, so that a changed file can hold a refresh up, and no more.
pub(super) struct TufStore {
    folder: PathBuf,
    target: PathBuf,
    failed: Mutex<Option<io::Error>>,
}

impl TufStore {
    pub(super) fn new(folder: &Path, target: &Path) -> Self {
        Self {
            folder: folder.into(),
            target: target.into(),
            failed: Mutex::new(None),
        }
    }

    /// The first write that failed: the client itself goes on without a word.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        match name {
            "root.json" | "timestamp.json" | "snapshot.json" | "targets.json" => {
                Some(self.folder.join(name))
            }
            _ => {
                let history = name.strip_prefix("root_history/")?;
                let number = history.strip_suffix(".root.json")?;
                let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| self.folder.join("root_history").join(history))
            }
        }
    }
}

impl MetadataStore for TufStore {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = match name {
            // Looked at before it is downloaded again, and only by the hash that the repository signed.
            super::tuf::TARGET_IN_STORE => Some(self.target.clone()),
            _ => self.path(name),
        };
        let Some(path) = path else { return Ok(None) };
        match read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("reading {}", path.display()), error)),
        }
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let Some(path) = self.path(name) else {
            return Ok(());
        };
        write(&path, bytes).map_err(|error| {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = io::Error::new(error.kind(), error.to_string());
            failed.get_or_insert(kept);
            Error::io(format!("writing {}", path.display()), error)
        })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limits::DOCUMENT_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(io::Error::other("larger than any metadata"));
    }
    Ok(bytes)
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = || -> Result<(), WriteError> {
        disk::make_folder(path.parent().unwrap_or(Path::new(".")))?;
        let mut part = Part::private(path)?;
        part.write_all(bytes)?;
        part.finish()
    };
    written().map_err(|error| error.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_metadata_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = TufStore::new(folder.path(), &folder.path().join("trusted_root.json"));
        let kept = ["root.json", "timestamp.json", "root_history/12.root.json"];

        for name in kept {
            store.store(name, b"x").unwrap();
            assert_eq!(store.load(name).unwrap().as_deref(), Some(&b"x"[..]));
        }
        for name in [
            "7.snapshot.json",
            "../root.json",
            "/etc/passwd",
            "root_history/../a.root.json",
            "root_history/.root.json",
            "targets/other",
        ] {
            store.store(name, b"x").unwrap();
            assert_eq!(store.load(name).unwrap(), None, "{name}");
        }
        assert!(store.take_failure().is_none());
    }

    #[test]
    fn a_write_that_fails_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let store = TufStore::new(&file, &file);

        assert!(store.store("root.json", b"x").is_err());
        assert!(store.take_failure().is_some());
        assert!(store.take_failure().is_none());
    }
}
