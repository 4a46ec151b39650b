//! `evidence vulns check`: a scanner's report, judged.

use super::limits::LimitFlags;
use super::scan::{self, ScanFiles};
use crate::cli::exit::{CliError, Exit};
use crate::cli::format::{CheckFormat, Output};
use crate::cli::sbom::found::Found;
use crate::cli::sbom::source::SourceFlags;
use crate::cli::sbom::target::Target;
use clap::Args;
use evidence::model::{Digest, Problem, Timestamp};
use evidence::report;
use evidence::report::sbom::Standing;
use evidence::report::vulns::{InventoryFact, VulnAnswer};
use evidence::vulns::Inventory;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  scanner and database are stated, and no limit is broken
  1  the report, a VEX document or the SBOM is unreadable, or the SBOM not by whom was asked for
  2  the command line or policy is wrong, or nobody is named who may have signed the SBOM
  3  the SBOM could not be reached
  4  a limit is broken, or the report does not state scanner, version or the database's date";

/// Arguments of `vulns check`.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct CheckArgs {
    /// The scanner's report; `-` is standard input.
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Look the packages up in this SBOM: a file, an image, or an evidence bundle.
    #[arg(long, value_name = "FILE|REF", env = "EVIDENCE_SBOM")]
    sbom: Option<String>,
    /// Apply this VEX document; repeatable.
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "EVIDENCE_VEX")]
    vex: Vec<PathBuf>,
    /// A file that says of when the scanner's database is, where the report does not: the output of `trivy version -f json`
    /// or `grype db status -o json`.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_DATABASE")]
    database: Option<PathBuf>,
    /// A digest of the scanned image: VEX statements about that image are applied; repeatable [default: those of the image
    /// of --sbom].
    #[arg(
        long,
        value_name = "DIGEST",
        value_delimiter = ',',
        env = "EVIDENCE_IMAGE_DIGEST"
    )]
    image_digest: Vec<Digest>,
    #[command(flatten)]
    limits: LimitFlags,
    /// Judge as of this time, which ages are counted from [default: now].
    #[arg(long, value_name = "TIME", env = "EVIDENCE_AT")]
    at: Option<Timestamp>,
    /// Format of the result, and a file for it: text, json, markdown, sarif or junit, as FORMAT[=PATH]; repeatable
    /// [default: text].
    #[arg(long, short, value_name = "FORMAT[=PATH]", env = "EVIDENCE_OUTPUT")]
    output: Vec<Output<CheckFormat>>,
    #[command(flatten)]
    source: SourceFlags,
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs) -> Result<Exit, CliError> {
    let outputs = Output::all(&args.output, CheckFormat::Text)?;
    if args.limits.denies_unlisted() && args.sbom.is_none() {
        return Err(CliError::usage("--unlisted-packages deny needs an SBOM")
            .hint("name it with --sbom FILE|REF"));
    }
    let mut files = ScanFiles::read(&args.report, args.database.as_deref(), &args.vex)?;
    let answer = answer(args, &mut files)?;
    for output in outputs {
        output.put(&match output.format {
            CheckFormat::Text => report::vulns::text(&answer),
            CheckFormat::Json => report::json::page(&answer),
            CheckFormat::Markdown => report::vulns::markdown(&answer),
            CheckFormat::Sarif => report::vulns::sarif(&answer),
            CheckFormat::Junit => report::junit(&report::vulns::suites(&answer)),
        })?;
    }
    Ok(Found::exit(answer.standing))
}

fn answer(args: &CheckArgs, files: &mut ScanFiles) -> Result<VulnAnswer, CliError> {
    // Whole seconds: a reader repeats the judgement by --at.
    let now = Timestamp::now();
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let at = args.at.unwrap_or(seconds);
    let mut answer = VulnAnswer {
        version: 1,
        report: files.name.clone(),
        sha256: Digest::of(&files.report),
        standing: Standing::Met,
        at,
        demands: args.limits.words(),
        sbom: None,
        scan: None,
        problems: Vec::new(),
        notes: Vec::new(),
    };
    let mut inventory = None;
    files.images.clone_from(&args.image_digest);
    if let Some(name) = &args.sbom {
        let target = Target::parse(name)?;
        let sources = args.source.open(&[&target])?;
        for found in sources.find(&[(name.clone(), target)])? {
            if files.images.is_empty() {
                files.images.clone_from(&found.digests);
            }
            inventory = listed(found, &mut answer);
        }
    }
    match scan::judge(files, inventory.as_ref(), &args.limits.read(), at) {
        Ok(judged) => {
            answer.scan = Some(judged.summary);
            if !judged.problems.is_empty() && answer.standing != Standing::Refused {
                answer.standing = Standing::Unmet;
            }
            answer.problems.extend(judged.problems);
        }
        Err(problem) => {
            answer.standing = Standing::Refused;
            answer.problems.push(problem);
        }
    }
    Ok(answer)
}

/// What the documents list together; nothing where the SBOM is not what was asked for.
fn listed(found: Found, answer: &mut VulnAnswer) -> Option<Inventory> {
    let name = &found.name;
    let problems = found.problems.into_iter().map(|mut problem| {
        problem.message = format!("{name}: {}", problem.message);
        problem
    });
    answer.problems.extend(problems);
    answer.standing = found.standing;
    answer
        .notes
        .extend(found.notes.iter().map(|note| format!("{name}: {note}")));
    if found.standing != Standing::Met {
        return None;
    }
    let mut inventory = Inventory::default();
    for document in &found.documents {
        match document.parse() {
            Ok(read) => inventory.add(&read),
            Err(problem) => {
                let message = format!("{name}: {}", problem.message);
                answer.problems.push(Problem::new(problem.code, message));
                answer.standing = Standing::Refused;
                return None;
            }
        }
    }
    answer.sbom = Some(InventoryFact {
        target: found.name,
        unverified: found.unverified,
        documents: found.documents.len(),
        packages: inventory.len(),
    });
    Some(inventory)
}
