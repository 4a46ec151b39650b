//! What a document says about the image that it is of, and whether that is the image that it is attested for.
//!
//! Read is what documents say of their own subject: as `sha256:…` its version (syft) or name (ko, bom), as
//! `repository@sha256:…` its or the document's name (trivy), `pkg:oci/…` and `pkg:docker/…` package URLs, among them
//! a CycloneDX `bom-ref` (trivy), the SHA-256 checksum of a subject of the purpose container, and a document's name
//! `sbom-sha256:…` (ko, apko). A subject that is a file, or is named by another package URL and not of the purpose
//! container, is no image: its digests are not those of one.

use super::document::{Package, Sbom};
use super::purl;
use super::shown::shorten;
use crate::model::{Digest, limits};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The images that a document says it is of.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Digests of an index, a manifest or a configuration.
    pub digests: BTreeSet<Digest>,
    /// Repositories and tags, as they stand; at most [`limits::SBOM_SHOWN_PACKAGES`].
    pub names: BTreeSet<String>,
    /// Architectures in OCI's words, such as `amd64`; at most [`limits::SBOM_SHOWN_PACKAGES`].
    pub architectures: BTreeSet<String>,
}

/// Whether a document is of the image that it is attested for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Agreement {
    /// It names this digest: the attested one, or else the first of those that belong to the same image.
    Names {
        /// The digest. That of one platform's manifest or configuration binds the document to that platform only.
        digest: Digest,
    },
    /// It names no image by digest.
    Silent,
    /// It names images, and none of them is this one.
    Other {
        /// What it names, sorted; at most [`limits::SBOM_SHOWN_PACKAGES`].
        found: Vec<Digest>,
    },
}

/// What a document says about its own image.
pub fn named(sbom: &Sbom<'_>) -> Named {
    let mut named = Named::default();
    if let Some(name) = sbom.name.as_deref() {
        let digest = name.strip_prefix("sbom-").unwrap_or(name);
        named.digests.extend(in_name(digest));
    }
    for subject in sbom.subjects() {
        named.add(subject);
    }
    named
}

/// Whether a document is of the image with the digest `subject`.
///
/// `also` are digests that belong to the same image: of its index, its platforms' manifests and their configurations.
pub fn agrees(named: &Named, subject: Digest, also: &[Digest]) -> Agreement {
    let mut own = [&subject].into_iter().chain(also);
    if let Some(digest) = own.find(|digest| named.digests.contains(digest)) {
        return Agreement::Names { digest: *digest };
    }
    match named.digests.is_empty() {
        true => Agreement::Silent,
        false => Agreement::Other {
            found: (named.digests.iter().copied())
                .take(limits::SBOM_SHOWN_PACKAGES)
                .collect(),
        },
    }
}

impl Named {
    fn add(&mut self, subject: &Package<'_>) {
        let purpose = subject.purpose.as_deref().unwrap_or_default();
        let is_container = purpose.eq_ignore_ascii_case("container");
        let purls = (subject.purl.iter().chain(&subject.more_purls)).chain([&subject.id]);
        let images: Vec<_> = purls.filter_map(|purl| ImageUrl::parse(purl)).collect();
        let is_other = subject.purl.is_some() && images.is_empty();
        if purpose.eq_ignore_ascii_case("file") || is_other && !is_container {
            return;
        }
        let version = subject.version.as_deref().unwrap_or_default();
        let before = self.digests.len();
        self.digests.extend(in_name(&subject.name));
        self.digests.extend(digest(version));
        self.digests
            .extend(images.iter().filter_map(|image| digest(&image.version)));
        if is_container {
            let hashes = subject.hashes.iter().filter(|hash| {
                let algorithm = hash.algorithm.replace('-', "");
                algorithm.eq_ignore_ascii_case("sha256")
            });
            self.digests
                .extend(hashes.filter_map(|hash| hex(&hash.value)));
        }
        let is_image = is_container || !images.is_empty() || self.digests.len() > before;
        for image in &images {
            add(&mut self.names, &image.repository);
            add(&mut self.architectures, &image.architecture);
        }
        if is_image {
            let name = subject.name.split('@').next().unwrap_or_default();
            add(
                &mut self.names,
                if digest(name).is_some() { "" } else { name },
            );
        }
    }
}

