//! A Prometheus 2: its query API over the demo's metrics.

mod samples;

pub use samples::{Incident, MetricsOptions};
pub(super) use samples::{Labels, Sample, Store};

use super::service::{answer, json};
use crate::metrics::promql::{Expr, ExprType, RawSamples, Semantics};
use crate::metrics::promql::{evaluate, needs, parse};
use crate::metrics::{Grid, TimeSeries};
use crate::model::Timestamp;
use crate::model::time::parse_duration_ms;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The server's limit: this many steps between start and end.
const MAX_STEPS: i64 = 11_000;

/// The server.
pub(super) struct Prometheus {
    store: Store,
    started: Timestamp,
}

type Parameters = BTreeMap<String, String>;

/// Why a query has no answer.
struct Failure {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Failure {
    fn bad_data(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "bad_data",
            message: message.into(),
        }
    }

    fn invalid(parameter: &str, reason: &str) -> Self {
        Self::bad_data(format!("invalid parameter {parameter:?}: {reason}"))
    }

    fn execution(message: String) -> Self {
        Self {
            status: 422,
            kind: "execution",
            message,
        }
    }
}

impl Prometheus {
    pub(super) fn new(store: Store) -> Self {
        Self {
            started: store.clock().now(),
            store,
        }
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v1/query", get(instant).post(instant))
            .route("/api/v1/query_range", get(range).post(range))
            .route("/api/v1/status/buildinfo", get(build_info))
            .route("/api/v1/status/runtimeinfo", get(runtime_info))
            .with_state(self)
    }

    /// The points of a range query, for whoever draws it.
    pub(super) fn points(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<BTreeMap<Labels, Vec<Sample>>, String> {
        let expr = expression(query)?;
        self.evaluate(&expr, &grid([start_ms, end_ms, step_ms])?)
            .map(|all| all.into_iter().map(series).collect())
    }

    /// The value of an expression by the rules of Prometheus 2.
    fn evaluate(&self, expr: &Expr, grid: &Grid) -> Result<Vec<TimeSeries>, String> {
        let mut samples = RawSamples::new();
        for need in needs(expr, grid) {
            let selected = self.store.select(
                |labels| need.selector.matches(labels),
                need.from_ms,
                need.to_ms,
            );
            samples.insert(&need.selector, selected);
        }
        evaluate(expr, grid, Semantics::V2, &samples).map_err(|error| error.to_string())
    }

    fn instant(&self, parameters: &Parameters) -> Result<String, Failure> {
        let expr = query(parameters)?;
        let at = match parameters.get("time") {
            Some(text) => time(text).ok_or_else(|| {
                let reason = format!(
                    "Invalid time value for 'time': cannot parse {text:?} to a valid timestamp"
                );
                Failure::invalid("time", &reason)
            })?,
            None => self.store.clock().now().as_millisecond(),
        };
        let found = self
            .evaluate(&expr, &Grid::instant(at))
            .map_err(Failure::execution)?;
        let mut all = found.into_iter().map(series);
        Ok(match expr.expr_type() {
            ExprType::Range => matrix_json(all),
            ExprType::Scalar => {
                let samples = all.next().map(|(_, samples)| samples);
                let sample = samples.into_iter().flatten().next();
                format!(
                    r#"{{"resultType":"scalar","result":{}}}"#,
                    sample.map_or_else(|| "null".into(), sample_json)
                )
            }
            ExprType::Vector => {
                let series = all.flat_map(|(labels, samples)| {
                    samples.into_iter().map(move |sample| {
                        format!(
                            r#"{{"metric":{},"value":{}}}"#,
                            json!(labels),
                            sample_json(sample)
                        )
                    })
                });
                let series: Vec<String> = series.collect();
                format!(
                    r#"{{"resultType":"vector","result":[{}]}}"#,
                    series.join(",")
                )
            }
        })
    }

    fn range(&self, parameters: &Parameters) -> Result<String, Failure> {
        let moment = |name: &str| {
            let text = parameters.get(name).map_or("", String::as_str);
            time(text).ok_or_else(|| {
                Failure::invalid(name, &format!("cannot parse {text:?} to a valid timestamp"))
            })
        };
        let (start, end) = (moment("start")?, moment("end")?);
        if end < start {
            return Err(Failure::invalid(
                "end",
                "end timestamp must not be before start time",
            ));
        }
        let text = parameters.get("step").map_or("", String::as_str);
        let step = seconds(text)
            .or_else(|| i64::try_from(parse_duration_ms(text)?).ok())
            .ok_or_else(|| {
                Failure::invalid(
                    "step",
                    &format!("cannot parse {text:?} to a valid duration"),
                )
            })?;
        if step <= 0 {
            return Err(Failure::invalid(
                "step",
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
            ));
        }
        if (end - start) / step > MAX_STEPS {
            return Err(Failure::bad_data(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            ));
        }
        let expr = query(parameters)?;
        if expr.expr_type() == ExprType::Range {
            return Err(Failure::bad_data(
                "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
            ));
        }
        let grid = grid([start, end, step]).map_err(Failure::bad_data)?;
        self.evaluate(&expr, &grid)
            .map(|all| matrix_json(all.into_iter().map(series)))
            .map_err(Failure::execution)
    }
}

fn grid([start_ms, end_ms, step_ms]: [i64; 3]) -> Result<Grid, String> {
    // No step and a negative one are refused alike.
    let step_ms = u64::try_from(step_ms).unwrap_or_default();
    Grid::new(start_ms, end_ms, step_ms).map_err(|error| error.to_string())
}

fn series(one: TimeSeries) -> (Labels, Vec<Sample>) {
    let samples = one.samples.iter();
    (
        one.labels.0,
        samples.map(|sample| (sample.ms, sample.value)).collect(),
    )
}

/// The error is Prometheus's text: position and reason.
fn expression(text: &str) -> Result<Expr, String> {
    parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let column = text.get(..start).map_or(0, |before| before.chars().count()) + 1;
        format!("1:{column}: parse error: {error}")
    })
}

