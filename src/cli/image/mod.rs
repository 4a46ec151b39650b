//! `evidence image`: container images.

mod asked;
mod demands;
mod tree;
mod verify;
mod work;

use super::exit::{CliError, Exit};
use clap::Subcommand;

/// Container images: who signed them?
#[derive(Debug, Subcommand)]
pub(super) enum ImageCommand {
    /// Verifies that images are signed, or attested, by whom you name.
    Verify(Box<verify::VerifyArgs>),
    /// Shows all that is attached to an image, and whose signatures hold.
    Tree(Box<tree::TreeArgs>),
}

/// Runs the command.
pub(super) fn run(command: &ImageCommand) -> Result<Exit, CliError> {
    match command {
        ImageCommand::Verify(args) => verify::run(args),
        ImageCommand::Tree(args) => tree::run(args),
    }
}
