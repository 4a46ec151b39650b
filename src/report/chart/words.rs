//! Texts of a picture: on one line, of a bounded length, in characters that XML can hold.

use crate::report::numbers;
use crate::report::text::one_line;

/// Pixels of a letter of the picture's font, as wide as common fonts have it.
const LETTER: f64 = 7.0;

/// Captured text of at most `limit` letters; `…` stands for what is cut.
pub(super) fn cut(text: &str, limit: usize) -> String {
    // Four times as many hold the longest escape of what is kept.
    let head: String = text.chars().take(limit.saturating_add(1)).collect();
    let whole: String = one_line(&head)
        .chars()
        .map(|c| match c {
            // No reference brings these into XML 1.0.
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            other => other,
        })
        .collect();
    if whole.chars().count() <= limit {
        return whole;
    }
    let kept = limit.saturating_sub(1);
    let mut short: String = whole.chars().take(kept).collect();
    short.push('…');
    short
}

/// Pixels that a text takes at most; letters of East Asian scripts are twice as wide.
pub(super) fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| if c < '\u{1100}' { LETTER } else { 2.0 * LETTER })
        .sum()
}

/// Letters that `pixels` hold.
pub(super) fn letters(pixels: f64) -> usize {
    // Saturates: a negative width holds none.
    (pixels / LETTER) as usize
}

/// A coordinate with at most one digit after the point.
pub(super) fn fixed(number: f64) -> String {
    let text = format!("{number:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.into(),
        None if text == "-0.0" => "0".into(),
        None => text,
    }
}

/// A number with its unit.
pub(super) fn value_words(value: f64, unit: &str) -> String {
    numbers::with_unit(&numbers::short(value), &cut(unit, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_hold_nothing_that_xml_cannot() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("a\u{0}b\u{ffff}", 20), "a\\u{0}b\u{fffd}");
        assert_eq!(cut("\u{202e}abc", 4), "\\u{…");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(fixed(-0.04), "0");
        assert_eq!(fixed(12.0), "12");
        assert_eq!(fixed(12.34), "12.3");
    }
}
