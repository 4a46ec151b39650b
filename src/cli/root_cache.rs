//! Trusted roots that `trust update` fetched, in the user's own cache folder: who can write there is trusted.

use super::exit::CliError;
use super::files;
use evidence::model::{Digest, Instance, Timestamp, limits};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const ROOT: &str = "trusted_root.json";
const RECORD: &str = "record.json";
const LOCK: &str = "lock";

/// The folder of all cached roots.
#[derive(Clone, Debug)]
pub(crate) struct RootCache {
    folder: PathBuf,
}

/// What is known of a cached root.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// Version of this format.
    pub(crate) version: u32,
    /// When a refresh last confirmed it.
    pub(crate) refreshed: Timestamp,
    /// The TUF repository, without user and password.
    pub(crate) repository: String,
    /// SHA-256 of the `trusted_root.json` beside it.
    pub(crate) digest: Digest,
    /// State of the repository's roles.
    pub(crate) tuf: TufRecord,
}

/// State of a TUF repository's roles.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TufRecord {
    pub(crate) root: RoleRecord,
    pub(crate) timestamp: RoleRecord,
    pub(crate) snapshot: RoleRecord,
    pub(crate) targets: RoleRecord,
}

/// Version and expiry of a role's metadata.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRecord {
    pub(crate) version: u64,
    pub(crate) expires: Timestamp,
}

/// A cached root.
#[derive(Clone, Debug)]
pub(crate) struct CachedRoot {
    pub(crate) json: Vec<u8>,
    pub(crate) record: Record,
}

impl RootCache {
    /// The cache in this folder, else in `$EVIDENCE_CACHE`, else in the platform's folder for caches. None where none of them
    /// is known.
    pub(crate) fn open(named: Option<&Path>) -> Option<Self> {
        let variable = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
        let platform = || {
            if let Some(folder) = absolute("XDG_CACHE_HOME") {
                return Some(folder);
            }
            if cfg!(windows) {
                absolute("LOCALAPPDATA")
            } else if cfg!(target_os = "macos") {
                absolute("HOME").map(|home| home.join("Library/Caches"))
            } else {
                absolute("HOME").map(|home| home.join(".cache"))
            }
        };
        let folder = named
            .map(Path::to_owned)
            .or_else(|| variable("EVIDENCE_CACHE"))
            .or_else(|| Some(platform()?.join("evidence")))?;
        Some(Self {
            folder: folder.join("tuf"),
        })
    }

    /// Names of the roots that are there, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_name(name) && self.file(name, RECORD).is_file())
            .take(limits::CACHED_ROOTS)
            .collect();
        names.sort();
        names
    }

    /// A file of a root's folder.
    pub(crate) fn file(&self, name: &str, file: &str) -> PathBuf {
        self.folder.join(name).join(file)
    }

    /// Where a root lies, or will lie.
    pub(crate) fn root_file(&self, name: &str) -> PathBuf {
        self.file(name, ROOT)
    }

    /// The root of that name; none when no refresh of it was ever finished.
    ///
    /// A root that is not the one of its record is an error: it stands for trust, so nothing else is taken in its place.
    pub(crate) fn load(&self, name: &str) -> Result<Option<CachedRoot>, CliError> {
        // A refresh that is just renaming its two files has this lock; a cache that cannot be locked cannot be written.
        let lock = File::open(self.file(name, LOCK));
        let _held = lock.ok().filter(|file| file.lock_shared().is_ok());
        let path = self.file(name, RECORD);
        if !path.is_file() {
            return Ok(None);
        }
        let damaged = |why: String| {
            CliError::unreachable(format!("the cached root {name} is damaged: {why}"))
                .detail(self.folder.join(name).display().to_string())
                .hint("fetch it again: evidence trust update; or remove its folder")
        };
        let record: Record = serde_json::from_slice(&files::read(&path, limits::CONFIG_BYTES)?)
            .map_err(|error| damaged(format!("{RECORD}: {error}")))?;
        if record.version != 1 {
            return Err(damaged(format!(
                "{RECORD} is of version {}",
                record.version
            )));
        }
        let json = files::read(&self.root_file(name), limits::DOCUMENT_BYTES)?;
        let found = Digest::of(&json);
        if found != record.digest {
            return Err(damaged(format!(
                "{ROOT} has digest {found}, its record says {}",
                record.digest
            )));
        }
        Ok(Some(CachedRoot { json, record }))
    }

    /// Puts a root and its record in the place of the last ones.
    #[cfg(feature = "net")]
    pub(crate) fn publish(&self, name: &str, root: &CachedRoot) -> Result<(), CliError> {
        let failed = |error: std::io::Error| {
            let folder = self.folder.join(name);
            CliError::unreachable(format!("cannot write {}: {error}", folder.display()))
        };
        let lock = File::create(self.file(name, LOCK)).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut record = serde_json::to_vec_pretty(&root.record)
            .map_err(|error| CliError::unreachable(error.to_string()))?;
        record.push(b'\n');
        files::write(&self.root_file(name), &root.json)?;
        files::write(&self.file(name, RECORD), &record)
    }
}

/// Whether a root of one's own may have this name.
pub(crate) fn is_own_name(name: &str) -> bool {
    is_name(name) && name.parse::<Instance>().is_err()
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(plain)
}
