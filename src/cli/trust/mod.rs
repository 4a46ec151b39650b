//! `evidence trust`: which roots there are, and newer ones.

mod show;
#[cfg(feature = "net")]
mod update;

#[cfg(feature = "net")]
pub(super) use update::present_root;

use super::exit::{CliError, Exit};
use clap::Subcommand;

/// Trusted roots: which there are, and newer ones.
#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
    Show(show::Args),
    #[cfg(feature = "net")]
    Update(update::Args),
}

/// Runs the command.
pub(super) fn run(command: &TrustCommand) -> Result<Exit, CliError> {
    match command {
        TrustCommand::Show(args) => show::run(args),
        #[cfg(feature = "net")]
        TrustCommand::Update(args) => update::run(args),
    }
}
