//! How registries are reached: CAs, mirrors, plain http, time.

use super::exit::{CliError, Exit};
use super::files;
use clap::Args;
use evidence::model::limits;
use evidence::net::{Credentials, Http, HttpOptions, Mirror, Registry, RegistryOptions};
use std::path::PathBuf;
use std::time::Duration;

/// Requests under way at the same time, where a command has no flag for it.
pub(crate) const DEFAULT_CONCURRENCY: usize = 16;
/// Default of `--registry-timeout`.
const SECONDS: u32 = 120;
/// On each flag: a heading for all that follow would take the command's own flags in.
const HEADING: &str = "Registries";
/// How much longer than one request an image may take, with all that is attached to it.
const REQUESTS_PER_IMAGE: u32 = 5;

/// How registries are reached.
#[derive(Args, Clone, Debug)]
pub(crate) struct RegistryFlags {
    /// Trust this PEM file's CAs too for registries' TLS; repeatable.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "FILE",
        value_delimiter = ',',
        env = "EVIDENCE_REGISTRY_CA"
    )]
    registry_ca: Vec<PathBuf>,
    /// Read content of HOST from this mirror first, by digest; with +resolve, tags and lists of referrers too, which
    /// are then the mirror's word; repeatable.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "HOST=MIRROR[/PREFIX][+resolve]",
        value_delimiter = ',',
        env = "EVIDENCE_REGISTRY_MIRROR"
    )]
    registry_mirror: Vec<Mirror>,
    /// Ask this registry over http; repeatable. INSECURE: anyone on the way sees the credentials. Registries on this
    /// machine always are.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "HOST[:PORT]",
        value_delimiter = ',',
        env = "EVIDENCE_PLAIN_HTTP"
    )]
    plain_http: Vec<String>,
    /// Seconds for one request with all its retries; an image may take five times as long.
    #[arg(
        long,
        help_heading = HEADING,
        value_name = "SECONDS",
        default_value_t = SECONDS,
        value_parser = clap::value_parser!(u32).range(1..=86_400),
        env = "EVIDENCE_REGISTRY_TIMEOUT"
    )]
    registry_timeout: u32,
}

impl Default for RegistryFlags {
    fn default() -> Self {
        Self {
            registry_ca: Vec::new(),
            registry_mirror: Vec::new(),
            plain_http: Vec::new(),
            registry_timeout: SECONDS,
        }
    }
}

impl RegistryFlags {
    /// A client for all registries, with this process's credentials. Reads the CA files; asks nobody anything.
    ///
    /// At most `concurrency` requests are under way at the same time.
    pub(crate) fn registry(&self, concurrency: usize) -> Result<Registry, CliError> {
        let mut http = HttpOptions::default();
        for path in &self.registry_ca {
            let pem = files::read_named(path, limits::CONFIG_BYTES)?;
            // Each file alone first, so that the error can name it.
            Http::new(&HttpOptions {
                roots: vec![pem.clone()],
                ..HttpOptions::default()
            })
            .map_err(|error| {
                CliError::usage(format!("{} holds no CA certificates", path.display()))
                    .detail(error.to_string())
            })?;
            http.roots.push(pem);
        }
        let seconds = Duration::from_secs(self.registry_timeout.into());
        let http = Http::new(&http.within(seconds))
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        let credentials = Credentials::from_environment()
            .map_err(|error| CliError::from_error(Exit::Usage, &error))?;
        let options = RegistryOptions {
            plain_http: self.plain_http.iter().cloned().collect(),
            mirrors: self.registry_mirror.clone(),
            image_deadline: seconds * REQUESTS_PER_IMAGE,
            concurrency,
        };
        Ok(Registry::new(http, credentials, options))
    }
}
