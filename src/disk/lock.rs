//! A lock that ends with the process that holds it, however that ends.

use crate::model::Timestamp;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// A held lock: of the operating system, on a file that says who took it last. Dropped, or left by a process that ends
/// in whatever way, it is free.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The file, where it goes with the lock.
    goes: Option<PathBuf>,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run holds it.
    #[error("another run holds {}", path.display())]
    Held {
        /// The file.
        path: PathBuf,
        /// What the file says of who took it last.
        last: Option<String>,
    },
    /// The file cannot be opened, or its file system knows no locks.
    #[error("cannot lock {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock alone, without waiting.
    ///
    /// # Errors
    /// When somebody holds it, or the file cannot be written.
    pub fn alone(path: &Path) -> Result<Self, LockError> {
        let file = open(path).map_err(LockError::of(path))?;
        let file = taken(file.try_lock(), file, path)?;
        let mut lock = Self { file, goes: None };
        lock.sign();
        Ok(lock)
    }

    /// The same, with a file that goes with the lock.
    ///
    /// # Errors
    /// When somebody holds it, or the file cannot be written.
    pub fn passing(path: &Path) -> Result<Self, LockError> {
        for _ in 0..ATTEMPTS {
            let mut lock = Self::alone(path)?;
            // The one who had it before may have removed the file that was opened here.
            if is_at(&lock.file, path) {
                lock.goes = Some(path.into());
                return Ok(lock);
            }
        }
        Err(LockError::Held {
            path: path.into(),
            last: None,
        })
    }

    /// Takes the lock together with others who take it so; none where there is no file and none can be made, since then
    /// nobody can have it alone.
    ///
    /// # Errors
    /// When somebody has it alone, or the file cannot be opened.
    pub fn shared(path: &Path) -> Result<Option<Self>, LockError> {
        let cannot_write = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            )
        };
        let opened = match open(path) {
            Err(error) if cannot_write(&error) => match File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened,
            },
            opened => opened,
        };
        let file = opened.map_err(LockError::of(path))?;
        let file = taken(file.try_lock_shared(), file, path)?;
        let mut lock = Self { file, goes: None };
        lock.sign();
        Ok(Some(lock))
    }

    /// Writes down who took it: a courtesy to who comes next, which a full disk may deny.
    fn sign(&mut self) {
        let now = Timestamp::now();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let line = format!("process {} at {now}\n", std::process::id());
        let file = &mut self.file;
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(line.as_bytes()))
            .ok();
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.goes
            && is_at(&self.file, path)
        {
            fs::remove_file(path).ok();
        }
    }
}

impl LockError {
    fn of(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io {
            path: path.into(),
            source,
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    // A link, as a repository may hold one, would have another file written to.
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no plain file",
        ));
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn taken(result: Result<(), TryLockError>, file: File, path: &Path) -> Result<File, LockError> {
    match result {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let mut last = String::new();
            let read = file.take(SIGNATURE).read_to_string(&mut last);
            let last = last.trim_end().to_owned();
            Err(LockError::Held {
                path: path.into(),
                last: (read.is_ok() && !last.is_empty()).then_some(last),
            })
        }
        Err(TryLockError::Error(source)) => Err(LockError::of(path)(source)),
    }
}

/// Whether the open file is the one that has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// How often a file is opened that goes with its lock.
const ATTEMPTS: u32 = 16;
/// Bytes that are read of what a lock's file says.
const SIGNATURE: u64 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_held(result: Result<Lock, LockError>) -> bool {
        matches!(result, Err(LockError::Held { .. }))
    }

    #[test]
    fn who_comes_second_is_told_who_has_it_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");

        let first = Lock::alone(&path).unwrap();
        let Err(LockError::Held { last, .. }) = Lock::alone(&path) else {
            panic!("two have it alone");
        };
        let shared = Lock::shared(&path);
        drop(first);

        let me = format!("process {} at ", std::process::id());
        assert!(last.unwrap().starts_with(&me));
        assert!(matches!(shared, Err(LockError::Held { .. })));
        assert!(Lock::alone(&path).is_ok());
        assert!(path.is_file());
    }

    #[test]
    fn some_share_it_and_then_nobody_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");

        let first = Lock::shared(&path).unwrap();
        let second = Lock::shared(&path).unwrap();
        drop(first);

        assert!(second.is_some());
        assert!(is_held(Lock::alone(&path)));
        drop(second);
        assert!(Lock::alone(&path).is_ok());
    }

    #[test]
    fn a_file_that_goes_with_its_lock_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".bundle.lock");

        let first = Lock::passing(&path).unwrap();
        assert!(is_held(Lock::passing(&path)));
        drop(first);
        assert!(!path.exists());

        // What a killed run left is in nobody's way.
        fs::write(&path, "process 1 at some time\n").unwrap();
        drop(Lock::passing(&path).unwrap());
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "precious").unwrap();
        let path = folder.path().join("lock");
        std::os::unix::fs::symlink(&other, &path).unwrap();

        assert!(matches!(Lock::alone(&path), Err(LockError::Io { .. })));
        assert!(matches!(Lock::shared(&path), Err(LockError::Io { .. })));
        assert_eq!(fs::read(&other).unwrap(), b"precious");
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/lock");

        assert!(matches!(Lock::alone(&path), Err(LockError::Io { .. })));
    }
}
