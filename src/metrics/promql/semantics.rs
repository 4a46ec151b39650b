//! Which server's rules an expression is evaluated by.

use crate::metrics::ServerKind;

/// The rules of a version of Prometheus, read in its source (`promql/engine.go`, `functions.go`, `quantile.go`) for 2.37
/// to 2.55 and 3.0 to 3.15. What differs between them is named by the methods below; [`Semantics::V2`] and
/// [`Semantics::V3`] are the two that are proven against recorded answers.
///
/// Not known from a version: feature flags (start timestamps in `rate`, delayed removal of names), a lookback other than
/// 5 minutes, and a build whose compiler fuses multiplications with additions (Go does on arm64, not on amd64).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Semantics {
    major: u64,
    minor: u64,
}

impl Semantics {
    /// Prometheus 2.42.
    pub const V2: Self = Self::new(2, 42);
    /// Prometheus 3.15.
    pub const V3: Self = Self::new(3, 15);

    const fn new(major: u64, minor: u64) -> Self {
        Self { major, minor }
    }

    /// The rules of a server of this kind and `version` of its build information, such as `2.42.0+ds`.
    ///
    /// None for all but Prometheus 2 and 3. Later minor versions than those read are taken to evaluate as the last.
    pub fn of(kind: ServerKind, version: &str) -> Option<Self> {
        if kind != ServerKind::Prometheus {
            return None;
        }
        let mut parts = version.trim_start_matches('v').split('.');
        let major = parts.next()?.parse().ok()?;
        let minor: u64 = parts.next()?.parse().ok()?;
        matches!(major, 2 | 3).then_some(Self::new(major, minor))
    }

    /// Whether ranges and the lookback leave out their left end.
    pub(super) fn is_left_open(self) -> bool {
        self >= Self::new(3, 0)
    }

    /// Whether a counter's zero bounds the extrapolation after, not before, it is held against the distance of samples.
    pub(super) fn clamps_last(self) -> bool {
        self >= Self::new(2, 51)
    }

    /// Whether differences of neighbouring buckets below 1e-12 are taken for none.
    pub(super) fn ignores_small_deltas(self) -> bool {
        self >= Self::new(2, 49)
    }

    /// Whether `sum` is compensated, and a compensation is dropped once the sum is infinite.
    pub(super) fn compensates_sums(self) -> bool {
        self >= Self::new(2, 54)
    }

    /// How means are made.
    pub(super) fn mean(self) -> Mean {
        if self >= Self::new(3, 5) {
            Mean::Weighted
        } else if self >= Self::new(2, 55) {
            Mean::Direct
        } else {
            Mean::Incremental
        }
    }

    /// Whether the labels `__type__` and `__unit__` go where the name goes.
    pub(super) fn drops_metadata(self) -> bool {
        self >= Self::new(3, 5)
    }

    /// Whether a pair that a comparison filters out still counts as the one match of its labels.
    pub(super) fn counts_filtered_matches(self) -> bool {
        self >= Self::new(3, 9)
    }

    /// Whether a negation joins series that differed by name only, where they have no step in common.
    pub(super) fn merges_negated(self) -> bool {
        self >= Self::new(3, 9)
    }
}

/// How means are made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mean {
    /// Value by value.
    Incremental,
    /// A compensated sum divided once; value by value when it overflows.
    Direct,
    /// The same, with sum and compensation divided apart, and weights when it overflows.
    Weighted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_prometheus_2_and_3_have_rules() {
        let of = |version| Semantics::of(ServerKind::Prometheus, version);

        assert_eq!(of("2.42.0+ds"), Some(Semantics::V2));
        assert_eq!(of("3.15.0"), Some(Semantics::V3));
        assert_eq!(of("v3.0.0-rc.1"), Some(Semantics::new(3, 0)));
        assert_eq!(of("1.8.2"), None);
        assert_eq!(of("4.0.0"), None);
        assert_eq!(of(""), None);
        assert_eq!(of("3"), None);
        for kind in [
            ServerKind::Thanos,
            ServerKind::Victoriametrics,
            ServerKind::Unknown,
        ] {
            assert_eq!(Semantics::of(kind, "3.15.0"), None);
        }
    }
}
