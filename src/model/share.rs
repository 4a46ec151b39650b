//! Shares as two integers, and their percentage in tenths.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use std::fmt;
use std::str::FromStr;

/// A part of a whole, such as cells present over all cells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Share {
    /// How many of them.
    pub part: u64,
    /// How many there are.
    pub whole: u64,
}

/// A percentage in tenths, from 0 to 100.0; written `93.4`, or `93` where the tenth is zero.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(u16);

/// Why a text is no percentage.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{found:?} is no percentage: expected a number from 0 to 100 with at most one decimal")]
pub struct PercentError {
    /// The text, cut to 100 characters.
    pub found: String,
}

impl Share {
    /// The percentage, rounded down to tenths; of nothing it is zero.
    pub fn percent(self) -> Percent {
        let tenths = (u128::from(self.part) * 1000).checked_div(u128::from(self.whole));
        Percent(tenths.map_or(0, |tenths| tenths.min(1000) as u16))
    }
}

impl Percent {
    /// From tenths of a percent.
    pub const fn from_tenths(tenths: u16) -> Option<Self> {
        if tenths <= 1000 {
            Some(Self(tenths))
        } else {
            None
        }
    }

    /// Tenths of a percent, from 0 to 1000.
    pub const fn tenths(self) -> u16 {
        self.0
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut share = serializer.serialize_struct("Share", 3)?;
        share.serialize_field("part", &self.part)?;
        share.serialize_field("whole", &self.whole)?;
        share.serialize_field("percent", &self.percent())?;
        share.end()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 10, self.0 % 10) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, tenth) => write!(f, "{whole}.{tenth}"),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % ({} of {})", self.percent(), self.part, self.whole)
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PercentError {
            found: text.chars().take(100).collect(),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        if whole.is_empty() || !digits(whole) || tenth.len() != 1 || !digits(tenth) {
            return Err(error());
        }
        let number = |part: &str| part.parse::<u16>().map_err(|_| error());
        let tenths = number(whole)?.checked_mul(10).ok_or_else(error)?;
        Self::from_tenths(tenths.saturating_add(number(tenth)?)).ok_or_else(error)
    }
}

impl TryFrom<String> for Percent {
    type Error = PercentError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_the_share_of_nothing_is_zero() {
        let percent = |part, whole| Share { part, whole }.percent().to_string();

        assert_eq!(percent(2, 3), "66.6");
        assert_eq!(percent(9_999, 10_000), "99.9");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(percent(0, 0), "0");
        assert_eq!(percent(u64::MAX, u64::MAX), "100");
    }

    #[test]
    fn a_percentage_reads_back_and_whatever_is_none_is_refused() {
        for good in ["0", "95", "95.5", "100"] {
            assert_eq!(good.parse::<Percent>().unwrap().to_string(), good);
        }
        for bad in [
            "", ".5", "5.", "95.55", "-1", "+1", "100.1", "101", "1e1", "99999", "5,5", "95 %",
        ] {
            assert!(bad.parse::<Percent>().is_err(), "{bad}");
        }
    }
}
