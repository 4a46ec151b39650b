//! PromQL's durations: `1h30m`, `2w`, `1y` (`model.ParseDuration`).

/// Units from the longest to the shortest, in milliseconds. A year has 365 days.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
/// The servers count nanoseconds in 64 bits.
const LONGEST_MS: i64 = i64::MAX / 1_000_000;

/// Milliseconds of a duration; none when it is not one. Each unit comes at most once, longer ones first.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let mut units = UNITS.iter();
    let mut total: i64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|at| *at > 0)?;
        let (number, tail) = rest.split_at(digits);
        let length = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(length);
        let (_, ms) = units.find(|(name, _)| *name == unit)?;
        total = number
            .parse::<i64>()
            .ok()?
            .checked_mul(*ms)?
            .checked_add(total)
            .filter(|total| *total <= LONGEST_MS)?;
        rest = tail;
    }
    Some(total)
}

/// The shortest text of a duration in units up to weeks; `0s` for none.
pub(super) fn duration_text(mut ms: i64) -> String {
    let mut text = String::new();
    if ms < 0 {
        text.push('-');
        ms = ms.saturating_neg();
    }
    if ms == 0 {
        return "0s".into();
    }
    for (unit, length) in UNITS.iter().skip(2) {
        let count = ms / length;
        ms %= length;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    text
}
