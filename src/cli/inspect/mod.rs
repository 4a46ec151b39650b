//! `evidence inspect BUNDLE`: what a bundle holds, without judging it.

mod json;
mod member;
mod text;

use super::exit::{CliError, Exit};
use super::format::{Formats, Output};
use super::unjudged::{Chosen, Source};
use evidence::bundle::{ListedMember, Listing, list};
use evidence::model::{Item, MemberPath};
use std::collections::BTreeMap;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  listed, or printed
  1  it is no bundle, or not what its own manifest lists
  2  the command line is wrong, or the bundle lists no such member or item
  3  it could not be read";

/// Lists what a bundle holds, or prints one member. Judges nothing: that is `evidence verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// The bundle; - is standard input.
    bundle: PathBuf,
    /// List only these members, or those below these folders.
    #[arg(value_name = "MEMBER")]
    members: Vec<String>,
    /// List only this item and its members; repeatable.
    #[arg(long, value_name = "ID")]
    item: Vec<String>,
    /// Print the bytes of this member instead, and check them by their listed digest.
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with_all = ["members", "item", "long"]
    )]
    member: Option<String>,
    /// Show digests in full length.
    #[arg(long, short)]
    long: bool,
    /// Format of the list, and a file for it: text or json, as FORMAT[=PATH]; repeatable [default: text].
    #[arg(
        long,
        short,
        value_name = "FORMAT[=PATH]",
        env = "EVIDENCE_OUTPUT",
        value_delimiter = ','
    )]
    output: Vec<Output<ListFormat>>,
}

/// Formats of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

impl Formats for ListFormat {
    const NAMED: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// What was asked for of what a bundle holds.
struct Shown<'l> {
    name: String,
    listing: &'l Listing,
    items: Vec<&'l Item>,
    members: Vec<&'l ListedMember>,
    /// Sizes as the manifest lists them.
    sizes: BTreeMap<&'l MemberPath, u64>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let source = Source::new(&args.bundle);
    if let Some(path) = &args.member {
        return member::print(&source, path);
    }
    let outputs = Output::all(&args.output, ListFormat::Text)?;
    let listing = list(source.open()?).map_err(|error| source.error(&error))?;
    let chosen = Chosen::of(&listing.manifest, &args.item, &args.members)?;
    let is_shown = |item: &&Item| match (args.item.is_empty(), args.members.is_empty()) {
        (true, true) => true,
        (false, _) => args.item.contains(&item.id),
        (true, false) => item.files.iter().any(|path| chosen.has(path)),
    };
    let shown = Shown {
        name: source.name(),
        items: listing.manifest.items.iter().filter(is_shown).collect(),
        members: (listing.members.iter())
            .filter(|member| chosen.has(&member.path))
            .collect(),
        sizes: (listing.manifest.files.iter())
            .map(|file| (&file.path, file.size))
            .collect(),
        listing: &listing,
    };
    for output in outputs {
        output.put(&match output.format {
            ListFormat::Text => text::text(&shown, args.long),
            ListFormat::Json => json::json(&shown),
        })?;
    }
    Ok(match listing.summary.defects.is_empty() {
        true => Exit::Verified,
        false => Exit::Refused,
    })
}

impl Shown<'_> {
    /// Bytes of the listed members of an item.
    fn bytes(&self, item: &Item) -> u64 {
        let sizes = item.files.iter().filter_map(|path| self.sizes.get(path));
        sizes.fold(0, |sum, size| sum.saturating_add(*size))
    }
}
