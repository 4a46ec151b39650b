//! A metric's captured samples as a line chart: the same samples give the same bytes.

use maud::{Markup, html};
use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 12.0;

/// One line of the chart.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Label set as text.
    pub name: &'a str,
    /// Time in milliseconds since 1970 and value, ascending; NaN where there is none.
    pub points: &'a [(i64, f64)],
}

/// Draws the lines and, dashed, the bound. Gaps stay open. Nothing is drawn without a finite number.
pub fn chart(title: &str, unit: &str, lines: &[Line<'_>], bound: Option<f64>) -> Markup {
    let finite = || {
        lines
            .iter()
            .flat_map(|line| line.points)
            .filter(|(_, value)| value.is_finite())
    };
    let bound = bound.filter(|bound| bound.is_finite());
    let (Some(first), Some(last)) = (
        finite().map(|(time, _)| *time).min(),
        finite().map(|(time, _)| *time).max(),
    ) else {
        return html! { p.none { "no samples to draw" } };
    };
    let values = || finite().map(|(_, value)| *value).chain(bound);
    let Some(scale) = Scale::over(
        values().fold(f64::INFINITY, f64::min).min(0.0),
        values().fold(f64::NEG_INFINITY, f64::max),
    ) else {
        return html! { p.none { "the samples are too far apart to draw" } };
    };
    let (low, high) = (scale.value(scale.first), scale.value(scale.last));
    let span = last.saturating_sub(first).max(1);
    let x =
        |time: i64| LEFT + time.saturating_sub(first) as f64 / span as f64 * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(title) xmlns="http://www.w3.org/2000/svg" {
            title { (title) }
            @for tick in scale.first..=scale.last {
                @let at = y(scale.value(tick));
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(fixed(at)) y2=(fixed(at)) {}
                text.tick x=(LEFT - 6.0) y=(fixed(at + 4.0)) text-anchor="end" { (scale.label(tick)) " " (unit) }
            }
            @for (at, text) in moments(first, last) {
                line.grid x1=(fixed(x(at))) x2=(fixed(x(at))) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM + 4.0) {}
                text.tick x=(fixed(x(at))) y=(HEIGHT - 8.0) text-anchor="middle" { (text) }
            }
            @for (number, line) in lines.iter().enumerate() {
                path class={ "series s" (number % 6) } d=(path(line.points, &x, &y)) { title { (line.name) } }
            }
            @if let Some(bound) = bound {
                line.bound x1=(LEFT) x2=(WIDTH - RIGHT) y1=(fixed(y(bound))) y2=(fixed(y(bound))) {}
                text.limit x=(WIDTH - RIGHT - 4.0) y=(fixed(y(bound) - 5.0)) text-anchor="end" { "limit " (bound) " " (unit) }
            }
        }
        figcaption { (moment(first, "%Y-%m-%d %H:%M:%S")) " to " (moment(last, "%Y-%m-%d %H:%M:%S")) " UTC" }
    }
}

/// Round numbers along the values' axis: whole multiples of 1, 2 or 5 times a power of ten.
struct Scale {
    step: f64,
    /// Digits after the point that a multiple of the step has.
    digits: usize,
    first: i64,
    last: i64,
}

