//! Licenses of an SBOM, by how many packages have them.

use super::columns::{counted, grouped, listed, wrapped};
use super::markup::{Markdown, code};
use crate::sbom::licenses::{LicenseCount, LicenseReport, Standing};

/// Licenses that are named in text.
const NAMED: usize = 10;

/// A few lines: the most frequent licenses, packages without one, identifiers that SPDX does not list.
pub fn licenses_text(report: &LicenseReport) -> String {
    let all = counted(report.packages, "package", "packages");
    let distinct = counted(report.distinct, "license", "licenses");
    let mut text = wrapped("", &[format!("licenses: {distinct} of {all}")]);
    let most = by_count(report);
    if !most.is_empty() {
        let names = most.iter().take(NAMED);
        let mut words = listed(names.map(|one| format!("{} {}", one.license, one.packages)));
        let more = report.distinct.saturating_sub(words.len());
        if more > 0 {
            words.push(format!("and {} more", grouped(more)));
        }
        text += &wrapped("  ", &words);
    }
    if report.missing.count > 0 {
        let labels = report
            .missing
            .first
            .iter()
            .map(|one| one.label().to_owned());
        text += &several("without a license", report.missing.count, labels);
    }
    if report.distinct_unknown > 0 {
        let labels = report.unknown.iter().map(|one| one.license.clone());
        let words = "identifiers that SPDX does not list";
        text += &several(words, report.distinct_unknown, labels);
    }
    text
}

fn several(what: &str, count: usize, labels: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = format!("{} {what}:", grouped(count))
        .split(' ')
        .map(Into::into)
        .collect();
    let named = listed(labels.take(3));
    let more = count.saturating_sub(named.len());
    words.extend(named);
    if more > 0 {
        words.push(format!("and {} more", grouped(more)));
    }
    wrapped("  ", &words)
}

/// The most frequent first, equal ones by name.
fn by_count(report: &LicenseReport) -> Vec<&LicenseCount> {
    let mut all: Vec<_> = report.licenses.iter().collect();
    all.sort_by(|one, other| {
        let key = |of: &LicenseCount| (std::cmp::Reverse(of.packages), of.license.clone());
        key(one).cmp(&key(other))
    });
    all
}

/// A table of licenses, folded away, and one of packages whose license is not allowed or not known.
pub(crate) fn licenses_markdown(report: &LicenseReport, out: &mut Markdown) {
    let distinct = counted(report.distinct, "license", "licenses");
    let all = counted(report.packages, "package", "packages");
    out.fold(&format!(
        "{distinct} of {all}, {} without one, {} unknown identifiers",
        grouped(report.missing.count),
        grouped(report.distinct_unknown)
    ));
    out.table(&["license", "packages", "standing"], "licenses");
    for one in by_count(report) {
        let standing = match one.standing {
            Standing::Allowed => "",
            Standing::Unknown => "unknown",
            Standing::Denied => "not allowed",
        };
        out.row(&[code(&one.license), grouped(one.packages), standing.into()]);
    }
    out.end_table();
    let lists = [
        ("not allowed", &report.denied.first),
        ("unknown", &report.undecided.first),
    ];
    if lists.iter().any(|(_, list)| !list.is_empty()) {
        out.table(&["package", "license", ""], "packages");
        for (why, list) in lists {
            for one in list {
                let label = code(one.package.label());
                out.row(&[label, code(&one.license), why.into()]);
            }
        }
        out.end_table();
    }
    out.end_fold();
}
