//! A metrics server: how it is asked, who it is, and what its clock says.

use super::PrometheusError;
use super::ask::deny;
use crate::appraise::metric::http_date_ms;
use crate::collect::auth::{ServerAuth, endpoint};
use crate::metrics::server_config::{self, ServerConfig};
use crate::metrics::{ServerKind, ServerRecord};
use crate::model::limits::SERVER_CONFIG_BYTES;
use crate::model::redact::url_without_secrets;
use crate::model::{Digest, Timestamp, Window};
use crate::net::http::{StatusCode, Url};
use crate::net::{Http, HttpError, Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// A server and how it is asked. Its identity is asked for once.
#[derive(Debug)]
pub struct PrometheusServer {
    /// Its address; a path before `/api/v1` belongs to it.
    pub url: Url,
    /// Credentials.
    pub auth: ServerAuth,
    /// Points of one request; a longer range is cut.
    pub chunk_points: u64,
    identity: OnceCell<Identity>,
}

#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) kind: ServerKind,
    buildinfo: Option<Box<RawValue>>,
    config: Option<ServerConfig>,
    features: Option<Vec<String>>,
    certificate: Option<Digest>,
    /// The server's clock minus the local one, in milliseconds; 0 when it does not tell the time.
    ahead_ms: i64,
}

impl PrometheusServer {
    /// A server that is asked for at most `chunk_points` points at once
    /// ([`CHUNK_POINTS`](crate::metrics::chunks::CHUNK_POINTS) is what Prometheus takes).
    pub fn new(url: Url, auth: ServerAuth, chunk_points: u64) -> Self {
        Self {
            url,
            auth,
            chunk_points,
            identity: OnceCell::new(),
        }
    }

    /// Reaches the server without querying: its kind and version.
    ///
    /// # Errors
    /// When it cannot be reached or denies access.
    pub async fn probe(&self, http: &Http) -> Result<ServerRecord, PrometheusError> {
        Ok(self.identity(http).await?.record())
    }

    /// The latest time whose samples are whole: now, by the earlier of its clock and the local one, less two scrape
    /// intervals and at least a minute.
    ///
    /// # Errors
    /// When the server cannot be reached or denies access.
    pub async fn settled(&self, http: &Http) -> Result<Timestamp, PrometheusError> {
        let now = Timestamp::now();
        let settled = self.identity(http).await?.settled_ms(now);
        Ok(Timestamp::from_millisecond(settled).unwrap_or(now))
    }

    /// Whether the samples up to the window's end are whole.
    pub(super) async fn look_at_end(
        &self,
        http: &Http,
        window: Window,
    ) -> Result<(), PrometheusError> {
        let now = Timestamp::now();
        let settled = self.identity(http).await?.settled_ms(now);
        let missing = window.end_ms.saturating_sub(settled);
        if missing <= 0 {
            return Ok(());
        }
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
        // Whole seconds, rounded up: what is printed suffices.
        let again = now.as_millisecond().saturating_add(missing);
        let again = again.saturating_add(999) / 1_000;
        Err(PrometheusError::Unsettled {
            url: url_without_secrets(self.url.as_str()),
            end: time(window.end_ms),
            again: time(again.saturating_mul(1_000)),
        })
    }

    pub(super) async fn identity(&self, http: &Http) -> Result<&Identity, PrometheusError> {
        self.identity
            .get_or_try_init(|| async {
                let (build, answer) = self.status(http, &["status", "buildinfo"]).await?;
                let local_ms = Timestamp::now().as_millisecond();
                let (stores, _) = self.status(http, &["stores"]).await?;
                let config = self.told(http, &["status", "config"]).await?;
                let flags = self.told(http, &["status", "flags"]).await?;
                let kind = kind(build.as_deref(), stores.is_some());
                let date = answer.as_ref().and_then(|one| one.header("date"));
                let server_ms = date.and_then(http_date_ms);
                Ok(Identity {
                    kind,
                    buildinfo: build,
                    // VictoriaMetrics' is of another shape and gives none.
                    config: config.and_then(|raw| ServerConfig::of_status(raw.get())),
                    features: flags.and_then(|raw| server_config::features(raw.get())),
                    certificate: answer.and_then(|one| one.certificate),
                    ahead_ms: server_ms.map_or(0, |ms| ms.saturating_sub(local_ms)),
                })
            })
            .await
    }

