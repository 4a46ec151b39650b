//! From a dashboard's JSON to the queries that its panels ask of the configured servers.

use super::interpolate::{Style, fill};
use super::interval::{Interval, Wanted, exact, short};
use super::panel::{Panel, Target, of_library, walk};
use super::variable::{Value, Variables};
use super::wire::{Body, Envelope, LibraryElement};
use crate::metrics::Grid;
use crate::model::limits::{DASHBOARD_QUERIES, DOCUMENT_BYTES, EXPRESSION_BYTES};
use crate::model::{
    DashboardData, DashboardExpectation, MetricExpectation, Range, Series, Statistic, Window,
};
use std::collections::BTreeSet;

/// A panel that draws data, with its queries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DashboardPanel {
    /// Its id; older dashboards may lack it.
    pub id: Option<i64>,
    /// Its title, variables in it left as they are.
    pub title: String,
    /// Its type, such as `timeseries`; empty where a library element that is not there says it.
    pub kind: String,
    /// Unit of its values by Grafana's name for it, such as `s` or `percentunit`; may be empty.
    pub unit: String,
    /// Overrides by which its picture shows another range than that of the dashboard, as `timeShift 1d`.
    pub overrides: Vec<String>,
    /// The library element that holds its queries, where that is not there or another one.
    pub lacking: Option<String>,
    /// Its queries, hidden ones left out.
    pub queries: Vec<PanelQuery>,
}

/// A query of a panel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PanelQuery {
    /// Its letter in the panel.
    pub ref_id: String,
    /// Name of the folder of its answer: a plain part of a member path, of no other query of the dashboard.
    pub folder: String,
    /// As the dashboard has it.
    pub source: String,
    /// What is asked, or why the query is not judged.
    pub asked: Result<Asked, String>,
}

/// What is asked of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// Name of the configured server; none where the configuration names none for this dashboard.
    pub server: Option<String>,
    /// The query, variables filled in, no limit.
    pub query: MetricExpectation,
    /// Its window: both ends are multiples of the step, as Grafana asks.
    pub window: Window,
}

/// Walks the panels that are rendered and fills in their queries.
///
/// `library` gives the stored answer of `/api/library-elements/UID`.
///
/// # Errors
/// A phrase, when the JSON is no dashboard or has more queries than are captured.
pub fn resolve<'a>(
    document: &[u8],
    library: impl Fn(&str) -> Option<&'a [u8]>,
    expectation: &DashboardExpectation,
    window: Window,
) -> Result<Vec<DashboardPanel>, String> {
    let body = body(document)?;
    let dashboard = Dashboard {
        variables: Variables::of(&body, &expectation.variables),
        expectation,
        window,
    };
    let mut names = BTreeSet::new();
    let mut count = 0;
    let mut found = Vec::new();
    for (index, place) in rendered(&body, expectation)?.into_iter().enumerate() {
        let (panel, lacking) = match &place.library {
            None => (place, None),
            Some(uid) => match element(library(uid), uid) {
                Ok(element) => (of_library(&place, &element.result.model), None),
                Err(reason) => (place, Some(reason)),
            },
        };
        let number = match panel.id {
            Some(id) => id.to_string(),
            None => format!("n{index}"),
        };
        let mut queries = Vec::new();
        for target in &panel.targets {
            for instant in kinds(target) {
                count += 1;
                if count > DASHBOARD_QUERIES {
                    return Err(format!(
                        "the dashboard has more than {DASHBOARD_QUERIES} queries"
                    ));
                }
                queries.push(PanelQuery {
                    ref_id: target.ref_id.chars().take(20).collect(),
                    folder: folder(&number, target, instant, &mut names),
                    source: shortened(target.expr.as_deref().unwrap_or_default()),
                    asked: dashboard.ask(&panel, target, instant),
                });
            }
        }
        found.push(DashboardPanel {
            id: panel.id,
            title: panel.title,
            kind: panel.kind.chars().take(60).collect(),
            unit: panel.unit.chars().take(60).collect(),
            overrides: panel.overrides,
            lacking,
            queries,
        });
    }
    Ok(found)
}

