//! "This image is signed by this identity": from manifests and signatures as they were in the registry.

use super::signatures::{ObjectFact, SignatureTrust, accepted, valid, why_none};
use super::{Appraised, Claim};
use crate::model::{Capture, Digest, IdentityRule, Problem, Status, limits};
use crate::oci::{Descriptor, Document, Index, Layout};
use crate::sigstore::{Content, Object, Signature, judge_image};
use serde::{Deserialize, Serialize};

/// The request of an image item: which digest the reference had when it was captured.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageRequest {
    /// As asked for.
    pub reference: String,
    /// What it was resolved to: the producer's word for a tag, certain for a digest.
    pub digest: Digest,
}

/// An appraised image, and who signed it.
#[derive(Clone, Debug)]
pub struct AppraisedImage {
    /// The claim.
    pub appraised: Appraised,
    /// The image.
    pub digest: Option<Digest>,
    /// Valid signatures, accepted by the expectation or not.
    pub signatures: Vec<Signature>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    reference: String,
    digest: Option<Digest>,
    platforms: Vec<PlatformFact>,
    signatures: Vec<ObjectFact>,
    attestations: Vec<ObjectFact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlatformFact {
    platform: String,
    digest: Digest,
}

/// Judges every signature on the captured image on its own.
pub fn image(
    capture: &Capture,
    reference: &str,
    signed_by: &[IdentityRule],
    trust: &SignatureTrust<'_>,
) -> AppraisedImage {
    let layout = layout_of(capture);
    let request: Option<ImageRequest> = serde_json::from_value(capture.request.clone()).ok();
    let mut problems = Vec::new();
    let Some(digest) = request
        .as_ref()
        .map(|request| request.digest)
        .filter(|digest| layout.blob(digest).is_some())
    else {
        problems.push(Problem::new(
            "image-missing",
            "the image's manifest was not captured",
        ));
        let facts = Facts {
            reference: reference.into(),
            digest: None,
            platforms: Vec::new(),
            signatures: Vec::new(),
            attestations: Vec::new(),
        };
        let claim = Claim::new(Status::Missing, Some(false), facts, problems);
        return AppraisedImage {
            appraised: Appraised::new(claim, "the image's manifest was not captured"),
            digest: None,
            signatures: Vec::new(),
        };
    };
    if request.is_some_and(|request| request.reference != reference) {
        problems.push(Problem::new(
            "image-reference",
            "another reference was captured than the one asked for",
        ));
    }
    if reference
        .rsplit_once('@')
        .is_some_and(|(_, pinned)| pinned != digest.to_string())
    {
        problems.push(Problem::new(
            "image-digest",
            "the digest captured is not the one that the reference pins",
        ));
    }
    let keys = trust.keys_with(signed_by);
    let objects = judge_image(&digest, &layout, trust.roots, &keys, trust.options);
    // An unsigned document on a tag is neither; an attestation never counts as a signature.
    let is_signature = |object: &&Object| matches!(object.content, Content::Signature { .. });
    let signatures: Vec<&Object> = objects
        .iter()
        .filter(|object| is_signature(object) || matches!(object.content, Content::Unreadable(_)))
        .collect();
    let attestations: Vec<&Object> = objects
        .iter()
        .filter(|object| matches!(object.content, Content::Attestation { .. }))
        .collect();
    let signer = signatures
        .iter()
        .filter(|object| is_signature(object))
        .find_map(|object| accepted(object, signed_by));
    if !signed_by.is_empty() && signer.is_none() {
        problems.push(why_none("image", signatures.iter().copied()));
    }
    let unknown = problems
        .iter()
        .any(|problem| problem.code == "image-root-unknown");
    let met = match (signed_by.is_empty(), problems.is_empty()) {
        (_, false) if unknown && problems.len() == 1 => None,
        (_, false) => Some(false),
        (true, true) => None,
        (false, true) => Some(true),
    };
    let valid_signatures: Vec<Signature> = signatures
        .iter()
        .filter(|object| is_signature(object))
        .filter_map(|object| valid(object))
        .cloned()
        .collect();
    let status = match (met, valid_signatures.is_empty()) {
        (Some(true), _) => Status::Verified,
        (_, false) => Status::Recorded,
        (Some(false), true) => Status::Missing,
        (None, true) => Status::Recorded,
    };
    let platforms = platforms(&layout, &digest);
    // A reference that pins the digest proves it; which digest a tag had, only the producer saw.
    let named = if reference.contains('@') {
        String::new()
    } else {
        format!("; that {reference} was this digest is the producer's word")
    };
    let summary = match (&signer, problems.first()) {
        (_, Some(problem)) => format!("{}: {}", digest.short(), problem.message),
        (Some(signature), None) => {
            format!("{} signed by {}{named}", digest.short(), signature.identity)
        }
        (None, None) => format!("{}, no signature asked for{named}", digest.short()),
    };
    let facts = Facts {
        reference: reference.into(),
        digest: Some(digest),
        platforms,
        signatures: signatures
            .iter()
            .map(|object| ObjectFact::of(object))
            .collect(),
        attestations: attestations
            .iter()
            .map(|object| ObjectFact::of(object))
            .collect(),
    };
    let claim = Claim::new(status, met, facts, problems);
    AppraisedImage {
        appraised: Appraised::new(claim, summary),
        digest: Some(digest),
        signatures: valid_signatures,
    }
}

/// The image layout that a capture's files under `oci/` are.
pub(in crate::appraise) fn layout_of(capture: &Capture) -> Layout {
    let mut layout = Layout::new();
    for file in &capture.files {
        if file.path.is_under("oci/blobs") {
            layout.add_blob(file.bytes.clone());
        } else if file.path.as_str() == "oci/index.json"
            && file.bytes.len() as u64 <= limits::DOCUMENT_BYTES
            && let Ok(index) = serde_json::from_slice::<Index>(&file.bytes)
        {
            layout.add_entries(index.manifests);
        }
    }
    layout
}

/// The children of an index; none for a single image.
pub(in crate::appraise) fn children(layout: &Layout, digest: &Digest) -> Vec<Descriptor> {
    match layout.blob(digest).map(|bytes| Document::parse(bytes)) {
        Some(Ok(Document::Index(index))) => {
            // buildkit lists its attestations as children of an unknown platform.
            index
                .manifests
                .into_iter()
                .filter(|child| platform_of(child) != "unknown/unknown")
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(in crate::appraise) fn platform_of(descriptor: &Descriptor) -> String {
    match &descriptor.platform {
        Some(platform) => match &platform.variant {
            Some(variant) => format!("{}/{}/{variant}", platform.os, platform.architecture),
            None => format!("{}/{}", platform.os, platform.architecture),
        },
        None => "unstated".into(),
    }
}

fn platforms(layout: &Layout, digest: &Digest) -> Vec<PlatformFact> {
    children(layout, digest)
        .iter()
        .map(|child| PlatformFact {
            platform: platform_of(child),
            digest: child.digest,
        })
        .collect()
}
