//! A gate for a pull request.

use super::{coverage, mark, rows, thresholds};
use crate::model::GateResult;
use crate::report::markup::{Markdown, code, picture};

/// A gate's result as Markdown: its verdict, a table of its checks, and pictures.
///
/// `chart_files` are titles of charts and where their pictures lie, as links from where the Markdown is written.
pub fn gate_markdown(name: &str, result: &GateResult, chart_files: &[(String, String)]) -> String {
    let mut out = Markdown::new();
    let verdict = result.verdict;
    let (mark, name) = (mark(verdict), code(name));
    out.line(&format!("### {mark} Gate {name}: {verdict}"));
    table(result, &mut out);
    for (title, file) in chart_files {
        out.line(&picture(title, file));
    }
    out.finish()
}

/// The checks, the worst first.
pub(crate) fn table(result: &GateResult, out: &mut Markdown) {
    let heads = [
        "verdict",
        "check",
        "rule",
        "found",
        "compared with",
        "coverage",
    ];
    out.table(&heads, "checks");
    for row in rows(result) {
        let check = result.checks.iter().find(|check| check.id == row.id);
        let series = check.and_then(|check| check.series.first());
        let cell = |text: String| match text.is_empty() {
            true => String::new(),
            false => code(&text),
        };
        out.row(&[
            format!("{} {}", mark(row.verdict), row.verdict),
            code(&row.id),
            cell(row.rule),
            cell(row.found),
            cell(check.map(thresholds).unwrap_or_default()),
            cell(series.map(coverage).unwrap_or_default()),
        ]);
    }
    out.end_table();
}
