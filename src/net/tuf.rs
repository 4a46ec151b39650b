//! Trusted roots from TUF repositories (<https://theupdateframework.github.io/specification/>).
//!
//! The workflow and every check of it — thresholds, rotation of keys, rollback, expiry, lengths and hashes — are
//! `sigstore-tuf`'s; sockets, sizes, times and the disk are ours.

use super::http::{Http, HttpError, Request, StatusCode, Url};
use super::tuf_store::TufStore;
use crate::model::redact::url_without_secrets;
use crate::model::{Instance, Timestamp, limits};
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, Repository, Updater, UpdaterConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The target that holds a Sigstore instance's trusted root.
const TARGET: &str = "trusted_root.json";
/// Its name for the client's store.
pub(super) const TARGET_IN_STORE: &str = "targets/trusted_root.json";
/// Redirects that are followed: where the bytes come from proves nothing, their signatures do.
const REDIRECTS: u8 = 3;

/// A TUF repository, and the root with which trust in it begins.
#[derive(Clone, Debug)]
pub struct TufRepository {
    /// Where its metadata is; targets are below `targets/`.
    pub url: Url,
    /// A `root.json` that is trusted, of any version that the repository had.
    pub root: Vec<u8>,
}

/// Version and expiry of a role's metadata.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RoleState {
    /// The version.
    pub version: u64,
    /// Until when it may be relied on.
    pub expires: Timestamp,
}

/// What a refresh gave.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The `trusted_root.json`, by the hash that the repository signed.
    pub trusted_root: Vec<u8>,
    /// `root.json`.
    pub root: RoleState,
    /// `timestamp.json`.
    pub timestamp: RoleState,
    /// `snapshot.json`.
    pub snapshot: RoleState,
    /// `targets.json`.
    pub targets: RoleState,
}

/// Why there is no fresh root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// The URL of a repository is none.
    #[error("the TUF repository's URL: {0}")]
    Url(String),
    /// The root with which trust begins is none.
    #[error("the TUF root to begin with cannot be used")]
    Begin(#[source] Error),
    /// Nothing, or not all, was answered.
    #[error("the TUF repository {url} cannot be reached")]
    Unreachable {
        /// The repository.
        url: String,
        /// What happened.
        #[source]
        source: Error,
    },
    /// It took too long in all.
    #[error("the TUF repository {url} did not answer within {seconds} seconds in all")]
    Late {
        /// The repository.
        url: String,
        /// The time that it had.
        seconds: u64,
    },
    /// A signature, version, expiry, length or hash is wrong.
    #[error("the TUF repository {url} is refused")]
    Refused {
        /// The repository.
        url: String,
        /// What is wrong.
        #[source]
        source: Error,
    },
    /// The metadata could not be kept: the next refresh would not know what it may not fall behind.
    #[error("TUF metadata cannot be written")]
    Store(#[source] std::io::Error),
}

impl TufRepository {
    /// The repository of an instance, with the root that is built in: from `sigstore-trust-root` 0.15.1, version 16
    /// of public-good, 15 of staging, 9 of github.
    ///
    /// # Errors
    /// None: a test parses every URL.
    pub fn of(instance: Instance) -> Result<Self, TufError> {
        let (url, root): (_, &[u8]) = match instance {
            Instance::PublicGood => (
                "https://tuf-repo-cdn.sigstore.dev/",
                include_bytes!("tuf_roots/public-good.root.json"),
            ),
            Instance::Staging => (
                "https://tuf-repo-cdn.sigstage.dev/",
                include_bytes!("tuf_roots/staging.root.json"),
            ),
            Instance::GitHub => (
                "https://tuf-repo.github.com/",
                include_bytes!("tuf_roots/github.root.json"),
            ),
        };
        Ok(Self {
            url: Url::parse(url).map_err(|error| TufError::Url(error.to_string()))?,
            root: root.into(),
        })
    }

    /// Runs the TUF client workflow to its end: roots, timestamp, snapshot, targets, then the trusted root.
    ///
    /// Verified metadata is kept in `folder` as it comes, also when a later step fails (TUF 5.3 to 5.6): versions never go
    /// back. `known` is where an earlier trusted root may lie; it is not written. `now` decides what has expired.
    ///
    /// # Errors
    /// When the repository does not answer, or not by the rules.
    pub async fn refresh(
        &self,
        http: &Http,
        folder: &Path,
        known: &Path,
        now: Timestamp,
    ) -> Result<Refreshed, TufError> {
        let time = Duration::from_secs(limits::TUF_SECONDS);
        self.refresh_within(time, http, folder, known, now).await
    }

    async fn refresh_within(
        &self,
        time: Duration,
        http: &Http,
        folder: &Path,
        known: &Path,
        now: Timestamp,
    ) -> Result<Refreshed, TufError> {
        let name = url_without_secrets(self.url.as_str());
        let mirror = Mirror {
            http: http.clone(),
            base: self.url.clone(),
        };
        let store = Arc::new(TufStore::new(folder, known));
        let updater = Updater::new(mirror, &self.root).map_err(TufError::Begin)?;
        let updater = updater.with_config(bounds()).with_store(store.clone());
        let done = match tokio::time::timeout(time, run(updater, now)).await {
            Err(_) => Err(TufError::Late {
                url: name,
                seconds: time.as_secs(),
            }),
            Ok(Err(source @ (Error::Transport { .. } | Error::Io { .. }))) => {
                Err(TufError::Unreachable { url: name, source })
            }
            Ok(Err(source)) => Err(TufError::Refused { url: name, source }),
            Ok(Ok(refreshed)) => Ok(refreshed),
        };
        match store.take_failure() {
            Some(failure) => Err(TufError::Store(failure)),
            None => done,
        }
    }
}

impl TufError {
    /// Whether it only means that the repository was not heard in whole.
    pub fn is_undetermined(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Late { .. } | Self::Store(_)
        )
    }
}

