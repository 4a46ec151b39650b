//! Documents made by hand, for tests of what is judged over one.

use super::document::{
    Dependencies, Edge, EdgeKind, Hash, License, LicenseBy, Package, Role, Sbom, Text, Tool,
};
use crate::model::expectation::SbomFormat;

/// A document of these packages that has everything else; each has the id of its place, such as `p0`.
pub(super) fn sbom<'a>(packages: Vec<Package<'a>>) -> Sbom<'a> {
    let packages = (packages.into_iter().enumerate())
        .map(|(place, package)| Package {
            id: format!("p{place}").into(),
            ..package
        })
        .collect();
    Sbom {
        version: "2.3".into(),
        name: Some("shop".into()),
        id: Some("https://example.org/shop-1".into()),
        created: Some("2026-07-29T12:00:00Z".into()),
        authors: vec!["Organization: Example".into()],
        tools: vec![Tool {
            name: "syft-1.18.1".into(),
            version: None,
        }],
        lifecycles: vec!["build".into()],
        packages,
        ..Sbom::empty(SbomFormat::Spdx)
    }
}

/// A package that has everything.
pub(super) fn package(name: &str) -> Package<'_> {
    Package {
        name: name.into(),
        version: Some("1.0".into()),
        purl: Some(format!("pkg:npm/{name}@1.0").into()),
        supplier: Some("Organization: Example".into()),
        licenses: vec![declared("MIT")],
        hashes: vec![Hash {
            algorithm: "SHA256".into(),
            value: "00".into(),
        }],
        dependencies: Dependencies::None,
        ..Package::default()
    }
}

/// A package that the document describes.
pub(super) fn subject<'a>(name: &'a str, purpose: &'a str) -> Package<'a> {
    Package {
        role: Role::Subject,
        name: name.into(),
        purpose: Some(purpose.into()),
        ..Package::default()
    }
}

/// A package that has these licenses.
pub(super) fn licensed<'a>(name: &'a str, licenses: Vec<License<'a>>) -> Package<'a> {
    Package {
        licenses,
        ..package(name)
    }
}

/// What a package's authors say.
pub(super) fn declared<'a>(text: impl Into<Text<'a>>) -> License<'a> {
    License {
        text: text.into(),
        is_name: false,
        by: LicenseBy::Declared,
    }
}

/// An edge between two places.
pub(super) fn edge(from: u32, kind: EdgeKind, to: u32) -> Edge {
    Edge { from, to, kind }
}
