//! `evidence sbom check`: whose is it, how good is it?

use super::demands::{DemandFlags, Demands};
use super::found::Found;
use super::source::SourceFlags;
use super::target::Target;
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::{CheckFormat, Output};
use clap::Args;
use evidence::model::expectation::SbomFormat;
use evidence::report;
use evidence::report::sbom::{Binding, SbomAnswer, SbomTarget, Standing, TargetKind};

const EXIT_CODES: &str = "\
Exit codes:
  0  all that was asked for holds
  1  an SBOM is unreadable, missing, of another image, or not by whom was asked for
  2  the command line or policy is wrong, or nobody is named who may have signed
  3  something could not be read or reached, or a root is lacking
  4  an SBOM is less complete than demanded, or shows a license that is not allowed
Of several targets the worst counts: 1 before 4 before 3.";

/// Arguments of `sbom check`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct CheckArgs {
    /// What to check: a file (an SBOM, or an attestation of one; `-` is standard input), an image, or an evidence bundle.
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    #[command(flatten)]
    demands: DemandFlags,
    /// Format of the result, and a file for it: text, json, markdown, sarif or junit, as FORMAT[=PATH]; repeatable
    /// [default: text].
    #[arg(long, short, value_name = "FORMAT[=PATH]", env = "EVIDENCE_OUTPUT")]
    output: Vec<Output<CheckFormat>>,
    #[command(flatten)]
    source: SourceFlags,
}

/// A statement may be about an index, and its document of one platform.
const OTHER_THAN_STATED: &str = "the document names another digest than the statement around it: that of a part of the image, or \
     of another image";

/// Runs the command.
pub(super) fn run(args: &CheckArgs) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, CheckFormat::Text)?;
    let demands = args.demands.read()?;
    let targets = args
        .targets
        .iter()
        .map(|name| Ok((name.clone(), Target::parse(name)?)))
        .collect::<Result<Vec<_>, CliError>>()?;
    let sources =
        (args.source).open(&targets.iter().map(|(_, target)| target).collect::<Vec<_>>())?;
    let found = sources.find(&targets)?;
    let policy = args.source.trust.policy.as_deref();
    let answer = SbomAnswer {
        version: 1,
        demands: demands.words(policy.map(|path| path.display().to_string()).as_deref()),
        targets: (found.into_iter())
            .map(|one| checked(one, &demands, policy.is_some()))
            .collect::<Result<_, _>>()?,
    };
    for output in outputs {
        output.put(&match output.format {
            CheckFormat::Text => report::sbom::text(&answer),
            CheckFormat::Json => report::json::page(&answer),
            CheckFormat::Markdown => report::sbom::markdown(&answer),
            CheckFormat::Sarif => report::sarif(&report::sbom::entries(&answer)),
            CheckFormat::Junit => report::junit(&report::sbom::suites(&answer)),
        })?;
    }
    let exits = answer.targets.iter().map(|one| Found::exit(one.standing));
    Ok(exits.fold(Exit::Verified, Exit::worse))
}

fn checked(found: Found, demands: &Demands, has_policy: bool) -> Result<SbomTarget, CliError> {
    let mut target = SbomTarget {
        target: found.name,
        kind: found.kind,
        standing: found.standing,
        unverified: found.unverified,
        image: found.image,
        documents: Vec::new(),
        passed_over: found.passed_over,
        problems: found.problems,
        notes: found.notes,
    };
    for document in &found.documents {
        match demands.check(document) {
            Ok(checked) => {
                let format = checked.document.format;
                let is_file = found.kind == TargetKind::File;
                let is_meant = document.demands.iter().any(|one| one.format == format);
                if is_file && has_policy && !is_meant {
                    return Err(no_demand(format));
                }
                if checked.origin.binding == Binding::Other && found.kind == TargetKind::File {
                    target.notes.push(OTHER_THAN_STATED.into());
                }
                // What is refused stays so, however good it is.
                if !checked.problems.is_empty() && target.standing != Standing::Refused {
                    target.standing = Standing::Unmet;
                }
                target.documents.push(checked);
            }
            Err(problem) => {
                target.standing = Standing::Refused;
                target.problems.push(problem);
            }
        }
    }
    Ok(target)
}

/// A policy that says nothing of a document must not pass it.
fn no_demand(format: SbomFormat) -> CliError {
    CliError::usage(format!(
        "the policy demands nothing of {format} documents of this image"
    ))
    .hint("a file is of no image: say whose demands apply with --policy-image NAME")
}
