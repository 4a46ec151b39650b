//! `evidence report`: the page of a bundle, from a verification of one's own.

use super::exit::{CliError, Exit};
use super::format::{Format, Output, PageFormat};
use super::output::plain;
use super::verify::{JudgeFlags, judge};
use evidence::model::Outcome;
use evidence::report;
use evidence::verify::Selection;
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
    let report = judge(&args.bundle, &args.judge, Selection::default())?;
    if let Some(id) = &args.item
        && !report.items.iter().any(|item| item.id == *id)
    {
        let hint = "`evidence report --output text` lists the items";
        let message = format!("the bundle has no item {id:?} that was judged");
        return Err(CliError::usage(message).hint(hint));
    }
    for output in &outputs {
        output.write(&report, args.item.as_deref())?;
    }
    // A report in files says nothing on the terminal otherwise.
    if outputs.iter().all(|output| output.path.is_some()) {
        let first = (report.findings.iter()).find(|finding| finding.outcome == Outcome::Fail);
        let why = first.map_or(String::new(), |finding| {
            format!(": {}: {}", finding.subject, finding.message)
        });
        let line = format!("{}{why}", report::verdict_word(report.verdict()));
        eprintln!("{}", plain(&line));
    }
    Ok(Exit::from_report(&report))
}
