//! `--online`: whom to ask, and the findings of having asked.

use super::exit::{CliError, Exit};
use super::output::plain;
use super::runtime;
use super::spot_check::SpotCheck;
use super::trust::present_root;
use clap::Args;
use evidence::collect::online::{Online, Question, web_url};
use evidence::model::Timestamp;
use evidence::net::http::Url;
use evidence::net::{Http, HttpOptions};
use evidence::sigstore::Roots;
use std::collections::BTreeMap;
use std::time::Duration;

/// Whether, and where, logs are asked.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Online")]
pub(super) struct OnlineFlags {
    /// Ask the transparency log, at its address in the trusted root, whether it still has the entry and only grew since.
    #[arg(long)]
    online: bool,
    /// Ask the log here instead; LOGID is the beginning of its id in hex, where there are several; repeatable.
    #[arg(long, value_name = "[LOGID=]URL", requires = "online")]
    rekor_url: Vec<String>,
    /// Ask this copy of the TUF repository for the present version of a built-in trusted root.
    #[arg(long, value_name = "URL", env = "EVIDENCE_TUF_MIRROR")]
    tuf_mirror: Option<Url>,
}

impl OnlineFlags {
    /// None unless asked for. No log is asked yet.
    ///
    /// # Errors
    /// When an address is none, or is for no log or for several.
    pub(super) fn build(&self, roots: &Roots) -> Result<Option<Online>, CliError> {
        if !self.online {
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
        let mut addresses = BTreeMap::new();
        for text in &self.rekor_url {
            let (id, url) = address(text, &known)?;
            if addresses.insert(id.to_owned(), url).is_some() {
                return Err(CliError::usage(format!(
                    "--rekor-url names two addresses for the log {id}"
                )));
            }
        }
        let mut online = Online::new(&http, roots, &addresses);
        for name in roots.names() {
            self.add_present_root(&mut online, name);
        }
        Ok(Some(online))
    }

    /// What a root changed since is pointed out where its repository tells; a signature stands without it.
    fn add_present_root(&self, online: &mut Online, name: &str) {
        let asked = present_root(name, self.tuf_mirror.as_ref(), Timestamp::now());
        let added = runtime::block_on(asked)
            .and_then(|asked| asked)
            .and_then(|json| {
                let Some(json) = json else { return Ok(()) };
                let added = online.present_root(name, &json);
                added.map_err(|problem| CliError::unreachable(problem.message))
            });
        if let Err(error) = added {
            let text = format!(
                "note: whether the trusted root {name} was rotated is not known: {}",
                error.message
            );
            eprintln!("{}", plain(&text));
        }
    }
}

/// Asks the log of each signature that was accepted; the answers are findings of the check.
pub(super) async fn confirm(online: &Online, check: &mut SpotCheck) {
    for signature in std::mem::take(&mut check.accepted) {
        let found = online
            .check(&check.reference, Question::from(&signature))
            .await;
        check.findings.extend(found);
        check.accepted.push(signature);
    }
}

/// `[LOGID=]URL`: which of the known logs is where.
fn address<'a>(text: &str, known: &'a BTreeMap<String, &str>) -> Result<(&'a str, Url), CliError> {
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
