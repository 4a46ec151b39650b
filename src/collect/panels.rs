//! The data behind a dashboard's panels: each query asked of the server that the configuration names for it.

use super::grafana::{GrafanaError, GrafanaServer};
use super::prometheus::{self, PrometheusError, PrometheusServer};
use crate::appraise::dashboard::{DASHBOARD, REFUSAL, Refusal, library_name};
use crate::metrics::AnswerError;
use crate::metrics::grafana::{Asked, DashboardPanel, PanelQuery, library_panels, resolve};
use crate::model::limits::DASHBOARD_BYTES;
use crate::model::{
    Capture, CapturedFile, DashboardExpectation, MemberPath, MemberPathError, Timestamp,
};
use crate::net::Http;
use std::collections::BTreeMap;

/// The configured servers with the Prometheus HTTP API, by name.
pub type MetricServers = BTreeMap<String, (Http, PrometheusServer)>;

/// Why the data behind a dashboard cannot be captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelsError {
    /// A library element cannot be fetched.
    #[error(transparent)]
    Grafana(#[from] GrafanaError),
    /// The dashboard's JSON cannot be walked, or asks too much.
    #[error("{0}")]
    Dashboard(String),
    /// The configuration names no such server.
    #[error("the server {0:?} is not configured")]
    Server(String),
    /// A query cannot be answered.
    #[error("panel {panel:?}, query {query}")]
    Query {
        /// The panel's title.
        panel: String,
        /// The query's letter.
        query: String,
        /// Why.
        #[source]
        source: Box<PrometheusError>,
    },
    /// The answers are larger than what is captured.
    #[error("the answers to its queries have more than {DASHBOARD_BYTES} bytes")]
    TooLarge,
    /// The id gives no member path.
    #[error("the id gives no member path")]
    Path(#[from] MemberPathError),
    /// A library element holds a credential of this very run; it is not stored.
    #[error("{file} would hold a secret of this run and is not stored")]
    Secret {
        /// The file.
        file: String,
    },
}

/// Adds the answers to the queries of the captured dashboard, with the library elements that hold some of them.
///
/// Nothing is asked where the configuration names no server for them. No address that the dashboard names is asked:
/// library elements come from the configured Grafana, answers from the configured servers.
///
/// # Errors
/// When a server cannot be reached or denies access. A query that the server refuses as wrong is kept as refused.
pub async fn capture(
    http: &Http,
    grafana: &GrafanaServer,
    servers: &MetricServers,
    id: &str,
    expectation: &DashboardExpectation,
    capture: &mut Capture,
) -> Result<(), PanelsError> {
    let (Some(_), Some(window)) = (&expectation.data, capture.window) else {
        return Ok(());
    };
    let document = capture.file(DASHBOARD).map(|file| file.bytes.clone());
    let document = document.unwrap_or_default();
    let mut library = BTreeMap::new();
    for uid in library_panels(&document, expectation).map_err(PanelsError::Dashboard)? {
        // One that is not there is the panel's problem, as appraisal says.
        if let Some(bytes) = grafana.library_element(http, &uid).await? {
            library.insert(uid, bytes);
        }
    }
    let stored = |uid: &str| library.get(uid).map(Vec::as_slice);
    let panels = resolve(&document, stored, expectation, window).map_err(PanelsError::Dashboard)?;
    let mut answers = Vec::new();
    let mut bytes: u64 = 0;
    for panel in &panels {
        for query in &panel.queries {
            let Ok(asked) = &query.asked else { continue };
            let files = ask(servers, id, panel, query, asked).await?;
            bytes += files
                .iter()
                .map(|file| file.bytes.len() as u64)
                .sum::<u64>();
            if bytes > DASHBOARD_BYTES {
                return Err(PanelsError::TooLarge);
            }
            answers.extend(files);
        }
    }
    for (uid, bytes) in library {
        let path = MemberPath::try_from(format!("dashboards/{id}/{}", library_name(&uid)))?;
        if grafana.auth.leaks_into(&bytes, &grafana.url) {
            return Err(PanelsError::Secret {
                file: path.to_string(),
            });
        }
        capture
            .files
            .push(CapturedFile::new(path, "application/json", bytes));
    }
    capture.files.extend(answers);
    capture.captured = Timestamp::now();
    Ok(())
}

/// The files of one answer, in the query's folder.
async fn ask(
    servers: &MetricServers,
    id: &str,
    panel: &DashboardPanel,
    query: &PanelQuery,
    asked: &Asked,
) -> Result<Vec<CapturedFile>, PanelsError> {
    let name = asked.server.clone().unwrap_or_default();
    let (http, server) = (servers.get(&name)).ok_or(PanelsError::Server(name))?;
    let folder = format!("dashboards/{id}/{}", query.folder);
    let answer = prometheus::capture(http, server, id, &asked.query, asked.window).await;
    let files = match answer {
        Ok(answer) => answer.files,
        Err(error) => match refused(&error) {
            Some(refusal) => {
                let path = MemberPath::try_from(format!("{folder}/{REFUSAL}"))?;
                // A struct of one text always serialises.
                let bytes = serde_json::to_vec(&refusal).unwrap_or_default();
                return Ok(vec![CapturedFile::new(path, "application/json", bytes)]);
            }
            None => {
                return Err(PanelsError::Query {
                    panel: panel.title.clone(),
                    query: query.ref_id.clone(),
                    source: Box::new(error),
                });
            }
        },
    };
    files
        .into_iter()
        .map(|file| {
            let name = file.path.as_str().rsplit('/').next().unwrap_or_default();
            let path = MemberPath::try_from(format!("{folder}/{name}"))?;
            Ok(CapturedFile { path, ..file })
        })
        .collect()
}

/// What the server says of a query that it refuses whenever it is asked.
fn refused(error: &PrometheusError) -> Option<Refusal> {
    match error {
        PrometheusError::Query {
            source: source @ AnswerError::Server { kind, .. },
            status: 400 | 422,
            ..
        } if kind != "timeout" && kind != "canceled" => {
            let message = source.to_string();
            // Prometheus 3 calls a query that took too long one that failed.
            (!message.contains("deadline exceeded")).then_some(Refusal { message })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
