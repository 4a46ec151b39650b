//! SPDX 3.0 as JSON-LD (SPDX specification 3.0.1, serialisation with `@graph`).

use super::{Sbom, SbomError, titled, unread};
use crate::model::expectation::SbomFormat;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;

pub(super) fn parse(text: &str) -> Result<Sbom, SbomError> {
    let document: Document = serde_json::from_str(text)?;
    let is_spdx = document.context.texts().any(|url| url.starts_with(CONTEXT));
    if !is_spdx {
        return Err(SbomError::Unknown);
    }
    let of = |kind: &'static str| document.graph.iter().filter(move |one| one.kind == kind);
    let found = of("CreationInfo").find_map(|one| one.spec_version.as_deref());
    let version = found.ok_or(SbomError::Lacks {
        format: SbomFormat::Spdx,
        what: "a CreationInfo with its specVersion",
    })?;
    if !version.starts_with("3.0") {
        return Err(unread(SbomFormat::Spdx, version));
    }
    let own = of("SpdxDocument").next().ok_or(SbomError::Lacks {
        format: SbomFormat::Spdx,
        what: "an SpdxDocument",
    })?;
    // A document's root may be an SBOM, whose own root is the package.
    let mut roots: BTreeSet<&str> = own.roots.texts().collect();
    for sbom in of("software_Sbom")
        .filter(|one| roots.contains(one.id()))
        .collect::<Vec<_>>()
    {
        roots.extend(sbom.roots.texts());
    }
    let packages: Vec<_> = of("software_Package").collect();
    let subject = packages.iter().find(|one| roots.contains(one.id()));
    let licensed: BTreeSet<&str> = of("Relationship")
        .filter(|one| {
            let kind = one.relationship.as_deref().unwrap_or_default();
            let is_license = matches!(kind, "hasDeclaredLicense" | "hasConcludedLicense");
            is_license && one.to.texts().any(|to| !is_no_license(to))
        })
        .filter_map(|one| one.from.as_deref())
        .collect();
    let count = |has: &dyn Fn(&Element) -> bool| packages.iter().filter(|one| has(one)).count();
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version: version.into(),
        name: own.name.clone(),
        namespace_or_serial: Some(own.id().into()).filter(|id: &String| !id.is_empty()),
        subject: subject.map(|one| {
            let name = one.name.as_deref().unwrap_or_default();
            titled(name, one.version.as_deref())
        }),
        packages: packages.len(),
        with_version: count(&|one| one.version.is_some()),
        with_license: count(&|one| licensed.contains(one.id())),
        with_purl: count(&|one| one.purl.is_some() || one.has_purl_identifier()),
    })
}

const CONTEXT: &str = "https://spdx.org/rdf/3.";

/// `NoneLicense` and `NoAssertionLicense` are individuals of the expanded licensing profile.
fn is_no_license(id: &str) -> bool {
    id.ends_with("NoAssertionLicense") || id.ends_with("NoneLicense") || id.ends_with("NoAssertion")
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@context", default)]
    context: Texts,
    #[serde(rename = "@graph")]
    graph: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(rename = "spdxId")]
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "specVersion")]
    spec_version: Option<String>,
    #[serde(rename = "rootElement", default)]
    roots: Texts,
    #[serde(rename = "software_packageVersion")]
    version: Option<String>,
    #[serde(rename = "software_packageUrl")]
    purl: Option<String>,
    #[serde(rename = "externalIdentifier", default)]
    identifiers: Vec<Identifier>,
    #[serde(rename = "relationshipType")]
    relationship: Option<String>,
    from: Option<String>,
    #[serde(default)]
    to: Texts,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(rename = "externalIdentifierType", default)]
    kind: String,
}

impl Element {
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn has_purl_identifier(&self) -> bool {
        self.identifiers.iter().any(|one| one.kind == "packageUrl")
    }
}

/// One text or several; whatever else stands there is passed over.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<Text>),
    Other(IgnoredAny),
    #[default]
    #[serde(skip)]
    None,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Other(IgnoredAny),
}

impl Texts {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(text) => (Some(text.as_str()), &[][..]),
            Self::Many(texts) => (None, texts.as_slice()),
            Self::Other(_) | Self::None => (None, &[][..]),
        };
        let many = many.iter().filter_map(|text| match text {
            Text::Text(text) => Some(text.as_str()),
            Text::Other(_) => None,
        });
        one.into_iter().chain(many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
        {"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-11-21T00:00:00Z"},
        {"type":"SpdxDocument","spdxId":"https://example.org/d","name":"shop","rootElement":["https://example.org/s"]},
        {"type":"software_Sbom","spdxId":"https://example.org/s","rootElement":"https://example.org/cart"},
        {"type":"software_Package","spdxId":"https://example.org/cart","name":"cart","software_packageVersion":"1.2",
         "software_packageUrl":"pkg:cargo/cart@1.2"},
        {"type":"software_Package","spdxId":"https://example.org/tax","name":"tax",
         "externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"packageUrl","identifier":"pkg:x"}]},
        {"type":"Relationship","spdxId":"https://example.org/r","from":"https://example.org/cart",
         "relationshipType":"hasDeclaredLicense","to":["https://example.org/mit"]},
        {"type":"Relationship","spdxId":"https://example.org/q","from":"https://example.org/tax",
         "relationshipType":"hasConcludedLicense","to":["https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"]}]}"#;

    #[test]
    fn a_graph_is_read() {
        let sbom = parse(GOOD).unwrap();

        assert_eq!(
            (sbom.version.as_str(), sbom.name.as_deref()),
            ("3.0.1", Some("shop"))
        );
        assert_eq!(sbom.subject.as_deref(), Some("cart@1.2"));
        assert_eq!((sbom.packages, sbom.with_version), (2, 1));
        assert_eq!((sbom.with_license, sbom.with_purl), (1, 2));
    }

    #[test]
    fn other_graphs_and_versions_are_refused() {
        let foreign =
            parse(&GOOD.replace("https://spdx.org/rdf/3.0.1/spdx", "https://schema.org/"));
        let newer = parse(&GOOD.replace("\"specVersion\":\"3.0.1\"", "\"specVersion\":\"4.0\""));
        let bare = parse(&GOOD.replace("SpdxDocument", "Document"));

        assert!(matches!(foreign, Err(SbomError::Unknown)), "{foreign:?}");
        assert!(matches!(newer, Err(SbomError::Version { .. })), "{newer:?}");
        assert!(matches!(bare, Err(SbomError::Lacks { .. })), "{bare:?}");
    }
}
