//! Plain text in columns: bars, wrapped lists, counted words.

use super::text::one_line;

/// Columns that a line of text may take.
pub(crate) const COLUMNS: usize = 80;

/// A bar of `width` cells: `█` for the first part, `▒` for the second, `·` for the rest.
///
/// A part that is not zero has at least one cell, and a whole bar means the whole.
pub(crate) fn bar(first: usize, second: usize, all: usize, width: usize) -> String {
    let cells = |part: usize| (part * width).checked_div(all).unwrap_or_default();
    let mut full = cells(first).max(usize::from(first > 0));
    let mut half = cells(first + second).max(full + usize::from(second > 0));
    if half > width {
        full = full.saturating_sub(half - width);
        half = width;
    }
    if half == width && first + second < all {
        half = width.saturating_sub(1);
        full = full.min(half);
    }
    format!(
        "{}{}{}",
        "█".repeat(full),
        "▒".repeat(half - full),
        "·".repeat(width - half)
    )
}

/// The cells of rows below each other, two blanks between columns; the last of a row has no end.
///
/// Cells are escaped.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = (rows.iter())
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            let padded = cells.map(|(cell, width)| format!("{cell:width$}"));
            let line: Vec<String> = padded.collect();
            line.join("  ").trim_end().to_owned()
        })
        .collect()
}

/// The words as lines of at most [`COLUMNS`], the first behind `head`, the others behind as many blanks.
///
/// Words are escaped; one that is longer than a line has a line of its own.
pub(crate) fn wrapped(head: &str, words: &[String]) -> String {
    let indent = head.chars().count();
    let mut text = String::new();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in words {
        let word = one_line(word);
        let length = word.chars().count() + usize::from(!is_empty);
        if !is_empty && line.chars().count() + length > COLUMNS {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word);
        is_empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}

/// Several things with commas between them, as words for [`wrapped`].
pub(crate) fn listed(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut words: Vec<String> = all.into_iter().collect();
    let last = words.len().saturating_sub(1);
    for word in words.iter_mut().take(last) {
        word.push(',');
    }
    words
}

/// Such as `1 package` or `2 packages`, thousands set apart.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(count)),
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_whole_only_for_the_whole_and_empty_only_for_nothing() {
        assert_eq!(bar(10, 0, 10, 4), "████");
        assert_eq!(bar(999, 0, 1000, 4), "███·");
        assert_eq!(bar(1, 0, 1000, 4), "█···");
        assert_eq!(bar(1, 1, 1000, 4), "█▒··");
        assert_eq!(bar(999, 1, 1000, 4), "███▒");
        assert_eq!(bar(0, 0, 0, 4), "····");
        for (first, second) in (0..=12).flat_map(|a| (0..=12 - a).map(move |b| (a, b))) {
            assert_eq!(bar(first, second, 12, 5).chars().count(), 5);
        }
    }

    #[test]
    fn words_are_wrapped_and_escaped() {
        let words = listed(["a".repeat(70), "b\u{1b}[2J".into(), "c".into()]);

        let text = wrapped("  head: ", &words);

        assert_eq!(
            text,
            format!("  head: {},\n        b\\u{{1b}}[2J, c\n", "a".repeat(70))
        );
    }

    #[test]
    fn cells_stand_below_each_other() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();

        let lines = aligned(&[row(&["RED", "a\n", "x"]), row(&["YELLOW", "bcdef"])]);

        assert_eq!(lines, ["RED     a\\n    x", "YELLOW  bcdef"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
    }
}
