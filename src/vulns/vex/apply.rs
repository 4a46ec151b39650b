//! Which statement holds for a vulnerability in a package.
//!
//! A statement speaks of a package when one of its products is that package and is limited to no part, or when a product
//! is the scanned image (by digest) and the package one of the named parts, or no part is named. Naming no product is no
//! wildcard. Of the statements that speak of it the latest holds, one without a time being the oldest; of several of one
//! time the worst.

use super::super::key;
use super::{Component, Product, VexDocument, VexStatement};
use crate::model::{Digest, Timestamp, limits};
use crate::sbom::purl::PackageUrl;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Statements of all documents, by the vulnerability's name and the package's identity.
pub(in super::super) struct Statements<'a> {
    by_name: BTreeMap<&'a str, Named<'a>>,
    at: Timestamp,
    comparisons: Cell<u64>,
}

/// Statements about one vulnerability.
#[derive(Default)]
struct Named<'a> {
    whole_image: Vec<Placed<'a>>,
    packages: BTreeMap<String, Vec<Entry<'a>>>,
}

/// A package that a statement speaks of.
struct Entry<'a> {
    placed: Placed<'a>,
    purl: &'a PackageUrl<'static>,
    /// A part that must be the package too; nothing more when there are none.
    parts: &'a [Component],
}

/// A statement with its document.
#[derive(Clone, Copy)]
pub(in super::super) struct Placed<'a> {
    pub(in super::super) document: &'a VexDocument<'a>,
    pub(in super::super) statement: &'a VexStatement<'a>,
}

/// What the statements say about a vulnerability in a package.
#[derive(Default)]
pub(in super::super) struct Said<'a> {
    /// The statement that holds.
    pub(in super::super) holds: Option<Placed<'a>>,
    /// Statements that would hide the match and are not accepted: `not_affected` without a reason.
    pub(in super::super) unjustified: Vec<Placed<'a>>,
    /// Statements that would hide it and are of a time to come.
    pub(in super::super) future: Vec<Placed<'a>>,
}

impl<'a> Statements<'a> {
    pub(in super::super) fn new(
        documents: &'a [VexDocument<'a>],
        images: &[Digest],
        at: Timestamp,
    ) -> Self {
        let images: Vec<_> = (images.iter())
            .map(|image| (image.to_string(), image.hex()))
            .collect();
        let mut by_name: BTreeMap<&str, Named<'_>> = BTreeMap::new();
        for document in documents {
            for statement in &document.statements {
                let placed = Placed {
                    document,
                    statement,
                };
                for name in &statement.vulnerabilities {
                    let named = by_name.entry(name).or_default();
                    for product in &statement.products {
                        named.add(placed, product, &images);
                    }
                }
            }
        }
        Self {
            by_name,
            at,
            comparisons: Cell::new(0),
        }
    }

    /// What is said about a vulnerability with any of these names in a package.
    pub(in super::super) fn about<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        package: Option<&PackageUrl<'_>>,
    ) -> Said<'a> {
        let identity = package.map(key::package);
        let mut said = Said::default();
        for named in names.filter_map(|name| self.by_name.get(name)) {
            self.compared(named.whole_image.len());
            for placed in &named.whole_image {
                self.weigh(*placed, &mut said);
            }
            let entries = identity
                .as_ref()
                .and_then(|identity| named.packages.get(identity));
            for entry in entries.into_iter().flatten() {
                self.compared(1 + entry.parts.len());
                if self.is_exhausted() {
                    break;
                }
                if package.is_some_and(|package| entry.speaks_of(package)) {
                    self.weigh(entry.placed, &mut said);
                }
            }
        }
        said
    }

    /// Whether more was to be compared than is: what was said then is not to be used.
    pub(in super::super) fn is_exhausted(&self) -> bool {
        self.comparisons.get() > limits::VEX_COMPARISONS
    }

    fn compared(&self, count: usize) {
        let all = self.comparisons.get().saturating_add(count as u64);
        self.comparisons.set(all);
    }

    fn weigh(&self, placed: Placed<'a>, said: &mut Said<'a>) {
        let statement = placed.statement;
        if statement.is_unjustified() {
            said.unjustified.push(placed);
        } else if statement.suppresses() && statement.timestamp > Some(self.at) {
            said.future.push(placed);
        } else {
            let key = |one: &Placed<'_>| (one.statement.timestamp, one.statement.status);
            if (said.holds.as_ref()).is_none_or(|held| key(&placed) > key(held)) {
                said.holds = Some(placed);
            }
        }
    }
}

