//! Numbers of samples, as people read them.

/// A number in at most five significant digits, without needless noughts.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return match (value.is_nan(), value > 0.0) {
            (true, _) => "NaN".into(),
            (_, true) => "+Inf".into(),
            (_, false) => "-Inf".into(),
        };
    }
    let rounded: f64 = format!("{value:.4e}").parse().unwrap_or(value);
    let plain = rounded == 0.0 || (1e-6..1e9).contains(&rounded.abs());
    match plain {
        true => format!("{}", rounded + 0.0),
        false => format!("{rounded:e}"),
    }
}

/// A decimal text of a result, shortened; as it is where it is no number.
pub(crate) fn shortened(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), short)
}

/// A text with its unit.
pub(crate) fn with_unit(text: &str, unit: &str) -> String {
    match unit {
        "" => text.to_owned(),
        unit => format!("{text} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.030_612_345, "0.030612"),
            (1343.0, "1343"),
            (-0.0, "0"),
            (1e300, "1e300"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(shortened("0.35087719298245"), "0.35088");
        assert_eq!(shortened("none"), "none");
    }
}
