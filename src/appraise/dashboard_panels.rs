//! The data behind a dashboard's picture: what each panel asked, and whether the stored answer is one with numbers.

use super::metric_answer::{self, MetricAnswer};
use crate::metrics::grafana::{Asked, DashboardPanel, PanelQuery, resolve};
use crate::metrics::{MetricRequest, Step};
use crate::model::limits::DOCUMENT_BYTES;
use crate::model::{
    Capture, CapturedFile, Chart, DashboardExpectation, Exhibit, Line, Problem, Window,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Name of the file that stands in the place of an answer where the server refused the query.
pub const REFUSAL: &str = "refusal.json";

/// What a server said that refused a panel's query.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// In its words.
    pub message: String,
}

/// Name of the file with a library element.
pub fn library_name(uid: &str) -> String {
    format!("library-{uid}.json")
}

/// What was found of all panels.
#[derive(Default)]
pub(super) struct Panels {
    pub(super) facts: Vec<PanelFacts>,
    pub(super) problems: Vec<Problem>,
    pub(super) charts: Vec<Exhibit>,
    /// Queries that were judged, and those of them with a number.
    pub(super) judged: usize,
    pub(super) with_numbers: usize,
}

/// A panel in the facts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PanelFacts {
    id: Option<i64>,
    title: String,
    #[serde(rename = "type")]
    kind: String,
    /// By which its picture shows another range than its data.
    overrides: Vec<String>,
    queries: Vec<QueryFacts>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryFacts {
    ref_id: String,
    /// With its variables filled in, where they could be.
    expr: String,
    instant: bool,
    step_ms: Option<u64>,
    /// The configured server that was asked.
    server: Option<String>,
    series: Option<usize>,
    /// Steps of all series with a number, of all their steps.
    numbers: Option<String>,
    not_judged: Option<String>,
}

/// Resolves the panels of the stored dashboard again and judges each stored answer.
///
/// `base` is the item's folder, `document` the dashboard's JSON.
pub(super) fn panels(
    capture: &Capture,
    base: &str,
    document: &[u8],
    expectation: &DashboardExpectation,
) -> Panels {
    let mut found = Panels::default();
    let mut expected = BTreeSet::new();
    // Without a server for its queries, a dashboard is its picture, and what follows from one is what always did.
    if expectation.data.is_some() {
        found.judge_all(capture, base, document, expectation, &mut expected);
    }
    if let Some(stray) = stray(capture, base, &expected) {
        found.add(
            "dashboard-panel-stray",
            format!("{stray:?} is the answer to no query of the dashboard"),
        );
    }
    found
}

/// The item's folder, `dashboards/ID`.
pub(super) fn base(capture: &Capture) -> Option<String> {
    capture.files.iter().find_map(|file| {
        let rest = file.path.as_str().strip_prefix("dashboards/")?;
        let (id, _) = rest.split_once('/')?;
        Some(format!("dashboards/{id}"))
    })
}

/// The item's own file of this name, none of a panel's.
pub(super) fn own<'a>(capture: &'a Capture, base: &str, name: &str) -> Option<&'a CapturedFile> {
    let is_it = |file: &&CapturedFile| {
        let rest = file.path.as_str().strip_prefix(base);
        rest.and_then(|rest| rest.strip_prefix('/')) == Some(name)
    };
    capture.files.iter().find(is_it)
}

/// A folder of an answer that no query asked for.
fn stray(capture: &Capture, base: &str, expected: &BTreeSet<String>) -> Option<String> {
    capture.files.iter().find_map(|file| {
        let rest = file.path.as_str().strip_prefix(base)?.strip_prefix('/')?;
        let (folder, _) = rest.split_once('/')?;
        (!expected.contains(folder)).then(|| folder.to_owned())
    })
}

impl Panels {
    fn add(&mut self, code: &str, message: String) {
        self.problems.push(Problem::new(code, message));
    }

