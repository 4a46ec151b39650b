//! Files under their names whole or not at all, in an order that a power cut cannot turn around.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file or folder that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl WriteError {
    /// That this cannot be written.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.into(),
            source,
        }
    }

    fn of(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::new(path, source)
    }
}

/// A file in the making, beside its final name; dropped, it is gone.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Part {
    /// A file that others may read as the umask allows.
    ///
    /// # Errors
    /// When its folder takes no file.
    pub fn new(path: &Path) -> Result<Self, WriteError> {
        // As any other file: the umask applies.
        #[cfg(unix)]
        let permissions = Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        #[cfg(not(unix))]
        let permissions = None;
        Self::with(path, permissions)
    }

    /// A file that its owner alone may read.
    ///
    /// # Errors
    /// When its folder takes no file.
    pub fn private(path: &Path) -> Result<Self, WriteError> {
        Self::with(path, None)
    }

    fn with(path: &Path, permissions: Option<fs::Permissions>) -> Result<Self, WriteError> {
        let prefix = part_prefix(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).rand_bytes(RANDOM);
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        let file = builder
            .tempfile_in(folder_of(path))
            .map_err(WriteError::of(path))?;
        Ok(Self {
            path: path.into(),
            file,
        })
    }

    /// The file to write to, where [`Part::write_all`] is not enough.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Writes these bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file
            .write_all(bytes)
            .map_err(WriteError::of(&self.path))
    }

    /// Has the bytes on disk.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn sync(&self) -> Result<(), WriteError> {
        let synced = self.file.as_file().sync_all();
        synced.map_err(WriteError::of(&self.path))
    }

    /// Gives the file its name once its bytes are on disk. The name is, once the folder is synced.
    ///
    /// # Errors
    /// When syncing or renaming fails; then whatever had the name has it still.
    pub fn place(self) -> Result<(), WriteError> {
        self.sync()?;
        let error = WriteError::of(&self.path);
        let placed = self.file.persist(&self.path);
        placed.map(drop).map_err(|failed| error(failed.error))
    }

    /// The same, and the name is on disk, too.
    ///
    /// # Errors
    /// When syncing or renaming fails.
    pub fn finish(self) -> Result<(), WriteError> {
        let path = self.path.clone();
        self.place()?;
        sync_folder(folder_of(&path))
    }
}

/// Removes a file for good; whether there was one.
///
/// # Errors
/// When it is there and stays.
pub fn remove(path: &Path) -> Result<bool, WriteError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(folder_of(path)).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(WriteError::of(path)(error)),
    }
}

/// Makes a folder and those that it is in, each on disk before anything is put into it.
///
/// # Errors
/// When one cannot be made.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
        .collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Ok(()) => {}
            // Another run was faster.
            Err(_) if folder.is_dir() => {}
            Err(error) => return Err(WriteError::of(folder)(error)),
        }
        sync_folder(folder_of(folder))?;
    }
    Ok(())
}

/// Has the names in a folder on disk: what was renamed into it, made or removed in it stays so.
///
/// # Errors
/// When the folder cannot be synced.
pub fn sync_folder(folder: &Path) -> Result<(), WriteError> {
    // Elsewhere folders cannot be opened, and names are as durable as the system makes them.
    if !cfg!(unix) {
        return Ok(());
    }
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    match synced {
        // File systems that know no such thing, and folders that may be written and not read.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        synced => synced.map_err(WriteError::of(folder)),
    }
}

/// Removes what killed runs left in a folder of files in the making: of these files, or of any file where none is named.
///
/// Only for who knows that nobody is writing them. What cannot be removed stays: it is never read.
pub fn remove_parts(folder: &Path, of: Option<&[&Path]>) {
    let prefixes: Option<Vec<String>> =
        of.map(|files| files.iter().map(|file| part_prefix(file)).collect());
    let is_part = |name: &str| match &prefixes {
        None => name.starts_with('.') && name.contains(PART),
        Some(prefixes) => prefixes.iter().any(|prefix| {
            let random = name.strip_prefix(prefix.as_str());
            random.is_some_and(|random| {
                random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
        }),
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_part) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

/// How the temporary name of a file begins: it says whose it is.
fn part_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().take(NAME).collect();
    format!(".{name}{PART}")
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Stands between a file's name and what makes its temporary name unlike all others.
const PART: &str = ".part-";
/// Letters and figures that do.
const RANDOM: usize = 6;
/// Letters of a file's name that its temporary name has: a file system's names are short.
const NAME: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let mut part = Part::new(path)?;
        part.write_all(bytes)?;
        part.finish()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_takes_the_place_of_another_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.tar.gz");

        for bytes in [&b"first"[..], b"second"] {
            write(&path, bytes).unwrap();

            assert_eq!(fs::read(&path).unwrap(), bytes);
            assert_eq!(names(folder.path()), ["bundle.tar.gz"]);
        }
    }

    #[test]
    fn a_file_that_is_given_up_is_gone_and_its_name_has_what_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.tar.gz");
        fs::write(&path, "first").unwrap();

        let mut part = Part::private(&path).unwrap();
        part.write_all(b"sec").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(part);

        assert_eq!(names(folder.path()), ["bundle.tar.gz"]);
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn a_name_that_is_a_folder_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("file"), "").unwrap();

        let error = write(&path, b"x").unwrap_err();

        assert_eq!(error.path, path);
        assert_eq!(names(folder.path()), ["bundle"]);
    }

    #[test]
    fn leftovers_of_the_named_files_go_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let stay = [
            ".a.tar.gz.part-ab-cde",
            ".a.tar.gz.part-toolong",
            ".b.tar.gz.part-abcdef",
            ".part-abcdef",
            "a.tar.gz",
            "a.tar.gz.part-abcdef",
        ];
        for name in stay.iter().chain(&[".a.tar.gz.part-aB3def"]) {
            fs::write(folder.path().join(name), "half").unwrap();
        }

        remove_parts(folder.path(), Some(&[&folder.path().join("a.tar.gz")]));
        assert_eq!(names(folder.path()), stay);

        remove_parts(folder.path(), None);
        assert_eq!(names(folder.path()), ["a.tar.gz", "a.tar.gz.part-abcdef"]);
    }

    #[test]
    fn names_as_long_as_a_file_system_takes_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ü".repeat(127));

        write(&path, b"x").unwrap();

        assert_eq!(fs::read(path).unwrap(), b"x");
    }

    #[test]
    fn folders_are_made_with_those_above_and_one_that_is_there_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c");

        make_folder(&path).unwrap();
        make_folder(&path).unwrap();

        assert!(path.is_dir());
        fs::write(folder.path().join("file"), "").unwrap();
        let below = folder.path().join("file/d");
        assert!(make_folder(&below).is_err());
    }

    #[test]
    fn a_file_is_removed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();

        assert!(remove(&path).unwrap());
        assert!(!remove(&path).unwrap());
        assert!(remove(folder.path()).is_err());
    }
}
