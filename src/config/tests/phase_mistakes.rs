//! Mistakes in phases, stages and choices, one at a time; `@` marks the place where each is said.

use super::{HEAD, at_mark, said};

const METRIC: &str = "prometheus: {main: {url: 'http://h'}}
phases: {a: {window: 10m}, b: {window: 366d}}
";

#[test]
fn a_mistake_in_a_phase_is_refused_at_its_place() {
    for (phase, expected, is_form) in [
        (
            "{at: @15m}",
            "\"15m\" is no moment\n  hint: such as T-30m, T+0m",
            true,
        ),
        ("{at: @T15}", "\"T15\" is no moment", true),
        ("{at: @T+9999d}", "\"T+9999d\" is no moment", false),
        ("{window: @0s}", "\"0s\" is no length of time", true),
        (
            "{change: @T+0m}",
            "\"change\" needs \"at\"\n  hint: without both, who collects says when they are",
            true,
        ),
        (
            "{at: T+10m, change: T+0m, settle: 5m, window: @6m}",
            "the window begins before the change has settled\n  hint: it begins at change + settle",
            false,
        ),
        (
            "{at: @T+5m, change: T+0m, settle: 5m}",
            "the phase is over before the change has settled\n  hint: its window runs from",
            false,
        ),
        (
            "{at: @T-5m, change: T+0m, window: 1m}",
            "the phase is over before the change has settled",
            false,
        ),
        ("{@when: T}", "unknown key \"when\"", true),
        ("@[]", "expected a map, found a list", true),
    ] {
        at_mark(
            &format!("{HEAD}phases: {{a: {phase}}}\n"),
            expected,
            is_form,
        );
    }
}

#[test]
fn a_mistake_in_names_of_phases_and_stages_is_refused_at_its_place() {
    for (section, expected, is_form) in [
        ("phases: {@A: {}}", "\"A\" is no name of a phase", true),
        (
            "phases: {@aaaaaaaaaaaaaaaaaaaaa: {}}",
            "\"aaaaaaaaaaaaaaaaaaaaa\" is no name of a phase",
            true,
        ),
        (
            "phases: {a: {}}\nstages: {@T: [a]}",
            "\"T\" is no name of a stage",
            true,
        ),
        (
            "phases: {t15: {}}\nstages: {tag: [@t51]}",
            "unknown phase \"t51\"\n  hint: did you mean \"t15\"?",
            false,
        ),
        (
            "phases: {a: {}}\nstages: {tag: [a, @a]}",
            "the phase \"a\" is listed twice",
            true,
        ),
        (
            "stages: {tag: @x}",
            "expected a list, found the text \"x\"",
            true,
        ),
        (
            "stages: @{t60: []}",
            "the stage \"tag\" is not among the stages\n  \
             hint: defined: t60; a stage without phases is tag: []",
            false,
        ),
    ] {
        at_mark(&format!("{HEAD}{section}\n"), expected, is_form);
    }
    let many: Vec<String> = (0..65).map(|n| format!("p{n}: {{}}")).collect();
    let text = format!("{HEAD}phases: {{{}}}\n", many.join(", "));
    assert!(said(&text).contains("more than 64 are named here"));
}

#[test]
fn a_mistake_in_an_item_s_phases_is_refused_at_its_place() {
    for (section, expected, is_form) in [
        (
            "files: [{id: f, path: a, phases: @[]}]",
            "the list is empty\n  hint: without \"phases\" it is captured once",
            true,
        ),
        (
            "files: [{id: f, path: a, phases: [@x]}]",
            "unknown phase \"x\"\n  hint: no phase is defined",
            false,
        ),
        (
            "files: [{id: @'f-{phase}', path: a}]",
            "nothing fills in {phase} here\n  hint: give phases: […]",
            false,
        ),
        (
            "files: [{id: f, path: @'a-{phase}'}]",
            "nothing fills in {phase} here\n  hint: known here: {tag}",
            false,
        ),
        (
            "commands: [{id: c, run: [ls, @'{phase}']}]",
            "nothing fills in {phase} here\n  hint: give phases: […]",
            false,
        ),
        (
            "phases: {a: {}}\nfiles: [{id: @'F-{phase}', path: a, phases: [a]}]",
            "\"F-{phase}\" is no id",
            true,
        ),
        (
            "phases: {twenty-letters-here1: {}}\n\
             files: [{id: @'{phase}{phase}{phase}aaa', path: a, phases: [twenty-letters-here1]}]",
            "\"twenty-letters-here1twenty-letters-here1twenty-letters-here1aaa\" is no id\n  hint: 1 to 62",
            false,
        ),
        (
            "phases: {b: {}}\nfiles: [{id: a, path: a, phases: [b]}, {id: @a.b, path: c}]",
            "the id \"a.b\" is used twice\n  hint: first on line 4; an image's SBOM is IMAGE.sbom, \
             what moved in it IMAGE.drift, an item in a phase ID.PHASE",
            false,
        ),
        (
            "phases: {b: {}}\nfiles: [{id: 'a-{phase}', path: a, phases: [b]}, {id: @a-b, path: a}]",
            "the id \"a-b\" is used twice",
            false,
        ),
    ] {
        at_mark(&format!("{HEAD}{section}\n"), expected, is_form);
    }
}

