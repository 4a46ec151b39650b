//! The bundle before: its manifest, and the seal of that.

use super::super::Context;
use super::super::image::ImageRequest;
use super::super::signatures::{Outcome, SignatureTrust};
use super::MANIFEST_NAME;
use crate::model::{
    Capture, Digest, DriftExpectation, Expectation, Identity, Item, Manifest, Problem, Timestamp,
    limits,
};
use crate::oci::Layout;
use crate::sigstore::verify::judge_attestation;
use crate::sigstore::{Judgement, Signature, seal_statement};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviousFact {
    tag: String,
    commit: String,
    manifest: Digest,
    image: Option<Digest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SealFact {
    outcome: Outcome,
    signer: Option<Identity>,
    signed_at: Option<Timestamp>,
}

/// The bundle before, as far as its manifest goes.
pub(super) struct Before {
    manifest: Manifest,
    pub(super) digest: Digest,
    pub(super) image: Option<Digest>,
    /// Digests of the blobs that it lists for the image.
    blobs: BTreeSet<Digest>,
}

impl Before {
    pub(super) fn read(capture: &Capture, wanted: &DriftExpectation) -> Result<Self, Problem> {
        let wrong = |message: String| Problem::new("drift-manifest", message);
        let file = capture
            .file(MANIFEST_NAME)
            .filter(|file| file.bytes.len() as u64 <= limits::MANIFEST_BYTES)
            .ok_or_else(|| wrong("the manifest of the bundle before was not captured".into()))?;
        let manifest: Manifest = serde_json::from_slice(&file.bytes)
            .map_err(|error| wrong(format!("the manifest of the bundle before: {error}")))?;
        let item = image_item(&manifest, &wanted.image)
            .ok_or_else(|| wrong(format!("the bundle before has no image {}", wanted.image)))?;
        let request: Option<ImageRequest> = serde_json::from_value(item.request.clone()).ok();
        let blobs = item.files.iter().filter_map(|path| {
            let hex = path.as_str().strip_prefix("oci/blobs/sha256/")?;
            Digest::from_hex(hex).ok()
        });
        let blobs = blobs.collect();
        Ok(Self {
            digest: Digest::of(&file.bytes),
            image: request.map(|request| request.digest),
            manifest,
            blobs,
        })
    }

    /// It is the bundle of the release that is meant, and all that it has of the image is here.
    pub(super) fn check(
        &self,
        wanted: &DriftExpectation,
        context: &Context<'_>,
        layout: &Layout,
        problems: &mut Vec<Problem>,
    ) {
        let release = &self.manifest.release;
        if release.tag != wanted.previous || release.repository != context.release.repository {
            let message = format!(
                "the bundle before is of {} {}, wanted {} {}",
                release.repository, release.tag, context.release.repository, wanted.previous
            );
            problems.push(Problem::new("drift-release", message));
        }
        let missing = self
            .blobs
            .iter()
            .filter(|digest| layout.blob(digest).is_none());
        let missing = missing.count();
        if missing > 0 {
            let message =
                format!("{missing} of the image's objects in the bundle before are not here");
            problems.push(Problem::new("drift-incomplete", message));
        }
    }

    /// What it lists, and nothing that was attached later.
    pub(super) fn layout(&self, all: &Layout) -> Layout {
        let mut own = Layout::new();
        for digest in &self.blobs {
            if let Some(bytes) = all.blob(digest) {
                own.add_blob(Arc::clone(bytes));
            }
        }
        let entries = all.entries().iter();
        own.add_entries(
            entries
                .filter(|entry| self.blobs.contains(&entry.digest))
                .cloned()
                .collect(),
        );
        own
    }

    pub(super) fn fact(&self) -> PreviousFact {
        PreviousFact {
            tag: self.manifest.release.tag.clone(),
            commit: self.manifest.release.commit.clone(),
            manifest: self.digest,
            image: self.image,
        }
    }
}

fn image_item<'a>(manifest: &'a Manifest, id: &str) -> Option<&'a Item> {
    let mut items = manifest.items.iter();
    items.find(|item| item.id == id && matches!(item.expectation, Expectation::Image { .. }))
}

/// The seal of the bundle before.
pub(super) struct Sealed {
    outcome: Outcome,
    /// When it holds and names that manifest.
    pub(super) signature: Option<Signature>,
}

impl Sealed {
    pub(super) fn judge(
        bytes: &[u8],
        manifest: Option<Digest>,
        trust: &SignatureTrust<'_>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let judged = judge_attestation(bytes, trust.roots, trust.keys, trust.options);
        let mut refuse = |outcome, message: String| {
            problems.push(Problem::new("drift-seal", message));
            Self {
                outcome,
                signature: None,
            }
        };
        let signature = match judged.judgement {
            Judgement::Valid(signature) => signature,
            Judgement::Invalid(problem) => {
                let message = format!("the seal of the bundle before: {}", problem.message);
                return refuse(Outcome::Invalid, message);
            }
            // Whoever lacks a root or key learns less, and nothing stands against the item.
            Judgement::UnknownRoot(_) => return Self::unjudged(Outcome::UnknownRoot),
            Judgement::UnknownKey(_) => return Self::unjudged(Outcome::UnknownKey),
        };
        let sealed = judged.statement.as_deref().map(seal_statement::parse);
        let named = match sealed {
            Some(Ok(sealed)) => sealed.predicate.manifest.digest.get("sha256").cloned(),
            Some(Err(message)) => {
                let message = format!("the seal of the bundle before is none: {message}");
                return refuse(Outcome::Invalid, message);
            }
            None => None,
        };
        if named.is_none() || named != manifest.map(|digest| digest.hex()) {
            let message = "the seal beside the bundle before names another manifest".into();
            return refuse(Outcome::Invalid, message);
        }
        Self {
            outcome: Outcome::Valid,
            signature: Some(*signature),
        }
    }

    fn unjudged(outcome: Outcome) -> Self {
        Self {
            outcome,
            signature: None,
        }
    }

    pub(super) fn fact(&self) -> SealFact {
        let signature = self.signature.as_ref();
        SealFact {
            outcome: self.outcome,
            signer: signature.map(|signature| signature.identity.clone()),
            signed_at: signature.and_then(|signature| signature.times.iter().min().copied()),
        }
    }
}
