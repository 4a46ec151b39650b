//! `evidence sbom diff`: what changed?

use super::drift_limits::LimitFlags;
use super::found::{Found, FoundSbom};
use super::pairs::{Pair, pairs};
use super::source::SourceFlags;
use super::target::Target;
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::{Formats, Output};
use crate::cli::vulns::scan::{self, ScanFiles};
use clap::Args;
use evidence::collect::bundled::BundledScan;
use evidence::model::Digest;
use evidence::model::{DriftLimits, Problem, Timestamp, VulnLimits};
use evidence::report;
use evidence::report::drift::{ComparedSbom, Comparison, DiffAnswer, DiffSide, ScanComparison};
use evidence::report::paint::Paint;
use evidence::report::sbom::Standing;
use evidence::sbom::document::Sbom;
use evidence::sbom::drift::{self, Drift};
use evidence::vulns::diff;
use std::io::IsTerminal as _;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  compared, and no limit is broken, whatever changed
  1  an SBOM is unreadable, missing, of another image, or not by whom was asked for
  2  the command line or policy is wrong, or nobody is named who may have signed
  3  something could not be read or reached, or a root is lacking
  4  a limit is broken
With --exit-code, as diff(1) and git have it:
  0  nothing differs
  1  something differs: packages, licenses, hashes, platforms, or vulnerabilities
  2  trouble: all that is 1, 2 or 3 without it
  4  a limit is broken";

/// Arguments of `sbom diff`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct DiffArgs {
    /// The earlier one: a file (`-` is standard input), an image, or an evidence bundle.
    #[arg(value_name = "OLD")]
    old: String,
    /// The later one.
    #[arg(value_name = "NEW")]
    new: String,
    /// Exit with 1 when anything differs.
    #[arg(long, env = "EVIDENCE_EXIT_CODE")]
    exit_code: bool,
    #[command(flatten)]
    limits: LimitFlags,
    /// A scanner's report of OLD: new and resolved vulnerabilities are part of the difference. The scans of two bundles
    /// are compared where none is given.
    #[arg(
        long,
        value_name = "FILE",
        requires = "new_scan",
        env = "EVIDENCE_OLD_SCAN"
    )]
    old_scan: Option<PathBuf>,
    /// A scanner's report of NEW.
    #[arg(
        long,
        value_name = "FILE",
        requires = "old_scan",
        env = "EVIDENCE_NEW_SCAN"
    )]
    new_scan: Option<PathBuf>,
    /// Apply this VEX document to both scans; repeatable.
    #[arg(
        long,
        value_name = "FILE",
        value_delimiter = ',',
        requires = "new_scan",
        env = "EVIDENCE_VEX"
    )]
    vex: Vec<PathBuf>,
    /// Format of the result, and a file for it: text, json or markdown, as FORMAT[=PATH]; repeatable [default: text].
    #[arg(long, short, value_name = "FORMAT[=PATH]", env = "EVIDENCE_OUTPUT")]
    output: Vec<Output<Format>>,
    #[command(flatten)]
    source: SourceFlags,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Text,
    Json,
    Markdown,
}

impl Formats for Format {
    const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("markdown", Self::Markdown),
    ];
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs) -> Result<Exit, CliError> {
    compared(args).map_err(|error| CliError {
        exit: match args.exit_code {
            true => Exit::Usage,
            false => error.exit,
        },
        ..error
    })
}

fn compared(args: &DiffArgs) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, Format::Text)?;
    let targets = [&args.old, &args.new]
        .into_iter()
        .map(|name| Ok((name.clone(), Target::parse(name)?)))
        .collect::<Result<Vec<_>, CliError>>()?;
    let sources =
        (args.source).open(&targets.iter().map(|(_, target)| target).collect::<Vec<_>>())?;
    let found = sources.find(&targets)?;
    let [old, new] = found.as_slice() else {
        return Err(CliError::usage("two things are compared"));
    };
    let answer = answer(args, old, new)?;
    for output in outputs {
        let to_terminal = output.path.is_none() && std::io::stdout().is_terminal();
        // https://no-color.org: any value but an empty one.
        let is_bare = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let paint = match to_terminal && !is_bare {
            true => Paint::Ansi,
            false => Paint::Plain,
        };
        output.put(&match output.format {
            Format::Text => report::drift::text(&answer, paint),
            Format::Json => report::json::page(&answer),
            Format::Markdown => report::drift::markdown(&answer),
        })?;
    }
    Ok(match (args.exit_code, answer.standing) {
        (true, Standing::Refused | Standing::Undetermined) => Exit::Usage,
        (true, Standing::Met) if answer.differs => Exit::Refused,
        (_, standing) => Found::exit(standing),
    })
}

