//! How much of a window has numbers.

use super::series::Step;

/// Counts over the steps of a window. A NaN is a step without a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Coverage {
    /// Steps of the window.
    pub points: u64,
    /// Steps with a number, infinite ones included.
    pub numbers: u64,
    /// Steps without a sample.
    pub missing: u64,
    /// Steps that are NaN.
    pub nan: u64,
    /// Steps that are infinite.
    pub infinite: u64,
    /// Longest stretch without a number, in steps; one at an edge counts.
    pub longest_gap: u64,
    /// The stretch without a number at the end, in steps.
    pub last_gap: u64,
}

impl Coverage {
    /// Counts the steps.
    pub fn of(steps: &[Step]) -> Self {
        let mut found = Self {
            points: steps.len() as u64,
            numbers: 0,
            missing: 0,
            nan: 0,
            infinite: 0,
            longest_gap: 0,
            last_gap: 0,
        };
        for step in steps {
            match step {
                Step::Number(value) => {
                    found.numbers += 1;
                    found.infinite += u64::from(value.is_infinite());
                    found.last_gap = 0;
                    continue;
                }
                Step::Missing => found.missing += 1,
                Step::NaN => found.nan += 1,
            }
            found.last_gap += 1;
            found.longest_gap = found.longest_gap.max(found.last_gap);
        }
        found
    }

    /// Whether at least this share of steps, in percent, has a number. Exact; nothing covers nothing.
    pub fn is_at_least(&self, percent: u8) -> bool {
        self.numbers > 0
            && u128::from(self.numbers) * 100 >= u128::from(percent) * u128::from(self.points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Missing, NaN, Number};

    #[test]
    fn gaps_at_the_edges_count_and_a_nan_is_part_of_a_gap() {
        let found = Coverage::of(&[
            Missing,
            NaN,
            Missing,
            Number(1.0),
            Number(f64::INFINITY),
            Missing,
            Number(1.0),
            NaN,
            Missing,
        ]);

        assert_eq!(
            found,
            Coverage {
                points: 9,
                numbers: 3,
                missing: 4,
                nan: 2,
                infinite: 1,
                longest_gap: 3,
                last_gap: 2
            }
        );
    }

    #[test]
    fn the_share_is_compared_without_rounding() {
        let of = |numbers, points| Coverage {
            points,
            numbers,
            ..Coverage::of(&[])
        };

        assert!(of(9, 10).is_at_least(90));
        assert!(!of(8_999_999_999, 10_000_000_000).is_at_least(90));
        assert!(of(1, 3).is_at_least(33));
        assert!(!of(1, 3).is_at_least(34));
        assert!(!of(0, 3).is_at_least(0));
        assert!(!of(0, 0).is_at_least(0));
    }
}
