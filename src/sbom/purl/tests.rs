use super::*;
use crate::sbom::document::Package;

fn identity(text: &str) -> String {
    Identity::of(PackageUrl::parse(text).unwrap()).to_string()
}

fn version(text: &str) -> Option<String> {
    PackageUrl::parse(text)
        .unwrap()
        .version
        .map(Cow::into_owned)
}

fn identified(version: &str, purl: &str) -> (String, Option<String>) {
    let package = Package {
        name: "x".into(),
        version: Some(version.to_owned().into()),
        purl: Some(purl.to_owned().into()),
        ..Package::default()
    };
    let found = Identified::of(&package);
    (
        found.identity.to_string(),
        found.version.map(Cow::into_owned),
    )
}

/// Texts and normal forms of the purl specification's own test suite (`test-suite-data.json`), without versions.
#[test]
fn package_urls_are_normalised_as_the_specification_says() {
    let is = |text: &str, wanted: &str| assert_eq!(identity(text), wanted, "{text}");

    is(
        "pkg:maven/org.apache.commons/io@1.3.4",
        "pkg:maven/org.apache.commons/io",
    );
    is(
        "pkg:GOLANG/google.golang.org/genproto@abcdedf#/googleapis/api/annotations/",
        "pkg:golang/google.golang.org/genproto#googleapis/api/annotations",
    );
    is(
        "pkg:golang/github.com/nats-io/nats-server/v2/server@v1.2.9",
        "pkg:golang/github.com/nats-io/nats-server/v2/server",
    );
    is(
        "pkg:bitbucket/birKenfeld/pyGments-main@244f",
        "pkg:bitbucket/birkenfeld/pygments-main",
    );
    is(
        "pkg:github/Package-url/purl-Spec@244f",
        "pkg:github/package-url/purl-spec",
    );
    is(
        "pkg:docker/customer/image@sha256:244f?repository_url=gcr.io",
        "pkg:docker/customer/image",
    );
    is(
        "pkg:gem/jruby-launcher@1.1.2?Platform=java",
        "pkg:gem/jruby-launcher?platform=java",
    );
    is(
        "pkg:npm/%40angular/animation@12.3.1",
        "pkg:npm/%40angular/animation",
    );
    is(
        "pkg:npm/@babel/core@1.0.2#/googleapis/",
        "pkg:npm/%40babel/core#googleapis",
    );
    is(
        "pkg:Nuget/EnterpriseLibrary.Common@6.0.1304",
        "pkg:nuget/EnterpriseLibrary.Common",
    );
    is(
        "pkg:PYPI/Django_package@1.11.1.dev1",
        "pkg:pypi/django-package",
    );
    is(
        "pkg:maven/HTTPClient/HTTPClient@0.3-3",
        "pkg:maven/HTTPClient/HTTPClient",
    );
    is(
        "pkg:///maven/org.apache.commons/io",
        "pkg:maven/org.apache.commons/io",
    );
    assert_eq!(
        version("pkg:maven/g/a@1.0.0%20Final?k=v").as_deref(),
        Some("1.0.0 Final")
    );
    assert_eq!(
        version("pkg:docker/c/i@sha256:244f").as_deref(),
        Some("sha256:244f")
    );
}

#[test]
fn what_is_no_package_url_says_why() {
    let is =
        |text: &str, wanted| assert_eq!(PackageUrl::parse(text).unwrap_err(), wanted, "{text}");

    is("", PurlError::Scheme);
    is("EnterpriseLibrary.Common@6.0.1304", PurlError::Scheme);
    is("pkg:EnterpriseLibrary.Common@6.0.1304", PurlError::Type);
    is("pkg:n&g/a", PurlError::Type);
    is("pkg:3g/a", PurlError::Type);
    is("pkg:maven/@1.3.4", PurlError::Name);
    is("pkg:npm//", PurlError::Type);
    is("pkg:npm/a@1?in%20production=true", PurlError::Qualifier);
    is("pkg:npm/a?k=1&K=2", PurlError::Qualifier);
    is("pkg:npm/a?b?c=d", PurlError::Qualifier);
    is("pkg:npm/%ff", PurlError::Encoding);
    is("pkg:npm/a?k=%c3%28", PurlError::Encoding);
}

#[test]
fn tricks_are_read_to_the_letter_and_shown_escaped() {
    assert_eq!(identity("pkg:npm/%2e%2e/../a"), "pkg:npm/../../a");
    assert_eq!(identity("pkg:npm/a#../%2e%2e/b/./c"), "pkg:npm/a#b/c");
    assert_eq!(identity("pkg:npm/a%0a%1b%5b31m"), "pkg:npm/a%0A%1B%5B31m");
    assert_eq!(identity("pkg:npm/\u{202e}a\u{0}"), "pkg:npm/%E2%80%AEa%00");
    assert_eq!(identity("pkg:npm/a%2Fb"), "pkg:npm/a%2Fb");
    assert_eq!(identity("pkg:npm/a@1@2"), "pkg:npm/a%401");
    assert_eq!(
        identity("pkg:npm/a?download_url=https://e/x?y=1"),
        "pkg:npm/a"
    );
    assert_eq!(identity("pkg:npm/100%"), "pkg:npm/100%25");
    assert_eq!(version("pkg:npm/a@"), None);
    assert_eq!(version("pkg:npm/a@1@2").as_deref(), Some("2"));
    assert_eq!(
        version("pkg:generic/a@feature/x").as_deref(),
        Some("feature/x")
    );
    assert_eq!(
        shown("a\u{202e}b\n\u{1b}[0m\u{200b}"),
        "a\\u{202e}b\\u{a}\\u{1b}[0m\\u{200b}"
    );
    assert!(shown(&"x".repeat(1 << 20)).len() < 2_000);
}

