//! A scan on a screen: counts, each vulnerability, those that are suppressed and by whom.

use super::VulnAnswer;
use crate::model::Severity;
use crate::report::columns::{bar, grouped, wrapped};
use crate::report::text::one_line;
use crate::vulns::{VulnSummary, Vulnerability};
use std::fmt::Write as _;

/// The answer as plain text, without colours.
pub fn text(answer: &VulnAnswer) -> String {
    let mut text = format!("{}\n", one_line(&answer.report));
    if let Some(scan) = &answer.scan {
        text += &facts(scan, answer);
        text += &counts(scan);
        for one in &scan.vulnerabilities {
            text += &vulnerability(one);
        }
        if !scan.suppressed.is_empty() {
            text += "suppressed\n";
        }
        for one in &scan.suppressed {
            text += &vulnerability(one);
            for why in &one.suppressed_by {
                text += &wrapped(
                    "             ",
                    &words(&format!("{}: {}", why.by, why.reason)),
                );
            }
        }
    }
    for note in &answer.notes {
        text += &wrapped("note: ", &words(note));
    }
    for problem in &answer.problems {
        let line = format!("{} [{}]", problem.message, problem.code);
        text += &wrapped("✗ ", &words(&line));
    }
    if answer.problems.is_empty() {
        let met = match answer.demands.as_slice() {
            [] => "scanner and database are stated; no limit was given".into(),
            some => format!("met: {}", some.join("; ")),
        };
        text += &wrapped("✓ ", &words(&met));
    }
    text
}

fn facts(scan: &VulnSummary, answer: &VulnAnswer) -> String {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "not stated".into());
    let scanner = format!(
        "{} {}, {}",
        or_unknown(&scan.scanner),
        scan.scanner_version.clone().unwrap_or_default(),
        scan.format
    );
    let mut text = wrapped("  scanner  ", &words(&scanner));
    text += &wrapped("  database ", &words(&or_unknown(&scan.database_updated)));
    if let Some(target) = &scan.target {
        text += &wrapped("  target   ", &words(target));
    }
    text += &format!("  judged   at {}\n", answer.at);
    if let Some(sbom) = &answer.sbom {
        let unverified = if sbom.unverified { ", UNVERIFIED" } else { "" };
        let line = format!(
            "{}{unverified}: {} packages; it does not list those of {} vulnerabilities",
            sbom.target,
            grouped(sbom.packages),
            scan.not_in_sbom.unwrap_or_default()
        );
        text += &wrapped("  sbom     ", &words(&line));
    }
    for vex in &scan.vex {
        let line = format!(
            "{}, {} statements, {} not read",
            vex.document, vex.statements, vex.unread
        );
        text += &wrapped("  vex      ", &words(&line));
    }
    text
}

fn counts(scan: &VulnSummary) -> String {
    let most = Severity::ALL.iter().map(|one| scan.counts.get(*one)).max();
    let most = usize::try_from(most.unwrap_or_default()).unwrap_or(usize::MAX);
    let mut text = format!("  {:<10} {:>8} {:>11}\n", "severity", "count", "suppressed");
    for severity in Severity::ALL {
        let count = usize::try_from(scan.counts.get(severity)).unwrap_or(usize::MAX);
        let suppressed = scan.suppressed_counts.get(severity);
        let share = if count == 0 {
            String::new()
        } else {
            bar(count, 0, most, 20)
        };
        // Writing to a String cannot fail.
        let line = format!(
            "  {:<10} {:>8} {suppressed:>11}  {}",
            severity.to_string(),
            grouped(count),
            share.trim_end_matches('·')
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn vulnerability(one: &Vulnerability) -> String {
    let mut line = format!("{:<10} {}", one.severity.to_string(), one.title());
    if !one.fixed_in.is_empty() {
        line += &format!(", fixed in {}", one.fixed_in.join(", "));
    }
    if let Some(published) = one.published {
        line += &format!(", published {}", published.strftime("%Y-%m-%d"));
    }
    if one.in_sbom == Some(false) {
        line += ", NOT in the SBOM";
    }
    format!("  {}\n", one_line(&line))
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(Into::into).collect()
}
