//! Trusted roots by their names: built in, from the cache that `trust update` fills, or a file.

use super::exit::{CliError, Exit};
use super::files;
use super::root_cache::{Record, RootCache, is_own_name};
use evidence::model::{Instance, Timestamp, limits};
use evidence::sigstore::Roots;
use evidence::sigstore::embedded::{EMBEDDED_ON, embedded_root};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Before the name of a cached root that is no instance's.
const CACHED: &str = "tuf:";
/// A root that was not confirmed for this many days is called old.
const OLD_DAYS: i64 = 180;

/// Where a root comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Built into this program.
    Embedded,
    /// The cache.
    Cached(Box<Record>),
    /// A file that was named.
    File,
}

/// A root that was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundRoot {
    /// As it is named on the command line.
    pub(crate) name: String,
    pub(crate) json: Vec<u8>,
    pub(crate) source: Source,
}

impl FoundRoot {
    /// The root of an instance that is built in.
    pub(crate) fn embedded(instance: Instance) -> Self {
        Self {
            name: instance.name().into(),
            json: embedded_root(instance).into(),
            source: Source::Embedded,
        }
    }

    /// The root of that name in the cache.
    pub(crate) fn cached(cache: &RootCache, name: &str) -> Result<Option<Self>, CliError> {
        let shown = match name.parse::<Instance>() {
            Ok(_) => name.into(),
            Err(_) => format!("{CACHED}{name}"),
        };
        Ok(cache.load(name)?.map(|cached| Self {
            name: shown,
            json: cached.json,
            source: Source::Cached(Box::new(cached.record)),
        }))
    }

    /// The root with which an instance's signatures are verified: of the cached and the built-in one the later.
    pub(crate) fn of(instance: Instance, cache: Option<&RootCache>) -> Result<Self, CliError> {
        let embedded = Self::embedded(instance);
        let cached = match cache {
            Some(cache) => Self::cached(cache, instance.name())?,
            None => None,
        };
        // After an upgrade of this program what it brings may be later than what was fetched before.
        Ok(cached
            .filter(|cached| cached.since() >= embedded.since())
            .unwrap_or(embedded))
    }

    /// The root that a flag names: an instance, `tuf:NAME` or a file.
    pub(crate) fn named(path: &Path, cache: Option<&RootCache>) -> Result<Self, CliError> {
        let text = path.to_string_lossy();
        if let Ok(instance) = text.parse() {
            return Self::of(instance, cache);
        }
        if let Some(name) = text.strip_prefix(CACHED) {
            let missing = || {
                CliError::usage(format!("there is no root {text} in the cache")).hint(
                    "fetch it: evidence trust update --name NAME --mirror URL --root root.json",
                )
            };
            if !is_own_name(name) {
                return Err(missing());
            }
            let cached = cache.map(|cache| Self::cached(cache, name)).transpose()?;
            return cached.flatten().ok_or_else(missing);
        }
        Ok(Self {
            json: files::read_named(path, limits::DOCUMENT_BYTES)?,
            name: path.display().to_string(),
            source: Source::File,
        })
    }

    /// When it was last known to be the newest; none for a file.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Embedded => Some(EMBEDDED_ON),
            Source::Cached(record) => Some(record.refreshed),
            Source::File => None,
        }
    }

    /// Its age in whole days; none for a file, and for a date that is still to come.
    pub(crate) fn age_days(&self, now: Timestamp) -> Option<i64> {
        let days = now.duration_since(self.since()?).as_hours() / 24;
        (days >= 0).then_some(days)
    }

    /// Whether it has not been confirmed for long.
    pub(crate) fn is_old(&self, now: Timestamp) -> Result<bool, CliError> {
        let limit = old_days()?;
        Ok(self.age_days(now).is_some_and(|days| days > limit))
    }

    /// The command that brings a newer one.
    pub(crate) fn update_command(&self) -> String {
        match self.name.strip_prefix(CACHED) {
            Some(name) => format!("evidence trust update --name {name}"),
            None if self.name == Instance::PublicGood.name() => "evidence trust update".into(),
            None => format!("evidence trust update --instance {}", self.name),
        }
    }

    /// The root of an instance, the cached or the built-in one.
    pub(crate) fn instance(instance: Instance) -> Result<Self, CliError> {
        Self::of(instance, RootCache::open(None).as_ref())
    }

    /// The root that a flag names: an instance, `tuf:NAME` or a file.
    pub(crate) fn by_name(path: &Path) -> Result<Self, CliError> {
        Self::named(path, RootCache::open(None).as_ref())
    }

    /// Adds it to what is trusted, unless one of its name is there; says so on stderr when it is old.
    pub(crate) fn add_to(&self, roots: &mut Roots) -> Result<(), CliError> {
        if roots.has(&self.name) {
            return Ok(());
        }
        let now = Timestamp::now();
        if self.is_old(now)? && is_first(&self.name) {
            eprintln!(
                "warning: the trusted root {} is {} days old: {}",
                self.name,
                self.age_days(now).unwrap_or_default(),
                self.update_command()
            );
        }
        files::add_root(roots, &self.name, &self.json)
    }
}

/// Adds an instance's root, the cached or the built-in one.
pub(crate) fn add_instance(roots: &mut Roots, instance: Instance) -> Result<(), CliError> {
    FoundRoot::instance(instance)?.add_to(roots)
}

/// Adds the root that a flag names: an instance, `tuf:NAME` or a file.
#[cfg(feature = "net")]
pub(crate) fn add_named(roots: &mut Roots, path: &Path) -> Result<(), CliError> {
    FoundRoot::by_name(path)?.add_to(roots)
}

/// `$EVIDENCE_WARN_ROOT_AGE`, in days.
fn old_days() -> Result<i64, CliError> {
    match std::env::var("EVIDENCE_WARN_ROOT_AGE") {
        Ok(text) if !text.is_empty() => match text.parse::<u32>() {
            Ok(days) => Ok(days.into()),
            Err(_) => Err(CliError::new(
                Exit::Usage,
                "EVIDENCE_WARN_ROOT_AGE is not a number of days",
            )),
        },
        _ => Ok(OLD_DAYS),
    }
}

/// Whether this root is warned of for the first time: several bundles use the same roots.
fn is_first(name: &str) -> bool {
    static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    warned.insert(name.into())
}
