//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"): what code hosts show beside the lines of a file.

use crate::model::limits::SARIF_RESULTS;
use crate::model::{Digest, Finding, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How bad a result is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Something could not be judged, or is worth knowing.
    Note,
    /// Something is not as it should be.
    Warning,
    /// Something is wrong.
    Error,
}

/// Where a result is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Location {
    /// In a file.
    File {
        /// Its path as given, relative to the root of the sources or absolute.
        path: String,
        /// Line and column in characters, from 1; none for the whole file.
        position: Option<(u32, u32)>,
    },
    /// In a thing that is no file, such as an image.
    Thing(String),
}

/// One result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Id of the rule, such as `EV-signature-missing`.
    pub rule: String,
    /// What the rule demands, one sentence: the same for all results of a rule.
    pub demand: String,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What tells it from another result of the rule at the same place, lines aside: lines move.
    pub key: String,
}

impl Entry {
    /// The result of a finding about an image or file; none for what holds or was not asked for.
    pub fn of(subject: &str, finding: &Finding) -> Option<Self> {
        let level = match finding.outcome {
            Outcome::Fail => Level::Error,
            Outcome::Undetermined | Outcome::Warning => Level::Warning,
            Outcome::Pass | Outcome::NotChecked => return None,
        };
        Some(Self {
            rule: finding.code.clone(),
            demand: format!("The check {} holds", finding.check),
            level,
            message: finding.message.clone(),
            location: Location::Thing(subject.into()),
            key: finding.subject.clone(),
        })
    }
}

/// A log with these results, in their order, with a closing line feed.
///
/// After [`SARIF_RESULTS`] results one more says how many were left out. `partialFingerprints` stay the same when lines
/// move.
pub fn sarif(entries: &[Entry]) -> String {
    let mut shown: Vec<Entry> = entries.iter().take(SARIF_RESULTS).cloned().collect();
    if let Some(left) = entries
        .len()
        .checked_sub(SARIF_RESULTS)
        .filter(|left| *left > 0)
    {
        shown.push(Entry {
            rule: "EV-left-out".into(),
            demand: "All results are shown".into(),
            level: Level::Error,
            message: format!("{left} more results are left out here"),
            location: Location::Thing("this log".into()),
            key: String::new(),
        });
    }
    let rules: BTreeMap<&str, &str> = shown
        .iter()
        .map(|entry| (entry.rule.as_str(), entry.demand.as_str()))
        .collect();
    let index: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = shown
        .iter()
        .map(|entry| result(entry, &index, &mut seen))
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|(id, demand)| json!({"id": id, "shortDescription": {"text": sentence(demand)}}))
        .collect();
    log(rules, results)
}

