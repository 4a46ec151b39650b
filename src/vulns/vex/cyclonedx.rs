//! CycloneDX 1.4 to 1.7 as VEX: `vulnerabilities` with an `analysis` (ECMA-424).
//!
//! `affects[].ref` names a component of the same document by its `bom-ref`, or by a BOM-Link
//! (`urn:cdx:serial/version#bom-ref`). Of another document's components only those are known whose `bom-ref` is a package
//! URL.

use super::super::ScanError;
use super::super::json::{List, Str, text};
use super::super::report::time;
use super::{Component, Product, VexDocument, VexFormat, VexStatement, VexStatus};
use crate::model::limits;
use crate::sbom::document::Text;
use crate::sbom::purl::{self, PackageUrl};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) fn parse(document: &str) -> Result<VexDocument<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let metadata = document.metadata.unwrap_or_default();
    let serial = text(document.serial);
    let parts = document.components.all("components")?;
    let known = Known {
        serial: serial
            .as_deref()
            .map(|serial| serial.trim_start_matches("urn:uuid:").to_owned()),
        purls: components(metadata.component.into_iter().chain(parts).collect())?,
    };
    let own_time = text(metadata.timestamp).and_then(|text| time(&text));
    let mut references: usize = 0;
    let mut statements = Vec::new();
    let mut unread = 0;
    for found in document.vulnerabilities.all("vulnerabilities")? {
        let analysis = found.analysis.unwrap_or_default();
        let Some(status) = text(analysis.state).and_then(|word| status(&word)) else {
            unread += 1;
            continue;
        };
        let mut vulnerabilities: Vec<Text<'_>> = text(found.id).into_iter().collect();
        for reference in found.references.all("references")? {
            vulnerabilities.extend(text(reference.id));
        }
        let mut products = Vec::new();
        for affected in found.affects.all("affects")? {
            products.extend(known.products(affected)?);
            let entries = products.len().saturating_mul(vulnerabilities.len().max(1));
            super::bounded(references.saturating_add(entries))?;
        }
        let entries = products.len().saturating_mul(vulnerabilities.len().max(1));
        references = references.saturating_add(entries);
        let dates = [analysis.last_updated, analysis.first_issued, found.updated];
        let stated = dates.into_iter().find_map(text);
        statements.push(VexStatement {
            vulnerabilities,
            products,
            status,
            justification: text(analysis.justification),
            statement: text(analysis.detail),
            timestamp: stated.map_or(own_time, |text| time(&text)),
        });
    }
    Ok(VexDocument {
        format: VexFormat::CycloneDx,
        id: serial,
        author: None,
        statements,
        unread,
    })
}

/// Impact analysis states.
fn status(word: &str) -> Option<VexStatus> {
    Some(match word {
        "not_affected" | "false_positive" => VexStatus::NotAffected,
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "in_triage" => VexStatus::UnderInvestigation,
        "exploitable" => VexStatus::Affected,
        _ => return None,
    })
}

/// The document's own components: package URL by `bom-ref`; none for one that stands for several components.
struct Known {
    serial: Option<String>,
    purls: BTreeMap<String, Option<String>>,
}

impl Known {
    /// What an entry of `affects` means; with versions listed and none in the package URL, those versions.
    ///
    /// Ranges are not compared, so an entry with nothing else means nothing.
    fn products(&self, affected: Affected<'_>) -> Result<Vec<Product>, ScanError> {
        let Some(reference) = text(affected.reference) else {
            return Ok(Vec::new());
        };
        let component = self.component(&reference);
        let all = affected.versions.all("versions")?;
        let limited = !all.is_empty();
        let versions: Vec<Text<'_>> = all
            .into_iter()
            .filter_map(|one| text(one.version))
            .collect();
        let mut products = Vec::new();
        for purl in component.purls {
            if !limited || purl.version.is_some() {
                products.push(product(purl));
            } else {
                products.extend(versions.iter().map(|one| {
                    product(PackageUrl {
                        version: Some(one.clone().into_owned().into()),
                        ..purl.clone()
                    })
                }));
            }
        }
        Ok(products)
    }

