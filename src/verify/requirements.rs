//! What was asked for: by the producer's configuration, and by the verifier's policy.

use super::Trust;
use super::attestation::Seal;
use super::members::{AppraisedItem, Pass};
use crate::model::policy::{ImageDemand, Policy};
use crate::model::{
    Check, Expectation, Finding, Group, Identity, IdentityRule, Item, ItemReport, Kind, Report,
    Status, Timestamp,
};
use crate::sigstore::identity;

/// Judges each item's requirement, then the policy's demands; fills the report's items.
pub(super) fn judge(pass: &Pass, seal: &Seal, trust: &Trust, report: &mut Report) {
    for item in &pass.manifest.items {
        let Some(found) = pass.items.get(&item.id) else {
            report.findings.push(Finding::undetermined(
                Check::Requirement,
                Group::Requirement,
                &item.id,
                "unappraised",
                "could not be appraised",
            ));
            continue;
        };
        let (status, choice) = status(item, found, pass, seal, trust);
        report
            .findings
            .push(requirement(item, found, status, choice));
        report.items.push(ItemReport {
            id: item.id.clone(),
            title: item.title.clone(),
            kind: item.expectation.kind(),
            captured: item.captured,
            window: item.window,
            status,
            claim: found.appraised.claim.to_stated(),
            summary: found.appraised.summary.clone(),
            exhibits: found.appraised.exhibits.clone(),
        });
    }
    if let Some(policy) = &trust.policy {
        judge_policy(pass, policy, report);
    }
}

fn requirement(
    item: &Item,
    found: &AppraisedItem,
    status: Status,
    producers_choice: bool,
) -> Finding {
    let claim = &found.appraised.claim;
    let mut summary = found.appraised.summary.clone();
    if let Some(window) = item.window {
        // The producer chose it: whoever reads the value must see of what time it speaks.
        summary.push_str(&format!(
            ", {} to {}",
            time(window.start_ms),
            time(window.end_ms)
        ));
    }
    if producers_choice {
        summary.push_str("; the producer's choice of identity, not the verifier's");
    }
    let finding = match (claim.met(), claim.problems().first()) {
        (Some(false), problem) => {
            let code = problem.map_or("", |problem| problem.code.as_str());
            let message = problem.map_or(summary.clone(), |problem| problem.message.clone());
            return Finding::fail(
                Check::Requirement,
                Group::Requirement,
                &item.id,
                code,
                message,
            )
            .with_status(status);
        }
        (None, Some(problem)) if item.expectation.demands() => Finding::undetermined(
            Check::Requirement,
            Group::Requirement,
            &item.id,
            &problem.code,
            problem.message.clone(),
        ),
        _ => Finding::pass(Check::Requirement, Group::Requirement, &item.id, summary),
    };
    finding.with_status(status)
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |time| time.to_string())
}

/// How far the item is proven to this verifier, and whether only the producer chose who may sign.
fn status(
    item: &Item,
    found: &AppraisedItem,
    pass: &Pass,
    seal: &Seal,
    trust: &Trust,
) -> (Status, bool) {
    let status = found.appraised.claim.status();
    let signed = matches!(item.expectation.kind(), Kind::Image | Kind::Sbom);
    if status != Status::Verified {
        return (status, false);
    }
    if !signed {
        // Without an accepted seal anybody may have written the bytes, and the commit that they are compared with.
        let proven = if pass.is_sealed {
            status
        } else {
            Status::Recorded
        };
        return (proven, false);
    }
    let sealer = seal
        .signature
        .as_ref()
        .filter(|_| pass.is_sealed)
        .map(|signature| &signature.identity);
    let accepted = found.signers.iter().any(|signer| {
        Some(signer) == sealer || policy_accepts(trust.policy.as_ref(), item, signer)
    });
    if accepted {
        (status, false)
    } else {
        (Status::Recorded, true)
    }
}

fn policy_accepts(policy: Option<&Policy>, item: &Item, signer: &Identity) -> bool {
    let Some(policy) = policy else { return false };
    let accepts = |rules: &[IdentityRule]| rules.iter().any(|rule| identity::matches(rule, signer));
    match &item.expectation {
        Expectation::Sbom { image, format, .. } => policy.image(image).is_some_and(|demand| {
            demand
                .sboms
                .iter()
                .any(|sbom| sbom.format == *format && accepts(&sbom.signed_by))
        }),
        _ => policy
            .image(&item.id)
            .is_some_and(|demand| accepts(&demand.signed_by)),
    }
}

fn judge_policy(pass: &Pass, policy: &Policy, report: &mut Report) {
    for id in &policy.items {
        let met = pass
            .items
            .get(id)
            .is_some_and(|found| found.appraised.claim.met() != Some(false));
        let words = if met {
            "is there"
        } else {
            "is missing or fails"
        };
        demand(
            report,
            id,
            "item",
            met,
            format!("item {id}, demanded by the policy, {words}"),
        );
    }
    let images: Vec<&Item> = pass
        .manifest
        .items
        .iter()
        .filter(|item| item.expectation.kind() == Kind::Image)
        .collect();
    for name in policy.images.keys().filter(|name| *name != "*") {
        if !images.iter().any(|item| item.id == *name) {
            demand(
                report,
                name,
                "image",
                false,
                format!("image {name}, demanded by the policy, is missing"),
            );
        }
    }
    for item in images {
        if let Some(demanded) = policy.image(&item.id) {
            judge_image(pass, item, demanded, report);
        }
    }
}

fn judge_image(pass: &Pass, item: &Item, demanded: &ImageDemand, report: &mut Report) {
    let signed = |id: &str, rules: &[IdentityRule]| {
        let signers = pass
            .items
            .get(id)
            .map(|found| found.signers.as_slice())
            .unwrap_or_default();
        signers
            .iter()
            .any(|signer| rules.iter().any(|rule| identity::matches(rule, signer)))
    };
    if !demanded.signed_by.is_empty() {
        let met = signed(&item.id, &demanded.signed_by);
        let words = if met {
            "is signed by"
        } else {
            "is not signed by"
        };
        demand(
            report,
            &item.id,
            "image",
            met,
            format!("{} {words} an identity of the policy", item.id),
        );
    }
    for sbom in &demanded.sboms {
        let met = pass
            .manifest
            .items
            .iter()
            .any(|other| match &other.expectation {
                Expectation::Sbom { image, format, .. } => {
                    let follows = pass
                        .items
                        .get(&other.id)
                        .is_some_and(|found| found.appraised.claim.met() == Some(true));
                    *image == item.id
                        && *format == sbom.format
                        && follows
                        && signed(&other.id, &sbom.signed_by)
                }
                _ => false,
            });
        let words = if met { "has" } else { "lacks" };
        let message = format!(
            "{} {words} an SBOM ({}) by an identity of the policy",
            item.id, sbom.format
        );
        demand(report, &item.id, "sbom", met, message);
    }
}

fn demand(report: &mut Report, subject: &str, detail: &str, met: bool, message: String) {
    report.findings.push(if met {
        Finding::pass(Check::Policy, Group::Requirement, subject, message)
    } else {
        Finding::fail(Check::Policy, Group::Requirement, subject, detail, message)
    });
}
