//! SPDX 2.2 and 2.3 as JSON (SPDX specification 2.3, schema `spdx-schema.json`).

use super::{Sbom, SbomError, is_license, titled, unread};
use crate::model::expectation::SbomFormat;
use serde::Deserialize;

pub(super) fn parse(text: &str) -> Result<Sbom, SbomError> {
    let document: Document = serde_json::from_str(text)?;
    let version = match document.spdx_version.as_str() {
        "SPDX-2.2" => "2.2",
        "SPDX-2.3" => "2.3",
        other => return Err(unread(SbomFormat::Spdx, other)),
    };
    let described = described(&document);
    let subject = document
        .packages
        .iter()
        .find(|package| described.contains(&package.id.as_str()))
        .map(|package| titled(&package.name, package.version.as_deref()));
    let count = |has: fn(&Package) -> bool| document.packages.iter().filter(|p| has(p)).count();
    Ok(Sbom {
        format: SbomFormat::Spdx,
        version: version.into(),
        subject,
        packages: document.packages.len(),
        with_version: count(|package| package.version.as_ref().is_some_and(|v| !v.is_empty())),
        with_license: count(|package| {
            let licenses = [&package.concluded, &package.declared];
            licenses.into_iter().flatten().any(|text| is_license(text))
        }),
        with_purl: count(|package| package.references.iter().any(|one| one.kind == "purl")),
        name: document.name,
        namespace_or_serial: document.namespace,
    })
}

/// Ids of what the document describes, by `documentDescribes` or by relationship.
fn described(document: &Document) -> Vec<&str> {
    let by_relationship = document.relationships.iter().filter_map(|one| {
        match (
            one.kind.as_str(),
            one.from == document.id,
            one.to == document.id,
        ) {
            ("DESCRIBES", true, _) => Some(one.to.as_str()),
            ("DESCRIBED_BY", _, true) => Some(one.from.as_str()),
            _ => None,
        }
    });
    let listed = document.describes.iter().map(String::as_str);
    listed.chain(by_relationship).collect()
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "spdxVersion")]
    spdx_version: String,
    #[serde(rename = "SPDXID", default)]
    id: String,
    name: Option<String>,
    #[serde(rename = "documentNamespace")]
    namespace: Option<String>,
    #[serde(rename = "documentDescribes", default)]
    describes: Vec<String>,
    #[serde(default)]
    packages: Vec<Package>,
    #[serde(default)]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(rename = "SPDXID", default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(rename = "versionInfo")]
    version: Option<String>,
    #[serde(rename = "licenseConcluded")]
    concluded: Option<String>,
    #[serde(rename = "licenseDeclared")]
    declared: Option<String>,
    #[serde(rename = "externalRefs", default)]
    references: Vec<ExternalReference>,
}

#[derive(Deserialize)]
struct ExternalReference {
    #[serde(rename = "referenceType", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Relationship {
    #[serde(rename = "spdxElementId", default)]
    from: String,
    #[serde(rename = "relationshipType", default)]
    kind: String,
    #[serde(rename = "relatedSpdxElement", default)]
    to: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_lists_what_it_describes_has_that_subject() {
        let text = r#"{"spdxVersion":"SPDX-2.2","SPDXID":"SPDXRef-DOCUMENT","documentDescribes":["SPDXRef-b"],
            "packages":[{"SPDXID":"SPDXRef-a","name":"a"},{"SPDXID":"SPDXRef-b","name":"b","licenseDeclared":"MIT"}]}"#;

        let sbom = parse(text).unwrap();

        assert_eq!(
            (sbom.version.as_str(), sbom.subject.as_deref()),
            ("2.2", Some("b"))
        );
        assert_eq!(
            (sbom.packages, sbom.with_license, sbom.with_purl),
            (2, 1, 0)
        );
    }

    #[test]
    fn other_versions_and_doubled_keys_are_refused() {
        let newer = parse(r#"{"spdxVersion":"SPDX-2.4"}"#);
        let doubled = parse(r#"{"spdxVersion":"SPDX-2.3","name":"a","name":"b"}"#);

        assert!(matches!(newer, Err(SbomError::Version { .. })), "{newer:?}");
        assert!(matches!(doubled, Err(SbomError::Json(_))), "{doubled:?}");
    }
}
