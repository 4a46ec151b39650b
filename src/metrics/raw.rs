//! `raw.json`: where the samples behind a query's answer are, and how they were got.

use super::ChunkExchange;
use serde::{Deserialize, Serialize};

/// `raw.json` of a metric item: one entry for each selector of its query.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawRecord {
    /// In the order of the query, each once.
    pub selectors: Vec<RawSelector>,
}

/// The samples of one selector.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawSelector {
    /// The selector without range and offset, such as `http_requests_total{status=~"5.."}`.
    pub selector: String,
    /// How they were asked for.
    pub via: RawVia,
    /// Ascending in time; together they leave no gap.
    pub pieces: Vec<RawPiece>,
}

/// How samples are asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawVia {
    /// A range selector in an instant query: loses stale markers.
    Query,
    /// Remote read (`/api/v1/read`, SAMPLES, snappy): keeps them.
    RemoteRead,
}

/// All samples of a stretch of time. By a query it is asked as `selector[to - from + 1 ms]` at `to`, so that servers
/// whose ranges leave out their left end give its first millisecond too; what others give before `from` does not count.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawPiece {
    /// Name of the file with the answer, as it came but for HTTP's own encodings.
    pub file: String,
    /// First millisecond since 1970.
    pub from_ms: i64,
    /// Last millisecond since 1970.
    pub to_ms: i64,
    /// The HTTP side of the answer.
    pub exchange: ChunkExchange,
}
