//! One repository of a registry: what is attached to its images, as raw bytes.

use super::attachment::{layers_by_tag, layers_by_type};
use super::image::ImageError;
use super::in_order::in_order;
use crate::model::{Digest, limits};
use crate::net::{Fetched, Registry, RegistryError};
use crate::oci::attached::tag_of;
use crate::oci::layout::REF_NAME;
use crate::oci::{Descriptor, Document, Found, Layout, Reference, Selector};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One repository of a registry.
#[derive(Clone)]
pub(super) struct Repository {
    registry: Registry,
    reference: Reference,
    /// By the descriptors, which are held to; counted before anything is asked for.
    bytes: Arc<AtomicU64>,
    /// Of all those bytes.
    room: u64,
    /// Larger layers are not read.
    layer_bytes: u64,
}

impl Repository {
    /// The repository that the reference names.
    pub(super) fn new(registry: &Registry, reference: &Reference) -> Self {
        Self {
            registry: registry.clone(),
            reference: reference.clone(),
            bytes: Arc::default(),
            room: limits::ATTACHED_BYTES,
            layer_bytes: u64::MAX,
        }
    }

    /// The same, all of whose bytes are still to be read: so many, and no larger layers than this.
    pub(super) fn afresh(&self, room: u64, layer_bytes: u64) -> Self {
        Self {
            bytes: Arc::default(),
            room,
            layer_bytes,
            ..self.clone()
        }
    }

    /// The image's own manifest or index.
    pub(super) async fn image(&self, select: &Selector) -> Result<Fetched, ImageError> {
        self.registry
            .manifest(&self.reference, select, limits::OCI_MANIFEST_BYTES)
            .await?
            .ok_or_else(|| ImageError::Absent {
                reference: self.reference.to_string(),
            })
    }

    /// Everything that is attached to one manifest, and where it was looked for.
    pub(super) async fn attachments(
        self,
        subject: Digest,
    ) -> Result<(Layout, Vec<String>), ImageError> {
        let tags = Found::TAGS.map(|(suffix, _)| {
            let tag = format!("{}{suffix}", tag_of(&subject));
            self.clone().tagged(tag)
        });
        let (tags, referrers) = tokio::join!(self.gather(tags), self.clone().referrers(subject));
        let (mut layout, mut looked_at) = (Layout::new(), Vec::new());
        for (found, seen) in tags?.into_iter().chain([referrers?]) {
            layout.merge(found);
            looked_at.push(seen);
        }
        Ok((layout, looked_at))
    }

    /// What one of cosign's tags holds, which is optional.
    async fn tagged(self, tag: String) -> Result<(Layout, String), ImageError> {
        let part = self.tag(tag.clone()).await;
        let no = if part.is_there { "" } else { "no " };
        Ok((part.whole()?, format!("{no}tag {tag}")))
    }

    /// What one of cosign's tags holds, as far as it can be read.
    pub(super) async fn tag(self, tag: String) -> Part {
        let mut part = Part::default();
        if let Err(error) = self.read_tag(&tag, &mut part).await {
            part.troubles.push(error);
        }
        part
    }

    async fn read_tag(&self, tag: &str, part: &mut Part) -> Result<(), ImageError> {
        let select = Selector::Tag(tag.into());
        let found = self
            .registry
            .manifest(&self.reference, &select, limits::OCI_MANIFEST_BYTES)
            .await?;
        let Some(fetched) = found else {
            return Ok(());
        };
        part.is_there = true;
        let document = self.keep(&mut part.layout, &fetched)?;
        let entry = Descriptor::of(document.media_type(), &fetched.bytes);
        self.reserve(std::iter::once(&entry))?;
        part.layout.add_entry(entry.annotated(REF_NAME, tag));
        match &document {
            Document::Manifest(manifest) => self.layers(part, layers_by_tag(manifest)).await,
            Document::Index(_) => Ok(()),
        }
    }

    /// What the registry lists as attached to a manifest, and what is wrong with the list.
    pub(super) async fn listed(
        &self,
        subject: &Digest,
    ) -> Result<(Vec<Descriptor>, Vec<ImageError>), ImageError> {
        let listing = self.registry.listing(&self.reference, subject).await?;
        let flaws = listing.flaws.into_iter().map(ImageError::from);
        Ok((listing.descriptors, flaws.collect()))
    }

    /// The referrers of one manifest.
    async fn referrers(self, subject: Digest) -> Result<(Layout, String), ImageError> {
        let (listed, flaws) = self.listed(&subject).await?;
        if let Some(flaw) = flaws.into_iter().next() {
            return Err(flaw);
        }
        let mut layout = Layout::new();
        let work = listed.iter().map(|one| {
            let part = self.clone().referrer(one.clone());
            async { part.await.whole() }
        });
        for found in self.gather(work).await? {
            layout.merge(found);
        }
        let plural = if listed.len() == 1 { "" } else { "s" };
        let seen = format!("{} referrer{plural} of {}", listed.len(), subject.short());
        Ok((layout, seen))
    }

    /// One referrer with its content, as far as it can be read.
    pub(super) async fn referrer(self, listed: Descriptor) -> Part {
        let mut part = Part::default();
        if let Err(error) = self.read_referrer(listed, &mut part).await {
            part.troubles.push(error);
        }
        part
    }

