//! The graph, taken apart while it is read.

use super::super::connect::{Id, Relations};
use super::super::document::{Dependencies, EdgeKind, License, LicenseBy, Package, Text};
use super::super::error::SbomError;
use super::super::text::{Gather, TextOr, after, filled, plain};
use super::element::{CreationInfo, Element};
use crate::model::limits;
use std::collections::{HashMap, HashSet};

/// What is read of a graph.
#[derive(Default)]
pub(super) struct Graph<'a> {
    pub(super) document: Option<SpdxDocument<'a>>,
    pub(super) sboms: Vec<Bom<'a>>,
    pub(super) creations: Vec<(Text<'a>, CreationInfo<'a>)>,
    /// Names of people, organisations and programs, empty where one has none.
    pub(super) names: HashMap<Text<'a>, Text<'a>>,
    /// Ids of programs among them.
    pub(super) programs: HashSet<Text<'a>>,
    pub(super) packages: Vec<Package<'a>>,
    pub(super) files: usize,
    pub(super) relations: Relations<'a>,
    /// Expressions and names of licenses.
    texts: HashMap<Text<'a>, (Text<'a>, bool)>,
    /// Which package has which license, by id.
    licenses: Vec<(Id, LicenseBy, Text<'a>)>,
    pub(super) too_many: Option<SbomError>,
}

/// The document itself.
pub(super) struct SpdxDocument<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Option<Text<'a>>,
    pub(super) creation: Option<Text<'a>>,
    pub(super) roots: Vec<Text<'a>>,
    pub(super) imports: HashSet<Text<'a>>,
}

/// An SBOM in the document.
pub(super) struct Bom<'a> {
    pub(super) id: Text<'a>,
    pub(super) roots: Vec<Text<'a>>,
    pub(super) types: Vec<Text<'a>>,
}

/// The last part of an IRI: `NoneElement` of `https://spdx.org/rdf/3.0.1/terms/Core/NoneElement`.
pub(super) fn last(id: &str) -> &str {
    id.rsplit(['/', '#', ':']).next().unwrap_or(id)
}

impl<'de: 'a, 'a> Gather<'de> for Graph<'a> {
    type Item = Element<'a>;

    fn add(&mut self, item: Element<'a>) {
        match item.kind.as_ref().map_or("", |kind| kind.0.as_ref()) {
            "SpdxDocument" => self.document(item),
            "software_Sbom" | "Bom" => {
                if self.sboms.len() >= limits::SBOM_PACKAGES {
                    return self.refuse("SBOMs in one document", limits::SBOM_PACKAGES);
                }
                self.sboms.push(Bom {
                    id: plain(item.id),
                    roots: item.roots.0,
                    types: item.sbom_types.0,
                });
            }
            "CreationInfo" => {
                if self.creations.len() >= limits::SBOM_PACKAGES {
                    return self.refuse("creation informations", limits::SBOM_PACKAGES);
                }
                self.creations.push(item.into_creation());
            }
            "Person" | "Organization" | "Agent" => self.name(item),
            "SoftwareAgent" | "Tool" => {
                self.programs.extend(item.id.clone().map(|id| id.0));
                self.name(item);
            }
            "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage" => self.package(item),
            "software_File" => self.files += 1,
            "Relationship" | "LifecycleScopedRelationship" => self.relationship(item),
            "simplelicensing_LicenseExpression" => {
                let text = filled(item.expression).map(|text| (text, false));
                self.texts.extend(filled(item.id).zip(text));
            }
            "simplelicensing_SimpleLicensingText" | "expandedlicensing_CustomLicense" => {
                let name = filled(item.name).map(|name| (name, true));
                self.texts.extend(filled(item.id).zip(name));
            }
            // Its own id is SPDX's, or else its name is (syft).
            "expandedlicensing_ListedLicense" => {
                let id = filled(item.id).filter(|id| !id.contains("://spdx.org/licenses/"));
                let name = filled(item.name).map(|name| (name, true));
                self.texts.extend(id.zip(name));
            }
            _ => {}
        }
    }

    fn is_full(&self) -> bool {
        self.too_many.is_some()
    }
}

impl<'a> Graph<'a> {
    /// The graph of one element.
    pub(super) fn of(element: Element<'a>) -> Self {
        let mut graph = Self::default();
        graph.add(element);
        graph
    }

    fn document(&mut self, item: Element<'a>) {
        if self.document.is_some() {
            return;
        }
        let creation = match item.creation {
            TextOr::Text(id) => Some(id),
            TextOr::Object(info) => {
                self.creations.insert(0, (Text::default(), info));
                None
            }
            TextOr::Nothing => None,
        };
        self.document = Some(SpdxDocument {
            id: plain(item.id),
            name: filled(item.name),
            creation,
            roots: item.roots.0,
            imports: item.imports.of.0.into_iter().collect(),
        });
    }

    fn name(&mut self, item: Element<'a>) {
        self.names
            .extend(filled(item.id).map(|id| (id, plain(item.name))));
    }

    fn package(&mut self, item: Element<'a>) {
        if self.packages.len() >= limits::SBOM_PACKAGES {
            self.refuse("packages", limits::SBOM_PACKAGES);
        } else if item.hashes.is_cut() {
            self.refuse("hashes of one package", limits::SBOM_PER_PACKAGE);
        } else if item.identifiers.is_cut() {
            self.refuse("package URLs of one package", limits::SBOM_PER_PACKAGE);
        }
        let identifiers = item.identifiers.of;
        let mut purls = filled(item.purl).into_iter().chain(identifiers.purls);
        let purl = purls.next();
        // The same in both fields is one package URL.
        let more_purls = purls.filter(|more| Some(more) != purl.as_ref()).collect();
        let mut has = identifiers.has;
        has.other |= item.content.of.0 > 0;
        self.packages.push(Package {
            id: plain(item.id),
            name: plain(item.name),
            version: filled(item.version),
            purl,
            more_purls,
            identifiers: has,
            purpose: filled(item.purpose),
            supplier: item.suppliers.0.into_iter().next(),
            originator: item.originators.0.into_iter().next(),
            hashes: item.hashes.of.0,
            ..Package::default()
        });
    }

