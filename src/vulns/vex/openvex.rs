//! OpenVEX 0.0.x and 0.2.0 (<https://github.com/openvex/spec>, `OPENVEX-SPEC.md`).

use super::super::ScanError;
use super::super::json::{List, Str, text};
use super::super::report::time;
use super::{Component, Product, VexDocument, VexFormat, VexStatement, VexStatus};
use crate::model::limits;
use crate::sbom::document::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Justifications that the specification knows ("Status Justifications"); another is no justification.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

pub(super) fn parse(document: &str) -> Result<VexDocument<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let own_time = text(document.timestamp).and_then(|text| time(&text));
    let mut references: usize = 0;
    let mut statements = Vec::new();
    let mut unread = 0;
    for found in document.statements.all("statements")? {
        let Some(status) = text(found.status).and_then(|word| status(&word)) else {
            unread += 1;
            continue;
        };
        let vulnerability = found.vulnerability.unwrap_or_default();
        let mut names = vulnerability.aliases.texts("aliases")?;
        names.extend(text(vulnerability.name));
        names.extend(text(vulnerability.id));
        // Before 0.2.0 subcomponents stand beside the products and are those of each.
        let shared = components(found.subcomponents)?;
        let mut products = Vec::new();
        for wire in found.products.all("products")? {
            let mut subcomponents = components(wire.subcomponents)?;
            subcomponents.extend(shared.iter().cloned());
            let entries = (1 + subcomponents.len()).saturating_mul(names.len().max(1));
            references = references.saturating_add(entries);
            super::bounded(references)?;
            products.push(Product {
                component: component(wire.id, wire.identifiers, wire.hashes),
                subcomponents,
            });
        }
        let stated = text(found.timestamp).map(|text| time(&text));
        statements.push(VexStatement {
            vulnerabilities: names,
            products,
            status,
            justification: text(found.justification)
                .filter(|label| JUSTIFICATIONS.contains(&label.as_ref())),
            statement: text(found.impact_statement),
            // A time that cannot be read is no time, rather than the document's.
            timestamp: stated.unwrap_or(own_time),
        });
    }
    Ok(VexDocument {
        format: VexFormat::OpenVex,
        id: text(document.id),
        author: text(document.author),
        statements,
        unread,
    })
}

fn status(word: &str) -> Option<VexStatus> {
    Some(match word {
        "not_affected" => VexStatus::NotAffected,
        "affected" => VexStatus::Affected,
        "fixed" => VexStatus::Fixed,
        "under_investigation" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

fn components<'a>(
    list: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
) -> Result<Vec<Component>, ScanError> {
    let all = list.all("subcomponents")?.into_iter();
    Ok(all
        .map(|one| component(one.id, one.identifiers, one.hashes))
        .collect())
}

fn component(
    id: Option<Str<'_>>,
    identifiers: Option<Identifiers<'_>>,
    hashes: Option<Hashes<'_>>,
) -> Component {
    let mut component = Component::default();
    let identifiers = identifiers.unwrap_or_default();
    for one in [id, identifiers.purl].into_iter().filter_map(text) {
        component.add(&one);
    }
    component.other |= identifiers.cpe22.is_some() || identifiers.cpe23.is_some();
    let sha256: Option<Text<'_>> = hashes.and_then(|hashes| text(hashes.sha256));
    component
        .sha256
        .extend(sha256.map(|hex| hex.to_ascii_lowercase()));
    component
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "@id")]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    author: Option<Str<'a>>,
    #[serde(borrow)]
    timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    statements: List<Statement<'a>, { limits::VEX_STATEMENTS }>,
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(borrow)]
    vulnerability: Option<Vulnerability<'a>>,
    #[serde(borrow)]
    timestamp: Option<Str<'a>>,
    #[serde(borrow, default)]
    products: List<WireProduct<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    subcomponents: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow)]
    status: Option<Str<'a>>,
    #[serde(borrow)]
    justification: Option<Str<'a>>,
    #[serde(borrow)]
    impact_statement: Option<Str<'a>>,
}

/// An object since 0.2.0, a name before.
#[derive(Default)]
struct Vulnerability<'a> {
    id: Option<Str<'a>>,
    name: Option<Str<'a>>,
    aliases: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Default)]
struct WireProduct<'a> {
    id: Option<Str<'a>>,
    identifiers: Option<Identifiers<'a>>,
    hashes: Option<Hashes<'a>>,
    subcomponents: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
}

#[derive(Default)]
struct WireComponent<'a> {
    id: Option<Str<'a>>,
    identifiers: Option<Identifiers<'a>>,
    hashes: Option<Hashes<'a>>,
}

#[derive(Default, Deserialize)]
struct Identifiers<'a> {
    #[serde(borrow)]
    purl: Option<Str<'a>>,
    #[serde(borrow)]
    cpe22: Option<Str<'a>>,
    #[serde(borrow)]
    cpe23: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Hashes<'a> {
    #[serde(borrow, rename = "sha-256")]
    sha256: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct VulnerabilityObject<'a> {
    #[serde(borrow, rename = "@id")]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    aliases: List<Str<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct ProductObject<'a> {
    #[serde(borrow, rename = "@id")]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    identifiers: Option<Identifiers<'a>>,
    #[serde(borrow)]
    hashes: Option<Hashes<'a>>,
    #[serde(borrow, default)]
    subcomponents: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
}