    async fn read_referrer(&self, listed: Descriptor, part: &mut Part) -> Result<(), ImageError> {
        if listed.size <= limits::OCI_MANIFEST_BYTES {
            self.reserve(std::iter::once(&listed))?;
        }
        let fetched = self.clone().manifest(listed).await?;
        let document = self.keep(&mut part.layout, &fetched)?;
        let mut entry = Descriptor::of(document.media_type(), &fetched.bytes);
        if let Document::Manifest(manifest) = &document {
            // From the manifest itself: the list's own words are often missing or wrong.
            entry.artifact_type = manifest.artifact_type.clone();
            entry.annotations = manifest.annotations.clone();
            entry.annotations.remove(REF_NAME);
            let layers = layers_by_type(manifest);
            let is_other = |(layer, limit): &&(&Descriptor, u64)| {
                layer.size > self.layer_bytes && layer.size <= *limit
            };
            if let Some((layer, _)) = layers.iter().find(is_other) {
                part.layout = Layout::new();
                part.skipped.push(format!(
                    "{} has {} bytes, more than any signature, and was not looked at",
                    layer.digest.short(),
                    layer.size
                ));
                return Ok(());
            }
            self.layers(part, layers).await?;
        }
        part.layout.add_entry(entry);
        Ok(())
    }

    /// Layers into the part; one that cannot be read is a trouble and keeps no other one away.
    async fn layers(
        &self,
        part: &mut Part,
        layers: Vec<(&Descriptor, u64)>,
    ) -> Result<(), ImageError> {
        if layers.len() > limits::ATTACHED_LAYERS {
            return Err(self.too_many("layers attached", limits::ATTACHED_LAYERS as u64));
        }
        // What is too large is not read, and so takes no room from the others.
        let (read, too_large): (Vec<_>, Vec<_>) = layers
            .into_iter()
            .partition(|(layer, limit)| layer.size <= *limit);
        let too_large = too_large.into_iter().map(|(layer, limit)| {
            let reference = format!("{}@{}", self.reference, layer.digest);
            ImageError::from(RegistryError::TooLarge { reference, limit })
        });
        part.too_large.extend(too_large);
        self.reserve(read.iter().map(|(layer, _)| *layer))?;
        let work = read.into_iter().map(|(layer, limit)| {
            let blob = self.clone().blob(layer.clone(), limit);
            async { Ok(blob.await) }
        });
        for blob in self.gather(work).await? {
            match blob {
                Ok(bytes) => {
                    part.layout.add_blob(bytes);
                }
                Err(error) => part.troubles.push(error),
            }
        }
        Ok(())
    }

    /// Counts what is about to be asked for.
    pub(super) fn reserve<'a>(
        &self,
        what: impl Iterator<Item = &'a Descriptor>,
    ) -> Result<(), ImageError> {
        let sum = what.fold(0, |sum: u64, one| sum.saturating_add(one.size));
        let fits = |before: u64| before.checked_add(sum).filter(|all| *all <= self.room);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        match self.bytes.fetch_update(set, fetch, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.too_many("bytes in all", self.room)),
        }
    }

    /// The manifest that a descriptor names.
    pub(super) async fn manifest(self, listed: Descriptor) -> Result<Fetched, ImageError> {
        let found = self.registry.manifest_of(&self.reference, &listed).await?;
        found.ok_or_else(|| ImageError::Gone {
            reference: self.reference.to_string(),
            digest: listed.digest,
        })
    }

    /// The blob that a descriptor names.
    pub(super) async fn blob(
        self,
        listed: Descriptor,
        limit: u64,
    ) -> Result<Arc<[u8]>, ImageError> {
        let blob = self.registry.blob_of(&self.reference, &listed, limit);
        Ok(blob.await?)
    }

    /// Parses a manifest and keeps its bytes.
    pub(super) fn keep(
        &self,
        layout: &mut Layout,
        fetched: &Fetched,
    ) -> Result<Document, ImageError> {
        let document = Document::parse(&fetched.bytes).map_err(|source| ImageError::Malformed {
            reference: self.reference.to_string(),
            what: fetched.digest.to_string(),
            source,
        })?;
        layout.add_blob(fetched.bytes.clone());
        Ok(document)
    }

    /// The error of a count or sum that is over its limit.
    pub(super) fn too_many(&self, what: &'static str, limit: u64) -> ImageError {
        ImageError::TooMany {
            reference: self.reference.to_string(),
            what,
            limit,
        }
    }

    /// All results in the order of the work.
    pub(super) async fn gather<T: Send + 'static>(
        &self,
        work: impl IntoIterator<Item = impl Future<Output = Result<T, ImageError>> + Send + 'static>,
    ) -> Result<Vec<T>, ImageError> {
        in_order(&self.reference, work).await
    }
}

/// What could be read of something attached.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Entries and blobs.
    pub(super) layout: Layout,
    /// What could not be read, in the order of the objects.
    pub(super) troubles: Vec<ImageError>,
    /// Layers over their limits. Whoever judges what was read says so too.
    pub(super) too_large: Vec<ImageError>,
    /// What was not read, for its size is not that of what is looked for.
    pub(super) skipped: Vec<String>,
    /// Whether it exists at all.
    pub(super) is_there: bool,
}

impl Part {
    /// All of it, or the first trouble.
    fn whole(self) -> Result<Layout, ImageError> {
        match self.troubles.into_iter().chain(self.too_large).next() {
            None => Ok(self.layout),
            Some(trouble) => Err(trouble),
        }
    }
}