    fn judge_all(
        &mut self,
        capture: &Capture,
        base: &str,
        document: &[u8],
        expectation: &DashboardExpectation,
        expected: &mut BTreeSet<String>,
    ) {
        let library = |uid: &str| {
            let file = own(capture, base, &library_name(uid))?;
            Some(&*file.bytes)
        };
        let panels = (capture.window)
            .ok_or_else(|| "the capture has no window".to_owned())
            .and_then(|window| resolve(document, library, expectation, window));
        let panels = match panels {
            Ok(panels) => panels,
            Err(reason) => return self.add("dashboard-panels", reason),
        };
        for panel in &panels {
            self.judge(panel, capture, base, expected);
        }
        if self.judged == 0 && self.problems.is_empty() {
            self.add(
                "dashboard-unjudged",
                "none of its panels has a query that can be judged".into(),
            );
        }
    }

    fn judge(
        &mut self,
        panel: &DashboardPanel,
        capture: &Capture,
        base: &str,
        expected: &mut BTreeSet<String>,
    ) {
        let name = name_of(panel);
        if let Some(reason) = &panel.lacking {
            self.add("dashboard-panel-library", format!("{name}: {reason}"));
        }
        let mut facts = Vec::new();
        let mut lines = Vec::new();
        let mut step_ms = 0;
        let (mut read, mut numbers) = (0, 0);
        for query in &panel.queries {
            let asked = match &query.asked {
                Ok(asked) => asked,
                Err(reason) => {
                    facts.push(QueryFacts::unjudged(query, reason.clone()));
                    continue;
                }
            };
            self.judged += 1;
            expected.insert(query.folder.clone());
            let answer = answer(capture, base, query, asked);
            let found = answer.as_ref().ok().map(Numbers::of);
            facts.push(QueryFacts::of(query, asked, found.as_ref()));
            if let (Ok(answer), Some(found)) = (&answer, found) {
                read += 1;
                numbers += found.numbers;
                self.with_numbers += usize::from(found.numbers > 0);
                if asked.query.range.is_some() {
                    step_ms = step_ms.max(answer.grid.step_ms);
                    lines.extend(found.lines);
                }
                for (code, text) in doubts(answer, capture) {
                    self.add(code, format!("{name}, query {}: {text}", query.ref_id));
                }
            }
            if let Err(problem) = answer {
                let text = format!("{name}, query {}: {}", query.ref_id, problem.message);
                self.add(&problem.code, text);
            }
        }
        if read > 0 && numbers == 0 {
            self.add(
                "dashboard-panel-empty",
                format!("{name}: its queries gave no number, so that it shows no data"),
            );
        }
        if !lines.is_empty() && self.charts.len() < CHARTS {
            lines.truncate(LINES);
            self.charts.push(Exhibit::Chart(Chart {
                title: panel.title.clone(),
                unit: unit(&panel.unit).into(),
                window: capture.window.map(|window| around(window, &lines)),
                step_ms,
                lines,
                ..Chart::default()
            }));
        }
        self.facts.push(PanelFacts {
            id: panel.id,
            title: panel.title.clone(),
            kind: panel.kind.clone(),
            overrides: panel.overrides.clone(),
            queries: facts,
        });
    }
}

/// The stored answer, when it is the one to exactly this query.
fn answer(
    capture: &Capture,
    base: &str,
    query: &PanelQuery,
    asked: &Asked,
) -> Result<MetricAnswer, Problem> {
    let mut part = capture.under(&format!("{base}/{}", query.folder));
    if part.files.is_empty() {
        return Err(Problem::new(
            "dashboard-panel-missing",
            "there is no answer of the server",
        ));
    }
    if let Some(file) = part.file(REFUSAL) {
        let refusal = (file.bytes.len() as u64 <= DOCUMENT_BYTES)
            .then(|| serde_json::from_slice::<Refusal>(&file.bytes).ok())
            .flatten();
        let said = refusal.map_or_else(|| "it does not say why".into(), |said| said.message);
        let said: String = said.chars().take(400).collect();
        return Err(Problem::new("dashboard-panel-refused", said));
    }
    // The item's own request is that of the picture.
    let request = (part.file("request.json"))
        .filter(|file| file.bytes.len() as u64 <= DOCUMENT_BYTES)
        .and_then(|file| serde_json::from_slice::<MetricRequest>(&file.bytes).ok());
    part.request = serde_json::to_value(request).unwrap_or_default();
    part.window = Some(asked.window);
    metric_answer::read(&part, &asked.query).map_err(|problem| {
        let code = match problem.code.as_str() {
            "metric-request" => "dashboard-panel-request",
            _ => "dashboard-panel-failed",
        };
        Problem::new(code, problem.message)
    })
}

