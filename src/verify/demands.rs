//! What the verifier's policy demands of a bundle besides its seal and release.

use super::Trust;
use super::members::{AppraisedItem, Pass};
use crate::appraise::demand::{lacking_signature, who};
use crate::appraise::{self, Signed, Vouched};
use crate::model::policy::{ImageDemand, Policy, SbomDemand};
use crate::model::{
    Check, Expectation, Finding, GateVerdict, Group, Identity, Item, Kind, Report, Signers, Status,
};
use crate::oci::ImageRef;
use std::collections::BTreeMap;

/// Whether those whom the policy asks for signed what the item is about.
pub(super) fn accepts(pass: &Pass, policy: &Policy, item: &Item, signed: &Signed) -> bool {
    match &item.expectation {
        Expectation::Sbom { image, format, .. } => policy.image(image).is_some_and(|demand| {
            (demand.sboms.iter())
                .any(|sbom| sbom.format == *format && signed.meets(&sbom.signed_by, None))
        }),
        _ => (policy.image(&item.id))
            .is_some_and(|demand| signed.meets(&demand.signed_by, Some(repository(pass, demand)))),
    }
}

/// Whether the verifier accepts whoever signed the seal of the bundle before and each SBOM that was compared: as a
/// sealer, or for an SBOM of that image.
pub(super) fn accepts_drift(
    trust: &Trust,
    sealer: Option<&Identity>,
    item: &Item,
    signed: &Signed,
) -> bool {
    let Expectation::Drift(drift) = &item.expectation else {
        return false;
    };
    let demand = (trust.policy.as_ref()).and_then(|policy| policy.image(&drift.image));
    let sboms = demand.map_or(&[][..], |demand| &demand.sboms);
    let accepts = |one: &Vouched| {
        let signature = &one.signature;
        sealer == Some(&signature.identity)
            || trust.accepts_seal(signature)
            || (sboms.iter())
                .any(|sbom| sbom.format == drift.format && sbom.signed_by.accept(signature))
    };
    (signed.platforms.iter()).all(|one| one.iter().any(accepts))
}

/// Whether those whom the image's expectation asks for signed it, counting none but those whom the policy accepts, of
/// whichever repository that names.
pub(super) fn vouches(pass: &Pass, policy: &Policy, item: &Item, signed: &Signed) -> bool {
    let (Expectation::Image { signed_by, .. }, Some(demanded)) =
        (&item.expectation, policy.image(&item.id))
    else {
        return false;
    };
    let own = repository(pass, demanded);
    let accepted = Signers::any_of(demanded.signed_by.rules().cloned().collect());
    let believed = Signed {
        whole: (signed.whole.iter())
            .filter(|one| accepted.are_met(&[&one.signature], Some(own)))
            .cloned()
            .collect(),
        platforms: Vec::new(),
    };
    accepts(pass, policy, item, signed) && believed.meets(signed_by, None)
}

/// The repository whose CI may sign the image.
fn repository<'a>(pass: &'a Pass, demand: &'a ImageDemand) -> &'a str {
    (demand.repository.as_deref()).unwrap_or(&pass.manifest.release.repository)
}

