//! In-process services for `evidence demo` and the black-box tests: real protocols on loopback, and trust that is
//! made anew at each start. Nothing is embedded anywhere, and every certificate says DEMO.

mod attach;
mod ca;
mod clock;
mod ctlog;
mod error;
mod grafana;
mod images;
mod jws;
mod merkle;
mod oidc;
mod prometheus;
mod registry;
mod rekor;
mod sbom;
mod service;
mod signing;
#[cfg(test)]
mod tests;
mod tls;
mod trust;
mod tsa;
mod x509;

pub use clock::Clock;
pub use error::{Refusal, SandboxError};
pub use grafana::GrafanaMode;
pub use images::{PublishedImage, PublishedImages};
pub use oidc::{AUDIENCE, Caller, Claims, Workflow};
pub use prometheus::{Incident, MetricsOptions};
pub use sbom::{CYCLONEDX, SPDX};
pub use signing::{Content, Defect, Format, LocalKey, SignRequest, Signed, SignedBy};
pub use tls::TlsIdentity;

use crate::model::{Digest, Timestamp};
use ca::Fulcio;
use grafana::Grafana;
use oidc::Issuer;
use prometheus::{Prometheus, Store};
use registry::Registry;
use rekor::Rekor;
use service::Running;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use trust::Anchors;
use tsa::TimestampAuthority;

/// A service of the sandbox.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Service {
    /// OCI registry.
    Registry,
    /// OIDC issuer, and the token endpoint of CI runners.
    Issuer,
    /// Certificate authority.
    Fulcio,
    /// Transparency log.
    Rekor,
    /// Timestamp authority.
    Tsa,
    /// Metrics server.
    Prometheus,
    /// Dashboards.
    Grafana,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry => "registry",
            Self::Issuer => "issuer",
            Self::Fulcio => "certificate authority",
            Self::Rekor => "transparency log",
            Self::Tsa => "timestamp authority",
            Self::Prometheus => "metrics server",
            Self::Grafana => "dashboard server",
        })
    }
}

/// What a sandbox is to be like.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The release workflow: whose tokens the CI endpoint hands out, and who signs the demo's images.
    pub workflow: Workflow,
    /// Tag of the release, and of its images.
    pub tag: String,
    /// The time that the services believe in.
    pub clock: Clock,
    /// Whether the registry has the referrers API.
    pub referrers_api: bool,
    /// How Grafana behaves at first.
    pub grafana: GrafanaMode,
    /// What the metrics show.
    pub metrics: MetricsOptions,
}

impl SandboxOptions {
    /// A release of this repository (`ORG/NAME`), by its release workflow, at this tag and commit.
    pub fn release(repository: &str, tag: &str, commit: &str) -> Self {
        Self {
            workflow: Workflow::release(repository, tag, commit),
            tag: tag.into(),
            clock: Clock::System,
            referrers_api: true,
            grafana: GrafanaMode::Healthy,
            metrics: MetricsOptions::default(),
        }
    }
}

/// The running services. They end when it is dropped.
pub struct Sandbox {
    options: SandboxOptions,
    running: BTreeMap<Service, Running>,
    registry: Arc<Registry>,
    issuer: Arc<Issuer>,
    fulcio: Arc<Fulcio>,
    rekor: Arc<Rekor>,
    tsa: Arc<TimestampAuthority>,
    grafana: Arc<Grafana>,
    trusted_root: String,
    signing_config: String,
}

impl Sandbox {
    /// Makes new keys and starts every service on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port, or a key or certificate cannot be made.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let clock = options.clock;
        // Timestamps are in whole seconds: one of this very second must not lie before the start.
        let now = clock.now();
        let from = now.checked_sub(Duration::from_secs(60)).unwrap_or(now);
        let mut running = BTreeMap::new();

        let (listener, address) = service::listen().await?;
        let issuer_url = format!("http://{address}");
        let caller = Caller::Workflow(options.workflow.clone());
        let issuer = Arc::new(Issuer::new(issuer_url.clone(), clock, caller)?);
        let router = issuer.clone().router();
        running.insert(Service::Issuer, Running::serve(listener, address, router));

        let registry = Arc::new(Registry::new(options.referrers_api));
        let fulcio = Arc::new(Fulcio::new(issuer.clone(), clock)?);
        let rekor = Arc::new(Rekor::new(clock)?);
        let tsa = Arc::new(TimestampAuthority::new(clock)?);
        let prometheus = Arc::new(Prometheus::new(Store::new(options.metrics.clone(), clock)));
        let grafana = Arc::new(Grafana::new(options.grafana, prometheus.clone()));
        for (service, router) in [
            (Service::Registry, registry.clone().router()),
            (Service::Fulcio, fulcio.clone().router()),
            (Service::Rekor, rekor.clone().router()),
            (Service::Tsa, tsa.clone().router()),
            (Service::Prometheus, prometheus.router()),
            (Service::Grafana, grafana.clone().router()),
        ] {
            let (listener, address) = service::listen().await?;
            running.insert(service, Running::serve(listener, address, router));
        }

