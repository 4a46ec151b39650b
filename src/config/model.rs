//! The configuration as values.

use super::choices::Choice;
use super::derived::Derived;
use super::diagnostic::Spot;
use super::gates::Gate;
use super::identity::IdentitySource;
use super::redact::{Allowance, Redact};
use super::template::Template;
use crate::model::expectation::SbomFormat;
use crate::model::{
    DashboardExpectation, DriftLimits, Instance, MetricExpectation, Phase, SbomChecks, VulnLimits,
};
use std::collections::{BTreeMap, BTreeSet};

/// `evidence.yaml`, version 1: every name in it is known, every value is of its kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Name of the file, for diagnostics.
    pub file: String,
    /// What is released.
    pub release: ReleaseSection,
    /// Signers by name.
    pub identities: BTreeMap<String, IdentitySource>,
    /// Where signatures on images are anchored; the public-good root when the configuration names none.
    pub trusted_roots: Vec<RootSource>,
    /// Images, in the order of the text.
    pub images: Vec<Image>,
    /// Prometheus servers by name.
    pub prometheus: BTreeMap<String, Prometheus>,
    /// Grafana servers by name.
    pub grafana: BTreeMap<String, Server>,
    /// Named moments by name.
    pub phases: BTreeMap<String, Phase>,
    /// Names of the phases that a stage's bundle holds, by the stage; none when each holds all.
    pub stages: Option<Spot<BTreeMap<String, BTreeSet<String>>>>,
    /// Queries, in the order of the text.
    pub metrics: Vec<Metric>,
    /// What is computed from metrics, in the order of the text.
    pub derived: Vec<Derived>,
    /// Gates, in the order of the text.
    pub gates: Vec<Gate>,
    /// Dashboards, in the order of the text.
    pub dashboards: Vec<Dashboard>,
    /// Files, in the order of the text.
    pub files: Vec<FileSet>,
    /// Vulnerability scans, in the order of the text.
    pub scans: Vec<Scan>,
    /// Commands, in the order of the text.
    pub commands: Vec<Command>,
    /// What documents leave open, in the order of the text.
    pub choices: Vec<Choice>,
    /// What is blanked before it is hashed, in the order of the text.
    pub redact: Vec<Redact>,
    /// What looks like a secret and is none.
    pub allowed: Vec<Allowance>,
}

/// What is released.
#[derive(Clone, Debug)]
pub struct ReleaseSection {
    /// `github.com/OWNER/REPO`.
    pub repository: String,
    /// The version; the tag without a leading `v` when none is given.
    pub version: Option<Template>,
    /// File name of the bundle.
    pub package: Spot<Template>,
    /// The release before.
    pub previous: Option<Previous>,
}

/// The release before.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Its tag.
    pub tag: String,
    /// Where its bundle is, relative to the repository's root: what `package` makes of its tag when none is given.
    pub bundle: Option<String>,
}

/// A trusted root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RootSource {
    /// The root of an instance that is known by name.
    Instance(Instance),
    /// A `trusted_root.json`, relative to the configuration's folder.
    File(Spot<String>),
}

/// A container image.
#[derive(Clone, Debug)]
pub struct Image {
    /// Id of its item.
    pub name: Spot<String>,
    /// Where it is.
    pub reference: Spot<Template>,
    /// Names of identities: of each group one must have signed; empty when no signature is asked for.
    pub signed_by: Vec<Vec<String>>,
    /// SBOMs that must be attested for it.
    pub sboms: Vec<Sbom>,
}

/// An SBOM of an image.
#[derive(Clone, Debug)]
pub struct Sbom {
    /// Its format.
    pub format: SbomFormat,
    /// Names of identities: of each group one must have signed; the image's own when it names none.
    pub signed_by: Vec<Vec<String>>,
    /// What else is demanded of it.
    pub checks: SbomChecks,
    /// How far it may have moved since the release before; not compared when none is given.
    pub drift: Option<Spot<DriftLimits>>,
}

/// Where a secret is; never the secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file.
    File(String),
}

/// How to sign in to a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// RFC 6750.
    Bearer(SecretSource),
    /// RFC 7617.
    Basic {
        /// The user's name.
        username: String,
        /// The password.
        password: SecretSource,
    },
}

/// The value of a request header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HeaderSource {
    /// As written, such as a tenant's name.
    Plain(String),
    /// From elsewhere.
    Secret(SecretSource),
}

/// A server.
#[derive(Clone, Debug)]
pub struct Server {
    /// `http(s)://HOST[:PORT][/PATH]`, without a slash at its end, user, query or fragment.
    pub url: String,
    /// How to sign in.
    pub credentials: Option<Credentials>,
    /// Request headers by name.
    pub headers: BTreeMap<String, HeaderSource>,
    /// PEM file with the CAs that may stand behind its certificate.
    pub ca_file: Option<String>,
}

/// A Prometheus server.
#[derive(Clone, Debug)]
pub struct Prometheus {
    /// The server.
    pub server: Server,
    /// Points asked for in one request, 1 to 11,000.
    pub chunk_points: u64,
}

/// A query.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is captured; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// What should be seen.
    pub expectation: MetricExpectation,
}

/// A dashboard or panel.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is captured; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// What should be seen.
    pub expectation: DashboardExpectation,
}

/// Files of the repository.
#[derive(Clone, Debug)]
pub struct FileSet {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is captured; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// Glob, relative to the repository's root; `*` and `?` stop at a slash, `**` does not.
    pub path: Spot<Template>,
    /// RFC 6838 media type of each.
    pub media_type: Option<String>,
}

/// A report of a vulnerability scanner.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The report, relative to the repository's root.
    pub path: Spot<Template>,
    /// A file that says from when the scanner's database is.
    pub database: Option<Spot<Template>>,
    /// VEX documents.
    pub vex: Vec<Spot<Template>>,
    /// Name of the image that was scanned.
    pub image: Option<String>,
    /// What the report may say.
    pub limits: VulnLimits,
}

/// A command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Id of its item.
    pub id: Spot<String>,
    /// For people.
    pub title: String,
    /// The phases in which it is captured; none when at no special moment.
    pub phases: Vec<Spot<String>>,
    /// Program and arguments; no shell reads them.
    pub run: Vec<String>,
    /// Exit code that is wanted.
    pub exit_code: i32,
    /// Names of the environment variables that it may see.
    pub env: Vec<String>,
    /// Longest run, in milliseconds.
    pub timeout_ms: u64,
}
