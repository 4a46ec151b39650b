//! Places for labels, so that none lies on another.

/// Pixels that stay free between two labels of one row.
const APART: f64 = 8.0;

/// Rows that labels are put in, each where it wants to be or beside it.
#[derive(Debug)]
pub(super) struct Rows {
    low: f64,
    high: f64,
    taken: Vec<Vec<(f64, f64)>>,
}

impl Rows {
    /// So many rows from `low` to `high`.
    pub(super) fn new(low: f64, high: f64, rows: usize) -> Self {
        Self {
            low,
            high,
            taken: vec![Vec::new(); rows],
        }
    }

    /// The middle and the row of a label that wants to lie around `centre`; none where no row has room.
    pub(super) fn place(&mut self, centre: f64, width: f64) -> Option<(f64, usize)> {
        let half = width / 2.0;
        let (low, high) = (self.low + half, self.high - half);
        if low > high {
            return None;
        }
        let middle = centre.max(low).min(high);
        let (start, end) = (middle - half - APART, middle + half + APART);
        let is_free = |taken: &[(f64, f64)]| taken.iter().all(|(a, b)| end <= *a || *b <= start);
        let (row, taken) = (self.taken.iter_mut().enumerate()).find(|(_, taken)| is_free(taken))?;
        taken.push((middle - half, middle + half));
        Some((middle, row))
    }

    /// How many rows have a label.
    pub(super) fn used(&self) -> usize {
        self.taken.iter().filter(|taken| !taken.is_empty()).count()
    }
}

/// Heights for labels beside lines: as near to the ascending `wanted` as `gap` between them allows, from `low` to `high`.
pub(super) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut next = low;
    let mut heights: Vec<f64> = Vec::with_capacity(wanted.len());
    for want in wanted {
        let height = want.max(next);
        heights.push(height);
        next = height + gap;
    }
    let mut most = high;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - gap;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_without_room_goes_to_the_next_row_and_then_nowhere() {
        let mut rows = Rows::new(0.0, 100.0, 2);

        assert_eq!(rows.place(10.0, 40.0), Some((20.0, 0)));
        assert_eq!(rows.place(30.0, 40.0), Some((30.0, 1)));
        assert_eq!(rows.place(40.0, 40.0), None);
        assert_eq!(rows.place(90.0, 30.0), Some((85.0, 0)));
        assert_eq!(rows.place(50.0, 101.0), None);
        assert_eq!(rows.used(), 2);
    }

    proptest! {
        #[test]
        fn heights_are_apart_and_within(mut wanted in prop::collection::vec(0.0..180.0_f64, 0..12)) {
            wanted.sort_by(f64::total_cmp);

            let heights = spread(&wanted, 14.0, 0.0, 180.0);

            for pair in heights.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 13.999);
            }
            prop_assert!(heights.iter().all(|height| (-0.001..=180.001).contains(height)));
        }
    }
}