/// The uids of the library elements that rendered panels are taken from, each once, ascending.
///
/// # Errors
/// A phrase, when the JSON is no dashboard.
pub fn library_panels(
    document: &[u8],
    expectation: &DashboardExpectation,
) -> Result<BTreeSet<String>, String> {
    let panels = rendered(&body(document)?, expectation)?;
    let uids = panels.into_iter().filter_map(|panel| panel.library);
    Ok(uids
        .filter(|uid| is_uid(uid))
        .take(DASHBOARD_QUERIES)
        .collect())
}

fn body(document: &[u8]) -> Result<Body, String> {
    if document.len() as u64 > DOCUMENT_BYTES {
        return Err(format!(
            "the dashboard JSON has more than {DOCUMENT_BYTES} bytes"
        ));
    }
    let envelope: Envelope = serde_json::from_slice(document)
        .map_err(|error| format!("the panels of the dashboard JSON do not parse: {error}"))?;
    (envelope.dashboard.or(envelope.spec))
        .ok_or_else(|| "the dashboard JSON is no dashboard".into())
}

fn rendered(body: &Body, expectation: &DashboardExpectation) -> Result<Vec<Panel>, String> {
    let mut panels = walk(body)?;
    if let Some(wanted) = expectation.panel {
        panels.retain(|panel| panel.id.and_then(|id| u64::try_from(id).ok()) == Some(wanted));
    }
    Ok(panels)
}

fn element(stored: Option<&[u8]>, uid: &str) -> Result<LibraryElement, String> {
    let shown: String = uid.chars().take(60).collect();
    let bytes = stored.ok_or_else(|| format!("its library element {shown:?} is not there"))?;
    let element: LibraryElement = (bytes.len() as u64 <= DOCUMENT_BYTES)
        .then(|| serde_json::from_slice(bytes).ok())
        .flatten()
        .ok_or_else(|| format!("its library element {shown:?} does not parse"))?;
    match element.result.uid == uid {
        true => Ok(element),
        false => Err(format!("its library element is another one than {shown:?}")),
    }
}

/// Whether a text is a uid that a path can hold.
fn is_uid(uid: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=40).contains(&uid.len()) && uid.bytes().all(plain)
}

/// Whether each request of the query is an instant one.
fn kinds(target: &Target) -> impl Iterator<Item = bool> {
    let range = target.is_range.then_some(false);
    range.into_iter().chain(target.is_instant.then_some(true))
}

/// `2-A`; made different where another query has that name.
fn folder(number: &str, target: &Target, instant: bool, names: &mut BTreeSet<String>) -> String {
    let plain = target.ref_id.chars().filter(char::is_ascii_alphanumeric);
    let mut name = format!("{number}-{}", plain.take(8).collect::<String>());
    if instant && target.is_range {
        name.push_str("-now");
    }
    let mut free = name.clone();
    let mut other = 2_usize;
    while names.contains(&free) {
        free = format!("{name}.{other}");
        other += 1;
    }
    names.insert(free.clone());
    free
}

/// A dashboard whose queries are resolved.
pub(super) struct Dashboard<'a> {
    pub(super) variables: Variables,
    expectation: &'a DashboardExpectation,
    window: Window,
}