        let anchors = Anchors {
            from,
            fulcio_url: url(&running, Service::Fulcio),
            fulcio_chain: fulcio.chain()?,
            ctlog_spki: fulcio.ctlog().spki()?,
            rekor_url: url(&running, Service::Rekor),
            rekor_spki: rekor.spki()?,
            tsa_url: format!("{}/api/v1/timestamp", url(&running, Service::Tsa)),
            tsa_chain: tsa.chain()?,
        };
        Ok(Self {
            trusted_root: anchors.trusted_root()?,
            signing_config: anchors.signing_config(&issuer_url)?,
            options,
            running,
            registry,
            issuer,
            fulcio,
            rekor,
            tsa,
            grafana,
        })
    }

    /// Closes a service: whoever asks it meets a refused connection.
    pub async fn stop(&mut self, service: Service) {
        if let Some(running) = self.running.get_mut(&service) {
            running.stop().await;
        }
    }

    /// Starts a stopped service again, at its address and with all that it knew.
    ///
    /// # Errors
    /// When its port has been taken.
    pub async fn restart(&mut self, service: Service) -> Result<(), SandboxError> {
        match self.running.get_mut(&service) {
            Some(running) => running.start().await,
            None => Ok(()),
        }
    }

    /// Host and port of the registry, as image references begin.
    pub fn registry(&self) -> String {
        self.running
            .get(&Service::Registry)
            .map_or_else(String::new, |running| running.address().to_string())
    }

    /// URL of a service, without a slash at the end.
    pub fn url(&self, service: Service) -> String {
        url(&self.running, service)
    }

    /// URL at which timestamps are asked for.
    pub fn tsa_url(&self) -> String {
        format!("{}/api/v1/timestamp", self.url(Service::Tsa))
    }

    /// URL of the OIDC issuer, as its tokens and certificates name it.
    pub fn issuer_url(&self) -> &str {
        self.issuer.url()
    }

    /// The `trusted_root.json` of this sandbox's keys.
    pub fn trusted_root_json(&self) -> &str {
        &self.trusted_root
    }

    /// The signing config (version 0.2) of this sandbox's services.
    pub fn signing_config_json(&self) -> &str {
        &self.signing_config
    }

    /// An identity token.
    ///
    /// # Errors
    /// When the issuer's key does not sign.
    pub fn identity_token(&self, claims: &Claims) -> Result<String, SandboxError> {
        self.issuer.issue(claims)
    }

    /// The environment that a GitHub runner gives to a job which may ask for tokens: names and values.
    pub fn ambient_environment(&self) -> [(&'static str, String); 3] {
        let url = format!("{}/token?api-version=2.0", self.issuer_url());
        [
            ("GITHUB_ACTIONS", "true".into()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            (
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                self.issuer.request_token().into(),
            ),
        ]
    }

    /// Makes Grafana behave otherwise from now on.
    pub fn set_grafana_mode(&self, mode: GrafanaMode) {
        self.grafana.set_mode(mode);
    }

    /// The release workflow.
    pub fn workflow(&self) -> &Workflow {
        &self.options.workflow
    }

    /// Makes this the release workflow: of images, and of the tokens that the CI endpoint hands out.
    ///
    /// For whoever learns the commit only after the services have started, because it holds their addresses.
    pub fn set_workflow(&mut self, workflow: Workflow) {
        self.issuer.set_ambient(Caller::Workflow(workflow.clone()));
        self.options.workflow = workflow;
    }

    /// The release's tag.
    pub fn tag(&self) -> &str {
        &self.options.tag
    }

    /// The time that the services believe in.
    pub fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// What the registry has been asked, newest last: method and path.
    pub fn registry_requests(&self) -> Vec<String> {
        self.registry.requests()
    }

    /// Entries in the log.
    pub fn log_size(&self) -> usize {
        self.rekor.size()
    }

    /// Pushes a manifest as it is, to be found by its digest and, where given, a tag.
    pub fn push_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Digest {
        self.registry
            .put_manifest(repository, tag, media_type, bytes)
    }

    /// Pushes a blob as it is.
    pub fn push_blob(&self, repository: &str, bytes: Vec<u8>) -> Digest {
        self.registry.put_blob(repository, bytes)
    }

    fn store(&self) -> &Registry {
        &self.registry
    }

    fn fulcio(&self) -> &Fulcio {
        &self.fulcio
    }

    fn rekor(&self) -> &Rekor {
        &self.rekor
    }

    fn authority(&self) -> &TimestampAuthority {
        &self.tsa
    }
}

/// Shows addresses, never keys or tokens.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self
            .running
            .iter()
            .map(|(service, running)| (service, running.address()));
        f.debug_map().entries(addresses).finish()
    }
}

fn url(running: &BTreeMap<Service, Running>, service: Service) -> String {
    running.get(&service).map_or_else(String::new, |running| {
        format!("http://{}", running.address())
    })
}