/// A log with these rules and results, with a closing line feed.
pub(super) fn log(rules: Vec<Value>, results: Vec<Value>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "evidence",
                "version": version,
                "semanticVersion": version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(
    entry: &Entry,
    index: &BTreeMap<&str, usize>,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let level = match entry.level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let (place, location) = match &entry.location {
        Location::File { path, position } => {
            // SARIF counts from 1; a position that does not is none.
            let region = position.map(
                |(line, column)| json!({"startLine": line.max(1), "startColumn": column.max(1)}),
            );
            let physical = match region {
                Some(region) => json!({"artifactLocation": artifact(path), "region": region}),
                None => json!({"artifactLocation": artifact(path)}),
            };
            (path, json!({"physicalLocation": physical}))
        }
        Location::Thing(name) => (
            name,
            json!({"logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}),
        ),
    };
    let identity = format!("{}\0{place}\0{}", entry.rule, entry.key);
    let hash = Digest::of(identity.as_bytes()).hex();
    let count = seen.entry(identity).or_insert(0);
    *count += 1;
    json!({
        "ruleId": entry.rule,
        "ruleIndex": index.get(entry.rule.as_str()),
        "level": level,
        "message": {"text": sentence(&entry.message)},
        "locations": [location],
        "partialFingerprints": {"evidence/v1": format!("{hash}:{count}")},
    })
}

/// A path as a URI (RFC 3986): relative ones to the root of the sources.
fn artifact(path: &str) -> Value {
    let path = path.replace('\\', "/");
    let mut bare = path.as_str();
    while let Some(rest) = bare.strip_prefix("./") {
        bare = rest;
    }
    let mut uri = String::new();
    for byte in bare.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    match bare.starts_with('/') {
        true => json!({"uri": format!("file://{uri}")}),
        false => json!({"uri": uri, "uriBaseId": "%SRCROOT%"}),
    }
}

/// A message ends in a full stop; it is never empty.
pub(super) fn sentence(text: &str) -> String {
    let text = super::text::one_line(text);
    match text.trim_end_matches('.') {
        "" => "No message.".into(),
        text => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, Group};

    fn at(path: &str, key: &str) -> Entry {
        Entry {
            rule: "EV-pins-tag".into(),
            demand: "Images are named by digest".into(),
            level: Level::Warning,
            message: format!("{key} is a tag"),
            location: Location::File {
                path: path.into(),
                position: Some((3, 7)),
            },
            key: key.into(),
        }
    }

    fn parsed(entries: &[Entry]) -> Value {
        serde_json::from_str(&sarif(entries)).unwrap()
    }

    /// What the standard demands of the properties used (sections 3.13 to 3.30), and GitHub of its uploads.
    fn assert_is_sarif(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let driver = &run["tool"]["driver"];
        assert!(!driver["name"].as_str().unwrap().is_empty());
        let rules = driver["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            assert!(
                ["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap())
            );
            assert!(result["message"]["text"].as_str().unwrap().ends_with('.'));
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1);
            let physical = &locations[0]["physicalLocation"];
            if let Some(uri) = physical["artifactLocation"]["uri"].as_str() {
                assert!(uri.bytes().all(|b| b.is_ascii_graphic()), "{uri}");
                let region = &physical["region"];
                assert!(region.is_null() || region["startLine"].as_u64().unwrap() >= 1);
            } else {
                let logical = &locations[0]["logicalLocations"][0];
                assert!(logical["fullyQualifiedName"].is_string());
            }
            assert!(result["partialFingerprints"]["evidence/v1"].is_string());
        }
    }

    #[test]
    fn results_name_their_rule_their_place_and_a_print_that_outlives_moved_lines() {
        let mut moved = at("a/b c.yaml", "nginx:1");
        moved.location = Location::File {
            path: "a/b c.yaml".into(),
            position: Some((9, 1)),
        };
        let log = parsed(&[
            at("./a/b c.yaml", "nginx:1"),
            at("/é", "x"),
            at("a/b c.yaml", "nginx:1"),
        ]);

        assert_is_sarif(&log);
        let results = &log["runs"][0]["results"];
        let physical = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a/b%20c.yaml");
        assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        assert_eq!(
            physical["region"],
            json!({"startLine": 3, "startColumn": 7})
        );
        let absolute = &results[1]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(absolute["uri"], "file:///%C3%A9");
        let again = parsed(&[moved]);
        assert_eq!(
            again["runs"][0]["results"][0]["partialFingerprints"],
            results[2]["partialFingerprints"]
        );
        let twice = parsed(&[at("a", "x"), at("a", "x")]);
        let prints = |n: usize| twice["runs"][0]["results"][n]["partialFingerprints"].clone();
        assert_ne!(prints(0), prints(1));
    }

    #[test]
    fn findings_about_an_image_become_results_unless_they_hold() {
        let findings = [
            Finding::pass(Check::Signature, Group::Integrity, "api", "signed"),
            Finding::fail(
                Check::Signature,
                Group::Integrity,
                "api",
                "missing",
                "no \u{1b}signature",
            ),
            Finding::undetermined(Check::Signature, Group::Integrity, "web", "unreachable", ""),
            Finding::not_checked(Check::Policy, Group::Requirement, "web", "not asked"),
        ];
        let entries: Vec<Entry> = findings
            .iter()
            .filter_map(|finding| Entry::of("r.example/api:v1", finding))
            .collect();

        let log = parsed(&entries);

        assert_is_sarif(&log);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let said: Vec<_> = results
            .iter()
            .map(|result| {
                (
                    result["ruleId"].clone(),
                    result["level"].clone(),
                    result["message"]["text"].clone(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (
                    json!("EV-signature-missing"),
                    json!("error"),
                    json!("no \\u{1b}signature.")
                ),
                (
                    json!("EV-signature-unreachable"),
                    json!("warning"),
                    json!("No message.")
                ),
            ]
        );
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let all: Vec<Entry> = (0..SARIF_RESULTS + 7)
            .map(|n| at("f", &n.to_string()))
            .collect();

        let log = parsed(&all);

        assert_is_sarif(&log);
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), SARIF_RESULTS + 1);
        assert_eq!(
            results[SARIF_RESULTS]["message"]["text"],
            "7 more results are left out here."
        );
        assert_eq!(
            parsed(&all[..SARIF_RESULTS])["runs"][0]["results"]
                .as_array()
                .unwrap()
                .len(),
            SARIF_RESULTS
        );
        assert_is_sarif(&parsed(&[]));
    }
}
