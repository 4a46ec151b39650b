//! Round numbers along the values' axis.

/// Whole multiples of 1, 2 or 5 times a power of ten; 0 is always among them.
#[derive(Debug)]
pub(super) struct Scale {
    step: f64,
    /// Digits after the point that a multiple of the step has.
    digits: usize,
    first: i64,
    last: i64,
}

impl Scale {
    /// A scale of about five lines that holds 0 and both ends and leaves room above; none where floats cannot bear it.
    pub(super) fn over(low: f64, high: f64) -> Option<Self> {
        let low = low.min(0.0);
        let high = high.max(0.0);
        let high = if high > low { high } else { low + 1.0 };
        let high = high + (high - low) * 0.06;
        if !(high - low).is_finite() {
            return None;
        }
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
        if !step.is_normal() {
            return None;
        }
        // As 0 is within, both are a few steps away from it.
        let scale = Self {
            step,
            digits: usize::try_from(-exponent).unwrap_or(0),
            first: (low / step).floor() as i64,
            last: (high / step).ceil() as i64,
        };
        (scale.high() - scale.low()).is_finite().then_some(scale)
    }

    /// The lowest value of the axis.
    pub(super) fn low(&self) -> f64 {
        self.value(self.first)
    }

    /// The highest.
    pub(super) fn high(&self) -> f64 {
        self.value(self.last)
    }

    /// Values with their texts, ascending.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        (self.first..=self.last).map(|tick| (self.value(tick), self.label(tick)))
    }

    fn value(&self, tick: i64) -> f64 {
        tick as f64 * self.step
    }

    fn label(&self, tick: i64) -> String {
        match tick {
            0 => "0".into(),
            _ if self.digits > 6 || self.step >= 1e6 => format!("{:e}", self.value(tick)),
            _ => format!("{:.*}", self.digits, self.value(tick)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_that_hold_both_ends_and_zero() {
        for (low, high, labels) in [
            (0.0, 0.35, "0 0.1 0.2 0.3 0.4"),
            (0.0, 0.01, "0 0.005 0.010 0.015"),
            (0.0, 99.0, "0 50 100 150"),
            (-3.0, 4.0, "-4 -2 0 2 4 6"),
            (-10.0, -5.0, "-10 -5 0 5"),
            (0.0, 0.0, "0 0.5 1.0 1.5"),
        ] {
            let scale = Scale::over(low, high).unwrap();

            let found: Vec<_> = scale.ticks().map(|(_, label)| label).collect();

            assert_eq!(found.join(" "), labels, "{low} to {high}");
        }
    }

    #[test]
    fn numbers_that_floats_cannot_set_apart_have_no_scale() {
        assert!(Scale::over(f64::MIN, f64::MAX).is_none());
        assert!(Scale::over(0.0, 1.5e308).is_none());
        assert!(Scale::over(0.0, 1e-320).is_none());
        assert!(Scale::over(0.0, f64::NAN).is_some());
    }
}
