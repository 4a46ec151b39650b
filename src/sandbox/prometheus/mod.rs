//! A Prometheus 2: its query API over the demo's metrics.

mod eval;
mod parse;
mod query;
mod samples;

pub use samples::{Incident, MetricsOptions};
pub(super) use samples::{Labels, Sample, Store};

use super::service::{answer, json};
use crate::model::Timestamp;
use crate::model::time::parse_duration_ms;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use eval::{Evaluation, Value};
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
        let query = parse::parse(query)?;
        matrix(&query, &self.store, [start_ms, end_ms, step_ms])
    }

    fn instant(&self, parameters: &Parameters) -> Result<String, Failure> {
        let query = query(parameters)?;
        let at = match parameters.get("time") {
            Some(text) => time(text).ok_or_else(|| {
                let reason = format!(
                    "Invalid time value for 'time': cannot parse {text:?} to a valid timestamp"
                );
                Failure::invalid("time", &reason)
            })?,
            None => self.store.clock().now().as_millisecond(),
        };
        let evaluation = Evaluation::new(&query, &self.store, at, at);
        if let Some(series) = evaluation.matrix(at) {
            return Ok(matrix_json(series));
        }
        Ok(match evaluation.at(at).map_err(Failure::execution)? {
            Value::Scalar(value) => format!(
                r#"{{"resultType":"scalar","result":{}}}"#,
                sample_json((at, value))
            ),
            Value::Vector(vector) => {
                let series = vector.into_iter().map(|(labels, value)| {
                    format!(
                        r#"{{"metric":{},"value":{}}}"#,
                        json!(labels),
                        sample_json((at, value))
                    )
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
        let query = query(parameters)?;
        if matches!(query.expr, query::Expr::Range(..)) {
            return Err(Failure::bad_data(
                "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
            ));
        }
        matrix(&query, &self.store, [start, end, step])
            .map(matrix_json)
            .map_err(Failure::execution)
    }
}

fn matrix(
    query: &query::Query,
    store: &Store,
    [start, end, step]: [i64; 3],
) -> Result<BTreeMap<Labels, Vec<Sample>>, String> {
    let evaluation = Evaluation::new(query, store, start, end);
    let mut series: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
    let times = (0..).map(|n| start + n * step).take_while(|at| *at <= end);
    for at in times {
        match evaluation.at(at)? {
            Value::Scalar(value) => series.entry(Labels::new()).or_default().push((at, value)),
            Value::Vector(vector) => {
                for (labels, value) in vector {
                    series.entry(labels).or_default().push((at, value));
                }
            }
        }
    }
    Ok(series)
}

fn query(parameters: &Parameters) -> Result<query::Query, Failure> {
    let text = parameters.get("query").map_or("", String::as_str);
    parse::parse(text).map_err(|reason| Failure::invalid("query", &reason))
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
