//! The report as text: each line one check; ends with what was not checked.

use super::{DEMO, decision_word, mark, verdict_word};
use crate::model::{Finding, Group, Outcome, Report, Status};

/// The report as plain text, without colours. What is captured stays on its line: control characters are escaped.
pub fn text(report: &Report) -> String {
    let mut out = Lines(String::new());
    write(&mut out, report);
    out.0
}

/// Lines of which none can pass for several, nor show in another order than it is written.
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        self.0.push_str(&one_line(line));
        self.0.push('\n');
    }
}

/// Captured text as it may go to a terminal: what would break the line, steer the terminal or turn the order of
/// letters around is escaped.
pub fn one_line(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

fn write(out: &mut Lines, report: &Report) {
    if report.demo {
        out.add(DEMO);
        out.add("");
    }
    out.add(&report.bundle.name);
    if let Some(digest) = report.bundle.digest {
        out.add(&format!(
            "  digest   {digest}, {} bytes",
            report.bundle.size
        ));
    }
    if let Some(release) = &report.release {
        out.add(&format!(
            "  release  {} of {}, version {}",
            release.tag, release.repository, release.version
        ));
        out.add(&format!("  commit   {}", release.commit));
    }
    if let Some(signer) = &report.signer {
        let asked = if signer.accepted {
            ""
        } else {
            " (NOT the identity asked for)"
        };
        out.add(&format!("  sealed   by {}{asked}", signer.identity));
    }
    if let Some(log) = &report.log {
        let time = log
            .integrated
            .map(|time| format!(" at {time}"))
            .unwrap_or_default();
        out.add(&format!(
            "  log      entry {}{time}, leaf {}",
            log.index, log.leaf_hash
        ));
    }
    out.add("");
    out.add(&format!("verdict: {}", verdict_word(report.verdict())));
    if let Some(decision) = report.decision {
        out.add(&format!("decision: {}", decision_word(decision)));
    }
    let gates = super::gates::of(report);
    if !gates.is_empty() {
        out.add("");
        out.add("Gates");
        for line in super::gates::lines(&gates) {
            out.add(&line);
        }
    }
    section(out, "Integrity", report, |finding| {
        finding.group == Group::Integrity
    });
    section(
        out,
        "Requirements (the producer's own, from its evidence.yaml)",
        report,
        |finding| {
            finding.group == Group::Requirement && finding.check == crate::model::Check::Requirement
        },
    );
    section(out, "Policy (the verifier's)", report, |finding| {
        finding.group == Group::Requirement && finding.check != crate::model::Check::Requirement
    });
    let skipped: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::NotChecked)
        .collect();
    if !skipped.is_empty() {
        out.add("");
        out.add("Not checked");
        for finding in skipped {
            out.add(&format!("  - {}: {}", finding.subject, finding.message));
        }
    }
}

fn section(out: &mut Lines, title: &str, report: &Report, belongs: impl Fn(&Finding) -> bool) {
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::NotChecked && belongs(finding))
        .collect();
    if findings.is_empty() {
        return;
    }
    out.add("");
    out.add(title);
    for finding in findings {
        let status = match (finding.outcome, finding.status) {
            (Outcome::Pass, Status::Verified) => String::new(),
            (Outcome::Pass, status) => format!("{status}: "),
            (_, _) => String::new(),
        };
        let name = if finding.check == crate::model::Check::Requirement {
            finding.subject.clone()
        } else {
            format!("{} {}", finding.check, finding.subject)
        };
        let mut line = format!("  {} {name}: {status}{}", mark(finding), finding.message);
        if !finding.code.is_empty() {
            line.push_str(&format!(" [{}]", finding.code));
        }
        out.add(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Check;

    #[test]
    fn captured_text_can_neither_forge_a_line_nor_turn_one_around() {
        let forged = "bad\n\nverdict: verified\r\u{202e}\u{2028}\u{1b}[2K";
        let report = Report {
            findings: vec![Finding::fail(
                Check::Claim,
                Group::Integrity,
                forged,
                "",
                forged,
            )],
            ..Report::default()
        };

        let text = text(&report);

        let verdicts: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("verdict"))
            .collect();
        assert_eq!(verdicts, ["verdict: refused"]);
        assert!(!text.contains(['\r', '\u{202e}', '\u{2028}', '\u{1b}']));
    }
}
