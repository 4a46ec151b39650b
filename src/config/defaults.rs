//! What holds where the configuration says nothing.

/// Name of the configuration file.
pub const FILE_NAME: &str = "evidence.yaml";
/// Name of the bundle.
pub(super) const PACKAGE: &str = "evidence-bundle-{tag}.tar.gz";
/// Steps of a metric that must have a number, in percent.
pub(super) const MIN_COVERAGE_PERCENT: u8 = 90;
/// Longest stretch of a metric without a number, in milliseconds.
pub(super) const MAX_GAP_MS: u64 = 5 * 60_000;
/// Width of a dashboard in pixels.
pub(super) const WIDTH: u32 = 1_920;
/// Height of a dashboard in pixels.
pub(super) const HEIGHT: u32 = 1_080;
/// Theme of a dashboard.
pub(super) const THEME: &str = "light";
/// Longest run of a command, in milliseconds.
pub(super) const COMMAND_TIMEOUT_MS: u64 = 5 * 60_000;
