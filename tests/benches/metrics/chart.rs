//! A picture of a million samples.

use super::process::{Cost, Meter};
use super::seeded::Seeded;
use evidence::model::{Chart, Line, Threshold, Window};
use evidence::report::chart::svg;
use std::fmt::Write as _;

const POINTS: u64 = 1_000_000;
const START_MS: i64 = 1_758_466_800_000;
const STEP_MS: u64 = 15_000;
const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 200.0;

/// Our own.
pub(super) fn drawn() -> Cost {
    let chart = Chart {
        title: String::new(),
        unit: "s".into(),
        window: Some(Window {
            start_ms: START_MS,
            end_ms: START_MS.saturating_add_unsigned((POINTS - 1) * STEP_MS),
        }),
        step_ms: STEP_MS,
        lines: vec![Line {
            name: "p95".into(),
            points: points(),
        }],
        thresholds: vec![Threshold {
            value: 0.35,
            label: "limit".into(),
            level: None,
        }],
        shades: Vec::new(),
        marks: Vec::new(),
    };
    let (picture, cost) = Meter::repeated(|| svg("p95", &chart));
    written(&picture, cost)
}

/// One path through every point, with a tenth of a pixel as ours.
pub(super) fn naive() -> Cost {
    let points = points();
    let (picture, cost) = Meter::repeated(|| {
        let mut out = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><path fill="none" stroke="black" d=""#
        );
        let mut command = 'M';
        for (index, (_, value)) in points.iter().enumerate() {
            let x = index as f64 / POINTS as f64 * WIDTH;
            let y = (1.0 - value) * HEIGHT;
            write!(out, "{command}{x:.1} {y:.1}").unwrap();
            command = ' ';
        }
        out + r#""/></svg>"#
    });
    written(&picture, cost)
}

fn written(picture: &str, cost: Cost) -> Cost {
    Cost {
        count: POINTS,
        output_bytes: picture.len() as u64,
        ..cost
    }
}

fn points() -> Vec<(i64, f64)> {
    let mut numbers = Seeded::new(6);
    let mut at = |index| {
        let ms = START_MS.saturating_add_unsigned(index * STEP_MS);
        (ms, 0.2 + numbers.share() / 5.0)
    };
    (0..POINTS).map(&mut at).collect()
}
