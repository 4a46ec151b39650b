//! Credential helpers: programs that keep registry credentials (docker's `docker-credential-…`).

use super::credentials::{Credential, CredentialsError};
use crate::model::limits;
use crate::model::redact::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Mutex;

/// Time that a helper has to answer.
const HELPER_TIME: Duration = Duration::from_secs(60);

/// Where helpers are, and what they have said.
#[derive(Clone, Debug, Default)]
pub(super) struct Helpers {
    /// Folders in which they are looked for.
    path: Vec<PathBuf>,
    /// So that each runs once for a registry, also when many ask at the same time.
    helped: Arc<Mutex<Helped>>,
}

/// By helper and registry.
type Helped = BTreeMap<(String, String), Option<Credential>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

impl Helpers {
    /// The helpers on a search path.
    pub(super) fn on(path: Option<OsString>) -> Self {
        Self {
            path: path
                .map(|value| std::env::split_paths(&value).collect())
                .unwrap_or_default(),
            helped: Arc::default(),
        }
    }

    /// What a helper has for a registry.
    pub(super) async fn ask(
        &self,
        helper: &str,
        host: &str,
    ) -> Result<Option<Credential>, CredentialsError> {
        let mut helped = self.helped.lock().await;
        let key = (helper.to_owned(), host.to_owned());
        if let Some(known) = helped.get(&key) {
            return Ok(known.clone());
        }
        let error = |reason: String| CredentialsError::Helper {
            helper: helper.into(),
            registry: host.into(),
            reason,
        };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if !helper.bytes().all(is_plain) {
            return Err(error("its name is not plain".into()));
        }
        let program = format!("docker-credential-{helper}");
        let program = self
            .path
            .iter()
            .map(|folder| folder.join(&program))
            .find(|candidate| candidate.is_file())
            .ok_or_else(|| error(format!("no program {program} on the path")))?;
        let answer = tokio::time::timeout(HELPER_TIME, run(program, host))
            .await
            .map_err(|_| error("no answer in time".into()))?
            .map_err(|cause| error(cause.to_string()))?;
        let found = match answer {
            (true, printed) => {
                let answer: HelperAnswer = serde_json::from_slice(&printed)
                    .map_err(|_| error("what it printed is not the JSON of credentials".into()))?;
                Some(answer.into())
            }
            // The helpers' protocol has no other sign for "none" than this text.
            (false, printed) if printed.starts_with(b"credentials not found") => None,
            (false, _) => return Err(error("it failed".into())),
        };
        helped.insert(key, found.clone());
        Ok(found)
    }
}

/// Runs a helper: whether it succeeded, and what it printed. It dies with the future.
async fn run(program: PathBuf, host: &str) -> io::Result<(bool, Vec<u8>)> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that knows its answer may close its input early.
        let _ = stdin.write_all(host.as_bytes()).await;
    }
    let mut printed = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(limits::CREDENTIALS_BYTES)
            .read_to_end(&mut printed)
            .await?;
    }
    Ok((child.wait().await?.success(), printed))
}

impl From<HelperAnswer> for Credential {
    fn from(answer: HelperAnswer) -> Self {
        let secret = Secret::new(answer.secret);
        match answer.username.as_str() {
            "<token>" => Self::IdentityToken(secret),
            _ => Self::Password {
                username: answer.username,
                password: secret,
            },
        }
    }
}
