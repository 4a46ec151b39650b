//! `evidence vulns`: scanners' reports.

mod check;
mod limits;
pub(super) mod scan;

use super::exit::{CliError, Exit};
use clap::Subcommand;

/// Scanners' reports: how many vulnerabilities, and may they be there? (`vulns check`)
#[derive(Debug, Subcommand)]
pub(super) enum VulnsCommand {
    /// Counts a scanner's report again, applies VEX documents, and holds what is left against limits.
    Check(Box<check::CheckArgs>),
}

/// Runs the command.
pub(super) fn run(command: &VulnsCommand) -> Result<Exit, CliError> {
    match command {
        VulnsCommand::Check(args) => check::run(args),
    }
}
