//! The sections `redact` and `secrets`: what is read, for whom it is planned, and mistakes one at a time.

use super::{CONFIG_SCHEMA, HEAD, accepts, at_mark, binding, no_files, said};
use crate::config::{parse, plan};
use crate::model::{Blank, RedactRule};
use crate::secrets::SHAPES;
use std::collections::BTreeMap;

const ITEMS: &str = "prometheus: {main: {url: 'http://h'}}
phases: {early: {window: 20m}, late: {window: 20m}}
metrics:
- {id: lag, expr: lag, window: 1h, step: 15s}
- {id: 'lag-{phase}', expr: x, window: 1h, step: 15s, phases: [early, late]}
derived: [{id: twice, ratio: {numerator: lag, denominator: lag}}]
images: [{name: api, reference: 'r/api:1', sbom: {format: spdx}}]
commands: [{id: pods, run: [kubectl]}, {id: logs, run: [kubectl], phases: [late]}]
files: [{id: audit, path: audit.csv}]
";

#[test]
fn rules_are_planned_for_their_items_in_each_phase_and_for_no_other() {
    let text = format!(
        "{HEAD}{ITEMS}redact:\n\
         - {{id: a, items: [pods, logs], pointer: '/x/*'}}\n\
         - {{id: b, items: ['lag-{{phase}}', audit], pattern: 'a(b)'}}\n\
         - {{id: c, items: logs, column: owner}}\n"
    );
    assert_eq!(said(&text), "");
    assert!(accepts(CONFIG_SCHEMA, &text));
    let config = parse(text.as_bytes(), "evidence.yaml").unwrap();

    let plan = plan(&config, &binding("v1"), &mut no_files).unwrap();

    let rules: BTreeMap<&str, Vec<&str>> = (plan.items.iter())
        .map(|item| {
            let ids = item.redact.iter().map(|rule| rule.id.as_str());
            (item.id.as_str(), ids.collect())
        })
        .filter(|(_, ids): &(_, Vec<_>)| !ids.is_empty())
        .collect();
    assert_eq!(
        rules,
        BTreeMap::from([
            ("audit", vec!["b"]),
            ("lag-early", vec!["b"]),
            ("lag-late", vec!["b"]),
            ("logs.late", vec!["a", "c"]),
            ("pods", vec!["a"]),
        ])
    );
    let pods = plan.items.iter().find(|item| item.id == "pods").unwrap();
    let rule = RedactRule {
        id: "a".into(),
        what: Blank::Pointer("/x/*".into()),
    };
    assert_eq!(pods.redact, [rule]);
}

#[test]
fn another_rule_is_another_digest() {
    let rule = |what: Blank| RedactRule {
        id: "r".into(),
        what,
    };
    let digest = |rules: &[RedactRule]| RedactRule::digest(rules);
    let pointer = rule(Blank::Pointer("/a".into()));
    let column = rule(Blank::Column("/a".into()));

    assert_eq!(digest(&[]), None);
    assert_ne!(
        digest(std::slice::from_ref(&pointer)),
        digest(std::slice::from_ref(&column))
    );
    assert_ne!(
        digest(&[pointer.clone(), column.clone()]),
        digest(&[column, pointer])
    );
}

