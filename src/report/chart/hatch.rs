//! Lines that fill a stretch of time, told apart without colour: those of RED rise and are dense, those of YELLOW fall.

use super::words::fixed;
use crate::model::Level;
use std::fmt::Write as _;

/// The lines within a box, as a path.
pub(super) fn hatch(level: Level, left: f64, right: f64, top: f64, bottom: f64) -> String {
    let (apart, rises) = match level {
        Level::Red => (7.0, true),
        Level::Yellow => (14.0, false),
    };
    let height = bottom - top;
    let mut out = String::new();
    // From a common origin, so that stretches beside each other go on in one pattern.
    let mut foot = ((left - height) / apart).floor() * apart;
    while foot < right && out.len() < 64 << 10 {
        // The line runs from (foot, one edge) to (foot + height, the other); the box cuts it at its sides.
        let (start, end) = (foot.max(left), (foot + height).min(right));
        if end > start {
            let y = |x: f64| match rises {
                true => bottom - (x - foot),
                false => top + (x - foot),
            };
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "M{} {}L{} {}",
                fixed(start),
                fixed(y(start)),
                fixed(end),
                fixed(y(end))
            );
        }
        foot += apart;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_their_box_and_run_the_other_way_for_yellow() {
        let red = hatch(Level::Red, 10.0, 30.0, 0.0, 100.0);
        let yellow = hatch(Level::Yellow, 10.0, 30.0, 0.0, 100.0);

        assert!(red.matches('M').count() > yellow.matches('M').count());
        for (path, rises) in [(red, true), (yellow, false)] {
            for line in path.split('M').skip(1) {
                let numbers: Vec<f64> = line
                    .split(['L', ' '])
                    .map(|number| number.parse().unwrap())
                    .collect();
                assert!((10.0..=30.0).contains(&numbers[0]) && (10.0..=30.0).contains(&numbers[2]));
                assert!((0.0..=100.0).contains(&numbers[1]) && (0.0..=100.0).contains(&numbers[3]));
                assert_eq!(numbers[3] < numbers[1], rises);
            }
        }
    }
}
