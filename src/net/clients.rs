//! The connection pools below [`super::Http`], each made when the first request needs it.

use super::http::{HttpOptions, Url};
use super::http_error::HttpError;
use crate::oci::reference::is_loopback_host;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use std::sync::OnceLock;

/// One pool for each way to reach a server; a server always has the same one.
#[derive(Debug)]
pub(super) struct Clients {
    options: HttpOptions,
    roots: Vec<Certificate>,
    /// Plain http on this machine: needs neither a proxy nor the system's certificates, which take long to read.
    plain: Slot,
    /// https on this machine, which no proxy reaches.
    local: Slot,
    /// All others, through the proxies that the environment names.
    remote: Slot,
}

type Slot = OnceLock<Result<Client, String>>;

impl Clients {
    /// Reads the options' certificates; opens nothing.
    pub(super) fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        let mut roots = Vec::new();
        for pem in &options.roots {
            let parsed = Certificate::from_pem_bundle(pem)
                .map_err(|error| HttpError::Setup(error.to_string()))?;
            if parsed.is_empty() {
                return Err(HttpError::Setup("a CA file holds no certificate".into()));
            }
            roots.extend(parsed);
        }
        let this = Self {
            options: options.clone(),
            roots,
            plain: Slot::new(),
            local: Slot::new(),
            remote: Slot::new(),
        };
        if !this.roots.is_empty() {
            // Only now is it looked inside the PEM: a wrong file is told before anything is asked for.
            build(this.builder().tls_certs_only(this.roots.clone())).map_err(HttpError::Setup)?;
        }
        Ok(this)
    }

    /// The pool for this address.
    pub(super) fn of(&self, url: &Url) -> Result<&Client, HttpError> {
        let is_local = url.host_str().is_some_and(is_loopback_host);
        let made = match (is_local, url.scheme()) {
            (true, "http") => self.plain.get_or_init(|| {
                let builder = self.builder().no_proxy();
                build(builder.tls_certs_only(Vec::new()))
            }),
            (true, _) => self.local.get_or_init(|| {
                let builder = self.builder().no_proxy();
                build(builder.tls_certs_merge(self.roots.clone()))
            }),
            (false, _) => self
                .remote
                .get_or_init(|| build(self.builder().tls_certs_merge(self.roots.clone()))),
        };
        made.as_ref()
            .map_err(|reason| HttpError::Setup(reason.clone()))
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .user_agent(concat!("evidence/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            // Tries are counted and their waits bounded above.
            .retry(reqwest::retry::never())
            // Bodies are evidence: as they came, whichever decoders another crate switched on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .tls_info(true)
            .connect_timeout(self.options.connect_timeout)
            .read_timeout(self.options.stall_timeout)
            .timeout(self.options.timeout)
            .pool_max_idle_per_host(self.options.idle_connections)
    }
}

fn build(builder: ClientBuilder) -> Result<Client, String> {
    builder.build().map_err(|error| {
        // "builder error" alone helps nobody.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    })
}
