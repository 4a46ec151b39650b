//! Mistakes in derived values and gates, one at a time; `@` marks the place where each is said.

use super::{HEAD, at_mark};

/// Metrics to name.
const METRICS: &str = "prometheus: {main: {url: 'http://h'}}
phases: {baseline: {at: T+0m, window: 30m}, t15: {at: T+15m, window: 15m}, later: {window: 20m}}
metrics:
- {id: p95, expr: p95, unit: s, window: 1h, step: 15s}
- {id: lag, expr: lag, window: 1h, step: 15s}
- {id: slow, expr: lag, window: 1h, step: 1m}
- {id: now, expr: now}
- {id: phased, expr: x, unit: s, window: 1h, step: 15s, phases: [baseline, t15]}
- {id: 'of-{phase}', expr: x, window: 1h, step: 15s, phases: [t15]}
";

#[test]
fn a_mistake_in_a_derived_value_is_refused_at_its_place() {
    for (derived, expected, is_form) in [
        (
            "@{id: d}",
            "nothing says what is computed\n  hint: give one of ratio, burn-rate",
            true,
        ),
        (
            "{id: d, ratio: @{numerator: lag}}",
            "the key \"denominator\" is missing",
            true,
        ),
        (
            "{id: d, ratio: {numerator: @lga, denominator: lag}}",
            "unknown metric \"lga\"\n  hint: did you mean \"lag\"?",
            false,
        ),
        (
            "{id: d, ratio: {numerator: lag, denominator: @slow}}",
            "\"lag\" and \"slow\" have not the same window and step",
            false,
        ),
        (
            "{id: d, ratio: {numerator: lag, denominator: lag}, change: @{metric: lag, baseline: 1}}",
            "\"ratio\" and \"change\" exclude each other",
            true,
        ),
        (
            "{id: d, burn-rate: {errors: @p95, objective: 99.9%}}",
            "\"p95\" is no share from 0 to 1: its unit is \"s\"\n  hint: a share of errors has no unit",
            false,
        ),
        (
            "{id: d, burn-rate: {errors: lag, objective: @100%}}",
            "\"100%\" leaves no budget, or nothing else\n  hint: between 0% and 100%",
            false,
        ),
        (
            "{id: d, burn-rate: {errors: lag, objective: @'0.999'}}",
            "\"0.999\": a share is a number of percent, such as \"99.9%\"",
            true,
        ),
        (
            "{id: d, burn-rate: @{errors: lag}}",
            "the key \"objective\" is missing",
            true,
        ),
        (
            "{id: d, budget-used: @{errors: lag, objective: 99%}}",
            "the key \"period\" is missing",
            true,
        ),
        (
            "{id: d, change: {metric: @phased, baseline: 1}}",
            "the metric \"phased\" is captured in phases, and here is none\n  hint: its phases: baseline, t15",
            false,
        ),
        (
            "{id: d, change: {metric: lag, baseline: 1}, limit: @'< 1s'}",
            "\"< 1s\": a limit in \"s\" cannot be compared with a metric in \"\": it has no unit",
            false,
        ),
        (
            "{id: d, change: {metric: now, baseline: 1}, statistic: @max}",
            "an instant query has one value: its statistic is last",
            false,
        ),
    ] {
        at_mark(
            &format!("{HEAD}{METRICS}derived: [{derived}]\n"),
            expected,
            is_form,
        );
    }
}

