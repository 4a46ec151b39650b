//! Logs are asked whether they still say what they said when they recorded a signature.
//!
//! What follows from their answers is judged in `sigstore::online`; here the questions are put, each once: all signatures
//! of a log are held against one present state of it, however many are checked at the same time.

use crate::model::{Check, Finding, Group, LogRecord, Problem, Timestamp};
use crate::net::http::Url;
use crate::net::{Http, Rekor, RekorError};
use crate::sigstore::online::tiles::Tiles;
use crate::sigstore::online::v1::{self, Trees, check_entry, growth_proof, tree_of};
use crate::sigstore::online::{
    Flaw, Head, Interface, TrustedLog, check_growth, interface, needs_proof, v2,
};
use crate::sigstore::rotation::{self, Change, RestsOn};
use crate::sigstore::{Roots, Signature};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long all answers about one signature may take: a tiled log is asked some twenty times.
const PATIENCE: Duration = Duration::from_secs(60);

/// Logs that are asked, each at one address. One value for a whole run.
#[derive(Debug)]
pub struct Online {
    roots: Roots,
    logs: BTreeMap<String, Result<Asked, String>>,
    patience: Duration,
    /// What the present version of a root changed, by the root's name.
    changes: BTreeMap<String, Vec<Change>>,
}

/// A log, and whether it took too long once: then it is not waited for again.
#[derive(Debug)]
struct Asked {
    rekor: Rekor,
    gave_up: AtomicBool,
}

/// What of a signature the log is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The verified entry; none where there is none.
    pub log: Option<&'a LogRecord>,
    /// Verified times of the signature.
    pub times: &'a [Timestamp],
}

impl<'a> From<&'a Signature> for Question<'a> {
    fn from(signature: &'a Signature) -> Self {
        Self {
            log: signature.log.as_ref(),
            times: &signature.times,
        }
    }
}

impl Online {
    /// The logs of these roots, at the address that the root gives unless `addresses` (by id in hex) has another.
    pub fn new(http: &Http, roots: &Roots, addresses: &BTreeMap<String, Url>) -> Self {
        let logs = roots
            .logs()
            .into_iter()
            .map(|(id, in_root)| {
                let url = match addresses.get(&id) {
                    Some(url) => Ok(url.clone()),
                    None => web_url(in_root).ok_or_else(|| {
                        format!(
                            "the trusted root gives {in_root:?} as its address, which is no URL"
                        )
                    }),
                };
                let log = url.map(|url| Asked {
                    rekor: Rekor::new(http.clone(), url),
                    gave_up: AtomicBool::new(false),
                });
                (id, log)
            })
            .collect();
        Self {
            roots: roots.clone(),
            logs,
            patience: PATIENCE,
            changes: BTreeMap::new(),
        }
    }

    /// The same, waiting so long at most for all answers about one signature.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Says what the root of this name is today: signatures that rest on what changed since are pointed out.
    ///
    /// # Errors
    /// When there is no root of this name, or the present one is none.
    pub fn present_root(&mut self, name: &str, json: &[u8]) -> Result<(), Problem> {
        let changes = self.roots.changes(name, json)?;
        self.changes.insert(name.to_owned(), changes);
        Ok(())
    }

    /// Asks the log of a signature that holds, and looks for what it rests on in the present root; `subject` is what the
    /// findings are about.
    ///
    /// The first finding says whether the log still has the entry and only grew. It fails when the log contradicts what it
    /// signed, and is undetermined when it gives no answer. What could not be asked is listed.
    pub async fn check(&self, subject: &str, question: Question<'_>) -> Vec<Finding> {
        let skip = |message: &str| {
            Finding::not_checked(Check::LogOnline, Group::Integrity, subject, message)
        };
        let Some(record) = question.log else {
            return vec![skip(
                "no log entry was verified, so no log was asked for it",
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
        findings.extend(self.rotation(subject, record, question.times));
        findings
    }

    fn rotation(&self, subject: &str, record: &LogRecord, times: &[Timestamp]) -> Vec<Finding> {
        let rests_on = RestsOn {
            log_id: Some(&record.log_id),
            times,
        };
        let Some(log) = self.roots.log(&record.log_id) else {
            return Vec::new();
        };
        let about = |name: &str| match self.changes.get(name) {
            Some(changes) => rotation::findings(subject, changes, &rests_on),
            None => vec![Finding::not_checked(
                Check::RootRotation,
                Group::Requirement,
                subject,
                format!(
                    "whether the trusted root {name} was rotated since: its present version is not at hand"
                ),
            )],
        };
        log.root_names().into_iter().flat_map(about).collect()
    }

    async fn ask(&self, record: &LogRecord) -> Result<String, Flaw> {
        let unknown = || Flaw::unanswered("unknown", "the log is in none of the trusted roots");
        let log = self.roots.log(&record.log_id).ok_or_else(unknown)?;
        let asked = match self.logs.get(&record.log_id) {
            Some(Ok(asked)) => asked,
            Some(Err(why)) => return Err(Flaw::unanswered("address", why)),
            None => return Err(unknown()),
        };
        let rekor = &asked.rekor;
        let answer = async {
            match interface(record) {
                Interface::V1 => ask_v1(rekor, &log, record).await,
                Interface::V2 => ask_v2(rekor, &log, record).await,
            }
        };
        let too_slow = || {
            let (address, patience) = (rekor.address(), self.patience);
            let message = format!("{address} took longer than {patience:?} for its answers");
            Flaw::unanswered("unreachable", message)
        };
        if asked.gave_up.load(Ordering::Relaxed) {
            return Err(too_slow());
        }
        let size = match tokio::time::timeout(self.patience, answer).await {
            Ok(answer) => answer?,
            Err(_) => {
                asked.gave_up.store(true, Ordering::Relaxed);
                return Err(too_slow());
            }
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
    let answer = match v1::asked(record) {
        v1::Asked::Index(index) => rekor.entry_at(index).await,
        v1::Asked::Uuid(uuid) => rekor.entry(&uuid).await,
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

/// The URL of a web server; none for anything else.
pub fn web_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
