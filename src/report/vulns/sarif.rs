//! Vulnerabilities as results of a SARIF log: a rule for each id, suppressed ones with their suppressions (SARIF 2.1.0,
//! section 3.35). Code hosts hide those and do not drop them.

use super::VulnAnswer;
use crate::model::limits::SARIF_RESULTS;
use crate::model::{Digest, Problem, Severity};
use crate::report::sarif::{log, sentence};
use crate::report::text::one_line;
use crate::vulns::Vulnerability;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The scan as a log, the worst first, then those that are suppressed; problems before all. After [`SARIF_RESULTS`]
/// results one more says how many were left out.
pub fn sarif(answer: &VulnAnswer) -> String {
    let scan = answer.scan.as_ref();
    let counted = scan.into_iter().flat_map(|scan| &scan.vulnerabilities);
    let all: Vec<&Vulnerability> = counted
        .chain(scan.into_iter().flat_map(|scan| &scan.suppressed))
        .collect();
    let room = SARIF_RESULTS.saturating_sub(answer.problems.len());
    let shown: Vec<&Vulnerability> = all.iter().copied().take(room).collect();
    let left = all.len() - shown.len();
    let mut problems = answer.problems.clone();
    if left > 0 {
        let message = format!("{left} more results are left out here");
        problems.push(Problem::new("left-out", message));
    }
    let mut rules: BTreeMap<String, Value> = (problems.iter())
        .map(|problem| {
            let id = format!("EV-{}", problem.code);
            let text = "A scan is within its limits.";
            (
                id.clone(),
                json!({"id": id, "shortDescription": {"text": text}}),
            )
        })
        .collect();
    for one in &shown {
        // The first is the worst of that id.
        rules.entry(one_line(&one.id)).or_insert_with(|| rule(one));
    }
    let index: BTreeMap<&str, usize> = rules.keys().map(String::as_str).zip(0..).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = (problems.iter())
        .map(|problem| {
            let id = format!("EV-{}", problem.code);
            let print = fingerprint(&id, "", &mut seen);
            json!({
                "ruleId": id,
                "ruleIndex": index.get(id.as_str()),
                "level": "error",
                "message": {"text": sentence(&problem.message)},
                "locations": [place(&answer.report)],
                "partialFingerprints": {"evidence/v1": print},
            })
        })
        .collect();
    let found = shown.iter().map(|one| result(one, &index, &mut seen));
    let results = results.into_iter().chain(found.collect::<Vec<_>>());
    log(rules.into_values().collect(), results.collect())
}

fn rule(one: &Vulnerability) -> Value {
    let id = one_line(&one.id);
    let mut properties = json!({"tags": ["security", "vulnerability"]});
    if let (Some(score), Some(map)) = (score(one.severity), properties.as_object_mut()) {
        map.insert("security-severity".into(), score.into());
    }
    json!({
        "id": id,
        "shortDescription": {"text": sentence(&format!("The package has the vulnerability {id}"))},
        "properties": properties,
    })
}

fn result(
    one: &Vulnerability,
    index: &BTreeMap<&str, usize>,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let id = one_line(&one.id);
    let package = one_line(&package(one));
    let mut message = one.title();
    if !one.fixed_in.is_empty() {
        message += &format!(", fixed in {}", one.fixed_in.join(", "));
    }
    if one.in_sbom == Some(false) {
        message += ", a package that the SBOM does not list";
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": index.get(id.as_str()),
        "level": level(one.severity),
        "message": {"text": sentence(&message)},
        "locations": [place(&package)],
        "partialFingerprints": {"evidence/v1": fingerprint(&id, &package, seen)},
        "properties": {"severity": one.severity, "purl": one.purl, "inSbom": one.in_sbom},
    });
    let why: Vec<Value> = (one.suppressed_by.iter())
        .map(|why| {
            let text = one_line(&format!("{}: {}", why.by, why.reason));
            json!({"kind": "external", "status": "accepted", "justification": text})
        })
        .collect();
    if let (false, Some(map)) = (why.is_empty(), result.as_object_mut()) {
        map.insert("suppressions".into(), why.into());
    }
    result
}

fn package(one: &Vulnerability) -> String {
    match (&one.package, &one.version, &one.purl) {
        (_, _, Some(purl)) => purl.clone(),
        (Some(name), Some(version), _) => format!("{name}@{version}"),
        (Some(name), None, _) => name.clone(),
        _ => "a package that is not named".into(),
    }
}

fn place(name: &str) -> Value {
    json!({"logicalLocations": [{"fullyQualifiedName": one_line(name), "kind": "resource"}]})
}

fn fingerprint(rule: &str, place: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let identity = format!("{rule}\0{place}");
    let hash = Digest::of(identity.as_bytes()).hex();
    let count = seen.entry(identity).or_insert(0);
    *count += 1;
    format!("{hash}:{count}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Negligible | Severity::Unknown => "note",
    }
}

/// A score inside of the severity's range: reports are read for the rating and not for the vector. The same as trivy's,
/// where that has none of its own.
fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Negligible => Some("0.1"),
        Severity::Unknown => None,
    }
}
