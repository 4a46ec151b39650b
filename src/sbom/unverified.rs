//! An SBOM from a file, whatever is around it.

use super::document::Sbom;
use super::probe;
use super::statement::{EmbeddedSbom, from_statement};
use super::text::Str;
use super::{SbomError, checked, parse};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// An SBOM out of a file. Nothing was verified: neither a signature, nor that it is about any artifact.
#[derive(Clone, Debug)]
pub enum UnverifiedSbom<'a> {
    /// The file is the document.
    Document(&'a [u8]),
    /// The file is an in-toto statement, a DSSE envelope around one, or a Sigstore bundle around that.
    Statement(EmbeddedSbom<'a>),
}

impl UnverifiedSbom<'_> {
    /// The document's own bytes.
    pub fn document(&self) -> &[u8] {
        match self {
            Self::Document(bytes) => bytes,
            Self::Statement(embedded) => &embedded.document,
        }
    }

    /// Reads the document.
    ///
    /// # Errors
    /// When it is malformed, or of another format than the statement around it says.
    pub fn parse(&self) -> Result<Sbom<'_>, SbomError> {
        match self {
            Self::Document(bytes) => parse(bytes),
            Self::Statement(embedded) => embedded.parse(),
        }
    }
}

/// Finds the SBOM in bytes that are one, an in-toto statement, a DSSE envelope or a Sigstore bundle.
///
/// Signatures are not looked at: for what must be proven there is `sigstore::verify`.
///
/// # Errors
/// When what is around the document is malformed, too large, or an attestation of something else.
pub fn parse_any(bytes: &[u8]) -> Result<UnverifiedSbom<'_>, SbomError> {
    let text = checked(bytes)?;
    if !text.trim_start().starts_with('{') {
        return Ok(UnverifiedSbom::Document(bytes));
    }
    match probe::kind(text) {
        Err(SbomError::Unknown) => {}
        Ok(_) => return Ok(UnverifiedSbom::Document(bytes)),
        Err(error) => return Err(error),
    }
    let around: Around<'_> = serde_json::from_str(text)?;
    if around.predicate_type.is_some() {
        return from_statement(bytes).map(UnverifiedSbom::Statement);
    }
    let envelope = around.envelope.map(|envelope| envelope.payload);
    let Some(payload) = envelope.or(around.payload) else {
        return Err(SbomError::Unknown);
    };
    let statement = decode(&payload.0)?;
    let embedded = from_statement(&statement)?.into_owned();
    Ok(UnverifiedSbom::Statement(embedded))
}

/// Base64 of either alphabet, as DSSE allows, padded or not.
fn decode(payload: &str) -> Result<Vec<u8>, SbomError> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = match payload.contains(['-', '_']) {
        true => &alphabet::URL_SAFE,
        false => &alphabet::STANDARD,
    };
    Ok(GeneralPurpose::new(alphabet, lenient).decode(payload)?)
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Around<'a> {
    #[serde(rename = "predicateType")]
    predicate_type: Option<IgnoredAny>,
    payload: Option<Str<'a>>,
    #[serde(rename = "dsseEnvelope")]
    envelope: Option<Envelope<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Envelope<'a> {
    payload: Str<'a>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::SPDX;
    use super::*;
    use crate::model::expectation::SbomFormat;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    const STATEMENT: &[u8] =
        include_bytes!("../../fixtures/sbom/i20-v3-attest-keyless-rekor2/spdx.statement.json");

    #[test]
    fn a_document_is_found_in_whatever_is_around_it() {
        let standard = STANDARD.encode(STATEMENT);
        let envelope = format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{standard}","signatures":[]}}"#
        );
        let unpadded = envelope.replace(&standard, &URL_SAFE_NO_PAD.encode(STATEMENT));
        let bundle = format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{}},"dsseEnvelope":{envelope}}}"#
        );

        for around in [
            STATEMENT,
            envelope.as_bytes(),
            unpadded.as_bytes(),
            bundle.as_bytes(),
        ] {
            let found = parse_any(around).unwrap();

            let UnverifiedSbom::Statement(embedded) = &found else {
                panic!("{found:?}")
            };
            assert_eq!(embedded.stated, SbomFormat::Spdx);
            assert_eq!(embedded.subjects.len(), 1);
            assert_eq!(found.parse().unwrap().packages.len(), 4);
        }
        let bare = parse_any(SPDX).unwrap();
        assert!(matches!(bare, UnverifiedSbom::Document(bytes) if bytes == SPDX));
    }

    #[test]
    fn what_is_around_no_sbom_is_refused() {
        let other = String::from_utf8_lossy(STATEMENT).replace(
            "https://spdx.dev/Document",
            "https://slsa.dev/provenance/v1",
        );

        let foreign = parse_any(other.as_bytes()).unwrap_err();
        let garbled = parse_any(br#"{"payload":"*"}"#).unwrap_err();
        let signature = parse_any(br#"{"mediaType":"x","messageSignature":{}}"#).unwrap_err();

        assert!(
            matches!(foreign, SbomError::PredicateType(_)),
            "{foreign:?}"
        );
        assert!(matches!(garbled, SbomError::Base64(_)), "{garbled:?}");
        assert!(matches!(signature, SbomError::Unknown), "{signature:?}");
    }
}