    /// `data` of a status endpoint that may be closed to those who may query.
    async fn told(
        &self,
        http: &Http,
        path: &[&str],
    ) -> Result<Option<Box<RawValue>>, PrometheusError> {
        match self.status(http, path).await {
            Err(PrometheusError::Denied { .. }) => Ok(None),
            other => Ok(other?.0),
        }
    }

    /// `data` of a status endpoint, and the answer; none when the server does not have it.
    async fn status(
        &self,
        http: &Http,
        path: &[&str],
    ) -> Result<(Option<Box<RawValue>>, Option<Response>), PrometheusError> {
        let request =
            Request::get(self.api(path), SERVER_CONFIG_BYTES).header("accept", "application/json");
        let response = match http.send(self.auth.apply(request)).await {
            Err(HttpError::TooLarge { .. }) => return Ok((None, None)),
            other => other?,
        };
        deny(&response)?;
        #[derive(Deserialize)]
        struct Body {
            status: String,
            data: Box<RawValue>,
        }
        let body = serde_json::from_slice::<Body>(&response.body).ok();
        let data = body
            .filter(|body| response.status == StatusCode::OK && body.status == "success")
            .map(|body| body.data);
        Ok((data, Some(response)))
    }

    /// When the server started; `runtimeinfo` names its host and folder too, which nobody needs.
    pub(super) async fn start_time(&self, http: &Http) -> Result<Option<String>, PrometheusError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Runtime {
            start_time: String,
        }
        let (data, _) = self.status(http, &["status", "runtimeinfo"]).await?;
        Ok(data
            .and_then(|raw| serde_json::from_str::<Runtime>(raw.get()).ok())
            .map(|runtime| runtime.start_time.chars().take(40).collect()))
    }

    pub(super) fn api(&self, path: &[&str]) -> Url {
        endpoint(&self.url, &[&["api", "v1"], path].concat())
    }
}

impl Identity {
    pub(super) fn record(&self) -> ServerRecord {
        let config = self.config.as_ref();
        ServerRecord {
            kind: self.kind,
            buildinfo: self.buildinfo.clone(),
            scrape_interval: config.and_then(|config| config.scrape_interval.clone()),
            external_labels: config.map(|config| config.external_labels.clone()),
            features: self.features.clone(),
            certificate: self.certificate,
            ..ServerRecord::default()
        }
    }

    fn settled_ms(&self, now: Timestamp) -> i64 {
        let interval = self
            .config
            .as_ref()
            .and_then(ServerConfig::scrape_interval_ms);
        let settle = interval.map_or(0, |ms| ms.saturating_mul(2)).max(SETTLE_MS);
        let earlier = now.as_millisecond().saturating_add(self.ahead_ms.min(0));
        earlier.saturating_sub_unsigned(settle)
    }
}

fn kind(build: Option<&RawValue>, is_thanos: bool) -> ServerKind {
    let fields = build.and_then(|raw| {
        serde_json::from_str::<BTreeMap<String, serde::de::IgnoredAny>>(raw.get()).ok()
    });
    match fields {
        _ if is_thanos => ServerKind::Thanos,
        Some(fields) if fields.is_empty() => ServerKind::Victoriametrics,
        // Mimir and its like name themselves here.
        Some(fields) if fields.contains_key("application") => ServerKind::Unknown,
        Some(fields) if fields.contains_key("version") => ServerKind::Prometheus,
        _ => ServerKind::Unknown,
    }
}

/// What servers need at least until their newest samples are whole.
const SETTLE_MS: u64 = 60_000;