#[test]
fn a_mistake_in_a_baseline_is_refused_at_its_place() {
    for (baseline, expected, is_form) in [
        (
            "@{statistic: median}",
            "a metric is compared with itself\n  hint: give a phase, or a part of the same window",
            false,
        ),
        (
            "@{metric: p95}",
            "values in \"\" are not compared with \"p95\", which is in \"s\"",
            false,
        ),
        (
            "{phase: @bseline}",
            "unknown phase \"bseline\"\n  hint: did you mean \"baseline\"?",
            false,
        ),
        (
            "{phase: @baseline}",
            "the metric \"lag\" is not captured in the phase \"baseline\"\n  \
             hint: it has no phases: give it phases: [baseline]",
            false,
        ),
        (
            "@{to: 2h}",
            "the part is not in the window\n  hint: from and to count from",
            false,
        ),
        ("{from: 2m, to: @1m}", "\"to\" is not after \"from\"", false),
        (
            "{to: 30m, statistic: @within 9%}",
            "unknown statistic \"within 9%\"\n  hint: known: last, min, max",
            true,
        ),
        (
            "@{metric: now}",
            "an instant query has one value: its statistic is last",
            false,
        ),
        (
            "@1e3",
            "\"1e3\": a limit in \"e3\" cannot be compared",
            false,
        ),
        ("@true", "expected a number, found true or false", true),
        ("{to: 1m, @of: lag}", "unknown key \"of\"", true),
    ] {
        let text = format!(
            "{HEAD}{METRICS}derived: [{{id: d, change: {{metric: lag, baseline: {baseline}}}}}]\n"
        );
        at_mark(&text, expected, is_form);
    }
}

#[test]
fn a_mistake_in_a_check_is_refused_at_its_place() {
    for (check, expected, is_form) in [
        (
            "@{red: '> 1'}",
            "nothing says what is judged\n  hint: give metric, derived or one of ratio",
            true,
        ),
        (
            "@{metric: lag}",
            "a check without rules judges nothing",
            true,
        ),
        (
            "{metric: @lga, red: '> 1'}",
            "unknown metric \"lga\"",
            false,
        ),
        (
            "{derived: @d, red: '> 1'}",
            "unknown derived value \"d\"",
            false,
        ),
        (
            "{metric: lag, derived: @d, red: '> 1'}",
            "\"metric\" and \"derived\" exclude each other",
            true,
        ),
        (
            "{metric: lag, unit: @s, red: '> 1'}",
            "a metric has its own unit\n  hint: write it there",
            false,
        ),
        (
            "@{ratio: {numerator: lag, denominator: lag}, red: '> 1'}",
            "the key \"id\" is missing\n  hint: a check of a metric or derived value takes its id",
            false,
        ),
        ("{metric: lag, id: @A, red: '> 1'}", "\"A\" is no id", true),
        (
            "{metric: lag, for: @5m, yellow: '> 1'}",
            "\"for\" belongs to \"red\"",
            true,
        ),
        (
            "{metric: lag, red: @'> 1s'}",
            "\"> 1s\": a limit in \"s\" cannot be compared",
            false,
        ),
        (
            "{metric: lag, red: @'1'}",
            "\"1\": a limit is a comparison and a number",
            true,
        ),
        (
            "{metric: lag, red: '> 1', for: @5}",
            "expected a text, found the number 5",
            true,
        ),
        (
            "{metric: lag, red: '> 1', for: @< 5m}",
            "\"< 5m\" is no length of time",
            true,
        ),
        (
            "{metric: lag, red: @'> 1.2x'}",
            "a multiple needs a baseline\n  hint: rules: [",
            true,
        ),
        (
            "{metric: lag, missing: @ok, red: '> 1'}",
            "without a guard nobody knows whether there was nothing or no server\n  hint: guard: METRIC",
            false,
        ),
        (
            "{metric: lag, guard: @lag, missing: breach, red: '> 1'}",
            "the guard is not asked\n  hint: it is for missing: ok",
            false,
        ),
        (
            "{metric: lag, guard: @slow, missing: ok, red: '> 1'}",
            "\"lag\" and \"slow\" have not the same window and step",
            false,
        ),
        (
            "{metric: lag, guard: @x, missing: ok, red: '> 1'}",
            "unknown metric \"x\"",
            false,
        ),
        (
            "{metric: lag, nan: @zero, red: '> 1'}",
            "expected missing or breach or ok, found \"zero\"",
            true,
        ),
        (
            "{metric: lag, open-run: @x, red: '> 1'}",
            "expected so-far or inconclusive, found \"x\"",
            true,
        ),
        (
            "{metric: lag, from: 5m, to: @5m, red: '> 1'}",
            "\"to\" is not after \"from\"",
            false,
        ),
        (
            "{metric: lag, from: @2h, red: '> 1'}",
            "the part is not in the window",
            false,
        ),
        ("{metric: lag, rules: @[]}", "the list is empty", true),
        (
            "{metric: now, rules: {level: red, growth: @{absolute: 1}}}",
            "the rule can never fire: an instant query has one value\n  hint: a metric with window and step",
            false,
        ),
        (
            "{metric: lag, red: '> 1'}, {metric: @lag, red: '> 2'}",
            "the check \"lag\" is there twice\n  hint: first on line 12; give one an id of its own",
            false,
        ),
        (
            "{metric: @phased, red: '> 1'}",
            "the metric \"phased\" is captured in phases, and here is none\n  hint: its phases: baseline, t15",
            false,
        ),
    ] {
        at_mark(
            &format!("{HEAD}{METRICS}gates: {{g: [{check}]}}\n"),
            expected,
            is_form,
        );
    }
}