    fn relationship(&mut self, item: Element<'a>) {
        let kind = plain(item.relationship);
        let from = self.relations.id(plain(item.from));
        let edge = match kind.as_ref() {
            "hasDeclaredLicense" => return self.licensed(from, LicenseBy::Declared, item.to.0),
            "hasConcludedLicense" => return self.licensed(from, LicenseBy::Concluded, item.to.0),
            "dependsOn"
            | "hasPrerequisite"
            | "hasDynamicLink"
            | "hasStaticLink"
            | "hasOptionalDependency"
            | "hasProvidedDependency" => EdgeKind::DependsOn,
            "contains" | "hasOptionalComponent" => EdgeKind::Contains,
            _ => EdgeKind::Other,
        };
        for to in item.to.0 {
            if self.relations.has_too_many() {
                return self.refuse("relationships", limits::SBOM_RELATIONSHIPS);
            }
            let known = match last(&to) {
                "NoneElement" => Some(Dependencies::None),
                "NoAssertionElement" => Some(Dependencies::Unknown),
                _ => None,
            };
            match known {
                Some(known) if edge != EdgeKind::Other => {
                    self.relations.said.push((from, known));
                }
                Some(_) => {}
                None => {
                    let to = self.relations.id(to);
                    self.relations.relate(from, edge, to);
                    if kind == "describes" {
                        self.relations.describes.push((from, to));
                    }
                }
            }
        }
    }

    fn licensed(&mut self, from: Id, by: LicenseBy, to: Vec<Text<'a>>) {
        if self.licenses.len().saturating_add(to.len()) > limits::SBOM_RELATIONSHIPS {
            return self.refuse("relationships", limits::SBOM_RELATIONSHIPS);
        }
        let one = |to| (from, by, to);
        self.licenses.extend(to.into_iter().map(one));
    }

    fn refuse(&mut self, what: &'static str, limit: usize) {
        self.too_many = Some(SbomError::TooMany { what, limit });
    }

    /// Gives packages what other elements say: licenses, and names of suppliers and originators.
    ///
    /// # Errors
    /// When one package has more licenses than are read, or all together have too much text.
    pub(super) fn resolve(&mut self) -> Result<(), SbomError> {
        let mut copied = 0;
        let mut packages = std::mem::take(&mut self.packages);
        for package in &mut packages {
            for who in [&mut package.supplier, &mut package.originator] {
                if let Some(id) = who.take() {
                    let name = self.who(&id, &mut copied)?;
                    *who = Some(name).filter(|name| !name.is_empty());
                }
            }
        }
        // Each id once more, as packages are changed meanwhile.
        let ids: Vec<Text<'a>> = packages.iter().map(|package| package.id.clone()).collect();
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            places.entry(id.as_ref()).or_insert(place);
        }
        // One id may have many licenses: it is looked up once.
        let mut latest: Option<(Id, Option<usize>)> = None;
        for (from, by, to) in std::mem::take(&mut self.licenses) {
            let place = match latest {
                Some((id, place)) if id == from => place,
                _ => places.get(self.relations.text(from)).copied(),
            };
            latest = Some((from, place));
            let Some(package) = place.and_then(|place| packages.get_mut(place)) else {
                continue;
            };
            if package.licenses.len() >= limits::SBOM_PER_PACKAGE {
                return Err(SbomError::TooMany {
                    what: "licenses of one package",
                    limit: limits::SBOM_PER_PACKAGE,
                });
            }
            let (text, is_name) = match self.texts.get(&to) {
                Some((text, is_name)) => (repeat(text, &mut copied)?, *is_name),
                None => listed(to),
            };
            package.licenses.push(License { text, is_name, by });
        }
        self.packages = packages;
        Ok(())
    }

    /// The name of a person, an organisation or a program; the id where it has none.
    pub(super) fn who(&self, id: &Text<'a>, copied: &mut usize) -> Result<Text<'a>, SbomError> {
        match last(id) {
            "NoAssertionElement" => Ok("NOASSERTION".into()),
            _ => repeat(self.names.get(id).unwrap_or(id), copied),
        }
    }
}

/// Text that may stand at many places. With an escape in it, it is copied to each: no more in all than a document
/// may have bytes.
fn repeat<'a>(text: &Text<'a>, copied: &mut usize) -> Result<Text<'a>, SbomError> {
    const LIMIT: usize = limits::ATTESTATION_BYTES as usize;
    if let Text::Owned(text) = text {
        *copied += text.len();
        if *copied > LIMIT {
            return Err(SbomError::TooMany {
                what: "bytes of names and licenses",
                limit: LIMIT,
            });
        }
    }
    Ok(text.clone())
}

/// A license that no element of the graph tells more about: one of the SPDX list, or one of the two that say that
/// there is none or that it is not known.
fn listed(id: Text<'_>) -> (Text<'_>, bool) {
    match last(&id) {
        "NoAssertionLicense" | "NoAssertionElement" | "NoAssertion" => {
            return ("NOASSERTION".into(), false);
        }
        "NoneLicense" | "NoneElement" | "None" => return ("NONE".into(), false),
        _ => {}
    }
    let on_list =
        after(&id, "https://spdx.org/licenses/").or(after(&id, "http://spdx.org/licenses/"));
    match on_list {
        Some(text) => (text, false),
        None => (id, true),
    }
}