fn query(parameters: &Parameters) -> Result<Expr, Failure> {
    let text = parameters.get("query").map_or("", String::as_str);
    expression(text).map_err(|reason| Failure::invalid("query", &reason))
}

async fn instant(
    State(server): State<Arc<Prometheus>>,
    method: Method,
    Query(query): Query<Parameters>,
    body: Bytes,
) -> Response {
    respond(server.instant(&parameters(&method, query, &body)))
}

async fn range(
    State(server): State<Arc<Prometheus>>,
    method: Method,
    Query(query): Query<Parameters>,
    body: Bytes,
) -> Response {
    respond(server.range(&parameters(&method, query, &body)))
}

async fn build_info() -> Response {
    json(
        200,
        &json!({"status": "success", "data": {"version": "2.42.0", "revision": "demo", "branch": "DEMO",
            "buildUser": "evidence", "buildDate": "20260101-00:00:00", "goVersion": "none"}}),
    )
}

async fn runtime_info(State(server): State<Arc<Prometheus>>) -> Response {
    json(
        200,
        &json!({"status": "success", "data": {"startTime": server.started.to_string(),
            "reloadConfigSuccess": true, "corruptionCount": 0, "storageRetention": "DEMO"}}),
    )
}

/// Parameters of the address, and of a posted form, which counts more.
fn parameters(method: &Method, mut query: Parameters, body: &[u8]) -> Parameters {
    if method == Method::POST {
        let form = std::str::from_utf8(body).unwrap_or_default();
        let uri = format!("/?{form}").parse().unwrap_or_default();
        if let Ok(Query(form)) = Query::<Parameters>::try_from_uri(&uri) {
            query.extend(form);
        }
    }
    query
}

fn respond(result: Result<String, Failure>) -> Response {
    match result {
        Ok(data) => answer(
            200,
            "application/json",
            format!(r#"{{"status":"success","data":{data}}}"#),
        ),
        Err(failure) => json(
            failure.status,
            &json!({"status": "error", "errorType": failure.kind, "error": failure.message}),
        ),
    }
}

/// A time in seconds or in RFC 3339, as milliseconds.
fn time(text: &str) -> Option<i64> {
    seconds(text).or_else(|| Some(text.parse::<Timestamp>().ok()?.as_millisecond()))
}

fn seconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    let millis = (seconds * 1_000.0).round();
    // Far outside of anything that is a time; a cast would clip.
    (millis.abs() < 1e15).then_some(millis as i64)
}

fn matrix_json(series: impl IntoIterator<Item = (Labels, Vec<Sample>)>) -> String {
    let series: Vec<String> = series
        .into_iter()
        .map(|(labels, samples)| {
            let values: Vec<String> = samples.into_iter().map(sample_json).collect();
            format!(
                r#"{{"metric":{},"values":[{}]}}"#,
                json!(labels),
                values.join(",")
            )
        })
        .collect();
    format!(
        r#"{{"resultType":"matrix","result":[{}]}}"#,
        series.join(",")
    )
}

/// `[1758468600.250,"0.35"]`: three decimals where there are any, and Go's names of what is no number.
fn sample_json((at_ms, value): Sample) -> String {
    let mut text = format!("[{}", at_ms.div_euclid(1_000));
    let millis = at_ms.rem_euclid(1_000);
    // Writing to a String cannot fail.
    let _ = match millis {
        0 => Ok(()),
        millis => write!(text, ".{millis:03}"),
    };
    let _ = match value {
        value if value.is_nan() => write!(text, ",\"NaN\"]"),
        value if value.is_infinite() => {
            write!(text, ",\"{}Inf\"]", if value > 0.0 { '+' } else { '-' })
        }
        value => write!(text, ",\"{value}\"]"),
    };
    text
}
