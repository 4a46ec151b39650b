//! Gates in words: what is found in a cutover, on a screen, for a pull request and for a CI server.

use super::*;
use crate::model::{Problem, StatedClaim, Timestamp};

/// A gate of ten checks: numbers of a real cutover (an outage, a latency spike, a gap), the words about them by hand.
fn cutover() -> GateResult {
    serde_json::from_str(include_str!("tests/cutover.json")).unwrap()
}

/// A gate's item with these facts.
fn item(id: &str, facts: serde_json::Value) -> ItemReport {
    ItemReport {
        id: id.into(),
        title: format!("Gate {id}"),
        kind: Kind::Gate,
        captured: Timestamp::UNIX_EPOCH,
        window: None,
        request: serde_json::Value::Null,
        files: Vec::new(),
        status: Status::Verified,
        claim: StatedClaim {
            status: Status::Verified,
            met: None,
            facts,
            problems: vec![Problem::new("gate-capture", "no capture of api_p95")],
        },
        summary: String::new(),
        exhibits: Vec::new(),
    }
}

fn report() -> Report {
    let facts = serde_json::to_value(cutover()).unwrap();
    Report {
        items: vec![
            item("cutover", facts),
            item("bake-72h", serde_json::Value::Null),
        ],
        ..Report::default()
    }
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("tests");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_gate_is_one_screen_of_plain_words_with_the_worst_first() {
    let text = gate_text("cutover", &cutover());

    assert!(text.lines().count() <= 24 && text.is_ascii());
    snapshot("screen", &text);
}

#[test]
fn a_gate_for_a_pull_request_is_a_table_and_its_pictures() {
    let files = [("api_p95".into(), "cutover.charts/cutover 1.svg".into())];

    snapshot("markdown", &gate_markdown("cutover", &cutover(), &files));
}

#[test]
fn red_is_a_failure_inconclusive_an_error_and_yellow_passes_with_its_word() {
    snapshot("junit", &gate_junit(&[("cutover", &cutover())]));
}

#[test]
fn green_checks_share_a_line_where_a_screen_is_too_short_for_all() {
    let mut result = cutover();
    let green = result.checks[1].clone();
    result.checks.extend(vec![green; 20]);

    let text = gate_text("cutover", &result);

    assert!(text.lines().count() <= 24, "{text}");
    assert!(text.contains("\n  GREEN  api_p99, auth_error_ratio"));
}

#[test]
fn a_gate_without_a_result_is_inconclusive_and_says_why() {
    let report = report();
    let gates = of(&report);

    assert_eq!(gates[1].verdict(), GateVerdict::Inconclusive);
    assert_eq!(overall(&gates), Some(GateVerdict::Red));
    assert_eq!(overall(&gates[1..]), Some(GateVerdict::Inconclusive));
    let lines = lines(&gates[1..]);
    let expected = [
        "  ? bake-72h: INCONCLUSIVE, no capture of api_p95",
        "gates: INCONCLUSIVE",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn each_report_names_the_gates_and_the_worst_of_them() {
    let report = report();

    let text = crate::report::text(&report);
    let markdown = crate::report::markdown(&report, &|id| vec![format!("charts/{id}.svg")]);
    let json: serde_json::Value = serde_json::from_str(&crate::report::json(&report)).unwrap();
    let page = crate::report::html(&report);

    assert!(text.contains("\n  ✗ cutover: RED, 3 RED, 2 INCONCLUSIVE, 1 YELLOW, 4 GREEN\n"));
    assert!(text.contains("\ngates: RED\n"));
    assert!(
        !text.contains("graph_3hop_p95"),
        "a GREEN check has no line"
    );
    assert!(markdown.contains("### ✗ Gates: RED"));
    assert!(markdown.contains("![Gate bake-72h](charts/bake-72h.svg)"));
    assert_eq!(json["gateVerdict"], "RED");
    assert_eq!(json["gates"][0]["checks"][2]["verdict"], "RED");
    assert_eq!(json["gates"][1]["verdict"], "INCONCLUSIVE");
    for word in ["✗ RED", "? INCONCLUSIVE", "! YELLOW", "✓ GREEN"] {
        assert!(page.contains(&format!("{word}</strong>")), "{word}");
    }
    assert!(page.find("Gates").unwrap() < page.find("Checks").unwrap());
}

#[test]
fn without_gates_no_report_speaks_of_them() {
    let report = Report::default();

    let json: serde_json::Value = serde_json::from_str(&crate::report::json(&report)).unwrap();

    assert_eq!(json["gateVerdict"], "none");
    assert!(!crate::report::text(&report).contains("gates:"));
    assert!(!crate::report::markdown(&report, &|_| Vec::new()).contains("Gates"));
}

#[test]
fn a_recorded_gate_has_no_tick() {
    let mut result = cutover();
    result.verdict = GateVerdict::Green;
    let mut item = item("a", serde_json::to_value(&result).unwrap());
    item.status = Status::Recorded;
    let report = Report {
        items: vec![item],
        ..Report::default()
    };

    assert_eq!(of(&report)[0].mark(), '○');
}

#[test]
fn captured_text_neither_breaks_a_table_nor_forges_a_line() {
    let mut result = cutover();
    let hostile = "x|`a\n<script>\u{1b}[2J\u{202e}gate y: GREEN";
    result.checks.truncate(1);
    let check = &mut result.checks[0];
    check.id = hostile.into();
    check.unit = hostile.into();
    check.series[0].rules[0].found = hostile.into();
    check.series[0].rules[0].rule = hostile.into();

    let text = gate_text(hostile, &result);
    let markdown = gate_markdown(hostile, &result, &[(hostile.into(), hostile.into())]);
    let facts = serde_json::to_value(&result).unwrap();
    let page = crate::report::html(&Report {
        items: vec![item(hostile, facts)],
        ..Report::default()
    });

    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
    let rows = markdown.lines().filter(|line| line.starts_with("| "));
    assert!(
        rows.clone().all(|row| row.matches('|').count() == 7),
        "{markdown}"
    );
    assert_eq!(rows.count(), 3);
    assert!(!markdown.contains("](x|") && !page.contains("<script>"));
}
