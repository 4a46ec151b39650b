//! What is attached to a manifest: the referrers API with all its pages, and the fallback tag.

use super::http::{Response, StatusCode, Url};
use super::registry::Registry;
use super::registry_error::{RegistryError, error_code, expect, full_name};
use super::session::{Action, content};
use crate::model::redact::url_without_secrets;
use crate::model::{Digest, limits};
use crate::oci::attached::tag_of;
use crate::oci::manifest::IMAGE_INDEX;
use crate::oci::{Descriptor, Reference, Selector};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct ReferrersPage {
    #[serde(rename = "schemaVersion")]
    schema_version: u32,
    /// Some registries write an empty list as null; a missing list is none.
    #[serde(deserialize_with = "null_is_empty")]
    manifests: Vec<Box<RawValue>>,
}

fn null_is_empty<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<Box<RawValue>>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// What a registry lists as attached to a manifest.
#[derive(Debug, Default)]
pub struct Listing {
    /// What can be read, each once, in the registry's order.
    pub descriptors: Vec<Descriptor>,
    /// Entries that are none, and more of them than are read.
    pub flaws: Vec<RegistryError>,
}

impl Registry {
    /// All that the registry lists as attached to a manifest (distribution spec, "Listing Referrers"), by the API or,
    /// where the registry has none, by the fallback tag. Descriptors say where to look, never what is there: their
    /// `artifactType` is often missing or wrong, so nothing is filtered by it. What is listed twice comes once. A mirror
    /// that resolves is asked first, and its list counts unless it is empty.
    ///
    /// # Errors
    /// When a page could not be read, the list has no end within the limits, or it leads to another server.
    pub async fn referrers(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let listing = self.listing(reference, digest).await?;
        match listing.flaws.into_iter().next() {
            None => Ok(listing.descriptors),
            Some(flaw) => Err(flaw),
        }
    }

    /// The same, as far as it can be read: one entry that is none hides no other.
    ///
    /// # Errors
    /// When a page could not be read, the list has no end within the limits, or it leads to another server.
    pub async fn listing(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Listing, RegistryError> {
        let mut failed = None;
        for place in self.session.mirrors(reference, true) {
            match self.own_referrers(&place, digest).await {
                Ok(found) if !found.descriptors.is_empty() => return Ok(once(found)),
                Ok(_) => {}
                Err(error) => failed = Some(self.session.mirror_failed(&place, error)),
            }
        }
        let found = self.own_referrers(reference, digest).await;
        found.map(once).map_err(|error| error.after(failed))
    }

    async fn own_referrers(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Listing, RegistryError> {
        let known = self.session.lacks_referrers(reference);
        if !known && let Some(found) = self.native_referrers(reference, digest).await? {
            return Ok(found);
        }
        let tag = Selector::Tag(tag_of(digest));
        let index = self
            .own_manifest(reference, &tag, limits::OCI_MANIFEST_BYTES)
            .await?;
        let what = full_name(reference, &format!("@{digest}"));
        let mut listing = Listing::default();
        if let Some(index) = index {
            page(&what, &index.bytes, &mut listing)?;
        }
        Ok(listing)
    }

    /// None when the registry has no referrers API.
    async fn native_referrers(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Option<Listing>, RegistryError> {
        let what = full_name(reference, &format!("@{digest}"));
        let malformed = |reason: String| RegistryError::Referrers {
            reference: what.clone(),
            reason,
        };
        let mut url = self
            .session
            .url(reference, &format!("referrers/{digest}"))?;
        let mut found = Listing::default();
        let mut bytes = 0;
        for number in 0..limits::REFERRERS_PAGES {
            let request =
                content(url.clone(), limits::OCI_MANIFEST_BYTES).header("accept", IMAGE_INDEX);
            let response = self
                .session
                .request(reference, &what, Action::Pull, request)
                .await?;
            // What registries without this API answer to an unknown path, seen in the field.
            if number == 0 && matches!(response.status.as_u16(), 400 | 404 | 405 | 406) {
                // One with the API may say 404 for a repository that it does not know: that is not for ever.
                if error_code(&response).0.is_none() {
                    self.session.remember_without_referrers(reference);
                }
                return Ok(None);
            }
            let response = expect(StatusCode::OK, &what, response)?;
            bytes += response.body.len() as u64;
            if bytes > limits::REFERRERS_BYTES {
                let limit = limits::REFERRERS_BYTES;
                return Err(malformed(format!("more than {limit} bytes")));
            }
            if !page(&what, &response.body, &mut found)? {
                return Ok(Some(found));
            }
            let Some(next) = next_page(&response).map_err(malformed)? else {
                return Ok(Some(found));
            };
            url = next;
        }
        Err(malformed(format!(
            "more than {} pages",
            limits::REFERRERS_PAGES
        )))
    }
}

/// The list without repetitions. A digest with two sizes stays twice: one of them is a lie, which the size check finds.
fn once(mut found: Listing) -> Listing {
    let mut known = BTreeSet::new();
    found
        .descriptors
        .retain(|one| known.insert((one.digest, one.size)));
    found
}

/// Adds a page to the list; whether more may follow.
fn page(what: &str, bytes: &[u8], listing: &mut Listing) -> Result<bool, RegistryError> {
    let malformed = |reason: String| RegistryError::Referrers {
        reference: what.into(),
        reason,
    };
    let page: ReferrersPage =
        serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    if page.schema_version != 2 {
        return Err(malformed("it is no image index".into()));
    }
    for entry in page.manifests {
        if listing.descriptors.len() + listing.flaws.len() >= limits::REFERRERS {
            let flaw = malformed(format!("more than {}", limits::REFERRERS));
            listing.flaws.push(flaw);
            return Ok(false);
        }
        match serde_json::from_str(entry.get()) {
            Ok(descriptor) => listing.descriptors.push(descriptor),
            Err(error) => listing.flaws.push(malformed(error.to_string())),
        }
    }
    Ok(true)
}

/// The target of `Link: <…>; rel="next"` (RFC 8288), on the same server only.
fn next_page(response: &Response) -> Result<Option<Url>, String> {
    let links = response.headers.get_all("link").iter();
    let next = links
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(",<").flat_map(|part| part.split(", <")))
        .find_map(|link| {
            let (target, parameters) = link.trim().trim_start_matches('<').split_once('>')?;
            let is_next = parameters.split(';').any(|parameter| {
                let parameter = parameter.trim().to_ascii_lowercase();
                parameter == "rel=next" || parameter == "rel=\"next\""
            });
            is_next.then(|| target.to_owned())
        });
    let Some(target) = next else {
        return Ok(None);
    };
    let url = response
        .url
        .join(&target)
        .map_err(|_| "the next page has no address".to_owned())?;
    if url.origin() != response.url.origin() {
        let shown = url_without_secrets(url.as_str());
        return Err(format!("the next page is on another server, {shown}"));
    }
    Ok(Some(url))
}
