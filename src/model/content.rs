//! What is known of bytes that went by: their digests, computed once and never taken from anybody's word.

use super::Digest;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Size and digests of bytes. Comes from a [`ContentHasher`] only, so that nobody can state them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentDigests {
    size: u64,
    sha256: Digest,
    git_blob: Option<Vec<u8>>,
}

impl ContentDigests {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the bytes.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The raw id of the git blob with this content, where it was asked for: 20 bytes (SHA-1) or 32 (SHA-256).
    pub fn git_blob(&self) -> Option<&[u8]> {
        self.git_blob.as_deref()
    }
}

/// Hashes bytes as they go by.
pub struct ContentHasher {
    size: u64,
    sha256: Sha256,
    git: Option<Git>,
}

enum Git {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl ContentHasher {
    /// For SHA-256 and the size.
    pub fn new() -> Self {
        Self {
            size: 0,
            sha256: Sha256::new(),
            git: None,
        }
    }

    /// Also for the id of the git blob of this many bytes, in the format whose ids have `raw_len` bytes
    /// (gitformat-pack, "Object IDs": the header `blob size\0` is hashed before the content).
    #[must_use]
    pub fn with_git_blob(mut self, raw_len: usize, size: u64) -> Self {
        let header = format!("blob {size}\0");
        self.git = match raw_len {
            20 => Some(Git::Sha1(Sha1::new().chain_update(header))),
            32 => Some(Git::Sha256(Sha256::new().chain_update(header))),
            _ => None,
        };
        self
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        match &mut self.git {
            Some(Git::Sha1(hash)) => hash.update(bytes),
            Some(Git::Sha256(hash)) => hash.update(bytes),
            None => {}
        }
    }

    /// What the bytes were.
    pub fn finish(self) -> ContentDigests {
        ContentDigests {
            size: self.size,
            sha256: Digest::from_raw(self.sha256.finalize().into()),
            git_blob: self.git.map(|git| match git {
                Git::Sha1(hash) => hash.finalize().to_vec(),
                Git::Sha256(hash) => hash.finalize().to_vec(),
            }),
        }
    }
}

impl Default for ContentHasher {
    fn default() -> Self {
        Self::new()
    }
}
