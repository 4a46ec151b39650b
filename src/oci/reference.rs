//! References to images: in a registry, or in an image layout on disk.

use crate::model::Digest;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Docker's registry, which a reference without a host means.
const DOCKER_HUB: &str = "docker.io";

/// Where an image is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ImageRef {
    /// In a registry: `HOST[:PORT]/REPOSITORY[:TAG][@sha256:…]`.
    Registry(Reference),
    /// In an image layout on disk: `oci:DIR[:TAG|@sha256:…]`.
    Layout {
        /// The folder with `index.json`.
        dir: PathBuf,
        /// Which image of it; none when it holds just one.
        select: Option<Selector>,
    },
}

/// Which image of a repository or layout.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Selector {
    /// By tag.
    Tag(String),
    /// By digest.
    Digest(Digest),
}

/// A reference to an image in a registry (distribution spec, "Pulling manifests").
///
/// As docker reads it: without a host it is `docker.io`, without a namespace there `library/`, without tag and
/// digest `latest`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// Host and port.
    pub registry: String,
    /// Repository.
    pub repository: String,
    /// Tag, as written.
    pub tag: Option<String>,
    /// Digest, as written. Where there is one, it alone says which image is meant.
    pub digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is no image reference: {reason}")]
pub struct ReferenceError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl FromStr for ImageRef {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason| ReferenceError {
            text: text.into(),
            reason,
        };
        let Some(rest) = text.strip_prefix("oci:") else {
            // A host's name is written in lower case, and would then be read as a layout.
            return match text.get(..4) {
                Some(start) if start.eq_ignore_ascii_case("oci:") => {
                    Err(error("an image layout is written oci: in lower case"))
                }
                _ => text.parse().map(Self::Registry),
            };
        };
        let (dir, select) = if let Some((dir, digest)) = rest.rsplit_once('@') {
            let digest = digest
                .parse()
                .map_err(|_| error("the digest is not sha256: and 64 hex digits"))?;
            (dir, Some(Selector::Digest(digest)))
        } else {
            // A colon before the last slash belongs to the folder's name.
            match rest.rsplit_once(':') {
                Some((dir, tag)) if !tag.contains('/') => {
                    if !is_tag(tag) {
                        return Err(error("the tag has characters that no tag has"));
                    }
                    (dir, Some(Selector::Tag(tag.into())))
                }
                _ => (rest, None),
            }
        };
        if dir.is_empty() {
            return Err(error("the folder is missing"));
        }
        Ok(Self::Layout {
            dir: dir.into(),
            select,
        })
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason| ReferenceError {
            text: text.into(),
            reason,
        };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (
                name,
                Some(
                    digest
                        .parse()
                        .map_err(|_| error("the digest is not sha256: and 64 hex digits"))?,
                ),
            ),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(error("the tag has characters that no tag has"));
        }
        let (registry, repository) = match name.split_once('/') {
            Some((host, rest)) if says_host(host) => {
                if !is_host(host) {
                    return Err(error("the registry's host is not plain"));
                }
                (registry_of(host), rest.to_owned())
            }
            _ => (DOCKER_HUB.into(), name.to_owned()),
        };
        let repository = match registry == DOCKER_HUB && !repository.contains('/') {
            true => format!("library/{repository}"),
            false => repository,
        };
        if !is_repository(&repository) {
            return Err(error(
                "a repository has lower-case letters, digits and . _ - between slashes",
            ));
        }
        Ok(Self {
            registry,
            repository,
            tag: tag.map(Into::into),
            digest,
        })
    }
}

impl Reference {
    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn selector(&self) -> Selector {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Selector::Digest(*digest),
            (None, Some(tag)) => Selector::Tag(tag.clone()),
            (None, None) => Selector::Tag("latest".into()),
        }
    }

    /// The same repository, that digest.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            tag: None,
            ..self.clone()
        }
    }

    /// Whether the registry is on this machine, by name or address.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.registry)
    }
}

/// Whether `HOST[:PORT]` is `localhost` or a loopback address.
pub fn is_loopback_host(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// One name for each registry, however it is written: a policy must not be met, nor missed, by another spelling.
fn registry_of(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match without(without(&host, ":443"), ".") {
        "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB.into(),
        other => other.into(),
    }
}

/// The host without this end, unless it would then be read as a repository of Docker's registry.
fn without<'a>(host: &'a str, end: &str) -> &'a str {
    host.strip_suffix(end)
        .filter(|rest| says_host(rest))
        .unwrap_or(host)
}

