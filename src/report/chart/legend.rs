//! Which line is which: colour, pattern and name.

use super::words::{cut, letters, width};
use super::{LINES, Size};
use crate::model::Chart;

/// A name beside a piece of its line.
#[derive(Debug)]
pub(super) struct Entry {
    /// Number of the line.
    pub(super) number: usize,
    pub(super) x: f64,
    /// Height of the text's foot.
    pub(super) y: f64,
    pub(super) text: String,
}

/// Pixels of the piece of a line.
pub(super) const SAMPLE: f64 = 40.0;

/// Patterns of lines (`stroke-dasharray`): each of the lines that are drawn has its own.
const DASHES: [&str; LINES] = [
    "none",
    "8 4",
    "2 3",
    "10 3 2 3",
    "16 5",
    "2 7",
    "5 3",
    "10 3 2 3 2 3",
    "2 3 2 9",
    "16 3 2 3",
    "5 8",
    "10 3 2 3 2 3 2 3",
    "16 3 5 3",
    "2 3 2 3 2 9",
    "22 6",
    "16 3 2 3 2 3",
    "5 3 2 3",
    "10 9",
    "22 3 5 3 5 3",
    "5 3 5 9",
];

/// The pattern of a line.
pub(super) fn dash(number: usize) -> &'static str {
    DASHES.get(number).copied().unwrap_or("none")
}

/// Names of the lines from `top` on, and how many rows they take; none where a single line has no name.
pub(super) fn legend(chart: &Chart, size: &Size, top: f64) -> (Vec<Entry>, usize) {
    const LEFT: f64 = 8.0;
    const ROW: f64 = 16.0;
    let is_nameless = |name: &str| matches!(name, "" | "{}");
    if let [line] = chart.lines.as_slice()
        && is_nameless(&line.name)
    {
        return (Vec::new(), 0);
    }
    let room = size.width - 2.0 * LEFT;
    let most = letters(room - SAMPLE - 8.0).min(64);
    let drawn = chart.lines.iter().take(LINES);
    let texts: Vec<String> = drawn
        .map(|line| match is_nameless(&line.name) {
            true => "without labels".into(),
            false => cut(&line.name, most),
        })
        .collect();
    let widest = texts.iter().map(|text| width(text)).fold(0.0, f64::max);
    let cell = SAMPLE + 8.0 + widest + 16.0;
    let columns = ((room + 16.0) / cell).max(1.0) as usize;
    let rows = texts.len().div_ceil(columns);
    let entries = texts.into_iter().enumerate().map(|(number, text)| Entry {
        number,
        x: LEFT + (number % columns) as f64 * cell,
        y: top + (number / columns) as f64 * ROW,
        text,
    });
    (entries.collect(), rows)
}
