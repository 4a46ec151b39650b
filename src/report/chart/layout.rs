//! Where everything of a picture lies; numbers and texts only.

use super::hatch::hatch;
use super::legend::{Entry, legend};
use super::moments::moments;
use super::notes::notes;
use super::place::{Rows, spread};
use super::scale::Scale;
use super::survey::{Survey, axis, survey};
use super::trace::{Plane, Trace, trace};
use super::words::{cut, letters, value_words, width};
use super::{LINES, MARKS, SHADES, Size, THRESHOLDS};
use crate::model::time::duration_text;
use crate::model::{Chart, Level, Mark, Shade, Threshold, Window};
use crate::report::numbers::with_unit;
use crate::report::times::{between, clock};

/// A picture, ready to be written.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) plane: Plane,
    /// What stands above the axis of values; empty where its numbers have the unit beside them.
    pub(super) unit: String,
    /// Heights and texts along the axis of values.
    pub(super) values: Vec<(f64, String)>,
    /// Places and texts along the axis of time.
    pub(super) times: Vec<(f64, String)>,
    pub(super) bands: Vec<Band>,
    pub(super) bounds: Vec<Bound>,
    pub(super) marks: Vec<Moment>,
    pub(super) traces: Vec<Trace>,
    /// Said in the middle of a plot without lines.
    pub(super) empty: Option<&'static str>,
    pub(super) legend: Vec<Entry>,
    /// Lines of text at the foot, each with its height.
    pub(super) notes: Vec<(f64, String)>,
}

/// A stretch of time.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) level: Level,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) hatch: String,
    /// Its words in full.
    pub(super) words: String,
    /// Middle, height and text of its label; none where there was no room.
    pub(super) label: Option<(f64, f64, String)>,
}

/// A line that samples are compared with.
#[derive(Debug)]
pub(super) struct Bound {
    /// The worst level of those that share it.
    pub(super) level: Option<Level>,
    pub(super) y: f64,
    pub(super) label: String,
    /// Height of the label's middle.
    pub(super) label_y: f64,
}

/// A mark.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) x: f64,
    pub(super) words: String,
    /// Middle, height and text of its label; none where there was no room.
    pub(super) label: Option<(f64, f64, String)>,
}

const ROW: f64 = 16.0;
const LANES: usize = 3;

