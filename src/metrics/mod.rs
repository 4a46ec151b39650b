//! Metrics as a Prometheus HTTP API answers them: parsed, cut and merged, counted, computed.

pub mod chunks;
pub mod coverage;
pub mod record;
pub mod response;
pub mod series;
pub mod statistic;

pub use chunks::{Grid, GridError, Moved};
pub use coverage::Coverage;
pub use record::{ChunkExchange, Exchange, MetricRequest, ServerKind, ServerRecord};
pub use response::{Answer, AnswerError, Data, Labels, Sample, TimeSeries};
pub use series::Step;

#[cfg(test)]
pub(crate) mod fixture;
