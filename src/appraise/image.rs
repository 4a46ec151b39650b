//! "This image is signed by this identity": from manifests and signatures as they were in the registry.

use super::signatures::{ObjectFact, why_unmet};
use super::{Appraised, Claim, Context, Signed};
use crate::model::{Capture, Digest, Problem, Signers, Status, limits};
use crate::oci::{Descriptor, Document, Index, Layout};
use crate::sigstore::signers::is_foreign;
use crate::sigstore::{Content, Object, Signature, docker_reference, judge_image};
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
    pub signed: Signed,
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
    signed_by: &Signers,
    context: &Context<'_>,
) -> AppraisedImage {
    let trust = &context.signatures;
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
            signed: Signed::default(),
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
    let signed = Signed::image(&objects);
    let valid: Vec<&Signature> = signed.whole.iter().map(|one| &one.signature).collect();
    let repository = context.release.repository.as_str();
    if !signed_by.unmet_in(&valid, Some(repository)).is_empty() {
        let unmet = signed_by.unmet(&valid);
        problems.push(if unmet.is_empty() {
            foreign(signed_by, &valid, repository)
        } else {
            why_unmet("image", signed_by, &unmet, signatures.iter().copied())
        });
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
    let status = match (met, signed.whole.is_empty()) {
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
    let named = match elsewhere(&signed, reference) {
        Some(place) => format!("{named}; its signer met it as {place}"),
        None => named,
    };
    let summary = match problems.first() {
        Some(problem) => format!("{}: {}", digest.short(), problem.message),
        None if signed_by.is_empty() => {
            format!("{}, no signature asked for{named}", digest.short())
        }
        None => {
            let signers = accepted_signers(signed_by, &valid, repository).join(" and ");
            format!("{} signed by {signers}{named}", digest.short())
        }
    };
    let facts = Facts {
        reference: reference.into(),
        digest: Some(digest),
        platforms,
        signatures: signatures
            .iter()
            .map(|object| ObjectFact::at(object, reference))
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
        signed,
    }
}

/// Where a signer met the image, when that is not the reference that was asked for.
fn elsewhere<'s>(signed: &'s Signed, reference: &str) -> Option<&'s str> {
    let mut places = (signed.whole.iter()).filter_map(|one| one.docker_reference.as_deref());
    places.find(|place| docker_reference::fits(place, reference) == Some(false))
}

/// For each group its first signer, each once.
fn accepted_signers(asked: &Signers, valid: &[&Signature], repository: &str) -> Vec<String> {
    let mut names = Vec::new();
    for group in asked.groups() {
        let group = Signers::any_of(group.clone());
        let first = (valid.iter()).find(|one| group.are_met(&[one], Some(repository)));
        names.extend(first.map(|one| one.identity.to_string()));
    }
    names.dedup();
    names
}

/// The CI of another repository signed: whoever can run a workflow there could pass its image off as the release's.
fn foreign(asked: &Signers, valid: &[&Signature], repository: &str) -> Problem {
    let found = (valid.iter())
        .filter(|one| asked.accept(one) && is_foreign(one, repository))
        .find_map(|one| one.certificate.as_ref()?.source_repository.as_deref())
        .map_or("names no repository".to_owned(), |found| {
            format!("is {found}'s")
        });
    Problem::new(
        "image-repository",
        format!("the signer's certificate {found}, the release is of {repository}"),
    )
}

/// The image layout that a capture's files under `oci/` are.
pub(in crate::appraise) fn layout_of(capture: &Capture) -> Layout {
    let mut layout = Layout::new();
    for file in &capture.files {
        if file.path.is_under("oci/blobs") {
            layout.add_file(file);
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