fn answer(args: &DiffArgs, old: &Found, new: &Found) -> Result<DiffAnswer, CliError> {
    let limits = args.limits.read();
    let with_digests = (args.output.iter()).any(|output| output.format == Format::Json);
    let mut answer = DiffAnswer {
        version: 1,
        old: side(old),
        new: side(new),
        differs: false,
        standing: old.standing.max(new.standing),
        demands: args.limits.words(),
        comparisons: Vec::new(),
        scans: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
    };
    for found in [old, new] {
        let name = &found.name;
        answer.problems.extend(found.problems.iter().map(|problem| {
            Problem::new(problem.code.clone(), format!("{name}: {}", problem.message))
        }));
        let notes = found.notes.iter().map(|note| format!("{name}: {note}"));
        answer.notes.extend(notes);
    }
    // Where one side is not what was asked for, a difference would say nothing.
    if answer.standing == Standing::Met {
        for pair in pairs(old, new)? {
            match comparison(&pair, &limits, with_digests) {
                Ok(one) => answer.comparisons.push(one),
                Err(problem) => {
                    answer.standing = Standing::Refused;
                    answer.problems.push(problem);
                }
            }
        }
        scans(args, old, new, &mut answer)?;
    }
    let any = answer
        .comparisons
        .iter()
        .any(|one| !one.problems.is_empty());
    if any && answer.standing == Standing::Met {
        answer.standing = Standing::Unmet;
    }
    answer.differs = answer.comparisons.iter().any(Comparison::differs)
        || answer.scans.iter().any(ScanComparison::differs);
    Ok(answer)
}

fn side(found: &Found) -> DiffSide {
    DiffSide {
        target: found.name.clone(),
        kind: found.kind,
        unverified: found.unverified,
        image: found.image,
    }
}

fn comparison(
    pair: &Pair<'_>,
    limits: &DriftLimits,
    with_digests: bool,
) -> Result<Comparison, Problem> {
    let (old, new) = (parsed(pair.old)?, parsed(pair.new)?);
    let format = old.as_ref().or(new.as_ref()).map(|one| one.format);
    let empty = || format.map(Sbom::empty);
    let compared = match (old.as_ref(), new.as_ref()) {
        (Some(old), Some(new)) => drift::drift(old, new),
        (Some(old), None) => empty().map_or_else(Drift::default, |new| drift::drift(old, &new)),
        (None, Some(new)) => empty().map_or_else(Drift::default, |old| drift::drift(&old, new)),
        (None, None) => Drift::default(),
    };
    let fact = |side: Option<&FoundSbom>, read: Option<&Sbom<'_>>| {
        let (one, read) = side.zip(read)?;
        Some(ComparedSbom {
            origin: one.origin_of(read),
            // What nobody reads is not hashed: of large documents that takes its time.
            sha256: with_digests.then(|| Digest::of(one.bytes())),
            format: read.format,
            format_version: read.version.chars().take(40).collect(),
        })
    };
    Ok(Comparison {
        item: pair.item.map(Into::into),
        platform: pair.platform.map(Into::into),
        old: fact(pair.old, old.as_ref()),
        new: fact(pair.new, new.as_ref()),
        problems: drift::judge(&compared, limits),
        drift: compared,
    })
}

fn parsed(side: Option<&FoundSbom>) -> Result<Option<Sbom<'_>>, Problem> {
    side.map(FoundSbom::parse).transpose()
}

/// The scans that are given, else those of two bundles.
fn scans(
    args: &DiffArgs,
    old: &Found,
    new: &Found,
    answer: &mut DiffAnswer,
) -> Result<(), CliError> {
    let mut all: Vec<(Option<String>, ScanFiles, ScanFiles)> = Vec::new();
    if let (Some(of_old), Some(of_new)) = (&args.old_scan, &args.new_scan) {
        let read = |path, found: &Found| -> Result<ScanFiles, CliError> {
            let mut files = ScanFiles::read(path, None, &args.vex)?;
            files.images.clone_from(&found.digests);
            Ok(files)
        };
        all.push((None, read(of_old, old)?, read(of_new, new)?));
    } else {
        for one in &new.scans {
            match old.scans.iter().find(|other| other.id == one.id) {
                Some(before) => all.push((
                    Some(one.id.clone()),
                    ScanFiles::of_bundle(before),
                    ScanFiles::of_bundle(one),
                )),
                None => answer.notes.push(format!("the scan {} is new", one.id)),
            }
        }
        let is_gone = |one: &&BundledScan| !new.scans.iter().any(|other| other.id == one.id);
        for one in old.scans.iter().filter(is_gone) {
            answer
                .notes
                .push(format!("the scan {} is there no more", one.id));
        }
    }
    for (name, before, after) in all {
        let limits = VulnLimits::default();
        let mut judge = |files: &ScanFiles| {
            let judged = scan::judge(files, None, &limits, Timestamp::now())?;
            let name = &files.name;
            let notes = judged
                .problems
                .iter()
                .map(|one| format!("{name}: {}", one.message));
            answer.notes.extend(notes);
            Ok::<_, Problem>(judged.summary)
        };
        match (judge(&before), judge(&after)) {
            (Ok(before), Ok(after)) => answer.scans.push(ScanComparison {
                scan: name,
                old_counts: before.counts.clone(),
                new_counts: after.counts.clone(),
                diff: diff::diff(&before, &after),
            }),
            (before, after) => {
                answer.standing = Standing::Refused;
                answer
                    .problems
                    .extend([before.err(), after.err()].into_iter().flatten());
            }
        }
    }
    Ok(())
}
