//! Remote read of Prometheus: protobuf messages in snappy blocks (`prompb/remote.proto`, `prompb/types.proto`).
//!
//! Only the answer type SAMPLES, and of it what is needed: three messages, read by hand.

use super::promql::{MatchOperator, Matcher};
use super::{Labels, Sample, TimeSeries};
use crate::model::limits::{METRICS_BYTES, POINTS, SERIES};
use std::collections::BTreeMap;

/// Why bytes are no answer of remote read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteReadError {
    /// Larger than what is read, packed or unpacked.
    #[error("the answer has {found} bytes, at most {METRICS_BYTES} are read")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// No snappy block.
    #[error("the answer is no snappy block")]
    Snappy(#[source] snap::Error),
    /// No protobuf, or not of this message.
    #[error("the answer is no ReadResponse")]
    Message,
    /// A label set that names a label twice.
    #[error("a series names the label {name:?} twice")]
    LabelTwice {
        /// The label.
        name: String,
    },
    /// The same label set twice.
    #[error("the series {0} comes twice")]
    Twice(Labels),
    /// Times that do not ascend.
    #[error("the series {0} is not in the order of time")]
    Order(Labels),
    /// More series or samples than are read.
    #[error(
        "the answer has {series} series and {points} samples, at most {SERIES} and {POINTS} are read"
    )]
    TooMany {
        /// Series found so far.
        series: usize,
        /// Samples found so far.
        points: usize,
    },
}

/// The body of a request for all samples from `from_ms` to `to_ms`, both included, in milliseconds since 1970.
///
/// It goes to `/api/v1/read` with `Content-Encoding: snappy`, `Content-Type: application/x-protobuf` and
/// `X-Prometheus-Remote-Read-Version: 0.1.0`.
///
/// # Errors
/// When the matchers are too long for a snappy block.
pub fn encode_request(
    matchers: &[Matcher],
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<u8>, RemoteReadError> {
    let mut query = Vec::new();
    put_number(&mut query, 1, from_ms.cast_unsigned());
    put_number(&mut query, 2, to_ms.cast_unsigned());
    for matcher in matchers {
        let mut message = Vec::new();
        let kind = match matcher.operator {
            MatchOperator::Equal => 0,
            MatchOperator::NotEqual => 1,
            MatchOperator::Matches => 2,
            MatchOperator::MatchesNot => 3,
        };
        put_number(&mut message, 1, kind);
        put_bytes(&mut message, 2, matcher.label.as_bytes());
        put_bytes(&mut message, 3, matcher.value.as_bytes());
        put_bytes(&mut query, 3, &message);
    }
    let mut request = Vec::new();
    put_bytes(&mut request, 1, &query);
    // The list of accepted types, packed: SAMPLES, which is 0.
    put_bytes(&mut request, 2, &[0]);
    snap::raw::Encoder::new()
        .compress_vec(&request)
        .map_err(RemoteReadError::Snappy)
}

/// The series of an answer, in the order of their labels. Stale markers keep their bits.
///
/// # Errors
/// When the bytes are no whole answer within the limits.
pub fn decode_response(bytes: &[u8]) -> Result<Vec<TimeSeries>, RemoteReadError> {
    let fits = |found: usize| match found as u64 > METRICS_BYTES {
        true => Err(RemoteReadError::TooLarge { found }),
        false => Ok(()),
    };
    fits(bytes.len())?;
    fits(snap::raw::decompress_len(bytes).map_err(RemoteReadError::Snappy)?)?;
    let plain = snap::raw::Decoder::new()
        .decompress_vec(bytes)
        .map_err(RemoteReadError::Snappy)?;

    let mut all = BTreeMap::new();
    let mut points = 0;
    for result in (Fields { rest: &plain }).messages(1)? {
        for series in (Fields { rest: result }).messages(1)? {
            if all.len() >= SERIES {
                return Err(RemoteReadError::TooMany {
                    series: all.len() + 1,
                    points,
                });
            }
            let one = time_series(series, &mut points, all.len())?;
            if !one.samples.is_sorted_by(|a, b| a.ms < b.ms) {
                return Err(RemoteReadError::Order(one.labels));
            }
            if let Some(other) = all.insert(one.labels.clone(), one) {
                return Err(RemoteReadError::Twice(other.labels));
            }
        }
    }
    Ok(all.into_values().collect())
}

fn time_series(
    message: &[u8],
    points: &mut usize,
    series: usize,
) -> Result<TimeSeries, RemoteReadError> {
    let mut labels = BTreeMap::new();
    let mut samples = Vec::new();
    let mut histograms = 0;
    let mut fields = Fields { rest: message };
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(message)) => {
                let (name, value) = label(message)?;
                if labels.insert(name.clone(), value).is_some() {
                    return Err(RemoteReadError::LabelTwice { name });
                }
            }
            (2, Value::Bytes(message)) => {
                *points += 1;
                if *points > POINTS || series >= SERIES {
                    return Err(RemoteReadError::TooMany {
                        series: series + 1,
                        points: *points,
                    });
                }
                samples.push(sample(message)?);
            }
            (4, Value::Bytes(_)) => histograms += 1,
            (1 | 2 | 4, _) => return Err(RemoteReadError::Message),
            _ => {}
        }
    }
    Ok(TimeSeries {
        labels: Labels(labels),
        samples,
        histograms,
    })
}

