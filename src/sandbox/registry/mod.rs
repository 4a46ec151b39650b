//! An OCI registry in memory (OCI distribution spec 1.1): pull, push, tags, and the referrers API.

mod api;

use super::Refusal;
use crate::model::{Digest, limits};
use crate::oci::{Descriptor, Document, Index, manifest};
use axum::body::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The registry.
pub(super) struct Registry {
    /// Whether it has the referrers API; without it clients keep the fallback tag.
    referrers: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    uploads: BTreeMap<u64, Vec<u8>>,
    next_upload: u64,
    requests: VecDeque<String>,
}

#[derive(Default)]
struct Repository {
    blobs: BTreeMap<Digest, Bytes>,
    manifests: BTreeMap<Digest, Stored>,
    tags: BTreeMap<String, Digest>,
}

/// A manifest as it was pushed.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

impl Registry {
    pub(super) fn new(referrers: bool) -> Self {
        Self {
            referrers,
            state: Mutex::default(),
        }
    }

    pub(super) fn put_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        let mut state = self.state();
        let repository = state.repositories.entry(repository.into()).or_default();
        repository.blobs.insert(digest, bytes);
        digest
    }

    pub(super) fn blob(&self, repository: &str, digest: Digest) -> Option<Bytes> {
        let state = self.state();
        state
            .repositories
            .get(repository)?
            .blobs
            .get(&digest)
            .cloned()
    }

    /// Keeps a manifest under its digest and, where given, a tag.
    pub(super) fn put_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        let mut state = self.state();
        let repository = state.repositories.entry(repository.into()).or_default();
        let media_type = media_type.into();
        repository
            .manifests
            .insert(digest, Stored { media_type, bytes });
        if let Some(tag) = tag {
            repository.tags.insert(tag.into(), digest);
        }
        digest
    }

    /// A manifest by tag or digest.
    pub(super) fn manifest(&self, repository: &str, reference: &str) -> Option<(Digest, Stored)> {
        let state = self.state();
        let repository = state.repositories.get(repository)?;
        let digest = match reference.parse() {
            Ok(digest) => digest,
            Err(_) => *repository.tags.get(reference)?,
        };
        Some((digest, repository.manifests.get(&digest)?.clone()))
    }

    /// Keeps a manifest that has a subject; without the referrers API also in the list under the fallback tag, as a
    /// client would (OCI distribution spec, "Pushing Manifests with Subject").
    pub(super) fn attach(
        &self,
        repository: &str,
        bytes: Vec<u8>,
        subject: Digest,
    ) -> Result<Digest, Refusal> {
        let mut descriptor = describe(manifest::IMAGE_MANIFEST, &bytes);
        let digest = self.put_manifest(repository, None, manifest::IMAGE_MANIFEST, bytes);
        if !self.referrers {
            // cosign writes no annotations there.
            descriptor.annotations.clear();
            let tag = format!("sha256-{}", subject.hex());
            let mut index = match self.manifest(repository, &tag) {
                Some((_, stored)) => match Document::parse(&stored.bytes) {
                    Ok(Document::Index(index)) => *index,
                    _ => return Err(Refusal::new(400, "the fallback tag holds no index")),
                },
                None => empty_index(),
            };
            index.manifests.push(descriptor);
            self.put_index(repository, &tag, &index)?;
        }
        Ok(digest)
    }

    /// What has been asked, newest last: method and path.
    pub(super) fn requests(&self) -> Vec<String> {
        self.state().requests.iter().cloned().collect()
    }

    fn put_index(&self, repository: &str, tag: &str, index: &Index) -> Result<(), Refusal> {
        let bytes =
            serde_json::to_vec(index).map_err(|error| Refusal::new(500, error.to_string()))?;
        self.put_manifest(repository, Some(tag), manifest::IMAGE_INDEX, bytes);
        Ok(())
    }

    /// All that is attached to a digest; of one artifact type, where given.
    fn referrers_of(
        &self,
        repository: &str,
        subject: Digest,
        artifact_type: Option<&str>,
    ) -> Index {
        let state = self.state();
        let manifests = state
            .repositories
            .get(repository)
            .map(|known| &known.manifests);
        let mut index = empty_index();
        index.manifests = manifests
            .into_iter()
            .flatten()
            .filter(|(_, stored)| {
                Document::parse(&stored.bytes).is_ok_and(|found| found.subject() == Some(subject))
            })
            .map(|(_, stored)| describe(&stored.media_type, &stored.bytes))
            .filter(|found| {
                artifact_type.is_none() || found.artifact_type.as_deref() == artifact_type
            })
            .collect();
        index
    }

    fn note(&self, request: String) {
        let mut state = self.state();
        if state.requests.len() >= limits::SANDBOX_REQUESTS {
            state.requests.pop_front();
        }
        state.requests.push_back(request);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The descriptor that a referrers answer lists (OCI distribution spec, "Listing Referrers").
fn describe(media_type: &str, bytes: &[u8]) -> Descriptor {
    let mut descriptor = Descriptor::of(media_type, bytes);
    match Document::parse(bytes) {
        Ok(Document::Manifest(found)) => {
            descriptor.artifact_type = found.artifact_type.or(Some(found.config.media_type));
            descriptor.annotations = found.annotations;
        }
        Ok(Document::Index(found)) => descriptor.annotations = found.annotations,
        Err(_) => {}
    }
    descriptor
}

fn empty_index() -> Index {
    Index {
        schema_version: 2,
        media_type: Some(manifest::IMAGE_INDEX.into()),
        manifests: Vec::new(),
        subject: None,
        annotations: BTreeMap::new(),
    }
}
