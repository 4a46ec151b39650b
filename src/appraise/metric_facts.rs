//! The facts, the sentence and the charts of a metric claim.

use super::metric::Judged;
use super::metric_answer::MetricAnswer;
use super::recompute::RecomputedFacts;
use crate::metrics::statistic::{self, Bound};
use crate::metrics::{Labels, ServerKind, chunks};
use crate::model::{
    Capture, Chart, Exhibit, Limit, Line, MetricExpectation, Problem, Statistic, Threshold, Window,
};
use serde::Serialize;

/// What was computed. Numbers that matter are decimal text: the shortest that reads back as the same float.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    server: Option<ServerFacts>,
    expr: String,
    /// The query of the document that this one stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_query: Option<String>,
    window: Option<Window>,
    step_ms: Option<u64>,
    chunks: usize,
    series_count: usize,
    series: Vec<SeriesFacts>,
    infos: Vec<String>,
    statistic: String,
    unit: String,
    worst: Option<Labels>,
    value: Option<String>,
    limit: Option<String>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    recomputed: Option<RecomputedFacts>,
}

#[derive(Serialize)]
struct ServerFacts {
    kind: ServerKind,
    version: String,
    revision: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeriesFacts {
    labels: Labels,
    points: u64,
    numbers: u64,
    missing: u64,
    nan: u64,
    infinite: u64,
    coverage: String,
    longest_gap_ms: u64,
    value: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Good,
    Bad,
    Unjudged,
}

impl Facts {
    pub(super) fn unread(capture: &Capture, expectation: &MetricExpectation) -> Self {
        Self {
            server: None,
            expr: expectation.expr.clone(),
            source_query: expectation.source_query.clone(),
            window: capture.window,
            step_ms: expectation.range.map(|range| range.step_ms),
            chunks: 0,
            series_count: 0,
            series: Vec::new(),
            infos: Vec::new(),
            statistic: statistic::name(expectation.statistic),
            unit: expectation.unit.clone(),
            worst: None,
            value: None,
            limit: (expectation.limit.as_ref()).map(|limit| limit_text(limit, expectation)),
            outcome: Outcome::Bad,
            recomputed: None,
        }
    }

    pub(super) fn with_recomputed(self, recomputed: Option<RecomputedFacts>) -> Self {
        Self { recomputed, ..self }
    }

