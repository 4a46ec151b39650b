//! `--policy FILE`.

use super::exit::{CliError, Exit};
use super::files;
use super::output::plain;
use super::roots;
use evidence::config;
use evidence::model::policy::{Policy, PolicyRoot};
use evidence::model::{IdentityRule, limits};
use evidence::sigstore::trust::{Key, Roots};
use std::path::Path;

/// Reads a policy; files that it names are relative to its folder.
pub(crate) fn load(path: &Path) -> Result<Policy, CliError> {
    let text = files::read_named(path, limits::CONFIG_BYTES)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut read = |name: &str| files::read(&folder.join(name), limits::DOCUMENT_BYTES).ok();
    config::parse_policy(&text, &path.display().to_string(), &mut read).map_err(|diagnostics| {
        let text = diagnostics.to_string();
        let mut lines = text.lines();
        let mut error = CliError::usage(plain(lines.next().unwrap_or("the policy is wrong")));
        error.details = lines.map(|line| plain(line.trim_start())).collect();
        error
    })
}

/// Adds the policy's roots.
pub(crate) fn add_roots(policy: &Policy, to: &mut Roots) -> Result<(), CliError> {
    for root in &policy.trusted_roots {
        match root {
            PolicyRoot::Instance(instance) => roots::add_instance(to, *instance)?,
            PolicyRoot::Json { path, bytes } => files::add_root(to, path, bytes)?,
        }
    }
    Ok(())
}

/// Every key that the policy names: signatures may have been made with any of them.
pub(crate) fn keys(policy: &Policy) -> Result<Vec<Key>, CliError> {
    let images = policy.images.values();
    let rules = images.flat_map(|image| {
        image
            .signed_by
            .iter()
            .chain(image.sboms.iter().flat_map(|sbom| &sbom.signed_by))
    });
    policy
        .seal
        .iter()
        .chain(rules)
        .filter_map(|rule| match rule {
            IdentityRule::Key { pem } => Some(pem),
            IdentityRule::Certificate { .. } => None,
        })
        .map(|pem| {
            Key::parse(pem.as_bytes()).map_err(|error| CliError::from_error(Exit::Usage, &error))
        })
        .collect()
}
