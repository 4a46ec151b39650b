//! What packages are grouped and looked up by: their package URLs without qualifiers and subpath.

use crate::sbom::purl::PackageUrl;

/// Reads a package URL; none for text that is none.
pub(super) fn purl(text: &str) -> Option<PackageUrl<'_>> {
    PackageUrl::parse(text.trim()).ok()
}

/// Type, namespace and name: what stays the same when a package is upgraded.
pub(super) fn package(purl: &PackageUrl<'_>) -> String {
    let slash = if purl.namespace.is_empty() { "" } else { "/" };
    format!("pkg:{}/{}{slash}{}", purl.kind, purl.namespace, purl.name)
}

/// The package with its version. Go's versions lose the `v` that only some tools write.
pub(super) fn release(purl: &PackageUrl<'_>) -> String {
    let version = purl.version.as_deref().unwrap_or_default();
    let version = match (purl.kind.as_ref(), version.strip_prefix('v')) {
        ("golang", Some(rest)) => rest,
        _ => version,
    };
    format!("{}@{version}", package(purl))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_the_same_however_its_url_is_written() {
        for (text, wanted) in [
            (
                "pkg:npm/%40angular/core@1.2.3",
                "pkg:npm/@angular/core@1.2.3",
            ),
            (
                " pkg:npm/@angular/core@1.2.3\n",
                "pkg:npm/@angular/core@1.2.3",
            ),
            ("pkg:npm/@angular/core", "pkg:npm/@angular/core@"),
            ("pkg:NPM//left@1", "pkg:npm/left@1"),
            ("pkg://pypi/Foo_Bar@2#sub/path", "pkg:pypi/foo-bar@2"),
            (
                "pkg:deb/debian/libc6@2%3A1.0%2Bb1?arch=amd64",
                "pkg:deb/debian/libc6@2:1.0+b1",
            ),
            (
                "pkg:oci/app@sha256%3Aab?repository_url=r.example%2Fapp",
                "pkg:oci/app@sha256:ab",
            ),
            ("pkg:generic/a@feature/x", "pkg:generic/a@feature/x"),
        ] {
            assert_eq!(release(&purl(text).unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn versions_of_go_modules_are_one_with_and_without_their_letter() {
        let of = |text| release(&purl(text).unwrap());

        assert_eq!(
            of("pkg:golang/golang.org/x/net@v0.1.0"),
            of("pkg:golang/golang.org/x/net@0.1.0")
        );
        assert_ne!(of("pkg:npm/a@v1"), of("pkg:npm/a@1"));
    }
}
