//! Registry credentials as docker, podman and cosign find them.
//!
//! In this order, the first that has some for the repository wins:
//! 1. `EVIDENCE_REGISTRY_USERNAME` and `EVIDENCE_REGISTRY_PASSWORD`, for the registries that `EVIDENCE_REGISTRY` names
//!    (`HOST[:PORT]`, split by commas): a password is never offered to a registry that it was not meant for;
//! 2. the file that `REGISTRY_AUTH_FILE` names (podman, skopeo);
//! 3. `config.json` in `DOCKER_CONFIG`, else in `~/.docker` (docker, cosign): `credHelpers`, `auths`, `credsStore`;
//! 4. `containers/auth.json` in `XDG_RUNTIME_DIR` (podman's own).

use super::credential_helper::Helpers;
use crate::model::limits;
use crate::model::redact::Secret;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// The name under which docker keeps what is for `docker.io`.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// What a registry asks for.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A user's name and password (or access token used as one).
    Password {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, exchanged at the token service (`identitytoken`; user `<token>` of a helper).
    IdentityToken(Secret),
}

/// Where credentials are looked for. Nothing is read before a registry asks for some.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub(super) given: BTreeMap<String, (String, Secret)>,
    pub(super) files: Vec<PathBuf>,
    helpers: Helpers,
}

/// Why credentials could not be read. Never holds any, nor what a helper printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Half a pair, or a pair for no registry.
    #[error(
        "EVIDENCE_REGISTRY_USERNAME, EVIDENCE_REGISTRY_PASSWORD and EVIDENCE_REGISTRY (the registries that they are for) go together: {0} is missing"
    )]
    Incomplete(&'static str),
    /// The file is there and cannot be read.
    #[error("cannot read the registry credentials in {path}")]
    File {
        /// The file.
        path: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// The file is not what docker or podman write.
    #[error("the registry credentials in {path} are malformed: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The helper is not there, failed, took too long, or said something else than credentials.
    #[error("the credential helper {helper:?} gave nothing for {registry}: {reason}")]
    Helper {
        /// Its name.
        helper: String,
        /// The registry that was asked about.
        registry: String,
        /// What happened.
        reason: String,
    },
}

/// The parts of `config.json` that name helpers; `auths` is left to the crate that knows its traps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigFile {
    auths: Option<serde_json::Value>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, String>>,
}

impl Credentials {
    /// No credentials at all: everything is asked for anonymously.
    pub fn none() -> Self {
        Self::default()
    }