fn label(message: &[u8]) -> Result<(String, String), RemoteReadError> {
    let (mut name, mut text) = (String::new(), String::new());
    let mut fields = Fields { rest: message };
    while let Some((number, value)) = fields.next()? {
        let place = match number {
            1 => &mut name,
            2 => &mut text,
            _ => continue,
        };
        let Value::Bytes(bytes) = value else {
            return Err(RemoteReadError::Message);
        };
        *place = std::str::from_utf8(bytes)
            .map_err(|_| RemoteReadError::Message)?
            .into();
    }
    Ok((name, text))
}

fn sample(message: &[u8]) -> Result<Sample, RemoteReadError> {
    let mut sample = Sample { ms: 0, value: 0.0 };
    let mut fields = Fields { rest: message };
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Eight(bits)) => sample.value = f64::from_bits(bits),
            (2, Value::Number(ms)) => sample.ms = ms.cast_signed(),
            (1 | 2, _) => return Err(RemoteReadError::Message),
            _ => {}
        }
    }
    Ok(sample)
}

/// The fields of a message, in order.
struct Fields<'a> {
    rest: &'a [u8],
}

enum Value<'a> {
    Number(u64),
    Eight(u64),
    Bytes(&'a [u8]),
    Four,
}

impl<'a> Fields<'a> {
    /// All messages in fields of this number.
    fn messages(mut self, wanted: u64) -> Result<Vec<&'a [u8]>, RemoteReadError> {
        let mut found = Vec::new();
        while let Some((number, value)) = self.next()? {
            match value {
                Value::Bytes(message) if number == wanted => found.push(message),
                _ if number == wanted => return Err(RemoteReadError::Message),
                _ => {}
            }
        }
        Ok(found)
    }

    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, RemoteReadError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => {
                let (bytes, rest) = self
                    .rest
                    .split_first_chunk::<8>()
                    .ok_or(RemoteReadError::Message)?;
                self.rest = rest;
                Value::Eight(u64::from_le_bytes(*bytes))
            }
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_| RemoteReadError::Message)?;
                Value::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Value::Four
            }
            _ => return Err(RemoteReadError::Message),
        };
        Ok(Some((key >> 3, value)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RemoteReadError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(RemoteReadError::Message)?;
        self.rest = rest;
        Ok(taken)
    }

    /// At most ten bytes of seven bits, the lowest first.
    fn varint(&mut self) -> Result<u64, RemoteReadError> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(RemoteReadError::Message)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(RemoteReadError::Message);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(RemoteReadError::Message)
    }
}

fn put_number(message: &mut Vec<u8>, field: u64, value: u64) {
    put_varint(message, field << 3);
    put_varint(message, value);
}

fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(message, field << 3 | 2);
    put_varint(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

fn put_varint(message: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        message.extend(u8::try_from(value & 0x7f | 0x80));
        value >>= 7;
    }
    message.extend(u8::try_from(value));
}

#[cfg(test)]
mod tests;
