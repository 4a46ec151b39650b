//! An imitation of a Grafana with an image renderer, or of one of the ways in which it answers without a picture.
//!
//! Shapes follow Grafana's source and documentation; what any version of it answers, no test here says.

mod chart;

use super::prometheus::{Prometheus, Sample};
use super::service::{answer, answer_with, json};
use crate::model::{Digest, limits};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Points of a curve.
const POINTS: i64 = 240;
const DEFAULT_SIZE: (u32, u32) = (1_000, 500);
/// The size of Grafana's "no image renderer" picture does not follow the request.
const PLACEHOLDER_SIZE: (u32, u32) = (640, 160);

/// How the server behaves.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum GrafanaMode {
    /// It renders.
    #[default]
    Healthy,
    /// No renderer is installed: 200 with a placeholder picture, as versions before 12 answer.
    NoRenderer,
    /// Nobody is signed in: 302 to the login page.
    LoginRedirect,
    /// Nobody is signed in: 200 with the login page.
    LoginHtml,
    /// The picture has the right size and one colour.
    OneColour,
    /// The picture has another size.
    WrongSize,
    /// Every dashboard has the same picture, as where the renderer is not let in; one that does not exist has none.
    SamePicture,
}

/// The panels of every dashboard: title and query.
const PANELS: &[(&str, &str)] = &[
    (
        "p95 latency",
        r#"histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))"#,
    ),
    (
        "Error ratio",
        r#"sum(rate(http_requests_total{code="500"}[5m])) / sum(rate(http_requests_total[5m]))"#,
    ),
    ("Queue lag", r#"queue_lag{queue="orders"}"#),
];

/// The server.
pub(super) struct Grafana {
    mode: Mutex<GrafanaMode>,
    metrics: Arc<Prometheus>,
}

type Parameters = Query<BTreeMap<String, String>>;

impl Grafana {
    pub(super) fn new(mode: GrafanaMode, metrics: Arc<Prometheus>) -> Self {
        Self {
            mode: Mutex::new(mode),
            metrics,
        }
    }

    pub(super) fn set_mode(&self, mode: GrafanaMode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/health", get(health))
            .route("/api/frontend/settings", get(settings))
            .route("/api/org", get(organisation))
            .route("/api/dashboards/uid/{uid}", get(dashboard))
            .route("/render/d/{uid}", get(render))
            .route("/render/d/{uid}/{slug}", get(render_named))
            .route("/render/d-solo/{uid}", get(render))
            .route("/render/d-solo/{uid}/{slug}", get(render_named))
            .with_state(self)
    }

    fn mode(&self) -> GrafanaMode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn render(&self, uid: &str, query: &BTreeMap<String, String>) -> Response {
        let size = match self.mode() {
            GrafanaMode::LoginRedirect => {
                return answer_with(
                    302,
                    &[
                        ("location", "/login"),
                        ("content-type", "text/html; charset=utf-8"),
                    ],
                    "<a href=\"/login\">Found</a>.\n\n",
                );
            }
            GrafanaMode::LoginHtml => {
                return answer(200, "text/html; charset=UTF-8", LOGIN_PAGE);
            }
            GrafanaMode::NoRenderer => PLACEHOLDER_SIZE,
            _ => match size(query) {
                Some(size) => size,
                None => {
                    return answer(
                        400,
                        "text/html; charset=UTF-8",
                        "<p>Render parameters error</p>",
                    );
                }
            },
        };
        let picture = match self.mode() {
            GrafanaMode::SamePicture if uid.contains("no-such") => None,
            GrafanaMode::SamePicture => chart::draw(size, &[]),
            GrafanaMode::OneColour => chart::draw(size, &[]).map(chart::Picture::blank),
            GrafanaMode::NoRenderer => chart::draw(size, &[]),
            GrafanaMode::WrongSize => {
                chart::draw((size.0 / 2 + 1, size.1 / 2 + 1), &self.curves(uid, query))
            }
            _ => chart::draw(size, &self.curves(uid, query)),
        };
        match picture.and_then(chart::Picture::into_png) {
            Some(png) => answer(200, "image/png", png),
            None => answer(500, "text/html; charset=UTF-8", "<p>Rendering failed.</p>"),
        }
    }

    /// The curves of the panel asked for, or of all.
    fn curves(&self, uid: &str, query: &BTreeMap<String, String>) -> Vec<Vec<Sample>> {
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
        let (Some(from), Some(to)) = (number("from"), number("to")) else {
            return Vec::new();
        };
        let step = ((to - from) / POINTS).max(1_000);
        let panel = number("panelId").and_then(|id| usize::try_from(id - 1).ok());
        let panels = PANELS.iter().enumerate();
        let digest = Digest::of(uid.as_bytes());
        let [first, second, ..] = digest.as_raw();
        // Dashboards differ, so that no two of them have the same picture.
        let slope = f64::from(u16::from_be_bytes([*first, *second])) / f64::from(u16::MAX);
        let marker = vec![(from, slope), (to, 1.0)];
        let mut curves: Vec<Vec<Sample>> = panels
            .filter(|(number, _)| panel.is_none() || panel == Some(*number))
            .filter_map(|(_, (_, expr))| self.metrics.points(expr, from, to, step).ok())
            .flat_map(BTreeMap::into_values)
            .collect();
        curves.push(marker);
        curves
    }
}

async fn health() -> Response {
    json(
        200,
        &json!({"database": "ok", "version": "12.4.0", "commit": "demo"}),
    )
}

async fn settings(State(grafana): State<Arc<Grafana>>) -> Response {
    let available = grafana.mode() != GrafanaMode::NoRenderer;
    json(
        200,
        &json!({
            "buildInfo": {"version": "12.4.0", "commit": "demo", "edition": "DEMO"},
            "rendererAvailable": available,
            "rendererVersion": if available { "5.0.0" } else { "" },
        }),
    )
}

async fn organisation(State(grafana): State<Arc<Grafana>>) -> Response {
    match grafana.mode() {
        GrafanaMode::LoginRedirect | GrafanaMode::LoginHtml => unauthorized(),
        _ => json(200, &json!({"id": 1, "name": "DEMO"})),
    }
}

async fn dashboard(State(grafana): State<Arc<Grafana>>, Path(uid): Path<String>) -> Response {
    match grafana.mode() {
        GrafanaMode::LoginRedirect | GrafanaMode::LoginHtml => unauthorized(),
        _ => json(200, &dashboard_json(&uid)),
    }
}

async fn render(
    State(grafana): State<Arc<Grafana>>,
    Path(uid): Path<String>,
    Query(query): Parameters,
) -> Response {
    grafana.render(&uid, &query)
}

async fn render_named(
    State(grafana): State<Arc<Grafana>>,
    Path((uid, _)): Path<(String, String)>,
    Query(query): Parameters,
) -> Response {
    grafana.render(&uid, &query)
}

fn unauthorized() -> Response {
    json(
        401,
        &json!({"message": "Unauthorized", "messageId": "session.token.missing"}),
    )
}

/// Width and height asked for, times the scale.
fn size(query: &BTreeMap<String, String>) -> Option<(u32, u32)> {
    let number = |name: &str, default: u32| match query.get(name) {
        Some(text) => text.parse::<u32>().ok().filter(|number| *number > 0),
        None => Some(default),
    };
    let scale = number("scale", 1)?;
    let width = number("width", DEFAULT_SIZE.0)?.checked_mul(scale)?;
    let height = number("height", DEFAULT_SIZE.1)?.checked_mul(scale)?;
    let pixels = u64::from(width) * u64::from(height);
    (pixels <= limits::PICTURE_PIXELS).then_some((width, height))
}

fn dashboard_json(uid: &str) -> Value {
    let panels: Vec<Value> = PANELS
        .iter()
        .enumerate()
        .map(|(number, (title, expr))| {
            json!({
                "id": number + 1, "title": title, "type": "timeseries",
                "gridPos": {"h": 8, "w": 24, "x": 0, "y": 8 * number},
                "datasource": {"type": "prometheus", "uid": "${source}"},
                "targets": [{"refId": "A", "expr": expr.replace("\"api\"", "\"$job\"")}],
            })
        })
        .collect();
    let variables = json!([
        {"name": "source", "type": "datasource", "query": "prometheus", "current": {"text": "DEMO", "value": "demo"}},
        {"name": "job", "type": "query", "query": "label_values(up, job)", "current": {"text": "api", "value": "api"}},
    ]);
    json!({
        "meta": {"slug": "demo", "type": "db", "version": 1, "folderTitle": "DEMO"},
        "dashboard": {
            "uid": uid, "title": format!("DEMO {uid}"), "version": 1, "schemaVersion": 41, "timezone": "utc",
            "panels": panels, "templating": {"list": variables},
        },
    })
}

const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Grafana</title></head><body><form action=\"/login\" \
method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>";