/// Whether what stands before the first slash is a host, and not a part of a repository.
fn says_host(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost"
}

fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// `NAME[:PORT]`, the name with one dot at its end or none, or `[ADDRESS][:PORT]`.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_name = || {
        let labels = name.strip_suffix('.').unwrap_or(name).split('.');
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        labels
            .into_iter()
            .all(|label| !label.is_empty() && label.bytes().all(plain))
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
    };
    port.is_none_or(is_port)
        && match address {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_name(),
        }
}

fn is_repository(name: &str) -> bool {
    name.len() <= 255
        && name.split('/').all(|part| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        })
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => reference.fmt(f),
            Self::Layout { dir, select } => {
                write!(f, "oci:{}", dir.display())?;
                match select {
                    Some(Selector::Tag(tag)) => write!(f, ":{tag}"),
                    Some(Selector::Digest(digest)) => write!(f, "@{digest}"),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_as_docker_reads_them() {
        let full: Reference = "ghcr.io/intelgraph/api:v1.0.0".parse().unwrap();
        assert_eq!(
            (full.registry.as_str(), full.repository.as_str()),
            ("ghcr.io", "intelgraph/api")
        );
        assert_eq!(full.selector(), Selector::Tag("v1.0.0".into()));
        assert_eq!(
            "alpine".parse::<Reference>().unwrap().to_string(),
            "docker.io/library/alpine"
        );
        let port: Reference = "127.0.0.1:5000/shop/api".parse().unwrap();
        assert_eq!(port.registry, "127.0.0.1:5000");
        assert!(port.is_loopback() && !full.is_loopback());
    }

    #[test]
    fn a_registry_has_one_name_however_it_is_written() {
        for (written, meant) in [
            ("GHCR.io/o/app:v1", "ghcr.io/o/app:v1"),
            ("ghcr.io:443/o/app", "ghcr.io/o/app"),
            ("ghcr.io./o/app", "ghcr.io/o/app"),
            ("index.docker.io/o/app", "docker.io/o/app"),
            ("docker.io/alpine", "docker.io/library/alpine"),
            ("127.0.0.1:5000/o", "127.0.0.1:5000/o"),
            ("[::1]:443/o", "[::1]/o"),
            // Without its port it would be a namespace of docker.io.
            ("registry:443/o/app", "registry:443/o/app"),
            ("registry./o/app", "registry./o/app"),
            ("registry.:443/o/app", "registry./o/app"),
        ] {
            let read = written.parse::<Reference>().unwrap();
            assert_eq!(read.to_string(), meant);
            assert_eq!(meant.parse(), Ok(read), "{written}");
        }
    }

    #[test]
    fn a_reference_that_could_reach_elsewhere_is_refused() {
        for text in [
            "",
            "a/../b",
            "host.io/A",
            "host.io/a:ta g",
            "host.io/a@sha256:12",
            "h.io/a@sha512:00",
            "x y/z",
            // Once read as another registry is written, they would be read as a third.
            "host.io:443:443/a",
            "host.io:443./a",
            "host.io../a",
            ".host.io/a",
            "host.io:/a",
            "host.io:70000/a",
            "[::1/a",
            "[host.io]/a",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
        assert!(!is_loopback_host("127.0.0.1.evil.example"));
    }

    #[test]
    fn a_layout_is_not_taken_for_a_registry_because_of_its_case() {
        let error = "OCI:50/app".parse::<ImageRef>().unwrap_err();

        assert_eq!(
            error.reason,
            "an image layout is written oci: in lower case"
        );
    }

    #[test]
    fn a_layout_on_disk_is_named_by_folder_and_tag_or_digest() {
        let tag: ImageRef = "oci:a/b:v1".parse().unwrap();
        assert_eq!(
            tag,
            ImageRef::Layout {
                dir: "a/b".into(),
                select: Some(Selector::Tag("v1".into()))
            }
        );
        let digest = Digest::of(b"");
        let by_digest: ImageRef = format!("oci:a:b/c@{digest}").parse().unwrap();
        assert_eq!(
            by_digest,
            ImageRef::Layout {
                dir: "a:b/c".into(),
                select: Some(Selector::Digest(digest))
            }
        );
    }
}
