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

#[cfg(test)]
mod tests {
    use super::*;

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
