//! Every panel of a dashboard with its queries, whatever the shape of the JSON.

use super::layout::repeats;
use super::wire::{
    Body, Datasource, ElementSpec, Loose, Panel as Wire, Query, Target as WireTarget,
};
use std::collections::BTreeMap;

/// Rows inside rows that are looked into; Grafana itself has no such thing.
const DEPTH: usize = 8;

/// A panel as it was saved.
#[derive(Clone, Default)]
pub(super) struct Panel {
    pub(super) id: Option<i64>,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) unit: String,
    pub(super) datasource: Option<Datasource>,
    pub(super) targets: Vec<Target>,
    pub(super) interval: Option<String>,
    pub(super) max_data_points: Option<u64>,
    /// The variables for each value of which it is drawn once: its own, and its row's.
    pub(super) repeats: Vec<String>,
    /// What makes its picture show another range than the dashboard's.
    pub(super) overrides: Vec<String>,
    /// The uid of the library element that holds its queries.
    pub(super) library: Option<String>,
}

/// A query of a panel.
#[derive(Clone, Default)]
pub(super) struct Target {
    pub(super) ref_id: String,
    pub(super) datasource: Option<Datasource>,
    pub(super) expr: Option<String>,
    pub(super) is_range: bool,
    pub(super) is_instant: bool,
    pub(super) interval: Option<String>,
    pub(super) factor: u64,
}

/// All panels that draw data, in the order of the document; hidden queries are left out.
///
/// # Errors
/// When rows or layouts are nested deeper than Grafana nests them.
pub(super) fn walk(body: &Body) -> Result<Vec<Panel>, String> {
    let mut found = Vec::new();
    // The panels of a row that is open stand behind it, up to the next row.
    let mut open_row = Vec::new();
    for panel in body.panels.iter().chain(&body.rows) {
        if panel.r#type.as_deref() == Some("row") {
            open_row = text(&panel.repeat).into_iter().collect();
            add(panel, &[], DEPTH, &mut found)?;
        } else {
            add(panel, &open_row, DEPTH, &mut found)?;
        }
    }
    let repeats = match &body.layout {
        Some(layout) => repeats(layout)?,
        None => BTreeMap::new(),
    };
    for (name, element) in &body.elements {
        if let Some(spec) = &element.spec {
            let panel = of_element(spec, repeats.get(name).cloned().unwrap_or_default());
            found.extend(Some(panel).filter(draws_data));
        }
    }
    let delay = [&body.timepicker, &body.time_settings]
        .into_iter()
        .flatten()
        .find_map(|delay| over("nowDelay", &delay.now_delay));
    for panel in &mut found {
        panel.overrides.extend(delay.clone());
    }
    Ok(found)
}

/// The library element's panel in the place that names it.
pub(super) fn of_library(place: &Panel, model: &Wire) -> Panel {
    let inner = of_wire(model, &[]);
    Panel {
        id: place.id,
        title: match place.title.is_empty() {
            true => inner.title.clone(),
            false => place.title.clone(),
        },
        repeats: [place.repeats.clone(), inner.repeats.clone()].concat(),
        overrides: [place.overrides.clone(), inner.overrides.clone()].concat(),
        library: None,
        ..inner
    }
}

fn add(
    panel: &Wire,
    row_repeats: &[String],
    depth: usize,
    found: &mut Vec<Panel>,
) -> Result<(), String> {
    let depth = (depth.checked_sub(1))
        .ok_or_else(|| format!("the dashboard has more than {DEPTH} rows inside rows"))?;
    // What an older version saved of a repeated panel is made anew when the dashboard is opened.
    let is_copy = panel.repeat_panel_id.is_some();
    found.extend(Some(of_wire(panel, row_repeats)).filter(|panel| draws_data(panel) && !is_copy));
    let repeats = [row_repeats, &Vec::from_iter(text(&panel.repeat))].concat();
    for inner in &panel.panels {
        add(inner, &repeats, depth, found)?;
    }
    Ok(())
}

fn draws_data(panel: &Panel) -> bool {
    let is_text = matches!(panel.kind.as_str(), "text" | "row");
    !is_text && (panel.library.is_some() || !panel.targets.is_empty())
}

