//! The release before: who signed for it, and where its bundle is.

use super::diagnostic::Problems;
use super::model::Config;
use super::plan::{Binding, rules, version};
use super::template::Placeholder;
use crate::model::IdentityRule;
use std::collections::BTreeMap;

/// The release before: its tag, and who signed for it.
pub(super) struct Before<'c> {
    pub(super) tag: &'c str,
    pub(super) rules: BTreeMap<&'c str, IdentityRule>,
}

/// The same identities with what the release before fills in; none where nothing is compared with it.
pub(super) fn before<'c>(
    config: &'c Config,
    binding: &Binding,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    problems: &mut Problems,
) -> Option<Before<'c>> {
    let previous = config.release.previous.as_ref()?;
    let mut sboms = config.images.iter().flat_map(|image| &image.sboms);
    if !sboms.any(|sbom| sbom.drift.is_some()) {
        return None;
    }
    let binding = Binding {
        tag: previous.tag.clone(),
        version: None,
        ..binding.clone()
    };
    let version = version(config, &binding);
    let fill = |placeholder| match placeholder {
        Placeholder::Tag => binding.tag.clone(),
        Placeholder::Version => version.clone(),
        // Nobody knows it here: whoever signs with the commit in the name is not found, and the comparison not met.
        Placeholder::Commit => "0".repeat(binding.commit.len()),
        Placeholder::Stage => binding.stage.clone(),
        Placeholder::Phase => String::new(),
    };
    Some(Before {
        tag: &previous.tag,
        rules: rules(config, &fill, read, problems),
    })
}

/// Where the bundle of the release before is, relative to the repository's root; none when there is no such release.
///
/// What the configuration names, else what it calls a bundle, with that release's tag and version.
pub fn previous_bundle(config: &Config) -> Option<String> {
    let previous = config.release.previous.as_ref()?;
    if let Some(path) = &previous.bundle {
        return Some(path.clone());
    }
    let binding = Binding {
        tag: previous.tag.clone(),
        commit: String::new(),
        version: None,
        stage: "tag".into(),
        config_path: None,
    };
    let version = version(config, &binding);
    let name = config.release.package.value.fill(|placeholder| {
        let text = match placeholder {
            Placeholder::Tag => &binding.tag,
            Placeholder::Version => &version,
            Placeholder::Commit => &binding.commit,
            Placeholder::Stage => &binding.stage,
            Placeholder::Phase => return String::new(),
        };
        text.replace('/', "-")
    });
    Some(name)
}
