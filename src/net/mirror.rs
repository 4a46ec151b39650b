//! Registries that have copies of another's content.
//!
//! What is asked for by digest is safe to take from anywhere: a mirror that lies is found out and the registry itself
//! is asked. Which digest a tag has, and what is attached to an image, is the word of whoever is asked; so only a mirror
//! that is named with `+resolve` is asked for those. Such a mirror can offer an old image, or hide a signature that it
//! lists others beside; it can forge nothing. What it does not have, the registry itself is asked for.

use crate::oci::Reference;
use std::str::FromStr;

/// A mirror of one registry, written `HOST=MIRROR[/PREFIX][+resolve]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mirror {
    /// The registry that it mirrors.
    of: String,
    host: String,
    prefix: Option<String>,
    resolves: bool,
}

/// Why a text names no mirror.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a mirror is HOST=MIRROR[/PREFIX][+resolve], such as docker.io=mirror.example/hub")]
pub struct MirrorError;

impl FromStr for Mirror {
    type Err = MirrorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (of, place) = text.split_once('=').ok_or(MirrorError)?;
        let (place, resolves) = match place.strip_suffix("+resolve") {
            Some(place) => (place, true),
            None => (place, false),
        };
        let mirrored = any_repository(of)?;
        let mirror = any_repository(place)?;
        // Docker's registry has what has no namespace below `library`.
        let repository = mirrored.repository.strip_prefix("library/");
        if repository.unwrap_or(&mirrored.repository) != ANY {
            return Err(MirrorError);
        }
        Ok(Self {
            of: mirrored.registry,
            host: mirror.registry,
            prefix: match mirror.repository.strip_suffix(ANY) {
                Some("") | None => None,
                Some(prefix) => Some(prefix.trim_end_matches('/').into()),
            },
            resolves,
        })
    }
}

impl Mirror {
    /// Where the mirror has the repository, if it mirrors that registry and, where its word would count
    /// (`to_resolve`), is trusted with that.
    pub(super) fn place(&self, reference: &Reference, to_resolve: bool) -> Option<Reference> {
        if self.of != reference.registry || (to_resolve && !self.resolves) {
            return None;
        }
        let repository = match &self.prefix {
            Some(prefix) => format!("{prefix}/{}", reference.repository),
            None => reference.repository.clone(),
        };
        Some(Reference {
            registry: self.host.clone(),
            repository,
            ..reference.clone()
        })
    }
}

const ANY: &str = "any";

/// A repository at this place, which tells whether the place is one.
fn any_repository(place: &str) -> Result<Reference, MirrorError> {
    let (host, _) = place.split_once('/').unwrap_or((place, ""));
    let reference: Reference = format!("{place}/{ANY}").parse().map_err(|_| MirrorError)?;
    // Without a dot or port the reference would be one of docker.io.
    if reference.registry != host || reference.tag.is_some() || reference.digest.is_some() {
        return Err(MirrorError);
    }
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(mirror: &str, reference: &str, to_resolve: bool) -> Option<String> {
        let mirror: Mirror = mirror.parse().unwrap();
        let place = mirror.place(&reference.parse().unwrap(), to_resolve)?;
        Some(format!("{}/{}", place.registry, place.repository))
    }

    #[test]
    fn a_mirror_has_the_repositories_of_its_registry_below_its_prefix() {
        let hub = "docker.io=mirror.lan:5000/hub/copies";
        let found = placed(hub, "alpine", false);
        assert_eq!(
            found.as_deref(),
            Some("mirror.lan:5000/hub/copies/library/alpine")
        );
        let found = placed("ghcr.io=mirror.lan", "ghcr.io/a/b", false);
        assert_eq!(found.as_deref(), Some("mirror.lan/a/b"));
        assert_eq!(placed(hub, "ghcr.io/a/b", false), None);
    }

    #[test]
    fn only_a_mirror_that_resolves_is_asked_for_tags() {
        assert_eq!(placed("ghcr.io=m.lan", "ghcr.io/a/b", true), None);
        let found = placed("ghcr.io=m.lan+resolve", "ghcr.io/a/b", true);
        assert_eq!(found.as_deref(), Some("m.lan/a/b"));
    }

    #[test]
    fn what_names_no_two_hosts_is_no_mirror() {
        for text in [
            "",
            "ghcr.io",
            "ghcr.io=",
            "=m.lan",
            "ghcr.io=mirror",
            "ghcr.io/a=m.lan",
            "ghcr.io=https://m.lan",
            "ghcr.io=me:pw@m.lan",
            "ghcr.io=m.lan/a:b",
            "ghcr.io=m.lan+Resolve",
            "ghcr.io=m.lan/../x",
        ] {
            assert_eq!(text.parse::<Mirror>(), Err(MirrorError), "{text}");
        }
    }
}
