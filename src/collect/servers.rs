//! The servers that the configuration names, with their secrets from environment or file.

use super::auth::ServerAuth;
use super::grafana::{GrafanaServer, RENDER_SECONDS};
use super::prometheus::PrometheusServer;
use crate::config::model::{Config, Credentials, HeaderSource, SecretSource, Server};
use crate::model::redact::Secret;
use crate::net::http::Url;
use crate::net::{Http, HttpError, HttpOptions};
use crate::secrets::Known;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

/// Bytes of a file that holds a secret or a CA.
const FILE_BYTES: u64 = 1 << 20;

/// Time in which a query is answered; servers compute before they send the first byte.
const QUERY_TIME: Duration = Duration::from_secs(60);

/// Servers by name, each with a client that trusts its CA.
#[derive(Debug, Default)]
pub struct Servers {
    /// Prometheus servers.
    pub prometheus: BTreeMap<String, (Http, PrometheusServer)>,
    /// Grafana servers.
    pub grafana: BTreeMap<String, (Http, GrafanaServer)>,
}

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A variable that holds a secret is not set.
    #[error("server {server}: the environment variable {variable} is not set")]
    Variable {
        /// Name of the server.
        server: String,
        /// Name of the variable.
        variable: String,
    },
    /// A file cannot be read.
    #[error("server {server}: cannot read {path}")]
    File {
        /// Name of the server.
        server: String,
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The URL is none.
    #[error("server {server}: its url is no URL")]
    Url {
        /// Name of the server.
        server: String,
    },
    /// Its CA is none.
    #[error("server {server}")]
    Http {
        /// Name of the server.
        server: String,
        /// Why.
        #[source]
        source: HttpError,
    },
}

impl Servers {
    /// Reads secrets and CAs. Paths are relative to `dir`, the configuration's folder.
    ///
    /// # Errors
    /// When a secret or CA is not there.
    pub fn load(
        config: &Config,
        dir: &Path,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ServerError> {
        let mut servers = Self::default();
        for (name, prometheus) in &config.prometheus {
            let loader = Loader {
                name,
                dir,
                environment,
            };
            let (url, auth, http) =
                loader.load(&prometheus.server, HttpOptions::patient(QUERY_TIME))?;
            let server = PrometheusServer::new(url, auth, prometheus.chunk_points);
            servers.prometheus.insert(name.clone(), (http, server));
        }
        for (name, grafana) in &config.grafana {
            let loader = Loader {
                name,
                dir,
                environment,
            };
            // A picture takes long; the server gives up before we do, and says why.
            let options = HttpOptions::patient(Duration::from_secs((RENDER_SECONDS + 30).into()));
            let (url, auth, http) = loader.load(grafana, options)?;
            servers
                .grafana
                .insert(name.clone(), (http, GrafanaServer { url, auth }));
        }
        Ok(servers)
    }
}

impl Servers {
    /// The credentials of all servers.
    pub fn known(&self) -> Vec<Known> {
        let prometheus = (self.prometheus.iter()).flat_map(|(name, (_, server))| {
            server
                .auth
                .known(&format!("prometheus {name}"), &server.url)
        });
        let grafana = (self.grafana.iter()).flat_map(|(name, (_, server))| {
            server.auth.known(&format!("grafana {name}"), &server.url)
        });
        prometheus.chain(grafana).collect()
    }
}

struct Loader<'a, E> {
    name: &'a str,
    dir: &'a Path,
    environment: &'a E,
}

impl<E: Fn(&str) -> Option<String>> Loader<'_, E> {
    fn load(
        &self,
        server: &Server,
        mut options: HttpOptions,
    ) -> Result<(Url, ServerAuth, Http), ServerError> {
        let url = Url::parse(&server.url).map_err(|_| ServerError::Url {
            server: self.name.into(),
        })?;
        let mut auth = ServerAuth::default();
        match &server.credentials {
            Some(Credentials::Bearer(source)) => auth.bearer = Some(self.secret(source)?),
            Some(Credentials::Basic { username, password }) => {
                auth.basic = Some((username.clone(), self.secret(password)?));
            }
            None => {}
        }
        for (header, source) in &server.headers {
            match source {
                HeaderSource::Plain(text) => {
                    auth.plain_headers.push((header.clone(), text.clone()))
                }
                HeaderSource::Secret(source) => {
                    auth.headers.push((header.clone(), self.secret(source)?))
                }
            }
        }
        if let Some(path) = &server.ca_file {
            options.roots.push(self.read(path)?);
        }
        let http = Http::new(&options).map_err(|source| ServerError::Http {
            server: self.name.into(),
            source,
        })?;
        Ok((url, auth, http))
    }

    fn secret(&self, source: &SecretSource) -> Result<Secret, ServerError> {
        match source {
            SecretSource::Env(variable) => (self.environment)(variable)
                .filter(|value| !value.is_empty())
                .map(Secret::new)
                .ok_or_else(|| ServerError::Variable {
                    server: self.name.into(),
                    variable: variable.clone(),
                }),
            SecretSource::File(path) => {
                let bytes = self.read(path)?;
                Ok(Secret::new(
                    String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']),
                ))
            }
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ServerError> {
        let error = |source| ServerError::File {
            server: self.name.into(),
            path: path.into(),
            source,
        };
        let file = std::fs::File::open(self.dir.join(path)).map_err(error)?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(error)?;
        if bytes.len() as u64 > FILE_BYTES {
            let reason = format!("it has more than {FILE_BYTES} bytes");
            return Err(error(std::io::Error::other(reason)));
        }
        Ok(bytes)
    }
}