/// Judges each demand; what cannot be judged is a finding, too.
pub(super) fn judge(pass: &Pass, policy: &Policy, report: &mut Report) {
    let by_id: BTreeMap<&str, &Item> = (pass.manifest.items.iter())
        .map(|item| (item.id.as_str(), item))
        .collect();
    let is_gate = |id: &String| {
        let item = by_id.get(id.as_str());
        item.is_some_and(|item| item.expectation.kind() == Kind::Gate)
    };
    for gate in policy.require.items.iter().filter(|id| is_gate(id)) {
        judge_gate(pass, gate, report);
    }
    for id in policy.require.items.iter().filter(|id| !is_gate(id)) {
        if pass.passed_over.contains(id) {
            not_asked(report, id);
            continue;
        }
        let met = pass
            .items
            .get(id)
            .is_some_and(|found| found.appraised.claim.met() != Some(false));
        // What was redacted is there, and shows nothing.
        if met && pass.items.get(id).is_some_and(is_redacted) {
            let message = format!("item {id}, demanded by the policy, was redacted");
            undetermined(report, id, "redacted", message);
            continue;
        }
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
    judge_stages(pass, policy, report);
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
    let mut sboms: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &pass.manifest.items {
        if let Expectation::Sbom { image, .. } = &item.expectation {
            sboms.entry(image).or_default().push(item);
        }
    }
    for item in images {
        if let Some(demanded) = policy.image(&item.id) {
            let own = sboms.get(item.id.as_str()).map_or(&[][..], Vec::as_slice);
            if pass.is_asked(item) {
                judge_image(pass, item, demanded, report);
            } else {
                not_asked(report, &item.id);
            }
            for sbom in &demanded.sboms {
                judge_sbom(pass, item, own, sbom, report);
            }
        }
    }
    for gate in &policy.require.gates {
        judge_gate(pass, gate, report);
    }
    for name in policy.approvals.keys() {
        let message =
            format!("the approval {name}, demanded by the policy, is not judged by this version");
        undetermined(report, name, "approval", message);
    }
}

/// Whether a place in its files was blanked.
fn is_redacted(found: &AppraisedItem) -> bool {
    let mut problems = found.appraised.claim.problems().iter();
    problems.any(|problem| problem.code == appraise::REDACTED)
}

/// A gate of that name, or one of it in each phase, is there and came to a verdict; the worst counts.
fn judge_gate(pass: &Pass, gate: &str, report: &mut Report) {
    let is_meant = |item: &&Item| {
        let phase = item
            .id
            .strip_prefix(gate)
            .map(|rest| rest.strip_prefix('.'));
        let in_phase = matches!(phase, Some(Some(phase)) if item.phase.as_deref() == Some(phase));
        item.expectation.kind() == Kind::Gate && (item.id == *gate || in_phase)
    };
    let meant = pass.manifest.items.iter().filter(is_meant);
    if meant.clone().any(|item| !pass.is_asked(item)) {
        not_asked(report, gate);
        return;
    }
    // A gate that could not be appraised came to nothing.
    let verdicts = meant.map(|item| {
        (pass.items.get(&item.id)).map_or(GateVerdict::Inconclusive, |found| {
            found.appraised.claim.to_stated().gate_verdict()
        })
    });
    let message = |words: &str| format!("the gate {gate}, demanded by the policy, {words}");
    match verdicts.max() {
        None => demand(report, gate, "gate", false, message("is missing")),
        Some(GateVerdict::Green) => demand(report, gate, "gate", true, message("is GREEN")),
        Some(GateVerdict::Yellow) => report.findings.push(Finding::warning(
            Check::Policy,
            Group::Requirement,
            gate,
            "gate-yellow",
            message("is YELLOW"),
        )),
        Some(GateVerdict::Inconclusive) => {
            undetermined(report, gate, "gate", message("is INCONCLUSIVE"));
        }
        Some(GateVerdict::Red) => demand(report, gate, "gate-red", false, message("is RED")),
    }
}

/// A bundle shows its own stage; that others of the chain are there, only their bundles can show.
fn judge_stages(pass: &Pass, policy: &Policy, report: &mut Report) {
    let own = &pass.manifest.stage;
    for stage in &policy.require.stages {
        if stage == own {
            let message = format!("this is the bundle of stage {stage}, demanded by the policy");
            demand(report, stage, "stage", true, message);
        } else {
            let message = format!(
                "stage {stage}, demanded by the policy, is not judged by this version: the bundle is of stage {own}"
            );
            undetermined(report, stage, "stage", message);
        }
    }
}

fn judge_image(pass: &Pass, item: &Item, demanded: &ImageDemand, report: &mut Report) {
    if let (Some(meant), Expectation::Image { reference, .. }) =
        (&demanded.reference, &item.expectation)
    {
        // The item's name is the producer's choice: another image must not stand under it.
        let is_meant = matches!(reference.parse(), Ok(ImageRef::Registry(found))
            if meant.matches(&format!("{}/{}", found.registry, found.repository)));
        if !is_meant {
            let id = &item.id;
            let message = format!("{id} is {reference}, which the policy does not mean by {id}");
            demand(report, id, "image-reference", false, message);
        }
    }
    let asked = &demanded.signed_by;
    if asked.is_empty() {
        return;
    }
    let nothing = Signed::default();
    let signed = pass
        .items
        .get(&item.id)
        .map_or(&nothing, |found| &found.signed);
    let reference = match &item.expectation {
        Expectation::Image { reference, .. } => reference.as_str(),
        _ => "",
    };
    let own = repository(pass, demanded);
    let id = &item.id;
    match lacking_signature(signed, demanded, Some(own), reference) {
        None => {
            let message = format!("{id} is signed by {} of the policy", who(asked));
            demand(report, id, "image", true, message);
        }
        Some(problem) => {
            let message = format!("{id} {}", problem.message);
            demand(report, id, &problem.code, false, message);
        }
    }
}

/// The image's SBOM of that format is by those whom the policy asks for, and as good as it demands.
fn judge_sbom(
    pass: &Pass,
    image: &Item,
    sboms: &[&Item],
    demanded: &SbomDemand,
    report: &mut Report,
) {
    let is_wanted = |other: &&&Item| {
        matches!(&other.expectation, Expectation::Sbom { format, .. }
            if *format == demanded.format)
    };
    let wanted = sboms.iter().filter(is_wanted);
    if wanted.clone().any(|other| !pass.is_asked(other)) {
        not_asked(report, &image.id);
        return;
    }
    let found = wanted.clone().find_map(|other| pass.items.get(&other.id));
    let is_by = |found: &AppraisedItem| {
        found.appraised.claim.met() == Some(true) && found.signed.meets(&demanded.signed_by, None)
    };
    let met = found.is_some_and(is_by);
    let words = if met { "has" } else { "lacks" };
    let message = format!(
        "{} {words} an SBOM ({}) by an identity of the policy",
        image.id, demanded.format
    );
    demand(report, &image.id, "sbom", met, message);
    // Whom it is not by need not be good.
    for problem in found.filter(|_| met).iter().flat_map(|found| &found.lacks) {
        let message = format!("{}: {}", image.id, problem.message);
        demand(report, &image.id, &problem.code, false, message);
    }
}

/// A demand on an item that was not asked for is neither met nor unmet.
fn not_asked(report: &mut Report, subject: &str) {
    report.findings.push(Finding::not_checked(
        Check::Policy,
        Group::Requirement,
        subject,
        "what the policy demands of it was not judged: the item was not asked for",
    ));
}

fn demand(report: &mut Report, subject: &str, detail: &str, met: bool, message: String) {
    report.findings.push(if met {
        Finding::pass(Check::Policy, Group::Requirement, subject, message)
    } else {
        Finding::fail(Check::Policy, Group::Requirement, subject, detail, message)
    });
}

/// What is demanded and cannot be judged leaves the verdict open: a policy is never met by being ignored.
fn undetermined(report: &mut Report, subject: &str, detail: &str, message: String) {
    let finding =
        Finding::undetermined(Check::Policy, Group::Requirement, subject, detail, message);
    report.findings.push(finding.with_status(Status::Missing));
}