#[test]
fn a_mistake_in_a_phased_metric_is_refused_at_its_place() {
    for (metric, expected, is_form) in [
        (
            "window: 1h, step: 7m30s, phases: [@a]",
            "the window of the phase \"a\" is no multiple of the step\n  \
             hint: its window, else at - change - settle",
            false,
        ),
        (
            "window: 1h, step: 1s, phases: [@b]",
            "in the phase \"b\": the window has 31622401 steps",
            false,
        ),
        (
            "raw: @1",
            "expected true or false, found the number 1",
            true,
        ),
        (
            "on-warnings: @ok",
            "expected inconclusive or accept, found \"ok\"",
            true,
        ),
        (
            "source-query: @''",
            "expected a text, found an empty one",
            true,
        ),
    ] {
        let text = format!("{HEAD}{METRIC}metrics: [{{id: m, expr: up, {metric}}}]\n");
        at_mark(&text, expected, is_form);
    }
}

#[test]
fn a_mistake_in_a_choice_is_refused_at_its_place() {
    for (choice, expected, is_form) in [
        ("@{about: x}", "the key \"id\" is missing", true),
        ("@{id: C-1}", "the key \"about\" is missing", true),
        (
            "{id: @C 1, about: x}",
            "\"C 1\" is no name of a choice",
            true,
        ),
        (
            "{id: C-1, about: x, chosen: @''}",
            "expected a text, found an empty one",
            true,
        ),
        (
            "{id: C-1, about: x}, {id: @C-1, about: y}",
            "the choice \"C-1\" is there twice\n  hint: first on line 3",
            false,
        ),
    ] {
        at_mark(&format!("{HEAD}choices: [{choice}]\n"), expected, is_form);
    }
}

#[test]
fn a_baseline_is_in_each_stage_that_compares_with_it() {
    let head = format!(
        "{HEAD}prometheus: {{main: {{url: 'http://h'}}}}\nphases: {{a: {{window: 30m}}, b: {{window: 30m}}}}\n\
         metrics: [{{id: m, expr: x, window: 1h, step: 15s, phases: [a, b]}}]\n"
    );
    let gate = "gates: {g: {phases: [b], checks: [{metric: m, rules: {level: red, when: '> 2x', baseline: {phase: @a}}}]}}";
    let derived = "derived: [{id: d, phases: [b], change: {metric: m, baseline: {phase: @a}}}]";

    for stages in ["{tag: [a, b]}", "{tag: [], x: [a]}"] {
        let text = format!("{head}stages: {stages}\n{gate}\n{derived}\n").replace('@', "");
        assert_eq!(said(&text), "");
    }
    for (stages, stage) in [("{tag: [b]}", "tag"), ("{tag: [], x: [b]}", "x")] {
        for section in [gate, derived] {
            let text = format!("{head}stages: {stages}\n{section}\n");
            let expected = format!(
                "the phase \"a\" is not in the stage \"{stage}\"\n  hint: what is compared with it is judged \
                 in that stage: name the phase there too"
            );
            at_mark(&text, &expected, false);
        }
    }
}

#[test]
fn what_is_planned_is_bounded_however_often_it_is_named() {
    let names: Vec<String> = (0..64).map(|n| format!("p{n}")).collect();
    let phases: Vec<String> = names.iter().map(|name| format!("{name}: {{}}")).collect();
    let (names, phases) = (names.join(", "), phases.join(", "));
    let each = |of: fn(u32) -> String| -> String {
        let all: Vec<String> = (0..200).map(of).collect();
        all.join(", ")
    };
    let checks = each(|n| format!("{{id: c{n}, metric: m, red: '> 1'}}"));
    let expr = "x".repeat(16_000);
    let queries = format!(
        "{HEAD}prometheus: {{m: {{url: 'http://h'}}}}\nphases: {{{phases}}}\n\
         metrics: [{{id: m, expr: {expr}, phases: [{names}]}}]\n\
         gates: {{g: {{phases: [{names}], checks: [{checks}]}}}}\n"
    );
    let files = each(|n| format!("{{id: f{n}, path: a, phases: NAMES}}"));
    let files = files.replace("NAMES", &format!("[{names}]"));
    let items = format!("{HEAD}phases: {{{phases}}}\nfiles: [{files}]\n");

    assert!(said(&queries).contains("more than 16 MiB of queries are planned"));
    assert!(said(&items).contains("more than 10000 items, each phase counted"));
}

#[test]
fn as_many_items_as_are_planned_fit_into_one_file() {
    let files = |count: usize| -> String {
        let item = |n| format!("- {{id: f{n}, path: a/{n}, media-type: text/plain}}\n");
        let items: String = (0..count).map(item).collect();
        format!("{HEAD}files:\n{items}")
    };

    assert_eq!(said(&files(10_000)), "");
    assert!(said(&files(10_001)).contains("more than 10000 items, each phase counted"));
}