    /// The places that this process's environment names.
    ///
    /// # Errors
    /// When the variables of the pair are incomplete.
    pub fn from_environment() -> Result<Self, CredentialsError> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    fn from_lookup(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, CredentialsError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        let mut found = Self::none();
        match (
            text("EVIDENCE_REGISTRY_USERNAME"),
            text("EVIDENCE_REGISTRY_PASSWORD"),
        ) {
            (Some(username), Some(password)) => {
                let registries = text("EVIDENCE_REGISTRY")
                    .ok_or(CredentialsError::Incomplete("EVIDENCE_REGISTRY"))?;
                for registry in registries.split(',').map(str::trim) {
                    found = found.and(registry, &username, Secret::new(password.as_str()));
                }
            }
            (None, None) => {}
            (None, _) => return Err(CredentialsError::Incomplete("EVIDENCE_REGISTRY_USERNAME")),
            (_, None) => return Err(CredentialsError::Incomplete("EVIDENCE_REGISTRY_PASSWORD")),
        }
        let path = |name| set(name).map(PathBuf::from);
        let docker =
            path("DOCKER_CONFIG").or_else(|| path("HOME").map(|home| home.join(".docker")));
        found.files.extend(path("REGISTRY_AUTH_FILE"));
        found
            .files
            .extend(docker.map(|folder| folder.join("config.json")));
        found
            .files
            .extend(path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")));
        found.helpers = Helpers::on(set("PATH"));
        Ok(found)
    }

    /// The same with this pair for that registry, before all others.
    #[must_use]
    pub fn and(mut self, registry: &str, username: &str, password: Secret) -> Self {
        self.given
            .insert(registry.into(), (username.into(), password));
        self
    }

    /// What there is for a repository.
    ///
    /// # Errors
    /// When a file or a helper that should have answered did not. What is not there is no error.
    pub async fn find(
        &self,
        registry: &str,
        repository: &str,
    ) -> Result<Option<Credential>, CredentialsError> {
        if let Some((username, password)) = self.given.get(registry) {
            return Ok(Some(Credential::Password {
                username: username.clone(),
                password: password.clone(),
            }));
        }
        for file in &self.files {
            let path = file.display().to_string();
            let Some(bytes) = read(file, &path)? else {
                continue;
            };
            let malformed = |reason: String| CredentialsError::Malformed {
                path: path.clone(),
                reason,
            };
            let config: ConfigFile = serde_json::from_slice(&bytes)
                // The text around the place could be a password.
                .map_err(|error| malformed(format!("no JSON at line {}", error.line())))?;
            let found = self.find_in(&config, registry, repository, malformed).await;
            if let Some(credential) = found? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    async fn find_in(
        &self,
        config: &ConfigFile,
        registry: &str,
        repository: &str,
        malformed: impl Fn(String) -> CredentialsError,
    ) -> Result<Option<Credential>, CredentialsError> {
        let hosts = names_of(registry);
        let own = hosts.iter().find_map(|host| {
            let helper = config.cred_helpers.as_ref()?.get(host)?;
            (!helper.is_empty()).then_some((host, helper))
        });
        if let Some((host, helper)) = own {
            return self.helpers.ask(helper, host).await;
        }
        if let Some(auths) = &config.auths {
            let only_auths = serde_json::json!({ "auths": auths }).to_string();
            // podman keeps credentials for parts of a registry too: the longest name is the closest one.
            let mut names = prefixes(registry, repository);
            names.extend(hosts.iter().cloned());
            for name in names {
                match get_credential_from_reader(only_auths.as_bytes(), &name) {
                    Ok(found) => return Ok(Some(found.into())),
                    Err(CredentialRetrievalError::NoCredentialConfigured) => {}
                    Err(error) => return Err(malformed(error.to_string())),
                }
            }
        }
        match (&config.creds_store, hosts.first()) {
            (Some(helper), Some(host)) if !helper.is_empty() => {
                self.helpers.ask(helper, host).await
            }
            _ => Ok(None),
        }
    }
}

pub(super) fn read(file: &PathBuf, path: &str) -> Result<Option<Vec<u8>>, CredentialsError> {
    let error = |source| CredentialsError::File {
        path: path.into(),
        source,
    };
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(error(other)),
    };
    let mut bytes = Vec::new();
    opened
        .take(limits::CREDENTIALS_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(error)?;
    if bytes.len() as u64 > limits::CREDENTIALS_BYTES {
        return Err(CredentialsError::Malformed {
            path: path.into(),
            reason: format!("larger than {} bytes", limits::CREDENTIALS_BYTES),
        });
    }
    Ok(Some(bytes))
}

/// Names under which a registry's credentials are kept, the usual one first.
fn names_of(registry: &str) -> Vec<String> {
    match registry {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => {
            vec![
                DOCKER_HUB.into(),
                "index.docker.io".into(),
                "docker.io".into(),
            ]
        }
        other => vec![other.into(), format!("https://{other}")],
    }
}

/// `HOST/a/b/c`, `HOST/a/b`, `HOST/a`.
fn prefixes(registry: &str, repository: &str) -> Vec<String> {
    let mut name = format!("{registry}/{repository}");
    let mut all = Vec::new();
    while name.len() > registry.len() {
        all.push(name.clone());
        name.truncate(name.rfind('/').unwrap_or_default());
    }
    all
}

impl From<DockerCredential> for Credential {
    fn from(found: DockerCredential) -> Self {
        match found {
            DockerCredential::IdentityToken(token) => Self::IdentityToken(Secret::new(token)),
            DockerCredential::UsernamePassword(username, password) => Self::Password {
                username,
                password: Secret::new(password),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/registry");

    fn environment(pairs: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
        Credentials::from_lookup(|name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    async fn shown(credentials: &Credentials, registry: &str, repository: &str) -> String {
        match credentials.find(registry, repository).await {
            Ok(Some(Credential::Password { username, password })) => {
                format!("{username}:{}", password.expose())
            }
            Ok(Some(Credential::IdentityToken(token))) => format!("token {}", token.expose()),
            Ok(None) => "none".into(),
            Err(error) => format!("error: {error}"),
        }
    }

    fn fixture(name: &str) -> Credentials {
        let folder = format!("{FIXTURES}/{name}");
        environment(&[("DOCKER_CONFIG", &folder), ("PATH", FIXTURES)]).unwrap()
    }

    #[tokio::test]
    async fn the_pair_of_the_environment_is_for_the_registries_it_names_and_no_other() {
        let credentials = environment(&[
            ("EVIDENCE_REGISTRY", "ghcr.io, 127.0.0.1:5000"),
            ("EVIDENCE_REGISTRY_USERNAME", "me"),
            ("EVIDENCE_REGISTRY_PASSWORD", "pw"),
        ])
        .unwrap();

        assert_eq!(shown(&credentials, "ghcr.io", "a/b").await, "me:pw");
        assert_eq!(shown(&credentials, "127.0.0.1:5000", "a").await, "me:pw");
        assert_eq!(shown(&credentials, "quay.io", "a/b").await, "none");
        assert!(!format!("{credentials:?}").contains("pw"));
    }

    #[test]
    fn a_pair_for_no_registry_or_half_a_pair_is_an_error() {
        let user = ("EVIDENCE_REGISTRY_USERNAME", "me");
        let password = ("EVIDENCE_REGISTRY_PASSWORD", "pw");

        assert!(environment(&[user, password]).is_err());
        assert!(environment(&[user]).is_err());
        assert!(environment(&[password]).is_err());
    }

    #[tokio::test]
    async fn docker_s_file_is_read_with_its_legacy_name_and_podman_s_prefixes() {
        let credentials = fixture("docker");

        assert_eq!(
            shown(&credentials, "docker.io", "library/alpine").await,
            "hub:s3cret:colon"
        );
        assert_eq!(
            shown(&credentials, "ghcr.io", "org/team/app").await,
            "team:t"
        );
        assert_eq!(
            shown(&credentials, "ghcr.io", "other/app").await,
            "token refresh"
        );
        assert_eq!(shown(&credentials, "quay.io", "a").await, "none");
    }

    #[tokio::test]
    async fn helpers_are_asked_for_their_registry_and_the_store_for_the_rest() {
        let credentials = fixture("helpers");

        assert_eq!(
            shown(&credentials, "helped.example", "a").await,
            "user-of-helped.example:from helper"
        );
        assert_eq!(
            shown(&credentials, "token.example", "a").await,
            "token from helper"
        );
        assert_eq!(shown(&credentials, "unknown.example", "a").await, "none");
        let failed = shown(&credentials, "broken.example", "a").await;
        assert!(failed.contains("it failed"), "{failed}");
        let absent = shown(&credentials, "absent.example", "a").await;
        assert!(
            absent.contains("no program docker-credential-absent"),
            "{absent}"
        );
    }

    #[tokio::test]
    async fn a_malformed_file_is_an_error_that_shows_none_of_it_and_a_missing_one_is_none() {
        let malformed = shown(&fixture("malformed"), "ghcr.io", "a").await;

        assert!(malformed.starts_with("error:"), "{malformed}");
        assert!(!malformed.contains("hunter2"), "{malformed}");
        assert_eq!(shown(&fixture("no-such"), "ghcr.io", "a").await, "none");
    }
}
