//! `--policy FILE`.

use super::exit::{CliError, Exit};
use super::files;
use super::output::plain;
use super::roots;
use super::trust_flags::warn;
use evidence::config;
use evidence::model::policy::{Policy, PolicyRoot};
use evidence::model::{IdentityRule, limits};
use evidence::sigstore::identity::check_rule;
use evidence::sigstore::trust::{Key, Roots};
use std::path::Path;

/// Reads a policy and checks its rules; warns on stderr. Files that it names are relative to its folder.
pub(crate) fn load(path: &Path) -> Result<Policy, CliError> {
    let policy = parse(path)?;
    let mut warnings = Vec::new();
    for (place, rule) in policy.rules() {
        let found = check_rule(rule).map_err(|error| {
            CliError::from_error(Exit::Usage, &error).detail(format!(
                "in {}: {}",
                path.display(),
                plain(&place)
            ))
        })?;
        warnings.extend(found.iter().map(ToString::to_string));
    }
    warn(&warnings);
    Ok(policy)
}

fn parse(path: &Path) -> Result<Policy, CliError> {
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
    policy
        .rules()
        .map(|(_, rule)| rule)
        .filter_map(|rule| match rule {
            IdentityRule::Key { pem } => Some(pem),
            IdentityRule::Certificate { .. } => None,
        })
        .map(|pem| {
            Key::parse(pem.as_bytes()).map_err(|error| CliError::from_error(Exit::Usage, &error))
        })
        .collect()
}
