//! Moments and lengths of time, as people read them; always UTC.

use crate::model::Timestamp;

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
