//! Uploads to a registry (distribution spec, "Pushing blobs", "Pushing Manifests", "Pushing Manifests with Subject").

use super::http::{Method, Request, StatusCode};
use super::registry::Registry;
use super::registry_error::{RegistryError, expect, full_name, same_digest};
use super::session::Action;
use crate::model::{Digest, limits};
use crate::oci::attached::tag_of;
use crate::oci::manifest::IMAGE_INDEX;
use crate::oci::{Descriptor, Document, Index, Reference, Selector};
use std::collections::BTreeMap;

/// A manifest that a registry took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// Its digest.
    pub digest: Digest,
    /// Whether the registry lists it as a referrer of its subject by itself (`OCI-Subject`).
    pub is_listed: bool,
}

impl Registry {
    /// Uploads a blob, unless it is there already.
    ///
    /// # Errors
    /// When the registry cannot be reached or does not take it.
    pub async fn push_blob(
        &self,
        reference: &Reference,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let digest = Digest::of(bytes);
        let what = full_name(reference, &format!("@{digest}"));
        let limit = limits::REGISTRY_ANSWER_BYTES;
        let head = Request {
            method: Method::HEAD,
            ..Request::get(
                self.session.url(reference, &format!("blobs/{digest}"))?,
                limit,
            )
        };
        let known = self
            .session
            .request(reference, &what, Action::Push, head)
            .await;
        // Where a registry keeps its blobs elsewhere, a redirect says that it has this one.
        if known.is_ok_and(|response| response.status == StatusCode::OK) {
            return Ok(digest);
        }
        let start = Request {
            method: Method::POST,
            ..Request::get(self.session.url(reference, "blobs/uploads/")?, limit)
        };
        let started = self
            .session
            .request(reference, &what, Action::Push, start)
            .await?;
        let started = expect(StatusCode::ACCEPTED, &what, started)?;
        let mut url = started
            .header("location")
            .and_then(|location| started.url.join(location).ok())
            .filter(|to| to.scheme() == started.url.scheme() || to.scheme() == "https")
            .ok_or_else(|| RegistryError::Address {
                reference: what.clone(),
            })?;
        url.query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let upload = Request {
            method: Method::PUT,
            body: Some(("application/octet-stream".into(), bytes.to_vec())),
            ..Request::get(url, limit)
        };
        let done = self
            .session
            .request(reference, &what, Action::Push, upload)
            .await?;
        expect(StatusCode::CREATED, &what, done)?;
        Ok(digest)
    }

    /// Uploads a manifest under `select`, its tag or its own digest.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not take it, or took it as something else.
    pub async fn push_manifest(
        &self,
        reference: &Reference,
        select: &Selector,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Pushed, RegistryError> {
        let digest = Digest::of(bytes);
        let (name, what) = match select {
            Selector::Tag(tag) => (tag.clone(), full_name(reference, &format!(":{tag}"))),
            Selector::Digest(named) => {
                let what = full_name(reference, &format!("@{named}"));
                same_digest(&what, &named.to_string(), digest)?;
                (named.to_string(), what)
            }
        };
        let url = self.session.url(reference, &format!("manifests/{name}"))?;
        let request = Request {
            method: Method::PUT,
            body: Some((media_type.into(), bytes.to_vec())),
            ..Request::get(url, limits::REGISTRY_ANSWER_BYTES)
        };
        let response = self
            .session
            .request(reference, &what, Action::Push, request)
            .await?;
        let response = expect(StatusCode::CREATED, &what, response)?;
        if let Some(said) = response.header("docker-content-digest") {
            same_digest(&what, said, digest)?;
        }
        Ok(Pushed {
            digest,
            is_listed: response.header("oci-subject").is_some(),
        })
    }

    /// Uploads a manifest that has a `subject` and sees to it that it is found from there: by the referrers API, else
    /// by the fallback tag, which is read, extended and written back.
    ///
    /// # Errors
    /// As [`Self::push_manifest`]; when the fallback tag cannot be read, it is left as it is.
    pub async fn attach(
        &self,
        reference: &Reference,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        let malformed = |reason: &str| RegistryError::Referrers {
            reference: reference.to_string(),
            reason: reason.into(),
        };
        let Ok(Document::Manifest(manifest)) = Document::parse(bytes) else {
            return Err(malformed("what is attached is no manifest"));
        };
        let Some(subject) = &manifest.subject else {
            return Err(malformed("what is attached has no subject"));
        };
        let media_type = Document::Manifest(manifest.clone()).media_type().to_owned();
        let own = Selector::Digest(Digest::of(bytes));
        let pushed = self
            .push_manifest(reference, &own, &media_type, bytes)
            .await?;
        if pushed.is_listed {
            return Ok(pushed.digest);
        }
        let tag = Selector::Tag(tag_of(&subject.digest));
        // Never a mirror's: it may be older than what would be overwritten.
        let old = self
            .own_manifest(reference, &tag, limits::OCI_MANIFEST_BYTES)
            .await?;
        let mut index = match old.map(|old| Document::parse(&old.bytes)) {
            None => Index {
                schema_version: 2,
                media_type: Some(IMAGE_INDEX.into()),
                manifests: Vec::new(),
                subject: None,
                annotations: BTreeMap::new(),
            },
            Some(Ok(Document::Index(index))) => *index,
            Some(_) => return Err(malformed("the fallback tag is no index")),
        };
        if index
            .manifests
            .iter()
            .all(|entry| entry.digest != pushed.digest)
        {
            let mut entry = Descriptor::of(&media_type, bytes);
            // As the spec has it: the kind of artifact, else the configuration's media type.
            let config = manifest.config.media_type.clone();
            entry.artifact_type = manifest.artifact_type.clone().or(Some(config));
            entry.annotations = manifest.annotations.clone();
            index.manifests.push(entry);
            // A struct of text, numbers and maps always serialises.
            let bytes = serde_json::to_vec(&index).unwrap_or_default();
            self.push_manifest(reference, &tag, IMAGE_INDEX, &bytes)
                .await?;
        }
        Ok(pushed.digest)
    }
}
