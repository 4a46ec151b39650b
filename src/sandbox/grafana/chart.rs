//! Draws curves as a PNG picture.

use super::super::prometheus::Sample;

const BACKGROUND: [u8; 3] = [24, 27, 31];
const GRID: [u8; 3] = [52, 56, 62];
const COLOURS: &[[u8; 3]] = &[
    [115, 191, 105],
    [242, 204, 12],
    [138, 184, 255],
    [255, 120, 10],
];
const LINES: u32 = 5;

/// Pixels, RGB.
pub(super) struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// A grid with these curves, each scaled to its own highest value. Nothing for a size without pixels.
pub(super) fn draw((width, height): (u32, u32), curves: &[Vec<Sample>]) -> Option<Picture> {
    let count = usize::try_from(u64::from(width).checked_mul(u64::from(height))?).ok()?;
    let mut picture = Picture {
        width,
        height,
        pixels: BACKGROUND.repeat(count),
    };
    for line in 1..=LINES {
        let y = u64::from(line) * u64::from(height) / u64::from(LINES + 1);
        for x in 0..width {
            picture.set(x, u32::try_from(y).ok()?, GRID);
        }
    }
    let times = curves.iter().flatten().map(|sample| sample.0);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return (count > 0).then_some(picture);
    };
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        picture.curve(curve, (first, last), *colour);
    }
    (count > 0).then_some(picture)
}

impl Picture {
    /// The same size, one colour.
    pub(super) fn blank(mut self) -> Self {
        let pixels = self.pixels.len() / BACKGROUND.len();
        self.pixels = BACKGROUND.repeat(pixels);
        self
    }

    /// Nothing when the encoder refuses.
    pub(super) fn into_png(self) -> Option<Vec<u8>> {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&self.pixels).ok()?;
        writer.finish().ok()?;
        Some(png)
    }

    /// Joins the samples by vertical strokes, one in each column.
    fn curve(&mut self, samples: &[Sample], (first, last): (i64, i64), colour: [u8; 3]) {
        let top = samples.iter().map(|sample| sample.1).fold(0.0, f64::max);
        let span = (last - first).max(1) as f64;
        let place = |sample: &Sample| {
            let across = (sample.0 - first) as f64 / span * f64::from(self.width.saturating_sub(1));
            let share = if top > 0.0 { sample.1 / top } else { 0.0 };
            // A tenth of the height stays free above the highest value.
            let down =
                (1.0 - 0.9 * share.clamp(0.0, 1.0)) * f64::from(self.height.saturating_sub(1));
            (across, down)
        };
        let places: Vec<(f64, f64)> = samples
            .iter()
            .filter(|sample| sample.1.is_finite())
            .map(place)
            .collect();
        for pair in places.windows(2) {
            let [(from_x, from_y), (to_x, to_y)] = pair else {
                continue;
            };
            let steps = (to_x - from_x)
                .abs()
                .max((to_y - from_y).abs())
                .ceil()
                .max(1.0);
            for step in 0..=steps as u32 {
                let share = f64::from(step) / steps;
                let x = from_x + (to_x - from_x) * share;
                let y = from_y + (to_y - from_y) * share;
                self.set(x as u32, y as u32, colour);
            }
        }
    }

    fn set(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        if x >= self.width {
            return;
        }
        let at = (u64::from(y) * u64::from(self.width) + u64::from(x)) * 3;
        let pixel = usize::try_from(at)
            .ok()
            .and_then(|at| self.pixels.get_mut(at..at + 3));
        if let Some(pixel) = pixel {
            pixel.copy_from_slice(&colour);
        }
    }
}
