//! SPDX 2.2 and 2.3 (SPDX specification 2.3): what JSON and tag-value have in common.

pub(super) mod json;
pub(super) mod tag_value;

use super::connect::Relations;
use super::document::{Dependencies, EdgeKind, License, LicenseBy, Package, Role, Text, Tool};
use super::error::SbomError;
use super::text::after;
use crate::model::expectation::SbomFormat;
use std::collections::HashSet;

/// The document's own id (clause 6.3).
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// `2.3` of `SPDX-2.3`.
fn version(text: &str) -> Result<Text<'static>, SbomError> {
    match text {
        "SPDX-2.2" => Ok("2.2".into()),
        "SPDX-2.3" => Ok("2.3".into()),
        other => Err(SbomError::version(SbomFormat::Spdx, other)),
    }
}

/// Takes a creator (clause 6.8): `Tool: …`, `Person: …` or `Organization: …`.
fn creator<'a>(text: &Text<'a>, authors: &mut Vec<Text<'a>>, tools: &mut Vec<Tool<'a>>) {
    match after(text, "Tool:") {
        Some(name) => tools.push(Tool {
            name,
            version: None,
        }),
        None => authors.push(actor(text.clone())),
    }
}

/// Who it is, without the kind (clauses 7.5 and 7.6); `NOASSERTION` as it stands.
fn actor(text: Text<'_>) -> Text<'_> {
    after(&text, "Organization:")
        .or_else(|| after(&text, "Person:"))
        .unwrap_or(text)
}

/// Takes an external reference of a package (annex F).
fn reference<'a>(kind: &str, locator: Text<'a>, package: &mut Package<'a>) {
    // The type may be an IRI of the SPDX namespace.
    match kind.rsplit(['/', '#']).next().unwrap_or(kind) {
        "purl" if package.purl.is_none() => package.purl = Some(locator),
        "purl" => package.more_purls.push(locator),
        "cpe22Type" | "cpe23Type" => package.identifiers.cpe = true,
        "swid" => package.identifiers.swid = true,
        "gitoid" | "swh" => package.identifiers.other = true,
        _ => {}
    }
}

fn license(text: Option<Text<'_>>, by: LicenseBy) -> Option<License<'_>> {
    text.filter(|text| !text.is_empty()).map(|text| License {
        text,
        is_name: false,
        by,
    })
}

/// Takes a relationship (clause 11).
fn relationship<'a>(relations: &mut Relations<'a>, from: Text<'a>, kind: &str, to: Text<'a>) {
    let (edge, is_inverse) = match kind {
        "DEPENDS_ON" | "HAS_PREREQUISITE" | "DYNAMIC_LINK" | "STATIC_LINK" => {
            (EdgeKind::DependsOn, false)
        }
        "DEPENDENCY_OF"
        | "BUILD_DEPENDENCY_OF"
        | "DEV_DEPENDENCY_OF"
        | "OPTIONAL_DEPENDENCY_OF"
        | "PROVIDED_DEPENDENCY_OF"
        | "RUNTIME_DEPENDENCY_OF"
        | "TEST_DEPENDENCY_OF"
        | "PREREQUISITE_FOR" => (EdgeKind::DependsOn, true),
        "CONTAINS" => (EdgeKind::Contains, false),
        "CONTAINED_BY" | "PACKAGE_OF" | "OPTIONAL_COMPONENT_OF" => (EdgeKind::Contains, true),
        "DESCRIBED_BY" => (EdgeKind::Other, true),
        _ => (EdgeKind::Other, false),
    };
    // "A CONTAINS NOASSERTION" is how the NTIA's examples say that what A is made of is not known.
    let known = match to.as_ref() {
        "NONE" => Some(Dependencies::None),
        "NOASSERTION" => Some(Dependencies::Unknown),
        _ => None,
    };
    if let Some(known) = known {
        if !is_inverse && edge != EdgeKind::Other {
            let from = relations.id(from);
            relations.said.push((from, known));
        }
        return;
    }
    let (from, to) = if is_inverse { (to, from) } else { (from, to) };
    let (from, to) = (relations.holder(from), relations.id(to));
    relations.relate(from, edge, to);
    if matches!(kind, "DESCRIBES" | "DESCRIBED_BY") {
        relations.describes.push((from, to));
    }
}

/// Marks what the document describes.
fn mark<'b>(
    packages: &mut [Package<'_>],
    document: &str,
    listed: impl Iterator<Item = &'b str>,
    relations: &'b Relations<'_>,
) {
    let is_own = |id: &str| id == document || id == DOCUMENT;
    let described = relations.describes.iter();
    let by_relation = described.filter(|(from, _)| is_own(relations.text(*from)));
    let by_relation = by_relation.map(|(_, to)| relations.text(*to));
    let described: HashSet<&str> = listed.chain(by_relation).collect();
    for package in packages {
        if described.contains(package.id.as_ref()) {
            package.role = Role::Subject;
        }
    }
}

/// Whether an id alone tells that it means no package of this document.
///
/// Producers name files `SPDXRef-File-…`; a package of such a name has been found before this is asked.
fn is_outside(id: &str, document: &str) -> bool {
    id == document
        || id == DOCUMENT
        || id.starts_with("SPDXRef-File")
        || id.starts_with("SPDXRef-Snippet")
        || id.starts_with("DocumentRef-")
}
