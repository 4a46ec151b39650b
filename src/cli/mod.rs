//! The command line: one file per command.

mod blob;
#[cfg(feature = "net")]
mod bundle_files;
#[cfg(feature = "net")]
mod check;
#[cfg(feature = "net")]
mod collect;
mod columns;
#[cfg(feature = "sandbox")]
mod demo;
mod exit;
mod extract;
mod files;
mod format;
#[cfg(feature = "net")]
mod gate;
#[cfg(feature = "net")]
mod image;
mod inspect;
mod manifests;
#[cfg(feature = "net")]
mod online;
mod output;
#[cfg(feature = "net")]
mod pack;
#[cfg(feature = "net")]
mod phases;
mod pictures;
mod pins;
mod policy_file;
#[cfg(feature = "net")]
mod project;
mod reading_flags;
#[cfg(feature = "net")]
mod registry_flags;
#[cfg(feature = "net")]
mod release;
mod report;
mod root_cache;
mod roots;
#[cfg(feature = "net")]
mod runtime;
#[cfg(feature = "net")]
mod sbom;
mod schema;
#[cfg(feature = "net")]
mod seal;
#[cfg(feature = "net")]
mod seal_predicate;
#[cfg(feature = "net")]
mod secrets;
mod spot_check;
mod trust;
mod trust_flags;
mod unjudged;
mod unwritten;
mod verify;
#[cfg(feature = "net")]
mod vulns;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  verified: all that was asked was checked and holds
  1  refused: a signature, digest, binding or claim is wrong or missing
  2  the command line, configuration or policy is wrong; nothing was done
  3  undetermined: something could not be read or reached, or a root is lacking
  4  verified, but a requirement is not met: a gate is RED
  5  verified, with something to look at: a gate is YELLOW";

/// Proves a release: collects its evidence, seals it, and verifies every claim again, offline.
#[derive(Debug, Parser)]
#[command(
    name = "evidence",
    version,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "net")]
    Release(release::Args),
    Verify(verify::Args),
    Report(report::Args),
    Inspect(inspect::Args),
    Extract(extract::Args),
    #[cfg(feature = "net")]
    Check(check::Args),
    #[cfg(feature = "net")]
    Collect(collect::Args),
    #[cfg(feature = "net")]
    Gate(gate::Args),
    #[cfg(feature = "net")]
    Pack(pack::Args),
    #[cfg(feature = "net")]
    Seal(seal::Args),
    #[cfg(feature = "sandbox")]
    Demo(demo::Args),
    Pins(pins::Args),
    Schema(schema::Args),
    /// Container images: who signed them? (`image verify`)
    #[cfg(feature = "net")]
    #[command(subcommand)]
    Image(image::ImageCommand),
    /// Signed files: who signed them? (`blob verify`)
    #[command(subcommand)]
    Blob(blob::BlobCommand),
    /// SBOMs: whose are they, how good are they, and what changed? (`sbom check`, `sbom diff`)
    #[cfg(feature = "net")]
    #[command(subcommand)]
    Sbom(sbom::SbomCommand),
    /// Scanners' reports: how many vulnerabilities, and may they be there? (`vulns check`)
    #[cfg(feature = "net")]
    #[command(subcommand)]
    Vulns(vulns::VulnsCommand),
    /// Trusted roots: which there are, and newer ones (`trust show`, `trust update`).
    #[command(subcommand)]
    Trust(trust::TrustCommand),
}

/// Runs the command line and gives its exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        #[cfg(feature = "net")]
        Command::Release(args) => release::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Report(args) => report::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Extract(args) => extract::run(args),
        #[cfg(feature = "net")]
        Command::Check(args) => check::run(args),
        #[cfg(feature = "net")]
        Command::Collect(args) => collect::run(args),
        #[cfg(feature = "net")]
        Command::Gate(args) => gate::run(args),
        #[cfg(feature = "net")]
        Command::Pack(args) => pack::run(args),
        #[cfg(feature = "net")]
        Command::Seal(args) => seal::run(args),
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => demo::run(args),
        Command::Pins(args) => pins::run(args),
        Command::Schema(args) => schema::run(args),
        #[cfg(feature = "net")]
        Command::Image(command) => image::run(command),
        Command::Blob(command) => blob::run(command),
        #[cfg(feature = "net")]
        Command::Sbom(command) => sbom::run(command),
        #[cfg(feature = "net")]
        Command::Vulns(command) => vulns::run(command),
        Command::Trust(command) => trust::run(command),
    };
    exit::finish(result)
}
