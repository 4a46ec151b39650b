//! Moments and lengths of time, as people read them; always UTC.

use crate::model::Timestamp;

/// A length of time such as `16m45s`, `0s`, `3d2h`; milliseconds only where there are some.
pub(crate) fn span(ms: u64) -> String {
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

/// A moment in a format of `strftime`; empty where it is too far from now to have a name.
pub(crate) fn moment(ms: i64, format: &str) -> String {
    Timestamp::from_millisecond(ms)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}

/// Such as `15:46:05`.
pub(crate) fn clock(ms: i64) -> String {
    moment(ms, "%H:%M:%S")
}

/// Such as `15:46:05 to 16:02:50`, with the days where they differ.
pub(crate) fn between(first: i64, last: i64) -> String {
    match moment(first, "%F") == moment(last, "%F") {
        true => format!("{} to {}", clock(first), clock(last)),
        false => format!(
            "{} to {}",
            moment(first, "%F %H:%M:%S"),
            moment(last, "%F %H:%M:%S")
        ),
    }
}

/// Such as `2025-09-21 15:00:00 to 17:00:00 UTC`: [`between`] with the day.
pub(crate) fn window(first: i64, last: i64) -> String {
    let day = moment(first, "%F");
    match day == moment(last, "%F") {
        true => format!("{day} {} UTC", between(first, last)),
        false => format!("{} UTC", between(first, last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_its_units_in_falling_order() {
        for (ms, text) in [
            (0, "0s"),
            (1_005_000, "16m45s"),
            (900_000, "15m"),
            (93_600_000, "1d2h"),
            (250, "250ms"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn days_are_named_only_where_they_differ() {
        assert_eq!(between(0, 5_000), "00:00:00 to 00:00:05");
        assert_eq!(window(0, 5_000), "1970-01-01 00:00:00 to 00:00:05 UTC");
        assert_eq!(
            between(0, 86_400_000),
            "1970-01-01 00:00:00 to 1970-01-02 00:00:00"
        );
        assert_eq!(between(i64::MIN, i64::MAX), " to ");
    }
}
