//! `evidence report`: the page of a bundle, from a verification of one's own.

use super::exit::{CliError, Exit};
use super::format::{Format, Output};
use super::verify::{JudgeFlags, judge};
use std::path::PathBuf;

/// Verifies a bundle and writes its report.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle.
    bundle: PathBuf,
    /// Format of the report: html, json or text, each with `=PATH` to write a file; repeatable [default: html].
    #[arg(
        long,
        short,
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    output: Vec<Output<Format>>,
    #[command(flatten)]
    judge: JudgeFlags,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, Format::Html)?;
    let report = judge(&args.bundle, &args.judge)?;
    for output in &outputs {
        output.write(&report)?;
    }
    Ok(Exit::from_report(&report))
}
