//! The credentials of a run: none of them is in what is stored or said.

use super::run::{Fared, Run};
use super::store::{Store, StoreError, StoredItem};
use crate::config::{Config, PlannedItem};
use crate::model::redact::Secret;
use crate::model::{Capture, CapturedFile, Expectation, Item, limits};
use crate::secrets::{Hit, Known, Search, What};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// All credentials that a run has used so far, and the search for them.
#[derive(Debug, Default)]
pub struct RunSecrets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Vec<Known>,
    search: Option<Arc<Search>>,
    /// There are more than are searched for.
    beyond: bool,
}

impl RunSecrets {
    /// Those that are known before anything is asked.
    pub fn new(known: Vec<Known>) -> Self {
        let all = Self::default();
        all.learn(known);
        all
    }

    /// Adds those that are not known yet.
    pub fn learn(&self, more: impl IntoIterator<Item = Known>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in more {
            let is_new =
                (state.known.iter()).all(|known| known.secret.expose() != one.secret.expose());
            if !is_new {
                continue;
            }
            state.search = None;
            match state.known.len() < limits::SECRETS {
                true => state.known.push(one),
                false => state.beyond = true,
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.known.len()
    }

    /// The search for them and for all shapes.
    ///
    /// # Errors
    /// In words, when there is none: then nothing may be stored.
    pub fn search(&self) -> Result<Arc<Search>, String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(search) = &state.search {
            return Ok(search.clone());
        }
        let found = Search::new(&state.known).ok().filter(|_| !state.beyond);
        let search = found.ok_or("there are too many credentials to search for")?;
        let search = Arc::new(search);
        state.search = Some(search.clone());
        Ok(search)
    }

    /// The text without any of them.
    pub fn scrubbed(&self, text: &str) -> String {
        match self.search() {
            Ok(search) => search.scrubbed(text),
            Err(message) => message,
        }
    }
}

impl Run {
    /// Whether nothing in the item must not be there.
    ///
    /// # Errors
    /// In words that name file, place and kind, never the secret.
    pub(super) fn look_for_secrets(
        &self,
        planned: &PlannedItem,
        item: &Item,
        capture: &Capture,
    ) -> Result<(), String> {
        self.secrets
            .learn(of_registries(self.registry.used_secrets()));
        let search = self.secrets.search()?;
        // Of an image's objects its own item tells: the others have the same.
        let is_own = matches!(planned.expectation, Expectation::Image { .. });
        let own = |file: &&CapturedFile| is_own || !file.path.is_under("oci");
        for file in capture.files.iter().filter(own) {
            if let Some(hit) = wrong(&self.config, planned, search.bytes(&file.bytes)) {
                return Err(told(file.path.as_str(), &hit));
            }
        }
        // What a server said may be quoted in a claim. The expectation is the configuration's, which is an item itself.
        let words = serde_json::to_vec(&(&item.request, &item.claim)).unwrap_or_default();
        match wrong(&self.config, planned, search.bytes(&words)) {
            Some(hit) => Err(told("what follows from it", &hit)),
            None => Ok(()),
        }
    }
}

impl Run {
    /// What was captured before all credentials were known, `known` of them, is searched again; what holds one is
    /// forgotten, and has failed.
    pub(super) fn look_again(
        &self,
        known: usize,
        results: &BTreeMap<String, Fared>,
    ) -> Result<Vec<(String, Fared)>, StoreError> {
        self.secrets
            .learn(of_registries(self.registry.used_secrets()));
        let mut failed = Vec::new();
        if self.secrets.count() == known {
            return Ok(failed);
        }
        for planned in &self.items {
            let Some(Fared::Captured(stored)) = results.get(&planned.id) else {
                continue;
            };
            let capture = self.store.capture(stored)?;
            if let Err(message) = self.look_for_secrets(planned, &stored.item, &capture) {
                self.store.forget(stored)?;
                failed.push((planned.id.clone(), Fared::Failed(message)));
            }
        }
        Ok(failed)
    }
}

impl Store {
    /// Takes an item out, with its files: what other items share with it is captured again.
    fn forget(&self, stored: &StoredItem) -> Result<(), StoreError> {
        let item = [self.item_path(&stored.item.id)].into_iter();
        let blobs = stored.files.iter().map(|file| self.blob_path(&file.sha256));
        for path in item.chain(blobs) {
            match std::fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Io { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The first hit that the configuration does not allow. A credential of the run is never allowed.
fn wrong(config: &Config, planned: &PlannedItem, hits: Vec<Hit>) -> Option<Hit> {
    hits.into_iter().find(|hit| match hit.what {
        What::Known(_) => true,
        What::Shape(shape) => !config.allows(&planned.id, planned.phase.as_deref(), shape),
    })
}

fn told(file: &str, hit: &Hit) -> String {
    let pointer = match &hit.place.pointer {
        Some(pointer) => format!(" ({pointer})"),
        None => String::new(),
    };
    let next = match hit.what {
        What::Known(_) => "a redact rule can blank it",
        What::Shape(_) => "a redact rule can blank it, or secrets.allow say that it is none",
    };
    let place = &hit.place;
    format!(
        "{file} {place}{pointer} holds {}: nothing is stored; {next}",
        hit.what
    )
}

/// The credentials of registries.
pub fn of_registries(found: Vec<(String, Secret)>) -> impl Iterator<Item = Known> {
    (found.into_iter()).map(|(name, secret)| Known { name, secret })
}

/// Variables of the environment that hold a credential of this program or of its CI job.
const OWN: [&str; 10] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "CI_JOB_TOKEN",
    "COSIGN_PASSWORD",
    "EVIDENCE_IDENTITY_TOKEN",
    "EVIDENCE_PASSWORD",
    "EVIDENCE_REGISTRY_PASSWORD",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "SIGSTORE_ID_TOKEN",
];
/// Those that name a proxy, with its password.
const PROXIES: [&str; 6] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
];

/// The credentials in this program's environment.
pub fn of_environment(environment: &impl Fn(&str) -> Option<String>) -> Vec<Known> {
    let mut found = Vec::new();
    for name in OWN {
        // An identity token may be given as the path of a file, which is no secret.
        let value = environment(name).filter(|value| !Path::new(value).is_file());
        found.extend(value.map(|value| Known::new(format!("variable {name}"), value)));
    }
    for name in PROXIES {
        let url = environment(name).and_then(|value| value.parse().ok());
        found.extend(
            url.iter()
                .flat_map(|url| of_url(&format!("proxy of {name}"), url)),
        );
    }
    found
}

/// The password and the query of a URL.
pub fn of_url(whose: &str, url: &crate::net::http::Url) -> Vec<Known> {
    let mut found = Vec::new();
    if let Some(password) = url.password() {
        let name = format!("password in the URL of {whose}");
        // As it stands there, encoded, and what that means.
        found.push(Known::new(&name, super::auth::decoded(password)));
        found.push(Known::new(&name, password));
    }
    for (key, value) in url.query_pairs() {
        let name = format!("{key} in the URL of {whose}");
        found.push(Known::new(name, value.into_owned()));
    }
    found
}

/// What commands get: variables whose names speak of a secret, and where a cluster is asked, its credentials.
pub fn of_commands(config: &Config, environment: &impl Fn(&str) -> Option<String>) -> Vec<Known> {
    let mut found = Vec::new();
    if config.commands.is_empty() {
        return found;
    }
    let names = config.commands.iter().flat_map(|command| &command.env);
    for name in names.filter(|name| speaks_of_a_secret(name)) {
        let value = environment(name);
        found.extend(value.map(|value| Known::new(format!("variable {name}"), value)));
    }
    let listed = environment("KUBECONFIG").unwrap_or_default();
    let mut files: Vec<_> = std::env::split_paths(&listed).collect();
    files.extend(environment("HOME").map(|home| Path::new(&home).join(".kube/config")));
    for path in files {
        found.extend(super::kubeconfig::credentials(&path));
    }
    if let Some(token) = read(Path::new(SERVICE_ACCOUNT)) {
        found.push(Known::new("token of the service account", token.trim()));
    }
    found
}

/// Where Kubernetes mounts the token of a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// A text file of credentials; none where it cannot be read: then it was not used either.
pub(super) fn read(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    let mut bounded = file.take(limits::CREDENTIALS_BYTES);
    bounded.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether a variable of this name holds a secret.
pub(super) fn speaks_of_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "TOKEN",
        "SECRET",
        "PASS",
        "KEY",
        "COOKIE",
        "CREDENTIAL",
        "AUTH",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// A private key, as the file has it and its text in one piece.
pub fn of_private_key(name: &str, pem: &str) -> Vec<Known> {
    let body: String = pem.lines().filter(|line| !line.contains("-----")).collect();
    let mut found = vec![Known::new(name, pem.trim())];
    found.extend((!body.is_empty()).then(|| Known::new(name, body)));
    found
}

/// The credential under a name.
pub(super) fn known(name: String, secret: &Secret) -> Known {
    Known {
        name,
        secret: secret.clone(),
    }
}

#[cfg(test)]
mod tests;
