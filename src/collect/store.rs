//! The capture store: a folder that a run fills and any later run takes up again.
//!
//! `store.json` says what is released; `moments.json` when its phases were; `items/<id>.json` is written when all its blobs are there; `blobs/<hex>`
//! holds bytes by their SHA-256. Every file is written to a temporary name, synced and renamed: a kill at any
//! moment loses at most the capture in flight. `lock` is held by the one run that writes, or by those that read.
//! No file's time means anything.

use crate::disk::{self, Lock, LockError, Part};
use crate::model::capture::StoredFile;
use crate::model::{Capture, Digest, Item, Moments, Producer, Redaction, Release, limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use super::store_error::StoreError;

/// A capture store on disk, locked for as long as this or a clone of it lives.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    head: StoreHead,
    _lock: Option<Arc<Lock>>,
}

/// What a store is about.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreHead {
    /// Always 1.
    pub version: u32,
    /// What is released.
    pub release: Release,
    /// Stage of the bundle that will be packed.
    pub stage: String,
    /// What collects.
    pub producer: Producer,
    /// Time of the release's commit in seconds since 1970: the time of every member.
    pub commit_time: i64,
    /// The bundle's file name.
    pub package: String,
}

/// An item with the files that it needs.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredItem {
    /// The item as the manifest will list it.
    pub item: Item,
    /// Its files.
    pub files: Vec<StoredFile>,
    /// What was blanked in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<Redaction>,
    /// Digest of the rules by which it was; none without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted_by: Option<Digest>,
}

impl Store {
    /// Opens the store in `dir`, or starts one, for this run alone.
    ///
    /// # Errors
    /// When another run uses it, it is about another release, or cannot be read or written.
    pub fn open_or_create(dir: &Path, head: StoreHead) -> Result<Self, StoreError> {
        disk::make_folder(dir)?;
        let lock = Lock::alone(&dir.join(LOCK)).map_err(|source| locked(dir, source))?;
        let path = dir.join(HEAD);
        if path.exists() {
            let found: StoreHead = read_json(&path)?;
            require_same(dir, &found, &head)?;
        }
        let ignore = dir.join(IGNORE);
        disk::remove_parts(dir, Some(&[&path, &ignore, &dir.join(MOMENTS)]));
        for folder in [dir.join(ITEMS), dir.join(BLOBS)] {
            disk::make_folder(&folder)?;
            disk::remove_parts(&folder, None);
            // What is kept of a run that was killed was renamed, and perhaps no more than that.
            disk::sync_folder(&folder)?;
        }
        // Captures belong into a bundle and never into the repository that they lie in.
        if !ignore.exists() {
            write_atomically(&ignore, b"*\n")?;
        }
        // The run that ends the collection is the one that the producer block names.
        write_json(&path, &head)?;
        Ok(Self {
            dir: dir.into(),
            head,
            _lock: Some(Arc::new(lock)),
        })
    }

    /// Opens the store in `dir`, which must be about the release of `wanted`, to read what no run changes meanwhile.
    ///
    /// # Errors
    /// When there is none, a run fills it, it is about another release, or it cannot be read.
    pub fn open(dir: &Path, wanted: &StoreHead) -> Result<Self, StoreError> {
        let store = Self::open_any(dir)?;
        require_same(dir, &store.head, wanted)?;
        Ok(store)
    }

    /// The same, whatever release it is about.
    ///
    /// # Errors
    /// When there is none, a run fills it, or it cannot be read.
    pub fn open_any(dir: &Path) -> Result<Self, StoreError> {
        // Where there is no store none is begun.
        Self::look(dir)?;
        let lock = Lock::shared(&dir.join(LOCK)).map_err(|source| locked(dir, source))?;
        Ok(Self {
            _lock: lock.map(Arc::new),
            ..Self::look(dir)?
        })
    }

