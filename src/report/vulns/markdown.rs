//! A scan for a pull request.

use super::VulnAnswer;
use crate::model::Severity;
use crate::report::columns::grouped;
use crate::report::markup::{Markdown, code};
use crate::report::sbom::Standing;
use crate::vulns::{VulnSummary, Vulnerability};

/// The answer as Markdown of at most 60,000 bytes.
pub fn markdown(answer: &VulnAnswer) -> String {
    let mut out = Markdown::new();
    let mark = match answer.standing {
        Standing::Met => "✓",
        Standing::Undetermined => "?",
        Standing::Unmet | Standing::Refused => "✗",
    };
    let counts = answer.scan.as_ref().map(headline);
    out.line(&format!(
        "### {mark} Vulnerabilities: {}",
        counts.unwrap_or_else(|| "the report was not read".into())
    ));
    out.entry(&format!("report: {}", code(&answer.report)));
    for problem in &answer.problems {
        out.entry(&format!(
            "✗ {}: {}",
            code(&problem.code),
            code(&problem.message)
        ));
    }
    for note in &answer.notes {
        out.entry(&format!("note: {}", code(note)));
    }
    if !answer.demands.is_empty() {
        out.entry(&format!("demanded: {}", code(&answer.demands.join("; "))));
    }
    let Some(scan) = &answer.scan else {
        out.end_list();
        return out.finish();
    };
    let stated = |text: &Option<String>| text.as_deref().map_or("not stated".into(), code);
    out.entry(&format!(
        "scanner: {} {}, database of {}",
        stated(&scan.scanner),
        stated(&scan.scanner_version),
        stated(&scan.database_updated)
    ));
    if let (Some(sbom), Some(outside)) = (&answer.sbom, scan.not_in_sbom) {
        let unverified = if sbom.unverified {
            " **UNVERIFIED**"
        } else {
            ""
        };
        out.entry(&format!(
            "SBOM {}{unverified}: it does not list the packages of {outside} vulnerabilities",
            code(&sbom.target)
        ));
    }
    out.end_list();
    lists(scan, &mut out);
    out.finish()
}

fn headline(scan: &VulnSummary) -> String {
    let counts: Vec<String> = (Severity::ALL.iter())
        .filter(|severity| scan.counts.get(**severity) > 0)
        .map(|severity| format!("{} {severity}", scan.counts.get(*severity)))
        .collect();
    let mut text = match counts.is_empty() {
        true => "none".to_owned(),
        false => counts.join(", "),
    };
    let suppressed = scan.suppressed_counts.total();
    if suppressed > 0 {
        text += &format!("; {suppressed} suppressed");
    }
    text
}

fn lists(scan: &VulnSummary, out: &mut Markdown) {
    if !scan.vulnerabilities.is_empty() {
        out.table(
            &["severity", "id", "package", "fixed in"],
            "vulnerabilities",
        );
        for one in &scan.vulnerabilities {
            out.row(&row(one));
        }
        out.end_table();
    }
    if scan.suppressed.is_empty() {
        return;
    }
    out.fold(&format!("Suppressed ({})", grouped(scan.suppressed.len())));
    let heads = ["severity", "id", "package", "fixed in", "suppressed by"];
    out.table(&heads, "suppressed vulnerabilities");
    for one in &scan.suppressed {
        let why: Vec<String> = (one.suppressed_by.iter())
            .map(|why| format!("{}: {}", why.by, why.reason))
            .collect();
        let mut cells = row(one);
        cells.push(code(&why.join("; ")));
        out.row(&cells);
    }
    out.end_table();
    out.end_fold();
}

/// Severity, id, package, fixed versions.
pub(crate) fn row(one: &Vulnerability) -> Vec<String> {
    let package = match (&one.package, &one.version) {
        (Some(name), Some(version)) => format!("{name}@{version}"),
        (Some(name), None) => name.clone(),
        (None, _) => one.purl.clone().unwrap_or_default(),
    };
    let outside = if one.in_sbom == Some(false) {
        " (NOT in the SBOM)"
    } else {
        ""
    };
    vec![
        one.severity.to_string(),
        code(&one.id),
        format!("{}{outside}", code(&package)),
        match one.fixed_in.is_empty() {
            true => String::new(),
            false => code(&one.fixed_in.join(", ")),
        },
    ]
}
