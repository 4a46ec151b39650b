//! `evidence trust show`: the roots, what they hold, and how old they are.

use crate::cli::exit::{CliError, Exit};
use crate::cli::files;
use crate::cli::output::plain;
use crate::cli::root_cache::{Record, RootCache};
use crate::cli::roots::{FoundRoot, Source};
use evidence::model::{Digest, Instance, Timestamp};
use evidence::sigstore::root_facts::{
    AuthorityFacts, LogFacts, RootFacts, ValidFor, WindowState, root_facts,
};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// How the roots are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Shows the trusted roots: built in, cached, or those that are named. Opens no socket.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show this root only: a file, `public-good`, `staging`, `github` or `tuf:NAME`; repeatable.
    #[arg(long, value_name = "ROOT", env = "EVIDENCE_TRUSTED_ROOT")]
    trusted_root: Vec<PathBuf>,
    /// Folder of the cache [default: $EVIDENCE_CACHE, else the platform's].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Format of the result: text or json.
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

/// The answer as JSON.
#[derive(Serialize)]
struct Page {
    version: u32,
    roots: Vec<Row>,
}

/// One root.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    source: &'static str,
    /// Whether its name stands for this one, and not for a later one of that name.
    used: bool,
    since: Option<Timestamp>,
    age_days: Option<i64>,
    old: bool,
    digest: Digest,
    refresh: Option<Record>,
    #[serde(flatten)]
    facts: RootFacts,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let cache = RootCache::open(args.cache.as_deref());
    let now = Timestamp::now();
    let mut rows = Vec::new();
    for (found, used) in args.find(cache.as_ref())? {
        let all = root_facts(&found.name, &found.json)
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        for facts in all {
            rows.push(row(&found, used, facts, now)?);
        }
    }
    match args.output {
        Format::Text => files::print(&plain(&text(&rows, now)))?,
        Format::Json => {
            let page = Page {
                version: 1,
                roots: rows,
            };
            let text = serde_json::to_string_pretty(&page)
                .map_err(|error| CliError::unreachable(error.to_string()))?;
            files::print(&format!("{text}\n"))?;
        }
    }
    Ok(Exit::Verified)
}

impl Args {
    /// The roots to show, and whether their names stand for them.
    fn find(&self, cache: Option<&RootCache>) -> Result<Vec<(FoundRoot, bool)>, CliError> {
        if !self.trusted_root.is_empty() {
            let named = self.trusted_root.iter();
            return named
                .map(|path| Ok((FoundRoot::named(path, cache)?, true)))
                .collect();
        }
        let mut found = Vec::new();
        for instance in Instance::ALL {
            let used = FoundRoot::of(instance, cache)?;
            let is_embedded = matches!(used.source, Source::Embedded);
            let mut other = Some(FoundRoot::embedded(instance));
            if is_embedded {
                other = match cache {
                    Some(cache) => FoundRoot::cached(cache, instance.name())?,
                    None => None,
                };
            }
            found.push((used, true));
            found.extend(other.map(|other| (other, false)));
        }
        let Some(cache) = cache else {
            return Ok(found);
        };
        for name in cache.names() {
            if name.parse::<Instance>().is_err() {
                found.extend(FoundRoot::cached(cache, &name)?.map(|found| (found, true)));
            }
        }
        Ok(found)
    }
}

fn row(found: &FoundRoot, used: bool, facts: RootFacts, now: Timestamp) -> Result<Row, CliError> {
    Ok(Row {
        name: facts.name.clone(),
        source: match &found.source {
            Source::Embedded => "embedded",
            Source::Cached(_) => "cached",
            Source::File => "file",
        },
        used,
        since: found.since(),
        age_days: found.age_days(now),
        old: found.is_old(now)?,
        digest: Digest::of(&found.json),
        refresh: match &found.source {
            Source::Cached(record) => Some(Record::clone(record)),
            _ => None,
        },
        facts,
    })
}

// Writing to a String cannot fail.
fn text(rows: &[Row], now: Timestamp) -> String {
    let mut text = String::new();
    for row in rows {
        let _ = write!(text, "{}: {}", row.name, row.source);
        if let Some(since) = row.since {
            let _ = write!(text, ", of {}", since.strftime("%Y-%m-%d"));
        }
        if let Some(days) = row.age_days {
            let _ = write!(text, " ({days} days{})", if row.old { ", OLD" } else { "" });
        }
        let _ = writeln!(text, "{}", if row.used { "" } else { ", not used" });
        if let Some(record) = &row.refresh {
            let _ = writeln!(
                text,
                "  from {} (root {}, timestamp {} until {}, targets {})",
                record.repository,
                record.tuf.root.version,
                record.tuf.timestamp.version,
                record.tuf.timestamp.expires,
                record.tuf.targets.version
            );
        }
        let facts = &row.facts;
        authorities(
            &mut text,
            "certificate authorities",
            &facts.certificate_authorities,
            now,
        );
        logs(
            &mut text,
            "transparency logs",
            &facts.transparency_logs,
            now,
        );
        logs(&mut text, "certificate logs", &facts.certificate_logs, now);
        authorities(
            &mut text,
            "timestamp authorities",
            &facts.timestamp_authorities,
            now,
        );
    }
    text
}

fn authorities(text: &mut String, title: &str, list: &[AuthorityFacts], now: Timestamp) {
    if !list.is_empty() {
        let _ = writeln!(text, "  {title}:");
    }
    for one in list {
        let url = one.url.as_deref().unwrap_or("no address");
        let _ = writeln!(text, "    {url}, {}", window(&one.window, now));
        for certificate in &one.certificates {
            let valid = window(&certificate.window, now);
            let _ = writeln!(text, "      {}, {valid}", certificate.subject);
        }
    }
}

fn logs(text: &mut String, title: &str, list: &[LogFacts], now: Timestamp) {
    if !list.is_empty() {
        let _ = writeln!(text, "  {title}:");
    }
    for one in list {
        let _ = writeln!(text, "    {}, {}", one.url, window(&one.window, now));
        let _ = writeln!(text, "      id {}, {}", one.log_id, one.key);
    }
}

fn window(window: &ValidFor, now: Timestamp) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let range = match (window.start, window.end) {
        (None, None) => "at any time".into(),
        (Some(start), None) => format!("from {}", day(start)),
        (None, Some(end)) => format!("until {}", day(end)),
        (Some(start), Some(end)) => format!("from {} until {}", day(start), day(end)),
    };
    match window.state(now) {
        WindowState::Open => range,
        WindowState::NotYet => format!("{range} (not yet)"),
        WindowState::Over => format!("{range} (over)"),
    }
}
