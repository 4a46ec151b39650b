//! A client for the OCI distribution spec 1.1 that fails closed: what could not be read is never "nothing there".

use super::credentials::Credentials;
use super::http::{Http, StatusCode};
use super::mirror::Mirror;
pub use super::registry_error::{ErrorCode, RegistryError};
use super::registry_error::{expect, full_name, same_digest, same_size, says_absent, within};
use super::session::{Action, Session, content};
use crate::model::{Digest, limits};
use crate::oci::manifest::{DOCKER_LIST, DOCKER_MANIFEST, IMAGE_INDEX, IMAGE_MANIFEST};
use crate::oci::{Descriptor, Reference, Selector};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// All registries of one process. Cheap to clone; tokens, connections and the limit of requests are shared.
#[derive(Clone, Debug)]
pub struct Registry {
    pub(super) session: Arc<Session>,
}

/// How registries are asked.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// Requests under way at the same time, over all registries.
    pub concurrency: usize,
    /// Registries (`HOST[:PORT]`) that are asked over plain http. Those on this machine always are.
    pub plain_http: BTreeSet<String>,
    /// Asked before the registries that they mirror, in this order.
    pub mirrors: Vec<Mirror>,
    /// Time for one image with all that is attached to it: 15 minutes. Each request has a deadline of its own, but a
    /// registry can ask for thousands of them.
    pub image_deadline: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            plain_http: BTreeSet::new(),
            mirrors: Vec::new(),
            image_deadline: Duration::from_secs(900),
        }
    }
}

/// A manifest as it was served.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Of the bytes: computed here, the same as was asked for and as the registry said.
    pub digest: Digest,
    /// `Content-Type` without parameters, empty when there was none.
    pub media_type: String,
    /// As they came.
    pub bytes: Arc<[u8]>,
}

impl Registry {
    /// A client that has asked nothing yet.
    pub fn new(http: Http, credentials: Credentials, options: RegistryOptions) -> Self {
        Self {
            session: Arc::new(Session::new(http, credentials, options)),
        }
    }

    /// Time for one image with all that is attached to it.
    pub fn image_deadline(&self) -> Duration {
        self.session.image_deadline
    }

