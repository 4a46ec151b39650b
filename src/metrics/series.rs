//! A series laid on the steps that were asked for.

use super::chunks::Grid;
use super::response::Sample;

/// What a series has at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// No sample.
    Missing,
    /// A sample that is not a number.
    NaN,
    /// A number, may be infinite.
    Number(f64),
}

impl Step {
    /// The number, if there is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Missing | Self::NaN => None,
        }
    }
}

/// The value at each step of the grid, in time order. Samples off the grid are left out; merging refuses them.
pub fn steps(grid: &Grid, samples: &[Sample]) -> Vec<Step> {
    let mut samples = samples.iter().peekable();
    (0..grid.points)
        .map(|index| {
            let ms = grid.at(index);
            while samples.next_if(|sample| sample.ms < ms).is_some() {}
            match samples.next_if(|sample| sample.ms == ms) {
                None => Step::Missing,
                Some(sample) if sample.value.is_nan() => Step::NaN,
                Some(sample) => Step::Number(sample.value),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_missing_nan_or_a_number() {
        let grid = Grid::new(1_000, 5_000, 1_000).unwrap();
        let sample = |ms, value| Sample { ms, value };
        let samples = [
            sample(1_000, 0.0),
            sample(2_500, 9.0),
            sample(3_000, f64::NAN),
            sample(5_000, f64::INFINITY),
        ];

        let found = steps(&grid, &samples);

        assert_eq!(
            found,
            [
                Step::Number(0.0),
                Step::Missing,
                Step::NaN,
                Step::Missing,
                Step::Number(f64::INFINITY)
            ]
        );
    }

    #[test]
    fn a_grid_of_one_moment_has_one_step() {
        let sample = Sample { ms: 7, value: 1.0 };

        assert_eq!(steps(&Grid::instant(7), &[sample]), [Step::Number(1.0)]);
        assert_eq!(steps(&Grid::instant(8), &[sample]), [Step::Missing]);
    }
}
