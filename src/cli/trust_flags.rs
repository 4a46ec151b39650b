//! Whom to trust, by cosign's flags or by a policy.

use super::exit::{CliError, Exit};
use super::roots::FoundRoot;
use super::{files, policy_file};
use clap::Args;
use evidence::model::identity::{CertificateClaim, Pattern};
use evidence::model::{Identity, IdentityRule, Instance, Policy, Signers, Timestamp, limits};
use evidence::sigstore::identity::check_rule;
use evidence::sigstore::trust::PrivateCa;
use evidence::sigstore::{Key, Options, Roots};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Whom to trust.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Trust")]
pub(super) struct TrustFlags {
    /// Who may seal and sign, and what is demanded, in one file.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_POLICY")]
    pub(super) policy: Option<PathBuf>,
    /// Accept certificates for this e-mail address or URI.
    #[arg(long, value_name = "SUBJECT", env = "EVIDENCE_CERTIFICATE_IDENTITY")]
    certificate_identity: Option<String>,
    /// Accept certificates whose whole subject matches this regular expression.
    #[arg(
        long,
        value_name = "REGEXP",
        env = "EVIDENCE_CERTIFICATE_IDENTITY_REGEXP"
    )]
    certificate_identity_regexp: Option<String>,
    /// Accept certificates that this OIDC issuer stands behind.
    #[arg(long, value_name = "URL", env = "EVIDENCE_CERTIFICATE_OIDC_ISSUER")]
    certificate_oidc_issuer: Option<String>,
    /// Accept certificates whose whole OIDC issuer matches this regular expression.
    #[arg(
        long,
        value_name = "REGEXP",
        env = "EVIDENCE_CERTIFICATE_OIDC_ISSUER_REGEXP"
    )]
    certificate_oidc_issuer_regexp: Option<String>,
    #[command(flatten)]
    claims: ClaimFlags,
    /// Accept signatures by this public key, a PEM file; repeatable, any of them will do.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_KEY")]
    key: Vec<PathBuf>,
    /// Trust this trusted_root.json or .jsonl, or `public-good`, `staging`, `github`, `tuf:NAME` [default:
    /// public-good]; repeatable.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_TRUSTED_ROOT")]
    trusted_root: Vec<PathBuf>,
    /// Trust this Sigstore instance instead: public-good, staging or github.
    #[arg(
        long,
        value_name = "NAME",
        env = "EVIDENCE_INSTANCE",
        conflicts_with = "trusted_root"
    )]
    instance: Option<Instance>,
    /// Trust certificates of a private CA: its root certificates, a PEM file. Logs and timestamp authorities stay those
    /// of the trusted root.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_CA_ROOTS")]
    ca_roots: Option<PathBuf>,
    /// Intermediate certificates of the private CA, a PEM file.
    #[arg(
        long,
        value_name = "FILE",
        requires = "ca_roots",
        env = "EVIDENCE_CA_INTERMEDIATES"
    )]
    ca_intermediates: Option<PathBuf>,
    /// Trust certificates of a private CA: its chain up to the root, a PEM file.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "ca_roots",
        env = "EVIDENCE_CERTIFICATE_CHAIN"
    )]
    certificate_chain: Option<PathBuf>,
    /// Accept signatures that no transparency log recorded. INSECURE: nobody could notice a stolen key.
    #[arg(long, env = "EVIDENCE_INSECURE_IGNORE_TLOG")]
    insecure_ignore_tlog: bool,
}

/// What the certificate must say about the CI run. The first five are cosign's, whose values are those of the old
/// extensions 1.2 to 1.6; a certificate that has only their successors is accepted by the same values.
#[derive(Args, Clone, Debug)]
struct ClaimFlags {
    /// Accept only certificates for runs of this repository: `OWNER/REPO` of github.com, or `HOST/OWNER/REPO`.
    #[arg(
        long,
        value_name = "REPOSITORY",
        env = "EVIDENCE_CERTIFICATE_GITHUB_WORKFLOW_REPOSITORY"
    )]
    certificate_github_workflow_repository: Option<String>,
    /// Accept only certificates for runs on this ref, such as `refs/tags/v1.0.0`.
    #[arg(
        long,
        value_name = "REF",
        env = "EVIDENCE_CERTIFICATE_GITHUB_WORKFLOW_REF"
    )]
    certificate_github_workflow_ref: Option<String>,
    /// Accept only certificates for runs of the workflow of this name.
    #[arg(
        long,
        value_name = "NAME",
        env = "EVIDENCE_CERTIFICATE_GITHUB_WORKFLOW_NAME"
    )]
    certificate_github_workflow_name: Option<String>,
    /// Accept only certificates for runs on this commit.
    #[arg(
        long,
        value_name = "SHA",
        env = "EVIDENCE_CERTIFICATE_GITHUB_WORKFLOW_SHA"
    )]
    certificate_github_workflow_sha: Option<String>,
    /// Accept only certificates for runs that this event triggered, such as `push`.
    #[arg(
        long,
        value_name = "EVENT",
        env = "EVIDENCE_CERTIFICATE_GITHUB_WORKFLOW_TRIGGER"
    )]
    certificate_github_workflow_trigger: Option<String>,
    /// Accept only certificates for runs in this deployment environment.
    #[arg(
        long,
        value_name = "ENVIRONMENT",
        env = "EVIDENCE_CERTIFICATE_ENVIRONMENT"
    )]
    certificate_environment: Option<String>,
}

