//! Round moments along the axis of time.

use crate::report::times::moment;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const STEPS: [i64; 17] = [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    28 * DAY,
];

/// At most `most` + 1 round moments between both ends, in milliseconds, with the text under each; `most` is at least 1.
pub(super) fn moments(first: i64, last: i64, most: i64) -> Vec<(i64, String)> {
    let span = last.saturating_sub(first);
    let Some(step) = STEPS.into_iter().find(|step| span / step <= most) else {
        return Vec::new();
    };
    let format = match step {
        step if step < MINUTE => "%H:%M:%S",
        step if step < DAY && span <= DAY => "%H:%M",
        step if step < DAY => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    let begin = first.div_euclid(step).saturating_mul(step);
    (0..=most.saturating_add(1))
        .map(|number| begin.saturating_add(step.saturating_mul(number)))
        .filter(|at| (first..=last).contains(at))
        .map(|at| (at, moment(at, format)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_round_and_lie_within_the_window() {
        for (first, last, texts) in [
            (
                60_000,
                7_260_000,
                "00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00",
            ),
            (0, 4_000, "00:00:00 00:00:01 00:00:02 00:00:03 00:00:04"),
            (
                0,
                2 * DAY,
                "01-01 00:00 01-01 06:00 01-01 12:00 01-01 18:00 01-02 00:00 01-02 06:00 01-02 12:00 01-02 18:00 01-03 00:00",
            ),
            (i64::MIN, i64::MAX, ""),
        ] {
            let found: Vec<_> = moments(first, last, 8)
                .into_iter()
                .map(|(_, text)| text)
                .collect();

            assert_eq!(found.join(" "), texts);
        }
    }
}
