//! `evidence report`: the page of a bundle, from a verification of one's own.

use super::exit::{CliError, Exit};
use super::format::{Format, Output, PageFormat};
use super::verify::{JudgeFlags, judge};
use std::path::PathBuf;

/// Verifies a bundle and writes its report.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle.
    bundle: PathBuf,
    /// Format of the report: html, markdown, json, text or statements (in-toto, one a line), each with `=PATH` to write a
    /// file (markdown writes its pictures beside it), or svg with `=DIR` for the charts; repeatable [default: html].
    #[arg(
        long,
        short,
        visible_alias = "format",
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    output: Vec<Output<PageFormat>>,
    /// The item whose charts svg writes; all of them by default.
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    #[command(flatten)]
    judge: JudgeFlags,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, PageFormat::Report(Format::Html))?;
    if args.item.is_some()
        && outputs
            .iter()
            .all(|output| output.format != PageFormat::Svg)
    {
        return Err(
            CliError::usage("--item chooses charts, but none is written")
                .hint("add --output svg or --output svg=DIR"),
        );
    }
    let report = judge(&args.bundle, &args.judge)?;
    for output in &outputs {
        output.write(&report, args.item.as_deref())?;
    }
    Ok(Exit::from_report(&report))
}
