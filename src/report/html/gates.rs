//! Gates: a word for the whole, a row for each check, what fired, and the pictures.

use super::{exhibits, seconds};
use crate::model::{CheckResult, GateResult, GateVerdict, Report, RuleOutcome, SeriesResult};
use crate::report::gates::{
    self, Gate, Row, counts, coverage, labels, mark, overall, rows, thresholds,
};
use crate::report::numbers::shortened;
use crate::report::text::one_line;
use maud::{Markup, html as markup};

/// Series of one check that a page shows; the result has the worst ones first.
const SERIES: usize = 20;

/// All gates of a report; nothing without any.
pub(super) fn section(report: &Report) -> Markup {
    let all = gates::of(report);
    let Some(verdict) = overall(&all) else {
        return Markup::default();
    };
    markup! {
        section {
            h2 { "Gates " (badge(verdict, mark(verdict))) }
            @if all.len() > 1 { ul.gates { @for gate in worst_first(&all) { (line(gate)) } } }
            @for gate in &all { (article(gate)) }
        }
    }
}

/// What the eye looks for first stands first.
fn worst_first<'a, 'r>(all: &'a [Gate<'r>]) -> Vec<&'a Gate<'r>> {
    let mut sorted: Vec<&Gate<'_>> = all.iter().collect();
    sorted.sort_by_key(|gate| std::cmp::Reverse(gate.verdict()));
    sorted
}

fn line(gate: &Gate<'_>) -> Markup {
    let (verdict, id) = (gate.verdict(), &gate.item.id);
    markup! { li { (sign(verdict)) " " a href={ "#gate-" (id) } { (gate.item.title) } } }
}

fn article(gate: &Gate<'_>) -> Markup {
    let item = gate.item;
    markup! {
        article id={ "gate-" (item.id) } {
            h3 { (item.title) }
            p.gate { (badge(gate.verdict(), gate.mark())) @if let Some(result) = &gate.result { " " (counts(result)) } }
            p.id { "gate " code { (item.id) } ", " (item.status) ", captured " (seconds(item.captured)) }
            @match &gate.result {
                Some(result) => (judged(result)),
                None => {
                    p { (gate.lack()) }
                    @for problem in &item.claim.problems { p.bad { (problem.message) " [" (problem.code) "]" } }
                }
            }
            (exhibits(item))
        }
    }
}

/// The word is what counts; the colour only repeats it.
fn badge(verdict: GateVerdict, mark: char) -> Markup {
    markup! { span class={ "gate-word " (class(verdict)) } { (mark) " " (verdict) } }
}

fn sign(verdict: GateVerdict) -> Markup {
    markup! { strong.sign.(class(verdict)) { (mark(verdict)) " " (verdict) } }
}

fn class(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Green => "v-green",
        GateVerdict::Yellow => "v-yellow",
        GateVerdict::Inconclusive => "v-inconclusive",
        GateVerdict::Red => "v-red",
    }
}

fn judged(result: &GateResult) -> Markup {
    markup! {
        div.wide { table.gate-checks {
            tr { th { "Check" } th { "Found" } th { "Compared with" } th { "Last" } th { "Least" } th { "Most" } th { "Steps" } }
            @for row in rows(result) {
                @let check = result.checks.iter().find(|check| check.id == row.id);
                @let series = check.and_then(|check| check.series.first());
                tr {
                    td { (sign(row.verdict)) br; code { (row.id) } }
                    td.long { (found(&row)) }
                    (numbers(check, series))
                }
            }
        } }
        @for check in &result.checks { (reasons(check)) (all_series(check)) }
    }
}

fn found(row: &Row) -> Markup {
    markup! {
        @if !row.rule.is_empty() { strong { (row.rule) } ": " }
        @if row.verdict == GateVerdict::Green { "nothing that fires a rule" } @else { (row.found) }
    }
}

fn numbers(check: Option<&CheckResult>, series: Option<&SeriesResult>) -> Markup {
    let unit = check.map(|check| check.unit.as_str()).unwrap_or_default();
    let number = |text: Option<&String>| text.map(|text| format!("{} {unit}", shortened(text)));
    let texts = [
        number(series.and_then(|series| series.last.as_ref())),
        number(series.and_then(|series| series.min.as_ref())),
        number(series.and_then(|series| series.max.as_ref())),
    ];
    markup! {
        td.steps { (check.map(thresholds).unwrap_or_default()) }
        @for text in texts { td { (text.unwrap_or_else(|| "–".into())) } }
        td.steps { (series.map_or_else(|| "–".into(), coverage)) }
    }
}

/// Every rule that fires, and all that is to be known of the check, where the table has only the first.
fn reasons(check: &CheckResult) -> Markup {
    let rules = check
        .series
        .first()
        .into_iter()
        .flat_map(|series| &series.rules);
    let mut fired: Vec<_> = rules
        .filter(|rule| rule.outcome != RuleOutcome::Quiet)
        .collect();
    fired.sort_by_key(|rule| std::cmp::Reverse(rule.level));
    let is_judged = check.verdict != GateVerdict::Inconclusive && !fired.is_empty();
    let notes = match is_judged {
        true => [].as_slice(),
        false => check.reasons.as_slice(),
    };
    let is_all_said = fired.len() + notes.len() <= 1 && check.verdict != GateVerdict::Green;
    markup! {
        @if !is_all_said && fired.len() + notes.len() > 0 {
            p.why { (sign(check.verdict)) " " code { (check.id) } }
            ul {
                @for rule in &fired {
                    li {
                        @if rule.outcome == RuleOutcome::Inconclusive { "cannot be told: " } @else { (GateVerdict::from(rule.level)) ": " }
                        strong { (rule.rule) } @if !rule.found.is_empty() { ": " (rule.found) }
                    }
                }
                @for note in notes { li { (note.message) " " code { (note.code) } } }
            }
        }
    }
}

/// The worst series, folded away.
fn all_series(check: &CheckResult) -> Markup {
    markup! {
        @if check.series_count > 1 && !check.series.is_empty() {
            details {
                summary { "The " (check.series.len().min(SERIES)) " worst of " (check.series_count) " series of " (check.id) }
                div.wide { table {
                    tr { th { "Verdict" } th { "Series" } th { "Last" } th { "Least" } th { "Most" } th { "Steps" } }
                    @for series in check.series.iter().take(SERIES) {
                        tr {
                            td { (sign(series.verdict)) }
                            td.long { code { (one_line(&labels(series))) } }
                            @for text in [&series.last, &series.min, &series.max] {
                                td.short { (text.as_deref().map_or_else(|| "–".into(), shortened)) }
                            }
                            td.steps { (coverage(series)) }
                        }
                    }
                } }
            }
        }
    }
}
