//! Why bytes are no SBOM.

use crate::model::expectation::SbomFormat;
use crate::model::limits;

/// Why bytes are no SBOM that is read here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SbomError {
    /// More bytes than are read.
    #[error(
        "an SBOM of {found} bytes, more than {} bytes",
        limits::ATTESTATION_BYTES
    )]
    TooLarge {
        /// Bytes.
        found: u64,
    },
    /// More of something than is read.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// Nested deeper than is read.
    #[error("nested deeper than {} levels", limits::SBOM_DEPTH)]
    TooDeep,
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    /// Malformed JSON, or JSON of another shape.
    #[error("malformed JSON")]
    Json(#[from] serde_json::Error),
    /// Malformed XML, or XML that is not read: a document type, an entity of its own.
    #[error("malformed XML at byte {at}: {why}")]
    Xml {
        /// Where.
        at: u64,
        /// Why.
        why: String,
    },
    /// A payload that is no Base64.
    #[error("a payload that is not Base64")]
    Base64(#[from] base64::DecodeError),
    /// None of the formats.
    #[error("neither SPDX nor CycloneDX")]
    Unknown,
    /// A version that is not read.
    #[error("{format} version {found:?} is not read")]
    Version {
        /// The format.
        format: SbomFormat,
        /// The version, cut to 40 characters.
        found: String,
    },
    /// A document without something that its format demands.
    #[error("{format} without {what}")]
    Lacks {
        /// The format.
        format: SbomFormat,
        /// What is missing.
        what: &'static str,
    },
    /// An attestation of something else.
    #[error("predicate type {0:?} is no SBOM")]
    PredicateType(String),
    /// The predicate type and the document disagree.
    #[error("the predicate type says {stated}, the document is {found}")]
    OtherFormat {
        /// By the predicate type.
        stated: SbomFormat,
        /// By the document.
        found: SbomFormat,
    },
}

impl SbomError {
    pub(super) fn version(format: SbomFormat, found: &str) -> Self {
        let found = found.chars().take(40).collect();
        Self::Version { format, found }
    }
}
