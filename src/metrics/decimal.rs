//! Decimal numbers of a configuration: compared and subtracted exactly, turned into a float once.

/// `digits` divided by ten to the power of `places`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decimal {
    digits: i128,
    places: u32,
}

impl Decimal {
    /// Reads plain decimal text such as `-0.35`; none for any other, or when it has more digits than 128 bits hold.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (text, ""),
        };
        let (sign, whole) = match whole.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", whole),
        };
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || text.len() > TEXT_BYTES {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        Some(Self {
            digits: format!("{sign}{whole}{fraction}").parse().ok()?,
            places: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// One less this number, exactly.
    pub fn one_minus(self) -> Option<Self> {
        let one = 10_i128.checked_pow(self.places)?;
        Some(Self {
            digits: one.checked_sub(self.digits)?,
            places: self.places,
        })
    }

    /// Whether it is above zero.
    pub fn is_positive(self) -> bool {
        self.digits > 0
    }

    /// Whether `part` of `whole` is at least this share, without rounding; none where 128 bits do not hold it.
    pub fn is_reached_by(self, part: u64, whole: u64) -> Option<bool> {
        let part = i128::from(part).checked_mul(10_i128.checked_pow(self.places)?)?;
        Some(part >= self.digits.checked_mul(i128::from(whole))?)
    }

    /// A hundred times the number, as text.
    pub fn percent(self) -> String {
        let shifted = Self {
            digits: match self.places {
                0 => self.digits.saturating_mul(100),
                1 => self.digits.saturating_mul(10),
                _ => self.digits,
            },
            places: self.places.saturating_sub(2),
        };
        shifted.text()
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        // The text of an integer and a power of ten is always a float's.
        format!("{}e-{}", self.digits, self.places)
            .parse()
            .unwrap_or(f64::NAN)
    }

    fn text(self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let places = self.places as usize;
        let digits = format!(
            "{:0>width$}",
            self.digits.unsigned_abs(),
            width = places + 1
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        match fraction {
            "" => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// Bytes of a decimal number; 128 bits hold 38 digits, the rest are zeros after the point.
const TEXT_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_decimal_text_is_read_and_nothing_else() {
        for text in ["0", "-1.5", "0.9990", "00.5", "0.000000000000000000001"] {
            let read = Decimal::parse(text).unwrap().to_f64();
            assert_eq!(read, text.parse::<f64>().unwrap(), "{text}");
        }
        for text in [
            "", "-", ".5", "5.", "1e3", "NaN", "+1", "inf", " 1", "1.2.3", "--1",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse(&"9".repeat(40)), None);
    }

    #[test]
    fn one_less_an_objective_is_exact() {
        for (objective, allowed) in [("0.999", 0.001), ("0.95", 0.05), ("0.9", 0.1), ("1", 0.0)] {
            let found = Decimal::parse(objective).unwrap().one_minus().unwrap();
            assert_eq!(found.to_f64(), allowed, "{objective}");
        }
        assert_ne!(1.0 - 0.999, 0.001, "which floats are not");
    }

    #[test]
    fn a_share_is_reached_without_rounding() {
        let is_reached = |text: &str, part, whole| {
            Decimal::parse(text)
                .unwrap()
                .is_reached_by(part, whole)
                .unwrap()
        };

        assert!(is_reached("0.99", 99, 100));
        assert!(!is_reached("0.99", 98, 100));
        assert!(!is_reached("0.9900000000000000000001", 99, 100));
        assert!(is_reached("0.3333333333333333", 1, 3));
        assert!(!is_reached("0.3333333333333334", 1, 3));
    }

    #[test]
    fn a_share_in_percent_is_shifted_not_multiplied() {
        for (share, percent) in [
            ("0.2", "20"),
            ("0.999", "99.9"),
            ("0.07", "7"),
            ("1", "100"),
            ("0.00005", "0.005"),
            ("-0.5", "-50"),
        ] {
            assert_eq!(Decimal::parse(share).unwrap().percent(), percent);
        }
    }
}