    fn component(&self, reference: &str) -> Component {
        if let Some(purl) = self.purls.get(reference) {
            return purl.as_deref().map(Component::of).unwrap_or_default();
        }
        let Some((document, part)) =
            (reference.strip_prefix("urn:cdx:")).and_then(|link| link.split_once('#'))
        else {
            return Component::of(reference);
        };
        let part = decoded(part);
        let serial = document.split('/').next();
        match self.purls.get(&part) {
            Some(purl) if serial == self.serial.as_deref() => {
                purl.as_deref().map(Component::of).unwrap_or_default()
            }
            _ => Component::of(&part),
        }
    }
}

fn product(purl: PackageUrl<'static>) -> Product {
    Product {
        component: Component {
            purls: vec![purl],
            ..Component::default()
        },
        subcomponents: Vec::new(),
    }
}

/// A fragment's `bom-ref`: percent-encoded unless it is a package URL already, whose own encoding stays.
fn decoded(part: &str) -> String {
    if part.starts_with("pkg:") {
        return part.into();
    }
    purl::decoded(part).map_or_else(|_| part.into(), Cow::into_owned)
}

/// Package URLs of components and those nested in them, by `bom-ref`.
fn components(top: Vec<WireComponent<'_>>) -> Result<BTreeMap<String, Option<String>>, ScanError> {
    let mut found = BTreeMap::new();
    let mut open = vec![top];
    let mut count: usize = 0;
    while let Some(list) = open.pop() {
        for component in list {
            count += 1;
            if count > limits::VEX_PRODUCTS {
                let most = limits::VEX_PRODUCTS;
                let what = "components";
                return Err(ScanError::TooMany {
                    what,
                    found: count,
                    most,
                });
            }
            if let Some(reference) = text(component.bom_ref) {
                let purl = text(component.purl).map(Text::into_owned);
                // Two of one name: which is meant is not known.
                found
                    .entry(reference.into_owned())
                    .and_modify(|one| *one = None)
                    .or_insert(purl);
            }
            open.push(component.components.all("components")?);
        }
    }
    Ok(found)
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "serialNumber")]
    serial: Option<Str<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    components: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
    #[serde(borrow, default)]
    vulnerabilities: List<Vulnerability<'a>, { limits::VEX_STATEMENTS }>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    component: Option<WireComponent<'a>>,
}

#[derive(Deserialize)]
struct WireComponent<'a> {
    #[serde(borrow, rename = "bom-ref")]
    bom_ref: Option<Str<'a>>,
    #[serde(borrow)]
    purl: Option<Str<'a>>,
    #[serde(borrow, default)]
    components: List<WireComponent<'a>, { limits::VEX_PRODUCTS }>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    references: List<Reference<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    updated: Option<Str<'a>>,
    #[serde(borrow)]
    analysis: Option<Analysis<'a>>,
    #[serde(borrow, default)]
    affects: List<Affected<'a>, { limits::VEX_PRODUCTS }>,
}

