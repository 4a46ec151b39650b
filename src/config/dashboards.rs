//! The section `dashboards`.

use super::defaults;
use super::diagnostic::{Problems, Spot, quoted};
use super::fields::{self, Fields};
use super::identity::check_known;
use super::metrics::{duration, server_name, title};
use super::model::Dashboard;
use super::node::Node;
use super::phases;
use crate::model::{DashboardData, DashboardExpectation};
use std::collections::BTreeMap;

const DASHBOARD_KEYS: &[&str] = &[
    "id",
    "title",
    "grafana",
    "uid",
    "panel",
    "window",
    "width",
    "height",
    "theme",
    "variables",
    "prometheus",
    "datasources",
    "scrape-interval",
    "max-data-points",
    "phases",
];

/// Reads one dashboard.
pub(super) fn dashboard(
    node: &Node,
    servers: &[&str],
    metric_servers: &[&str],
    known: &[&str],
    problems: &mut Problems,
) -> Option<Dashboard> {
    let fields = Fields::of(node, DASHBOARD_KEYS, problems)?;
    let id = fields.need_text("id", problems);
    let grafana = server_name(&fields, "grafana", "Grafana server", servers, problems);
    let uid = fields
        .need_text("uid", problems)
        .and_then(|uid| check_uid(uid, problems));
    let panel = fields.number("panel", (1, i64::from(u32::MAX)), problems);
    fields.need("window", problems)?;
    let window = duration(&fields, "window", problems);
    let width = pixels(&fields, "width", defaults::WIDTH, problems);
    let height = pixels(&fields, "height", defaults::HEIGHT, problems);
    let theme = fields.word("theme", &[("light", "light"), ("dark", "dark")], problems);
    let variables = match fields.get("variables") {
        Some(node) => variables(node, problems),
        None => BTreeMap::new(),
    };
    let data = data(&fields, metric_servers, problems);
    let phases = phases::of_item(&fields, known, problems);
    let id = id?;
    Some(Dashboard {
        title: title(&fields, &id, problems),
        id,
        phases,
        expectation: DashboardExpectation {
            grafana: grafana?,
            uid: uid?,
            panel: panel.and_then(|panel| u64::try_from(panel.value).ok()),
            window_ms: window?.value,
            width,
            height,
            theme: theme.unwrap_or(defaults::THEME).into(),
            variables,
            data,
        },
    })
}

/// Who answers the queries of the panels; none where no server is named for it.
fn data(fields: &Fields<'_>, servers: &[&str], problems: &mut Problems) -> Option<DashboardData> {
    let prometheus = fields.text("prometheus", problems);
    if let Some(name) = &prometheus {
        check_known(name, "Prometheus server", servers, problems);
    }
    let mut datasources = BTreeMap::new();
    if let Some(node) = fields.get("datasources") {
        for (source, node) in fields::entries(node, problems).unwrap_or_default() {
            if let Some(name) = fields::text(node, problems) {
                check_known(&name, "Prometheus server", servers, problems);
                datasources.insert(source.value.clone(), name.value);
            }
        }
    }
    let scrape = duration(fields, "scrape-interval", problems);
    let points = fields.number("max-data-points", (1, 100_000), problems);
    let is_answered = fields
        .get("prometheus")
        .or(fields.get("datasources"))
        .is_some();
    for key in ["scrape-interval", "max-data-points"] {
        if let Some(node) = fields.get(key).filter(|_| !is_answered) {
            problems.hinted(
                node.at,
                format!(
                    "the key {key:?} has no use without a server that answers the panels' queries"
                ),
                "name it under prometheus or datasources",
            );
        }
    }
    is_answered.then(|| DashboardData {
        prometheus: prometheus.map(|name| name.value),
        datasources,
        scrape_interval_ms: scrape.map_or(DashboardData::SCRAPE_MS, |length| length.value),
        max_data_points: points.and_then(|points| u64::try_from(points.value).ok()),
    })
}

fn pixels(fields: &Fields<'_>, key: &str, default: u32, problems: &mut Problems) -> u32 {
    fields
        .number(key, (100, 10_000), problems)
        .and_then(|pixels| u32::try_from(pixels.value).ok())
        .unwrap_or(default)
}

fn check_uid(uid: Spot<String>, problems: &mut Problems) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if uid.value.len() <= 40 && uid.value.bytes().all(plain) {
        return Some(uid.value);
    }
    problems.hinted(
        uid.at,
        format!("{} is no uid of a dashboard", quoted(&uid.value)),
        "at most 40 letters, digits, - and _: the part after /d/ in the dashboard's address",
    );
    None
}

fn variables(node: &Node, problems: &mut Problems) -> BTreeMap<String, Vec<String>> {
    let mut variables = BTreeMap::new();
    for (name, node) in fields::entries(node, problems).unwrap_or_default() {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if !(1..=100).contains(&name.value.len()) || !name.value.bytes().all(plain) {
            problems.add(
                name.at,
                format!("{} is no name of a variable", quoted(&name.value)),
            );
        }
        let values = fields::texts(fields::one_or_more(node, problems), problems);
        let values = values.into_iter().map(|value| value.value).collect();
        variables.insert(name.value.clone(), values);
    }
    variables
}