fn add(set: &mut BTreeSet<String>, text: &str) {
    if !text.is_empty() && set.len() < limits::SBOM_SHOWN_PACKAGES {
        set.insert(shorten(text));
    }
}

/// A package URL of the type `oci` or `docker`.
struct ImageUrl {
    /// The repository with its registry where that is said, and the tag.
    repository: String,
    version: String,
    architecture: String,
}

impl ImageUrl {
    /// Lenient: real ones have registries with a port and slashes where the specification wants neither.
    fn parse(purl: &str) -> Option<Self> {
        let (scheme, rest) = purl.split_once(':')?;
        let rest = rest.trim_start_matches('/').split('#').next()?;
        let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, path) = path.split_once('/')?;
        let is_image = ["oci", "docker"]
            .iter()
            .any(|one| kind.eq_ignore_ascii_case(one));
        if !scheme.eq_ignore_ascii_case("pkg") || !is_image {
            return None;
        }
        let (name, version) = path.rsplit_once('@').unwrap_or((path, ""));
        let (name, version) = (decoded(name), decoded(version));
        let qualifier = |key: &str| {
            let mut pairs = qualifiers
                .split('&')
                .filter_map(|pair| pair.split_once('='));
            pairs
                .find(|pair| pair.0.eq_ignore_ascii_case(key))
                .map(|pair| decoded(pair.1))
        };
        let short = name.rsplit('/').next().unwrap_or_default();
        let mut repository = match qualifier("repository_url") {
            // The specification's own examples have the name in it, `bom` writes it without.
            Some(url) if url.rsplit('/').next() == Some(short) => url,
            Some(url) => format!("{url}/{name}"),
            None => name.clone(),
        };
        let tag = Some(version.clone()).filter(|version| digest(version).is_none());
        if let Some(tag) = qualifier("tag").or(tag).filter(|tag| !tag.is_empty()) {
            repository = format!("{repository}:{tag}");
        }
        Some(Self {
            repository,
            version,
            architecture: qualifier("arch").unwrap_or_default(),
        })
    }
}

/// `sha256:…` by itself or behind an `@`.
fn in_name(name: &str) -> Option<Digest> {
    digest(name.rsplit('@').next().unwrap_or_default())
}

/// `sha256:…` in either letter case.
fn digest(text: &str) -> Option<Digest> {
    hex(text.trim().strip_prefix("sha256:")?)
}

fn hex(text: &str) -> Option<Digest> {
    Digest::from_hex(&text.trim().to_ascii_lowercase()).ok()
}

