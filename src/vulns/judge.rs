//! From a report, VEX documents, an SBOM and limits to a summary and what is wrong.

use super::group::{Group, groups, is_cve};
use super::inventory::Inventory;
use super::json::cut;
use super::problems::{exceeded, first, in_sbom, odd, provenance};
use super::report::ScanReport;
use super::summary::{Counts, SuppressedBy, VexSummary, VulnSummary, Vulnerability};
use super::vex::VexDocument;
use super::vex::apply::{Placed, Said, Statements};
use crate::model::VulnLimits;
use crate::model::{Digest, Problem, Timestamp, limits};
use crate::sbom::document::Text;
use crate::sbom::purl::PackageUrl;
use std::collections::BTreeSet;

/// Odd severities that a summary shows.
const ODD_SEVERITIES: usize = 10;

/// A scan, and what it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// The scanner's report.
    pub report: &'a ScanReport<'a>,
    /// VEX documents to apply.
    pub vex: &'a [VexDocument<'a>],
    /// Digests of the scanned image, its index's and its manifest's: a VEX statement's image must have one of them.
    pub images: &'a [Digest],
    /// What the image's SBOM lists.
    pub inventory: Option<&'a Inventory>,
    /// What is asked of the scan.
    pub limits: &'a VulnLimits,
    /// The moment it is judged at.
    pub at: Timestamp,
}

/// The summary of a scan, and what keeps it from meeting its limits.
///
/// Total: a part of the report that is missing is a problem, never a pass.
pub fn judge(scan: &Scan<'_>) -> (VulnSummary, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut documents = scan.vex;
    if documents.len() > limits::VEX_DOCUMENTS {
        let (found, most) = (documents.len(), limits::VEX_DOCUMENTS);
        let message = format!("{found} VEX documents, more than {most}: none was applied");
        problems.push(Problem::new("vex-too-many", message));
        documents = &[];
    }
    let mut found = sorted(scan, documents);
    if found.is_exhausted {
        let message = "too many VEX statements to compare with the matches: none was applied";
        problems.push(Problem::new("vex-too-many", message));
        documents = &[];
        found = sorted(scan, documents);
    }
    let refused = found.refused;
    let summary = summary(scan, documents, found.counted, found.suppressed);
    provenance(scan, &mut problems);
    odd(&summary, &mut problems);
    for limit in &scan.limits.severities {
        exceeded(limit, &summary, scan.at, &mut problems);
    }
    in_sbom(scan, &summary, &mut problems);
    refused.report(&mut problems);
    (summary, problems)
}

/// All vulnerabilities, in order.
struct Sorted {
    counted: Vec<Vulnerability>,
    suppressed: Vec<Vulnerability>,
    refused: Refused,
    /// Whether the documents were too much to compare with, which makes the rest useless.
    is_exhausted: bool,
}

fn sorted(scan: &Scan<'_>, documents: &[VexDocument<'_>]) -> Sorted {
    let statements = Statements::new(documents, scan.images, scan.at);
    let mut refused = Refused::default();
    let mut counted = Vec::new();
    let mut suppressed = Vec::new();
    for group in groups(scan.report) {
        let one = vulnerability(scan, &statements, &group, &mut refused);
        if one.suppressed_by.is_empty() {
            counted.push(one);
        } else {
            suppressed.push(one);
        }
    }
    counted.sort();
    suppressed.sort();
    Sorted {
        counted,
        suppressed,
        refused,
        is_exhausted: statements.is_exhausted(),
    }
}

fn vulnerability(
    scan: &Scan<'_>,
    statements: &Statements<'_>,
    group: &Group<'_>,
    refused: &mut Refused,
) -> Vulnerability {
    let names = group.names();
    let shown = group
        .shown()
        .map(|one| one.package.clone())
        .unwrap_or_default();
    let own = |text: &Option<Text<'_>>| text.as_deref().map(ToOwned::to_owned);
    let fixed: BTreeSet<&str> = (group.members.iter())
        .flat_map(|(one, _)| one.fixed_in.iter().map(AsRef::as_ref))
        .collect();
    let listed = scan
        .inventory
        .map(|inventory| (group.members.iter()).all(|(one, _)| inventory.lists(&one.package)));
    let mut one = Vulnerability {
        severity: group.severity(),
        id: group.id.into(),
        aliases: (names.iter())
            .filter(|name| **name != group.id)
            .map(|name| (*name).into())
            .collect(),
        package: own(&shown.name),
        version: own(&shown.version),
        purl: own(&shown.purl),
        published: group.published(),
        fixed_in: fixed.into_iter().map(Into::into).collect(),
        in_sbom: listed,
        suppressed_by: Vec::new(),
    };
    let mut reasons = BTreeSet::new();
    let mut all = true;
    for (found, purl) in &group.members {
        let by_scanner = found.suppressed.as_ref().map(|why| SuppressedBy {
            by: why.by.clone().into_owned(),
            reason: why.reason.clone().into_owned(),
        });
        let by_vex = hidden(statements, group, &names, purl.as_ref(), &one, refused);
        all &= by_scanner.is_some() || by_vex.is_some();
        reasons.extend(by_scanner.or(by_vex));
    }
    if all {
        one.suppressed_by = reasons.into_iter().collect();
    }
    one
}

