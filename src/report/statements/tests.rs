use super::*;
use crate::model::{BundleName, Check, Digest, Finding, Group, MemberPath, Window};
use serde_json::json;

fn item(id: &str, kind: Kind, facts: Value) -> ItemReport {
    ItemReport {
        id: id.into(),
        title: id.into(),
        kind,
        captured: Timestamp::UNIX_EPOCH,
        window: Some(Window {
            start_ms: 0,
            end_ms: 60_000,
        }),
        request: json!({"url": "http://prometheus.example.test/api/v1/query_range", "stepMs": 15_000}),
        files: vec![FileEntry {
            path: MemberPath::try_from(format!("metrics/{id}/chunk-000.json")).unwrap(),
            name: None,
            size: 2,
            sha256: Digest::of(b"{}"),
            media_type: "application/json".into(),
        }],
        status: Status::Verified,
        claim: StatedClaim {
            status: Status::Verified,
            met: Some(true),
            facts,
            problems: Vec::new(),
        },
        summary: String::new(),
        exhibits: Vec::new(),
    }
}

fn gate(verdict: &str) -> Value {
    let check = |id: &str, verdict: &str| {
        json!({"id": id, "verdict": verdict, "unit": "", "window": null, "stepMs": 0,
            "reasons": [], "seriesCount": 0, "series": []})
    };
    json!({"verdict": verdict, "checks": [check("a", "GREEN"), check("b", verdict)]})
}

fn report(items: Vec<ItemReport>) -> Report {
    Report {
        bundle: BundleName {
            name: "b.tar.gz".into(),
            digest: Some(Digest::of(b"")),
            size: 0,
        },
        findings: vec![Finding::pass(Check::Archive, Group::Integrity, "b", "")],
        items,
        ..Report::default()
    }
}

fn lines(report: &Report) -> Vec<Value> {
    let text = statements(report);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_verdict_of_a_gate_is_a_test_result_that_names_its_checks() {
    for (verdict, result, list) in [
        ("GREEN", "PASSED", "passedTests"),
        ("YELLOW", "WARNED", "warnedTests"),
        ("INCONCLUSIVE", "FAILED", "failedTests"),
        ("RED", "FAILED", "failedTests"),
    ] {
        let found = lines(&report(vec![item("cutover", Kind::Gate, gate(verdict))]));

        assert_eq!(found.len(), 1, "{verdict}");
        assert_eq!(found[0]["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(found[0]["predicateType"], TEST_RESULT);
        assert_eq!(found[0]["subject"][0]["name"], "b.tar.gz");
        let predicate = &found[0]["predicate"];
        assert_eq!(predicate["result"], result, "{verdict}");
        let names = predicate[list].as_array().unwrap();
        assert!(names.contains(&json!("cutover/b")), "{verdict}: {names:?}");
        assert_eq!(predicate["passedTests"][0], "cutover/a", "{verdict}");
    }
}

#[test]
fn a_snapshot_has_each_query_with_its_answers_and_who_gave_them() {
    let facts = json!({"expr": "up", "sourceQuery": "up?", "value": "1", "unit": "",
        "server": {"kind": "prometheus", "version": "3.15.0", "revision": ""}});

    let found = lines(&report(vec![item("up", Kind::Metric, facts)]));

    assert_eq!(found[0]["predicateType"], METRIC_SNAPSHOT);
    let query = &found[0]["predicate"]["queries"][0];
    assert_eq!(query["expr"], "up");
    assert_eq!(query["sourceExpr"], "up?");
    assert_eq!(query["kind"], "range");
    assert_eq!(query["end"], "1970-01-01T00:01:00Z");
    assert_eq!(query["source"]["buildInfo"]["version"], "3.15.0");
    let digest = Digest::of(b"{}").hex();
    assert_eq!(query["response"][0]["digest"]["sha256"], digest.as_str());
}

#[test]
fn of_a_refused_bundle_nothing_is_stated() {
    let mut refused = report(vec![item("cutover", Kind::Gate, gate("GREEN"))]);
    refused.findings.push(Finding::fail(
        Check::SealPresent,
        Group::Integrity,
        "seal",
        "",
        "there is no seal",
    ));

    assert_eq!(statements(&refused), "");
    assert_eq!(statements(&report(Vec::new())), "");
}
