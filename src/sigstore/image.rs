//! Everything that is attached to an image, each object judged on its own.

use super::normalise::{bundle, legacy};
use super::problem::problem;
use super::signature::{Judgement, accepted};
use super::statement::{COSIGN_SIGN, Statement};
use super::trust::{Key, Options, Roots};
use super::verify::{Artifact, judge};
use super::{Verified, normalise::Normalised};
use crate::model::{Digest, IdentityRule, Problem, limits};
use crate::oci::{Attached, Descriptor, Document, Found, Layout};
use sigstore_types::SignatureContent;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One signature or attestation, as it is attached to an image.
#[derive(Clone, Debug)]
pub struct Object {
    /// Digest of the wire object that was judged: a layer.
    pub source: Digest,
    /// Digest of the attached manifest that names it.
    pub manifest: Digest,
    /// How it is written.
    pub format: Format,
    /// What it says; proven only as far as `judgement` says.
    pub content: Content,
    /// Whether it holds and speaks of the image.
    pub judgement: Judgement,
}

/// How signatures are attached to images.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Format {
    /// cosign's tag `.sig`: simple signing.
    SimpleSigning,
    /// cosign's tag `.att`: DSSE envelopes.
    Envelope,
    /// A Sigstore bundle among the referrers.
    Bundle,
    /// Something else.
    Other,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SimpleSigning => "cosign .sig",
            Self::Envelope => "cosign .att",
            Self::Bundle => "Sigstore bundle",
            Self::Other => "other",
        })
    }
}

/// What an attached object says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// "I sign this image", and nothing else.
    Signature {
        /// Signed with it.
        annotations: BTreeMap<String, String>,
        /// Where the signer met the image; proves nothing.
        docker_reference: Option<String>,
    },
    /// A statement about the image. It never counts as a signature.
    Attestation {
        /// What kind of statement, a URI.
        predicate_type: String,
        /// The statement's bytes.
        statement: Arc<[u8]>,
        /// Names and digests of what it is about.
        subjects: Vec<(Option<String>, Digest)>,
    },
    /// It could not be read.
    Unreadable(Problem),
    /// Not a signature that is judged here.
    Other(String),
}

impl Object {
    /// The image, if this is a signature on it, holds, and one of the rules accepts the signer.
    pub fn accepted_image(
        &self,
        image: &Digest,
        rules: &[IdentityRule],
    ) -> Option<Verified<Digest>> {
        let signature = self.judgement.valid()?;
        let is_signature = matches!(self.content, Content::Signature { .. });
        (is_signature && accepted(rules, signature)).then(|| Verified::by_signature(*image))
    }

    /// The statement, if this is an attestation, holds, and one of the rules accepts the signer.
    pub fn accepted_statement(&self, rules: &[IdentityRule]) -> Option<Verified<Arc<[u8]>>> {
        let signature = self.judgement.valid()?;
        match &self.content {
            Content::Attestation { statement, .. } if accepted(rules, signature) => {
                Some(Verified::by_signature(statement.clone()))
            }
            _ => None,
        }
    }
}

