//! `evidence pins PATH…`: image references in files that are not pinned by digest.

#[cfg(feature = "net")]
mod fix;
mod print;

use super::exit::{CliError, Exit};
use super::manifests::{self, Manifest};
use clap::ValueEnum;
use evidence::oci::pins::Mention;
use std::path::PathBuf;

/// Finds image references that are not pinned by digest.
///
/// Looks into Kubernetes manifests, kustomizations, Helm values and templates, compose files, Dockerfiles and GitHub
/// workflows. Exits 4 when a reference is not pinned, 3 when a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders (without hidden ones, node_modules and target), or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Ask the registries which digests the tags have now, and write them into the files.
    #[cfg(feature = "net")]
    #[arg(long)]
    fix: bool,
    /// Show what --fix would write, and write nothing.
    #[cfg(feature = "net")]
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Format of the result: text, json or sarif.
    #[arg(
        long,
        short,
        value_name = "FORMAT",
        value_enum,
        default_value_t = Format::Text,
        hide_possible_values = true,
        env = "EVIDENCE_OUTPUT"
    )]
    output: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// What became of a reference that was to be pinned.
#[cfg_attr(not(feature = "net"), allow(dead_code, reason = "only registries fix"))]
enum Fixed {
    /// Nothing was tried.
    No,
    /// Written, or to be written by a run without `--dry-run`.
    Pinned {
        /// Lines before and after.
        lines: (String, String),
        /// Whether it stands in the file now.
        written: bool,
    },
    /// It cannot be: why.
    Impossible(String),
    /// The registry could not be asked: why.
    Unreachable(String),
}

/// A reference and what became of it.
struct Row<'m> {
    mention: &'m Mention,
    fixed: Fixed,
}

impl Row<'_> {
    fn is_pinned(&self) -> bool {
        self.mention.is_pinned() || matches!(self.fixed, Fixed::Pinned { written: true, .. })
    }
}

/// A file and its references.
struct Page<'m> {
    manifest: &'m Manifest,
    rows: Vec<Row<'m>>,
    /// Why the file could not be written.
    unwritten: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    #[cfg(feature = "net")]
    if args.fix && args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(CliError::usage(
            "standard input cannot be fixed: name a file",
        ));
    }
    let manifests = manifests::read(&args.paths);
    #[cfg_attr(
        not(feature = "net"),
        allow(unused_mut, reason = "only registries fix")
    )]
    let mut pages: Vec<Page<'_>> = manifests.iter().map(Page::of).collect();
    #[cfg(feature = "net")]
    if args.fix {
        fix::all(&mut pages, args.dry_run)?;
    }
    let text = match args.output {
        Format::Text => print::text(&pages),
        Format::Json => print::json(&pages),
        Format::Sarif => print::sarif(&pages),
    };
    super::files::print(&text)?;
    Ok(exit(&pages))
}

impl<'m> Page<'m> {
    fn of(manifest: &'m Manifest) -> Self {
        let mentions = manifest.mentions.iter().flatten();
        Self {
            manifest,
            rows: mentions
                .map(|mention| Row {
                    mention,
                    fixed: Fixed::No,
                })
                .collect(),
            unwritten: None,
        }
    }
}

/// 4 before 3 before 0. A reference that stays as it is only because its registry gave no answer is not known to need
/// anything else: that is 3.
fn exit(pages: &[Page<'_>]) -> Exit {
    let mut exit = Exit::Verified;
    for page in pages {
        if page.manifest.mentions.is_err() || page.unwritten.is_some() {
            exit = exit.worse(Exit::Undetermined);
        }
        for row in page.rows.iter().filter(|row| !row.is_pinned()) {
            exit = exit.worse(match row.fixed {
                Fixed::Unreachable(_) => Exit::Undetermined,
                _ => Exit::Unmet,
            });
        }
    }
    exit
}
