//! What a picture says in words: at its foot, and to those who do not see it.

use super::layout::{band_words, word};
use super::survey::Survey;
use super::words::{cut, letters, value_words};
use super::{LINES, MARKS, SHADES, Size, THRESHOLDS};
use crate::model::time::duration_text;
use crate::model::{Chart, Window};
use crate::report::columns::counted;
use crate::report::times::{between, clock, moment, window};

/// Lines at the foot, each as wide as the picture at most.
pub(super) fn notes(chart: &Chart, axis: &Window, found: &Survey, size: &Size) -> Vec<String> {
    let most = letters(size.width - 16.0);
    let mut lines: Vec<String> = Vec::new();
    for sentence in sentences(chart, axis, found) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + sentence.chars().count() <= most => {
                line.push_str(" · ");
                line.push_str(&sentence);
            }
            _ => lines.push(cut(&sentence, most)),
        }
    }
    lines
}

/// All of it as one text.
pub(super) fn description(chart: &Chart, axis: &Window, found: &Survey) -> String {
    let count = counted(chart.lines.len(), "series", "series");
    let mut all = vec![format!("{count} over time")];
    all.extend(sentences(chart, axis, found));
    all.extend(chart.thresholds.iter().take(THRESHOLDS).map(|one| {
        let level = one.level.map(word).unwrap_or_default();
        let value = value_words(one.value, &chart.unit);
        let words = format!("{level} {} {value}", cut(&one.label, 40));
        words.trim().to_owned()
    }));
    all.extend(chart.shades.iter().take(SHADES).map(band_words));
    all.extend((chart.marks.iter().take(MARKS)).map(|mark| {
        let (label, time) = (cut(&mark.label, 80), moment(mark.ms, "%F %H:%M:%S UTC"));
        format!("{label} at {time}")
    }));
    all.join("; ")
}

fn sentences(chart: &Chart, axis: &Window, found: &Survey) -> Vec<String> {
    let mut all = Vec::new();
    let (start, end) = (axis.start_ms, axis.end_ms);
    all.push(window(start, end));
    if let Some((_, high)) = found.range {
        let value = value_words(high, &chart.unit);
        let at = found.highest_at;
        all.push(match end.abs_diff(start) > 86_400_000 {
            true => format!("highest {value} at {}", moment(at, "%F %H:%M:%S")),
            false => format!("highest {value} at {}", clock(at)),
        });
    }
    if let Some((before, after)) = found.longest {
        let gaps = counted(
            usize::try_from(found.gaps).unwrap_or(usize::MAX),
            "gap",
            "gaps",
        );
        let longest = if found.gaps == 1 { "" } else { "the longest " };
        all.push(format!(
            "{gaps} without samples, {longest}{} from {}",
            duration_text(after.abs_diff(before)),
            between(before, after)
        ));
    }
    let mut count = |count: u64, one: &str, many: &str| {
        if count > 0 {
            all.push(counted(
                usize::try_from(count).unwrap_or(usize::MAX),
                one,
                many,
            ));
        }
    };
    count(
        found.infinite,
        "infinite value, at the edge (▲)",
        "infinite values, at the edge (▲)",
    );
    count(
        found.outside,
        "sample outside of this window",
        "samples outside of this window",
    );
    let more = |all: usize, most: usize| all.saturating_sub(most) as u64;
    count(
        more(chart.lines.len(), LINES),
        "more series is not drawn",
        "more series are not drawn",
    );
    count(
        more(chart.shades.len(), SHADES) + more(chart.marks.len(), MARKS),
        "more stretch or mark is not drawn",
        "more stretches and marks are not drawn",
    );
    count(
        more(chart.thresholds.len(), THRESHOLDS),
        "more limit is not drawn",
        "more limits are not drawn",
    );
    let endless = chart.thresholds.iter().filter(|one| !one.value.is_finite());
    count(
        endless.count() as u64,
        "limit is infinite and not drawn",
        "limits are infinite and not drawn",
    );
    all
}