#[test]
fn a_point_release_of_a_distribution_is_the_same_package() {
    assert_eq!(
        identity("pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12.5&upstream=glibc"),
        identity("pkg:deb/debian/libc6@2.36-9?distro=debian-12.6&arch=amd64"),
    );
}

#[test]
fn artifacts_of_one_version_are_packages_of_their_own() {
    let is_other = |a: &str, b: &str| assert_ne!(identity(a), identity(b));

    is_other(
        "pkg:deb/debian/a@1?arch=amd64",
        "pkg:deb/debian/a@1?arch=i386",
    );
    is_other("pkg:maven/g/a@1?classifier=sources", "pkg:maven/g/a@1");
    is_other("pkg:maven/g/a@1?type=war", "pkg:maven/g/a@1");
    is_other("pkg:golang/g/a@1#b", "pkg:golang/g/a@1");
    assert_eq!(
        identity("pkg:maven/g/a@1?type=jar"),
        identity("pkg:maven/g/a@1")
    );
}

#[test]
fn an_epoch_is_a_part_of_the_version_wherever_it_stands() {
    let is = |version: &str, purl: &str, wanted: &str| {
        assert_eq!(identified(version, purl).1.as_deref(), Some(wanted));
    };

    is("", "pkg:rpm/rhel/a@2.3-4?epoch=1", "1:2.3-4");
    is("2.3-4", "pkg:rpm/rhel/a@2.3-4?epoch=1", "1:2.3-4");
    is("1:2.3-4", "pkg:rpm/rhel/a@2.3-4?epoch=1", "1:2.3-4");
    is("0:2.3-4", "pkg:rpm/rhel/a@2.3-4", "2.3-4");
    is("2.3-4", "pkg:rpm/rhel/a@2.3-4?epoch=0", "2.3-4");
    is("", "pkg:deb/debian/a@1%3A2.3-4", "1:2.3-4");
    is("0:2", "pkg:npm/a@2?epoch=3", "0:2");
}

#[test]
fn a_package_without_a_package_url_is_known_by_its_purpose_and_name() {
    let named = |purpose: Option<&'static str>, purl: Option<&'static str>| Package {
        name: "x\n".into(),
        purpose: purpose.map(Cow::Borrowed),
        purl: purl.map(Cow::Borrowed),
        ..Package::default()
    };

    let (a, b) = (
        named(Some("OPERATING-SYSTEM"), None),
        named(Some("operatingSystem"), None),
    );
    let (c, d) = (named(None, Some("no purl")), named(None, None));

    assert_eq!(Identified::of(&a).identity, Identified::of(&b).identity);
    assert_eq!(Identified::of(&c).identity, Identified::of(&d).identity);
    assert_ne!(Identified::of(&a).identity, Identified::of(&c).identity);
    assert!(Identified::of(&c).has_broken_purl);
    assert_eq!(Identified::of(&c).identity.to_string(), "x");
}

#[test]
fn the_order_of_several_package_urls_does_not_matter() {
    let package = |first: &'static str, second: &'static str| Package {
        purl: Some(first.into()),
        more_purls: vec![second.into()],
        ..Package::default()
    };

    let (a, b) = (
        package("pkg:npm/a@1", "pkg:deb/a@2"),
        package("pkg:deb/a@2", "pkg:npm/a@1"),
    );

    assert_eq!(Identified::of(&a).identity, Identified::of(&b).identity);
    assert_eq!(Identified::of(&a).version, Identified::of(&b).version);
}

#[test]
fn what_is_written_of_a_package_url_is_read_the_same_again() {
    for (text, wanted) in [
        (
            "pkg:npm/@babel/Core@1.0.2#/a//b/",
            "pkg:npm/%40babel/core@1.0.2#a/b",
        ),
        (
            "pkg:deb/debian/libc6@2:1.0+b1?distro=debian-12&Arch=amd64",
            "pkg:deb/debian/libc6@2:1.0%2Bb1?arch=amd64&distro=debian-12",
        ),
        ("PKG://generic/a%2Fb@x/y", "pkg:generic/a%2Fb@x%2Fy"),
        (
            "pkg:oci/app@sha256%3Aab?repository_url=r.example/app",
            "pkg:oci/app@sha256:ab?repository_url=r.example%2Fapp",
        ),
    ] {
        let read = PackageUrl::parse(text).unwrap();

        assert_eq!(read.to_string(), wanted);
        assert_eq!(
            PackageUrl::parse(wanted).unwrap(),
            read.clone().into_owned()
        );
    }
}

#[test]
fn an_encoded_slash_splits_parts_like_a_slash() {
    assert_eq!(identity("pkg:generic/a%2F%2Fb/c"), "pkg:generic/a/b/c");
    assert_eq!(identity("pkg:generic/%2F/c"), "pkg:generic/c");
    assert_eq!(identity("pkg:generic/c#a%2F..%2Fb"), "pkg:generic/c#a/b");
}
