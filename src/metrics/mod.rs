//! Metrics as a Prometheus HTTP API answers them: parsed, cut and merged, counted, computed.

pub mod chunks;
pub mod columns;
pub mod coverage;
pub mod decimal;
pub mod derived;
pub mod gate;
pub mod grafana;
pub mod promql;
pub mod raw;
pub mod record;
pub mod remote_read;
pub mod response;
pub mod series;
pub mod server_config;
pub mod statistic;

pub use chunks::{Grid, GridError, Moved};
pub use columns::{Column, Columns, ColumnsError};
pub use coverage::Coverage;
pub use raw::{RawPiece, RawRecord, RawSelector, RawVia};
pub use record::{ChunkExchange, Exchange, MetricRequest, ServerKind, ServerRecord};
pub use response::{Answer, AnswerError, Data, Envelope, Kind, Labels, Sample, TimeSeries};
pub use series::Step;
pub use server_config::ServerConfig;

#[cfg(test)]
pub(crate) mod fixture;
