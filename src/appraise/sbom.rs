//! "This SBOM is attested for this image": bound to the image's digest or to each of its platforms'.

use super::image::{ImageRequest, children, layout_of, platform_of};
use super::signatures::{ObjectFact, SignatureTrust, why_unmet};
use super::{Appraised, Claim, Signed, Vouched};
use crate::model::expectation::SbomFormat;
use crate::model::{Capture, Digest, Problem, Signers, Status, limits};
use crate::oci::Layout;
use crate::sbom;
use crate::sigstore::{Content, Key, Object, Signature, judge_image};
use serde::Serialize;

/// An appraised SBOM, and who attested it.
#[derive(Clone, Debug)]
pub struct AppraisedSbom {
    /// The claim.
    pub appraised: Appraised,
    /// Valid signatures over documents that can be read, by what they are bound to.
    pub signed: Signed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    image: Option<Digest>,
    format: SbomFormat,
    documents: Vec<DocumentFact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentFact {
    bound_to: Digest,
    platform: Option<String>,
    #[serde(flatten)]
    object: ObjectFact,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<Problem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    version: String,
    name: Option<String>,
    packages: usize,
    /// Whether the strict reader takes it too (SPDX 2.x only).
    strict: Option<bool>,
}

/// One subject that an SBOM may be bound to.
struct Bound {
    digest: Digest,
    platform: Option<String>,
}

/// Judges every attestation of that format on the captured image and its platforms.
pub fn sbom(
    capture: &Capture,
    format: SbomFormat,
    signed_by: &Signers,
    trust: &SignatureTrust<'_>,
) -> AppraisedSbom {
    let layout = layout_of(capture);
    let request: Option<ImageRequest> = serde_json::from_value(capture.request.clone()).ok();
    let image = request
        .map(|request| request.digest)
        .filter(|digest| layout.blob(digest).is_some());
    let keys = trust.keys_with(signed_by);
    let found = find(&layout, image, format, &keys, trust);
    let met_by_bytes = found.signed.meets(signed_by, None);
    let mut problems = Vec::new();
    if !met_by_bytes {
        problems.push(why_not(format, signed_by, &found));
    }
    let unknown = problems
        .iter()
        .any(|problem| problem.code == "sbom-root-unknown");
    let met = if unknown { None } else { Some(met_by_bytes) };
    let Found {
        documents, signed, ..
    } = found;
    let status = match (met, documents.is_empty()) {
        (Some(true), _) => Status::Verified,
        (_, true) => Status::Missing,
        _ => Status::Recorded,
    };
    let packages: usize = documents
        .iter()
        .filter_map(|fact| fact.document.as_ref())
        .map(|d| d.packages)
        .sum();
    let summary = match problems.first() {
        Some(problem) => problem.message.clone(),
        None => format!(
            "{} {format} document(s), {packages} packages",
            documents.len()
        ),
    };
    let claim = Claim::new(
        status,
        met,
        Facts {
            image,
            format,
            documents,
        },
        problems,
    );
    AppraisedSbom {
        appraised: Appraised::new(claim, summary),
        signed,
    }
}

/// Why the image, whose layout is at hand, has no SBOM of that format by those who are asked for; none when it has.
///
/// `keys` of `trust` are all that may have signed.
pub fn lacking(
    layout: &Layout,
    image: &Digest,
    format: SbomFormat,
    signed_by: &Signers,
    trust: &SignatureTrust<'_>,
) -> Option<Problem> {
    let found = find(layout, Some(*image), format, trust.keys, trust);
    let is_met = found.signed.meets(signed_by, None);
    (!is_met).then(|| why_not(format, signed_by, &found))
}

/// What is attested for an image in one format.
struct Found {
    bounds: Vec<Bound>,
    documents: Vec<DocumentFact>,
    judged: Vec<Object>,
    signed: Signed,
}

fn find(
    layout: &Layout,
    image: Option<Digest>,
    format: SbomFormat,
    keys: &[Key],
    trust: &SignatureTrust<'_>,
) -> Found {
    let mut bounds: Vec<Bound> = Vec::new();
    if let Some(image) = image {
        bounds.push(Bound {
            digest: image,
            platform: None,
        });
        // Each is looked through the whole layout for; of more, attachments are not even captured.
        let children = children(layout, &image);
        if children.len() <= limits::PLATFORMS {
            bounds.extend(children.iter().map(|child| Bound {
                digest: child.digest,
                platform: Some(platform_of(child)),
            }));
        }
    }
    let mut documents = Vec::new();
    let mut judged = Vec::new();
    let mut vouched = Vec::new();
    for bound in &bounds {
        let mut readable = Vec::new();
        for object in judge_image(&bound.digest, layout, trust.roots, keys, trust.options) {
            let Some(fact) = document(&object, format, bound) else {
                continue;
            };
            if fact.document.is_some() {
                readable.extend(Vouched::of(&object));
            }
            documents.push(fact);
            judged.push(object);
        }
        vouched.push(readable);
    }
    let mut vouched = vouched.into_iter();
    Found {
        bounds,
        documents,
        judged,
        signed: Signed {
            whole: vouched.next().unwrap_or_default(),
            platforms: vouched.collect(),
        },
    }
}

/// The fact about an object that is an attestation of that format; none for any other object.
fn document(object: &Object, format: SbomFormat, bound: &Bound) -> Option<DocumentFact> {
    let Content::Attestation {
        predicate_type,
        statement,
        ..
    } = &object.content
    else {
        return None;
    };
    if format_of(predicate_type) != Some(format) {
        return None;
    }
    let (document, unreadable) = match sbom::from_statement(statement) {
        Ok(found) => {
            let strict = (format == SbomFormat::Spdx && found.sbom.version.starts_with("SPDX-2"))
                .then(|| sbom::strict_spdx(&found.document).is_ok());
            let described = Described {
                version: found.sbom.version,
                name: found.sbom.name,
                packages: found.sbom.packages,
                strict,
            };
            (Some(described), None)
        }
        Err(error) => (
            None,
            Some(Problem::new("sbom-unreadable", error.to_string())),
        ),
    };
    Some(DocumentFact {
        bound_to: bound.digest,
        platform: bound.platform.clone(),
        object: ObjectFact::of(object),
        document,
        unreadable,
    })
}

/// The format of a predicate type, as producers write it: with and without a version.
fn format_of(predicate_type: &str) -> Option<SbomFormat> {
    if predicate_type == "https://spdx.dev/Document"
        || predicate_type.starts_with("https://spdx.dev/Document/")
    {
        Some(SbomFormat::Spdx)
    } else if predicate_type == "https://cyclonedx.org/bom"
        || predicate_type.starts_with("https://cyclonedx.org/bom/")
    {
        Some(SbomFormat::Cyclonedx)
    } else {
        None
    }
}

fn why_not(format: SbomFormat, signed_by: &Signers, found: &Found) -> Problem {
    let Found {
        bounds,
        documents,
        judged,
        signed,
    } = found;
    if documents.is_empty() {
        return Problem::new(
            "sbom-missing",
            format!("no {format} attestation found for the image"),
        );
    }
    if let Some(unreadable) = documents.iter().find_map(|fact| fact.unreadable.clone()) {
        return unreadable;
    }
    let valid: Vec<&Signature> = judged
        .iter()
        .filter_map(|object| object.judgement.valid())
        .collect();
    let unmet = signed_by.unmet(&valid);
    // Somebody asked for is there for one part of the image, and not for the others.
    if !signed_by.is_empty() && unmet.is_empty() {
        let platforms = bounds.iter().filter_map(|bound| bound.platform.clone());
        let bare: Vec<String> = platforms
            .zip(&signed.platforms)
            .filter(|(_, own)| {
                let alone = Signed {
                    whole: signed.whole.iter().chain(*own).cloned().collect(),
                    platforms: Vec::new(),
                };
                !alone.meets(signed_by, None)
            })
            .map(|(platform, _)| platform)
            .collect();
        return Problem::new(
            "sbom-platform",
            format!("no accepted {format} attestation for {}", bare.join(", ")),
        );
    }
    why_unmet("sbom", signed_by, &unmet, judged.iter())
}
