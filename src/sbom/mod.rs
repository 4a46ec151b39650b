//! Software bills of materials: what one says about itself. The bytes are kept whatever these readers say.

mod cyclonedx;
pub mod document;
mod spdx2;
mod spdx3;
mod spdx_text;
pub mod statement;
pub mod strict;

pub use statement::{SbomInStatement, from_statement};
pub use strict::strict_spdx;

use crate::model::expectation::SbomFormat;
use crate::model::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What an SBOM says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sbom {
    /// Its format.
    pub format: SbomFormat,
    /// The format's version, such as `2.3` or `1.6`.
    pub version: String,
    /// The document's name.
    pub name: Option<String>,
    /// SPDX document namespace or id, CycloneDX serial number.
    pub namespace_or_serial: Option<String>,
    /// What it describes: `name` or `name@version` of the described package or component.
    pub subject: Option<String>,
    /// Packages (SPDX) or components with those nested in them (CycloneDX), the subject's metadata not counted.
    pub packages: usize,
    /// Those with a version.
    pub with_version: usize,
    /// Those with a license that is not `NOASSERTION` or `NONE`.
    pub with_license: usize,
    /// Those with a package URL.
    pub with_purl: usize,
}

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
    /// Nested deeper than is read.
    #[error("nested deeper than {} levels", limits::SBOM_DEPTH)]
    TooDeep,
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    /// Malformed JSON, or JSON of another shape.
    #[error("malformed JSON")]
    Json(#[from] serde_json::Error),
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

/// Reads SPDX 2.2 or 2.3 (JSON, tag-value), SPDX 3.0 (JSON-LD) or CycloneDX 1.4 to 1.7 (JSON).
///
/// # Errors
/// When the bytes are none of these, malformed, too large or nested too deep.
pub fn parse(bytes: &[u8]) -> Result<Sbom, SbomError> {
    let text = checked(bytes)?;
    if !text.trim_start().starts_with('{') {
        return spdx_text::parse(text);
    }
    let probe: Probe = serde_json::from_str(text)?;
    match probe {
        Probe {
            spdx_version: Some(_),
            ..
        } => spdx2::parse(text),
        Probe {
            bom_format: Some(_),
            ..
        } => cyclonedx::parse(text),
        Probe { graph: Some(_), .. } => spdx3::parse(text),
        _ => Err(SbomError::Unknown),
    }
}

/// Size, encoding and depth, before anything recurses.
fn checked(bytes: &[u8]) -> Result<&str, SbomError> {
    let found = bytes.len() as u64;
    if found > limits::ATTESTATION_BYTES {
        return Err(SbomError::TooLarge { found });
    }
    let text = std::str::from_utf8(bytes)?;
    if is_deeper_than(text, limits::SBOM_DEPTH) {
        return Err(SbomError::TooDeep);
    }
    Ok(text)
}

/// Whether JSON is nested deeper; brackets inside of strings do not count.
fn is_deeper_than(text: &str, limit: usize) -> bool {
    let mut depth: usize = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => _ = bytes.next(),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "spdxVersion")]
    spdx_version: Option<IgnoredAny>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    #[serde(rename = "@graph")]
    graph: Option<IgnoredAny>,
}

fn unread(format: SbomFormat, found: &str) -> SbomError {
    let found = found.chars().take(40).collect();
    SbomError::Version { format, found }
}

fn is_license(text: &str) -> bool {
    !matches!(text.trim(), "" | "NOASSERTION" | "NONE")
}

fn titled(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) if !version.is_empty() => format!("{name}@{version}"),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const SPDX: &[u8] =
        include_bytes!("../../fixtures/sbom/i07-v2-attest/sbom.spdx.json");
    pub(super) const CYCLONEDX: &[u8] =
        include_bytes!("../../fixtures/sbom/i07-v2-attest/sbom.cdx.json");

    #[test]
    fn a_real_spdx_document_is_read() {
        let sbom = parse(SPDX).unwrap();

        assert_eq!(sbom.format, SbomFormat::Spdx);
        assert_eq!(sbom.version, "2.3");
        assert_eq!(
            sbom.name.as_deref(),
            Some("127.0.0.1:5001/fx/i07-v2-attest")
        );
        assert!(
            sbom.namespace_or_serial
                .unwrap()
                .starts_with("https://anchore.com/syft/")
        );
        assert_eq!((sbom.packages, sbom.with_version), (4, 4));
        assert_eq!((sbom.with_license, sbom.with_purl), (1, 4));
        let subject = sbom.subject.unwrap();
        assert!(
            subject.starts_with("127.0.0.1:5001/fx/i07-v2-attest@sha256:46a11efa"),
            "{subject}"
        );
    }

    #[test]
    fn a_real_cyclonedx_document_is_read() {
        let sbom = parse(CYCLONEDX).unwrap();

        assert_eq!(
            (sbom.format, sbom.version.as_str()),
            (SbomFormat::Cyclonedx, "1.6")
        );
        assert!(sbom.namespace_or_serial.unwrap().starts_with("urn:uuid:"));
        assert_eq!((sbom.packages, sbom.with_purl), (4, 3));
        let subject = sbom.subject.unwrap();
        assert!(
            subject.starts_with("127.0.0.1:5001/fx/i07-v2-attest@sha256:46a11efa"),
            "{subject}"
        );
    }

    #[test]
    fn other_and_broken_documents_have_their_own_errors() {
        let deep = format!("{{\"spdxVersion\":{}{}}}", "[".repeat(80), "]".repeat(80));
        let is = |bytes: &[u8], wanted: fn(&SbomError) -> bool| {
            let error = parse(bytes).unwrap_err();
            assert!(wanted(&error), "{error:?}");
        };

        is(b"{}", |error| matches!(error, SbomError::Unknown));
        is(b"", |error| matches!(error, SbomError::Unknown));
        is(b"<bom/>", |error| matches!(error, SbomError::Unknown));
        is(b"{", |error| matches!(error, SbomError::Json(_)));
        is(b"{\"spdxVersion\":\"\xff\"}", |error| {
            matches!(error, SbomError::Encoding(_))
        });
        is(deep.as_bytes(), |error| matches!(error, SbomError::TooDeep));
        is(&SPDX[..SPDX.len() / 2], |error| {
            matches!(error, SbomError::Json(_))
        });
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        assert!(!is_deeper_than(r#"{"a":"[[[[\"[[[["}"#, 1));
        assert!(is_deeper_than(r#"{"a":[]}"#, 1));
    }
}
