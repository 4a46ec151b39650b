//! What an SBOM lists, as a set that matches are looked up in.

use super::key;
use super::report::PackageRef;
use crate::sbom::document::Sbom;
use std::collections::HashSet;

/// Packages that an SBOM lists, by package URL without qualifiers and by name with version.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    purls: HashSet<String>,
    named: HashSet<(String, String)>,
}

impl Inventory {
    /// The packages of an SBOM, what it describes among them.
    pub fn of(sbom: &Sbom<'_>) -> Self {
        let mut inventory = Self::default();
        inventory.add(sbom);
        inventory
    }

    /// Adds another SBOM's: the one of a further platform.
    pub fn add(&mut self, sbom: &Sbom<'_>) {
        for package in &sbom.packages {
            for text in package.purl.iter().chain(&package.more_purls) {
                self.purls
                    .extend(key::purl(text).map(|purl| key::release(&purl)));
            }
            let version = package.version.as_deref().unwrap_or_default();
            self.named
                .insert((package.name.clone().into_owned(), version.into()));
        }
    }

    /// Adds what another inventory lists.
    pub fn merge(&mut self, other: &Self) {
        self.purls.extend(other.purls.iter().cloned());
        self.named.extend(other.named.iter().cloned());
    }

    /// Names with versions that are listed.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Whether the package is listed: by its package URL, by name and version where it has none. A match without a package
    /// is in no SBOM.
    pub fn lists(&self, package: &PackageRef<'_>) -> bool {
        match package.purl.as_deref().and_then(key::purl) {
            Some(purl) => self.purls.contains(&key::release(&purl)),
            None => package.name.as_ref().is_some_and(|name| {
                let version = package.version.as_deref().unwrap_or_default();
                self.named
                    .contains(&(name.clone().into_owned(), version.into()))
            }),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::expectation::SbomFormat;
    use crate::sbom::document::Package;

    pub(in super::super) fn sbom<'a>(packages: Vec<Package<'a>>) -> Sbom<'a> {
        Sbom {
            packages,
            ..Sbom::empty(SbomFormat::Spdx)
        }
    }

    fn package(name: Option<&'static str>, purl: Option<&'static str>) -> PackageRef<'static> {
        PackageRef {
            name: name.map(Into::into),
            version: Some("1".into()),
            purl: purl.map(Into::into),
        }
    }

    #[test]
    fn a_package_is_found_by_its_purl_and_without_one_by_name_and_version() {
        let listed = sbom(vec![Package {
            name: "a".into(),
            version: Some("1".into()),
            purl: Some("pkg:deb/debian/a@1?arch=arm64".into()),
            ..Package::default()
        }]);
        let inventory = Inventory::of(&listed);

        assert!(inventory.lists(&package(None, Some("pkg:deb/debian/a@1?distro=debian-12"))));
        assert!(inventory.lists(&package(Some("a"), None)));
        assert!(!inventory.lists(&package(Some("a"), Some("pkg:deb/debian/a@2"))));
        assert!(!inventory.lists(&package(Some("b"), None)));
        assert!(!inventory.lists(&package(None, None)));
    }
}
