//! "The scanner found no more than it may": a report counted again, VEX applied, matches tied to the image's SBOM.

use super::attested::{self, AttestedSbom, SpeaksFor};
use super::image::{ImageRequest, layout_of};
use super::signatures::{Outcome, SignatureTrust};
use super::{Appraised, Claim, Context};
use crate::model::{
    Capture, CapturedFile, Coverage, Digest, MatchesInSbom, Problem, ScanExpectation, ScannedSbom,
    Severity, Status, limits,
};
use crate::sigstore::Judgement;
use crate::vulns::{self, Inventory, Scan, ScanReport, VexDocument, VulnSummary, scanner, vex};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    report: Option<Digest>,
    image: Option<Digest>,
    /// Of the report and the VEX documents alone.
    scan: Option<VulnSummary>,
    /// The image's SBOM beside it, none or one.
    sboms: Vec<SbomFact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SbomFact {
    outcome: Outcome,
    /// Packages of the accepted documents.
    packages: u64,
    /// Vulnerabilities in packages that none of them lists, the first of them.
    unlisted: Vec<String>,
    /// How many there are.
    unlisted_count: u64,
}

/// Counts a scanner's report again.
///
/// Problems: `scan-missing`, `scan-unreadable`, `scan-database`, `vex-unreadable`, `scan-sbom`, and those of
/// [`vulns::judge()`].
pub fn scan(capture: &Capture, wanted: &ScanExpectation, context: &Context<'_>) -> Appraised {
    let Some(file) = named(capture, &wanted.path) else {
        let problem = Problem::new("scan-missing", format!("no report {}", wanted.path));
        return failed(Status::Missing, None, problem);
    };
    let digest = Digest::of(&file.bytes);
    let mut report = match vulns::parse(&file.bytes) {
        Ok(report) => report,
        Err(error) => {
            let problem = Problem::new("scan-unreadable", format!("{}: {error}", wanted.path));
            return failed(Status::Recorded, Some(digest), problem);
        }
    };
    let mut problems = Vec::new();
    complete(&mut report, capture, wanted, &mut problems);
    let vex = vex_documents(capture, wanted, &mut problems);
    let image = wanted.image.as_ref().and_then(|_| {
        let request: ImageRequest = serde_json::from_value(capture.request.clone()).ok()?;
        Some(request.digest)
    });
    let images = image.map(|image| attested::names_of(&layout_of(capture), &image));
    let images = images.unwrap_or_default();
    let judge = |inventory: Option<&Inventory>| {
        vulns::judge(&Scan {
            report: &report,
            vex: &vex,
            images: &images,
            inventory,
            limits: &wanted.limits,
            at: capture.captured,
        })
    };
    let sbom = wanted.image.as_ref().and_then(|image| image.sbom.as_ref());
    let (mut sboms, mut inventory) = (Vec::new(), None);
    if let Some(sbom) = sbom {
        let (outcome, found) = listed(capture, image, sbom, &context.signatures);
        if wanted.limits.matches_in_sbom == MatchesInSbom::Require && outcome != Outcome::Valid {
            let code = match outcome {
                Outcome::UnknownRoot => "scan-root-unknown",
                _ => "scan-sbom",
            };
            let message = format!(
                "no accepted {} document says what the image has",
                sbom.format
            );
            problems.push(Problem::new(code, message));
        }
        inventory = (outcome == Outcome::Valid).then_some(found);
        let tied = inventory.as_ref().map(|inventory| judge(Some(inventory)).0);
        sboms.push(fact(outcome, inventory.as_ref(), tied.as_ref()));
    }
    let (summary, _) = judge(None);
    let (_, found) = judge(inventory.as_ref());
    problems.extend(found);
    let is_unknown = problems
        .iter()
        .any(|problem| problem.code == "scan-root-unknown");
    let met = if is_unknown {
        None
    } else {
        Some(problems.is_empty())
    };
    let text = text(&summary, &sboms, &problems);
    let facts = Facts {
        report: Some(digest),
        image,
        scan: Some(summary),
        sboms,
    };
    Appraised::new(Claim::new(Status::Verified, met, facts, problems), text)
}

fn failed(status: Status, report: Option<Digest>, problem: Problem) -> Appraised {
    let facts = Facts {
        report,
        image: None,
        scan: None,
        sboms: Vec::new(),
    };
    let text = problem.message.clone();
    Appraised::new(Claim::new(status, Some(false), facts, vec![problem]), text)
}

