//! Components as JSON, into one flat list: what is nested never piles up.

use super::super::document::{Hash, License, Package, Role, Text};
use super::super::text::{Count, Each, Gather, Str, filled, one_first};
use super::json::Party;
use super::{Components, full_name, license_by};
use crate::model::limits;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The components of a document.
#[derive(Default)]
pub(super) struct List<'a>(pub(super) Components<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut into = Components::default();
        let holder = None;
        let nested = Nested {
            into: &mut into,
            holder,
        };
        nested.deserialize(deserializer)?;
        Ok(Self(into))
    }
}

/// The component that a document's metadata is about, with those nested in it.
#[derive(Default)]
pub(super) struct Own<'a>(pub(super) Components<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Own<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut into = Components::default();
        let one = One {
            into: &mut into,
            holder: None,
            role: Role::Metadata,
        };
        one.deserialize(deserializer)?;
        Ok(Self(into))
    }
}

/// A list of components, `null` included.
struct Nested<'s, 'a> {
    into: &'s mut Components<'a>,
    holder: Option<u32>,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Nested<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Nested<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of components")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            if self.into.is_full() {
                if list.next_element::<IgnoredAny>()?.is_some() {
                    self.into.too_many = Some(("components", limits::SBOM_PACKAGES));
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(());
            }
            let one = One {
                into: self.into,
                holder: self.holder,
                role: Role::Part,
            };
            if list.next_element_seed(one)?.is_none() {
                return Ok(());
            }
        }
    }
}

/// A component, `null` included.
struct One<'s, 'a> {
    into: &'s mut Components<'a>,
    holder: Option<u32>,
    role: Role,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Field {
    Type,
    BomRef,
    Group,
    Name,
    Version,
    Purl,
    Cpe,
    Swid,
    #[serde(rename = "omniborId")]
    OmniborId,
    Swhid,
    Supplier,
    Manufacturer,
    Publisher,
    Author,
    Authors,
    Licenses,
    Hashes,
    Components,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for One<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for One<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a component")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let place = self.into.open(self.holder);
        let mut package = Package {
            role: self.role,
            ..Package::default()
        };
        let mut group = None;
        // Who made it: manufacturer, publisher and author, of which the first counts.
        let mut makers: [Option<Text<'a>>; 4] = Default::default();
        let [manufacturer, publisher, author, authors] = &mut makers;
        let mut seen: u32 = 0;
        while let Some(field) = map.next_key::<Field>()? {
            if !matches!(field, Field::Other) {
                let bit = 1_u32 << field as u32;
                if seen & bit != 0 {
                    return Err(A::Error::custom(format_args!(
                        "duplicate field `{field:?}`"
                    )));
                }
                seen |= bit;
            }
            match field {
                Field::Type => package.purpose = filled(map.next_value()?),
                Field::BomRef => package.id = filled(map.next_value()?).unwrap_or_default(),
                Field::Group => group = filled(map.next_value()?),
                Field::Name => package.name = filled(map.next_value()?).unwrap_or_default(),
                Field::Version => package.version = filled(map.next_value()?),
                Field::Purl => package.purl = filled(map.next_value()?),
                Field::Cpe => package.identifiers.cpe = is_filled(map.next_value()?),
                Field::Swid => package.identifiers.swid = is_there(map.next_value()?),
                Field::OmniborId | Field::Swhid => {
                    let ids: Each<Count> = map.next_value()?;
                    package.identifiers.other |= ids.of.0 > 0;
                }
                Field::Supplier => package.supplier = name(map.next_value()?),
                Field::Manufacturer => *manufacturer = name(map.next_value()?),
                Field::Publisher => *publisher = filled(map.next_value()?),
                Field::Author => *author = filled(map.next_value()?),
                Field::Authors => *authors = map.next_value::<Each<First<'a>>>()?.of.0,
                Field::Licenses => {
                    let licenses: Each<Licenses<'a>> = map.next_value()?;
                    self.into
                        .check(licenses.is_cut(), "licenses of one component");
                    package.licenses = licenses.of.0;
                }
                Field::Hashes => {
                    let hashes: Each<Hashes<'a>> = map.next_value()?;
                    self.into.check(hashes.is_cut(), "hashes of one component");
                    package.hashes = hashes.of.0;
                }
                Field::Components => map.next_value_seed(Nested {
                    into: self.into,
                    holder: Some(place),
                })?,
                Field::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        package.name = full_name(group, package.name);
        package.originator = makers.into_iter().flatten().next();
        self.into.close(place, package);
        Ok(())
    }
}

fn is_filled(text: Option<Str<'_>>) -> bool {
    filled(text).is_some()
}

fn is_there(value: Option<IgnoredAny>) -> bool {
    value.is_some()
}

fn name(party: Option<Party<'_>>) -> Option<Text<'_>> {
    party.and_then(|party| filled(party.name))
}

/// The first name of a list of people.
#[derive(Default)]
struct First<'a>(Option<Text<'a>>);

impl<'de: 'a, 'a> Gather<'de> for First<'a> {
    type Item = Party<'a>;

    fn add(&mut self, item: Party<'a>) {
        self.0 = self.0.take().or(filled(item.name));
    }
}

#[derive(Default)]
struct Licenses<'a>(Vec<License<'a>>);

/// A license or an expression; 1.7 allows several of both, with details that are passed over.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Choice<'a> {
    license: Option<Named<'a>>,
    expression: Option<Str<'a>>,
    acknowledgement: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Named<'a> {
    id: Option<Str<'a>>,
    name: Option<Str<'a>>,
    acknowledgement: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Licenses<'a> {
    type Item = Choice<'a>;

    fn add(&mut self, item: Choice<'a>) {
        let mut take = |text: Option<Str<'a>>, is_name: bool, by: Option<&Str<'a>>| {
            let by = license_by(by.map(|by| by.0.as_ref()));
            one_first(&mut self.0);
            self.0
                .extend(filled(text).map(|text| License { text, is_name, by }));
        };
        take(item.expression, false, item.acknowledgement.as_ref());
        if let Some(license) = item.license {
            let by = license
                .acknowledgement
                .as_ref()
                .or(item.acknowledgement.as_ref());
            take(license.id, false, by);
            take(license.name, true, by);
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= limits::SBOM_PER_PACKAGE
    }
}

#[derive(Default)]
struct Hashes<'a>(Vec<Hash<'a>>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Digest<'a> {
    alg: Str<'a>,
    content: Str<'a>,
}

impl<'de: 'a, 'a> Gather<'de> for Hashes<'a> {
    type Item = Digest<'a>;

    fn add(&mut self, item: Digest<'a>) {
        one_first(&mut self.0);
        self.0.push(Hash {
            algorithm: item.alg.0,
            value: item.content.0,
        });
    }

    fn is_full(&self) -> bool {
        self.0.len() >= limits::SBOM_PER_PACKAGE
    }
}
