//! `evidence schema NAME`: the JSON Schema of a file that crosses the boundary.

use super::exit::{CliError, Exit};
use super::files;
use clap::ValueEnum;
use evidence::config;

const MANIFEST: &str = include_str!("../../schemas/evidence-manifest-v1.schema.json");
const REPORT: &str = include_str!("../../schemas/evidence-report-v1.schema.json");
const SPOT_CHECK: &str = include_str!("../../schemas/evidence-spot-check-v1.schema.json");
const PINS: &str = include_str!("../../schemas/evidence-pins-v1.schema.json");
const SBOM_CHECK: &str = include_str!("../../schemas/evidence-sbom-check-v1.schema.json");
const SBOM_DIFF: &str = include_str!("../../schemas/evidence-sbom-diff-v1.schema.json");
const VULNS_CHECK: &str = include_str!("../../schemas/evidence-vulns-check-v1.schema.json");
const GATE: &str = include_str!("../../schemas/evidence-gate-v1.schema.json");
const METRIC_SNAPSHOT: &str = include_str!("../../schemas/evidence-metric-snapshot-v1.schema.json");
const INSPECT: &str = include_str!("../../schemas/evidence-inspect-v1.schema.json");
const SEAL_PREDICATE: &str = include_str!("../../schemas/evidence-seal-predicate-v1.schema.json");
const TRUST: &str = include_str!("../../schemas/evidence-trust-v1.schema.json");

/// Prints the JSON Schema of a file format.
///
/// An editor completes evidence.yaml when its first line is
/// `# yaml-language-server: $schema=evidence-config-v1.schema.json`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which format.
    name: Name,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// `evidence.yaml`.
    Config,
    /// The verifier's policy (`--policy`).
    Policy,
    /// `manifest.json` of a bundle.
    Manifest,
    /// What `verify --output json` prints.
    Report,
    /// What `image verify` and `blob verify` print with `--output json`.
    SpotCheck,
    /// What `trust show --output json` prints.
    Trust,
    /// What `pins` prints with `--output json`.
    Pins,
    /// What `sbom check` prints with `--output json`.
    SbomCheck,
    /// What `sbom diff` prints with `--output json`.
    SbomDiff,
    /// What `vulns check` prints with `--output json`.
    VulnsCheck,
    /// What `gate` prints with `--output json`.
    Gate,
    /// What `inspect --output json` prints.
    Inspect,
    /// The predicate of a bundle's seal.
    SealPredicate,
    /// The predicate of a snapshot of metrics.
    MetricSnapshot,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let schema = match args.name {
        Name::Config => config::CONFIG_SCHEMA,
        Name::Policy => config::POLICY_SCHEMA,
        Name::Manifest => MANIFEST,
        Name::Report => REPORT,
        Name::SpotCheck => SPOT_CHECK,
        Name::Trust => TRUST,
        Name::Pins => PINS,
        Name::SbomCheck => SBOM_CHECK,
        Name::SbomDiff => SBOM_DIFF,
        Name::VulnsCheck => VULNS_CHECK,
        Name::Gate => GATE,
        Name::Inspect => INSPECT,
        Name::SealPredicate => SEAL_PREDICATE,
        Name::MetricSnapshot => METRIC_SNAPSHOT,
    };
    files::print(schema)?;
    Ok(Exit::Verified)
}
