//! Mistakes in a metric, one at a time.

use super::{CONFIG_SCHEMA, HEAD, accepts, said};

/// Mistakes in a metric; the schema knows of those that are `true`.
const METRICS: &[(&str, &str, bool)] = &[
    (
        "expr: up, window: 1h",
        "51: a range query needs \"window\" and \"step\"\n  hint: without both the query is an instant one",
        true,
    ),
    (
        "expr: up, window: 1h, step: 7s",
        "51: the window is no multiple of the step",
        false,
    ),
    (
        "expr: up, window: 366d, step: 1s",
        "63: the window has 31622401 steps, at most ",
        false,
    ),
    (
        "expr: up @ end(), window: 1d, step: 1s",
        "69: end() depends on the whole window, which 86401 steps are too many for",
        false,
    ),
    (
        "expr: up, window: 1x, step: 7s",
        "51: \"1x\" is no length of time\n  hint: such as 90s, 15m, 2h, 1h30m, 3d",
        true,
    ),
    (
        "expr: up, window: 0s, step: 7s",
        "51: \"0s\" is no length of time",
        true,
    ),
    (
        "expr: up, statistic: avg",
        "54: unknown statistic \"avg\"",
        true,
    ),
    (
        "expr: up, statistic: max",
        "54: an instant query has one value: its statistic is last",
        false,
    ),
    (
        "expr: up, window: 1h, step: 1m, statistic: within 99%",
        "76: the share of numbers within a limit needs a limit",
        false,
    ),
    (
        "expr: up, limit: 0.35",
        "50: expected a text, found the number 0.35",
        true,
    ),
    (
        "expr: up, limit: '0.35'",
        "50: \"0.35\": a limit is a comparison and a number",
        true,
    ),
    (
        "expr: up, limit: '<= 5ms'",
        "50: \"<= 5ms\": a limit in \"ms\" cannot be compared with a metric in \"\": it has no unit",
        false,
    ),
    (
        "expr: up, unit: d, limit: '<= 1s'",
        "59: \"<= 1s\": the limit has no exact value in \"d\"",
        false,
    ),
    (
        "expr: up, min-coverage: 101%",
        "57: \"101%\" is no share\n  hint: whole percent, from 0% to 100%",
        true,
    ),
    (
        "expr: up, min-coverage: 90",
        "57: expected a text, found the number 90",
        true,
    ),
    (
        "expr: up, max-gap: 5",
        "52: expected a text, found the number 5",
        true,
    ),
    (
        "expr: up, series: first",
        "51: expected single or all, found \"first\"",
        true,
    ),
    (
        "expr: up, from: other",
        "49: unknown Prometheus server \"other\"\n  hint: defined: main",
        false,
    ),
    ("from: main", "25: the key \"expr\" is missing", true),
];

#[test]
fn a_mistake_in_a_metric_is_refused_at_its_place() {
    for (metric, expected, is_form) in METRICS {
        let servers = "prometheus: {main: {url: 'http://h'}}";
        let text = format!("{HEAD}{servers}\nmetrics:             [  {{id: m, {metric}}}]\n");
        let said = said(&text);
        assert!(
            said.starts_with(&format!("evidence.yaml:4:{expected}")),
            "{metric}\nsaid: {said}"
        );
        assert_eq!(
            accepts(CONFIG_SCHEMA, &text),
            !is_form,
            "the schema on {metric}"
        );
    }
}
