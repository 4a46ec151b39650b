//! SARIF 2.1.0 (OASIS) as grype, trivy and osv-scanner write it.
//!
//! A rule is a vulnerability (of grype: in a package of one name), a result is where it was found. SARIF has no field for
//! packages: grype's `purls` are read; the texts of messages are not. A match whose package or version does not follow
//! from that is counted by itself. The severity is trivy's word among the tags, else the rating of `security-severity`;
//! only without both the level, of which `error` stands for high and critical and is taken as critical.

mod rule;
#[cfg(test)]
mod tests;
mod wire;

use super::json::{Str, cut, text};
use super::report::{Match, ScanFormat, ScanReport, Scanner, Suppression};
use super::severity;
use super::{ScanError, id};
use crate::model::Severity;
use crate::model::limits;
use crate::sbom::document::Text;
use rule::Rule;
use std::collections::BTreeMap;
use wire::{Document, Run, WireResult, WireSuppression};

/// Programs whose results are vulnerabilities, by the name of `tool.driver` in lower case.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Tool {
    Grype,
    Trivy,
    OsvScanner,
}

pub(super) fn parse(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let version = text(document.version).unwrap_or_default();
    if version != "2.1.0" {
        let (format, found) = (ScanFormat::Sarif, cut(&version));
        return Err(ScanError::Version { format, found });
    }
    let mut runs = document.runs.all("runs")?.into_iter();
    let mut report = read(runs.next().ok_or_else(|| lacks("runs"))?)?;
    for run in runs {
        let further = read(run)?;
        if further.scanner != report.scanner {
            report.scanner = Scanner::default();
        }
        report.matches.extend(further.matches);
        report.others += further.others;
        report.target_digests.extend(further.target_digests);
        if report.matches.len() > limits::SCAN_MATCHES {
            return Err(ScanError::TooMany {
                what: "results",
                found: report.matches.len(),
                most: limits::SCAN_MATCHES,
            });
        }
    }
    report.target_digests.sort();
    report.target_digests.dedup();
    Ok(report)
}

fn lacks(what: &'static str) -> ScanError {
    let format = ScanFormat::Sarif;
    ScanError::Lacks { format, what }
}

fn read(run: Run<'_>) -> Result<ScanReport<'_>, ScanError> {
    let driver = run
        .tool
        .and_then(|tool| tool.driver)
        .ok_or_else(|| lacks("tool.driver"))?;
    let name = text(driver.name).unwrap_or_default();
    let (tool, name) = match name.to_ascii_lowercase().as_str() {
        "grype" => (Tool::Grype, "grype"),
        "trivy" => (Tool::Trivy, "trivy"),
        "osv-scanner" => (Tool::OsvScanner, "osv-scanner"),
        _ => return Err(ScanError::Tool { found: cut(&name) }),
    };
    let rules = driver.rules.all("rules")?;
    let mut rules: Vec<Rule<'_>> = rules
        .into_iter()
        .map(|rule| Rule::of(tool, rule))
        .collect::<Result<_, _>>()?;
    let places: BTreeMap<String, usize> = (rules.iter().enumerate())
        .rev()
        .map(|(place, rule)| (rule.id.clone().into_owned(), place))
        .collect();
    let results = run
        .results
        .ok_or_else(|| lacks("results"))?
        .all("results")?;
    let mut found = Vec::new();
    for result in results {
        let own = text(result.rule_id.clone());
        let place = match &own {
            Some(own) => places.get(own.as_ref()).copied(),
            None => result.rule_index,
        };
        if let Some(rule) = place.and_then(|place| rules.get_mut(place)) {
            rule.results += 1;
        }
        found.push((result, own, place));
    }
    let mut matches = Vec::new();
    let mut others = 0;
    for (result, own, place) in found {
        let rule = place.and_then(|place| rules.get(place));
        if rule.is_some_and(|rule| rule.is_other) {
            others += 1;
        } else {
            matches.push(read_result(tool, result, own, rule)?);
        }
    }
    let image = run.properties.unwrap_or_default();
    let repository = image.repo_digests.texts("repoDigests")?;
    Ok(ScanReport {
        format: ScanFormat::Sarif,
        scanner: Scanner {
            name: Some(name.into()),
            version: text(driver.version).or(text(driver.semantic_version)),
        },
        database: None,
        created: None,
        target: text(image.image_name),
        target_digests: (repository.into_iter())
            .filter_map(|one| Some(one.rsplit_once('@')?.1.to_owned().into()))
            .chain(text(image.image_id))
            .collect(),
        matches,
        others,
    })
}

fn read_result<'a>(
    tool: Tool,
    result: WireResult<'a>,
    own: Option<Text<'a>>,
    rule: Option<&Rule<'a>>,
) -> Result<Match<'a>, ScanError> {
    let level = text(result.level).or(rule.and_then(|rule| rule.level.clone()));
    let (severity, odd_severity) = match rule {
        Some(Rule {
            word: Some(word), ..
        }) => match severity::of_word(severity::TRIVY, word) {
            Some(severity) => (severity, None),
            None => (Severity::Unknown, Some(word.clone())),
        },
        Some(Rule {
            score: Some(score), ..
        }) => (severity::of_score(score).unwrap_or_default(), None),
        // Osv-scanner gives every result the same level.
        _ if tool == Tool::OsvScanner => (Severity::Unknown, None),
        _ => (of_level(level.as_deref()), None),
    };
    let suppressed = suppression(
        result.suppressions.all("suppressions")?,
        text(result.kind),
        text(result.baseline_state),
    );
    Ok(Match {
        id: match rule {
            Some(rule) => rule.vulnerability.clone(),
            None => id(own.map(Str), ScanFormat::Sarif)?,
        },
        aliases: rule.map(|rule| rule.aliases.clone()).unwrap_or_default(),
        severity,
        odd_severity,
        package: rule.map(Rule::package).unwrap_or_default(),
        published: None,
        fixed_in: Vec::new(),
        suppressed,
    })
}

/// The default is `warning` (section 3.27.10).
fn of_level(level: Option<&str>) -> Severity {
    match level {
        Some("error") => Severity::Critical,
        Some("warning") | None => Severity::Medium,
        Some("note") => Severity::Low,
        Some(_) => Severity::Unknown,
    }
}

/// A result is suppressed when it has suppressions and none is under review or rejected (section 3.27.23), when it is no
/// failure (section 3.27.9), or when only the baseline has it (section 3.27.24).
fn suppression<'a>(
    all: Vec<WireSuppression<'a>>,
    kind: Option<Text<'a>>,
    baseline: Option<Text<'a>>,
) -> Option<Suppression<'a>> {
    let reason = |by: &'static str, reason: Text<'a>| Suppression {
        by: by.into(),
        reason,
    };
    if let Some(kind) = kind.filter(|kind| matches!(kind.as_ref(), "pass" | "notApplicable")) {
        return Some(reason("SARIF: kind", kind));
    }
    if baseline.as_deref() == Some("absent") {
        return Some(reason("SARIF: baselineState", "absent".into()));
    }
    let mut why: Option<Text<'a>> = None;
    for one in all {
        let status = text(one.status);
        if status.is_some_and(|status| status != "accepted") {
            return None;
        }
        let said = text(one.justification).or(text(one.kind));
        why = why.or(Some(said.unwrap_or_else(|| "no reason given".into())));
    }
    why.map(|why| reason("SARIF: suppression", why))
}
