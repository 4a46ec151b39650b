//! `evidence sbom`: software bills of materials.

mod attested;
mod check;
mod demands;
mod diff;
mod drift_limits;
pub(super) mod found;
mod pairs;
mod sorted;
pub(super) mod source;
pub(super) mod target;

use super::exit::{CliError, Exit};
use clap::Subcommand;

/// SBOMs: whose are they, how good are they, and what changed? (`sbom check`, `sbom diff`)
#[derive(Debug, Subcommand)]
pub(super) enum SbomCommand {
    /// Says whose an SBOM is, how complete it is, and which licenses it shows; holds it against demands.
    Check(Box<check::CheckArgs>),
    /// Says what changed between two SBOMs: packages, versions, licenses, hashes; and vulnerabilities, with two scans.
    Diff(Box<diff::DiffArgs>),
}

/// Runs the command.
pub(super) fn run(command: &SbomCommand) -> Result<Exit, CliError> {
    match command {
        SbomCommand::Check(args) => check::run(args),
        SbomCommand::Diff(args) => diff::run(args),
    }
}