#[test]
fn a_rule_that_can_never_fire_is_refused() {
    let never = "the rule can never fire: the window is too short for such a run\n  \
                 hint: judge a longer window, or a shorter run";
    for check in [
        "{metric: lag, red: '> 1', for: @61m}",
        "{metric: lag, red: '> 1', for: @'> 60m'}",
        "{metric: lag, to: 10m, red: '> 1', for: @15m}",
        "{metric: now, red: '> 1', for: @1m}",
    ] {
        at_mark(
            &format!("{HEAD}{METRICS}gates: {{g: [{check}]}}\n"),
            never,
            false,
        );
    }
    let fits =
        "{metric: lag, red: '> 1', for: 60m}, {metric: lag, id: b, red: '> 1', for: '> 59m'}";
    assert_eq!(
        super::said(&format!("{HEAD}{METRICS}gates: {{g: [{fits}]}}\n")),
        ""
    );
}

#[test]
fn a_mistake_in_a_gate_or_a_phase_of_it_is_refused_at_its_place() {
    for (gate, expected, is_form) in [
        (
            "{phases: [t15], checks: [{metric: @lag, red: '> 1'}]}",
            "the metric \"lag\" is not captured in the phase \"t15\"\n  \
             hint: it has no phases: give it phases: [t15]",
            false,
        ),
        (
            "{phases: [later], checks: [{metric: @phased, red: '> 1'}]}",
            "the metric \"phased\" is not captured in the phase \"later\"\n  hint: its phases: baseline, t15",
            false,
        ),
        (
            "{phases: [t15], checks: [{metric: phased, rules: {level: red, when: '> 1s', checkpoints: [@T-1m]}}]}",
            "the checkpoint is before the window in the phase \"t15\"",
            false,
        ),
        (
            "{phases: [t15], checks: [{metric: 'of-{phase}', red: '> 1'}, {id: @of-t15, metric: phased, red: '> 1s'}]}",
            "the check \"of-t15\" is there twice\n  hint: give one an id of its own",
            false,
        ),
        ("@{phases: [t15]}", "the key \"checks\" is missing", true),
        (
            "{phases: @[], checks: [{metric: lag, red: '> 1'}]}",
            "the list is empty",
            true,
        ),
        ("@[]", "a gate without checks judges nothing", true),
        ("@x", "expected a list, found the text \"x\"", true),
    ] {
        let text = format!("{HEAD}{METRICS}gates: {{g: {gate}}}\n");
        at_mark(&text, expected, is_form);
    }
}

#[test]
fn gates_and_derived_values_share_their_ids_with_all_items() {
    for (section, expected) in [
        (
            "gates: {@lag: [{metric: lag, red: '> 1'}]}",
            "the id \"lag\" is used twice",
        ),
        (
            "gates: {@release: [{metric: lag, red: '> 1'}]}",
            "the id \"release\" is taken by an item that every bundle has",
        ),
        (
            "derived: [{id: @p95, change: {metric: lag, baseline: 1}}]",
            "the id \"p95\" is used twice",
        ),
        (
            "files: [{id: @g.t15, path: a}]\ngates: {g: {phases: [t15], checks: [{metric: phased, red: '> 1'}]}}",
            "the id \"g.t15\" is used twice",
        ),
    ] {
        let section = match section.starts_with("files") {
            // The later of two is the one that is wrong.
            true => section.replace("@", "").replace("{g:", "{@g:"),
            false => section.into(),
        };
        at_mark(&format!("{HEAD}{METRICS}{section}\n"), expected, false);
    }
}