#[derive(Deserialize)]
struct ComponentObject<'a> {
    #[serde(borrow, rename = "@id")]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    identifiers: Option<Identifiers<'a>>,
    #[serde(borrow)]
    hashes: Option<Hashes<'a>>,
}

impl<'a> From<Str<'a>> for Vulnerability<'a> {
    fn from(name: Str<'a>) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }
}

impl<'a> From<VulnerabilityObject<'a>> for Vulnerability<'a> {
    fn from(VulnerabilityObject { id, name, aliases }: VulnerabilityObject<'a>) -> Self {
        Self { id, name, aliases }
    }
}

impl<'a> From<Str<'a>> for WireProduct<'a> {
    fn from(id: Str<'a>) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }
}

impl<'a> From<ProductObject<'a>> for WireProduct<'a> {
    fn from(
        ProductObject {
            id,
            identifiers,
            hashes,
            subcomponents,
        }: ProductObject<'a>,
    ) -> Self {
        Self {
            id,
            identifiers,
            hashes,
            subcomponents,
        }
    }
}

impl<'a> From<Str<'a>> for WireComponent<'a> {
    fn from(id: Str<'a>) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }
}

impl<'a> From<ComponentObject<'a>> for WireComponent<'a> {
    fn from(
        ComponentObject {
            id,
            identifiers,
            hashes,
        }: ComponentObject<'a>,
    ) -> Self {
        Self {
            id,
            identifiers,
            hashes,
        }
    }
}

/// Reads a name or an object `O` into `T`.
fn name_or_object<'de, D, T, O>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<Str<'de>> + From<O>,
    O: Deserialize<'de>,
{
    struct Either<T, O>(PhantomData<(T, O)>);
    impl<'de, T: From<Str<'de>> + From<O>, O: Deserialize<'de>> Visitor<'de> for Either<T, O> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or an object")
        }

        fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
            Ok(Str(Cow::Borrowed(text)).into())
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            Ok(Str(Cow::Owned(text.into())).into())
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            O::deserialize(MapAccessDeserializer::new(map)).map(T::from)
        }
    }
    deserializer.deserialize_any(Either::<T, O>(PhantomData))
}

impl<'de: 'a, 'a> Deserialize<'de> for Vulnerability<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name_or_object::<D, Vulnerability<'de>, VulnerabilityObject<'de>>(deserializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireProduct<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name_or_object::<D, WireProduct<'de>, ProductObject<'de>>(deserializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireComponent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name_or_object::<D, WireComponent<'de>, ComponentObject<'de>>(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn statements_of_version_0_2_0_are_read() {
        let document = parse(br#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://x/vex-1","author":"A",
            "timestamp":"2024-01-01T00:00:00Z","version":1,"statements":[
            {"vulnerability":{"@id":"https://nvd/CVE-2024-1","name":"CVE-2024-1","aliases":["GHSA-a"]},
             "products":[{"@id":"pkg:oci/app@sha256%3Aab","identifiers":{"purl":"pkg:oci/app","cpe23":"cpe:2.3:a"},
               "hashes":{"sha-256":"AB"},"subcomponents":[{"@id":"pkg:npm/left@1"}]}],
             "status":"not_affected","justification":"component_not_present","timestamp":"2024-02-01T00:00:00+01:00"},
            {"vulnerability":{"name":"CVE-2024-2"},"status":"excellent"},
            {"vulnerability":{"name":"CVE-2024-3"},"status":"not_affected","justification":"because"}]}"#).unwrap();

        assert_eq!((document.format, document.unread), (VexFormat::OpenVex, 1));
        let [first, second] = document.statements.as_slice() else {
            panic!()
        };
        assert_eq!(
            first.vulnerabilities,
            ["GHSA-a", "CVE-2024-1", "https://nvd/CVE-2024-1"]
        );
        assert_eq!(first.products[0].component.purls.len(), 2);
        assert_eq!(first.products[0].component.sha256, ["ab"]);
        assert_eq!(first.products[0].subcomponents.len(), 1);
        assert_eq!(
            first.timestamp,
            Some("2024-01-31T23:00:00Z".parse().unwrap())
        );
        assert!(first.suppresses());
        assert_eq!(
            second.timestamp,
            Some("2024-01-01T00:00:00Z".parse().unwrap())
        );
        assert!(second.is_unjustified());
    }

    #[test]
    fn statements_of_version_0_0_1_are_read() {
        let document = parse(br#"{"@context":"https://openvex.dev/ns","@id":"x","timestamp":"2023-01-08T18:02:03-06:00",
            "version":"1","statements":[{"vulnerability":"CVE-2023-1","products":["pkg:apk/wolfi/git@2","x:y"],
            "subcomponents":["pkg:npm/left"],"status":"fixed"}]}"#).unwrap();

        let statement = &document.statements[0];
        assert_eq!(statement.vulnerabilities, ["CVE-2023-1"]);
        assert_eq!(statement.status, VexStatus::Fixed);
        assert_eq!(statement.products.len(), 2);
        assert_eq!(
            statement.products[0].subcomponents,
            [Component::of("pkg:npm/left")]
        );
        assert!(statement.products[1].component.other);
    }
}
