//! What makes two entries of two documents the same package.

use super::PackageUrl;
use super::text::shown;
use crate::sbom::document::Package;
use std::borrow::Cow;
use std::{fmt, mem};

/// A package without its version.
///
/// Of a package URL the type, namespace, name and subpath count, and those qualifiers that tell artifacts of one version
/// apart: `arch` everywhere, `classifier` and `type` (unless it is the default, `jar`) of Maven, `platform` of gems,
/// `subdir` of conda, `uuid` of Julia. All others say where a package came from or which version it is, and may change
/// with a release: `distro`, `epoch`, `upstream`, `repository_url`, `vcs_url`, `download_url`, `checksum`.
///
/// A package without a package URL is known by its purpose and name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Identity<'a> {
    /// By its package URL.
    Purl {
        /// The ecosystem.
        kind: Cow<'a, str>,
        /// Parts split by `/`.
        namespace: Cow<'a, str>,
        /// Its name there.
        name: Cow<'a, str>,
        /// Qualifiers that count, sorted.
        qualifiers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
        /// Parts split by `/`.
        subpath: Cow<'a, str>,
    },
    /// By its name.
    Name {
        /// In lower case, without what formats write differently (`OPERATING-SYSTEM`, `operatingSystem`); empty when
        /// the document says none.
        purpose: Cow<'a, str>,
        /// As it stands.
        name: &'a str,
    },
}

/// A package's identity and version.
#[derive(Clone, Debug)]
pub struct Identified<'a> {
    /// What it is.
    pub identity: Identity<'a>,
    /// Which it is: the package's own version, that of its package URL where it has none; never empty. An epoch that
    /// only the package URL has is put before it (`1:2.3-4`), an epoch of 0 is left out.
    pub version: Option<Cow<'a, str>>,
    /// Whether the document has a package URL for it that is none.
    pub has_broken_purl: bool,
}

impl<'a> Identified<'a> {
    /// Identifies a package.
    ///
    /// Of several package URLs the first in order counts, not the first of the document: their order there means
    /// nothing.
    pub fn of(package: &'a Package<'_>) -> Self {
        let mut found: Option<(Identity<'a>, Version<'a>)> = None;
        let mut has_broken_purl = false;
        for text in package.purl.iter().chain(&package.more_purls) {
            match PackageUrl::parse(text) {
                Ok(purl) => {
                    let next = split(purl);
                    match &found {
                        Some(best) if best.0 <= next.0 => {}
                        _ => found = Some(next),
                    }
                }
                Err(_) => has_broken_purl = true,
            }
        }
        let stated = package.version.as_deref().map(str::trim);
        let stated = stated.filter(|version| !version.is_empty());
        let (identity, version) = match found {
            Some((identity, version)) => (identity, version.or_stated(stated)),
            None => (by_name(package), stated.map(Cow::Borrowed)),
        };
        Self {
            identity,
            version,
            has_broken_purl,
        }
    }
}

impl<'a> Identity<'a> {
    /// The identity that a package URL gives.
    pub fn of(purl: PackageUrl<'a>) -> Self {
        split(purl).0
    }

    /// The ecosystem whose rules order its versions, empty when it is not known.
    pub fn ecosystem(&self) -> &str {
        match self {
            Self::Purl { kind, .. } => kind,
            Self::Name { .. } => "",
        }
    }
}

/// A package URL without version, percent-encoded; a name as it may be shown.
impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purl {
                kind,
                namespace,
                name,
                qualifiers,
                subpath,
            } => {
                let pairs = qualifiers.iter();
                let purl = PackageUrl {
                    kind: kind.as_ref().into(),
                    namespace: namespace.as_ref().into(),
                    name: name.as_ref().into(),
                    version: None,
                    qualifiers: pairs
                        .map(|(k, v)| (k.as_ref().into(), v.as_ref().into()))
                        .collect(),
                    subpath: subpath.as_ref().into(),
                };
                purl.fmt(f)
            }
            Self::Name { name, .. } => f.write_str(&shown(name)),
        }
    }
}

fn by_name<'a>(package: &'a Package<'_>) -> Identity<'a> {
    let purpose = package.purpose.as_deref().unwrap_or_default();
    let purpose = match purpose.bytes().all(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Borrowed(purpose),
        false => {
            let letters = purpose.chars().filter(char::is_ascii_alphanumeric);
            Cow::Owned(letters.map(|c| c.to_ascii_lowercase()).collect())
        }
    };
    let name = package.name.trim();
    Identity::Name { purpose, name }
}

/// What a package URL says of a version.
struct Version<'a> {
    version: Option<Cow<'a, str>>,
    has_epochs: bool,
    epoch: Option<Cow<'a, str>>,
}

fn split(mut purl: PackageUrl<'_>) -> (Identity<'_>, Version<'_>) {
    let has_epochs = matches!(purl.kind.as_ref(), "alpm" | "deb" | "rpm");
    let mut epoch = None;
    let kind = purl.kind.as_ref();
    purl.qualifiers
        .retain_mut(|(key, value)| match (kind, key.as_ref()) {
            (_, "arch") => true,
            ("maven", "type") => value != "jar",
            ("maven", "classifier") | ("gem", "platform") => true,
            ("conda", "subdir") | ("julia", "uuid") => true,
            (_, "epoch") if has_epochs => {
                epoch = Some(mem::take(value));
                false
            }
            _ => false,
        });
    let version = Version {
        version: purl.version,
        has_epochs,
        epoch,
    };
    let identity = Identity::Purl {
        kind: purl.kind,
        namespace: purl.namespace,
        name: purl.name,
        qualifiers: purl.qualifiers,
        subpath: purl.subpath,
    };
    (identity, version)
}

impl<'a> Version<'a> {
    /// The version that is stated elsewhere, its own where none is; with the epoch.
    fn or_stated(self, stated: Option<&'a str>) -> Option<Cow<'a, str>> {
        let version = stated.map(Cow::Borrowed).or(self.version)?;
        if !self.has_epochs {
            return Some(version);
        }
        match (version.split_once(':'), self.epoch.as_deref()) {
            (Some(("0", rest)), _) => Some(Cow::Owned(rest.to_owned())),
            (None, Some(epoch)) if epoch != "0" => Some(Cow::Owned(format!("{epoch}:{version}"))),
            _ => Some(version),
        }
    }
}