    pub(super) fn of(
        capture: &Capture,
        expectation: &MetricExpectation,
        answer: &MetricAnswer,
        judged: &[Judged<'_>],
        worst: Option<&Judged<'_>>,
        met: Option<bool>,
    ) -> Self {
        let server = answer.server.as_ref().map(|server| {
            let build = server.build();
            ServerFacts {
                kind: server.kind,
                version: build.version,
                revision: build.revision,
            }
        });
        Self {
            server,
            chunks: answer.chunks,
            series_count: judged.len(),
            series: judged
                .iter()
                .take(LISTED)
                .map(|one| SeriesFacts::of(one, answer.grid.step_ms))
                .collect(),
            infos: answer.infos.clone(),
            worst: worst
                .filter(|_| judged.len() > 1)
                .map(|one| one.series.labels.clone()),
            value: worst.and_then(|one| one.value).map(decimal),
            outcome: match met {
                Some(true) => Outcome::Good,
                Some(false) => Outcome::Bad,
                None => Outcome::Unjudged,
            },
            ..Self::unread(capture, expectation)
        }
    }
}

impl SeriesFacts {
    fn of(one: &Judged<'_>, step_ms: u64) -> Self {
        let found = &one.coverage;
        Self {
            labels: one.series.labels.clone(),
            points: found.points,
            numbers: found.numbers,
            missing: found.missing,
            nan: found.nan,
            infinite: found.infinite,
            coverage: format!("{}/{}", found.numbers, found.points),
            longest_gap_ms: found.longest_gap.saturating_mul(step_ms),
            value: one.value.map(decimal),
        }
    }
}

pub(super) fn summary(
    expectation: &MetricExpectation,
    judged: &[Judged<'_>],
    worst: Option<&Judged<'_>>,
    problems: &[Problem],
) -> String {
    let mut parts = Vec::new();
    if let Some((one, value)) = worst.and_then(|one| Some((one, one.value?))) {
        let shown = with_unit(&readable(value, expectation.limit.as_ref()), expectation);
        parts.push(format!(
            "{} {shown}",
            statistic::name(expectation.statistic)
        ));
        if let Some(limit) = &expectation.limit {
            parts.push(format!("limit {}", limit_text(limit, expectation)));
        }
        if expectation.range.is_some() {
            let found = &one.coverage;
            parts.push(format!("{} of {} steps", found.numbers, found.points));
        }
    }
    if judged.len() > 1 {
        parts.push(format!("{} series", judged.len()));
    }
    // A broken limit can be seen from the numbers.
    let named = problems
        .iter()
        .find(|problem| problem.code != "metric-limit");
    if let Some(problem) = named {
        parts.push(problem.message.clone());
    }
    parts.join(", ")
}

pub(super) fn exhibits(
    expectation: &MetricExpectation,
    answer: &MetricAnswer,
    judged: &[Judged<'_>],
    bound: Option<Bound>,
) -> Vec<Exhibit> {
    let points = |one: &Judged<'_>| {
        let steps = one.series.steps(&answer.grid);
        let values = steps.map(|step| step.number().unwrap_or(f64::NAN));
        let mut points: Vec<(i64, f64)> = (0..)
            .map(|index| answer.grid.at(index))
            .zip(values)
            .collect();
        // The first of a gap breaks the line; a window without a sample must not fill memory.
        points.dedup_by(|point, before| point.1.is_nan() && before.1.is_nan());
        points.shrink_to_fit();
        points
    };
    if judged.is_empty() {
        return Vec::new();
    }
    let line = |one: &Judged<'_>| Line {
        name: one.series.labels.to_string(),
        points: points(one),
    };
    let limit = bound.map(|bound| Threshold {
        value: bound.value,
        label: "limit".into(),
        level: None,
    });
    vec![Exhibit::Chart(Chart {
        title: String::new(),
        unit: expectation.unit.clone(),
        window: Some(Window {
            start_ms: answer.grid.start_ms,
            end_ms: answer.grid.end_ms(),
        }),
        step_ms: answer.grid.step_ms,
        lines: judged.iter().take(SHOWN).map(line).collect(),
        thresholds: limit.into_iter().collect(),
        shades: Vec::new(),
        marks: Vec::new(),
    })]
}

/// The shortest decimal text that reads back as the same float.
pub(super) fn decimal(value: f64) -> String {
    format!("{value}")
}

/// Six digits for people, all of them where six would hide on which side of the limit the value lies.
fn readable(value: f64, limit: Option<&Limit>) -> String {
    let digits = match value.abs() {
        size if size >= 1e6 || size == 0.0 => 0,
        // At most 5 below 1, as log10 is negative there.
        size => (5 - size.log10().floor() as i32).clamp(0, 12) as usize,
    };
    let rounded = format!("{value:.digits$}");
    let text = match rounded.contains('.') {
        true => rounded.trim_end_matches('0').trim_end_matches('.'),
        false => &rounded,
    };
    let bound = limit.and_then(|limit| limit.bound.parse::<f64>().ok());
    let hides = text.parse().ok() == bound && bound != Some(value);
    if hides { decimal(value) } else { text.into() }
}

pub(super) fn with_unit(text: &str, expectation: &MetricExpectation) -> String {
    match (expectation.statistic, expectation.unit.as_str()) {
        // A share has no unit.
        (Statistic::Within(_), _) | (_, "") => text.into(),
        (_, unit) => format!("{text} {unit}"),
    }
}

pub(super) fn limit_text(limit: &Limit, expectation: &MetricExpectation) -> String {
    let unit = match expectation.unit.as_str() {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    let text = format!("{} {}{unit}", limit.operator, limit.bound);
    match expectation.statistic {
        Statistic::Within(percent) => format!("{text} for at least {percent} % of the values"),
        _ => text,
    }
}

pub(super) fn duration(ms: u64) -> String {
    format!(
        "{} s",
        chunks::decimal_seconds(ms.try_into().unwrap_or(i64::MAX))
    )
    .replace(".000 s", " s")
}

/// Series that the facts list; all are judged.
const LISTED: usize = 1_000;
/// Series that a page shows.
const SHOWN: usize = 20;
