//! Mistakes in rules, one at a time; `@` marks the place where each is said.

use super::{HEAD, at_mark};

const METRICS: &str = "prometheus: {main: {url: 'http://h'}}
phases: {later: {window: 20m}}
metrics:
- {id: lag, expr: lag, window: 1h, step: 15s}
- {id: phased, expr: x, window: 1h, step: 15s, phases: [later]}
";

#[test]
fn a_mistake_in_a_rule_is_refused_at_its_place() {
    for (rule, expected, is_form) in [
        ("@{when: '> 1'}", "the key \"level\" is missing", true),
        (
            "{level: @green, when: '> 1'}",
            "expected yellow or red, found \"green\"",
            true,
        ),
        ("@{level: red}", "the key \"when\" is missing", true),
        (
            "{level: red, when: '> 1', for: 1m, reduce: @max}",
            "\"for\" and \"reduce\" exclude each other",
            true,
        ),
        (
            "{level: red, growth: {relative: 1%}, when: @'> 1'}",
            "\"growth\" and \"when\" exclude each other",
            true,
        ),
        (
            "{level: red, growth: @{}}",
            "give relative, absolute or both",
            true,
        ),
        (
            "{level: red, growth: {absolute: @-1}}",
            "the number is below 0",
            false,
        ),
        (
            "{level: red, growth: {relative: @0.2}}",
            "expected a text, found the number 0.2",
            true,
        ),
        (
            "{level: red, when: '> 1', ok-ratio: @101%}",
            "\"101%\": a share is a number of percent",
            true,
        ),
        (
            "{level: red, when: '> 1', reduce: @within 9%}",
            "unknown statistic \"within 9%\"",
            true,
        ),
        (
            "{level: red, when: '> 1', @until: 1m}",
            "unknown key \"until\"",
            true,
        ),
        (
            "{level: red, when: '> 1', ok-ratio: @0%}",
            "the rule can never fire: no share is below 0%",
            false,
        ),
    ] {
        refused(rule, expected, is_form);
    }
}

#[test]
fn a_mistake_in_checkpoints_is_refused_at_its_place() {
    for (rule, expected, is_form) in [
        (
            "{level: red, when: '> 1', consecutive: @2}",
            "this is for checkpoints, and there are none",
            true,
        ),
        (
            "{level: red, when: '> 1', max-age: @2m}",
            "this is for checkpoints, and there are none",
            true,
        ),
        (
            "{level: red, when: '> 1', checkpoints: @[]}",
            "the list is empty",
            true,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [@5]}",
            "expected a text, found the number 5",
            true,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [@x]}",
            "\"x\" is no checkpoint\n  hint: 15m from the window's start, or T+15m",
            true,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [@61m]}",
            "the checkpoint is not in the part of the window that is judged",
            false,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [5m, @5m]}",
            "the checkpoint is not after the one before",
            false,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [@T+5m]}",
            "nobody knows when this is: the gate has no phases\n  hint: count from",
            false,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [5m], consecutive: @2}",
            "the rule can never fire: there are fewer checkpoints",
            false,
        ),
        (
            "{level: red, when: '> 1', checkpoints: [5m], consecutive: @0}",
            "expected a whole number from 1 to 1024, found the number 0",
            true,
        ),
    ] {
        refused(rule, expected, is_form);
    }
    let later = "gates: {g: {phases: [later], checks: [{metric: phased, \
                 rules: {level: red, when: '> 1', checkpoints: [@T+5m]}}]}}";
    at_mark(
        &format!("{HEAD}{METRICS}{later}\n"),
        "nobody knows when this is: the phase \"later\" has no time",
        false,
    );
}

#[test]
fn a_mistake_in_a_multiple_is_refused_at_its_place() {
    for (rule, expected, is_form) in [
        (
            "{level: red, when: @'> 1.2x'}",
            "a multiple needs a baseline\n  hint: baseline: {phase: …",
            false,
        ),
        (
            "{level: red, when: @'> 0x', baseline: 1}",
            "\"> 0x\": a multiple is a comparison and a factor above 0",
            false,
        ),
        (
            "{level: red, when: @'== 2x', baseline: 1}",
            "\"== 2x\": a multiple is a comparison and a factor above 0",
            false,
        ),
        (
            "{level: red, when: '> 1', baseline: @1}",
            "only a multiple is compared with a baseline\n  hint: when: \"> 1.2x\"",
            false,
        ),
        (
            "{level: red, when: '> 1', min-delta: @1}",
            "only a multiple is compared with a baseline",
            true,
        ),
        (
            "{level: red, when: '> 2x', baseline: 1, min-delta: @1s}",
            "\"1s\": a limit in \"s\" cannot be compared",
            false,
        ),
    ] {
        refused(rule, expected, is_form);
    }
    let formula = "gates: {g: [{id: c, ratio: {numerator: lag, denominator: lag}, \
                   rules: {level: red, when: '> 2x', baseline: @{to: 1m}}}]}";
    at_mark(
        &format!("{HEAD}{METRICS}{formula}\n"),
        "the key \"metric\" is missing",
        false,
    );
}

fn refused(rule: &str, expected: &str, is_form: bool) {
    let text = format!("{HEAD}{METRICS}gates: {{g: [{{metric: lag, rules: [{rule}]}}]}}\n");
    at_mark(&text, expected, is_form);
}
