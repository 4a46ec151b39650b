//! Bytes taken from one source at one time.

use super::{ContentDigests, Digest, MemberPath, Redaction, Timestamp, Window};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What one source gave for one item: files with their bytes, and how they were asked for.
#[derive(Clone, Debug)]
pub struct Capture {
    /// When the capture was complete.
    pub captured: Timestamp,
    /// The window of time it speaks of, for metrics and dashboards.
    pub window: Option<Window>,
    /// The request that got it, without secrets; shape by kind of item.
    pub request: serde_json::Value,
    /// The files, any order.
    pub files: Vec<CapturedFile>,
}

impl Capture {
    /// The same capture with only the files below this folder.
    #[must_use]
    pub fn under(&self, folder: &str) -> Self {
        let below = |file: &&CapturedFile| file.path.is_under(folder);
        Self {
            captured: self.captured,
            window: self.window,
            request: self.request.clone(),
            files: self.files.iter().filter(below).cloned().collect(),
        }
    }

    /// Whether a place in one of its files was blanked.
    pub fn is_redacted(&self) -> bool {
        self.files.iter().any(|file| !file.redactions.is_empty())
    }

    /// The file whose member path ends in this name; none when there is no such file or more than one.
    pub fn file(&self, name: &str) -> Option<&CapturedFile> {
        let last = |file: &&CapturedFile| file.path.as_str().rsplit('/').next() == Some(name);
        let mut found = self.files.iter().filter(last);
        found.next().filter(|_| found.next().is_none())
    }
}

/// One file of a capture.
#[derive(Clone, Debug)]
pub struct CapturedFile {
    /// Its member path in the bundle.
    pub path: MemberPath,
    /// Its own name, where that is no member path.
    pub name: Option<String>,
    /// RFC 6838 media type.
    pub media_type: String,
    /// The bytes; none where only their digests are asked for.
    pub bytes: Arc<[u8]>,
    /// The digests of the bytes, where they were computed already. Of bytes that are not there they are all that is
    /// known.
    pub digests: Option<Arc<ContentDigests>>,
    /// What was blanked in them: nothing that is read of them is proven.
    pub redactions: Vec<Redaction>,
}

impl CapturedFile {
    /// A file under its own member path.
    pub fn new(path: MemberPath, media_type: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            path,
            name: None,
            media_type: media_type.into(),
            bytes: bytes.into(),
            digests: None,
            redactions: Vec::new(),
        }
    }

    /// Bytes of the content.
    pub fn size(&self) -> u64 {
        (self.digests.as_ref()).map_or(self.bytes.len() as u64, |digests| digests.size())
    }

    /// SHA-256 of the content, computed now unless it was before.
    pub fn sha256(&self) -> Digest {
        (self.digests.as_ref()).map_or_else(|| Digest::of(&self.bytes), |digests| digests.sha256())
    }
}

/// A captured file as the capture store and the manifest list it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredFile {
    /// Its member path in the bundle.
    pub path: MemberPath,
    /// Its own name, where that is no member path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Of the bytes.
    pub sha256: Digest,
    /// RFC 6838 media type.
    pub media_type: String,
}