fn text(summary: &VulnSummary, sboms: &[SbomFact], problems: &[Problem]) -> String {
    let counts: Vec<String> = (Severity::ALL.iter())
        .filter(|severity| summary.counts.get(**severity) > 0)
        .map(|severity| format!("{} {severity}", summary.counts.get(*severity)))
        .collect();
    let mut text = match counts.is_empty() {
        true => "no vulnerability".to_owned(),
        false => counts.join(", "),
    };
    let suppressed = summary.suppressed_counts.total();
    if suppressed > 0 {
        text.push_str(&format!("; {suppressed} suppressed"));
    }
    if let Some(scanner) = &summary.scanner {
        let version = summary.scanner_version.as_deref().unwrap_or_default();
        text.push_str(&format!("; {scanner} {version}"));
    }
    if let Some(date) = &summary.database_updated {
        text.push_str(&format!(", database of {date}"));
    }
    let unlisted: u64 = sboms.iter().map(|sbom| sbom.unlisted_count).sum();
    if unlisted > 0 {
        text.push_str(&format!(
            "; {unlisted} in packages that the SBOM does not list"
        ));
    }
    if let Some(problem) = problems.first() {
        text.push_str(&format!("; {}", problem.message));
    }
    text
}

fn named<'a>(capture: &'a Capture, name: &str) -> Option<&'a CapturedFile> {
    let mut files = capture.files.iter();
    files.find(|file| file.name.as_deref() == Some(name))
}

/// Adds what the file beside the report says of the scanner.
fn complete<'a>(
    report: &mut ScanReport<'a>,
    capture: &'a Capture,
    wanted: &ScanExpectation,
    problems: &mut Vec<Problem>,
) {
    let Some(path) = &wanted.database else { return };
    let outcome = match named(capture, path) {
        None => Err("is not here".to_owned()),
        Some(file) => scanner::parse(&file.bytes)
            .and_then(|facts| report.complete(facts))
            .map_err(|error| error.to_string()),
    };
    if let Err(reason) = outcome {
        problems.push(Problem::new("scan-database", format!("{path}: {reason}")));
    }
}

fn vex_documents<'a>(
    capture: &'a Capture,
    wanted: &ScanExpectation,
    problems: &mut Vec<Problem>,
) -> Vec<VexDocument<'a>> {
    let mut documents = Vec::new();
    for path in &wanted.vex {
        let outcome = match named(capture, path) {
            None => Err("is not here".to_owned()),
            Some(file) => vex::parse(&file.bytes).map_err(|error| error.to_string()),
        };
        match outcome {
            Ok(document) => documents.push(document),
            Err(reason) => {
                problems.push(Problem::new("vex-unreadable", format!("{path}: {reason}")));
            }
        }
    }
    documents
}

/// What the accepted SBOM documents of the image and its platforms list.
fn listed(
    capture: &Capture,
    image: Option<Digest>,
    sbom: &ScannedSbom,
    trust: &SignatureTrust<'_>,
) -> (Outcome, Inventory) {
    let layout = layout_of(capture);
    let keys = trust.keys_with(&sbom.signed_by);
    let (coverage, format) = (Coverage::Index, sbom.format);
    let found = attested::find(
        &layout,
        image,
        format,
        &coverage,
        (&keys, trust),
        &|_, document| Inventory::of(document),
    );
    let is_accepted = |one: &AttestedSbom<Inventory>| {
        (one.object.judgement.valid()).is_some_and(|signature| sbom.signed_by.accept(signature))
    };
    let mut inventory = Inventory::default();
    let mut outcome = Outcome::Invalid;
    for one in &found.documents {
        match &one.reading {
            Ok(listed) if is_accepted(one) && one.speaks_for != SpeaksFor::Other => {
                inventory.merge(listed);
                outcome = Outcome::Valid;
            }
            _ => {}
        }
    }
    let is_unknown =
        |one: &AttestedSbom<_>| matches!(one.object.judgement, Judgement::UnknownRoot(_));
    if outcome != Outcome::Valid && found.documents.iter().any(is_unknown) {
        outcome = Outcome::UnknownRoot;
    }
    (outcome, inventory)
}

fn fact(outcome: Outcome, inventory: Option<&Inventory>, tied: Option<&VulnSummary>) -> SbomFact {
    let outside = tied.into_iter().flat_map(VulnSummary::outside_sbom);
    let titles: Vec<String> = outside.map(|one| one.title()).collect();
    SbomFact {
        outcome,
        packages: inventory.map_or(0, |inventory| inventory.len() as u64),
        unlisted_count: titles.len() as u64,
        unlisted: titles
            .into_iter()
            .take(limits::SBOM_SHOWN_PACKAGES)
            .collect(),
    }
}
