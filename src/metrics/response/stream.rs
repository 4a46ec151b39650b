//! Reads a body front to back, once, and hands each series on as it comes: nothing is held but what the sink keeps.

use super::{AnswerError, Labels, Sample, cut, points};
use crate::model::limits::{METRICS_BYTES, SERIES};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// Takes the series of an answer, in its order, which is random.
pub trait Sink {
    /// Takes one.
    ///
    /// # Errors
    /// When the answer is not to be read further.
    fn series(&mut self, labels: Labels, found: Found<'_>) -> Result<(), AnswerError>;
}

/// What one series has, not read yet.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    value: Option<&'a RawValue>,
    values: Option<&'a RawValue>,
    /// How many native histograms stand beside or instead of numbers.
    pub histograms: usize,
}

impl Found<'_> {
    /// Reads its samples into `into`, in place of what it held, and never more than `most`. Each is later than the one
    /// before, or it is an error.
    ///
    /// # Errors
    /// When one is no sample, comes before its turn, or there are more.
    pub fn samples(
        &self,
        labels: &Labels,
        into: &mut Vec<Sample>,
        most: usize,
    ) -> Result<(), AnswerError> {
        into.clear();
        if let Some(values) = self.values {
            points::read(values.get(), into, most)?;
        }
        if let Some(value) = self.value {
            if into.len() >= most {
                return Err(AnswerError::TooManyPoints);
            }
            into.push(points::one(value.get())?);
        }
        match into.is_sorted_by(|a, b| a.ms < b.ms) {
            true => Ok(()),
            false => Err(AnswerError::Order(labels.clone())),
        }
    }
}

/// What stands around the series.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The `resultType`, and what is no series.
    pub kind: Kind,
    /// What the server warns of: the data may be partial.
    pub warnings: Vec<String>,
    /// What the server notes about the query.
    pub infos: Vec<String>,
}

/// The types of result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// An instant query's series, one sample each.
    Vector,
    /// A range query's series.
    Matrix,
    /// A number without labels.
    Scalar(Sample),
    /// A text, which is no number.
    String,
}

impl Kind {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::Scalar(_) => "scalar",
            Self::String => "string",
        }
    }
}

/// Reads a body.
///
/// # Errors
/// When it is no whole, successful answer within the limits; the sink may have got series before.
pub fn read(body: &[u8], sink: &mut impl Sink) -> Result<Envelope, AnswerError> {
    if body.len() as u64 > METRICS_BYTES {
        return Err(AnswerError::TooLarge { found: body.len() });
    }
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(AnswerError::Html);
    }
    let mut failed = None;
    let mut reader = Reader {
        sink,
        failed: &mut failed,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = (EnvelopeSeed(&mut reader).deserialize(&mut json))
        .and_then(|wire| json.end().map(|()| wire))
        .and_then(|wire| reader.held(wire));
    let wire = match (failed, parsed) {
        (Some(error), _) => return Err(error),
        (None, parsed) => parsed.map_err(AnswerError::Json)?,
    };
    wire.into_envelope()
}

struct Reader<'s, S> {
    sink: &'s mut S,
    /// Why the sink did not go on: serde carries texts only.
    failed: &'s mut Option<AnswerError>,
}

impl<S: Sink> Reader<'_, S> {
    fn take<E: serde::de::Error>(&mut self, series: WireSeries<'_>) -> Result<(), E> {
        let found = Found {
            value: series.value,
            values: series.values,
            histograms: series.histograms.len() + usize::from(series.histogram.is_some()),
        };
        self.sink
            .series(series.metric, found)
            .map_err(|error| self.stop(error))
    }

    fn stop<E: serde::de::Error>(&mut self, error: AnswerError) -> E {
        *self.failed = Some(error);
        E::custom("not read further")
    }

    /// Reads series that came before their type did.
    fn held<'a>(&mut self, mut wire: Wire<'a>) -> Result<Wire<'a>, serde_json::Error> {
        let is_success = wire.status.as_deref() == Some("success");
        if is_success && wire.data.is_series() && !wire.data.streamed {
            let text = wire.data.result.map_or("null", RawValue::get);
            let mut json = serde_json::Deserializer::from_str(text);
            SeriesSeed(self).deserialize(&mut json)?;
            wire.data.streamed = true;
        }
        Ok(wire)
    }
}

/// The members of the envelope that count.
#[derive(Default)]
struct Wire<'a> {
    status: Option<String>,
    data: WireData<'a>,
    error_type: Option<String>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
    infos: Option<Vec<String>>,
    is_partial: Option<bool>,
}

#[derive(Default)]
struct WireData<'a> {
    kind: Option<String>,
    result: Option<&'a RawValue>,
    /// Its series have been handed on.
    streamed: bool,
}

