//! Whom to trust, by cosign's flags.

use super::exit::{CliError, Exit};
use super::files;
use clap::Args;
use evidence::model::identity::Pattern;
use evidence::model::{Identity, IdentityRule, limits};
use evidence::sigstore::identity::check_rule;
use evidence::sigstore::trust::{PUBLIC_GOOD, PrivateCa, public_good_json};
use evidence::sigstore::{Key, Options, Roots};
use std::path::PathBuf;

/// Whom to trust.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Trust")]
pub(super) struct TrustFlags {
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
    /// Accept signatures by this public key, a PEM file; repeatable, any of them will do.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_KEY")]
    key: Vec<PathBuf>,
    /// Trust this trusted_root.json, or `public-good` [default: public-good]; repeatable.
    #[arg(long, value_name = "FILE", env = "EVIDENCE_TRUSTED_ROOT")]
    trusted_root: Vec<PathBuf>,
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

/// Whom to trust, read and checked.
#[derive(Debug)]
pub(super) struct Trust {
    /// Any of these signers; empty when none was named.
    pub rules: Vec<IdentityRule>,
    /// Roots.
    pub roots: Roots,
    /// The rules' keys.
    pub keys: Vec<Key>,
    /// How strictly.
    pub options: Options,
}

impl TrustFlags {
    /// Reads the files that are named and checks the rules; warns on stderr.
    ///
    /// `public_good` says whether the built-in root is used when no flag names one.
    /// Rules may be empty: [`missing_identity`] is the error for that, once it is known who signed.
    pub(super) fn build(&self, public_good: bool) -> Result<Trust, CliError> {
        let (keys, mut rules) = self.read_keys()?;
        rules.extend(self.certificate_rule()?);
        for rule in &rules {
            let warnings =
                check_rule(rule).map_err(|error| CliError::from_error(Exit::Usage, &error))?;
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
        }
        if self.insecure_ignore_tlog {
            eprintln!(
                "WARNING: --insecure-ignore-tlog: signatures that no transparency log recorded are accepted.\n\
                 WARNING: a stolen key would go unnoticed. Do not gate a release on this."
            );
        }
        Ok(Trust {
            rules,
            roots: self.read_roots(public_good)?,
            keys,
            options: Options {
                ignore_tlog: self.insecure_ignore_tlog,
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
        match (subject, issuer) {
            (None, None) => Ok(None),
            (Some(subject), Some(issuer)) if self.key.is_empty() => {
                Ok(Some(IdentityRule::Certificate { subject, issuer }))
            }
            (Some(_), Some(_)) => Err(CliError::usage(
                "--key and --certificate-identity exclude each other",
            )
            .hint("a policy file can accept either")),
            _ => Err(
                CliError::usage("a certificate is accepted by identity and issuer together")
                    .hint("give --certificate-identity and --certificate-oidc-issuer"),
            ),
        }
    }

    fn read_roots(&self, public_good: bool) -> Result<Roots, CliError> {
        let mut roots = Roots::none();
        let unusable = |error| CliError::from_error(Exit::Usage, &error);
        if let Some((name, ca)) = self.read_private_ca()? {
            for (base, json) in self.read_bases(public_good)? {
                let name = format!("{name} with {base}");
                roots
                    .add_private_ca(&name, &ca, Some(&json))
                    .map_err(unusable)?;
            }
            return Ok(roots);
        }
        if self.trusted_root.is_empty() && public_good {
            roots.add_public_good().map_err(unusable)?;
        }
        for path in &self.trusted_root {
            if path.as_os_str() == PUBLIC_GOOD {
                roots.add_public_good().map_err(unusable)?;
            } else {
                let json = files::read_named(path, limits::DOCUMENT_BYTES)?;
                files::add_root(&mut roots, &path.display().to_string(), &json)?;
            }
        }
        Ok(roots)
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

    /// Names and JSON of the roots whose logs and timestamp authorities a private CA uses.
    fn read_bases(&self, public_good: bool) -> Result<Vec<(String, Vec<u8>)>, CliError> {
        let built_in = || {
            (
                PUBLIC_GOOD.to_owned(),
                public_good_json().as_bytes().to_vec(),
            )
        };
        let mut bases = Vec::new();
        if self.trusted_root.is_empty() && public_good {
            bases.push(built_in());
        }
        for path in &self.trusted_root {
            bases.push(if path.as_os_str() == PUBLIC_GOOD {
                built_in()
            } else {
                let json = files::read_named(path, limits::DOCUMENT_BYTES)?;
                (path.display().to_string(), json)
            });
        }
        Ok(bases)
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