/// Why VEX hides a vulnerability in a package.
///
/// A statement about one CVE of an advisory that has several hides the advisory only when each of them is hidden.
fn hidden(
    statements: &Statements<'_>,
    group: &Group<'_>,
    names: &BTreeSet<&str>,
    package: Option<&PackageUrl<'_>>,
    one: &Vulnerability,
    refused: &mut Refused,
) -> Option<SuppressedBy> {
    let cves: Vec<&str> = names.iter().copied().filter(|name| is_cve(name)).collect();
    if cves.len() <= 1 {
        let said = statements.about(names.iter().copied(), package);
        return refused.note(said, one);
    }
    let ids = group.members.iter().map(|(found, _)| found.id.as_ref());
    let said = statements.about(ids.chain([group.id]), package);
    if said.holds.is_some() {
        return refused.note(said, one);
    }
    let mut reason = None;
    for cve in cves {
        let said = statements.about([cve].into_iter(), package);
        reason = Some(refused.note(said, one)?);
    }
    reason
}

/// Vulnerabilities that a statement would have hidden that is not accepted, each with the least of the documents.
#[derive(Default)]
struct Refused {
    unjustified: BTreeSet<String>,
    future: BTreeSet<String>,
}

impl Refused {
    /// Remembers what is not accepted; the reason is that of the statement that holds, where it hides.
    fn note(&mut self, said: Said<'_>, one: &Vulnerability) -> Option<SuppressedBy> {
        let note = |all: &[Placed<'_>]| {
            let documents = all.iter().map(|placed| name(placed.document));
            documents
                .min()
                .map(|document| format!("{} ({document})", one.title()))
        };
        self.unjustified.extend(note(&said.unjustified));
        self.future.extend(note(&said.future));
        let placed = said.holds.filter(|placed| placed.statement.suppresses())?;
        let statement = placed.statement;
        let why = [&statement.justification, &statement.statement];
        let why: String = why
            .into_iter()
            .flatten()
            .map(|text| format!(": {text}"))
            .collect();
        Some(SuppressedBy {
            by: name(placed.document),
            reason: format!("{}{why}", statement.status),
        })
    }

    fn report(self, problems: &mut Vec<Problem>) {
        for (code, found, what) in [
            (
                "vex-unjustified",
                self.unjustified,
                "not_affected without a reason",
            ),
            ("vex-future", self.future, "what is of a time to come"),
        ] {
            if !found.is_empty() {
                let first = first(found.iter().map(String::as_str));
                let count = found.len();
                let message = format!(
                    "VEX says {what} of {count} vulnerabilities and hides none by it: {first}"
                );
                problems.push(Problem::new(code, message));
            }
        }
    }
}

/// Format and id of a document.
fn name(document: &VexDocument<'_>) -> String {
    match &document.id {
        Some(id) => format!("{} {}", document.format, cut(id)),
        None => document.format.to_string(),
    }
}

fn summary(
    scan: &Scan<'_>,
    documents: &[VexDocument<'_>],
    vulnerabilities: Vec<Vulnerability>,
    suppressed: Vec<Vulnerability>,
) -> VulnSummary {
    let report = scan.report;
    let own = |text: &Option<Text<'_>>| text.as_deref().map(ToOwned::to_owned);
    let odd: BTreeSet<String> = (report.matches.iter())
        .filter_map(|one| one.odd_severity.as_deref().map(cut))
        .collect();
    let all = vulnerabilities.iter().chain(&suppressed);
    let outside = all.filter(|one| one.in_sbom == Some(false)).count() as u64;
    VulnSummary {
        format: report.format,
        scanner: own(&report.scanner.name),
        scanner_version: own(&report.scanner.version),
        database_updated: report
            .database
            .as_ref()
            .map(|one| one.updated.clone().into_owned()),
        database_stated_by: report.database.as_ref().map(|one| one.stated_by.into()),
        created: own(&report.created),
        target: own(&report.target),
        target_digests: report
            .target_digests
            .iter()
            .map(|one| one.clone().into_owned())
            .collect(),
        matches: report.matches.len() as u64,
        others: report.others as u64,
        counts: Counts::of(&vulnerabilities),
        suppressed_counts: Counts::of(&suppressed),
        not_in_sbom: scan.inventory.map(|_| outside),
        odd_severities: odd.into_iter().take(ODD_SEVERITIES).collect(),
        vulnerabilities,
        suppressed,
        vex: (documents.iter())
            .map(|document| VexSummary {
                document: name(document),
                author: own(&document.author),
                statements: document.statements.len() as u64,
                unread: document.unread as u64,
            })
            .collect(),
    }
}