/// The same vulnerability by another name.
#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
struct Analysis<'a> {
    #[serde(borrow)]
    state: Option<Str<'a>>,
    #[serde(borrow)]
    justification: Option<Str<'a>>,
    #[serde(borrow)]
    detail: Option<Str<'a>>,
    #[serde(borrow, rename = "firstIssued")]
    first_issued: Option<Str<'a>>,
    #[serde(borrow, rename = "lastUpdated")]
    last_updated: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Option<Str<'a>>,
    #[serde(borrow, default)]
    versions: List<Version<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow)]
    version: Option<Str<'a>>,
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const SERIAL: &str = "3e671687-395b-41f5-a30f-a58921a69b79";

    fn vex(affects: &str, state: &str) -> String {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:{SERIAL}","version":1,
            "metadata":{{"timestamp":"2024-01-01T00:00:00Z","component":{{"bom-ref":"root","purl":"pkg:oci/app@sha256:ab"}}}},
            "components":[{{"bom-ref":"a b","purl":"pkg:npm/left@1","components":[{{"bom-ref":"in","purl":"pkg:npm/in"}}]}},
              {{"bom-ref":"twice","purl":"pkg:npm/x@1"}},{{"bom-ref":"twice","purl":"pkg:npm/y@1"}}],
            "vulnerabilities":[{{"id":"CVE-1","references":[{{"id":"GHSA-a"}}],"analysis":{{{state}}},"affects":[{affects}]}}]}}"#
        )
    }

    #[test]
    fn references_name_components_of_the_document_or_are_package_urls() {
        let state = r#""state":"resolved""#;
        for (affects, purls) in [
            (r#"{"ref":"a b"}"#.to_owned(), vec!["pkg:npm/left@1"]),
            (r#"{"ref":"in"}"#.into(), vec!["pkg:npm/in@"]),
            (r#"{"ref":"root"}"#.into(), vec!["pkg:oci/app@sha256:ab"]),
            (r#"{"ref":"twice"}"#.into(), vec![]),
            (r#"{"ref":"none"}"#.into(), vec![]),
            (r#"{"ref":"pkg:npm/z@2"}"#.into(), vec!["pkg:npm/z@2"]),
            (format!(r#"{{"ref":"urn:cdx:{SERIAL}/1#a%20b"}}"#), vec!["pkg:npm/left@1"]),
            (r#"{"ref":"urn:cdx:other/1#a%20b"}"#.into(), vec![]),
            (r#"{"ref":"urn:cdx:other/1#pkg:npm/%40s/z@2"}"#.into(), vec!["pkg:npm/@s/z@2"]),
            (r#"{"ref":"in","versions":[{"version":"1"},{"version":"2"},{"range":"vers:npm/<9"}]}"#.into(),
             vec!["pkg:npm/in@1", "pkg:npm/in@2"]),
            (r#"{"ref":"in","versions":[{"range":"vers:npm/<9"}]}"#.into(), vec![]),
            (r#"{"ref":"a b","versions":[{"range":"vers:npm/<9"}]}"#.into(), vec!["pkg:npm/left@1"]),
        ] {
            let text = vex(&affects, state);

            let document = parse(text.as_bytes()).unwrap();

            let statement = &document.statements[0];
            let found: Vec<_> = (statement.products.iter())
                .flat_map(|one| one.component.purls.iter().map(super::super::key::release))
                .collect();
            assert_eq!(found, purls, "{affects}");
            assert_eq!(statement.vulnerabilities, ["CVE-1", "GHSA-a"]);
        }
    }

    #[test]
    fn states_are_read_and_what_has_none_is_no_statement() {
        for (state, expected) in [
            (
                r#""state":"not_affected","justification":"code_not_reachable""#,
                Some((VexStatus::NotAffected, true)),
            ),
            (
                r#""state":"false_positive","detail":"no""#,
                Some((VexStatus::NotAffected, true)),
            ),
            (
                r#""state":"not_affected""#,
                Some((VexStatus::NotAffected, false)),
            ),
            (
                r#""state":"resolved_with_pedigree""#,
                Some((VexStatus::Fixed, true)),
            ),
            (
                r#""state":"in_triage""#,
                Some((VexStatus::UnderInvestigation, false)),
            ),
            (
                r#""state":"exploitable""#,
                Some((VexStatus::Affected, false)),
            ),
            (r#""state":"fine""#, None),
            ("", None),
        ] {
            let text = vex("", state);

            let document = parse(text.as_bytes()).unwrap();

            let found = document
                .statements
                .first()
                .map(|one| (one.status, one.suppresses()));
            assert_eq!(found, expected, "{state}");
            assert_eq!(document.unread, usize::from(expected.is_none()));
        }
    }
}
