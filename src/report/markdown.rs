//! A verification for a pull request or a release page.

use super::gates::{self, Gate};
use super::markup::{Markdown, code, picture};
use super::{DEMO, decision_word, mark, verdict_word};
use crate::model::{Finding, Group, Outcome, Report};

/// The report as Markdown of at most 60,000 bytes: verdict, seal, gates, what is not met, what was not checked.
///
/// `chart_files` are the pictures of an item, by its id, that the caller wrote: paths from where the Markdown lies, in the
/// order of the item's charts.
pub fn markdown(report: &Report, chart_files: &dyn Fn(&str) -> Vec<String>) -> String {
    let mut out = Markdown::new();
    if report.demo {
        out.line(&format!("**{DEMO}**"));
    }
    head(report, &mut out);
    seal(report, &mut out);
    let all = gates::of(report);
    gates_of(&all, chart_files, &mut out);
    let failed = |group| {
        let findings = report.findings.iter();
        findings.filter(move |finding| finding.group == group && is_against(finding))
    };
    findings("Integrity", failed(Group::Integrity), &mut out);
    findings("Requirements not met", failed(Group::Requirement), &mut out);
    pictures(report, chart_files, &mut out);
    not_checked(report, &mut out);
    out.finish()
}

/// Whether it keeps the report from being verified and clean.
fn is_against(finding: &Finding) -> bool {
    matches!(
        finding.outcome,
        Outcome::Fail | Outcome::Undetermined | Outcome::Warning
    )
}

fn head(report: &Report, out: &mut Markdown) {
    let verdict = verdict_word(report.verdict());
    let unmet = match report.requirement_failed() {
        true => ", requirements not met",
        false => "",
    };
    let of = match &report.release {
        Some(release) => format!("{} {}", code(&release.repository), code(&release.tag)),
        None => code(&report.bundle.name),
    };
    out.line(&format!("## Evidence of {of}: {verdict}{unmet}"));
    if let Some(decision) = report.decision {
        out.line(&format!("Decision: **{}**", decision_word(decision)));
    }
}

fn seal(report: &Report, out: &mut Markdown) {
    out.entry(&format!("bundle: {}", code(&report.bundle.name)));
    if let Some(digest) = report.bundle.digest {
        out.entry(&format!("digest: {}", code(&digest.to_string())));
    }
    if let Some(release) = &report.release {
        out.entry(&format!("commit: {}", code(&release.commit.to_string())));
    }
    out.entry(&match &report.signer {
        Some(signer) => {
            let asked = match signer.accepted {
                true => "",
                false => " **not the identity asked for**",
            };
            format!("sealed by: {}{asked}", code(&signer.identity.to_string()))
        }
        None => "sealed by: **nobody that could be verified**".into(),
    });
    if let Some(log) = &report.log {
        out.entry(&format!("log entry: {}", log.index));
    }
    for time in &report.sealed_at {
        out.entry(&format!("trusted time: {time}"));
    }
    out.end_list();
}

fn gates_of(all: &[Gate<'_>], chart_files: &dyn Fn(&str) -> Vec<String>, out: &mut Markdown) {
    let Some(verdict) = gates::overall(all) else {
        return;
    };
    out.line(&format!("### {} Gates: {verdict}", gates::mark(verdict)));
    for gate in all {
        let id = code(&gate.item.id);
        out.line(&format!("#### {} {id}: {}", gate.mark(), gate.verdict()));
        match &gate.result {
            Some(result) => gates::table(result, out),
            None => out.line(&code(&gate.lack())),
        }
        for file in chart_files(&gate.item.id) {
            out.line(&picture(&gate.item.title, &file));
        }
    }
}

fn findings<'a>(title: &str, all: impl Iterator<Item = &'a Finding>, out: &mut Markdown) {
    let all: Vec<&Finding> = all.collect();
    if all.is_empty() {
        return;
    }
    out.line(&format!("### {title}"));
    for finding in all {
        let (subject, message) = (code(&finding.subject), code(&finding.message));
        let id = code(&finding.code);
        out.entry(&format!("{} {subject}: {message} {id}", mark(finding)));
    }
    out.end_list();
}

/// Pictures of what is no gate, folded away.
fn pictures(report: &Report, chart_files: &dyn Fn(&str) -> Vec<String>, out: &mut Markdown) {
    let items = report.items.iter();
    let others = items.filter(|item| item.kind != crate::model::Kind::Gate);
    let files: Vec<(&str, String)> = others
        .flat_map(|item| {
            let files = chart_files(&item.id).into_iter();
            files.map(|file| (item.title.as_str(), file))
        })
        .collect();
    if files.is_empty() {
        return;
    }
    out.fold(&format!("Metrics ({})", files.len()));
    for (title, file) in files {
        out.line(&format!("{} {}", code(title), picture(title, &file)));
    }
    out.end_fold();
}

fn not_checked(report: &Report, out: &mut Markdown) {
    let findings = report.findings.iter();
    let mut skipped = findings
        .filter(|finding| finding.outcome == Outcome::NotChecked)
        .peekable();
    if skipped.peek().is_none() {
        return;
    }
    out.line("### Not checked");
    for finding in skipped {
        let (subject, message) = (code(&finding.subject), code(&finding.message));
        out.entry(&format!("{subject}: {message}"));
    }
    out.end_list();
}
