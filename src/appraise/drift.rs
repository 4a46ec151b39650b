//! "The image's packages moved no further since the release before than they may": two attested SBOMs, compared again.
//!
//! Of the release before there are the manifest of its bundle, the seal of that manifest, and the image's attestations,
//! which the manifest lists. Whoever signed them is judged under the verifier's roots like everything else.

mod before;
mod compare;

use super::image::{ImageRequest, layout_of};
use super::{Appraised, Claim, Context, Signed, Vouched};
use crate::model::expectation::SbomFormat;
use crate::model::{Capture, Digest, DriftExpectation, Problem, Status};
use crate::sbom::drift::Drift;
use crate::sigstore::Signature;
use before::{Before, PreviousFact, SealFact, Sealed};
use compare::{ComparisonFact, Pairs, Side, documents};
use serde::{Deserialize, Serialize};

/// Name of the manifest of the bundle before, among the item's files.
pub const MANIFEST_NAME: &str = "previous.manifest.json";
/// Name of its seal.
pub const SEAL_NAME: &str = "previous.sigstore.json";

/// The request of a drift item.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftRequest {
    /// The image as it is now, an [`ImageRequest`].
    pub now: serde_json::Value,
    /// The bundle before.
    pub previous: PreviousRequest,
}

/// What the bundle before was when it was read: the producer's word.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviousRequest {
    /// Its file's digest.
    pub bundle: Digest,
    /// The image's digest, as its manifest has it.
    pub image: Option<Digest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    format: SbomFormat,
    image: Option<Digest>,
    previous: Option<PreviousFact>,
    /// The seal of the bundle before, none or one.
    seals: Vec<SealFact>,
    comparisons: Vec<ComparisonFact>,
}

/// Compares the SBOMs of each platform; gives who signed the seal of the bundle before and each of the documents.
///
/// Problems: `drift-image`, `drift-manifest`, `drift-release`, `drift-incomplete`, `drift-seal`, `drift-root-unknown`,
/// `drift-sbom`, `drift-sbom-before`, and those of [`crate::sbom::drift::judge`].
pub fn drift(
    capture: &Capture,
    wanted: &DriftExpectation,
    context: &Context<'_>,
) -> (Appraised, Signed) {
    let trust = &context.signatures;
    let layout = layout_of(capture);
    let image = image_of_now(capture).filter(|digest| layout.blob(digest).is_some());
    let mut problems = Vec::new();
    if image.is_none() {
        problems.push(Problem::new(
            "drift-image",
            "the image's manifest was not captured",
        ));
    }
    let before = match Before::read(capture, wanted) {
        Ok(before) => {
            before.check(wanted, context, &layout, &mut problems);
            Some(before)
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let seal = capture.file(SEAL_NAME).map(|file| {
        let manifest = before.as_ref().map(|before| before.digest);
        Sealed::judge(&file.bytes, manifest, trust, &mut problems)
    });
    let mut signed = Signed::default();
    let mut comparisons = Vec::new();
    if let (Some(image), Some(before)) = (image, &before) {
        let now = documents(
            &layout,
            Some(image),
            wanted.format,
            &wanted.signed_by,
            trust,
        );
        let old = documents(
            &before.layout(&layout),
            before.image,
            wanted.format,
            &wanted.previous_signed_by,
            trust,
        );
        let pairs = Pairs {
            now: Side::of(&now, &wanted.signed_by),
            before: Side::of(&old, &wanted.previous_signed_by),
        };
        comparisons = pairs.compare(wanted, &mut signed, &mut problems);
    }
    let is_sealed = seal.as_ref().is_some_and(|seal| seal.signature.is_some());
    let of_seal = seal.as_ref().and_then(|seal| seal.signature.clone());
    signed
        .platforms
        .push(of_seal.map(vouched).into_iter().collect());
    let compared = comparisons.iter().any(|one| one.drift.is_some());
    let status = match (compared, is_sealed) {
        (false, _) => Status::Missing,
        (true, true) => Status::Verified,
        (true, false) => Status::Recorded,
    };
    let is_unknown = problems
        .iter()
        .any(|problem| problem.code == "drift-root-unknown");
    let met = if is_unknown {
        None
    } else {
        Some(problems.is_empty() && compared)
    };
    let summary = summary(wanted, &comparisons, &problems, is_sealed);
    let facts = Facts {
        format: wanted.format,
        image,
        previous: before.as_ref().map(Before::fact),
        seals: seal.iter().map(Sealed::fact).collect(),
        comparisons,
    };
    let claim = Claim::new(status, met, facts, problems);
    (Appraised::new(claim, summary), signed)
}

fn image_of_now(capture: &Capture) -> Option<Digest> {
    let request: DriftRequest = serde_json::from_value(capture.request.clone()).ok()?;
    let image: ImageRequest = serde_json::from_value(request.now).ok()?;
    Some(image.digest)
}

/// What is compared stands without limits too, so the numbers come first.
fn summary(
    wanted: &DriftExpectation,
    comparisons: &[ComparisonFact],
    problems: &[Problem],
    is_sealed: bool,
) -> String {
    let of = |count: fn(&Drift) -> usize| -> usize {
        let drifts = comparisons.iter().filter_map(|one| one.drift.as_ref());
        drifts.map(count).sum()
    };
    let mut text = format!(
        "since {}: {} added, {} removed, {} upgraded, {} downgraded, {} changed, {} with another license, {} with another hash",
        wanted.previous,
        of(|drift| drift.added.len()),
        of(|drift| drift.removed.len()),
        of(|drift| drift.upgraded.len()),
        of(|drift| drift.downgraded.len()),
        of(|drift| drift.changed.len()),
        of(|drift| drift.relicensed.len()),
        of(|drift| drift.rehashed.len()),
    );
    if !comparisons.iter().any(|one| one.drift.is_some()) {
        text = format!("not compared with {}", wanted.previous);
    }
    if !is_sealed {
        text.push_str("; the bundle before has no seal that holds");
    }
    if let Some(problem) = problems.first() {
        text.push_str("; ");
        text.push_str(&problem.message);
    }
    text
}

fn vouched(signature: Signature) -> Vouched {
    Vouched {
        signature,
        docker_reference: None,
    }
}
