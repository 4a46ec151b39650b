//! The files beside the raw answers of a metric item: what was asked, how it was answered, by whom.

use crate::model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// `request.json`. Compared with the expectation; no value is taken from it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricRequest {
    /// PromQL as sent.
    pub expr: String,
    /// First step of a range query, milliseconds since 1970.
    pub start_ms: Option<i64>,
    /// End of a range query's window, milliseconds since 1970.
    pub end_ms: Option<i64>,
    /// Step of a range query in milliseconds.
    pub step_ms: Option<u64>,
    /// Most points of one request.
    pub chunk_points: Option<u64>,
    /// Time of an instant query, milliseconds since 1970.
    pub time_ms: Option<i64>,
    /// HTTP method.
    pub method: String,
    /// The endpoint, without user, password and query.
    pub url: String,
    /// Further parameters as sent.
    pub parameters: BTreeMap<String, String>,
}

/// `exchange.json`: the HTTP side of each answer.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// One per request, in order.
    pub chunks: Vec<ChunkExchange>,
}

/// The HTTP side of one answer.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChunkExchange {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Date`: the server's clock.
    pub date: Option<String>,
    /// `Server`.
    pub server: Option<String>,
    /// When the answer was whole, by the local clock, milliseconds since 1970.
    pub received_ms: i64,
    /// Local clock minus the server's, in milliseconds.
    pub clock_skew_ms: Option<i64>,
}

/// `server.json`: who answered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerRecord {
    /// What kind of server it seems to be.
    pub kind: ServerKind,
    /// `data` of its answer to `/api/v1/status/buildinfo`, as it came.
    pub buildinfo: Option<Box<RawValue>>,
    /// When it had started, as it said before the first request.
    pub start_before: Option<String>,
    /// When it had started, as it said after the last request.
    pub start_after: Option<String>,
    /// Its `global.scrape_interval`, as it is written; none when it does not tell its configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrape_interval: Option<String>,
    /// Its `global.external_labels`; none when it does not tell its configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_labels: Option<BTreeMap<String, String>>,
    /// Names of the features that were switched on, ascending; none when it does not tell its flags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// SHA-256 of the certificate that it showed; none over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Digest>,
}

/// Kinds of server: the same query over the same samples differs between them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// Prometheus.
    Prometheus,
    /// Thanos, which answers `/api/v1/stores`.
    Thanos,
    /// VictoriaMetrics, whose build information is empty.
    Victoriametrics,
    /// None of these.
    #[default]
    Unknown,
}

/// Version and revision, where the build information has them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Build {
    /// `version`; empty when it is not told.
    #[serde(default)]
    pub version: String,
    /// `revision`; empty when it is not told.
    #[serde(default)]
    pub revision: String,
    /// `application`, which Prometheus itself does not send.
    #[serde(default)]
    pub application: String,
}

impl ServerRecord {
    /// Version and revision.
    pub fn build(&self) -> Build {
        self.buildinfo
            .as_ref()
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// Whether the server started anew between the first and the last request.
    pub fn restarted(&self) -> bool {
        self.start_before != self.start_after
    }
}
