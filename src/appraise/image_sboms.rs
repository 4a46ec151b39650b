//! The SBOMs that are attested for an image, whoever signed them, for a look at the image outside of any bundle.

pub use super::attested::SpeaksFor;
use super::attested::{self, Attested, AttestedSbom};
use super::signatures::{ObjectFact, SignatureTrust};
use crate::model::expectation::SbomFormat;
use crate::model::{Coverage, Digest, Problem, Timestamp};
use crate::oci::Layout;
use crate::sbom::binding::{self, Named};
use crate::sigstore::{Judgement, Signature};
use std::sync::Arc;

/// All SBOMs that are attested for an image and its platforms.
#[derive(Clone, Debug)]
pub struct ImageSboms {
    /// The platforms of an index, such as `linux/arm64`; none of a single image.
    pub platforms: Vec<(String, Digest)>,
    /// The documents, format by format.
    pub documents: Vec<ImageSbom>,
}

/// One attestation of an SBOM.
#[derive(Clone, Debug)]
pub struct ImageSbom {
    /// The format that its predicate type names.
    pub format: SbomFormat,
    /// The predicate type.
    pub predicate_type: String,
    /// The image or platform that it is attested for.
    pub bound_to: Digest,
    /// What it speaks for.
    pub speaks_for: SpeaksFor,
    /// What the document itself says of its image.
    pub named: Named,
    /// How its signature was judged.
    pub judgement: Judgement,
    /// When it was signed, as far as that is proven.
    pub signed_at: Option<Timestamp>,
    /// When it was made, as it says itself.
    pub created: Option<String>,
    /// Digest of the attestation: breaks ties.
    pub source: Digest,
    /// The document's own bytes, or why it cannot be read.
    pub document: Result<Arc<[u8]>, Problem>,
}

/// What is taken out of a document while it is read.
struct Taken {
    bytes: Arc<[u8]>,
    named: Named,
    created: Option<String>,
}

/// Finds, judges and reads the SBOMs of these formats on the image and its platforms.
///
/// One that is attested for an index speaks for the platform that it names, and for no other.
pub fn image_sboms(
    layout: &Layout,
    image: &Digest,
    formats: &[SbomFormat],
    trust: &SignatureTrust<'_>,
) -> ImageSboms {
    let mut all = ImageSboms {
        platforms: Vec::new(),
        documents: Vec::new(),
    };
    for format in formats {
        let found: Attested<Taken> = attested::find(
            layout,
            Some(*image),
            *format,
            &Coverage::default(),
            (trust.keys, trust),
            &|embedded, document| Taken {
                bytes: Arc::from(embedded.document.as_ref()),
                named: binding::named(document),
                created: document.created.clone().map(Into::into),
            },
        );
        let platforms = found.platforms.into_iter();
        all.platforms = platforms.map(|one| (one.name, one.digest)).collect();
        let documents = found.documents.into_iter();
        all.documents
            .extend(documents.map(|one| sbom(*format, one)));
    }
    all
}

/// Digests by which others may name the image: its own, and of its platforms' manifests and configurations.
pub fn image_digests(layout: &Layout, image: &Digest) -> Vec<Digest> {
    attested::names_of(layout, image)
}

fn sbom(format: SbomFormat, one: AttestedSbom<Taken>) -> ImageSbom {
    let fact = ObjectFact::of(&one.object);
    let (mut named, mut created) = (Named::default(), None);
    let document = one.reading.map(|taken| {
        (named, created) = (taken.named, taken.created);
        taken.bytes
    });
    ImageSbom {
        format,
        predicate_type: fact.predicate_type.unwrap_or_default(),
        bound_to: one.bound_to,
        speaks_for: one.speaks_for,
        named,
        signed_at: fact.signed_at,
        created,
        source: one.object.source,
        judgement: one.object.judgement,
        document,
    }
}

impl ImageSbom {
    /// The signature, if it holds.
    pub fn signature(&self) -> Option<&Signature> {
        self.judgement.valid()
    }
}

impl ImageSboms {
    /// The platform that a document speaks for; none when that is the whole image.
    pub fn platform(&self, document: &ImageSbom) -> Option<&str> {
        match document.speaks_for {
            SpeaksFor::Platform(at) => self.platforms.get(at).map(|(name, _)| name.as_str()),
            _ => {
                let mut own = self.platforms.iter();
                own.find(|(_, digest)| *digest == document.bound_to)
                    .map(|(name, _)| name.as_str())
            }
        }
    }
}