    /// The manifest or index, or none when the registry says that there is none (404 with `MANIFEST_UNKNOWN`,
    /// `NAME_UNKNOWN`, `NOT_FOUND`, or without a body). Any other answer is an error. Mirrors are asked first, for a
    /// tag only those that resolve.
    ///
    /// # Errors
    /// When it could not be read, is over `max_bytes`, or has another digest than `select` or the registry says.
    pub async fn manifest(
        &self,
        reference: &Reference,
        select: &Selector,
        max_bytes: u64,
    ) -> Result<Option<Fetched>, RegistryError> {
        let to_resolve = matches!(select, Selector::Tag(_));
        let mut failed = None;
        for place in self.session.mirrors(reference, to_resolve) {
            match self.own_manifest(&place, select, max_bytes).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) => failed = Some(self.session.mirror_failed(&place, error)),
            }
        }
        let found = self.own_manifest(reference, select, max_bytes).await;
        found.map_err(|error| error.after(failed))
    }

    /// The same from the registry itself.
    pub(super) async fn own_manifest(
        &self,
        reference: &Reference,
        select: &Selector,
        max_bytes: u64,
    ) -> Result<Option<Fetched>, RegistryError> {
        let (name, what) = match select {
            Selector::Tag(tag) => (tag.clone(), full_name(reference, &format!(":{tag}"))),
            Selector::Digest(digest) => (
                digest.to_string(),
                full_name(reference, &format!("@{digest}")),
            ),
        };
        let url = self.session.url(reference, &format!("manifests/{name}"))?;
        let accept = [IMAGE_INDEX, IMAGE_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST].join(", ");
        let request = content(url, max_bytes).header("accept", &accept);
        let response = self
            .session
            .request(reference, &what, Action::Pull, request)
            .await?;
        if response.status == StatusCode::NOT_FOUND && says_absent(&response) {
            return Ok(None);
        }
        let response = expect(StatusCode::OK, &what, response)?;
        within(max_bytes, &what, &response)?;
        let digest = Digest::of(&response.body);
        if let Selector::Digest(expected) = select {
            same_digest(&what, &expected.to_string(), digest)?;
        }
        if let Some(said) = response.header("docker-content-digest")
            && said.starts_with("sha256:")
        {
            same_digest(&what, said, digest)?;
        }
        let media_type = response.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        Ok(Some(Fetched {
            digest,
            media_type: media_type.to_ascii_lowercase(),
            bytes: response.body.into(),
        }))
    }

    /// The manifest that a descriptor names, with exactly its digest and size; none when it is absent.
    ///
    /// # Errors
    /// As [`Self::manifest`], and when the size is another.
    pub async fn manifest_of(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Option<Fetched>, RegistryError> {
        let what = full_name(reference, &format!("@{}", descriptor.digest));
        let limit = limits::OCI_MANIFEST_BYTES;
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge {
                reference: what,
                limit,
            });
        }
        let select = Selector::Digest(descriptor.digest);
        let limit = limit.min(worth_reading(descriptor));
        let found = self.manifest(reference, &select, limit).await?;
        if let Some(found) = &found {
            same_size(what, descriptor.size, found.bytes.len() as u64)?;
        }
        Ok(found)
    }

    /// The blob with that digest, from a mirror where one has it.
    ///
    /// # Errors
    /// When it could not be read, is not there, is over `max_bytes`, or has another digest.
    pub async fn blob(
        &self,
        reference: &Reference,
        digest: &Digest,
        max_bytes: u64,
    ) -> Result<Arc<[u8]>, RegistryError> {
        let mut failed = None;
        for place in self.session.mirrors(reference, false) {
            match self.own_blob(&place, digest, max_bytes).await {
                Ok(found) => return Ok(found),
                Err(error) => failed = Some(self.session.mirror_failed(&place, error)),
            }
        }
        let found = self.own_blob(reference, digest, max_bytes).await;
        found.map_err(|error| error.after(failed))
    }

    async fn own_blob(
        &self,
        reference: &Reference,
        digest: &Digest,
        max_bytes: u64,
    ) -> Result<Arc<[u8]>, RegistryError> {
        let what = full_name(reference, &format!("@{digest}"));
        let url = self.session.url(reference, &format!("blobs/{digest}"))?;
        let request = content(url, max_bytes);
        let response = self
            .session
            .request(reference, &what, Action::Pull, request)
            .await?;
        if response.status == StatusCode::NOT_FOUND {
            return Err(RegistryError::Absent { reference: what });
        }
        let response = expect(StatusCode::OK, &what, response)?;
        within(max_bytes, &what, &response)?;
        same_digest(&what, &digest.to_string(), Digest::of(&response.body))?;
        Ok(response.body.into())
    }

    /// The blob that a descriptor names, with exactly its digest and size. Nothing is asked for when the descriptor
    /// is over the limit already.
    ///
    /// # Errors
    /// As [`Self::blob`], and when the size is another.
    pub async fn blob_of(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        max_bytes: u64,
    ) -> Result<Arc<[u8]>, RegistryError> {
        let what = full_name(reference, &format!("@{}", descriptor.digest));
        if descriptor.size > max_bytes {
            return Err(RegistryError::TooLarge {
                reference: what,
                limit: max_bytes,
            });
        }
        let limit = max_bytes.min(worth_reading(descriptor));
        let bytes = self.blob(reference, &descriptor.digest, limit).await?;
        same_size(what, descriptor.size, bytes.len() as u64)?;
        Ok(bytes)
    }
}

/// Bytes after which the content cannot be what the descriptor names. A little more than it says is read, so that the
/// error can tell a wrong size from wrong bytes.
fn worth_reading(descriptor: &Descriptor) -> u64 {
    descriptor.size.max(limits::REGISTRY_ANSWER_BYTES)
}
