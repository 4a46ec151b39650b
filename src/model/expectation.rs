//! What should be seen, from the configuration.

use super::{
    DriftLimits, Formula, GateExpectation, SbomChecks, ScanExpectation, Signers, Timestamp, Window,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What one item should show. Planned from `evidence.yaml` alone, so that a verifier plans the same.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Expectation {
    /// `evidence.yaml` is the file at that path in the release's commit.
    Configuration {
        /// Path in the repository, none when it lies outside of it.
        path: Option<String>,
    },
    /// The tag names the commit.
    Release {
        /// The tag's name.
        tag: String,
    },
    /// The image is signed by these.
    Image {
        /// As in the configuration, `{tag}` and its like filled in.
        reference: String,
        /// Who must have signed; nobody when no signature is asked for.
        signed_by: Signers,
    },
    /// An SBOM is attested for the image.
    Sbom {
        /// Id of the image's item.
        image: String,
        /// The format asked for.
        format: SbomFormat,
        /// Who must have signed.
        signed_by: Signers,
        /// What else is demanded of it.
        #[serde(default, skip_serializing_if = "is_default")]
        checks: SbomChecks,
    },
    /// The SBOM's packages moved no further since the release before than they may.
    Drift(DriftExpectation),
    /// A scanner's report says no more than it may.
    Scan(ScanExpectation),
    /// A statistic of a query keeps to its limit.
    Metric(MetricExpectation),
    /// A statistic of what is computed from metrics keeps to its limit.
    Derived(DerivedExpectation),
    /// The rules of a gate do not fire.
    Gate(GateExpectation),
    /// A dashboard or panel renders.
    Dashboard(DashboardExpectation),
    /// Files are there, as they are in the commit.
    File {
        /// Glob, relative to the repository's root.
        path: String,
        /// RFC 6838 media type of each; guessed from the name when none is given.
        media_type: Option<String>,
    },
    /// A command ran and exited with this code.
    Command {
        /// Program and arguments.
        run: Vec<String>,
        /// Exit code that is wanted.
        exit_code: i32,
    },
}

impl Expectation {
    /// The window of an expectation that speaks of one, ending at that time or as little before it as its grid wants:
    /// the end is a multiple of the step, so that two runs ask on one grid.
    pub fn window(&self, at: Timestamp) -> Option<Window> {
        let (length, step) = match self {
            Self::Metric(metric) => match &metric.range {
                Some(range) => (range.window_ms, range.step_ms),
                None => (0, 1),
            },
            Self::Dashboard(dashboard) => (dashboard.window_ms, 1_000),
            _ => return None,
        };
        let at = at.as_millisecond();
        let end_ms = at.saturating_sub(at.rem_euclid(i64::try_from(step.max(1)).ok()?));
        let start_ms = end_ms.checked_sub_unsigned(length)?;
        Some(Window { start_ms, end_ms })
    }

    /// Ids of the metric items that it is computed from; none for what has a source of its own.
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Gate(gate) => gate.items(),
            Self::Derived(derived) => {
                let metrics = derived.source.metrics();
                let mut items: Vec<&str> = metrics.iter().map(|one| one.item.as_str()).collect();
                items.sort_unstable();
                items.dedup();
                items
            }
            _ => Vec::new(),
        }
    }
}

/// What an SBOM is compared with, and how far it may have moved.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftExpectation {
    /// Id of the image's item, here and in the bundle before.
    pub image: String,
    /// Format of the SBOMs that are compared.
    pub format: SbomFormat,
    /// Who must have signed the SBOM of now.
    pub signed_by: Signers,
    /// Tag of the release before.
    pub previous: String,
    /// Who must have signed that release's SBOM.
    pub previous_signed_by: Signers,
    /// How far it may have moved.
    pub limits: DriftLimits,
}

/// Formats of a software bill of materials.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SbomFormat {
    /// SPDX 2.x or 3.
    Spdx,
    /// CycloneDX 1.x.
    Cyclonedx,
}

impl fmt::Display for SbomFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spdx => "spdx",
            Self::Cyclonedx => "cyclonedx",
        })
    }
}

