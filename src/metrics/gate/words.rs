//! How numbers, lengths and times are written for people. The same values give the same text.

use crate::metrics::Labels;
use crate::metrics::chunks::decimal_seconds;
use crate::model::{Timestamp, Window};

/// The shortest decimal text that reads back as the same float; infinities as Prometheus writes them.
pub(super) fn exact(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        _ => format!("{value}"),
    }
}

/// Six digits for people; all of them where six would make the value look like the number that it is compared with.
pub(super) fn rounded(value: f64, beside: Option<f64>) -> String {
    if !value.is_finite() {
        return exact(value);
    }
    let digits = match value.abs() {
        size if size >= 1e6 || size == 0.0 => 0,
        // At most 5 below 1, as log10 is negative there.
        size => (5 - size.log10().floor() as i32).clamp(0, 12) as usize,
    };
    let text = format!("{value:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    let hides = text.parse().ok() == beside && beside != Some(value);
    let gone = value != 0.0 && text.parse() == Ok(0.0);
    if hides || gone {
        exact(value)
    } else {
        text.into()
    }
}

/// The text with its unit.
pub(super) fn with_unit(text: &str, unit: &str) -> String {
    match unit {
        "" => text.into(),
        _ => format!("{text} {unit}"),
    }
}

/// A share in percent, cut after one digit so that it never looks larger than it is.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match tenths % 10 {
        0 => format!("{} %", tenths / 10),
        tenth => format!("{}.{tenth} %", tenths / 10),
    }
}

/// A series by its labels, cut to what a line bears.
pub(super) fn named(labels: &Labels) -> String {
    let text = labels.to_string();
    match text.char_indices().nth(LABELS_SHOWN) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

/// Characters of labels in a line.
const LABELS_SHOWN: usize = 300;

/// `1 step`, `2 steps`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Writes moments of one window, in UTC; with their day where the window has more than one.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    with_day: bool,
}

impl Clock {
    pub(super) fn of(window: Window) -> Self {
        let day = |ms: i64| ms.div_euclid(86_400_000);
        Self {
            with_day: day(window.start_ms) != day(window.end_ms),
        }
    }

    /// Hours, minutes, seconds; milliseconds where there are some.
    pub(super) fn moment(self, ms: i64) -> String {
        let time = match ms.rem_euclid(1_000) {
            0 => "%H:%M:%S",
            _ => "%H:%M:%S%.3f",
        };
        self.written(ms, time)
    }

    /// Hours and minutes; seconds where there are some.
    pub(super) fn short(self, ms: i64) -> String {
        match ms.rem_euclid(60_000) {
            0 => self.written(ms, "%H:%M"),
            _ => self.moment(ms),
        }
    }

    fn written(self, ms: i64, time: &str) -> String {
        let day = if self.with_day { "%Y-%m-%d " } else { "" };
        match Timestamp::from_millisecond(ms) {
            Ok(moment) => moment.strftime(&format!("{day}{time}")).to_string(),
            // Years that no calendar has.
            Err(_) => format!("{} s", decimal_seconds(ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_never_hide_on_which_side_of_a_bound_a_value_lies() {
        assert_eq!(rounded(0.350_877_192_9, None), "0.350877");
        assert_eq!(rounded(0.350_000_000_1, Some(0.35)), "0.3500000001");
        assert_eq!(rounded(0.35, Some(0.35)), "0.35");
        assert_eq!(rounded(1e-20, None), "0.00000000000000000001");
        assert_eq!(rounded(1_343.0, None), "1343");
        assert_eq!(rounded(12_345_678.0, None), "12345678");
        assert_eq!(rounded(f64::NEG_INFINITY, None), "-Inf");
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(percent(444, 481), "92.3 %");
        assert_eq!(percent(9_899_999, 10_000_000), "98.9 %");
        assert_eq!(percent(1, 1), "100 %");
        assert_eq!(percent(0, 0), "0 %");
    }

    #[test]
    fn a_day_is_written_where_the_window_has_more_than_one() {
        let clock = |end_ms| {
            Clock::of(Window {
                start_ms: 1_758_466_800_000,
                end_ms,
            })
        };

        assert_eq!(
            clock(1_758_474_000_000).moment(1_758_468_045_000),
            "15:20:45"
        );
        assert_eq!(clock(1_758_474_000_000).short(1_758_468_600_000), "15:30");
        let days = clock(1_758_726_000_000);
        assert_eq!(days.short(1_758_468_600_000), "2025-09-21 15:30");
        assert_eq!(days.moment(1_758_468_600_250), "2025-09-21 15:30:00.250");
        assert_eq!(days.moment(i64::MAX), "9223372036854775.807 s");
    }
}
