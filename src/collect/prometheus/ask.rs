//! One question and its answer: sent as a form, taken only when it is whole and of the kind that was asked for.

use super::PrometheusError;
use super::server::PrometheusServer;
use crate::appraise::metric::{http_date_ms, is_json};
use crate::collect::auth::form_encoded;
use crate::metrics::response::stream::{self, Found, Kind, Sink};
use crate::metrics::{AnswerError, ChunkExchange, Labels};
use crate::model::Timestamp;
use crate::model::limits::METRICS_BYTES;
use crate::model::redact::url_without_secrets;
use crate::net::http::{StatusCode, Url};
use crate::net::{Http, HttpError, Request, Response};

/// What the answer has to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// A vector or a scalar: an instant query.
    Instant,
    /// A matrix: a range query, or raw samples.
    Matrix,
}

/// Posts the fields of a query and gives the answer of the kind that is wanted.
pub(super) async fn ask(
    http: &Http,
    server: &PrometheusServer,
    url: &Url,
    form: &[(&str, &str)],
    wanted: Wanted,
) -> Result<Response, PrometheusError> {
    // In the body: a long query does not fit in a URL, and URLs go to access logs.
    let post = Request::post(
        url.clone(),
        "application/x-www-form-urlencoded",
        form_encoded(form).into_bytes(),
        METRICS_BYTES,
    )
    .header("accept", "application/json")
    .header("accept-encoding", "identity");
    let response = send(http, server, post).await?;
    // What a failing server or a proxy before it says is shown: it may repeat what it was sent.
    accept(&response, wanted).map_err(|error| unless_it_repeats(server, &response, error))?;
    Ok(response)
}

/// Sends a question with the server's credentials.
pub(super) async fn send(
    http: &Http,
    server: &PrometheusServer,
    request: Request,
) -> Result<Response, PrometheusError> {
    match http.send(server.auth.apply(request)).await {
        Err(HttpError::TooLarge { url, limit }) => Err(PrometheusError::TooLarge { url, limit }),
        other => Ok(other?),
    }
}

/// The error, or one that does not show the answer when that holds a credential.
pub(super) fn unless_it_repeats(
    server: &PrometheusServer,
    response: &Response,
    error: PrometheusError,
) -> PrometheusError {
    match server.auth.leaks_into(&response.body, &server.url) {
        true => PrometheusError::Repeats {
            url: url_without_secrets(response.url.as_str()),
            status: response.status.as_u16(),
        },
        false => error,
    }
}

/// Whether an answer is one that is kept.
fn accept(response: &Response, wanted: Wanted) -> Result<(), PrometheusError> {
    let url = || url_without_secrets(response.url.as_str());
    let status = response.status.as_u16();
    deny(response)?;
    let parsed = stream::read(&response.body, &mut Skim);
    let failed = |source| PrometheusError::Query {
        url: url(),
        source,
        status,
    };
    let envelope = match parsed {
        // Also under text/plain: Thanos' query frontend says so of its JSON.
        Err(source @ AnswerError::Server { .. }) => return Err(failed(source)),
        other => other,
    };
    succeeded(response)?;
    encoded(response, "identity")?;
    let is_page = matches!(envelope, Err(AnswerError::Html));
    let content_type = response.header("content-type").unwrap_or_default();
    if !is_json(Some(content_type)) || is_page {
        return Err(PrometheusError::NotJson {
            url: url(),
            content_type: content_type.chars().take(100).collect(),
        });
    }
    // What is wrong with samples of a good answer, such as a moved range, appraisal names.
    let kind = envelope.map_err(failed)?.kind;
    match (kind, wanted) {
        (Kind::Vector | Kind::Scalar(_), Wanted::Instant) | (Kind::Matrix, Wanted::Matrix) => {
            Ok(())
        }
        (_, wanted) => Err(PrometheusError::Kind {
            url: url(),
            found: kind.name(),
            wanted: match wanted {
                Wanted::Instant => "vector",
                Wanted::Matrix => "matrix",
            },
        }),
    }
}

/// Whether the status is 200.
pub(super) fn succeeded(response: &Response) -> Result<(), PrometheusError> {
    if response.status == StatusCode::OK {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&response.body);
    Err(PrometheusError::Status {
        url: url_without_secrets(response.url.as_str()),
        status: response.status.as_u16(),
        text: text.chars().take(200).collect(),
    })
}

/// Whether the body is encoded as it was asked for.
pub(super) fn encoded(response: &Response, wanted: &str) -> Result<(), PrometheusError> {
    let encoding = response.header("content-encoding").unwrap_or("identity");
    match encoding.eq_ignore_ascii_case(wanted) {
        true => Ok(()),
        false => Err(PrometheusError::Encoded {
            url: url_without_secrets(response.url.as_str()),
            encoding: encoding.chars().take(40).collect(),
        }),
    }
}

pub(super) fn deny(response: &Response) -> Result<(), PrometheusError> {
    match response.status.as_u16() {
        status @ (401 | 403 | 407) => Err(PrometheusError::Denied {
            url: url_without_secrets(response.url.as_str()),
            status,
        }),
        _ => Ok(()),
    }
}

/// Looks at the shape of an answer and keeps nothing.
struct Skim;

impl Sink for Skim {
    fn series(&mut self, _: Labels, _: Found<'_>) -> Result<(), AnswerError> {
        Ok(())
    }
}

/// The HTTP side of an answer.
pub(super) fn exchange(response: &Response) -> ChunkExchange {
    let header = |name| {
        response
            .header(name)
            .map(|text| text.chars().take(200).collect::<String>())
    };
    let received_ms = Timestamp::now().as_millisecond();
    let date = header("date");
    ChunkExchange {
        status: response.status.as_u16(),
        content_type: header("content-type"),
        clock_skew_ms: (date.as_deref().and_then(http_date_ms))
            .map(|server| received_ms.saturating_sub(server)),
        date,
        server: header("server"),
        received_ms,
    }
}
