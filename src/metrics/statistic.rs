//! One number of many.

use crate::model::{Operator, Statistic};

/// A limit whose bound was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// How a good value compares.
    pub operator: Operator,
    /// With what.
    pub value: f64,
}

/// Computes the statistic of the numbers, which are in time order and none of them NaN.
///
/// None when there is no number, when the result is not a number, or when a share is asked for without a limit.
pub fn compute(statistic: Statistic, numbers: &[f64], bound: Option<Bound>) -> Option<f64> {
    let value = match statistic {
        Statistic::Last => numbers.last().copied(),
        Statistic::Min => numbers.iter().copied().reduce(f64::min),
        Statistic::Max => numbers.iter().copied().reduce(f64::max),
        Statistic::Mean if numbers.is_empty() => None,
        Statistic::Mean => Some(numbers.iter().sum::<f64>() / numbers.len() as f64),
        Statistic::Median => quantile(50, numbers),
        Statistic::Quantile(percent) => quantile(percent, numbers),
        Statistic::Within(_) if numbers.is_empty() => None,
        Statistic::Within(_) => Some(keeping(numbers, bound?) as f64 / numbers.len() as f64),
    };
    value.filter(|value| !value.is_nan())
}

/// Whether the numbers are good: the statistic keeps to the limit, or enough of them do (exact).
pub fn is_good(statistic: Statistic, numbers: &[f64], bound: Bound) -> bool {
    match statistic {
        Statistic::Within(percent) => {
            let keeping = keeping(numbers, bound) as u128;
            !numbers.is_empty() && keeping * 100 >= u128::from(percent) * numbers.len() as u128
        }
        _ => compute(statistic, numbers, Some(bound))
            .is_some_and(|value| bound.operator.holds(value, bound.value)),
    }
}

/// The name as a configuration writes it.
pub fn name(statistic: Statistic) -> String {
    match statistic {
        Statistic::Last => "last".into(),
        Statistic::Min => "min".into(),
        Statistic::Max => "max".into(),
        Statistic::Mean => "mean".into(),
        Statistic::Median => "median".into(),
        Statistic::Quantile(percent) => format!("p{percent}"),
        Statistic::Within(percent) => format!("within-{percent}"),
    }
}

fn keeping(numbers: &[f64], bound: Bound) -> usize {
    let keeps = |value: &&f64| bound.operator.holds(**value, bound.value);
    numbers.iter().filter(keeps).count()
}

/// Nearest rank: the value at index `ceil(q * n) - 1` of the sorted ones.
fn quantile(percent: u8, numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    let rank = (usize::from(percent) * sorted.len()).div_ceil(100).max(1);
    // Sorts no more than what puts this one in its place.
    (rank <= sorted.len()).then(|| *sorted.select_nth_unstable_by(rank - 1, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_MOST_3: Bound = Bound {
        operator: Operator::AtMost,
        value: 3.0,
    };

    #[test]
    fn each_statistic_is_what_its_name_says() {
        let numbers = [4.0, 1.0, 3.0, 2.0, 10.0];
        for (statistic, value) in [
            (Statistic::Last, 10.0),
            (Statistic::Min, 1.0),
            (Statistic::Max, 10.0),
            (Statistic::Mean, 4.0),
            (Statistic::Median, 3.0),
            (Statistic::Quantile(20), 1.0),
            (Statistic::Quantile(21), 2.0),
            (Statistic::Quantile(80), 4.0),
            (Statistic::Quantile(81), 10.0),
            (Statistic::Within(60), 0.6),
        ] {
            assert_eq!(
                compute(statistic, &numbers, Some(AT_MOST_3)),
                Some(value),
                "{statistic:?}"
            );
            assert_eq!(compute(statistic, &[], Some(AT_MOST_3)), None);
        }
    }

    #[test]
    fn a_quantile_of_an_even_count_is_one_of_the_numbers() {
        assert_eq!(
            compute(Statistic::Median, &[1.0, 2.0, 3.0, 4.0], None),
            Some(2.0)
        );
        assert_eq!(compute(Statistic::Quantile(99), &[7.0], None), Some(7.0));
        assert_eq!(compute(Statistic::Quantile(1), &[7.0], None), Some(7.0));
    }

    #[test]
    fn a_share_is_judged_without_rounding_and_needs_a_limit() {
        let numbers = [1.0, 2.0, 9.0];

        assert!(is_good(Statistic::Within(66), &numbers, AT_MOST_3));
        assert!(!is_good(Statistic::Within(67), &numbers, AT_MOST_3));
        assert!(!is_good(Statistic::Within(1), &[], AT_MOST_3));
        assert_eq!(compute(Statistic::Within(66), &numbers, None), None);
    }

    #[test]
    fn a_mean_of_opposite_infinities_is_no_value() {
        let numbers = [f64::INFINITY, f64::NEG_INFINITY];

        assert_eq!(compute(Statistic::Mean, &numbers, None), None);
        assert!(!is_good(Statistic::Mean, &numbers, AT_MOST_3));
    }

    #[test]
    fn the_limit_itself_is_good_or_bad_as_the_operator_says() {
        let bound = |operator| Bound {
            operator,
            value: 3.0,
        };
        for (operator, good) in [
            (Operator::Less, false),
            (Operator::AtMost, true),
            (Operator::Greater, false),
            (Operator::AtLeast, true),
            (Operator::Equal, true),
            (Operator::NotEqual, false),
        ] {
            assert_eq!(
                is_good(Statistic::Last, &[3.0], bound(operator)),
                good,
                "{operator}"
            );
        }
    }
}