/// Whom to trust, read and checked.
#[derive(Debug)]
pub(super) struct Trust {
    /// Who must have signed, by flags; nobody when none was named there.
    pub signers: Signers,
    /// The policy, where one was named; its identities are not among `signers`.
    pub policy: Option<Policy>,
    /// Roots: the policy's, and the flags'.
    pub roots: Roots,
    /// Keys of the flags and of the policy.
    pub keys: Vec<Key>,
    /// How strictly.
    pub options: Options,
}

impl Trust {
    /// Whose signature on a single file is accepted: the flags' signers, else whoever may seal by the policy.
    pub(super) fn file_signers(&self) -> Signers {
        match &self.policy {
            Some(policy) if self.signers.is_empty() => Signers::any_of(policy.seal.clone()),
            _ => self.signers.clone(),
        }
    }
}

impl TrustFlags {
    /// Reads the files that are named and checks the rules; warns on stderr.
    ///
    /// The built-in root is used when neither flags nor policy name one; the flags' come on top of the policy's.
    /// Nobody may be named: [`missing_identity`] is the error for that, once it is known who signed.
    pub(super) fn build(&self) -> Result<Trust, CliError> {
        let policy = self.policy.as_deref().map(policy_file::load).transpose()?;
        let (mut keys, mut rules) = self.read_keys()?;
        rules.extend(self.certificate_rule()?);
        let mut warnings = Vec::new();
        for rule in &rules {
            let found =
                check_rule(rule).map_err(|error| CliError::from_error(Exit::Usage, &error))?;
            warnings.extend(found.iter().map(ToString::to_string));
        }
        warn(&warnings);
        if self.insecure_ignore_tlog {
            eprintln!(
                "WARNING: --insecure-ignore-tlog: signatures that no transparency log recorded are accepted.\n\
                 WARNING: a stolen key would go unnoticed. Do not gate a release on this."
            );
        }
        let names_roots = policy
            .as_ref()
            .is_some_and(|policy| !policy.trusted_roots.is_empty());
        let mut roots = self.read_roots(!names_roots)?;
        if let Some(policy) = &policy {
            policy_file::add_roots(policy, &mut roots)?;
            keys.extend(policy_file::keys(policy)?);
        }
        Ok(Trust {
            signers: Signers::any_of(rules),
            policy,
            roots,
            keys,
            options: Options {
                ignore_tlog: self.insecure_ignore_tlog,
                now: Some(Timestamp::now()),
            },
        })
    }

    fn read_keys(&self) -> Result<(Vec<Key>, Vec<IdentityRule>), CliError> {
        let mut keys = Vec::new();
        let mut rules = Vec::new();
        for path in &self.key {
            let bytes = files::read_named(path, limits::CONFIG_BYTES)?;
            let key = Key::parse(&bytes).map_err(|error| {
                CliError::usage(format!("{} is no public key", path.display()))
                    .detail(error.to_string())
            })?;
            rules.push(IdentityRule::Key { pem: key.pem() });
            keys.push(key);
        }
        Ok((keys, rules))
    }

    fn certificate_rule(&self) -> Result<Option<IdentityRule>, CliError> {
        let pattern =
            |flag: &str, exact: &Option<String>, regexp: &Option<String>| match (exact, regexp) {
                (Some(_), Some(_)) => Err(CliError::usage(format!(
                    "--{flag} and --{flag}-regexp exclude each other"
                ))),
                (Some(text), None) => Ok(Some(Pattern::Exact(text.clone()))),
                (None, Some(text)) => Ok(Some(Pattern::Regexp(text.clone()))),
                (None, None) => Ok(None),
            };
        let subject = pattern(
            "certificate-identity",
            &self.certificate_identity,
            &self.certificate_identity_regexp,
        )?;
        let issuer = pattern(
            "certificate-oidc-issuer",
            &self.certificate_oidc_issuer,
            &self.certificate_oidc_issuer_regexp,
        )?;
        let claims = self.claims.read()?;
        if subject.is_none() && issuer.is_none() && claims.is_empty() {
            return Ok(None);
        }
        let is_somebody = subject.is_some() || claims.contains_key(&CertificateClaim::Repository);
        match issuer {
            Some(issuer) if is_somebody && self.key.is_empty() => {
                Ok(Some(IdentityRule::Certificate {
                    subject,
                    issuer,
                    claims,
                }))
            }
            Some(_) if is_somebody => Err(CliError::usage(
                "--key and --certificate-identity exclude each other",
            )
            .hint("a policy file can accept either")),
            _ if claims.is_empty() => Err(CliError::usage(
                "a certificate is accepted by identity and issuer together",
            )
            .hint("give --certificate-identity and --certificate-oidc-issuer")),
            _ => Err(CliError::usage(
                "what a certificate says of the CI run counts only with its issuer, and with an identity or a repository",
            )
            .hint(
                "give --certificate-oidc-issuer, and --certificate-identity or --certificate-github-workflow-repository",
            )),
        }
    }