/// Lays a chart out; an error says in words for people why it cannot be drawn.
pub(super) fn layout(chart: &Chart, size: &Size, head: f64) -> Result<Layout, &'static str> {
    let axis = axis(chart).ok_or("no samples to draw")?;
    let found = survey(chart, &axis);
    let thresholds = merged(&chart.thresholds);
    let scale = scale(&found, &thresholds).ok_or("the samples are too far apart to draw")?;
    let unit = cut(&chart.unit, 16);
    // A long unit stands once above the axis.
    let (unit, heading) = match unit.chars().count() <= 3 {
        true => (unit, String::new()),
        false => (String::new(), unit),
    };
    let ticks: Vec<(f64, String)> = scale
        .ticks()
        .map(|(value, text)| (value, with_unit(&text, &unit)))
        .collect();
    let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
    let left = widest(&mut ticks.iter().map(|(_, text)| width(text))) + 12.0;
    let labels = thresholds
        .iter()
        .map(|(threshold, levels)| bound_words(threshold, levels, &chart.unit, size));
    let labels: Vec<String> = labels.collect();
    let gutter = match size.gutter && !labels.is_empty() {
        true => widest(&mut labels.iter().map(|label| width(label))) + 16.0,
        false => 24.0,
    };
    let mut plane = Plane {
        left: left.max(34.0),
        right: size.width - gutter,
        top: 0.0,
        bottom: 0.0,
        first: axis.start_ms,
        last: axis.end_ms,
        low: scale.low(),
        high: scale.high(),
    };
    let room = Rows::new(width(&heading) + 8.0, plane.right, LANES);
    let (mut bands, lanes) = bands(chart, &axis, &plane, room);
    plane.top = head + lanes.max(usize::from(!heading.is_empty())) as f64 * ROW + 12.0;
    plane.bottom = plane.top + size.plot;
    for band in &mut bands {
        band.hatch = hatch(band.level, band.left, band.right, plane.top, plane.bottom);
        if let Some((_, y, _)) = &mut band.label {
            *y = plane.top - 9.0 - *y * ROW;
        }
    }
    let (marks, rows) = marks(&chart.marks, &axis, &plane, size);
    let mut foot = plane.bottom + 18.0 + rows as f64 * ROW;
    let mut lines = Vec::new();
    for note in notes(chart, &axis, &found, size) {
        foot += ROW;
        lines.push((foot, note));
    }
    let (entries, rows) = legend(chart, size, foot + ROW + 2.0);
    let most = letters(plane.right - plane.left) / 9;
    Ok(Layout {
        width: size.width,
        height: foot + rows as f64 * ROW + 10.0,
        unit: heading,
        values: (ticks.into_iter())
            .map(|(value, text)| (plane.y(value), text))
            .collect(),
        times: (moments(axis.start_ms, axis.end_ms, most.clamp(1, 8) as i64).into_iter())
            .map(|(time, text)| (plane.x(time), text))
            .collect(),
        bands,
        bounds: bounds(&thresholds, labels, &plane),
        marks,
        traces: (chart.lines.iter().take(LINES))
            .map(|line| trace(&line.points, chart.step_ms, &plane))
            .collect(),
        empty: (found.range.is_none() && found.infinite == 0)
            .then_some("no samples in this window"),
        legend: entries,
        notes: lines,
        plane,
    })
}

fn scale(found: &Survey, thresholds: &[(&Threshold, Vec<Level>)]) -> Option<Scale> {
    let mut values: Vec<f64> = thresholds.iter().map(|(one, _)| one.value).collect();
    values.extend(found.range.iter().flat_map(|(low, high)| [*low, *high]));
    Scale::over(
        values
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min)
            .min(0.0),
        values.iter().copied().fold(0.0, f64::max),
    )
}

/// The first finite thresholds from the highest to the lowest; those that say the same of one value are one.
fn merged(all: &[Threshold]) -> Vec<(&Threshold, Vec<Level>)> {
    let mut out: Vec<(&Threshold, Vec<Level>)> = Vec::new();
    for one in all.iter().filter(|one| one.value.is_finite()) {
        let is_full = out.len() >= THRESHOLDS;
        let same = out
            .iter_mut()
            .find(|(known, _)| known.value == one.value && known.label == one.label);
        match same {
            Some((_, levels)) => levels.extend(one.level.filter(|level| !levels.contains(level))),
            None if is_full => {}
            None => out.push((one, one.level.into_iter().collect())),
        }
    }
    out.sort_by(|(a, _), (b, _)| b.value.total_cmp(&a.value));
    out
}

fn bound_words(threshold: &Threshold, levels: &[Level], unit: &str, size: &Size) -> String {
    let mut levels = levels.to_vec();
    levels.sort_unstable();
    let levels: Vec<&str> = levels.into_iter().map(word).collect();
    let label = cut(&threshold.label, if size.gutter { 16 } else { 12 });
    let words = format!("{} {label}", levels.join(", "));
    format!("{} {}", words.trim(), value_words(threshold.value, unit))
        .trim()
        .to_owned()
}

fn bounds(
    thresholds: &[(&Threshold, Vec<Level>)],
    labels: Vec<String>,
    plane: &Plane,
) -> Vec<Bound> {
    let lines: Vec<f64> = (thresholds.iter())
        .map(|(one, _)| plane.y(one.value))
        .collect();
    let heights = spread(&lines, 14.0, plane.top + 5.0, plane.bottom - 2.0);
    (thresholds.iter().zip(labels).zip(lines.iter().zip(heights)))
        .map(|(((_, levels), label), (y, label_y))| Bound {
            level: levels.iter().max().copied(),
            y: *y,
            label,
            label_y,
        })
        .collect()
}