/// What stands against an answer that was read.
fn doubts(answer: &MetricAnswer, capture: &Capture) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let is_early = capture.captured.as_millisecond() < answer.grid.end_ms();
    if is_early || answer.answered_early_ms.is_some() {
        let text = "it was answered before the window ended: the end repeats older samples";
        found.push(("dashboard-panel-stale", text.into()));
    }
    if !answer.warnings.is_empty() {
        let text = format!("the server warns: {}", answer.warnings.join("; "));
        found.push(("dashboard-panel-warnings", text));
    }
    found
}

/// What the series of an answer have at its steps.
struct Numbers {
    series: usize,
    numbers: u64,
    points: u64,
    lines: Vec<Line>,
}

impl Numbers {
    fn of(answer: &MetricAnswer) -> Self {
        let mut found = Self {
            series: answer.series.len(),
            numbers: 0,
            points: 0,
            lines: Vec::new(),
        };
        for series in &answer.series {
            let steps: Vec<Step> = series.steps(&answer.grid).collect();
            let numbers = steps.iter().filter(|step| step.number().is_some()).count();
            found.numbers += numbers as u64;
            found.points += answer.grid.points;
            if found.lines.len() < LINES {
                let times = (0..).map(|index| answer.grid.at(index));
                let values = steps.into_iter().map(Step::number);
                let mut points: Vec<(i64, f64)> = times
                    .zip(values.map(|value| value.unwrap_or(f64::NAN)))
                    .collect();
                // The first of a gap breaks the line.
                points.dedup_by(|point, before| point.1.is_nan() && before.1.is_nan());
                found.lines.push(Line {
                    name: series.labels.to_string(),
                    points,
                });
            }
        }
        found
    }
}

impl QueryFacts {
    fn unjudged(query: &PanelQuery, reason: String) -> Self {
        let asked = query.asked.as_ref().ok();
        Self {
            ref_id: query.ref_id.clone(),
            expr: asked.map_or_else(|| query.source.clone(), |asked| asked.query.expr.clone()),
            instant: asked.is_some_and(|asked| asked.query.range.is_none()),
            step_ms: asked.and_then(|asked| Some(asked.query.range?.step_ms)),
            server: None,
            series: None,
            numbers: None,
            not_judged: Some(reason),
        }
    }

    fn of(query: &PanelQuery, asked: &Asked, found: Option<&Numbers>) -> Self {
        Self {
            server: asked.server.clone(),
            series: found.map(|found| found.series),
            numbers: found.map(|found| format!("{}/{}", found.numbers, found.points)),
            not_judged: None,
            ..Self::unjudged(query, String::new())
        }
    }
}

fn name_of(panel: &DashboardPanel) -> String {
    match (panel.id, panel.title.as_str()) {
        (Some(id), "") => format!("panel {id}"),
        (Some(id), title) => format!("panel {id} ({title})"),
        (None, title) => format!("panel {title:?}"),
    }
}

/// The window with the steps that lie a little before it.
fn around(window: Window, lines: &[Line]) -> Window {
    let first = lines
        .iter()
        .filter_map(|line| line.points.first())
        .map(|point| point.0);
    Window {
        start_ms: first.min().unwrap_or(window.start_ms).min(window.start_ms),
        ..window
    }
}

/// Grafana's name of a unit as people write it; empty where it is more than a word.
fn unit(name: &str) -> &'static str {
    match name {
        "s" => "s",
        "ms" => "ms",
        "bytes" | "decbytes" => "B",
        "percent" => "%",
        "reqps" => "req/s",
        _ => "",
    }
}

/// Charts of one item.
const CHARTS: usize = 12;
/// Lines of one chart.
const LINES: usize = 20;

#[cfg(test)]
mod tests;
