//! Gates: what was judged, what it came to, and what was found, for people and for CI servers.

mod junit;
mod markdown;
mod text;

#[cfg(test)]
mod tests;

pub use junit::gate_junit;
pub use markdown::gate_markdown;
pub(crate) use markdown::table;
pub use text::gate_text;
pub(crate) use text::lines;

use super::numbers::{shortened, with_unit};
use crate::model::time::duration_text;
use crate::model::{
    CheckResult, GateResult, GateVerdict, ItemReport, Kind, Level, Report, RuleOutcome, RuleResult,
    SeriesResult, Status,
};

/// A gate of a report.
pub(crate) struct Gate<'a> {
    pub(crate) item: &'a ItemReport,
    /// What it came to; none where it could not be judged at all.
    pub(crate) result: Option<GateResult>,
}

/// The gates, in the order of the report.
pub(crate) fn of(report: &Report) -> Vec<Gate<'_>> {
    let items = report.items.iter();
    items
        .filter(|item| item.kind == Kind::Gate)
        .map(|item| Gate {
            item,
            result: serde_json::from_value(item.claim.facts.clone()).ok(),
        })
        .collect()
}

impl Gate<'_> {
    /// Its verdict. A gate that could not be judged is never GREEN.
    pub(crate) fn verdict(&self) -> GateVerdict {
        let result = self.result.as_ref();
        result.map_or(GateVerdict::Inconclusive, |result| result.verdict)
    }

    /// Why there is no result, in words.
    pub(crate) fn lack(&self) -> String {
        match self.item.claim.problems.first() {
            Some(problem) => problem.message.clone(),
            None => "it could not be judged".into(),
        }
    }

    /// A tick only where it is recomputed from bytes.
    pub(crate) fn mark(&self) -> char {
        match (self.verdict(), self.item.status) {
            (GateVerdict::Green, Status::Verified) => '✓',
            (GateVerdict::Green, _) => '○',
            (verdict, _) => mark(verdict),
        }
    }
}

/// The worst of all gates; none without any.
pub(crate) fn overall(gates: &[Gate<'_>]) -> Option<GateVerdict> {
    gates.iter().map(Gate::verdict).max()
}

/// A sign beside the word of a verdict.
pub(crate) fn mark(verdict: GateVerdict) -> char {
    match verdict {
        GateVerdict::Green => '✓',
        GateVerdict::Yellow => '!',
        GateVerdict::Inconclusive => '?',
        GateVerdict::Red => '✗',
    }
}

/// What one check came to, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    pub(crate) verdict: GateVerdict,
    pub(crate) id: String,
    /// The rule that made the verdict; empty where none did.
    pub(crate) rule: String,
    /// What was found.
    pub(crate) found: String,
}

/// The checks in words, the worst first.
pub(crate) fn rows(result: &GateResult) -> Vec<Row> {
    let mut rows: Vec<Row> = result.checks.iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
    rows
}

/// A check in words.
pub(crate) fn row(check: &CheckResult) -> Row {
    let (rule, found) = match deciding(check) {
        Some((series, rule)) if !rule.found.is_empty() => {
            (rule.rule.clone(), named(check, series, &rule.found))
        }
        Some((_, rule)) => (rule.rule.clone(), reason(check)),
        None if check.verdict == GateVerdict::Green => (String::new(), values(check)),
        None => (String::new(), reason(check)),
    };
    Row {
        verdict: check.verdict,
        id: check.id.clone(),
        rule,
        found,
    }
}

/// The first rule, and its series, that gave the check its verdict.
fn deciding(check: &CheckResult) -> Option<(&SeriesResult, &RuleResult)> {
    let decides = |rule: &RuleResult| match rule.outcome {
        RuleOutcome::Fired => GateVerdict::from(rule.level) == check.verdict,
        RuleOutcome::Inconclusive => check.verdict == GateVerdict::Inconclusive,
        RuleOutcome::Quiet => false,
    };
    check.series.iter().find_map(|series| {
        let rule = series.rules.iter().find(|rule| decides(rule))?;
        Some((series, rule))
    })
}

fn reason(check: &CheckResult) -> String {
    let first = check.reasons.first().map(|problem| problem.message.clone());
    first.unwrap_or_else(|| "no reason is given".into())
}

/// With the series' labels before it, where there are several.
fn named(check: &CheckResult, series: &SeriesResult, found: &str) -> String {
    match check.series_count {
        0 | 1 => found.to_owned(),
        count => format!("{}: {found} (of {count} series)", labels(series)),
    }
}

/// Labels as Prometheus writes them.
pub(crate) fn labels(series: &SeriesResult) -> String {
    let pairs = series.labels.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}

/// What a GREEN check saw.
fn values(check: &CheckResult) -> String {
    let Some(series) = check.series.first() else {
        return "no series".into();
    };
    let mut text = match (&series.min, &series.max, &series.last) {
        (Some(min), Some(max), Some(last)) => format!(
            "{} to {}, last {}",
            shortened(min),
            with_unit(&shortened(max), &check.unit),
            with_unit(&shortened(last), &check.unit)
        ),
        _ => "no number".into(),
    };
    if check.series_count > 1 {
        text = format!("{text} (of {} series)", check.series_count);
    }
    for note in &check.reasons {
        text = format!("{text}; {}", note.message);
    }
    text
}

/// Steps that count, of all, and the longest stretch without.
pub(crate) fn coverage(series: &SeriesResult) -> String {
    let gap = match series.longest_gap_ms {
        0 => String::new(),
        ms => format!(", longest gap {}", duration_text(ms)),
    };
    format!("{} of {} steps{gap}", series.valid, series.points)
}

/// What values were compared with, each number once: such as `YELLOW 0.01, RED 0.02`.
pub(crate) fn thresholds(check: &CheckResult) -> String {
    let mut all: Vec<(String, Vec<Level>)> = Vec::new();
    for rule in check.series.iter().flat_map(|series| &series.rules) {
        let Some(threshold) = &rule.threshold else {
            continue;
        };
        let mut number = with_unit(&shortened(threshold), &check.unit);
        if let Some(baseline) = &rule.baseline {
            number = format!("{number} (baseline {})", shortened(baseline));
        }
        match all.iter_mut().find(|(known, _)| *known == number) {
            Some((_, levels)) if levels.contains(&rule.level) => {}
            Some((_, levels)) => levels.push(rule.level),
            None => all.push((number, vec![rule.level])),
        }
    }
    let texts = all.into_iter().map(|(number, mut levels)| {
        levels.sort_unstable();
        let words: Vec<String> = (levels.into_iter())
            .map(|level| GateVerdict::from(level).to_string())
            .collect();
        format!("{} {number}", words.join("+"))
    });
    let mut texts: Vec<String> = texts.collect();
    if texts.len() > 4 {
        // As many as the check has rules.
        let more = texts.len() - 3;
        texts.truncate(3);
        texts.push(format!("{more} more"));
    }
    texts.join(", ")
}

/// How many checks came to what, the worst first: such as `1 RED, 9 GREEN`.
pub(crate) fn counts(result: &GateResult) -> String {
    let verdicts = [
        GateVerdict::Red,
        GateVerdict::Inconclusive,
        GateVerdict::Yellow,
        GateVerdict::Green,
    ];
    let counted = verdicts.into_iter().filter_map(|verdict| {
        let of = |check: &&CheckResult| check.verdict == verdict;
        match result.checks.iter().filter(of).count() {
            0 => None,
            count => Some(format!("{count} {verdict}")),
        }
    });
    counted.collect::<Vec<_>>().join(", ")
}