/// Percent-decoded; as it stands where that gives no UTF-8.
fn decoded(text: &str) -> String {
    purl::decoded(text).map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::document::{Hash, Role};
    use crate::sbom::sample::{package, sbom, subject};

    fn image(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    fn of<'a>(subject: Package<'a>) -> Named {
        named(&sbom(vec![subject]))
    }

    #[test]
    fn every_producers_way_to_name_an_image_is_read() {
        let (own, hex) = (image("a"), image("a").hex());
        let syft = Package {
            version: Some(own.to_string().into()),
            ..subject("registry:5000/shop", "CONTAINER")
        };
        let name = own.to_string();
        let purl = format!(
            "pkg:oci/shop@sha256%3A{hex}?arch=amd64&repository_url=registry.example%2Facme%2Fshop&tag=v1"
        );
        let trivy = Package {
            purl: Some(purl.clone().into()),
            ..subject("shop:v1", "container")
        };
        let mut by_reference = sbom(vec![Package {
            role: Role::Metadata,
            ..subject("shop", "container")
        }]);
        by_reference.packages[0].id = purl.into();
        let full = format!("shop@{own}");
        let checksum = Package {
            hashes: vec![Hash {
                algorithm: "SHA-256".into(),
                value: hex.to_uppercase().into(),
            }],
            ..subject("shop", "container")
        };
        let mut by_name = sbom(Vec::new());
        by_name.name = Some(format!("sbom-{own}").into());

        for found in [
            of(syft),
            of(subject(&name, "")),
            of(trivy),
            named(&by_reference),
            of(subject(&full, "")),
            of(checksum),
            named(&by_name),
        ] {
            assert_eq!(found.digests, [own].into(), "{found:?}");
        }
    }

    #[test]
    fn names_and_architectures_are_taken_from_package_urls_and_names() {
        let hex = image("a").hex();
        let purl = |rest: &str| {
            let one = Package {
                purl: Some(format!("pkg:oci/alpine@sha256:{hex}{rest}").into()),
                ..subject("alpine", "container")
            };
            let found = of(one);
            let joined = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
            (joined(found.names), joined(found.architectures))
        };

        let full = "index.docker.io/library/alpine";
        assert_eq!(
            purl(&format!("?arch=arm64&repository_url={full}&tag=3.20")),
            (format!("alpine {full}:3.20"), "arm64".into())
        );
        assert_eq!(
            purl("?repository_url=index.docker.io%2Flibrary"),
            (format!("alpine {full}"), String::new())
        );
        assert_eq!(purl(""), ("alpine".into(), String::new()));
    }

    #[test]
    fn a_docker_url_with_a_tag_names_no_digest() {
        let one = Package {
            purl: Some("pkg:docker/library/alpine@3.20".into()),
            ..subject("alpine", "")
        };

        let found = of(one);

        assert!(found.digests.is_empty());
        assert!(found.names.contains("library/alpine:3.20"));
    }

    #[test]
    fn digests_of_files_libraries_and_parts_name_no_image() {
        let digest = image("a").to_string();
        let version = || Some(digest.clone().into());
        let file = Package {
            version: version(),
            ..subject("shop.jar", "FILE")
        };
        let library = Package {
            version: version(),
            purl: Some("pkg:generic/shop@1".into()),
            ..subject("shop", "application")
        };
        let part = Package {
            version: version(),
            purpose: Some("container".into()),
            ..package("base")
        };

        for one in [file, library, part] {
            assert_eq!(of(one), Named::default());
        }
    }

    #[test]
    fn the_attested_image_comes_first_then_those_that_belong_to_it() {
        let (index, platform) = (image("index"), image("amd64"));
        let found = |digests: &[Digest]| Named {
            digests: digests.iter().copied().collect(),
            ..Named::default()
        };
        let names = |digest| Agreement::Names { digest };

        let both = agrees(&found(&[platform, index]), index, &[platform]);
        assert_eq!(both, names(index));
        assert_eq!(
            agrees(&found(&[platform]), index, &[platform]),
            names(platform)
        );
        assert_eq!(agrees(&found(&[]), index, &[platform]), Agreement::Silent);
    }

    #[test]
    fn a_document_of_another_image_is_said_to_be_of_that() {
        let other = image("other");
        let document = Package {
            version: Some(other.to_string().into()),
            ..subject("shop", "container")
        };

        let agreement = agrees(&of(document), image("a"), &[image("b")]);

        assert_eq!(agreement, Agreement::Other { found: vec![other] });
    }

    #[test]
    fn package_urls_with_tricks_are_taken_as_they_stand() {
        for purl in [
            "pkg:oci",
            "pkg:oci/",
            "pkg:oci/@",
            "pkg:oci/a@%",
            "pkg:oci/%ff@%zz?=&&arch",
            "é:é",
        ] {
            let one = Package {
                purl: Some(purl.into()),
                ..subject("shop", "")
            };
            assert!(of(one).digests.is_empty(), "{purl}");
        }
        assert_eq!(decoded("%41%4"), "A%4");
        assert_eq!(decoded("%ff"), "%ff");
    }
}
