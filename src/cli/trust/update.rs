//! `evidence trust update`: the newest root of an instance, from its TUF repository.

use crate::cli::exit::{CliError, Exit};
use crate::cli::files;
use crate::cli::output::plain;
use crate::cli::root_cache::{CachedRoot, Record, RoleRecord, RootCache, TufRecord, is_own_name};
use crate::cli::runtime;
use evidence::model::redact::url_without_secrets;
use evidence::model::{Digest, Instance, Timestamp, limits};
use evidence::net::http::Url;
use evidence::net::tuf::{Refreshed, RoleState, TufError, TufRepository};
use evidence::net::{Http, HttpOptions};
use evidence::sigstore::Roots;
use std::path::PathBuf;
use std::time::Duration;

/// Fetches an instance's newest trusted root, checked by TUF, into the cache that verifying reads.
///
/// Of the cached root and the built-in one the later is used from then on, offline. The cache is
/// `$EVIDENCE_CACHE`, else `evidence` in the platform's folder for caches.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The instance: public-good, staging or github.
    #[arg(long, value_name = "NAME", default_value_t = Instance::PublicGood)]
    instance: Instance,
    /// Ask this copy of the TUF repository.
    #[arg(long, value_name = "URL", env = "EVIDENCE_TUF_MIRROR")]
    mirror: Option<Url>,
    /// Fetch the root of a repository of your own; it is then named `--trusted-root tuf:NAME`.
    #[arg(long, value_name = "NAME", conflicts_with = "instance")]
    name: Option<String>,
    /// The TUF root (`root.json`, of any version) with which trust in that repository begins; the first time.
    #[arg(long, value_name = "FILE", requires = "name")]
    root: Option<PathBuf>,
    /// Folder of the cache [default: $EVIDENCE_CACHE, else the platform's]; verifying finds it by EVIDENCE_CACHE only.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CliError> {
    let cache = RootCache::open(args.cache.as_deref()).ok_or_else(|| {
        CliError::usage("no folder for the cache is known").hint("give --cache DIR")
    })?;
    let name = match &args.name {
        None => args.instance.name(),
        Some(name) if is_own_name(name) => name,
        Some(_) => {
            return Err(CliError::usage("the name cannot be used")
                .hint("at most 64 lower-case letters, digits and . _ -, and no instance's name"));
        }
    };
    // What was cached may be damaged: it is replaced then.
    let before = cache.load(name).ok().flatten();
    let repository = args.repository(&cache, name, before.as_ref())?;
    let http = client()?;
    let now = Timestamp::now();
    let metadata = cache.file(name, "metadata");
    let known = cache.root_file(name);
    let refreshing = repository.refresh(&http, &metadata, &known, now);
    let refreshed = runtime::block_on(refreshing)?.map_err(|error| failure(&error))?;
    Roots::none()
        .add(name, &refreshed.trusted_root)
        .map_err(|error| {
            CliError::from_error(Exit::Refused, &error)
                .detail("the repository signed it; the cache keeps what it had")
        })?;
    let root = cached(&repository, refreshed, now);
    cache.publish(name, &root)?;
    print(name, &cache, &root, before.as_ref())?;
    Ok(Exit::Verified)
}

impl Args {
    fn repository(
        &self,
        cache: &RootCache,
        name: &str,
        before: Option<&CachedRoot>,
    ) -> Result<TufRepository, CliError> {
        let mut repository = match (&self.name, &self.mirror, before) {
            (None, _, _) => TufRepository::of(self.instance).map_err(|error| failure(&error))?,
            (Some(_), Some(url), _) => TufRepository {
                url: url.clone(),
                root: self.first_root(cache, name)?,
            },
            (Some(_), None, Some(before)) => TufRepository {
                url: Url::parse(&before.record.repository)
                    .map_err(|error| CliError::usage(format!("the cached URL: {error}")))?,
                root: self.first_root(cache, name)?,
            },
            (Some(_), None, None) => {
                return Err(
                    CliError::usage(format!("nothing is cached under the name {name}"))
                        .hint("the first time give --mirror URL and --root root.json"),
                );
            }
        };
        if let Some(url) = &self.mirror {
            repository.url = url.clone();
        }
        if !matches!(repository.url.scheme(), "http" | "https") {
            return Err(CliError::usage("a mirror is an http or https URL"));
        }
        Ok(repository)
    }