#[derive(Deserialize)]
struct WireSeries<'a> {
    metric: Labels,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    values: Option<&'a RawValue>,
    histogram: Option<IgnoredAny>,
    // Of a type without a size: counted, never held.
    #[serde(default)]
    histograms: Vec<IgnoredAny>,
}

/// A null is a value, too: no list.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

impl WireData<'_> {
    fn is_series(&self) -> bool {
        matches!(self.kind.as_deref(), Some("vector" | "matrix"))
    }
}

impl Wire<'_> {
    fn into_envelope(self) -> Result<Envelope, AnswerError> {
        let status = self.status.unwrap_or_default();
        if status != "success" {
            return Err(AnswerError::Server {
                kind: cut(&self.error_type.unwrap_or(status)),
                message: cut(&self.error.unwrap_or_default()),
            });
        }
        let kind = match self.data.kind.as_deref() {
            Some("vector") => Kind::Vector,
            Some("matrix") => Kind::Matrix,
            Some("scalar") => {
                let text = self.data.result.map_or("null", RawValue::get);
                Kind::Scalar(points::one(text)?)
            }
            Some("string") => Kind::String,
            other => return Err(AnswerError::ResultType(cut(other.unwrap_or_default()))),
        };
        let mut warnings = self.warnings.unwrap_or_default();
        if self.is_partial == Some(true) {
            // VictoriaMetrics' clusters say it so, without a warning.
            warnings.push("the server says that its answer is partial".into());
        }
        Ok(Envelope {
            kind,
            warnings: warnings.iter().map(|text| cut(text)).collect(),
            infos: (self.infos.unwrap_or_default().iter())
                .map(|text| cut(text))
                .collect(),
        })
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    Status,
    Data,
    ErrorType,
    Error,
    Warnings,
    Infos,
    IsPartial,
    #[serde(other)]
    Other,
}

struct EnvelopeSeed<'r, 's, S>(&'r mut Reader<'s, S>);

impl<'de, S: Sink> DeserializeSeed<'de> for EnvelopeSeed<'_, '_, S> {
    type Value = Wire<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Wire<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for EnvelopeSeed<'_, '_, S> {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the Prometheus API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wire<'de>, A::Error> {
        let mut wire = Wire::default();
        let mut has_data = false;
        while let Some(member) = map.next_key()? {
            match member {
                Member::Status => once(&mut wire.status, &mut map, "status")?,
                Member::Data if has_data => return Err(A::Error::duplicate_field("data")),
                Member::Data => {
                    has_data = true;
                    // What a failed query has for data is not looked at.
                    if wire.status.as_ref().is_some_and(|text| text != "success") {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        wire.data = map.next_value_seed(DataSeed(self.0))?;
                    }
                }
                Member::ErrorType => once(&mut wire.error_type, &mut map, "errorType")?,
                Member::Error => once(&mut wire.error, &mut map, "error")?,
                Member::Warnings => once(&mut wire.warnings, &mut map, "warnings")?,
                Member::Infos => once(&mut wire.infos, &mut map, "infos")?,
                Member::IsPartial => once(&mut wire.is_partial, &mut map, "isPartial")?,
                Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match wire.status {
            Some(_) => Ok(wire),
            None => Err(A::Error::missing_field("status")),
        }
    }
}

fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    map: &mut A,
    name: &'static str,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = map.next_value()?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum DataMember {
    ResultType,
    Result,
    #[serde(other)]
    Other,
}

struct DataSeed<'r, 's, S>(&'r mut Reader<'s, S>);

impl<'de, S: Sink> DeserializeSeed<'de> for DataSeed<'_, '_, S> {
    type Value = WireData<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<WireData<'de>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for DataSeed<'_, '_, S> {
    type Value = WireData<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of a query")
    }

    fn visit_none<E>(self) -> Result<WireData<'de>, E> {
        Ok(WireData::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<WireData<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireData<'de>, A::Error> {
        let mut data = WireData::default();
        while let Some(member) = map.next_key()? {
            match member {
                DataMember::ResultType => once(&mut data.kind, &mut map, "resultType")?,
                DataMember::Result if data.streamed || data.result.is_some() => {
                    return Err(A::Error::duplicate_field("result"));
                }
                DataMember::Result if data.is_series() => {
                    data.streamed = true;
                    map.next_value_seed(SeriesSeed(self.0))?;
                }
                DataMember::Result => data.result = Some(map.next_value()?),
                DataMember::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(data)
    }
}

struct SeriesSeed<'r, 's, S>(&'r mut Reader<'s, S>);

impl<'de, S: Sink> DeserializeSeed<'de> for SeriesSeed<'_, '_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for SeriesSeed<'_, '_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("series")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        let mut count = 0;
        while let Some(series) = all.next_element::<WireSeries<'de>>()? {
            count += 1;
            if count > SERIES {
                return Err(self.0.stop(AnswerError::TooManySeries));
            }
            self.0.take(series)?;
        }
        Ok(())
    }
}
