//! In-toto statements about a bundle, unsigned, for tools that know their types: a test result for each gate, and a
//! snapshot of the metrics.

use crate::model::predicate::ResourceDescriptor;
use crate::model::{
    FileEntry, GateResult, GateVerdict, ItemReport, Kind, Report, StatedClaim, Status, Timestamp,
    Verdict,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Predicate type of a gate's result (in-toto attestation `test-result` v0.1).
pub const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// Predicate type of a snapshot of metrics.
pub const METRIC_SNAPSHOT: &str = "https://intelgraph.github.io/evidence/metric-snapshot/v1";

/// Statements about the bundle, one JSON document a line: a test result for each gate, then the snapshot of all
/// metrics and dashboards. Empty where the bundle is refused or its digest is not known, or it has neither.
///
/// They repeat what this verification found. INCONCLUSIVE is `FAILED`: the type has no word for it.
pub fn statements(report: &Report) -> String {
    // Whoever attests these would vouch for a bundle that nobody sealed.
    let Some(digest) = (report.bundle.digest).filter(|_| report.verdict() != Verdict::Refused)
    else {
        return String::new();
    };
    let subject = ResourceDescriptor::sha256(&report.bundle.name, &digest);
    let gates = (report.items.iter()).filter(|item| item.kind == Kind::Gate);
    let mut lines: Vec<String> = gates
        .map(|item| line(&subject, TEST_RESULT, &test_result(report, item)))
        .collect();
    let snapshot = MetricSnapshot::of(report);
    if !snapshot.is_empty() {
        lines.push(line(&subject, METRIC_SNAPSHOT, &snapshot));
    }
    lines.concat()
}

#[derive(Serialize)]
struct Statement<'a, P> {
    #[serde(rename = "_type")]
    kind: &'a str,
    subject: [&'a ResourceDescriptor; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    predicate: &'a P,
}

fn line(subject: &ResourceDescriptor, predicate_type: &str, predicate: &impl Serialize) -> String {
    let statement = Statement {
        kind: "https://in-toto.io/Statement/v1",
        subject: [subject],
        predicate_type,
        predicate,
    };
    // Structs of text, numbers, lists and JSON always serialise.
    let mut text = serde_json::to_string(&statement).unwrap_or_default();
    text.push('\n');
    text
}

/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    result: &'static str,
    configuration: Vec<ResourceDescriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passed_tests: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warned_tests: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed_tests: Vec<String>,
}

fn test_result(report: &Report, gate: &ItemReport) -> TestResult {
    let configuration = (report.items.iter()).filter(|item| item.kind == Kind::Configuration);
    let found: Option<GateResult> = serde_json::from_value(gate.claim.facts.clone()).ok();
    let names = |is: &dyn Fn(GateVerdict) -> bool| -> Vec<String> {
        let checks = found.iter().flat_map(|found| &found.checks);
        let named = checks.filter(|check| is(check.verdict));
        named
            .map(|check| format!("{}/{}", gate.id, check.id))
            .collect()
    };
    TestResult {
        result: match gate.claim.gate_verdict() {
            GateVerdict::Green => "PASSED",
            GateVerdict::Yellow => "WARNED",
            GateVerdict::Red | GateVerdict::Inconclusive => "FAILED",
        },
        configuration: configuration
            .flat_map(|item| &item.files)
            .filter(|file| file.path.as_str() == "evidence.yaml")
            .map(descriptor)
            .collect(),
        passed_tests: names(&|verdict| verdict == GateVerdict::Green),
        warned_tests: names(&|verdict| verdict == GateVerdict::Yellow),
        failed_tests: names(&|verdict| {
            matches!(verdict, GateVerdict::Red | GateVerdict::Inconclusive)
        }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetricSnapshot {
    queries: Vec<Query>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    derived: Vec<Derived>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    renders: Vec<Render>,
}

/// One query and its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    id: String,
    source: Source,
    expr: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    source_expr: Value,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_ms: Option<u64>,
    responded_at: Timestamp,
    response: Vec<ResourceDescriptor>,
    status: Status,
    met: Option<bool>,
    value: Value,
    unit: Value,
}

/// Who answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    url: Value,
    build_info: Value,
}

/// What was computed of queries.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Derived {
    id: String,
    formula: Value,
    value: Value,
    unit: Value,
    status: Status,
    met: Option<bool>,
}

/// A dashboard's picture.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Render {
    id: String,
    uid: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    panel: Value,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    variables: Value,
    image: Vec<ResourceDescriptor>,
    dashboard: Vec<ResourceDescriptor>,
    data: Vec<ResourceDescriptor>,
}

impl MetricSnapshot {
    fn of(report: &Report) -> Self {
        let of_kind = |kind| (report.items.iter()).filter(move |item| item.kind == kind);
        Self {
            queries: of_kind(Kind::Metric).map(Query::of).collect(),
            derived: of_kind(Kind::Derived).map(Derived::of).collect(),
            renders: of_kind(Kind::Dashboard).map(Render::of).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.queries.is_empty() && self.derived.is_empty() && self.renders.is_empty()
    }
}

impl Query {
    fn of(item: &ItemReport) -> Self {
        let step_ms = item.request.get("stepMs").and_then(Value::as_u64);
        let start = item.window.filter(|_| step_ms.is_some());
        Self {
            id: item.id.clone(),
            source: Source {
                url: field(&item.request, "url"),
                build_info: fact(&item.claim, "server"),
            },
            expr: fact(&item.claim, "expr"),
            source_expr: fact(&item.claim, "sourceQuery"),
            kind: if step_ms.is_some() {
                "range"
            } else {
                "instant"
            },
            start: start.and_then(|window| time(window.start_ms)),
            end: item.window.and_then(|window| time(window.end_ms)),
            step_ms,
            responded_at: item.captured,
            response: files(item, |name| name.starts_with("chunk-")),
            status: item.status,
            met: item.claim.met,
            value: fact(&item.claim, "value"),
            unit: fact(&item.claim, "unit"),
        }
    }
}

impl Derived {
    fn of(item: &ItemReport) -> Self {
        Self {
            id: item.id.clone(),
            formula: fact(&item.claim, "expr"),
            value: fact(&item.claim, "value"),
            unit: fact(&item.claim, "unit"),
            status: item.status,
            met: item.claim.met,
        }
    }
}

impl Render {
    fn of(item: &ItemReport) -> Self {
        let is_data = |name: &str| name.starts_with("chunk-");
        Self {
            id: item.id.clone(),
            uid: field(&item.request, "uid"),
            panel: field(&item.request, "panel"),
            from: item.window.and_then(|window| time(window.start_ms)),
            to: item.window.and_then(|window| time(window.end_ms)),
            variables: field(&item.request, "variables"),
            image: files(item, |name| name == "render.png"),
            dashboard: files(item, |name| name == "dashboard.json"),
            data: files(item, is_data),
        }
    }
}

fn files(item: &ItemReport, is: impl Fn(&str) -> bool) -> Vec<ResourceDescriptor> {
    let name = |file: &&FileEntry| file.path.as_str().rsplit('/').next().is_some_and(&is);
    item.files.iter().filter(name).map(descriptor).collect()
}

fn descriptor(file: &FileEntry) -> ResourceDescriptor {
    ResourceDescriptor {
        name: Some(file.path.to_string()),
        uri: None,
        digest: BTreeMap::from([("sha256".into(), file.sha256.hex())]),
        media_type: Some(file.media_type.clone()),
    }
}

fn fact(claim: &StatedClaim, name: &str) -> Value {
    field(&claim.facts, name)
}

fn field(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}

fn time(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}

#[cfg(test)]
mod tests;
