//! Does a statistic of what is computed from metrics keep to its limit?

use super::metric::judge_series;
use super::metric_answer::MetricAnswer;
use super::{Appraised, Claim, metric_inputs};
use crate::metrics::{Column, derived};
use crate::model::{
    Baseline, Capture, DerivedExpectation, Formula, MetricExpectation, Range, Status, Window,
};

/// Appraises a derived value from the files of the metrics that it reads; as a metric is appraised from then on.
pub fn derived(capture: &Capture, expectation: &DerivedExpectation) -> Appraised {
    let read = metric_inputs::read(capture, &expectation.source.metrics());
    let found = match derived::compute(&expectation.source, &read.inputs) {
        Ok(found) => found,
        Err(problem) => {
            let summary = format!("no value: {}", problem.message);
            let facts = std::collections::BTreeMap::from([("formula", words(expectation))]);
            // What was redacted neither meets nor breaks a limit.
            let met = (!capture.is_redacted()).then_some(false);
            let claim = Claim::new(Status::Missing, met, facts, vec![problem]);
            return Appraised::new(claim, summary);
        }
    };
    let length = found.grid.end_ms().abs_diff(found.grid.start_ms);
    let as_metric = MetricExpectation {
        from: String::new(),
        expr: words(expectation),
        range: (found.grid.step_ms > 0).then_some(Range {
            window_ms: length,
            step_ms: found.grid.step_ms,
        }),
        series: expectation.series,
        statistic: expectation.statistic,
        unit: expectation.unit.clone(),
        limit: expectation.limit.clone(),
        min_coverage_percent: expectation.min_coverage_percent,
        max_gap_ms: expectation.max_gap_ms,
        raw: false,
        // What is left of them no metric accepts.
        accept_warnings: false,
        gated: expectation.limit.is_none(),
        source_query: None,
    };
    let doubt = found.doubt;
    let answer = MetricAnswer {
        server: None,
        grid: found.grid,
        chunks: 0,
        series: (found.series.into_iter())
            .map(|series| Column::of(series, &found.grid))
            .collect(),
        warnings: found.warnings,
        infos: Vec::new(),
        answered_early_ms: None,
    };
    let own = Capture {
        window: Some(Window {
            start_ms: answer.grid.start_ms,
            end_ms: answer.grid.end_ms(),
        }),
        files: Vec::new(),
        ..capture.clone()
    };
    judge_series(
        &own,
        &as_metric,
        &answer,
        doubt.into_iter().collect(),
        read.status(),
    )
}

/// The formula as people read it.
fn words(expectation: &DerivedExpectation) -> String {
    match &expectation.source {
        Formula::Metric { metric } => metric.item.clone(),
        Formula::Ratio {
            numerator,
            denominator,
        } => format!("{} / {}", numerator.item, denominator.item),
        Formula::BurnRate { errors, objective } => {
            format!("{} / (1 - {objective})", errors.item)
        }
        Formula::BudgetUsed {
            errors,
            objective,
            period_ms,
        } => format!(
            "{} over time / ((1 - {objective}) over {} s)",
            errors.item,
            period_ms / 1_000
        ),
        Formula::Change { metric, baseline } => match baseline {
            Baseline::Constant { value } => format!("{} / {value} - 1", metric.item),
            Baseline::Of {
                metric: before,
                statistic,
                ..
            } => format!(
                "{} / {} of {} - 1",
                metric.item,
                crate::metrics::statistic::name(*statistic),
                before.item
            ),
        },
    }
}

#[cfg(test)]
mod tests;
