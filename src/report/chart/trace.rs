//! A series as a path: the lowest and the highest sample of each column of pixels, so that no spike disappears.

use super::words::fixed;
use std::fmt::Write as _;

/// Where samples lie in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    /// Pixels from the left edge of the picture to the axis of values.
    pub(super) left: f64,
    /// And to the right end of the axis of time.
    pub(super) right: f64,
    /// Pixels from the upper edge to the highest value.
    pub(super) top: f64,
    /// And to the lowest.
    pub(super) bottom: f64,
    /// First moment, milliseconds.
    pub(super) first: i64,
    /// Last.
    pub(super) last: i64,
    /// Lowest value.
    pub(super) low: f64,
    /// Highest.
    pub(super) high: f64,
}

impl Plane {
    /// Share of the window that is over.
    fn share(&self, time: i64) -> f64 {
        let span = self.last.abs_diff(self.first).max(1);
        let past = match time > self.first {
            true => time.abs_diff(self.first).min(span),
            false => 0,
        };
        past as f64 / span as f64
    }

    /// A moment; one outside of the window lies at its edge.
    pub(super) fn x(&self, time: i64) -> f64 {
        self.left + self.share(time) * (self.right - self.left)
    }

    /// A value.
    pub(super) fn y(&self, value: f64) -> f64 {
        let share = (self.high - value) / (self.high - self.low);
        self.top + share.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    fn columns(&self) -> usize {
        (self.right - self.left).max(1.0) as usize
    }
}

/// A series as it is drawn.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Trace {
    /// Its stretches.
    pub(super) path: String,
    /// Its samples that have no neighbour.
    pub(super) dots: String,
    /// Triangles at the upper and the lower edge, where it is infinite.
    pub(super) infinite: String,
}

/// What one column of pixels has of a series.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// Where its only sample lies; its middle where there are several.
    x: f64,
    low: f64,
    high: f64,
    /// Whether the lowest comes before the highest.
    rises: bool,
    /// Whether the way from the sample before is no gap.
    joined: bool,
}

impl Column {
    fn add(&mut self, middle: f64, value: f64) {
        self.x = middle;
        if value < self.low {
            self.low = value;
            self.rises = false;
        }
        if value > self.high {
            self.high = value;
            self.rises = true;
        }
    }

    fn ends(&self) -> [f64; 2] {
        match self.rises {
            true => [self.low, self.high],
            false => [self.high, self.low],
        }
    }
}

/// Draws the samples that lie within the window. A way of more than one and a half steps is a gap, as is a NaN.
pub(super) fn trace(points: &[(i64, f64)], step_ms: u64, plane: &Plane) -> Trace {
    let count = plane.columns();
    let mut columns: Vec<Option<Column>> = vec![None; count];
    let mut edges: Vec<(bool, bool)> = vec![(false, false); count];
    let mut before: Option<i64> = None;
    for (time, value) in points {
        if !(plane.first..=plane.last).contains(time) {
            continue;
        }
        let at = ((plane.share(*time) * count as f64) as usize).min(count - 1);
        if !value.is_finite() {
            before = None;
            if let Some((above, below)) = edges.get_mut(at) {
                *above |= *value == f64::INFINITY;
                *below |= *value == f64::NEG_INFINITY;
            }
            continue;
        }
        let joined = before.is_some_and(|before| !is_gap(before, *time, step_ms));
        before = Some(*time);
        match columns.get_mut(at) {
            Some(Some(column)) => column.add(plane.left + at as f64 + 0.5, *value),
            Some(none) => {
                *none = Some(Column {
                    x: plane.x(*time),
                    low: *value,
                    high: *value,
                    rises: true,
                    joined,
                });
            }
            None => {}
        }
    }
    let mut out = Trace::default();
    strokes(&columns, plane, &mut out);
    for (at, (above, below)) in edges.into_iter().enumerate() {
        let x = fixed(plane.left + at as f64 + 0.5);
        // Writing to a String cannot fail.
        if above {
            let _ = write!(out.infinite, "M{x} {}l-4 7h8z", fixed(plane.top));
        }
        if below {
            let _ = write!(out.infinite, "M{x} {}l-4-7h8z", fixed(plane.bottom));
        }
    }
    out
}

/// Whether nothing is known of the time between two samples; without a step that is never so.
pub(super) fn is_gap(before: i64, after: i64, step_ms: u64) -> bool {
    let way = u128::from(after.abs_diff(before));
    step_ms > 0 && 2 * way > 3 * u128::from(step_ms)
}

fn strokes(columns: &[Option<Column>], plane: &Plane, out: &mut Trace) {
    let mut stroke: Vec<(String, String)> = Vec::new();
    for column in columns.iter().flatten() {
        if !column.joined {
            end(&mut stroke, out);
        }
        let x = fixed(column.x);
        for value in column.ends() {
            let point = (x.clone(), fixed(plane.y(value)));
            if stroke.last() != Some(&point) {
                stroke.push(point);
            }
        }
    }
    end(&mut stroke, out);
}

fn end(stroke: &mut Vec<(String, String)>, out: &mut Trace) {
    // Writing to a String cannot fail.
    if let [(x, y)] = stroke.as_slice() {
        let _ = write!(out.dots, "M{x} {y}h0");
    } else {
        for (number, (x, y)) in stroke.iter().enumerate() {
            let command = if number == 0 { 'M' } else { ' ' };
            let _ = write!(out.path, "{command}{x} {y}");
        }
    }
    stroke.clear();
}
