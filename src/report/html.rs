//! The report as one self-contained page: no script, nothing loaded from elsewhere, everything captured escaped.

mod gates;
mod packages;
mod query;

use super::chart::{self, chart};
use super::{DEMO, decision_word, mark, verdict_word};
use crate::model::{
    Check, Exhibit, Finding, Group, ItemReport, Kind, Outcome, Report, Status, Timestamp,
};
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use serde_json::Value;

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn html(report: &Report) -> String {
    let verdict = verdict_word(report.verdict());
    let title = match &report.release {
        Some(release) => format!("Evidence of {} {}", release.repository, release.tag),
        None => format!("Evidence bundle {}", report.bundle.name),
    };
    markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; img-src data:; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(chart::STYLE)) }
            }
            body {
                @if report.demo { p.demo { (DEMO) } }
                header {
                    h1 { (title) }
                    p class={ "verdict " (verdict) } { (verdict) @if report.requirement_failed() { ", requirements not met" } }
                    @if let Some(decision) = report.decision { p { "Decision: " (decision_word(decision)) } }
                }
                (seal(report))
                (gates::section(report))
                (items(report, "Images and SBOMs", &[Kind::Image, Kind::Sbom, Kind::Drift]))
                (items(report, "Vulnerabilities", &[Kind::Scan]))
                (items(report, "Metrics", &[Kind::Metric, Kind::Derived]))
                (items(report, "Dashboards", &[Kind::Dashboard]))
                (items(report, "Release, files and commands", &[Kind::Release, Kind::Configuration, Kind::File, Kind::Command]))
                (findings(report))
                (not_checked(report))
                footer {
                    p { "Made by evidence " (env!("CARGO_PKG_VERSION")) " from its own verification of the bundle. "
                        "Whoever doubts this page makes his own: "
                        code { "evidence report " (report.bundle.name) } }
                }
            }
        }
    }
    .into_string()
}

fn seal(report: &Report) -> Markup {
    markup! {
        section {
            h2 { "Seal" }
            dl {
                dt { "Bundle" } dd { (report.bundle.name) }
                @if let Some(digest) = report.bundle.digest { dt { "SHA-256" } dd.mono { (digest.hex()) } }
                @if let Some(release) = &report.release {
                    dt { "Release" } dd { (release.tag) " of " (release.repository) ", version " (release.version) }
                    dt { "Commit" } dd.mono { (release.commit) }
                    @if let Some(tag) = &release.tag_object { dt { "Tag object" } dd.mono { (tag) } }
                }
                @if let Some(stage) = &report.stage { dt { "Stage" } dd { (stage) } }
                @match &report.signer {
                    Some(signer) => {
                        dt { "Sealed by" }
                        dd { (signer.identity) @if !signer.accepted { strong { " (not the identity asked for)" } } }
                    }
                    None => { dt { "Sealed by" } dd { strong { "nobody that could be verified" } } }
                }
                @for time in &report.sealed_at { dt { "Trusted time" } dd { (time) } }
                @if let Some(log) = &report.log {
                    dt { "Log entry" } dd { (log.index) " (" (log.kind) ")" }
                    dt { "Log id" } dd.mono { (log.log_id) }
                    dt { "Leaf hash" } dd.mono { (log.leaf_hash) }
                }
            }
        }
    }
}

fn items(report: &Report, title: &str, kinds: &[Kind]) -> Markup {
    let chosen: Vec<&ItemReport> = report
        .items
        .iter()
        .filter(|item| kinds.contains(&item.kind))
        .collect();
    markup! {
        @if !chosen.is_empty() {
            section {
                h2 { (title) }
                @for item in chosen { (entry(item)) }
            }
        }
    }
}

