//! `evidence gate`: rules over metrics, now or again.

mod live;
mod replay;
mod shown;
mod watch;

use super::exit::{CliError, Exit};

/// Judges a gate by what the metrics servers say now, or again by what was captured (`gate replay`).
///
/// Exit codes: 0 GREEN, 5 YELLOW, 4 RED, 3 INCONCLUSIVE.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<GateCommand>,
    #[command(flatten)]
    live: Option<live::Args>,
}

#[derive(Debug, clap::Subcommand)]
enum GateCommand {
    Replay(replay::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    match (&args.command, &args.live) {
        (Some(GateCommand::Replay(args)), _) => replay::run(args),
        (None, Some(live)) => live::run(live),
        (None, None) => Err(CliError::usage("which gate? evidence gate NAME --tag TAG")),
    }
}
