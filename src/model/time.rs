//! Times and windows, always UTC.

pub use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A window of time; both ends belong to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First moment, milliseconds since 1970-01-01T00:00:00Z.
    #[serde(rename = "startMs")]
    pub start_ms: i64,
    /// Last moment, milliseconds since 1970-01-01T00:00:00Z.
    #[serde(rename = "endMs")]
    pub end_ms: i64,
}

/// Parses a length of time such as `90s`, `15m`, `2h`, `3d`, `250ms`, or several joined (`1h30m`), in milliseconds.
///
/// The notation of Prometheus (<https://prometheus.io/docs/prometheus/latest/querying/basics/>), without `w` and `y`.
pub fn parse_duration_ms(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_len);
        let factor: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        // Prometheus wants units in falling order, each once.
        if factor >= smallest {
            return None;
        }
        smallest = factor;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = next;
    }
    (smallest != u64::MAX).then_some(total)
}

/// A length of time such as `16m45s`, `3d2h`, `250ms`, `0s`: [`parse_duration_ms`] reads it back.
pub fn duration_text(ms: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let mut rest = ms;
    let mut text = String::new();
    for (unit, letter) in UNITS {
        let count = rest / unit;
        if count > 0 {
            text.push_str(&format!("{count}{letter}"));
        }
        rest %= unit;
    }
    match text.is_empty() {
        true => "0s".into(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_back_as_it_was_written() {
        for ms in [
            0,
            1,
            250,
            1_000,
            1_005_000,
            5_400_000,
            266_400_000,
            90_061_001,
        ] {
            assert_eq!(parse_duration_ms(&duration_text(ms)), Some(ms));
        }
    }

    #[test]
    fn lengths_are_written_as_people_say_them() {
        for (ms, text) in [
            (0, "0s"),
            (250, "250ms"),
            (540_000, "9m"),
            (5_400_000, "1h30m"),
            (900_000, "15m"),
            (1_005_000, "16m45s"),
            (1_215_000, "20m15s"),
            (93_600_000, "1d2h"),
            (259_200_000, "3d"),
        ] {
            assert_eq!(duration_text(ms), text);
        }
    }

    #[test]
    fn durations_read_as_prometheus_reads_them() {
        assert_eq!(parse_duration_ms("90s"), Some(90_000));
        assert_eq!(parse_duration_ms("1h30m"), Some(5_400_000));
        assert_eq!(parse_duration_ms("250ms"), Some(250));
        for bad in [
            "",
            "5",
            "m",
            "1m1h",
            "1m1m",
            "-1s",
            "1.5h",
            "1 h",
            "99999999999999999999d",
        ] {
            assert_eq!(parse_duration_ms(bad), None, "{bad}");
        }
    }
}