/// Stretches within the window, YELLOW before RED; heights of labels are rows. And the number of rows.
fn bands(chart: &Chart, axis: &Window, plane: &Plane, mut rows: Rows) -> (Vec<Band>, usize) {
    let mut shown: Vec<&Shade> = (chart.shades.iter())
        .filter(|shade| shade.start_ms <= axis.end_ms && axis.start_ms <= shade.end_ms)
        .filter(|shade| !is_within_red(shade, &chart.shades))
        .take(SHADES)
        .collect();
    // What matters most gets its label first.
    shown.sort_by_key(|shade| {
        let length = shade.end_ms.abs_diff(shade.start_ms);
        (std::cmp::Reverse((shade.level, length)), shade.start_ms)
    });
    let longest = letters(plane.right - plane.left).saturating_sub(8).min(32);
    let mut out: Vec<Band> = Vec::new();
    for shade in shown {
        let (mut left, mut right) = (plane.x(shade.start_ms), plane.x(shade.end_ms));
        if right - left < 3.0 {
            // A run of a single step is seen too.
            left = (left - 1.5).max(plane.left);
            right = (left + 3.0).min(plane.right);
        }
        let word = word(shade.level);
        let label = cut(&shade.label, longest);
        let texts = [
            format!("{word} {label}").trim().to_owned(),
            word.to_owned(),
            letter(shade.level).to_owned(),
        ];
        let label = texts.into_iter().find_map(|text| {
            let (middle, row) = rows.place((left + right) / 2.0, width(&text))?;
            Some((middle, row as f64, text))
        });
        out.push(Band {
            level: shade.level,
            left,
            right,
            hatch: String::new(),
            words: band_words(shade),
            label,
        });
    }
    out.sort_by_key(|band| band.level);
    (out, rows.used())
}

/// Whether a RED stretch says all that a YELLOW one would.
fn is_within_red(shade: &Shade, all: &[Shade]) -> bool {
    shade.level == Level::Yellow
        && (all.iter().take(SHADES)).any(|red| {
            red.level == Level::Red && red.start_ms <= shade.start_ms && shade.end_ms <= red.end_ms
        })
}

/// A stretch in words.
pub(super) fn band_words(shade: &Shade) -> String {
    let length = duration_text(shade.end_ms.abs_diff(shade.start_ms));
    let label = match cut(&shade.label, 80) {
        label if label.is_empty() => length,
        label => label,
    };
    format!(
        "{} from {} UTC: {label}",
        word(shade.level),
        between(shade.start_ms, shade.end_ms)
    )
}

/// Marks within the window, and the number of rows that their labels take.
fn marks(all: &[Mark], axis: &Window, plane: &Plane, size: &Size) -> (Vec<Moment>, usize) {
    let mut rows = Rows::new(2.0, size.width - 2.0, LANES);
    let marks = all
        .iter()
        .filter(|mark| (axis.start_ms..=axis.end_ms).contains(&mark.ms))
        .take(MARKS)
        .map(|mark| {
            let x = plane.x(mark.ms);
            let text = cut(&mark.label, 20);
            let place = rows.place(x, width(&text));
            Moment {
                x,
                words: format!("{} at {} UTC", cut(&mark.label, 80), clock(mark.ms)),
                label: place
                    .map(|(middle, row)| (middle, plane.bottom + 33.0 + row as f64 * ROW, text)),
            }
        })
        .collect();
    (marks, rows.used())
}

/// The word of a level.
pub(super) fn word(level: Level) -> &'static str {
    match level {
        Level::Yellow => "YELLOW",
        Level::Red => "RED",
    }
}

/// Its letter, where there is no room for the word.
fn letter(level: Level) -> &'static str {
    match level {
        Level::Yellow => "Y",
        Level::Red => "R",
    }
}