async fn run(mut updater: Updater, now: Timestamp) -> Result<Refreshed, Error> {
    updater.refresh(now).await?;
    let trusted_root = updater.get_target(TARGET, now).await?;
    let trusted = updater.trusted();
    let root = trusted.root();
    let (Some(timestamp), Some(snapshot), Some(targets)) = (
        trusted.timestamp(),
        trusted.snapshot(),
        trusted.targets_role("targets"),
    ) else {
        return Err(Error::NotRefreshed);
    };
    let state = |version, expires| RoleState { version, expires };
    Ok(Refreshed {
        trusted_root,
        root: state(root.version, root.expires),
        timestamp: state(timestamp.version, timestamp.expires),
        snapshot: state(snapshot.version, snapshot.expires),
        targets: state(targets.version, targets.expires),
    })
}

fn bounds() -> UpdaterConfig {
    let mut config = UpdaterConfig::default();
    config.root_max_length = limits::TUF_ROOT_BYTES;
    config.timestamp_max_length = limits::TUF_TIMESTAMP_BYTES;
    config.snapshot_max_length = limits::TUF_SNAPSHOT_BYTES;
    config.targets_max_length = limits::TUF_TARGETS_BYTES;
    config.target_max_length = limits::DOCUMENT_BYTES;
    config.max_root_rotations = limits::TUF_STEPS;
    config.max_delegations = limits::TUF_STEPS;
    config
}

/// A repository behind HTTP, each answer within the length that the client allows.
struct Mirror {
    http: Http,
    base: Url,
}

impl Mirror {
    async fn fetch(&self, path: &str, max_length: u64) -> Result<Option<Vec<u8>>, Error> {
        let url = below(&self.base, path)
            .ok_or_else(|| Error::transport(format!("{path:?} has no place in a URL")))?;
        let mut request = Request::get(url, max_length);
        request.redirects = REDIRECTS;
        let failed = |error: HttpError| Error::transport_with_source(format!("no {path}"), error);
        let response = self.http.send(request).await.map_err(failed)?;
        match response.status {
            StatusCode::OK => Ok(Some(response.body)),
            // Object stores answer 403 where nobody may list what there is.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(None),
            status => Err(Error::transport(format!("no {path}: status {status}"))),
        }
    }
}

/// The URL of a file below another. The client writes names as URLs have them; one that leads elsewhere has no place.
fn below(base: &Url, path: &str) -> Option<Url> {
    let is_plain = |part: &str| {
        let dots = part.replace("%2e", ".").replace("%2E", ".");
        !matches!(dots.as_str(), "" | "." | "..")
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._~%-".contains(&b))
    };
    if !path.split('/').all(is_plain) {
        return None;
    }
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    Some(url)
}

impl Repository for Mirror {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.fetch(name, max_length))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { self.fetch(&format!("targets/{path}"), max_length).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigstore_tuf::TrustedMetadataSet;

    #[test]
    fn the_built_in_roots_are_signed_by_themselves_and_of_the_versions_that_are_written_down() {
        let versions = Instance::ALL.map(|instance| {
            let repository = TufRepository::of(instance).unwrap();
            assert_eq!(repository.url.scheme(), "https");
            let trusted = TrustedMetadataSet::from_root(&repository.root).unwrap();
            trusted.root().version
        });

        assert_eq!(versions, [16, 15, 9]);
    }

    #[tokio::test]
    async fn a_repository_that_stalls_is_left_when_the_time_for_all_of_it_is_over() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut repository = TufRepository::of(Instance::PublicGood).unwrap();
        repository.url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let http = Http::new(&crate::net::HttpOptions::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (time, known) = (Duration::from_secs(1), folder.path().join("known"));

        let refreshing =
            repository.refresh_within(time, &http, folder.path(), &known, Timestamp::now());
        let error = refreshing.await.unwrap_err();

        assert!(
            matches!(error, TufError::Late { seconds: 1, .. }),
            "{error}"
        );
        assert!(error.is_undetermined());
    }

    #[test]
    fn no_name_leads_out_of_the_repository() {
        let base = Url::parse("https://mirror.example/tuf").unwrap();
        let at = |path: &str| below(&base, path).map(String::from);

        for (path, wanted) in [
            ("1.root.json", "https://mirror.example/tuf/1.root.json"),
            ("targets/ab.x", "https://mirror.example/tuf/targets/ab.x"),
            ("3.a%2Fb.json", "https://mirror.example/tuf/3.a%2Fb.json"),
        ] {
            assert_eq!(at(path).as_deref(), Some(wanted));
        }
        for path in [
            "https://evil.example/x",
            "../x",
            "targets/%2E./x",
            "x?y",
            "x#y",
            "/x",
            "",
        ] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
