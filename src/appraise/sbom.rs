//! "This SBOM is attested for this image": bound to the image's digest or to each of its platforms'.

use super::image::{ImageRequest, children, layout_of, platform_of};
use super::signatures::{ObjectFact, SignatureTrust, accepted, valid, why_none};
use super::{Appraised, Claim};
use crate::model::expectation::SbomFormat;
use crate::model::{Capture, Digest, Identity, IdentityRule, Problem, Status, limits};
use crate::sbom;
use crate::sigstore::{Content, Object, Signature, judge_image};
use serde::Serialize;
use std::collections::BTreeSet;

/// An appraised SBOM, and who attested it.
#[derive(Clone, Debug)]
pub struct AppraisedSbom {
    /// The claim.
    pub appraised: Appraised,
    /// Valid signatures of signers whose documents alone cover the image, or every one of its platforms.
    pub signatures: Vec<Signature>,
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
    signed_by: &[IdentityRule],
    trust: &SignatureTrust<'_>,
) -> AppraisedSbom {
    let layout = layout_of(capture);
    let request: Option<ImageRequest> = serde_json::from_value(capture.request.clone()).ok();
    let image = request
        .map(|request| request.digest)
        .filter(|digest| layout.blob(digest).is_some());
    let keys = trust.keys_with(signed_by);
    let mut bounds: Vec<Bound> = Vec::new();
    if let Some(image) = image {
        bounds.push(Bound {
            digest: image,
            platform: None,
        });
        // Each is looked through the whole layout for; of more, attachments are not even captured.
        let children = children(&layout, &image);
        if children.len() <= limits::PLATFORMS {
            bounds.extend(children.iter().map(|child| Bound {
                digest: child.digest,
                platform: Some(platform_of(child)),
            }));
        }
    }
    let mut documents = Vec::new();
    let mut judged = Vec::new();
    let mut covered = Vec::new();
    let mut by_signer: Vec<(Identity, BTreeSet<usize>)> = Vec::new();
    for (at, bound) in bounds.iter().enumerate() {
        let mut is_covered = false;
        for object in judge_image(&bound.digest, &layout, trust.roots, &keys, trust.options) {
            let Some(fact) = document(&object, format, bound) else {
                continue;
            };
            is_covered |= fact.document.is_some() && accepted(&object, signed_by).is_some();
            if let (Some(_), Some(signature)) = (&fact.document, valid(&object)) {
                let signer = &signature.identity;
                match by_signer.iter_mut().find(|(known, _)| known == signer) {
                    Some((_, covered)) => drop(covered.insert(at)),
                    None => by_signer.push((signer.clone(), BTreeSet::from([at]))),
                }
            }
            documents.push(fact);
            judged.push(object);
        }
        covered.push(is_covered);
    }
    let met_by_bytes = is_whole(&covered);
    let mut problems = Vec::new();
    if !met_by_bytes {
        problems.push(why_not(
            format, &documents, &judged, signed_by, &bounds, &covered,
        ));
    }
    let unknown = problems
        .iter()
        .any(|problem| problem.code == "sbom-root-unknown");
    let met = if unknown { None } else { Some(met_by_bytes) };
    let alone = |signer: &Identity| {
        by_signer.iter().any(|(known, at)| {
            let covered: Vec<bool> = (0..bounds.len()).map(|bound| at.contains(&bound)).collect();
            known == signer && is_whole(&covered)
        })
    };
    let signatures: Vec<Signature> = (judged.iter().filter_map(valid))
        .filter(|signature| alone(&signature.identity))
        .cloned()
        .collect();
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
        signatures,
    }
}

/// Whether the image as a whole, which stands first, is covered, or every one of its platforms.
fn is_whole(covered: &[bool]) -> bool {
    match covered.split_first() {
        Some((true, _)) => true,
        Some((false, platforms)) => {
            !platforms.is_empty() && platforms.iter().all(|covered| *covered)
        }
        None => false,
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

fn why_not(
    format: SbomFormat,
    documents: &[DocumentFact],
    judged: &[Object],
    signed_by: &[IdentityRule],
    bounds: &[Bound],
    covered: &[bool],
) -> Problem {
    if documents.is_empty() {
        return Problem::new(
            "sbom-missing",
            format!("no {format} attestation found for the image"),
        );
    }
    if let Some(unreadable) = documents.iter().find_map(|fact| fact.unreadable.clone()) {
        return unreadable;
    }
    if judged
        .iter()
        .any(|object| accepted(object, signed_by).is_some())
    {
        let bare: Vec<String> = bounds
            .iter()
            .zip(covered)
            .filter(|(bound, covered)| bound.platform.is_some() && !**covered)
            .filter_map(|(bound, _)| bound.platform.clone())
            .collect();
        return Problem::new(
            "sbom-platform",
            format!("no accepted {format} attestation for {}", bare.join(", ")),
        );
    }
    why_none("sbom", judged.iter())
}