/// Judges every object of every manifest that is attached to the image, in the order of
/// [`Layout::attached`] and of the layers.
///
/// Of each manifest at most [`limits::OBJECTS_PER_TAG`] or [`limits::OBJECTS_PER_REFERRER`] are judged, and at most
/// [`limits::REFERRERS`] manifests: where there are more, an object says so. What somebody attached takes no room from
/// another's.
pub fn judge_image(
    image: &Digest,
    layout: &Layout,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> Vec<Object> {
    let mut objects = Vec::new();
    for (number, attached) in layout.attached(image).into_iter().enumerate() {
        let limit = match attached.found {
            _ if number >= limits::REFERRERS => 0,
            Found::Subject => limits::OBJECTS_PER_REFERRER,
            _ => limits::OBJECTS_PER_TAG,
        };
        // One more, to say that there are more.
        let wires = wires(&attached, layout).into_iter().take(limit + 1);
        for (place, (source, wire)) in wires.enumerate() {
            let wire = if place < limit {
                wire
            } else {
                let message =
                    format!("more than {limit} objects in one manifest, or too many manifests");
                Err(problem("too-many", message))
            };
            let (format, read) = match wire {
                Ok(wire) => (wire.format, wire.read(image)),
                Err(problem) => (Format::Other, Err(problem)),
            };
            let (content, judgement) = match read {
                Ok(Read::Payload {
                    content,
                    normalised,
                    payload,
                }) => {
                    let artifact = Artifact::Bytes(&payload);
                    let judgement = judge(&normalised, artifact, None, roots, keys, options);
                    (content, judgement)
                }
                Ok(Read::Statement(normalised)) => {
                    match judge_statement(*normalised, image, roots, keys, options) {
                        Ok(judged) => judged,
                        Err(problem) => (
                            Content::Unreadable(problem.clone()),
                            Judgement::Invalid(problem),
                        ),
                    }
                }
                Ok(Read::Other(what)) => {
                    let message = format!("{what} is no signature that is judged");
                    (
                        Content::Other(what),
                        Judgement::Invalid(problem("not-a-signature", message)),
                    )
                }
                Err(problem) => (
                    Content::Unreadable(problem.clone()),
                    Judgement::Invalid(problem),
                ),
            };
            objects.push(Object {
                source,
                manifest: attached.manifest,
                format,
                content,
                judgement,
            });
        }
    }
    objects
}

/// An object as it lies in the layout.
struct Wire {
    format: Format,
    layer: Descriptor,
    bytes: Arc<[u8]>,
}

/// An object that could be read.
enum Read {
    /// A signature over a payload.
    Payload {
        content: Content,
        normalised: Box<Normalised>,
        payload: Arc<[u8]>,
    },
    /// An envelope around a statement.
    Statement(Box<Normalised>),
    Other(String),
}

/// The layers of an attached manifest, or why there is none to read.
fn wires(attached: &Attached, layout: &Layout) -> Vec<(Digest, Result<Wire, Problem>)> {
    let manifest = layout
        .blob(&attached.manifest)
        .ok_or_else(|| problem("object-missing", "the attached manifest is not at hand"))
        .and_then(|bytes| {
            Document::parse(bytes).map_err(|error| problem("manifest-malformed", error))
        });
    match manifest {
        Ok(Document::Manifest(manifest)) => manifest
            .layers
            .into_iter()
            .map(|layer| (layer.digest, wire(attached.found, layer, layout)))
            .collect(),
        Ok(Document::Index(_)) => {
            let problem = problem("manifest-malformed", "an index, not a manifest");
            vec![(attached.manifest, Err(problem))]
        }
        Err(problem) => vec![(attached.manifest, Err(problem))],
    }
}

fn wire(found: Found, layer: Descriptor, layout: &Layout) -> Result<Wire, Problem> {
    let media_type = layer.media_type.as_str();
    let (format, limit) = match found {
        Found::SignatureTag if media_type == legacy::SIMPLE_SIGNING => {
            (Format::SimpleSigning, limits::SIGNATURE_BYTES)
        }
        Found::AttestationTag if media_type == legacy::ENVELOPE => {
            (Format::Envelope, limits::ATTESTATION_BYTES)
        }
        Found::Subject if media_type.starts_with(bundle::MEDIA_TYPE) => {
            (Format::Bundle, limits::ATTESTATION_BYTES)
        }
        // SBOMs that nobody signed; and cosign 2's experiment with referrers, which cosign itself does not read.
        _ => {
            return Ok(Wire {
                format: Format::Other,
                bytes: Arc::from([]),
                layer,
            });
        }
    };
    if layer.size > limit {
        return Err(problem(
            "object-size",
            format!("{} bytes, at most {limit} are read", layer.size),
        ));
    }
    let bytes = layout
        .blob(&layer.digest)
        .ok_or_else(|| problem("object-missing", "the layer is not at hand"))?;
    if bytes.len() as u64 != layer.size {
        return Err(problem(
            "object-size",
            format!("{} bytes, the manifest says {}", bytes.len(), layer.size),
        ));
    }
    Ok(Wire {
        format,
        bytes: bytes.clone(),
        layer,
    })
}

impl Wire {
    fn read(self, image: &Digest) -> Result<Read, Problem> {
        match self.format {
            Format::SimpleSigning => self.read_simple_signing(image),
            Format::Envelope => {
                let normalised = legacy::attestation(&self.bytes, &self.layer.annotations)?;
                Ok(Read::Statement(Box::new(normalised)))
            }
            Format::Bundle => {
                let normalised = bundle::parse(&self.bytes)?;
                if let SignatureContent::DsseEnvelope(_) = &normalised.bundle.content {
                    return Ok(Read::Statement(Box::new(normalised)));
                }
                Ok(Read::Other("a Sigstore bundle without a statement".into()))
            }
            Format::Other => Ok(Read::Other(self.layer.media_type)),
        }
    }

    fn read_simple_signing(self, image: &Digest) -> Result<Read, Problem> {
        let payload = legacy::Payload::parse(&self.bytes)?;
        if payload.image != *image {
            return Err(problem(
                "digest-mismatch",
                format!("the payload is about {}", payload.image),
            ));
        }
        Ok(Read::Payload {
            content: Content::Signature {
                annotations: payload.annotations,
                docker_reference: payload.docker_reference,
            },
            normalised: Box::new(legacy::signature(&self.layer.annotations)?),
            payload: self.bytes,
        })
    }
}

fn judge_statement(
    normalised: Normalised,
    image: &Digest,
    roots: &Roots,
    keys: &[Key],
    options: &Options,
) -> Result<(Content, Judgement), Problem> {
    let SignatureContent::DsseEnvelope(envelope) = &normalised.bundle.content else {
        return Err(problem(
            "bundle-unsupported",
            "a content of an unknown kind",
        ));
    };
    let statement = Statement::parse(envelope.payload.as_bytes())
        .map_err(|error| problem("statement-malformed", error))?;
    let artifact = Artifact::Digest(*image);
    let judgement = judge(
        &normalised,
        artifact,
        Some(&statement),
        roots,
        keys,
        options,
    );
    if statement.predicate_type == COSIGN_SIGN {
        let content = Content::Signature {
            annotations: statement
                .subject(image)
                .map(|subject| subject.annotations.clone())
                .unwrap_or_default(),
            docker_reference: None,
        };
        return Ok((content, judgement));
    }
    let subjects = statement.digests();
    let predicate_type = statement.predicate_type;
    let statement = normalised.into_payload().unwrap_or_default();
    let content = Content::Attestation {
        predicate_type,
        statement,
        subjects,
    };
    Ok((content, judgement))
}