fn of_wire(panel: &Wire, row_repeats: &[String]) -> Panel {
    let unit = (panel.field_config.as_ref()).and_then(|config| config.defaults.as_ref());
    Panel {
        id: panel.id,
        title: title(&panel.title),
        kind: panel.r#type.clone().unwrap_or_default(),
        unit: unit
            .and_then(|defaults| text(&defaults.unit))
            .unwrap_or_default(),
        datasource: panel.datasource.clone(),
        targets: (panel.targets.iter().flatten())
            .filter(|target| !is(&target.hide))
            .map(of_target)
            .collect(),
        interval: text(&panel.interval),
        max_data_points: panel.max_data_points.as_ref().and_then(Loose::number),
        repeats: [row_repeats, &Vec::from_iter(text(&panel.repeat))].concat(),
        overrides: [
            over("timeFrom", &panel.time_from),
            over("timeShift", &panel.time_shift),
            over("timeCompare", &panel.time_compare),
        ]
        .into_iter()
        .flatten()
        .collect(),
        library: (panel.library_panel.as_ref()).and_then(|library| library.uid.clone()),
    }
}

fn of_target(target: &WireTarget) -> Target {
    let own = of_query(&target.query);
    Target {
        ref_id: text(&target.ref_id).unwrap_or_default(),
        datasource: target.datasource.clone(),
        ..own
    }
}

fn of_query(query: &Query) -> Target {
    let is_instant = is(&query.instant);
    Target {
        expr: text(&query.expr),
        // Before both could be asked for, a query was a range unless it was said to be instant.
        is_range: is(&query.range) || !is_instant,
        is_instant,
        interval: text(&query.interval),
        factor: query
            .interval_factor
            .as_ref()
            .and_then(Loose::number)
            .unwrap_or(1),
        ..Target::default()
    }
}

fn of_element(spec: &ElementSpec, repeats: Vec<String>) -> Panel {
    let data = spec.data.as_ref().map(|data| &data.spec);
    let options = data.and_then(|data| data.query_options.as_ref());
    let viz = spec.viz_config.as_ref();
    let defaults = viz
        .and_then(|viz| viz.spec.as_ref()?.field_config.as_ref())
        .and_then(|config| config.defaults.as_ref());
    let mut targets = Vec::new();
    for query in data.iter().flat_map(|data| &data.queries) {
        let query = &query.spec;
        if is(&query.hidden) {
            continue;
        }
        let source = &query.query;
        let draft = source.kind.clone().filter(|kind| kind != "DataQuery");
        let reference = Datasource::Reference {
            r#type: source.group.clone().or(draft),
            uid: source
                .datasource
                .as_ref()
                .and_then(|named| named.name.clone()),
        };
        targets.push(Target {
            ref_id: text(&query.ref_id).unwrap_or_default(),
            datasource: query.datasource.clone().or(Some(reference)),
            ..of_query(&source.spec)
        });
    }
    let overrides = options.map(|options| {
        [
            over("timeFrom", &options.time_from),
            over("timeShift", &options.time_shift),
            over("timeCompare", &options.time_compare),
        ]
    });
    Panel {
        id: spec.id,
        title: title(&spec.title),
        kind: viz
            .and_then(|viz| viz.group.clone().or(viz.kind.clone()))
            .unwrap_or_default(),
        unit: defaults
            .and_then(|defaults| text(&defaults.unit))
            .unwrap_or_default(),
        datasource: None,
        targets,
        interval: options.and_then(|options| text(&options.interval)),
        max_data_points: options
            .and_then(|options| options.max_data_points.as_ref())
            .and_then(Loose::number),
        repeats,
        overrides: overrides.into_iter().flatten().flatten().collect(),
        library: (spec.library_panel.as_ref()).and_then(|library| library.uid.clone()),
    }
}

/// An override that is set, as `name value`.
fn over(name: &str, value: &Option<Loose>) -> Option<String> {
    match value.as_ref()? {
        Loose::Truth(false) => None,
        Loose::Other(_) | Loose::List(_) => Some(name.into()),
        plain => plain
            .text()
            .filter(|text| !text.trim().is_empty())
            .map(|text| format!("{name} {}", text.chars().take(60).collect::<String>())),
    }
}

fn title(value: &Option<Loose>) -> String {
    text(value).unwrap_or_default().chars().take(200).collect()
}

fn text(value: &Option<Loose>) -> Option<String> {
    value
        .as_ref()
        .and_then(Loose::text)
        .filter(|text| !text.is_empty())
}

fn is(value: &Option<Loose>) -> bool {
    value.as_ref().is_some_and(Loose::is_true)
}