#[test]
fn a_mistake_in_a_rule_is_refused_at_its_place() {
    for (rule, expected, is_form) in [
        (
            "@{items: [pods], pointer: /a}",
            "the key \"id\" is missing",
            true,
        ),
        (
            "@{id: r, pointer: /a}",
            "the key \"items\" is missing",
            true,
        ),
        (
            "{id: @R, items: [pods], pointer: /a}",
            "\"R\" is no id",
            true,
        ),
        (
            "{id: r, items: @[], pointer: /a}",
            "the list is empty",
            true,
        ),
        (
            "@{id: r, items: [pods]}",
            "the rule does not say what it blanks\n  hint: give pointer: /items/*/value (JSON), column: NAME (CSV), or pattern",
            true,
        ),
        (
            "{id: r, items: [pods], pointer: /a, pattern: @b}",
            "\"pointer\" and \"pattern\" exclude each other",
            true,
        ),
        (
            "{id: r, items: [pods], pointer: @a}",
            "a JSON pointer is empty or begins with /",
            true,
        ),
        (
            "{id: r, items: [pods], pointer: @/a~2}",
            "in a JSON pointer ~ is written ~0, and / inside of a key ~1",
            false,
        ),
        (
            "{id: r, items: [pods], pattern: @'('}",
            "the pattern is no regular expression: error: unclosed group",
            false,
        ),
        (
            "{id: r, items: [pods], pattern: @'x*'}",
            "the pattern matches the empty text",
            false,
        ),
        (
            r"{id: r, items: [pods], pattern: @'\w{900}{900}'}",
            "the pattern is no regular expression: Compiled regex exceeds size limit",
            false,
        ),
        (
            "{id: r, items: [@pod], pointer: /a}",
            "unknown item \"pod\"\n  hint: did you mean \"pods\"?",
            false,
        ),
        (
            "{id: r, items: [@api], pointer: /a}",
            "nothing of \"api\" is ever redacted",
            false,
        ),
        (
            "{id: r, items: [@api.sbom], pointer: /a}",
            "nothing of \"api.sbom\" is ever redacted",
            false,
        ),
        (
            "{id: r, items: [@configuration], pointer: /a}",
            "nothing of \"configuration\" is ever redacted",
            false,
        ),
        (
            "{id: r, items: [@twice], pointer: /a}",
            "\"twice\" is computed from metrics and has no files of its own\n  hint: name the metrics that it reads",
            false,
        ),
        (
            "{id: r, items: [pods], pointer: /a}, {id: @r, items: [logs], pointer: /a}",
            "the redact rule \"r\" is there twice",
            false,
        ),
        (
            "{id: r, items: [pods], @path: /a, pointer: /a}",
            "unknown key \"path\"",
            true,
        ),
    ] {
        at_mark(
            &format!("{HEAD}{ITEMS}redact: [{rule}]\n"),
            expected,
            is_form,
        );
    }
    let long = format!(
        "redact: [{{id: r, items: [pods], pattern: @'{}'}}]\n",
        "x".repeat(1_025)
    );
    at_mark(
        &format!("{HEAD}{ITEMS}{long}"),
        "it has more than 1024 bytes",
        true,
    );
}

#[test]
fn a_pattern_that_is_wrong_is_not_repeated() {
    let text = format!("{HEAD}{ITEMS}redact: [{{id: r, items: [pods], pattern: 's3cr3t('}}]\n");

    assert!(!said(&text).contains("s3cr3t"), "{}", said(&text));
}

#[test]
fn what_is_allowed_is_allowed_in_its_item_alone() {
    let text = format!(
        "{HEAD}{ITEMS}secrets: {{allow: [{{item: pods, shape: jwt, reason: public}}, {{item: 'lag-{{phase}}', shape: url-password, reason: r}}, {{item: api.sbom, shape: jwt, reason: r}}, {{item: release, shape: jwt, reason: r}}]}}\n"
    );
    assert_eq!(said(&text), "");
    assert!(accepts(CONFIG_SCHEMA, &text));

    let config = parse(text.as_bytes(), "evidence.yaml").unwrap();

    assert!(config.allows("pods", None, "jwt"));
    assert!(config.allows("lag-late", Some("late"), "url-password"));
    assert!(!config.allows("pods", None, "url-password"));
    assert!(!config.allows("logs.late", Some("late"), "jwt"));
}

#[test]
fn a_mistake_in_an_allowance_is_refused_at_its_place() {
    for (allowed, expected, is_form) in [
        (
            "@{item: pods, shape: jwt}",
            "the key \"reason\" is missing",
            true,
        ),
        (
            "@{shape: jwt, reason: r}",
            "the key \"item\" is missing",
            true,
        ),
        (
            "{item: pods, shape: @jwts, reason: r}",
            "unknown shape \"jwts\"\n  hint: did you mean \"jwt\"?",
            true,
        ),
        (
            "{item: @pod, shape: jwt, reason: r}",
            "unknown item \"pod\"",
            false,
        ),
    ] {
        at_mark(
            &format!("{HEAD}{ITEMS}secrets: {{allow: [{allowed}]}}\n"),
            expected,
            is_form,
        );
    }
    at_mark(
        &format!("{HEAD}secrets: @{{}}\n"),
        "the key \"allow\" is missing",
        true,
    );
}

#[test]
fn the_schema_knows_every_shape() {
    let schema: serde_json::Value = serde_json::from_str(CONFIG_SCHEMA).unwrap();
    let place = "/properties/secrets/properties/allow/items/properties/shape/enum";
    let known = schema.pointer(place).unwrap().as_array().unwrap();
    let mut names: Vec<&str> = SHAPES.iter().map(|shape| shape.name).collect();
    assert!(names.is_sorted());
    names.sort_unstable();

    assert_eq!(known, &names);
}