    /// The root that is named, else the newest that an earlier refresh verified.
    fn first_root(&self, cache: &RootCache, name: &str) -> Result<Vec<u8>, CliError> {
        match &self.root {
            Some(path) => files::read_named(path, limits::TUF_ROOT_BYTES),
            None => {
                let path = cache.file(name, "metadata/root.json");
                files::read_named(&path, limits::TUF_ROOT_BYTES)
                    .map_err(|error| error.hint("give --root root.json"))
            }
        }
    }
}

/// The present root of that name by its TUF repository, checked, and kept nowhere; none for a root that has no
/// repository, such as a file.
pub(crate) async fn present_root(
    name: &str,
    mirror: Option<&Url>,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, CliError> {
    let (instance, own) = match (name.parse::<Instance>(), name.strip_prefix("tuf:")) {
        (Ok(instance), _) => (instance, None),
        (Err(_), Some(own)) => (Instance::PublicGood, Some(own.to_owned())),
        (Err(_), None) => return Ok(None),
    };
    let args = Args {
        instance,
        mirror: mirror.cloned(),
        name: own,
        root: None,
        cache: None,
    };
    let folder = tempfile::tempdir().map_err(|error| CliError::unreachable(error.to_string()))?;
    // Of an instance the built-in root is trust enough; of others the cache says where they are.
    let cache = RootCache::open(None).or_else(|| RootCache::open(Some(folder.path())));
    let cache = cache.ok_or_else(|| CliError::usage("no folder for the cache is known"))?;
    let key = args.name.as_deref().unwrap_or(instance.name());
    let before = cache.load(key).ok().flatten();
    let repository = args.repository(&cache, key, before.as_ref())?;
    let http = client()?;
    let (metadata, known) = (folder.path().join("metadata"), folder.path().join("root"));
    let refreshed = repository
        .refresh(&http, &metadata, &known, now)
        .await
        .map_err(|error| failure(&error))?;
    Ok(Some(refreshed.trusted_root))
}

fn client() -> Result<Http, CliError> {
    Http::new(&HttpOptions {
        timeout: Duration::from_secs(30),
        retries: 2,
        ..HttpOptions::default()
    })
    .map_err(|error| CliError::from_error(Exit::Undetermined, &error))
}

fn cached(repository: &TufRepository, refreshed: Refreshed, now: Timestamp) -> CachedRoot {
    let role = |state: RoleState| RoleRecord {
        version: state.version,
        expires: state.expires,
    };
    CachedRoot {
        record: Record {
            version: 1,
            refreshed: now,
            repository: url_without_secrets(repository.url.as_str()),
            digest: Digest::of(&refreshed.trusted_root),
            tuf: TufRecord {
                root: role(refreshed.root),
                timestamp: role(refreshed.timestamp),
                snapshot: role(refreshed.snapshot),
                targets: role(refreshed.targets),
            },
        },
        json: refreshed.trusted_root,
    }
}

fn failure(error: &TufError) -> CliError {
    let (exit, hint) = match error {
        TufError::Begin(_) | TufError::Url(_) => {
            (Exit::Usage, "--root is a TUF root.json, signed by itself")
        }
        TufError::Refused { .. } => (
            Exit::Refused,
            "the cache keeps what it had; ask whoever runs the repository",
        ),
        _ => (
            Exit::Undetermined,
            "the cache keeps what it had; try again, or another --mirror",
        ),
    };
    CliError::from_error(exit, error).hint(hint)
}

fn print(
    name: &str,
    cache: &RootCache,
    root: &CachedRoot,
    before: Option<&CachedRoot>,
) -> Result<(), CliError> {
    let word = match before {
        Some(before) if before.json == root.json => "unchanged",
        Some(_) => "updated",
        None => "fetched",
    };
    let tuf = &root.record.tuf;
    files::print(&plain(&format!(
        "{name}: {word}\n  from {} (root {}, timestamp {} until {}, targets {})\n  kept in {}\n",
        root.record.repository,
        tuf.root.version,
        tuf.timestamp.version,
        tuf.timestamp.expires,
        tuf.targets.version,
        cache.root_file(name).display(),
    )))
}