fn entry(item: &ItemReport) -> Markup {
    let (class, word) = match (item.claim.met, item.status) {
        (Some(false), _) => ("bad", "not met".to_owned()),
        (_, Status::Verified) => ("good", "verified".to_owned()),
        (_, status) => ("plain", status.to_string()),
    };
    markup! {
        article {
            h3 { (item.title) " " span class={ "badge " (class) } { (word) } }
            p.id { (item.kind) " " code { (item.id) } ", captured " (seconds(item.captured)) }
            p { (item.summary) }
            @for problem in &item.claim.problems { p.bad { (problem.message) " [" (problem.code) "]" } }
            @match item.kind {
                Kind::Image => (objects("Signatures", item.claim.facts.get("signatures"))),
                Kind::Sbom => (packages::documents(&item.claim.facts)),
                Kind::Drift => (packages::drift(&item.claim.facts)),
                Kind::Scan => (packages::scan(&item.claim.facts)),
                Kind::Metric | Kind::Derived => (query::query(&item.claim.facts)),
                _ => {}
            }
            (exhibits(item))
        }
    }
}

/// Judged signatures of an image, from the claim's facts.
fn objects(title: &str, list: Option<&Value>) -> Markup {
    let list = list
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    markup! {
        @if !list.is_empty() {
            div.wide { table {
                caption { (title) }
                tr { th { "Format" } th { "Judged" } th { "Signer" } th { "Log index" } th { "Time" } }
                @for object in list {
                    tr {
                        td.short { (word(object, "format")) }
                        td { (word(object, "outcome")) " " (word(object.get("problem").unwrap_or(&Value::Null), "message")) }
                        td.long { (signer(object.get("signer"))) }
                        td.short { (word(object, "logIndex")) }
                        td.short { (word(object, "signedAt")) }
                    }
                }
            } }
        }
    }
}

fn signer(identity: Option<&Value>) -> String {
    let Some(identity) = identity else {
        return String::new();
    };
    if let Some(certificate) = identity.get("certificate") {
        format!(
            "{} (issuer {})",
            word(certificate, "subject"),
            word(certificate, "issuer")
        )
    } else if let Some(key) = identity.get("key") {
        format!(
            "key SHA256:{}",
            word(key, "fingerprint")
                .chars()
                .take(16)
                .collect::<String>()
        )
    } else {
        String::new()
    }
}

/// A field as text; empty when there is none.
fn word(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A time as people read it, in whole seconds UTC.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn exhibits(item: &ItemReport) -> Markup {
    markup! {
        @for exhibit in &item.exhibits {
            @match exhibit {
                Exhibit::Chart(shown) => {
                    figure {
                        @if !shown.title.is_empty() { figcaption.of { (shown.title) } }
                        (chart(&item.title, shown))
                    }
                }
                Exhibit::Picture { png, alt } => {
                    figure {
                        img alt=(alt) src=(format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png)));
                        figcaption { "A picture proves nothing by itself: it shows what the server drew." }
                    }
                }
            }
        }
    }
}

fn findings(report: &Report) -> Markup {
    let rows = |group: Group| -> Vec<&Finding> {
        report
            .findings
            .iter()
            .filter(|f| f.group == group && f.outcome != Outcome::NotChecked)
            .collect()
    };
    markup! {
        section {
            h2 { "Checks" }
            @for (group, title) in [(Group::Integrity, "Integrity"), (Group::Requirement, "Requirements: the producer's own, then the policy's")] {
                @let rows = rows(group);
                @if !rows.is_empty() {
                    div.wide { table {
                        caption { (title) }
                        tr { th {} th { "Check" } th { "Subject" } th { "Found" } }
                        @for finding in rows {
                            tr.bad[finding.outcome == Outcome::Fail].warned[finding.outcome == Outcome::Warning] {
                                td.mark { (mark(finding)) @if finding.outcome == Outcome::Warning { " YELLOW" } }
                                td.short { @if finding.check == Check::Requirement { (finding.status) } @else { (finding.check) } }
                                td { (finding.subject) }
                                td.long { (finding.message) @if !finding.code.is_empty() { " " code { (finding.code) } } }
                            }
                        }
                    } }
                }
            }
        }
    }
}

fn not_checked(report: &Report) -> Markup {
    markup! {
        section {
            h2 { "Not checked" }
            ul {
                @for finding in report.findings.iter().filter(|f| f.outcome == Outcome::NotChecked) {
                    li { (finding.subject) ": " (finding.message) }
                }
            }
        }
    }
}
