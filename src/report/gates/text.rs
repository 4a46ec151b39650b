//! A gate on a screen.

use super::{Gate, Row, counts, rows};
use crate::model::{GateResult, GateVerdict};
use crate::report::columns::{COLUMNS, aligned, listed, wrapped};
use crate::report::text::one_line;
use crate::report::times::window;

/// Lines of a screen.
const LINES: usize = 24;
/// Blanks before a row in a report.
const INDENT: usize = 6;

/// A gate's result on one screen, the worst check first; plain text, captured text escaped.
///
/// A dozen checks take at most 24 lines: the GREEN ones share one where there are too many.
pub fn gate_text(name: &str, result: &GateResult) -> String {
    let mut lines = vec![format!("gate {}: {}", one_line(name), result.verdict)];
    lines.push(format!("  {}{}", counts(result), when(result)));
    let rows = rows(result);
    let of_rows = |rows: &[Row]| -> Vec<String> {
        let lines = told(rows).into_iter();
        lines.map(|line| format!("  {line}")).collect()
    };
    let whole = of_rows(&rows);
    if lines.len() + whole.len() <= LINES {
        lines.extend(whole);
        return lines.join("\n") + "\n";
    }
    let (green, other): (Vec<Row>, Vec<Row>) =
        (rows.into_iter()).partition(|row| row.verdict == GateVerdict::Green);
    lines.extend(of_rows(&other));
    let mut text = lines.join("\n") + "\n";
    if !green.is_empty() {
        text.push_str(&wrapped(
            "  GREEN  ",
            &listed(green.into_iter().map(|row| row.id)),
        ));
    }
    text
}

/// The gates of a report: one line for each, one or two for each check that is not GREEN, and the worst of all.
pub(crate) fn lines(gates: &[Gate<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for gate in gates {
        let said = match &gate.result {
            Some(result) => counts(result),
            None => gate.lack(),
        };
        lines.push(format!(
            "  {} {}: {}, {said}",
            gate.mark(),
            gate.item.id,
            gate.verdict()
        ));
        let Some(result) = &gate.result else { continue };
        let rows: Vec<Row> = (rows(result).into_iter())
            .filter(|row| row.verdict != GateVerdict::Green)
            .collect();
        lines.extend(told(&rows).into_iter().map(|line| format!("      {line}")));
    }
    if let Some(verdict) = super::overall(gates) {
        lines.push(format!("gates: {verdict}"));
    }
    lines
}

/// Verdict, check, rule and what was found below each other; what was found goes below its rule where a line is too short.
fn told(rows: &[Row]) -> Vec<String> {
    let heads: Vec<Vec<String>> = (rows.iter())
        .map(|row| vec![row.verdict.to_string(), row.id.clone()])
        .collect();
    let heads = aligned(&heads);
    let width = heads.iter().map(|head| head.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut lines = Vec::new();
    for (row, head) in rows.iter().zip(heads) {
        let (rule, found) = (one_line(&row.rule), one_line(&row.found));
        let whole = match rule.as_str() {
            "" => format!("{head:width$}  {found}"),
            rule => format!("{head:width$}  {rule}  {found}"),
        };
        if rule.is_empty() || found.is_empty() || whole.chars().count() + INDENT <= COLUMNS {
            lines.push(whole.trim_end().to_owned());
        } else {
            lines.push(format!("{head:width$}  {rule}"));
            lines.push(format!("{:width$}  {found}", ""));
        }
    }
    lines
}

/// The time that all checks together look at.
fn when(result: &GateResult) -> String {
    let windows = || result.checks.iter().filter_map(|check| check.window);
    let start = windows().map(|window| window.start_ms).min();
    let end = windows().map(|window| window.end_ms).max();
    match (start, end) {
        (Some(start), Some(end)) => format!("; {}", window(start, end)),
        _ => String::new(),
    }
}