/// A query, what is computed from its answer, and the limit to keep.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricExpectation {
    /// Name of the server in the configuration.
    pub from: String,
    /// PromQL.
    pub expr: String,
    /// A range query; none for an instant query.
    pub range: Option<Range>,
    /// How several series are treated.
    pub series: Series,
    /// What is computed from the values.
    pub statistic: Statistic,
    /// Unit of the values, such as `s`; empty for a plain number.
    pub unit: String,
    /// What is good; none records the value without judging it.
    pub limit: Option<Limit>,
    /// Least share of steps that must have a number, in percent (0 to 100).
    pub min_coverage_percent: u8,
    /// Longest stretch without a number, in milliseconds.
    pub max_gap_ms: u64,
    /// Whether the samples behind the query are captured too, so that its answer can be computed from them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub raw: bool,
    /// Whether an answer that the server warns of is judged all the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub accept_warnings: bool,
    /// Whether a gate reads it and it has no limit of its own: what a gap, a NaN or an empty answer means is then the
    /// gate's to say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gated: bool,
    /// The query as a document has it that this one stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_query: Option<String>,
}

/// What is computed from metrics, and the limit to keep.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DerivedExpectation {
    /// What is computed.
    pub source: Formula,
    /// Unit of the values; empty for a plain number.
    pub unit: String,
    /// How several series are treated.
    pub series: Series,
    /// One number of the values.
    pub statistic: Statistic,
    /// What is good; none records the value without judging it.
    pub limit: Option<Limit>,
    /// Least share of steps that must have a number, in percent (0 to 100).
    pub min_coverage_percent: u8,
    /// Longest stretch without a number, in milliseconds.
    pub max_gap_ms: u64,
}

/// A range query's window and step.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// Length of the window in milliseconds.
    pub window_ms: u64,
    /// Step in milliseconds.
    pub step_ms: u64,
}

/// How several series are treated.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Series {
    /// More than one is an error.
    #[default]
    Single,
    /// Each is judged, the worst counts.
    All,
}

/// What is computed from the values of a series, in time order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The last number.
    Last,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Sum in time order, divided by the count.
    Mean,
    /// Nearest-rank quantile 0.5.
    Median,
    /// Nearest-rank quantile in percent, 1 to 99 (`p95`).
    Quantile(u8),
    /// Share of numbers that keep to the limit, 0.0 to 1.0; at least this many percent must.
    Within(u8),
}

/// A comparison that holds for a good value.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limit {
    /// How the value compares to the bound when it is good.
    pub operator: Operator,
    /// The bound as a decimal number in the metric's unit, such as `0.35`.
    pub bound: String,
}

/// A comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub enum Operator {
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `==`
    #[serde(rename = "==")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
}

impl Operator {
    /// The comparison of two numbers, exact; false when either is NaN (also for `!=`).
    pub fn holds(self, value: f64, bound: f64) -> bool {
        if value.is_nan() || bound.is_nan() {
            return false;
        }
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::Greater => value > bound,
            Self::AtLeast => value >= bound,
            Self::Equal => value == bound,
            Self::NotEqual => value != bound,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        })
    }
}

/// A Grafana dashboard or panel over a window.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DashboardExpectation {
    /// Name of the server in the configuration.
    pub grafana: String,
    /// The dashboard's uid.
    pub uid: String,
    /// A panel's id; none for the whole dashboard.
    pub panel: Option<u64>,
    /// Length of the window in milliseconds.
    pub window_ms: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `light` or `dark`.
    pub theme: String,
    /// Dashboard variables (`var-NAME`).
    pub variables: BTreeMap<String, Vec<String>>,
    /// Who answers the queries of its panels; none where only the picture is captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DashboardData>,
}

/// How the data behind a dashboard's panels is captured.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DashboardData {
    /// Name of the server in the configuration that answers for every Prometheus that the dashboard names.
    pub prometheus: Option<String>,
    /// Servers in the configuration by the uid or name of the data source that they answer for.
    pub datasources: BTreeMap<String, String>,
    /// How often the servers scrape, in milliseconds: no step is shorter, unless the dashboard says so.
    pub scrape_interval_ms: u64,
    /// Points that a panel draws at most, from which steps follow; none for one a pixel.
    pub max_data_points: Option<u64>,
}

impl DashboardData {
    /// What Grafana takes for a server's scrape interval that it is not told, in milliseconds.
    pub const SCRAPE_MS: u64 = 15_000;
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
