//! What keeps a scan from meeting its limits: one function for each kind of problem.

use super::json::cut;
use super::judge::Scan;
use super::report::time;
use super::summary::{VulnSummary, Vulnerability};
use crate::model::{MatchesInSbom, SeverityLimit};
use crate::model::{Problem, Timestamp};

/// Scanner and database.
pub(super) fn provenance(scan: &Scan<'_>, problems: &mut Vec<Problem>) {
    let scanner = &scan.report.scanner;
    if scanner.name.is_none() || scanner.version.is_none() {
        let message = match &scanner.name {
            Some(name) => format!(
                "the report does not say which version of {} made it",
                cut(name)
            ),
            None => "the report does not say which scanner made it".into(),
        };
        problems.push(Problem::new("scan-scanner", message));
    }
    let Some(stated) = &scan.report.database else {
        let message = "the report does not say how old the vulnerability database is";
        problems.push(Problem::new("scan-database-date", message));
        return;
    };
    let text = cut(&stated.updated);
    let Some(updated) = time(&stated.updated) else {
        let message = format!("the vulnerability database's date {text:?} is none");
        problems.push(Problem::new("scan-database-date", message));
        return;
    };
    if updated > scan.at {
        let message = format!(
            "the vulnerability database's date {text} is after {}",
            scan.at
        );
        problems.push(Problem::new("scan-database-date", message));
    }
    if let Some(max) = scan.limits.max_database_age_ms
        && is_older(updated, scan.at, max)
    {
        let message = format!(
            "the vulnerability database is of {text}, older than {}",
            days(max)
        );
        problems.push(Problem::new("scan-database-old", message));
    }
}

/// Severities by words that are not known.
pub(super) fn odd(summary: &VulnSummary, problems: &mut Vec<Problem>) {
    if !summary.odd_severities.is_empty() {
        let words = first(summary.odd_severities.iter().map(String::as_str));
        let message = format!("severities that the scanner is not known to use: {words}");
        problems.push(Problem::new("scan-severity", message));
    }
}

/// A limit on a severity.
pub(super) fn exceeded(
    limit: &SeverityLimit,
    summary: &VulnSummary,
    at: Timestamp,
    problems: &mut Vec<Problem>,
) {
    let SeverityLimit {
        severity,
        max,
        older_than_ms,
    } = *limit;
    // A date to come is none.
    let date = |one: &Vulnerability| one.published.filter(|date| *date <= at);
    let counted: Vec<&Vulnerability> = (summary.vulnerabilities.iter())
        .filter(|one| one.severity == severity)
        .filter(|one| match (older_than_ms, date(one)) {
            (Some(age), Some(date)) => is_older(date, at, age),
            _ => true,
        })
        .collect();
    if counted.len() as u64 <= max {
        return;
    }
    let older = older_than_ms.map_or(String::new(), |age| format!(" older than {}", days(age)));
    let first_three = first(counted.iter().map(|one| one.title()));
    let message = format!(
        "{} {severity} vulnerabilities{older}, at most {max}: {first_three}",
        counted.len()
    );
    problems.push(Problem::new(format!("scan-{severity}"), message));
    let undated: Vec<_> = counted
        .into_iter()
        .filter(|one| date(one).is_none())
        .collect();
    if older_than_ms.is_some() && !undated.is_empty() {
        let first_three = first(undated.iter().map(|one| one.title()));
        let message = format!(
            "{} {severity} vulnerabilities have no date of publication and count as{older}: {first_three}",
            undated.len()
        );
        problems.push(Problem::new("scan-age-unknown", message));
    }
}

/// Packages that the SBOM must list.
pub(super) fn in_sbom(scan: &Scan<'_>, summary: &VulnSummary, problems: &mut Vec<Problem>) {
    if scan.limits.matches_in_sbom == MatchesInSbom::Show {
        return;
    }
    let message = match summary.not_in_sbom {
        Some(0) => return,
        Some(count) => {
            let first_three = first(summary.outside_sbom().map(Vulnerability::title));
            format!(
                "{count} vulnerabilities in packages that the SBOM does not list: {first_three}"
            )
        }
        None => "there is no SBOM to look the packages up in".into(),
    };
    problems.push(Problem::new("scan-package-unknown", message));
}

fn is_older(date: Timestamp, at: Timestamp, age_ms: u64) -> bool {
    let age = i128::from(at.as_millisecond()) - i128::from(date.as_millisecond());
    age > i128::from(age_ms)
}

fn days(ms: u64) -> String {
    const DAY: u64 = 86_400_000;
    match (ms / DAY, ms % DAY) {
        (1, 0) => "1 day".into(),
        (days, 0) => format!("{days} days"),
        _ => format!("{} hours", ms / 3_600_000),
    }
}

/// The first three, and whether there are more.
pub(super) fn first<T: AsRef<str>>(all: impl Iterator<Item = T>) -> String {
    let mut all = all;
    let some: Vec<String> = all.by_ref().take(3).map(|one| cut(one.as_ref())).collect();
    let more = if all.next().is_some() { ", …" } else { "" };
    format!("{}{more}", some.join(", "))
}