impl Scale {
    /// A scale of about five lines that holds both ends and leaves room above; none where floats cannot bear it.
    fn over(low: f64, high: f64) -> Option<Self> {
        let high = if high > low { high } else { low + 1.0 };
        let high = high + (high - low) * 0.06;
        // Rust prints floats exactly, so that the power of ten is the same on any machine.
        let rough = format!("{:e}", (high - low) / 4.0);
        let (mantissa, exponent) = rough.split_once('e').unwrap_or(("1", "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let (factor, exponent) = match mantissa.parse().unwrap_or(1.0) {
            mantissa if mantissa <= 1.0 => (1, exponent),
            mantissa if mantissa <= 2.0 => (2, exponent),
            mantissa if mantissa <= 5.0 => (5, exponent),
            _ => (1, exponent + 1),
        };
        let step: f64 = format!("{factor}e{exponent}").parse().unwrap_or(1.0);
        let drawable = step.is_normal() && (high - low).is_finite();
        drawable.then(|| Self {
            step,
            digits: usize::try_from(-exponent).unwrap_or(0),
            first: (low / step).floor() as i64,
            last: (high / step).ceil() as i64,
        })
    }

    fn value(&self, tick: i64) -> f64 {
        tick as f64 * self.step
    }

    fn label(&self, tick: i64) -> String {
        if self.digits > 6 || self.step >= 1e6 {
            format!("{:e}", self.value(tick))
        } else {
            format!("{:.*}", self.digits, self.value(tick))
        }
    }
}

/// Round moments between both ends, in milliseconds, with the text under each.
fn moments(first: i64, last: i64) -> Vec<(i64, String)> {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const STEPS: [i64; 16] = [
        SECOND,
        5 * SECOND,
        15 * SECOND,
        30 * SECOND,
        MINUTE,
        5 * MINUTE,
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
    let span = last.saturating_sub(first);
    let Some(step) = STEPS.into_iter().find(|step| span / step <= 8) else {
        return Vec::new();
    };
    let format = match step {
        step if step < MINUTE => "%H:%M:%S",
        step if step < DAY && span <= DAY => "%H:%M",
        step if step < DAY => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    let begin = first.div_euclid(step).saturating_mul(step);
    (0..=9)
        .map(|number| begin.saturating_add(step * number))
        .filter(|at| (first..=last).contains(at))
        .map(|at| (at, moment(at, format)))
        .collect()
}

/// Moves where a stretch begins, lines within it. Spikes survive: several samples on one pixel column stay apart.
fn path(points: &[(i64, f64)], x: &impl Fn(i64) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let mut out = String::new();
    let mut pen_down = false;
    for (time, value) in points {
        if !value.is_finite() {
            pen_down = false;
            continue;
        }
        let command = if pen_down { 'L' } else { 'M' };
        // Writing to a String cannot fail.
        let _ = write!(out, "{command}{} {}", fixed(x(*time)), fixed(y(*value)));
        if !pen_down {
            // A lone sample would be an invisible line.
            let _ = write!(out, "h0.5");
        }
        pen_down = true;
    }
    out
}

fn fixed(number: f64) -> String {
    format!("{number:.1}")
}

fn moment(ms: i64, format: &str) -> String {
    crate::model::Timestamp::from_millisecond(ms)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_not_bridged_and_hostile_names_are_escaped() {
        let points = [(0, 1.0), (1_000, 2.0), (2_000, f64::NAN), (3_000, 1.0)];
        let lines = [Line {
            name: "<script>",
            points: &points,
        }];

        let svg = chart("p95", "s", &lines, Some(1.5)).into_string();

        assert_eq!(svg.matches("M").count(), 2);
        assert!(
            svg.contains("class=\"bound\"")
                && svg.contains("&lt;script&gt;")
                && !svg.contains("<script>")
        );
    }

    #[test]
    fn ticks_are_round_numbers_that_hold_both_ends() {
        for (low, high, labels) in [
            (0.0, 0.35, "0.0 0.1 0.2 0.3 0.4"),
            (0.0, 0.01, "0.000 0.005 0.010 0.015"),
            (0.0, 99.0, "0 50 100 150"),
            (-3.0, 4.0, "-4 -2 0 2 4 6"),
            (0.0, 0.0, "0.0 0.5 1.0 1.5"),
        ] {
            let scale = Scale::over(low, high).unwrap();

            let found: Vec<_> = (scale.first..=scale.last)
                .map(|tick| scale.label(tick))
                .collect();

            assert_eq!(found.join(" "), labels, "{low} to {high}");
        }
    }

    #[test]
    fn moments_are_round_and_lie_within_the_window() {
        let day = 86_400_000;
        for (first, last, texts) in [
            (
                60_000,
                7_260_000,
                "00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00",
            ),
            (0, 4_000, "00:00:00 00:00:01 00:00:02 00:00:03 00:00:04"),
            (
                0,
                2 * day,
                "01-01 00:00 01-01 06:00 01-01 12:00 01-01 18:00 01-02 00:00 01-02 06:00 01-02 12:00 01-02 18:00 01-03 00:00",
            ),
            (i64::MIN, i64::MAX, ""),
        ] {
            let found: Vec<_> = moments(first, last)
                .into_iter()
                .map(|(_, text)| text)
                .collect();

            assert_eq!(found.join(" "), texts);
        }
    }

    #[test]
    fn each_line_has_its_own_colour() {
        let points = [(0, 1.0), (1_000, 2.0)];
        let line = Line {
            name: "a",
            points: &points,
        };

        let svg = chart("p95", "s", &[line, line], None).into_string();

        assert!(svg.contains("class=\"series s0\"") && svg.contains("class=\"series s1\""));
    }

    #[test]
    fn numbers_at_the_ends_of_what_a_float_holds_are_no_panic() {
        for points in [
            [(i64::MIN, f64::MIN), (i64::MAX, f64::MAX)],
            [(0, 0.0), (1, 1e-320)],
        ] {
            let lines = [Line {
                name: "a",
                points: &points,
            }];

            let drawn = chart("t", "", &lines, None).into_string();

            assert!(drawn.contains("too far apart"), "{drawn}");
        }
    }

    #[test]
    fn without_a_finite_number_there_is_no_chart() {
        for points in [vec![], vec![(0, f64::NAN)], vec![(0, f64::INFINITY)]] {
            let lines = [Line {
                name: "a",
                points: &points,
            }];
            assert!(
                !chart("t", "", &lines, Some(1.0))
                    .into_string()
                    .contains("<svg")
            );
        }
    }
}
