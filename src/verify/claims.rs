//! Every claim again: the same appraisal as at collection, on the bytes in the bundle.

use super::Trust;
use super::members::AppraisedItem;
use crate::appraise::{self, Comparison, Context, SignatureTrust};
use crate::model::policy::SbomDemand;
use crate::model::{
    Capture, CapturedFile, Check, Expectation, Finding, Group, Item, Manifest, MemberPath, Report,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An item's files, whose members have all come with the right digests.
pub(super) fn files(
    item: &Item,
    manifest: &Manifest,
    listed: &BTreeMap<MemberPath, usize>,
    bytes: &BTreeMap<MemberPath, Arc<[u8]>>,
) -> Vec<CapturedFile> {
    item.files
        .iter()
        .filter_map(|path| {
            let entry = manifest.files.get(*listed.get(path)?)?;
            Some(CapturedFile {
                path: path.clone(),
                name: entry.name.clone(),
                media_type: entry.media_type.clone(),
                bytes: bytes.get(path)?.clone(),
                redactions: manifest.redactions_of(path).to_vec(),
            })
        })
        .collect()
}

/// Appraises an item from its files.
pub(super) fn appraise(
    item: &Item,
    manifest: &Manifest,
    files: Vec<CapturedFile>,
    trust: &Trust,
) -> AppraisedItem {
    let capture = Capture {
        captured: item.captured,
        window: item.window,
        request: item.request.clone(),
        files,
    };
    let signatures = SignatureTrust {
        roots: &trust.roots,
        keys: &trust.keys,
        options: &trust.options,
    };
    let context = Context {
        release: &manifest.release,
        signatures,
    };
    let (appraised, signed) = appraise::item(&capture, &item.expectation, &context);
    let lacks = (demanded(item, trust))
        .map(|demand| appraise::sbom::lacking(&capture, demand, &signatures));
    AppraisedItem {
        appraised,
        signed,
        lacks: lacks.unwrap_or_default(),
    }
}

/// What the policy demands of the SBOM that the item is about.
fn demanded<'t>(item: &Item, trust: &'t Trust) -> Option<&'t SbomDemand> {
    let Expectation::Sbom { image, format, .. } = &item.expectation else {
        return None;
    };
    let demand = trust.policy.as_ref()?.image(image)?;
    demand.sboms.iter().find(|sbom| sbom.format == *format)
}

/// Compares the stated claim with the one that follows.
pub(super) fn compare(item: &Item, found: Option<&AppraisedItem>, report: &mut Report) {
    let finding = match found {
        None => Finding::undetermined(
            Check::Claim,
            Group::Integrity,
            &item.id,
            "unappraised",
            "a member of the item is missing or changed, so nothing follows",
        ),
        Some(found) => match appraise::compare(&item.claim, &found.appraised.claim) {
            Comparison::Follows => Finding::pass(
                Check::Claim,
                Group::Integrity,
                &item.id,
                "the stated claim follows from its capture",
            ),
            Comparison::Differs(place) => Finding::fail(
                Check::Claim,
                Group::Integrity,
                &item.id,
                "",
                format!("the stated claim does not follow from its capture: {place}"),
            ),
            Comparison::Undetermined(why) => {
                Finding::undetermined(Check::Claim, Group::Integrity, &item.id, "root", why)
            }
        },
    };
    report.findings.push(finding);
}
