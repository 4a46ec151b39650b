//! SPDX 2.2 and 2.3 as JSON (schema `spdx-schema.json`).

use super::super::connect::{Missing, Relations, connect};
use super::super::document::{Encoding, Hash, LicenseBy, Package, Sbom, Text};
use super::super::error::SbomError;
use super::super::text::{Count, Each, Gather, Str, UpTo, filled, plain};
use super::{actor, creator, is_outside, license, mark, reference, relationship, version};
use crate::model::expectation::SbomFormat;
use crate::model::limits;
use serde::Deserialize;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>, SbomError> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let version = version(&document.version.0)?;
    let mut packages = document
        .packages
        .checked("packages", limits::SBOM_PACKAGES)?
        .kept()?;
    let relations = document.relationships.of.0;
    relations.checked()?;
    let creation = document.creation.unwrap_or_default();
    let (mut authors, mut tools) = (Vec::new(), Vec::new());
    for one in &creation
        .creators
        .checked("creators", limits::SBOM_AUTHORS)?
        .0
    {
        creator(&one.0, &mut authors, &mut tools);
    }
    let own = plain(document.id);
    let described = document
        .describes
        .checked("described packages", limits::SBOM_PACKAGES)?;
    mark(
        &mut packages,
        &own,
        described.0.iter().map(|id| id.0.as_ref()),
        &relations,
    );
    let (edges, defects) = connect(
        &mut packages,
        &relations,
        |id| is_outside(id, &own),
        |missing| strike_files(text, missing),
    )?;
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version,
        encoding: Encoding::Json,
        name: filled(document.name),
        id: filled(document.namespace),
        created: filled(creation.created),
        authors,
        tools,
        lifecycles: Vec::new(),
        packages,
        edges,
        files: document.files.of.0,
        defects,
    })
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Document<'a> {
    #[serde(rename = "spdxVersion")]
    version: Str<'a>,
    #[serde(rename = "SPDXID")]
    id: Option<Str<'a>>,
    name: Option<Str<'a>>,
    #[serde(rename = "documentNamespace")]
    namespace: Option<Str<'a>>,
    #[serde(rename = "creationInfo")]
    creation: Option<Creation<'a>>,
    #[serde(rename = "documentDescribes", default)]
    describes: Each<UpTo<Str<'a>, { limits::SBOM_PACKAGES }>>,
    #[serde(default)]
    packages: Each<Packages<'a>>,
    #[serde(default)]
    files: Each<Count>,
    #[serde(default)]
    relationships: Each<Said<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Creation<'a> {
    created: Option<Str<'a>>,
    #[serde(default)]
    creators: Each<UpTo<Str<'a>, { limits::SBOM_AUTHORS }>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Entry<'a> {
    #[serde(rename = "SPDXID")]
    id: Option<Str<'a>>,
    name: Option<Str<'a>>,
    #[serde(rename = "versionInfo")]
    version: Option<Str<'a>>,
    supplier: Option<Str<'a>>,
    originator: Option<Str<'a>>,
    #[serde(rename = "licenseDeclared")]
    declared: Option<Str<'a>>,
    #[serde(rename = "licenseConcluded")]
    concluded: Option<Str<'a>>,
    #[serde(rename = "primaryPackagePurpose")]
    purpose: Option<Str<'a>>,
    #[serde(default)]
    checksums: Each<UpTo<Checksum<'a>, { limits::SBOM_PER_PACKAGE }>>,
    #[serde(rename = "externalRefs", default)]
    references: Each<References<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Checksum<'a> {
    algorithm: Str<'a>,
    #[serde(rename = "checksumValue")]
    value: Str<'a>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Reference<'a> {
    #[serde(rename = "referenceType")]
    kind: Option<Str<'a>>,
    #[serde(rename = "referenceLocator")]
    locator: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Relationship<'a> {
    #[serde(rename = "spdxElementId")]
    from: Option<Str<'a>>,
    #[serde(rename = "relationshipType")]
    kind: Option<Str<'a>>,
    #[serde(rename = "relatedSpdxElement")]
    to: Option<Str<'a>>,
}

/// A package that holds nothing but what its references say.
#[derive(Default)]
struct References<'a>(Package<'a>);

impl<'de: 'a, 'a> Gather<'de> for References<'a> {
    type Item = Reference<'a>;

    fn add(&mut self, item: Reference<'a>) {
        reference(&plain(item.kind), plain(item.locator), &mut self.0);
    }

    fn is_full(&self) -> bool {
        self.0.more_purls.len() >= limits::SBOM_PER_PACKAGE
    }
}

#[derive(Default)]
struct Packages<'a> {
    all: Vec<Package<'a>>,
    /// What one of them has too much of.
    too_many: Option<&'static str>,
}

impl<'a> Packages<'a> {
    fn kept(self) -> Result<Vec<Package<'a>>, SbomError> {
        let limit = limits::SBOM_PER_PACKAGE;
        match self.too_many {
            Some(what) => Err(SbomError::TooMany { what, limit }),
            None => Ok(self.all),
        }
    }
}

impl<'de: 'a, 'a> Gather<'de> for Packages<'a> {
    type Item = Entry<'a>;

    fn add(&mut self, item: Entry<'a>) {
        if item.checksums.is_cut() {
            self.too_many = Some("checksums of one package");
        } else if item.references.is_cut() {
            self.too_many = Some("package URLs of one package");
        }
        let declared = license(filled(item.declared), LicenseBy::Declared);
        let concluded = license(filled(item.concluded), LicenseBy::Concluded);
        let hash = |one: Checksum<'a>| Hash {
            algorithm: one.algorithm.0,
            value: one.value.0,
        };
        self.all.push(Package {
            id: plain(item.id),
            name: plain(item.name),
            version: filled(item.version),
            supplier: filled(item.supplier).map(actor),
            originator: filled(item.originator).map(actor),
            purpose: filled(item.purpose),
            licenses: declared.into_iter().chain(concluded).collect(),
            hashes: item.checksums.of.0.into_iter().map(hash).collect(),
            ..item.references.of.0
        });
    }

    fn is_full(&self) -> bool {
        self.all.len() >= limits::SBOM_PACKAGES
    }
}

#[derive(Default)]
struct Said<'a>(Relations<'a>);

impl<'de: 'a, 'a> Gather<'de> for Said<'a> {
    type Item = Relationship<'a>;

    fn add(&mut self, item: Relationship<'a>) {
        relationship(
            &mut self.0,
            plain(item.from),
            &plain(item.kind),
            plain(item.to),
        );
    }

    fn is_full(&self) -> bool {
        self.0.has_too_many()
    }
}

/// Takes files and snippets out of the ids that no package has: a second look at the document, which only those
/// need whose files are not called so.
fn strike_files(text: &str, missing: &mut Missing<'_>) -> Result<(), SbomError> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Others<'a> {
        #[serde(default)]
        files: Each<Ids<'a>>,
        #[serde(default)]
        snippets: Each<Ids<'a>>,
    }

    let others: Others<'_> = serde_json::from_str(text)?;
    for id in others.files.of.0.iter().chain(&others.snippets.of.0) {
        missing.remove(id.as_ref());
    }
    Ok(())
}

#[derive(Default)]
struct Ids<'a>(Vec<Text<'a>>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Named<'a> {
    #[serde(rename = "SPDXID")]
    id: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Ids<'a> {
    type Item = Named<'a>;

    fn add(&mut self, item: Named<'a>) {
        self.0.extend(filled(item.id));
    }
}
