//! The credentials of this process: searched for in all that is packed, and in no word that is printed.

use super::exit::{CliError, Exit};
use super::project::Project;
use evidence::bundle::canonical;
use evidence::collect::assemble::Assembled;
use evidence::collect::secrets::{RunSecrets, of_commands, of_environment, of_registries};
use evidence::collect::servers::Servers;
use evidence::collect::store::Store;
use evidence::config::Config;
use evidence::model::{FileEntry, Item};
use evidence::net::Credentials;
use evidence::secrets::{Hit, Known, Search, What};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Those of the one run that a process is: whoever prints need not be told.
static OURS: LazyLock<Arc<RunSecrets>> = LazyLock::new(Arc::default);

/// The credentials that are known so far.
pub(crate) fn ours() -> Arc<RunSecrets> {
    OURS.clone()
}

/// The text without any of them.
pub(crate) fn scrubbed(text: &str) -> String {
    match OURS.count() {
        0 => text.into(),
        _ => OURS.scrubbed(text),
    }
}

/// Learns those that are known before anything is asked: of the environment, of commands, of registries.
pub(crate) fn learn_all(config: &Config) {
    let environment = |name: &str| std::env::var(name).ok();
    OURS.learn(of_environment(&environment));
    OURS.learn(of_commands(config, &environment));
    if let Ok(credentials) = Credentials::from_environment() {
        OURS.learn(of_registries(credentials.kept_secrets()));
    }
}

/// Learns those of servers that are not asked now, as far as they are at hand: they were when captures were taken.
pub(crate) fn learn_servers(config: &Config, folder: &Path) {
    let environment = |name: &str| std::env::var(name).ok();
    let names = config.prometheus.keys().chain(config.grafana.keys());
    for name in names {
        let mut one = config.clone();
        one.prometheus.retain(|other, _| other == name);
        one.grafana.retain(|other, _| other == name);
        if let Ok(servers) = Servers::load(&one, folder, &environment) {
            OURS.learn(servers.known());
        }
    }
}

/// Searches all that would be packed; a hit that the configuration does not allow ends it.
pub(crate) fn refuse(
    project: &Project,
    store: &Store,
    assembled: &Assembled,
) -> Result<(), CliError> {
    let search = OURS.search().map_err(CliError::unreachable)?;
    let items = owners(&assembled.manifest.items);
    let read = |file: &FileEntry| -> io::Result<Box<dyn Read>> {
        Ok(match assembled.made.get(&file.sha256) {
            Some(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            None => Box::new(store.blob(&file.sha256)?),
        })
    };
    let unreadable = |file: &FileEntry, error: &io::Error| {
        CliError::unreachable(format!("{} cannot be read: {error}", file.path))
    };
    let found = search_all(&assembled.manifest.files, &search, &read)
        .map_err(|(file, error)| unreadable(file, &error))?;
    let mut lines = Vec::new();
    for (file, hits) in found {
        let owners = items.get(file.path.as_str()).map_or(&[][..], Vec::as_slice);
        let named = owners.first().map_or("bundle", |item| item.id.as_str());
        let wrong = hits.iter().filter(|hit| !is_allowed(project, owners, hit));
        lines.extend(wrong.map(|hit| line(named, file.path.as_str(), hit)));
    }
    // The manifest quotes requests and what follows from captures. What looks like a secret in the configuration that it
    // repeats was seen there.
    let json = canonical::to_bytes(&assembled.manifest).unwrap_or_default();
    let known = search.bytes(&json);
    let known = known
        .iter()
        .filter(|hit| matches!(hit.what, What::Known(_)));
    lines.extend(known.map(|hit| line("bundle", evidence::bundle::MANIFEST, hit)));
    if lines.is_empty() {
        return Ok(());
    }
    let mut error = CliError::new(
        Exit::Refused,
        format!("{} secret(s) would be packed, so nothing was", lines.len()),
    );
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    error.details = lines;
    Err(error.hint(
        "blank it with a rule under `redact:` and collect again; what has only the shape of a secret can be allowed: \
         secrets: {allow: [{item: ID, shape: NAME, reason: TEXT}]}",
    ))
}

/// Hits that are shown.
const SHOWN: usize = 20;

fn line(item: &str, file: &str, hit: &Hit) -> String {
    let pointer = match &hit.place.pointer {
        Some(pointer) => format!(" ({pointer})"),
        None => String::new(),
    };
    format!("{item}: {file} {}{pointer}: {}", hit.place, hit.what)
}

/// The items of each member.
fn owners(items: &[Item]) -> BTreeMap<&str, Vec<&Item>> {
    let mut owners: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        for path in &item.files {
            owners.entry(path.as_str()).or_default().push(item);
        }
    }
    owners
}

/// Whether each item that the file is of allows it. A credential of the run is never allowed.
fn is_allowed(project: &Project, owners: &[&Item], hit: &Hit) -> bool {
    let What::Shape(shape) = hit.what else {
        return false;
    };
    // What is computed from metrics has their files, and no say in them.
    let mut own = owners
        .iter()
        .filter(|item| item.expectation.inputs().is_empty());
    let allows = |item: &&Item| {
        project
            .config
            .allows(&item.id, item.phase.as_deref(), shape)
    };
    own.any(allows)
}

type Found<'f> = Vec<(&'f FileEntry, Vec<Hit>)>;

/// What is in the files, in their order; read on all cores.
fn search_all<'f>(
    files: &'f [FileEntry],
    search: &Search,
    read: &(impl Fn(&FileEntry) -> io::Result<Box<dyn Read>> + Sync),
) -> Result<Found<'f>, (&'f FileEntry, io::Error)> {
    let found: Mutex<BTreeMap<usize, Result<Vec<Hit>, io::Error>>> = Mutex::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(file) = files.get(at) else { break };
            let hits = search.file(|| read(file));
            if hits.as_ref().map_or(true, |hits| !hits.is_empty()) {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.insert(at, hits);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(THREADS) {
            scope.spawn(work);
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::new();
    for (at, hits) in found {
        if let Some(file) = files.get(at) {
            all.push((file, hits.map_err(|error| (file, error))?));
        }
    }
    Ok(all)
}

/// Files that are searched at one time: one with something in it is held as a whole.
const THREADS: usize = 8;

/// A credential with a name.
pub(crate) fn learn(name: &str, secret: &str) {
    OURS.learn([Known::new(name, secret)]);
}