impl<'a> Named<'a> {
    fn add(&mut self, placed: Placed<'a>, product: &'a Product, images: &[(String, String)]) {
        let is_image = images.iter().any(|(text, hex)| {
            let purls = &product.component.purls;
            purls
                .iter()
                .any(|purl| purl.kind == "oci" && purl.version.as_deref() == Some(text.as_str()))
                || product.component.sha256.contains(hex)
        });
        if is_image && product.subcomponents.is_empty() {
            self.whole_image.push(placed);
        } else if is_image {
            for component in &product.subcomponents {
                self.add_purls(placed, component, &[]);
            }
        } else {
            self.add_purls(placed, &product.component, &product.subcomponents);
        }
    }

    fn add_purls(&mut self, placed: Placed<'a>, component: &'a Component, parts: &'a [Component]) {
        for purl in &component.purls {
            let entry = Entry {
                placed,
                purl,
                parts,
            };
            self.packages
                .entry(key::package(purl))
                .or_default()
                .push(entry);
        }
    }
}

impl Entry<'_> {
    fn speaks_of(&self, package: &PackageUrl<'_>) -> bool {
        let mut parts = self.parts.iter().flat_map(|part| &part.purls);
        covers(self.purl, package)
            && (self.parts.is_empty() || parts.any(|purl| covers(purl, package)))
    }
}

/// Whether a statement about `purl` speaks of a package: type, namespace and name are equal, the version is equal where
/// the statement has one, and each of its qualifiers is among the package's (`PurlMatches` of openvex/go-vex).
fn covers(purl: &PackageUrl<'_>, package: &PackageUrl<'_>) -> bool {
    let mut qualifiers = purl.qualifiers.iter();
    purl.kind == package.kind
        && purl.namespace == package.namespace
        && purl.name == package.name
        && (purl.version.is_none() || purl.version == package.version)
        // One module of a repository is not its neighbour; go-vex does not look.
        && (purl.subpath.is_empty() || purl.subpath == package.subpath)
        && qualifiers.all(|(key, value)| package.qualifier(key) == Some(value.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_covered(statement: &str, package: &str) -> bool {
        covers(&key::purl(statement).unwrap(), &key::purl(package).unwrap())
    }

    #[test]
    fn a_statement_covers_what_go_vex_lets_it_cover() {
        let package = "pkg:apk/wolfi/git@2.39.0-r1?arch=x86_64&distro=wolfi";
        for (statement, covers) in [
            ("pkg:apk/wolfi/git", true),
            ("pkg:apk/wolfi/git@2.39.0-r1", true),
            ("pkg:apk/wolfi/git@2.39.0-r1?arch=x86_64", true),
            ("pkg:apk/wolfi/git?arch=armv7", false),
            ("pkg:apk/wolfi/git?os=linux", false),
            ("pkg:apk/wolfi/git@2.39.0", false),
            ("pkg:apk/alpine/git", false),
            ("pkg:deb/wolfi/git", false),
            ("pkg:apk/wolfi/gitk", false),
            ("pkg:apk/wolfi/git#sub", false),
        ] {
            assert_eq!(is_covered(statement, package), covers, "{statement}");
        }
        assert!(!is_covered("pkg:npm/a@1", "pkg:npm/a"));
    }
}
