//! CycloneDX as JSON.

use super::super::connect::Relations;
use super::super::document::{Dependencies, EdgeKind, Encoding, Sbom, Text, Tool};
use super::super::error::SbomError;
use super::super::text::{Each, Gather, Str, UpTo, filled, plain};
use super::component::{List, Own};
use super::{Draft, aggregate, full_name, is_read};
use crate::model::limits;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>, SbomError> {
    let document: Document<'_> = serde_json::from_str(text)?;
    if document.bom_format.0 != "CycloneDX" {
        return Err(SbomError::Unknown);
    }
    is_read(&document.version.0)?;
    let metadata = document.metadata.unwrap_or_default();
    let authors = metadata.authors.checked("authors", limits::SBOM_AUTHORS)?.0;
    let lifecycles = metadata
        .lifecycles
        .checked("lifecycles", limits::SBOM_AUTHORS)?
        .0;
    let mut draft = Draft {
        version: document.version.0,
        id: filled(document.serial),
        created: filled(metadata.timestamp),
        authors: (authors.into_iter().chain(metadata.manufacturer))
            .filter_map(|party| filled(party.name))
            .collect(),
        lifecycles: (lifecycles.into_iter())
            .filter_map(|one| filled(one.phase).or(filled(one.name)))
            .collect(),
        components: metadata.component.0.before(document.components.0),
        relations: document.dependencies.of,
        others: document.services.of.0,
        ..Draft::default()
    };
    let tools = metadata.tools;
    for list in [tools.components, tools.services] {
        for tool in list.checked("tools", limits::SBOM_AUTHORS)?.0 {
            draft.others.extend(filled(tool.id));
            let name = full_name(filled(tool.group), plain(tool.name));
            let version = filled(tool.version);
            draft.tools.push(Tool { name, version });
        }
    }
    for (id, what) in document.compositions.of.0 {
        let id = draft.relations.id(id);
        draft.relations.said.push((id, what));
    }
    draft.finish(Encoding::Json)
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Document<'a> {
    #[serde(rename = "bomFormat")]
    bom_format: Str<'a>,
    #[serde(rename = "specVersion")]
    version: Str<'a>,
    #[serde(rename = "serialNumber")]
    serial: Option<Str<'a>>,
    metadata: Option<Metadata<'a>>,
    #[serde(default)]
    components: List<'a>,
    #[serde(default)]
    services: Each<Services<'a>>,
    #[serde(default)]
    dependencies: Each<Relations<'a>>,
    #[serde(default)]
    compositions: Each<Compositions<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    timestamp: Option<Str<'a>>,
    #[serde(default)]
    lifecycles: Each<UpTo<Lifecycle<'a>, { limits::SBOM_AUTHORS }>>,
    #[serde(default)]
    tools: Tools<'a>,
    #[serde(default)]
    authors: Each<UpTo<Party<'a>, { limits::SBOM_AUTHORS }>>,
    /// Who created the document (from 1.6 on); `manufacture` and `supplier` are those of what it describes.
    manufacturer: Option<Party<'a>>,
    #[serde(default)]
    component: Own<'a>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Lifecycle<'a> {
    phase: Option<Str<'a>>,
    name: Option<Str<'a>>,
}

/// A person or an organisation.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Party<'a> {
    pub(super) name: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Program<'a> {
    #[serde(rename = "bom-ref")]
    id: Option<Str<'a>>,
    group: Option<Str<'a>>,
    name: Option<Str<'a>>,
    version: Option<Str<'a>>,
}

type Programs<'a> = Each<UpTo<Program<'a>, { limits::SBOM_AUTHORS }>>;

/// Programs in an object, as 1.5 and later have them, or in a list, as before.
#[derive(Default)]
struct Tools<'a> {
    components: Programs<'a>,
    services: Programs<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Tools<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'a"))]
        struct Lists<'a> {
            #[serde(default)]
            components: Programs<'a>,
            #[serde(default)]
            services: Programs<'a>,
        }

        struct Shapes<'a>(PhantomData<&'a str>);

        impl<'de: 'a, 'a> Visitor<'de> for Shapes<'a> {
            type Value = Tools<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object or a list of tools")
            }

            fn visit_unit<E: Error>(self) -> Result<Tools<'a>, E> {
                Ok(Tools::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Tools<'a>, A::Error> {
                Ok(Tools {
                    components: Each::deserialize(SeqAccessDeserializer::new(list))?,
                    services: Each::default(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tools<'a>, A::Error> {
                let lists = Lists::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Tools {
                    components: lists.components,
                    services: lists.services,
                })
            }
        }

        deserializer.deserialize_any(Shapes(PhantomData))
    }
}

/// Ids of services, nested ones among them.
#[derive(Default)]
struct Services<'a>(Vec<Text<'a>>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Service<'a> {
    #[serde(rename = "bom-ref")]
    id: Option<Str<'a>>,
    #[serde(default)]
    services: Each<Services<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Services<'a> {
    type Item = Service<'a>;

    fn add(&mut self, item: Service<'a>) {
        self.0.extend(filled(item.id));
        self.0.extend(item.services.of.0);
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(in crate::sbom) struct Dependency<'a> {
    #[serde(rename = "ref")]
    id: Option<Str<'a>>,
    #[serde(rename = "dependsOn", default)]
    depends_on: Each<UpTo<Str<'a>, { limits::SBOM_RELATIONSHIPS }>>,
    /// What it implements (1.6), such as a specification.
    #[serde(default)]
    provides: Each<UpTo<Str<'a>, { limits::SBOM_RELATIONSHIPS }>>,
}

impl<'de: 'a, 'a> Gather<'de> for Relations<'a> {
    type Item = Dependency<'a>;

    fn add(&mut self, item: Dependency<'a>) {
        let from = self.id(plain(item.id));
        let to = item.depends_on.of.0;
        if to.is_empty() {
            self.said.push((from, Dependencies::None));
        }
        for to in to {
            let to = self.id(to.0);
            self.relate(from, EdgeKind::DependsOn, to);
        }
        for to in item.provides.of.0 {
            let to = self.id(to.0);
            self.relate(from, EdgeKind::Other, to);
        }
    }

    fn is_full(&self) -> bool {
        self.has_too_many()
    }
}

/// What compositions say about dependencies.
#[derive(Default)]
struct Compositions<'a>(Vec<(Text<'a>, Dependencies)>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Composition<'a> {
    aggregate: Option<Str<'a>>,
    #[serde(default)]
    dependencies: Each<UpTo<Str<'a>, { limits::SBOM_RELATIONSHIPS }>>,
}

impl<'de: 'a, 'a> Gather<'de> for Compositions<'a> {
    type Item = Composition<'a>;

    fn add(&mut self, item: Composition<'a>) {
        if let Some(what) = aggregate(&plain(item.aggregate)) {
            let ids = item.dependencies.of.0.into_iter();
            self.0.extend(ids.map(|id| (id.0, what)));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() > limits::SBOM_RELATIONSHIPS
    }
}
