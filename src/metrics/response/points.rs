//! The samples of one series as the API writes them: `[1758468600.250,"0.35"]`, a list of them, or both.

use super::{AnswerError, Sample};
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Appends a list of samples; `into` never holds more than `most`.
///
/// # Errors
/// When it is no list of samples, or has more.
pub(super) fn read(text: &str, into: &mut Vec<Sample>, most: usize) -> Result<(), AnswerError> {
    let before = into.len();
    match plain(text, into, most) {
        Some(()) => Ok(()),
        None => {
            into.truncate(before);
            exact(text, into, most)
        }
    }
}

/// Reads what servers really write, in one go: no white space, no escapes, at most three decimals.
///
/// None for all else, and whenever there is a doubt: the exact reading says what is wrong. `text` is JSON.
fn plain(text: &str, into: &mut Vec<Sample>, most: usize) -> Option<()> {
    let mut rest = text.as_bytes().strip_prefix(b"[")?;
    if rest == b"]" {
        return Some(());
    }
    loop {
        let (sample, after) = point(text, rest)?;
        if into.len() >= most {
            return None;
        }
        into.push(sample);
        match after {
            [b',', more @ ..] => rest = more,
            [b']'] => return Some(()),
            _ => return None,
        }
    }
}

/// The first sample of `rest`, the end of `text`, and what is behind it.
fn point<'a>(text: &str, rest: &'a [u8]) -> Option<(Sample, &'a [u8])> {
    let (whole, rest) = digits(rest.strip_prefix(b"[")?, 15)?;
    let (thousandths, rest) = match rest.strip_prefix(b".") {
        None => (0, rest),
        Some(fraction) => {
            let (value, after) = digits(fraction, 3)?;
            let scale = match fraction.len().checked_sub(after.len())? {
                1 => 100,
                2 => 10,
                _ => 1,
            };
            (value * scale, after)
        }
    };
    let rest = rest.strip_prefix(b",\"")?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    // Cut out of the text, which is known to be one: to find that out for each value again is dear.
    let start = text.len().checked_sub(rest.len())?;
    let value = number(text.get(start..start + end)?)?;
    let rest = rest.get(end..)?;
    let ms = whole * 1_000 + thousandths;
    Some((Sample { ms, value }, rest.strip_prefix(b"\"]")?))
}

/// A number of one to `most` digits, at most 15.
fn digits(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let mut value = 0_i64;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        if text.len() - rest.len() == most {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
        rest = after;
    }
    (rest.len() < text.len()).then_some((value, rest))
}

/// Reads by the rules of JSON.
fn exact(text: &str, into: &mut Vec<Sample>, most: usize) -> Result<(), AnswerError> {
    struct Capped<'a>(&'a mut Vec<Sample>, usize, &'a mut bool);

    impl<'de> Visitor<'de> for Capped<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("samples")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
            while let Some(sample) = all.next_element()? {
                if self.0.len() >= self.1 {
                    *self.2 = true;
                    return Err(A::Error::custom("too many samples"));
                }
                self.0.push(sample);
            }
            Ok(())
        }
    }

    impl<'de> DeserializeSeed<'de> for Capped<'_> {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_seq(self)
        }
    }

    let mut more = false;
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Capped(into, most, &mut more).deserialize(&mut json);
    match read.and_then(|()| json.end()) {
        Err(_) if more => Err(AnswerError::TooManyPoints),
        other => other.map_err(AnswerError::Json),
    }
}

/// One sample.
pub(super) fn one(text: &str) -> Result<Sample, AnswerError> {
    serde_json::from_str(text).map_err(AnswerError::Json)
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
pub(super) fn milliseconds(text: &str) -> Option<i64> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = fn(&str, &mut Vec<Sample>, usize) -> Result<(), AnswerError>;

    /// What a reading gives, with floats compared by their bits.
    fn outcome(read: Read, text: &str, most: usize) -> Result<Vec<(i64, u64)>, String> {
        let mut samples = Vec::new();
        read(text, &mut samples, most)
            .map(|()| (samples.iter().map(|s| (s.ms, s.value.to_bits()))).collect())
            .map_err(|error| format!("{error:?}"))
    }

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<&RawValue>(text).is_ok()
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_exact_one_reads(
            parts in proptest::collection::vec((
                "(-?[0-9]{1,17}(\\.[0-9]{1,5})?|1758468600(\\.250)?|[0-9]e3)",
                "(-?[0-9]{1,20}(\\.[0-9]{1,20})?(e[-+]?[0-9]{1,3})?|[+-]?Inf|NaN|inf|nan|\\\\u0031|x|)",
                "( |,|\t)?",
            ), 0..6),
            most in 0usize..8,
        ) {
            let points: Vec<String> = parts
                .iter()
                .map(|(time, value, space)| format!("[{time},{}\"{value}\"]", space.trim_matches(',')))
                .collect();
            let text = format!("[{}]", points.join(","));
            prop_assume!(is_json(&text));

            prop_assert_eq!(outcome(read, &text, most), outcome(exact, &text, most));
        }

        #[test]
        fn a_changed_byte_is_read_the_same_in_both_ways(at in 0usize..80, byte in any::<u8>()) {
            let mut bytes = br#"[[1758468600,"0.35"],[1758468615.25,"-1e-7"],[1758468630.5,"NaN"],[0,"+Inf"]]"#.to_vec();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let Ok(text) = String::from_utf8(bytes) else { return Ok(()); };
            prop_assume!(is_json(&text));

            prop_assert_eq!(outcome(read, &text, 10), outcome(exact, &text, 10));
        }
    }

    #[test]
    fn what_servers_write_is_read_the_short_way() {
        let text = r#"[[1758468600,"0.35"],[1758468600.25,"NaN"],[1758468600.250,"-Inf"],[1758468601,"5e-324"]]"#;
        let mut samples = Vec::new();

        assert_eq!(plain(text, &mut samples, 4), Some(()));

        let times: Vec<_> = samples.iter().map(|sample| sample.ms % 10_000).collect();
        assert_eq!(times, [0, 250, 250, 1_000]);
    }

    #[test]
    fn reading_stops_at_the_most_that_is_held() {
        for text in [r#"[[1,"2"],[2,"3"]]"#, r#"[[1, "2"], [2, "3"]]"#] {
            let mut samples = Vec::new();

            let error = read(text, &mut samples, 1).unwrap_err();

            assert!(matches!(error, AnswerError::TooManyPoints));
            assert_eq!(samples.len(), 1);
        }
    }
}
