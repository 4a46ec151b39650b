//! Bodies of the Prometheus HTTP API (<https://prometheus.io/docs/prometheus/latest/querying/api/>).

use crate::model::limits::{METRICS_BYTES, POINTS, SERIES};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

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
    /// More series or samples than are judged.
    #[error(
        "the answer has {series} series and {points} samples, at most {SERIES} and {POINTS} are read"
    )]
    TooMany {
        /// Series found.
        series: usize,
        /// Samples found.
        points: usize,
    },
}

impl Answer {
    /// Parses a body.
    ///
    /// # Errors
    /// When it is no whole, successful answer within the limits.
    pub fn parse(body: &[u8]) -> Result<Self, AnswerError> {
        if body.len() as u64 > METRICS_BYTES {
            return Err(AnswerError::TooLarge { found: body.len() });
        }
        if body.trim_ascii_start().starts_with(b"<") {
            return Err(AnswerError::Html);
        }
        let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(AnswerError::Json)?;
        if envelope.status != "success" {
            return Err(AnswerError::Server {
                kind: cut(&envelope.error_type.unwrap_or(envelope.status)),
                message: cut(&envelope.error.unwrap_or_default()),
            });
        }
        let mut warnings = envelope.warnings.unwrap_or_default();
        if envelope.is_partial == Some(true) {
            // VictoriaMetrics' clusters say it so, without a warning.
            warnings.push("the server says that its answer is partial".into());
        }
        Ok(Self {
            data: data(envelope.data)?,
            warnings: warnings.iter().map(|text| cut(text)).collect(),
            infos: (envelope.infos.unwrap_or_default().iter())
                .map(|text| cut(text))
                .collect(),
        })
    }
}

fn data(raw: Option<&RawValue>) -> Result<Data, AnswerError> {
    let text = raw.map_or("{}", RawValue::get);
    let wire: WireData<'_> = serde_json::from_str(text).map_err(AnswerError::Json)?;
    let result = wire.result.map_or("null", RawValue::get);
    match wire.result_type.as_deref() {
        Some("vector") => Ok(Data::Vector(series(result)?)),
        Some("matrix") => Ok(Data::Matrix(series(result)?)),
        Some("scalar") => serde_json::from_str(result)
            .map(Data::Scalar)
            .map_err(AnswerError::Json),
        Some("string") => Ok(Data::String),
        other => Err(AnswerError::ResultType(cut(other.unwrap_or_default()))),
    }
}

fn series(result: &str) -> Result<Vec<TimeSeries>, AnswerError> {
    let wire: Vec<WireSeries> = serde_json::from_str(result).map_err(AnswerError::Json)?;
    let points = wire.iter().map(|one| one.values.len() + 1).sum();
    if wire.len() > SERIES || points > POINTS {
        return Err(AnswerError::TooMany {
            series: wire.len(),
            points,
        });
    }
    let mut all: Vec<TimeSeries> = wire.into_iter().map(WireSeries::into_series).collect();
    // The order of series in an answer is random: two equal answers differ in it.
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    for pair in all.windows(2) {
        if let [a, b] = pair
            && a.labels == b.labels
        {
            return Err(AnswerError::Twice(a.labels.clone()));
        }
    }
    match all
        .iter()
        .find(|one| !one.samples.is_sorted_by(|a, b| a.ms < b.ms))
    {
        Some(one) => Err(AnswerError::Order(one.labels.clone())),
        None => Ok(all),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
    infos: Option<Vec<String>>,
    #[serde(rename = "isPartial")]
    is_partial: Option<bool>,
}

#[derive(Deserialize)]
struct WireData<'a> {
    #[serde(rename = "resultType")]
    result_type: Option<String>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireSeries {
    metric: Labels,
    value: Option<Sample>,
    #[serde(default)]
    values: Vec<Sample>,
    histogram: Option<IgnoredAny>,
    #[serde(default)]
    histograms: Vec<IgnoredAny>,
}

impl WireSeries {
    fn into_series(self) -> TimeSeries {
        let mut samples = self.values;
        samples.extend(self.value);
        TimeSeries {
            labels: self.metric,
            samples,
            histograms: self.histograms.len() + usize::from(self.histogram.is_some()),
        }
    }
}

#[derive(Deserialize)]
struct WirePoint<'a>(#[serde(borrow)] &'a RawValue, #[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WirePoint(time, value) = WirePoint::deserialize(deserializer)?;
        let ms = milliseconds(time.get())
            .ok_or_else(|| D::Error::custom("a time is no decimal number of milliseconds"))?;
        let value = number(&value).ok_or_else(|| D::Error::custom("a value is no number"))?;
        Ok(Self { ms, value })
    }
}

/// Milliseconds from decimal seconds. More than three digits after the point must be zeros.
fn milliseconds(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (fraction, rest) = fraction.split_at_checked(3).unwrap_or((fraction, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || rest.bytes().any(|b| b != b'0') {
        return None;
    }
    let whole = whole.parse::<i64>().ok()?.checked_mul(1_000)?;
    let ms = whole.checked_add(format!("{fraction:0<3}").parse().ok()?)?;
    Some(if negative { -ms } else { ms })
}

/// A value as the API writes it. Rust reads more spellings of infinity, and reads one into a number that is too large.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
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
