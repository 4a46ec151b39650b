//! The files of an image layout on disk: inside of the folder, bounded, and with the digest of their name.

use crate::model::{Digest, limits};
use crate::oci::layout::SelectError;
use crate::oci::manifest::ManifestError;
use crate::oci::{Descriptor, Document, Layout};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a layout on disk could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// No file, or one that cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// A link out of the folder, or no plain file.
    #[error("{path} is no file inside of the layout")]
    Outside {
        /// The file.
        path: String,
    },
    /// Over the limit.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// Not the bytes that its name or its descriptor promises.
    #[error("{path} has digest {found}")]
    Digest {
        /// The file, whose name is the digest that it should have.
        path: String,
        /// What it has.
        found: Digest,
    },
    /// Another size than its descriptor says.
    #[error("{path} has {found} bytes, its descriptor says {expected}")]
    Size {
        /// The file.
        path: String,
        /// By the descriptor.
        expected: u64,
        /// Bytes.
        found: u64,
    },
    /// `index.json` or a manifest is malformed.
    #[error("{path} is no manifest or index")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: ManifestError,
    },
    /// `index.json` is a manifest, not an index.
    #[error("{path} is no index")]
    NoIndex {
        /// The file.
        path: String,
    },
    /// Which image is meant cannot be said.
    #[error("{dir}")]
    Select {
        /// The layout.
        dir: String,
        /// What is wrong.
        #[source]
        source: SelectError,
    },
    /// More than a limit.
    #[error("{dir} holds more than {limit} {what}")]
    TooMany {
        /// The layout.
        dir: String,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl LayoutError {
    /// Whether it says nothing about the content: it could not be read. Else what was read is wrong.
    pub fn is_undetermined(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Select { .. })
    }
}

/// The folder of a layout, with links resolved.
pub(super) struct Folder {
    shown: String,
    root: PathBuf,
    /// Bytes that attachments may still take.
    budget: Cell<u64>,
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<Self, LayoutError> {
        let shown = dir.display().to_string();
        let root = fs::canonicalize(dir).map_err(|source| LayoutError::Read {
            path: shown.clone(),
            source,
        })?;
        Ok(Self {
            shown,
            root,
            budget: Cell::new(limits::ATTACHED_BYTES),
        })
    }

    /// Takes these bytes off what attachments may have in all.
    pub(super) fn reserve(&self, bytes: u64) -> Result<(), LayoutError> {
        let left =
            self.budget.get().checked_sub(bytes).ok_or_else(|| {
                self.too_many("bytes attached to one image", limits::ATTACHED_BYTES)
            })?;
        self.budget.set(left);
        Ok(())
    }

    /// The manifest of an entry, into the layout; none when the folder does not hold it.
    pub(super) fn manifest(
        &self,
        layout: &mut Layout,
        entry: &Descriptor,
    ) -> Result<Option<Document>, LayoutError> {
        if !self.content(layout, entry, limits::OCI_MANIFEST_BYTES)? {
            return Ok(None);
        }
        let bytes = layout.blob(&entry.digest);
        bytes
            .map(|bytes| self.parse(bytes, &entry.digest))
            .transpose()
    }

