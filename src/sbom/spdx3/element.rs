//! One element of the graph: the fields of all types that are read.

use super::super::document::Text;
use super::super::text::{Each, Gather, Str, TextOr, Texts, filled};
use crate::model::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Element<'a> {
    #[serde(rename = "type", alias = "@type")]
    pub(super) kind: Option<Str<'a>>,
    #[serde(rename = "spdxId", alias = "@id")]
    pub(super) id: Option<Str<'a>>,
    pub(super) name: Option<Str<'a>>,
    #[serde(rename = "creationInfo", default)]
    pub(super) creation: TextOr<'a, CreationInfo<'a>>,

    // CreationInfo, where it is an element of the graph.
    #[serde(rename = "specVersion")]
    spec_version: Option<Str<'a>>,
    created: Option<Str<'a>>,
    #[serde(rename = "createdBy", default)]
    created_by: Texts<'a>,
    #[serde(rename = "createdUsing", default)]
    created_using: Texts<'a>,

    // SpdxDocument and software_Sbom.
    #[serde(rename = "rootElement", default)]
    pub(super) roots: Texts<'a>,
    #[serde(rename = "import", default)]
    pub(super) imports: Each<Imports<'a>>,
    #[serde(rename = "software_sbomType", default)]
    pub(super) sbom_types: Texts<'a>,

    // software_Package.
    #[serde(rename = "software_packageVersion")]
    pub(super) version: Option<Str<'a>>,
    #[serde(rename = "software_packageUrl")]
    pub(super) purl: Option<Str<'a>>,
    #[serde(rename = "software_primaryPurpose")]
    pub(super) purpose: Option<Str<'a>>,
    #[serde(rename = "software_contentIdentifier", default)]
    pub(super) content: Each<Contents>,
    #[serde(rename = "suppliedBy", default)]
    pub(super) suppliers: Texts<'a>,
    #[serde(rename = "originatedBy", default)]
    pub(super) originators: Texts<'a>,
    #[serde(rename = "externalIdentifier", default)]
    pub(super) identifiers: Each<Identifiers<'a>>,
    #[serde(rename = "verifiedUsing", default)]
    pub(super) hashes: Each<Hashes<'a>>,

    // Relationship.
    #[serde(rename = "relationshipType")]
    pub(super) relationship: Option<Str<'a>>,
    pub(super) from: Option<Str<'a>>,
    #[serde(default)]
    pub(super) to: Texts<'a>,

    // Licenses.
    #[serde(rename = "simplelicensing_licenseExpression")]
    pub(super) expression: Option<Str<'a>>,
}

impl<'a> Element<'a> {
    /// The element as the creation information that it is.
    pub(super) fn into_creation(self) -> (Text<'a>, CreationInfo<'a>) {
        let info = CreationInfo {
            version: filled(self.spec_version),
            created: filled(self.created),
            created_by: self.created_by,
            created_using: self.created_using,
        };
        (filled(self.id).unwrap_or_default(), info)
    }
}

/// Who made an element, when and with what.
#[derive(Clone, Debug)]
pub(super) struct CreationInfo<'a> {
    pub(super) version: Option<Text<'a>>,
    pub(super) created: Option<Text<'a>>,
    pub(super) created_by: Texts<'a>,
    pub(super) created_using: Texts<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for CreationInfo<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 'a"))]
        struct Fields<'a> {
            #[serde(rename = "specVersion")]
            version: Option<Str<'a>>,
            created: Option<Str<'a>>,
            #[serde(rename = "createdBy", default)]
            created_by: Texts<'a>,
            #[serde(rename = "createdUsing", default)]
            created_using: Texts<'a>,
        }

        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            version: filled(fields.version),
            created: filled(fields.created),
            created_by: fields.created_by,
            created_using: fields.created_using,
        })
    }
}

/// Ids of elements of other documents.
#[derive(Default)]
pub(super) struct Imports<'a>(pub(super) Vec<Text<'a>>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Import<'a> {
    #[serde(rename = "externalSpdxId")]
    id: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Imports<'a> {
    type Item = TextOr<'a, Import<'a>>;

    fn add(&mut self, item: Self::Item) {
        if let TextOr::Object(import) = item {
            self.0.extend(filled(import.id));
        }
    }
}

/// Identifiers of a package, of which package URLs are kept.
#[derive(Default)]
pub(super) struct Identifiers<'a> {
    pub(super) purls: Vec<Text<'a>>,
    pub(super) has: super::super::document::Identifiers,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Identifier<'a> {
    #[serde(rename = "externalIdentifierType")]
    kind: Option<Str<'a>>,
    identifier: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Identifiers<'a> {
    type Item = TextOr<'a, Identifier<'a>>;

    fn add(&mut self, item: Self::Item) {
        let TextOr::Object(one) = item else { return };
        match filled(one.kind).as_deref() {
            Some("packageUrl") => self.purls.extend(filled(one.identifier)),
            Some("cpe22" | "cpe23") => self.has.cpe = true,
            Some("swid") => self.has.swid = true,
            Some("gitoid" | "swhid") => self.has.other = true,
            _ => {}
        }
    }

    fn is_full(&self) -> bool {
        self.purls.len() >= limits::SBOM_PER_PACKAGE
    }
}

/// Whether there are content identifiers: gitoid or SWHID.
#[derive(Default)]
pub(super) struct Contents(pub(super) usize);

impl<'de> Gather<'de> for Contents {
    type Item = IgnoredAny;

    fn add(&mut self, _: IgnoredAny) {
        self.0 += 1;
    }
}

#[derive(Default)]
pub(super) struct Hashes<'a>(pub(super) Vec<super::super::document::Hash<'a>>);

/// A hash, or another method of verification without these fields.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Digest<'a> {
    algorithm: Option<Str<'a>>,
    #[serde(rename = "hashValue")]
    value: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Hashes<'a> {
    type Item = TextOr<'a, Digest<'a>>;

    fn add(&mut self, item: Self::Item) {
        let TextOr::Object(one) = item else { return };
        if let (Some(algorithm), Some(value)) = (filled(one.algorithm), filled(one.value)) {
            self.0
                .push(super::super::document::Hash { algorithm, value });
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= limits::SBOM_PER_PACKAGE
    }
}

/// Ids of all elements.
#[derive(Default)]
pub(super) struct Ids<'a>(pub(super) Vec<Text<'a>>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Named<'a> {
    #[serde(rename = "spdxId", alias = "@id")]
    id: Option<Str<'a>>,
}

impl<'de: 'a, 'a> Gather<'de> for Ids<'a> {
    type Item = Named<'a>;

    fn add(&mut self, item: Named<'a>) {
        self.0.extend(filled(item.id));
    }
}
