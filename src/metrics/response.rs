//! Bodies of the Prometheus HTTP API (<https://prometheus.io/docs/prometheus/latest/querying/api/>).

mod points;
pub mod stream;

use crate::model::limits::{METRICS_BYTES, POINTS, SERIES};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
pub use stream::{Envelope, Found, Kind, Sink};

/// A successful answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was found.
    pub data: Data,
    /// What the server warns of: the data may be partial.
    pub warnings: Vec<String>,
    /// What the server notes about the query.
    pub infos: Vec<String>,
}

/// The data, by `resultType`.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// An instant query's series, one sample each.
    Vector(Vec<TimeSeries>),
    /// A range query's series.
    Matrix(Vec<TimeSeries>),
    /// A number without labels.
    Scalar(Sample),
    /// A text, which is no number.
    String,
}

/// Samples of one label set, ascending in time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its numbers, NaN and infinities included.
    pub samples: Vec<Sample>,
    /// How many native histograms stood beside or instead of numbers.
    pub histograms: usize,
}

/// A label set: names are unique. Printed as PromQL writes it.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Labels(pub BTreeMap<String, String>);

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970, read from the decimal text without rounding.
    pub ms: i64,
    /// The value; may be NaN or infinite.
    pub value: f64,
}

/// Why a body is no successful answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Larger than what is read.
    #[error("the answer has {found} bytes, at most {METRICS_BYTES} are read")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// A page for people: a login, an error of a proxy.
    #[error("the answer is an HTML page")]
    Html,
    /// No JSON, not whole, or of another shape.
    #[error("the answer is not of the Prometheus API")]
    Json(#[source] serde_json::Error),
    /// The server says that it failed.
    #[error("the server answers {kind}: {message}")]
    Server {
        /// Its `errorType`.
        kind: String,
        /// Its `error`, cut to 300 characters.
        message: String,
    },
    /// A `resultType` that the API does not have, or none.
    #[error("the answer has resultType {0:?}")]
    ResultType(String),
    /// The same label set twice.
    #[error("the series {0} comes twice")]
    Twice(Labels),
    /// Times that do not ascend.
    #[error("the series {0} is not in the order of time")]
    Order(Labels),
    /// More series than are judged.
    #[error("the answer has more than {SERIES} series: aggregate them, such as by `sum by (…)`")]
    TooManySeries,
    /// More samples than are judged.
    #[error("the query has more than {POINTS} samples: take a longer step or fewer series")]
    TooManyPoints,
}

impl Answer {
    /// Parses a body.
    ///
    /// # Errors
    /// When it is no whole, successful answer within the limits.
    pub fn parse(body: &[u8]) -> Result<Self, AnswerError> {
        let mut all = All::default();
        let envelope = stream::read(body, &mut all)?;
        let data = match envelope.kind {
            Kind::Vector => Data::Vector(all.sorted()?),
            Kind::Matrix => Data::Matrix(all.sorted()?),
            Kind::Scalar(sample) => Data::Scalar(sample),
            Kind::String => Data::String,
        };
        Ok(Self {
            data,
            warnings: envelope.warnings,
            infos: envelope.infos,
        })
    }
}

/// Keeps every series.
#[derive(Default)]
struct All {
    series: Vec<TimeSeries>,
    points: usize,
}

impl Sink for All {
    fn series(&mut self, labels: Labels, found: Found<'_>) -> Result<(), AnswerError> {
        let mut samples = Vec::new();
        found.samples(&labels, &mut samples, POINTS - self.points)?;
        self.points += samples.len();
        self.series.push(TimeSeries {
            labels,
            samples,
            histograms: found.histograms,
        });
        Ok(())
    }
}

impl All {
    /// The order of series in an answer is random: two equal answers differ in it.
    fn sorted(self) -> Result<Vec<TimeSeries>, AnswerError> {
        let mut all = self.series;
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        let twice = all.windows(2).find_map(|pair| match pair {
            [a, b] if a.labels == b.labels => Some(a.labels.clone()),
            _ => None,
        });
        match twice {
            Some(labels) => Err(AnswerError::Twice(labels)),
            None => Ok(all),
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;
        impl<'de> Visitor<'de> for Unique {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if labels.insert(name, value).is_some() {
                        return Err(A::Error::custom("a label comes twice"));
                    }
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Unique)
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests;