    /// What a descriptor names, into the layout; whether the folder holds it.
    pub(super) fn content(
        &self,
        layout: &mut Layout,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<bool, LayoutError> {
        let Some(bytes) = self.blob(&descriptor.digest, limit)? else {
            return Ok(false);
        };
        if bytes.len() as u64 != descriptor.size {
            return Err(LayoutError::Size {
                path: self.path(&blob_name(&descriptor.digest)),
                expected: descriptor.size,
                found: bytes.len() as u64,
            });
        }
        layout.add_blob(bytes);
        Ok(true)
    }

    pub(super) fn parse(
        &self,
        bytes: &Arc<[u8]>,
        digest: &Digest,
    ) -> Result<Document, LayoutError> {
        Document::parse(bytes).map_err(|source| LayoutError::Malformed {
            path: self.path(&blob_name(digest)),
            source,
        })
    }

    /// A blob with the digest of its name; none when there is no such file.
    pub(super) fn blob(
        &self,
        digest: &Digest,
        limit: u64,
    ) -> Result<Option<Arc<[u8]>>, LayoutError> {
        let name = blob_name(digest);
        let Some(bytes) = self.file(&name, limit)? else {
            return Ok(None);
        };
        same_digest(&self.path(&name), *digest, &bytes)?;
        Ok(Some(bytes.into()))
    }

    /// A blob that may be a manifest with a subject, not yet checked; none when it is larger or is not one.
    pub(super) fn small_json(&self, digest: &Digest) -> Result<Option<Arc<[u8]>>, LayoutError> {
        let bytes = match self.file(&blob_name(digest), limits::OCI_MANIFEST_BYTES) {
            Err(LayoutError::TooLarge { .. }) => return Ok(None),
            other => other?.unwrap_or_default(),
        };
        // Most blobs are no manifests: this spares them the parser.
        let word = b"\"subject\"";
        let may_be = bytes.windows(word.len()).any(|window| window == word);
        Ok(may_be.then(|| bytes.into()))
    }

    /// Digests of all blobs, ascending.
    pub(super) fn digests(&self) -> Result<BTreeSet<Digest>, LayoutError> {
        let name = "blobs/sha256";
        let error = |source| LayoutError::Read {
            path: self.path(name),
            source,
        };
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(self.inside(name)?.unwrap_or_default()).map_err(error)? {
            let file_name = entry.map_err(error)?.file_name();
            // Other files there are temporary ones of a writer.
            let digest = file_name
                .to_str()
                .and_then(|text| Digest::from_hex(text).ok());
            found.extend(digest);
            if found.len() > limits::MEMBERS {
                return Err(self.too_many("blobs", limits::MEMBERS as u64));
            }
        }
        Ok(found)
    }

    /// A whole file of the folder; none when it is not there.
    pub(super) fn file(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, LayoutError> {
        let error = |source| LayoutError::Read {
            path: self.path(name),
            source,
        };
        let too_large = || LayoutError::TooLarge {
            path: self.path(name),
            limit,
        };
        let Some(path) = self.inside(name)? else {
            return Ok(None);
        };
        // Before it is opened: opening a pipe would wait for its writer.
        let about = fs::metadata(&path).map_err(error)?;
        if !about.is_file() {
            return Err(LayoutError::Outside {
                path: self.path(name),
            });
        }
        if about.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        fs::File::open(&path)
            .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
            .map_err(error)?;
        if bytes.len() as u64 > limit {
            return Err(too_large());
        }
        Ok(Some(bytes))
    }

    /// The path with links resolved, which must lie in the folder; none when it is not there.
    pub(super) fn inside(&self, name: &str) -> Result<Option<PathBuf>, LayoutError> {
        match fs::canonicalize(self.root.join(name)) {
            Ok(path) if path.starts_with(&self.root) => Ok(Some(path)),
            Ok(_) => Err(LayoutError::Outside {
                path: self.path(name),
            }),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LayoutError::Read {
                path: self.path(name),
                source,
            }),
        }
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.shown)
    }

    pub(super) fn unselected(&self, source: SelectError) -> LayoutError {
        LayoutError::Select {
            dir: self.shown.clone(),
            source,
        }
    }

    pub(super) fn too_many(&self, what: &'static str, limit: u64) -> LayoutError {
        LayoutError::TooMany {
            dir: self.shown.clone(),
            what,
            limit,
        }
    }
}

/// Where a blob lies in the folder.
pub(super) fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// The bytes, if they are what the name says.
pub(super) fn same_digest(path: &str, expected: Digest, bytes: &[u8]) -> Result<(), LayoutError> {
    let found = Digest::of(bytes);
    if found == expected {
        return Ok(());
    }
    Err(LayoutError::Digest {
        path: path.into(),
        found,
    })
}
