//! What was asked for: by the producer's configuration, and by the verifier's policy.

use super::Trust;
use super::attestation::Seal;
use super::demands;
use super::members::{AppraisedItem, Pass};
use crate::appraise::dashboard_pairs::{self, Rendered};
use crate::model::{
    Check, Exhibit, FileEntry, Finding, GateVerdict, Group, Item, ItemReport, Kind, MemberPath,
    Moments, Outcome, Problem, Report, Status, Timestamp,
};
use std::collections::BTreeMap;

/// Judges each item's requirement, then the policy's demands; fills the report's items.
pub(super) fn judge(pass: &Pass, seal: &Seal, trust: &Trust, report: &mut Report) {
    let listed: BTreeMap<&MemberPath, &FileEntry> = (pass.manifest.files.iter())
        .map(|file| (&file.path, file))
        .collect();
    let same_pictures = same_pictures(pass);
    for item in (pass.manifest.items.iter()).filter(|item| pass.is_asked(item)) {
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
        let by_policy = policys_repository(item, found, pass, trust);
        let (status, choice) = match &by_policy {
            Some(finding) => (finding.status, false),
            None => status(item, found, pass, seal, trust),
        };
        let finding = by_policy.unwrap_or_else(|| requirement(item, found, status, choice));
        report.findings.push(match same_pictures.get(&item.id) {
            Some(problem) if finding.outcome != Outcome::Fail => Finding::fail(
                Check::Requirement,
                Group::Requirement,
                &item.id,
                &problem.code,
                problem.message.clone(),
            )
            .with_status(status),
            _ => finding,
        });
        report.items.push(ItemReport {
            id: item.id.clone(),
            title: item.title.clone(),
            kind: item.expectation.kind(),
            captured: item.captured,
            window: item.window,
            request: item.request.clone(),
            files: (item.files.iter())
                .filter_map(|path| listed.get(path).copied().cloned())
                .collect(),
            status,
            claim: found.appraised.claim.to_stated(),
            summary: found.appraised.summary.clone(),
            exhibits: marked(found, &pass.manifest.moments),
        });
    }
    if let Some(policy) = &trust.policy {
        demands::judge(pass, policy, report);
    }
}

/// What a page shows of the item, with the moments of the release on its charts.
fn marked(found: &AppraisedItem, moments: &Moments) -> Vec<Exhibit> {
    let mut exhibits = found.appraised.exhibits.clone();
    for exhibit in &mut exhibits {
        if let Exhibit::Chart(chart) = exhibit {
            chart.mark(moments);
        }
    }
    exhibits
}

/// What stands against dashboards whose pictures are one, by item.
fn same_pictures(pass: &Pass) -> BTreeMap<String, Problem> {
    let rendered: Vec<Rendered<'_>> = (pass.manifest.items.iter())
        .filter_map(|item| {
            let claim = pass.items.get(&item.id)?.appraised.claim.to_stated();
            Rendered::of(item, &claim)
        })
        .collect();
    dashboard_pairs::same_pictures(&rendered)
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
    if item.expectation.kind() == Kind::Gate {
        return gate(item, found, status);
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

/// RED fails, INCONCLUSIVE leaves the verdict open, YELLOW is to be looked at.
fn gate(item: &Item, found: &AppraisedItem, status: Status) -> Finding {
    let (check, group) = (Check::Requirement, Group::Requirement);
    let appraised = &found.appraised;
    let verdict = appraised.claim.to_stated().gate_verdict();
    let why = (appraised.claim.problems().first())
        .map_or(&appraised.summary, |problem| &problem.message)
        .clone();
    let finding = match verdict {
        GateVerdict::Green => Finding::pass(check, group, &item.id, appraised.summary.clone()),
        GateVerdict::Yellow => Finding::warning(check, group, &item.id, "gate-yellow", why),
        GateVerdict::Inconclusive => {
            Finding::undetermined(check, group, &item.id, "gate-inconclusive", why)
        }
        GateVerdict::Red => Finding::fail(check, group, &item.id, "gate-red", why),
    };
    finding.with_status(status)
}

/// The finding about an image that the CI of another repository signed, where the policy names that repository.
///
/// The configuration in the bundle is the producer's; whom to believe about other repositories is the verifier's.
fn policys_repository(
    item: &Item,
    found: &AppraisedItem,
    pass: &Pass,
    trust: &Trust,
) -> Option<Finding> {
    let policy = trust.policy.as_ref()?;
    let is_foreign = |problem: &Problem| problem.code == "image-repository";
    let problems = found.appraised.claim.problems();
    let only_foreign = !problems.is_empty() && problems.iter().all(is_foreign);
    if !only_foreign || !demands::vouches(pass, policy, item, &found.signed) {
        return None;
    }
    let message =
        "signed by the CI of another repository than the release's, which the policy names";
    Some(Finding::pass(
        Check::Requirement,
        Group::Requirement,
        &item.id,
        message,
    ))
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
    let signed = matches!(
        item.expectation.kind(),
        Kind::Image | Kind::Sbom | Kind::Drift
    );
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
    if item.expectation.kind() == Kind::Drift {
        let accepted = demands::accepts_drift(trust, sealer, item, &found.signed);
        let status = if accepted { status } else { Status::Recorded };
        return (status, !accepted);
    }
    let by_policy = (trust.policy.as_ref())
        .is_some_and(|policy| demands::accepts(pass, policy, item, &found.signed));
    if by_policy || sealer.is_some_and(|sealer| found.signed.is_by(sealer)) {
        (status, false)
    } else {
        (Status::Recorded, true)
    }
}
