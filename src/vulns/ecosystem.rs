//! Package URLs of packages that OSV names by ecosystem, name and version.

use crate::sbom::purl::PackageUrl;
use std::borrow::Cow;

/// Package URL types by OSV ecosystem (osv-schema, "Defined ecosystems"; the part before a colon), with a namespace.
const PURL_TYPES: &[(&str, &str)] = &[
    ("AlmaLinux", "rpm/almalinux"),
    ("Alpine", "apk/alpine"),
    ("Bitnami", "bitnami"),
    ("Chainguard", "apk/chainguard"),
    ("ConanCenter", "conan"),
    ("CRAN", "cran"),
    ("crates.io", "cargo"),
    ("Debian", "deb/debian"),
    ("Go", "golang"),
    ("Hackage", "hackage"),
    ("Hex", "hex"),
    ("Maven", "maven"),
    ("npm", "npm"),
    ("NuGet", "nuget"),
    ("openSUSE", "rpm/opensuse"),
    ("Packagist", "composer"),
    ("Pub", "pub"),
    ("PyPI", "pypi"),
    ("Red Hat", "rpm/redhat"),
    ("Rocky Linux", "rpm/rocky"),
    ("RubyGems", "gem"),
    ("SUSE", "rpm/suse"),
    ("SwiftURL", "swift"),
    ("Ubuntu", "deb/ubuntu"),
    ("Wolfi", "apk/wolfi"),
];

/// The package URL of a package; none where its ecosystem has no type of package URL that is known here.
pub(super) fn purl_of(ecosystem: &str, name: &str, version: &str) -> Option<String> {
    let base = ecosystem.split(':').next().unwrap_or_default();
    let (_, kind) = PURL_TYPES.iter().find(|(known, _)| *known == base)?;
    let (kind, distribution) = kind.split_once('/').unwrap_or((kind, ""));
    // Maven's names are written group:artifact.
    let split = if base == "Maven" {
        name.split_once(':')
    } else {
        name.rsplit_once('/')
    };
    let (namespace, name) = split.unwrap_or(("", name));
    let purl = PackageUrl {
        kind: kind.into(),
        namespace: [distribution, namespace].join("/").into(),
        name: name.into(),
        version: Some(version.into()).filter(|version: &Cow<'_, str>| !version.is_empty()),
        qualifiers: Vec::new(),
        subpath: Cow::default(),
    };
    Some(purl.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_the_purl_of_their_ecosystem() {
        for (ecosystem, name, purl) in [
            ("npm", "@angular/core", Some("pkg:npm/%40angular/core@1")),
            ("Maven", "org.a:b", Some("pkg:maven/org.a/b@1")),
            ("crates.io", "serde", Some("pkg:cargo/serde@1")),
            ("Debian:12", "libssl3", Some("pkg:deb/debian/libssl3@1")),
            (
                "Go",
                "golang.org/x/net",
                Some("pkg:golang/golang.org/x/net@1"),
            ),
            ("Debianoid", "a", None),
            ("", "a", None),
        ] {
            assert_eq!(
                purl_of(ecosystem, name, "1").as_deref(),
                purl,
                "{ecosystem}"
            );
        }
    }
}
