//! SBOMs inside of in-toto statements, as attestations carry them.

use super::{Sbom, SbomError, checked, parse};
use crate::model::expectation::SbomFormat;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An SBOM and the statement's predicate type.
#[derive(Clone, Debug)]
pub struct SbomInStatement<'a> {
    /// Such as `https://spdx.dev/Document` or `https://cyclonedx.org/bom`.
    pub predicate_type: String,
    /// The SBOM's own bytes: JSON as it stands in the statement, or the text of a JSON string.
    pub document: Cow<'a, [u8]>,
    /// What it says of itself.
    pub sbom: Sbom,
}

/// Reads the SBOM that is the predicate of an in-toto statement (v0.1 or v1).
///
/// The predicate is the document itself, a string with its text (tag-value), or an object whose `Data` is
/// either, as cosign's first versions wrote it.
///
/// # Errors
/// When the predicate type is no SBOM's, the document is malformed, or of another format than the type says.
pub fn from_statement(statement: &[u8]) -> Result<SbomInStatement<'_>, SbomError> {
    let text = checked(statement)?;
    let statement: Statement<'_> = serde_json::from_str(text)?;
    let predicate_type = statement.predicate_type.into_owned();
    let stated = format_of(&predicate_type)
        .ok_or_else(|| SbomError::PredicateType(predicate_type.chars().take(200).collect()))?;
    let document = document(statement.predicate)?;
    let sbom = parse(&document)?;
    if sbom.format != stated {
        let found = sbom.format;
        return Err(SbomError::OtherFormat { stated, found });
    }
    Ok(SbomInStatement {
        predicate_type,
        document,
        sbom,
    })
}

/// The format that a predicate type names, with or without a version behind it; none for any other type.
pub fn format_of(predicate_type: &str) -> Option<SbomFormat> {
    let is = |base: &str| {
        predicate_type
            .strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if is("https://spdx.dev/Document") {
        Some(SbomFormat::Spdx)
    } else if is("https://cyclonedx.org/bom") || is("https://cyclonedx.org/schema") {
        Some(SbomFormat::Cyclonedx)
    } else {
        None
    }
}

fn document(predicate: &RawValue) -> Result<Cow<'_, [u8]>, SbomError> {
    let json = predicate.get();
    if json.starts_with('"') {
        return string(json);
    }
    let wrapped: Wrapped<'_> = serde_json::from_str(json)?;
    match wrapped.data {
        Some(data) if data.get().starts_with('"') => string(data.get()),
        Some(data) => Ok(Cow::Borrowed(data.get().as_bytes())),
        None => Ok(Cow::Borrowed(json.as_bytes())),
    }
}

fn string(json: &str) -> Result<Cow<'_, [u8]>, SbomError> {
    let text: String = serde_json::from_str(json)?;
    Ok(Cow::Owned(text.into_bytes()))
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(rename = "predicateType", borrow)]
    predicate_type: Cow<'a, str>,
    #[serde(borrow)]
    predicate: &'a RawValue,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(rename = "Data", borrow)]
    data: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CYCLONEDX, SPDX};
    use super::*;

    const SPDX_STATEMENT: &[u8] =
        include_bytes!("../../fixtures/sbom/i20-v3-attest-keyless-rekor2/spdx.statement.json");
    const CYCLONEDX_STATEMENT: &[u8] =
        include_bytes!("../../fixtures/sbom/i07-v2-attest/cdx.statement.json");

    fn wrap(predicate_type: &str, predicate: &str) -> Vec<u8> {
        format!(r#"{{"_type":"x","predicateType":"{predicate_type}","predicate":{predicate}}}"#)
            .into_bytes()
    }

    #[test]
    fn statements_by_cosign_2_and_3_give_the_document_as_it_stands() {
        let spdx = from_statement(SPDX_STATEMENT).unwrap();
        let cyclonedx = from_statement(CYCLONEDX_STATEMENT).unwrap();

        assert_eq!(spdx.predicate_type, "https://spdx.dev/Document");
        assert_eq!(
            (spdx.sbom.format, spdx.sbom.packages),
            (SbomFormat::Spdx, 4)
        );
        assert_eq!(cyclonedx.sbom.format, SbomFormat::Cyclonedx);
        assert!(SPDX_STATEMENT.ends_with(&[&spdx.document, &b"}"[..]].concat()));
    }

    #[test]
    fn a_document_as_text_or_as_data_is_read_too() {
        let text = "SPDXVersion: SPDX-2.3\nPackageName: a\n";
        let as_text = serde_json::to_string(text).unwrap();
        let as_json = std::str::from_utf8(SPDX).unwrap();
        let kind = "https://spdx.dev/Document/v2.3";

        for (predicate, document) in [
            (as_text.clone(), text.as_bytes()),
            (
                format!(r#"{{"Data":{as_text},"Timestamp":""}}"#),
                text.as_bytes(),
            ),
            (
                format!(r#"{{"Data":{as_json}}}"#),
                as_json.trim().as_bytes(),
            ),
        ] {
            let statement = wrap(kind, &predicate);
            let found = from_statement(&statement).unwrap();

            assert_eq!(found.document.as_ref(), document);
            assert_eq!(found.predicate_type, kind);
        }
    }

    #[test]
    fn another_predicate_type_and_another_format_are_refused() {
        let cyclonedx = std::str::from_utf8(CYCLONEDX).unwrap();
        let of = |kind: &str| from_statement(&wrap(kind, cyclonedx)).unwrap_err();

        let foreign = of("https://slsa.dev/provenance/v1");
        let prefix = of("https://cyclonedx.org/bomb");
        let crossed = of("https://spdx.dev/Document");

        assert!(
            matches!(foreign, SbomError::PredicateType(_)),
            "{foreign:?}"
        );
        assert!(matches!(prefix, SbomError::PredicateType(_)), "{prefix:?}");
        assert!(
            matches!(crossed, SbomError::OtherFormat { .. }),
            "{crossed:?}"
        );
    }
}