    /// Opens the store in `dir` without its lock, to read single files, each of which is whole at any time.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn look(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(HEAD);
        if !path.exists() {
            return Err(StoreError::Absent(dir.into()));
        }
        Ok(Self {
            dir: dir.into(),
            head: read_json(&path)?,
            _lock: None,
        })
    }

    /// The stored items that are whole, ascending by id.
    ///
    /// # Errors
    /// When the folder or one of its files cannot be read.
    pub fn items(&self) -> Result<Vec<StoredItem>, StoreError> {
        let folder = self.dir.join(ITEMS);
        let error = |source| StoreError::Io {
            path: folder.clone(),
            source,
        };
        let mut ids = Vec::new();
        for entry in fs::read_dir(&folder).map_err(error)?.take(limits::MEMBERS) {
            let name = entry.map_err(error)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            // What an interrupted run left begins with a dot.
            ids.extend(id.filter(|id| !id.starts_with('.')).map(str::to_owned));
        }
        ids.sort_unstable();
        let items = ids.iter().map(|id| self.item(id));
        let whole: Result<Vec<_>, _> = items.collect();
        Ok(whole?.into_iter().flatten().collect())
    }

    /// When the phases were that were captured so far.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn moments(&self) -> Result<Moments, StoreError> {
        let path = self.dir.join(MOMENTS);
        match path.exists() {
            true => read_json(&path),
            false => Ok(Moments::default()),
        }
    }

    /// Writes down when phases were.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_moments(&self, moments: &Moments) -> Result<(), StoreError> {
        write_json(&self.dir.join(MOMENTS), moments)
    }

    /// What the store is about.
    pub fn head(&self) -> &StoreHead {
        &self.head
    }

    /// The stored item, when it and all its blobs are there.
    ///
    /// # Errors
    /// When its file is there and cannot be read.
    pub fn item(&self, id: &str) -> Result<Option<StoredItem>, StoreError> {
        let path = self.item_path(id);
        if !path.exists() {
            return Ok(None);
        }
        let stored: StoredItem = read_json(&path)?;
        let whole = stored.files.iter().all(|file| {
            fs::metadata(self.blob_path(&file.sha256)).is_ok_and(|found| found.len() == file.size)
        });
        Ok(whole.then_some(stored))
    }

    /// Stores a capture's files, then its item.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn put(
        &self,
        item: Item,
        capture: &Capture,
        redacted_by: Option<Digest>,
    ) -> Result<StoredItem, StoreError> {
        let mut files = Vec::with_capacity(capture.files.len());
        for file in &capture.files {
            let sha256 = Digest::of(&file.bytes);
            let path = self.blob_path(&sha256);
            // Blobs are shared between items. One that is there was renamed into place whole, but disks and people
            // damage files: what a damaged one should hold is at hand here.
            let is_there = read_at_most(&path, file.bytes.len() as u64)
                .is_ok_and(|found| found == *file.bytes);
            if !is_there {
                let mut part = Part::private(&path)?;
                part.write_all(&file.bytes)?;
                part.place()?;
            }
            files.push(StoredFile {
                path: file.path.clone(),
                name: file.name.clone(),
                size: file.bytes.len() as u64,
                sha256,
                media_type: file.media_type.clone(),
            });
        }
        // Before the item that names them: also those that another item's task has just renamed.
        disk::sync_folder(&self.dir.join(BLOBS))?;
        let stored = StoredItem::of(item, files, capture, redacted_by);
        self.restate(&stored)?;
        Ok(stored)
    }

    /// Writes an item whose files are in the store.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn restate(&self, stored: &StoredItem) -> Result<(), StoreError> {
        write_json(&self.item_path(&stored.item.id), stored)
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// When it is not there.
    pub fn blob(&self, digest: &Digest) -> io::Result<File> {
        File::open(self.blob_path(digest))
    }

    /// Reads a stored item's bytes back into a capture.
    ///
    /// # Errors
    /// When a blob cannot be read or is not what its name says.
    pub fn capture(&self, stored: &StoredItem) -> Result<Capture, StoreError> {
        let mut files = Vec::with_capacity(stored.files.len());
        for file in &stored.files {
            let path = self.blob_path(&file.sha256);
            let bytes = read_at_most(&path, file.size).map_err(|source| StoreError::Io {
                path: path.clone(),
                source,
            })?;
            if Digest::of(&bytes) != file.sha256 {
                let source = io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the bytes are not those of its name",
                );
                return Err(StoreError::Io { path, source });
            }
            files.push(crate::model::CapturedFile {
                path: file.path.clone(),
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                bytes: bytes.into(),
                digests: None,
                redactions: stored.redactions_of(&file.path),
            });
        }
        Ok(Capture {
            captured: stored.item.captured,
            window: stored.item.window,
            request: stored.item.request.clone(),
            files,
        })
    }

    /// The file of the salts of what was blanked in an item's files.
    pub(super) fn salts_path(&self, id: &str) -> PathBuf {
        self.dir.join("salts").join(format!("{id}.json"))
    }

    pub(super) fn item_path(&self, id: &str) -> PathBuf {
        self.dir.join(ITEMS).join(format!("{id}.json"))
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(BLOBS).join(digest.hex())
    }
}

/// Writes a file of the store whole or not at all; nobody but its owner can read it.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut part = Part::private(path)?;
    part.write_all(bytes)?;
    Ok(part.finish()?)
}

fn locked(dir: &Path, source: LockError) -> StoreError {
    StoreError::Lock {
        dir: dir.into(),
        source,
    }
}

/// What a store is about cannot change: its captures are about the release that it was started for.
fn require_same(dir: &Path, found: &StoreHead, wanted: &StoreHead) -> Result<(), StoreError> {
    let about = |head: &StoreHead| {
        let release = &head.release;
        let object = release.tag_object.as_deref().unwrap_or("no object");
        format!(
            "{} {} ({object}) at commit {} (stage {})",
            release.repository, release.tag, release.commit, head.stage
        )
    };
    let (found, wanted) = (about(found), about(wanted));
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::OtherRelease {
        dir: dir.into(),
        found,
        wanted,
    })
}

/// The file's bytes; more than `limit` is an error.
fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(limit.saturating_add(1));
    file.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let reason = format!("it has more than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(bytes)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = read_at_most(path, limits::MANIFEST_BYTES).map_err(|source| StoreError::Io {
        path: path.into(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|source| StoreError::Json {
        path: path.into(),
        source,
    })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| StoreError::Json {
        path: path.into(),
        source,
    })?;
    bytes.push(b'\n');
    write_atomically(path, &bytes)
}

/// What the store is about.
const HEAD: &str = "store.json";
/// Keeps the store out of the repository.
const IGNORE: &str = ".gitignore";
/// When phases were.
const MOMENTS: &str = "moments.json";
/// Folder of items.
const ITEMS: &str = "items";
/// Folder of bytes.
const BLOBS: &str = "blobs";
/// Held by who writes, or by those who read.
const LOCK: &str = "lock";
