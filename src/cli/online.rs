//! `--online`: the log is asked whether it still says what it said when it recorded a signature.

use super::exit::{CliError, Exit};
use clap::Args;
use evidence::model::{Check, Finding, Group, LogRecord};
use evidence::net::http::Url;
use evidence::net::{Http, HttpOptions, Rekor, RekorError};
use evidence::sigstore::Roots;
use evidence::sigstore::online::tiles::Tiles;
use evidence::sigstore::online::v1::{Asked, Trees, asked, check_entry, growth_proof, tree_of};
use evidence::sigstore::online::{
    Flaw, Head, Interface, TrustedLog, check_growth, interface, needs_proof, v2,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Whether, and where, logs are asked.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Online")]
pub(super) struct OnlineFlags {
    /// Ask the transparency log of each accepted signature, at its address in the trusted root, whether it still has the entry and only grew since.
    ///
    /// It learns the index of the entry, and nobody else is asked. Without this flag no log is asked.
    #[arg(long)]
    online: bool,
    /// Ask the log at this address instead of the one in the trusted root; with several logs, each by the beginning of its id in hex; repeatable.
    #[arg(long, value_name = "[LOGID=]URL", requires = "online")]
    rekor_url: Vec<String>,
}

/// Logs that are asked, each at one address. One value for a whole run: what a log says of itself is asked once.
#[derive(Debug)]
pub(super) struct Online {
    roots: Roots,
    logs: BTreeMap<String, Result<Arc<Rekor>, String>>,
}

impl Online {
    /// None unless asked for.
    ///
    /// # Errors
    /// When an address is none, or is for no log or for several.
    pub(super) fn new(flags: &OnlineFlags, roots: &Roots) -> Result<Option<Self>, CliError> {
        if !flags.online {
            return Ok(None);
        }
        let http = Http::new(&HttpOptions {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            retries: 1,
            ..HttpOptions::default()
        })
        .map_err(|error| CliError::from_error(Exit::Undetermined, &error))?;
        let known = roots.logs();
        let mut urls: BTreeMap<&str, Url> = BTreeMap::new();
        for text in &flags.rekor_url {
            let (id, url) = address(text, &known)?;
            if urls.insert(id, url).is_some() {
                return Err(CliError::usage(format!(
                    "--rekor-url names two addresses for the log {id}"
                )));
            }
        }
        let logs = known
            .iter()
            .map(|(id, in_root)| {
                let url = match urls.remove(id) {
                    Some(url) => Ok(url),
                    None => web_url(in_root).ok_or_else(|| {
                        format!(
                            "the trusted root gives {in_root:?} as its address, which is no URL"
                        )
                    }),
                };
                let log = url.map(|url| Arc::new(Rekor::new(http.clone(), url)));
                ((*id).to_owned(), log)
            })
            .collect();
        Ok(Some(Self {
            roots: roots.clone(),
            logs,
        }))
    }

    /// Asks the log about a verified entry; `subject` is what the findings are about.
    pub(super) async fn check(&self, subject: &str, record: Option<&LogRecord>) -> Vec<Finding> {
        let skip = |message: &str| {
            Finding::not_checked(Check::LogOnline, Group::Integrity, subject, message)
        };
        let Some(record) = record else {
            return vec![skip(
                "no log entry was verified, so no log can be asked for it",
            )];
        };
        let asked = match self.ask(record).await {
            Ok(message) => Finding::pass(Check::LogOnline, Group::Integrity, subject, message),
            Err(Flaw::Contradiction(problem)) => Finding::fail(
                Check::LogOnline,
                Group::Integrity,
                subject,
                &problem.code,
                problem.message,
            ),
            Err(Flaw::Unanswered(problem)) => Finding::undetermined(
                Check::LogOnline,
                Group::Integrity,
                subject,
                &problem.code,
                problem.message,
            ),
        };
        let mut findings = vec![asked];
        if record.tree.is_none() {
            findings.push(skip(
                "whether the log only grew: no checkpoint was recorded with the signature",
            ));
        }
        findings
    }

    async fn ask(&self, record: &LogRecord) -> Result<String, Flaw> {
        let unknown = || Flaw::unanswered("unknown", "the log is in none of the trusted roots");
        let log = self.roots.log(&record.log_id).ok_or_else(unknown)?;
        let rekor = match self.logs.get(&record.log_id) {
            Some(Ok(rekor)) => rekor,
            Some(Err(why)) => return Err(Flaw::unanswered("address", why)),
            None => return Err(unknown()),
        };
        let size = match interface(record) {
            Interface::V1 => ask_v1(rekor, &log, record).await?,
            Interface::V2 => ask_v2(rekor, &log, record).await?,
        };
        let grown = match &record.tree {
            Some(tree) => format!(", and is the log that had {} then", tree.size),
            None => String::new(),
        };
        Ok(format!(
            "{} has the entry at index {}; it has {size} entries now{grown}",
            rekor.address(),
            record.index
        ))
    }
}

async fn ask_v1(rekor: &Rekor, log: &TrustedLog, record: &LogRecord) -> Result<u64, Flaw> {
    let trees = Trees::parse(&rekor.trees().await.map_err(no_answer)?)?;
    let recorded = record.tree.as_ref().map(Head::from);
    if let Some(recorded) = &recorded {
        let tree = tree_of(&recorded.origin).ok_or_else(|| {
            Flaw::unanswered("tree", format!("{:?} names no tree", recorded.origin))
        })?;
        let now = trees.head(tree, log)?;
        grew_v1(rekor, tree, recorded, &now).await?;
    }
    let answer = match asked(record) {
        Asked::Index(index) => rekor.entry_at(index).await,
        Asked::Uuid(uuid) => rekor.entry(&uuid).await,
    };
    let seen = check_entry(&answer.map_err(no_entry)?, record, log)?;
    let now = trees.head(seen.tree_id, log)?;
    // The log may have grown between two answers.
    let (old, new) = if seen.head.size <= now.size {
        (&seen.head, &now)
    } else {
        (&now, &seen.head)
    };
    grew_v1(rekor, seen.tree_id, old, new).await?;
    Ok(new.size)
}

async fn grew_v1(rekor: &Rekor, tree: u64, old: &Head, new: &Head) -> Result<(), Flaw> {
    if !needs_proof(old, new)? {
        return Ok(());
    }
    let answer = rekor.growth(tree, old.size, new.size).await;
    let proof = growth_proof(&answer.map_err(no_answer)?)?;
    check_growth(old, new, &proof)
}

async fn ask_v2(rekor: &Rekor, log: &TrustedLog, record: &LogRecord) -> Result<u64, Flaw> {
    let note = rekor.checkpoint().await.map_err(no_answer)?;
    let note = std::str::from_utf8(&note)
        .map_err(|error| Flaw::unanswered("answer", format!("the log's checkpoint: {error}")))?;
    let needed = v2::needed(record, log.head(note)?)?;
    let mut tiles = Tiles::default();
    for tile in &needed.tiles {
        let bytes = rekor.tile(tile.level, tile.index, tile.width).await;
        tiles.add(*tile, &bytes.map_err(no_answer)?)?;
    }
    let bundle = &needed.bundle;
    let entries = rekor.entries(bundle.index, bundle.width).await;
    needed.check(record, &entries.map_err(no_entry)?, &tiles)?;
    Ok(needed.size())
}

fn no_answer(error: RekorError) -> Flaw {
    let code = match error {
        RekorError::Unreachable(_) => "unreachable",
        _ => "answer",
    };
    Flaw::unanswered(code, error)
}

/// A log that has shown its signed checkpoint, and says that it has no such entry, contradicts itself.
fn no_entry(error: RekorError) -> Flaw {
    match error {
        RekorError::Missing { .. } => Flaw::contradiction(
            "entry-missing",
            format!("the log no longer has the entry: {error}"),
        ),
        other => no_answer(other),
    }
}

fn web_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// `[LOGID=]URL`: which of the known logs is where.
fn address<'a>(text: &str, known: &BTreeMap<&'a str, &str>) -> Result<(&'a str, Url), CliError> {
    let is_id = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (begin, url) = match text.split_once('=') {
        Some((begin, url)) if is_id(begin) => (begin.to_ascii_lowercase(), url),
        _ => (String::new(), text),
    };
    let url = web_url(url).ok_or_else(|| {
        CliError::usage(format!("--rekor-url {text:?}: no http or https URL"))
            .hint("write URL, or LOGID=URL with at least 8 hex digits of the log's id")
    })?;
    let mut fitting = known.keys().filter(|id| id.starts_with(&begin));
    match (fitting.next(), fitting.next()) {
        (Some(id), None) => Ok((id, url)),
        (None, _) => Err(CliError::usage(format!(
            "--rekor-url {text:?}: no trusted root has such a log"
        ))),
        (Some(_), Some(_)) => {
            let mut error = CliError::usage(format!("--rekor-url {text:?}: for which log?"));
            for (id, url) in known {
                error = error.detail(format!("{id} {url}"));
            }
            Err(error.hint("write LOGID=URL, with the beginning of the log's id in hex"))
        }
    }
}