    fn read_roots(&self, public_good: bool) -> Result<Roots, CliError> {
        let mut found = Roots::none();
        let unusable = |error| CliError::from_error(Exit::Usage, &error);
        let bases = self.read_bases(public_good)?;
        match self.read_private_ca()? {
            Some(_) if bases.is_empty() => {
                return Err(CliError::usage(
                    "a private CA needs a trusted root for logs and timestamp authorities",
                )
                .hint("name it on the command line too: --trusted-root FILE"));
            }
            Some((name, ca)) => {
                for base in bases {
                    let name = format!("{name} with {}", base.name);
                    found
                        .add_private_ca(&name, &ca, Some(&base.json))
                        .map_err(unusable)?;
                }
            }
            None => {
                for base in bases {
                    base.add_to(&mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// The roots that are named; those whose logs and timestamp authorities a private CA uses.
    fn read_bases(&self, public_good: bool) -> Result<Vec<FoundRoot>, CliError> {
        let default = public_good.then_some(Instance::PublicGood);
        match self.instance.or(default) {
            Some(instance) if self.trusted_root.is_empty() => {
                Ok(vec![FoundRoot::instance(instance)?])
            }
            _ => {
                let named = self.trusted_root.iter();
                named.map(|path| FoundRoot::by_name(path)).collect()
            }
        }
    }

    fn read_private_ca(&self) -> Result<Option<(String, PrivateCa)>, CliError> {
        let read = |path: &PathBuf| files::read_named(path, limits::DOCUMENT_BYTES);
        let (path, ca) = match (&self.ca_roots, &self.certificate_chain) {
            (Some(path), _) => {
                let intermediates = self.ca_intermediates.as_ref().map(read).transpose()?;
                let ca = PrivateCa::from_roots(&read(path)?, intermediates.as_deref());
                (path, ca)
            }
            (None, Some(path)) => (path, PrivateCa::from_chain(&read(path)?)),
            (None, None) => return Ok(None),
        };
        let ca = ca.map_err(|error| {
            CliError::usage(format!("{} holds no private CA", path.display()))
                .detail(error.to_string())
        })?;
        Ok(Some((path.display().to_string(), ca)))
    }
}

impl ClaimFlags {
    fn read(&self) -> Result<BTreeMap<CertificateClaim, Pattern>, CliError> {
        let repository = self.certificate_github_workflow_repository.as_deref();
        let repository = repository.map(full_repository).transpose()?;
        let claims = [
            (CertificateClaim::Repository, &repository),
            (CertificateClaim::Ref, &self.certificate_github_workflow_ref),
            (
                CertificateClaim::WorkflowName,
                &self.certificate_github_workflow_name,
            ),
            (
                CertificateClaim::Commit,
                &self.certificate_github_workflow_sha,
            ),
            (
                CertificateClaim::Trigger,
                &self.certificate_github_workflow_trigger,
            ),
            (CertificateClaim::Environment, &self.certificate_environment),
        ];
        let given = claims.into_iter().filter_map(|(claim, text)| {
            let text = text.as_ref()?;
            Some((claim, Pattern::Exact(text.clone())))
        });
        Ok(given.collect())
    }
}

/// cosign takes `OWNER/REPO`, as the old extension had it, which left out the host.
fn full_repository(text: &str) -> Result<String, CliError> {
    let plain = text.strip_prefix("https://").unwrap_or(text);
    let parts: Vec<&str> = plain.split('/').collect();
    if parts.iter().any(|part| part.is_empty()) || parts.len() < 2 {
        return Err(CliError::usage(format!("{text:?} is no repository"))
            .hint("OWNER/REPO of github.com, or HOST/OWNER/REPO"));
    }
    Ok(match parts.len() {
        2 => format!("github.com/{plain}"),
        _ => plain.into(),
    })
}

/// Says each warning once on stderr.
pub(super) fn warn(warnings: &[String]) {
    for (at, warning) in warnings.iter().enumerate() {
        if !warnings.iter().take(at).any(|said| said == warning) {
            eprintln!("warning: {}", super::output::plain(warning));
        }
    }
}

/// The error when nobody was named whom to accept. `signers` are those whose signature holds.
pub(super) fn missing_identity(signers: &[(String, Identity)]) -> CliError {
    let mut error = CliError::usage("no identity or key was given that is to be accepted");
    for (subject, identity) in signers {
        error = error.detail(format!("{subject}: signed by {identity}"));
    }
    if !signers.is_empty() {
        error = error.detail(
            "this is what the signatures say and no recommendation: anyone can get a certificate",
        );
    }
    error.hint(
        "name who must have signed: --certificate-identity and --certificate-oidc-issuer, or --key",
    )
}
