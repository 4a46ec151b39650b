//! Every document is read, and has as many packages, versions, purls, licenses, hashes and suppliers as independent
//! tools count.
//!
//! Each table has all differences there are: one that is new fails, and so does a line that is none any more.

use crate::index::{self, documents};
use evidence::sbom::document::Package;
use evidence::sbom::{Sbom, SbomError, parse_any};
use std::collections::BTreeMap;

type Table<T> = &'static [(&'static str, T, &'static str)];

const REFUSED: Table<&str> = &[
    (
        "documents/odd/MetaSpdxscanner/app-bom-ination-1.0.spdx.tag",
        "unknown",
        "begins with `b'SPDXVersion:`, so it has no version",
    ),
    (
        "documents/odd/SPDXJSONExample-UTF-16.spdx.json",
        "encoding",
        "UTF-16: JSON that is exchanged is UTF-8 (RFC 8259, section 8.1)",
    ),
    (
        "documents/odd/SPDXTagExample-UTF-16.spdx",
        "encoding",
        "UTF-16: tag-value is UTF-8 (SPDX 2.3, section 4.4)",
    ),
    (
        "documents/real-world/spdx_sample_07.spdx",
        "version",
        "SPDX 2.1",
    ),
    (
        "documents/real-world/spdx_sample_14.spdx",
        "version",
        "SPDX 2.1",
    ),
];

const PACKAGES: Table<usize> = &[
    (
        "documents/osv-scanner-fixtures/with-duplicates.cdx.xml",
        18,
        "two components stand there twice; the tool's components are a set",
    ),
    (
        "documents/sbom4python/flask.cdx.json",
        7,
        "a component of the type file",
    ),
    (
        "documents/spdx3/missing_supplier_name.json",
        1,
        "a dataset_DatasetPackage, which is a package too (SPDX 3.0)",
    ),
    (
        "documents/spdx3/no_elements_missing.json",
        1,
        "a dataset_DatasetPackage, which is a package too (SPDX 3.0)",
    ),
    (
        "documents/syft-1.57.1/npm-lock.cdx-1.7.json",
        96,
        "a component of the type file",
    ),
    (
        "documents/syft-1.57.1/npm-lock.cdx-1.7.xml",
        96,
        "a component of the type file",
    ),
];

/// Packages with a version, package URL, license, hash and supplier.
const FIELDS: Table<[usize; 5]> = &[
    (
        "documents/sbom4python/flask.cdx.json",
        [7, 7, 7, 0, 2],
        "only the component of the type file has a hash",
    ),
    (
        "documents/spdx3/missing_supplier_name.json",
        [1, 0, 1, 1, 0],
        "the dataset_DatasetPackage",
    ),
    (
        "documents/spdx3/no_elements_missing.json",
        [1, 0, 1, 1, 1],
        "the dataset_DatasetPackage",
    ),
    (
        "documents/syft-1.57.1/npm-lock.cdx-1.7.json",
        [96, 96, 96, 0, 0],
        "only the component of the type file has a hash",
    ),
    (
        "documents/syft-1.57.1/npm-lock.cdx-1.7.xml",
        [96, 96, 96, 0, 0],
        "only the component of the type file has a hash",
    ),
];

#[test]
fn every_document_is_read_or_has_the_error_that_the_table_states() {
    let mut refused = BTreeMap::new();
    for listed in documents() {
        if let Err(error) = read(&listed.file, |_| ()) {
            refused.insert(listed.file, kind(&error));
        }
    }

    assert_eq!(refused, table(REFUSED));
}

#[test]
fn formats_and_versions_are_those_that_an_independent_script_finds() {
    let mut read_in = BTreeMap::new();
    for listed in documents() {
        let found = read(&listed.file, |sbom| {
            (index::format(sbom).to_owned(), sbom.version.to_string())
        });
        if let Ok(found) = found {
            assert_eq!(found, (listed.format, listed.version), "{}", listed.file);
            *read_in.entry(found).or_insert(0) += 1;
        }
    }

    let formats: Vec<_> = (read_in.keys())
        .map(|(format, version)| format!("{format} {version}"))
        .collect();
    assert_eq!(
        formats,
        [
            "CycloneDX JSON 1.4",
            "CycloneDX JSON 1.5",
            "CycloneDX JSON 1.6",
            "CycloneDX JSON 1.7",
            "CycloneDX XML 1.4",
            "CycloneDX XML 1.5",
            "CycloneDX XML 1.6",
            "CycloneDX XML 1.7",
            "SPDX JSON 2.2",
            "SPDX JSON 2.3",
            "SPDX JSON-LD 3.0.0",
            "SPDX JSON-LD 3.0.1",
            "SPDX tag-value 2.2",
            "SPDX tag-value 2.3",
        ]
    );
}

#[test]
fn documents_have_as_many_packages_as_independent_tools_count() {
    let mut others = BTreeMap::new();
    for listed in documents() {
        match read(&listed.file, |sbom| sbom.listed().count()) {
            Ok(found) if found != listed.packages => _ = others.insert(listed.file, found),
            _ => {}
        }
    }

    assert_eq!(others, table(PACKAGES));
}

#[test]
fn documents_have_as_many_versions_purls_licenses_hashes_and_suppliers_as_an_independent_script_counts()
 {
    let mut others = BTreeMap::new();
    for listed in documents() {
        match read(&listed.file, fields) {
            Ok(found) if found != listed.fields() => _ = others.insert(listed.file, found),
            _ => {}
        }
    }

    assert_eq!(others, table(FIELDS));
}

fn read<T>(file: &str, what: impl FnOnce(&Sbom<'_>) -> T) -> Result<T, SbomError> {
    let bytes = index::bytes(file);
    let found = parse_any(&bytes)?;
    Ok(what(&found.parse()?))
}

fn kind(error: &SbomError) -> &'static str {
    match error {
        SbomError::Encoding(_) => "encoding",
        SbomError::Version { .. } => "version",
        SbomError::Unknown => "unknown",
        _ => "another",
    }
}

fn table<T: Copy>(lines: Table<T>) -> BTreeMap<String, T> {
    let pairs = lines
        .iter()
        .map(|(file, found, _)| ((*file).into(), *found));
    pairs.collect()
}

fn fields(sbom: &Sbom<'_>) -> [usize; 5] {
    let count = |has: fn(&Package<'_>) -> bool| sbom.listed().filter(|one| has(one)).count();
    [
        count(|one| one.version.as_deref().is_some_and(is_stated)),
        count(|one| one.purl.as_deref().is_some_and(is_stated)),
        count(|one| one.licenses.iter().any(|license| is_stated(&license.text))),
        count(|one| one.hashes.iter().any(|hash| is_stated(&hash.value))),
        count(|one| one.supplier.as_deref().is_some_and(is_stated)),
    ]
}

/// As `count.py` has it.
fn is_stated(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && !text.eq_ignore_ascii_case("NOASSERTION")
        && !text.eq_ignore_ascii_case("NONE")
}