impl Dashboard<'_> {
    fn ask(&self, panel: &Panel, target: &Target, instant: bool) -> Result<Asked, String> {
        let server = self.server(panel, target)?;
        let source = (target.expr.as_deref()).ok_or("it has no PromQL")?;
        if let Some(name) = &self.variables.filtering {
            return Err(format!("the filters of the variable ${name} change it"));
        }
        for name in &panel.repeats {
            let value = self.variables.by_name.get(name).map(|known| &known.value);
            if !matches!(value, Some(Value::Chosen(values)) if values.len() == 1) {
                return Err(format!("its panel is drawn once for each value of ${name}"));
            }
        }
        let interval = self.interval(panel, target)?;
        let expr = fill(
            source,
            &self.variables,
            &|name| self.built_in(name, interval),
            Style::PromQl,
        )?;
        if expr.len() > EXPRESSION_BYTES {
            return Err(format!("it has more than {EXPRESSION_BYTES} bytes"));
        }
        let step = i64::try_from(interval.step_ms).map_err(|_| "its step is too long")?;
        let aligned = |ms: i64| ms.saturating_sub(ms.rem_euclid(step.max(1)));
        let window = match instant {
            true => self.window,
            false => Window {
                start_ms: aligned(self.window.start_ms),
                end_ms: aligned(self.window.end_ms),
            },
        };
        let length = window.end_ms.checked_sub(window.start_ms);
        let window_ms = length
            .and_then(|length| u64::try_from(length).ok())
            .ok_or("its window is none")?;
        if !instant {
            Grid::new(window.start_ms, window.end_ms, interval.step_ms)
                .map_err(|error| error.to_string())?;
        }
        Ok(Asked {
            query: MetricExpectation {
                from: server.clone().unwrap_or_default(),
                expr,
                range: (!instant).then_some(Range {
                    window_ms,
                    step_ms: interval.step_ms,
                }),
                series: Series::All,
                statistic: Statistic::Last,
                unit: String::new(),
                limit: None,
                min_coverage_percent: 0,
                max_gap_ms: u64::MAX,
                raw: false,
                accept_warnings: false,
                gated: false,
                source_query: None,
            },
            server,
            window,
        })
    }

    pub(super) fn data(&self) -> Option<&DashboardData> {
        self.expectation.data.as_ref()
    }

    fn range_ms(&self) -> u64 {
        self.expectation.window_ms
    }

    fn interval(&self, panel: &Panel, target: &Target) -> Result<Interval, String> {
        let plain = |text: &Option<String>| match text {
            // What is built in means something else here: it is read where steps are computed.
            Some(text) if !text.contains("$__") && !text.contains("${__") => {
                fill(text, &self.variables, &|_| None, Style::Plain).map(Some)
            }
            text => Ok(text.clone()),
        };
        let (panel_least, min_step) = (plain(&panel.interval)?, plain(&target.interval)?);
        let width = u64::from(self.expectation.width);
        let points = self.data().and_then(|data| data.max_data_points);
        Interval::of(&Wanted {
            range_ms: self.range_ms(),
            points: panel
                .max_data_points
                .filter(|points| *points > 0)
                .or(points)
                .unwrap_or(width),
            scrape_ms: self
                .data()
                .map_or(DashboardData::SCRAPE_MS, |data| data.scrape_interval_ms),
            panel: panel_least.as_deref(),
            min_step: min_step.as_deref(),
            factor: target.factor,
        })
    }

    fn built_in(&self, name: &str, interval: Interval) -> Option<String> {
        let range_ms = self.range_ms();
        let seconds = range_ms.saturating_add(500) / 1_000;
        Some(match name {
            "__interval" => short(interval.step_ms),
            "__interval_ms" => interval.step_ms.to_string(),
            "__rate_interval" => exact(interval.rate_ms),
            "__rate_interval_ms" => interval.rate_ms.to_string(),
            "__range" => format!("{seconds}s"),
            "__range_s" => seconds.to_string(),
            "__range_ms" => range_ms.to_string(),
            "__from" => self.window.start_ms.to_string(),
            "__to" => self.window.end_ms.to_string(),
            "__from:date:seconds" => self.window.start_ms.div_euclid(1_000).to_string(),
            "__to:date:seconds" => self.window.end_ms.div_euclid(1_000).to_string(),
            _ => return None,
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(2_000).collect()
}
