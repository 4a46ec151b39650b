//! The report as JSON, by `schemas/evidence-report-v1.schema.json`.

use super::gates::{self, Gate};
use super::{decision_word, verdict_word};
use crate::model::{
    Digest, Finding, GateVerdict, Identity, Outcome, Problem, Release, Report, Status, Timestamp,
};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    version: u32,
    verdict: &'static str,
    decision: Option<&'static str>,
    exit_code: u8,
    demo: bool,
    bundle: Bundle<'a>,
    release: Option<&'a Release>,
    stage: Option<&'a str>,
    signer: Option<SignerPage<'a>>,
    log: Option<LogPage<'a>>,
    sealed_at: &'a [Timestamp],
    gate_verdict: String,
    gates: Vec<GatePage<'a>>,
    items: Vec<ItemPage<'a>>,
    findings: Vec<FindingPage<'a>>,
}

#[derive(Serialize)]
struct Bundle<'a> {
    name: &'a str,
    digest: Option<Digest>,
    size: u64,
}

#[derive(Serialize)]
struct SignerPage<'a> {
    identity: &'a Identity,
    accepted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogPage<'a> {
    index: u64,
    log_id: &'a str,
    leaf_hash: &'a str,
    integrated: Option<Timestamp>,
    kind: &'a str,
}

#[derive(Serialize)]
struct ItemPage<'a> {
    id: &'a str,
    kind: String,
    title: &'a str,
    status: Status,
    met: Option<bool>,
    summary: &'a str,
    problems: &'a [Problem],
    facts: &'a serde_json::Value,
}

#[derive(Serialize)]
struct GatePage<'a> {
    id: &'a str,
    title: &'a str,
    verdict: GateVerdict,
    checks: Vec<CheckPage<'a>>,
}

#[derive(Serialize)]
struct CheckPage<'a> {
    id: &'a str,
    verdict: GateVerdict,
    reasons: &'a [Problem],
}

/// A finding as it stands in every JSON that this tool writes.
#[derive(Debug, Serialize)]
pub struct FindingPage<'a> {
    check: String,
    group: crate::model::Group,
    subject: &'a str,
    outcome: &'static str,
    /// For a skip: whether the verdict is undetermined because of it.
    undetermined: bool,
    status: Status,
    code: &'a str,
    message: &'a str,
}

impl<'a> From<&'a Finding> for FindingPage<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            check: finding.check.to_string(),
            group: finding.group,
            subject: &finding.subject,
            outcome: match finding.outcome {
                Outcome::Pass => "pass",
                Outcome::Warning => "warn",
                Outcome::Fail => "fail",
                Outcome::Undetermined | Outcome::NotChecked => "skip",
            },
            undetermined: finding.outcome == Outcome::Undetermined,
            status: finding.status,
            code: &finding.code,
            message: &finding.message,
        }
    }
}

/// The report as JSON with a closing line feed.
pub fn json(report: &Report) -> String {
    let gates = gates::of(report);
    let page = Page {
        version: 1,
        verdict: verdict_word(report.verdict()),
        decision: report.decision.map(decision_word),
        exit_code: report.exit_code(),
        demo: report.demo,
        bundle: Bundle {
            name: &report.bundle.name,
            digest: report.bundle.digest,
            size: report.bundle.size,
        },
        release: report.release.as_ref(),
        stage: report.stage.as_deref(),
        signer: report.signer.as_ref().map(|signer| SignerPage {
            identity: &signer.identity,
            accepted: signer.accepted,
        }),
        log: report.log.as_ref().map(|log| LogPage {
            index: log.index,
            log_id: &log.log_id,
            leaf_hash: &log.leaf_hash,
            integrated: log.integrated,
            kind: &log.kind,
        }),
        sealed_at: &report.sealed_at,
        gate_verdict: gates::overall(&gates)
            .map_or_else(|| "none".into(), |verdict| verdict.to_string()),
        gates: gates.iter().map(gate_page).collect(),
        items: report
            .items
            .iter()
            .map(|item| ItemPage {
                id: &item.id,
                kind: item.kind.to_string(),
                title: &item.title,
                status: item.status,
                met: item.claim.met,
                summary: &item.summary,
                problems: &item.claim.problems,
                facts: &item.claim.facts,
            })
            .collect(),
        findings: report.findings.iter().map(FindingPage::from).collect(),
    };
    // Text, numbers, lists and maps with text keys always serialise.
    let mut text = serde_json::to_string_pretty(&page).unwrap_or_default();
    text.push('\n');
    text
}

fn gate_page<'a>(gate: &'a Gate<'a>) -> GatePage<'a> {
    let checks = gate.result.iter().flat_map(|result| &result.checks);
    GatePage {
        id: &gate.item.id,
        title: &gate.item.title,
        verdict: gate.verdict(),
        checks: checks
            .map(|check| CheckPage {
                id: &check.id,
                verdict: check.verdict,
                reasons: &check.reasons,
            })
            .collect(),
    }
}

/// A value as JSON of several lines, with a closing line feed.
pub fn page<T: Serialize>(value: &T) -> String {
    // Every value that is written here has text as keys, so nothing is left to fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text + "\n"
}
