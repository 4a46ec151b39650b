//! Where the documents lie, and what their indices say about them.

use evidence::model::expectation::SbomFormat;
use evidence::sbom::Sbom;
use evidence::sbom::document::Encoding;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// What the index says of an SBOM, counted by tools that share nothing with the reader.
#[derive(Deserialize)]
pub(crate) struct Listed {
    pub(crate) file: String,
    pub(crate) format: String,
    pub(crate) version: String,
    pub(crate) packages: usize,
    with_version: usize,
    with_purl: usize,
    with_license: usize,
    with_hash: usize,
    with_supplier: usize,
}

impl Listed {
    /// Packages with a version, package URL, license, hash and supplier.
    pub(crate) fn fields(&self) -> [usize; 5] {
        [
            self.with_version,
            self.with_purl,
            self.with_license,
            self.with_hash,
            self.with_supplier,
        ]
    }
}

/// Every SBOM that the index lists.
pub(crate) fn documents() -> Vec<Listed> {
    json("INDEX.json")
}

/// A document's format, in the words of the index.
pub(crate) fn format(sbom: &Sbom<'_>) -> &'static str {
    match (sbom.format, sbom.encoding) {
        (SbomFormat::Spdx, Encoding::Json) if sbom.version.starts_with("3.") => "SPDX JSON-LD",
        (SbomFormat::Spdx, Encoding::Json) => "SPDX JSON",
        (SbomFormat::Spdx, _) => "SPDX tag-value",
        (SbomFormat::Cyclonedx, Encoding::Xml) => "CycloneDX XML",
        (SbomFormat::Cyclonedx, _) => "CycloneDX JSON",
    }
}

/// A path below `fixtures/sbom`.
pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/sbom")
        .join(below)
}

/// The bytes of a file below `fixtures/sbom`.
pub(crate) fn bytes(below: &str) -> Vec<u8> {
    fs::read(path(below)).unwrap_or_else(|error| panic!("{below}: {error}"))
}

/// A JSON file below `fixtures/sbom`.
pub(crate) fn json<T: DeserializeOwned>(below: &str) -> T {
    serde_json::from_slice(&bytes(below)).unwrap_or_else(|error| panic!("{below}: {error}"))
}
