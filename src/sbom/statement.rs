//! SBOMs inside of in-toto statements, as attestations carry them.

use super::document::Sbom;
use super::text::{Each, Gather, Str, filled, plain};
use super::{SbomError, checked, parse};
use crate::model::digest::Digest;
use crate::model::expectation::SbomFormat;
use crate::model::limits;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An SBOM as a statement carries it, not read yet.
#[derive(Clone, Debug)]
pub struct EmbeddedSbom<'a> {
    /// Such as `https://spdx.dev/Document` or `https://cyclonedx.org/bom`.
    pub predicate_type: String,
    /// The format that the predicate type names.
    pub stated: SbomFormat,
    /// What the statement is about.
    pub subjects: Vec<Subject>,
    /// The SBOM's own bytes: JSON as it stands in the statement, or the text of a JSON string.
    pub document: Cow<'a, [u8]>,
}

/// What a statement is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its SHA-256, where the statement has a well-formed one.
    pub sha256: Option<Digest>,
}

impl EmbeddedSbom<'_> {
    /// Reads the document.
    ///
    /// # Errors
    /// When it is malformed, or of another format than the predicate type says.
    pub fn parse(&self) -> Result<Sbom<'_>, SbomError> {
        let sbom = parse(&self.document)?;
        if sbom.format != self.stated {
            return Err(SbomError::OtherFormat {
                stated: self.stated,
                found: sbom.format,
            });
        }
        Ok(sbom)
    }

    pub(super) fn into_owned(self) -> EmbeddedSbom<'static> {
        EmbeddedSbom {
            predicate_type: self.predicate_type,
            stated: self.stated,
            subjects: self.subjects,
            document: Cow::Owned(self.document.into_owned()),
        }
    }
}

/// Finds the SBOM that is the predicate of an in-toto statement (v0.1 or v1).
///
/// The predicate is the document itself, a string with its text (tag-value, XML), or an object whose `Data` is
/// either, as cosign's first versions wrote it.
///
/// # Errors
/// When the statement is malformed or too large, or its predicate type is no SBOM's.
pub fn from_statement(statement: &[u8]) -> Result<EmbeddedSbom<'_>, SbomError> {
    let statement: Statement<'_> = serde_json::from_str(checked(statement)?)?;
    let predicate_type = statement.predicate_type.into_owned();
    let stated = format_of(&predicate_type)
        .ok_or_else(|| SbomError::PredicateType(predicate_type.chars().take(200).collect()))?;
    let subjects = statement
        .subjects
        .checked("subjects", limits::STATEMENT_SUBJECTS)?
        .0;
    Ok(EmbeddedSbom {
        predicate_type,
        stated,
        subjects,
        document: document(statement.predicate)?,
    })
}

/// The format that a predicate type names, with or without a version behind it; none for any other type.
///
/// A version in it is what the signer wrote; the document says its own.
pub fn format_of(predicate_type: &str) -> Option<SbomFormat> {
    const TYPES: [(&str, SbomFormat); 3] = [
        // in-toto's own (spec/predicates/spdx.md), cosign `--type spdx` and `spdxjson`, syft attest, BuildKit;
        // with `/v2.3` by GitHub's attest-sbom and `actions/attest`, which append the document's version.
        ("https://spdx.dev/Document", SbomFormat::Spdx),
        // in-toto's own (spec/predicates/cyclonedx.md), cosign `--type cyclonedx`, syft attest, Trivy's guide,
        // GitHub's attest-sbom; with `/v1.4` and later by JFrog Xray and Docker Scout's examples.
        ("https://cyclonedx.org/bom", SbomFormat::Cyclonedx),
        // cosign 1.x `--type cyclonedx`, before its in-toto library took the name above.
        ("https://cyclonedx.org/schema", SbomFormat::Cyclonedx),
    ];
    let is = |base: &str| {
        (predicate_type.strip_prefix(base))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let found = TYPES.into_iter().find(|(base, _)| is(base));
    found.map(|(_, format)| format)
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
    let text: Str<'_> = serde_json::from_str(json)?;
    Ok(match text.0 {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(rename = "predicateType", borrow)]
    predicate_type: Cow<'a, str>,
    #[serde(rename = "subject", default)]
    subjects: Each<Subjects>,
    #[serde(borrow)]
    predicate: &'a RawValue,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(rename = "Data", borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Default)]
struct Subjects(Vec<Subject>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Stated<'a> {
    name: Option<Str<'a>>,
    digest: Option<Digests<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Digests<'a> {
    sha256: Option<Str<'a>>,
}

impl<'de> Gather<'de> for Subjects {
    type Item = Stated<'de>;

    fn add(&mut self, item: Stated<'de>) {
        let sha256 = item.digest.and_then(|digest| filled(digest.sha256));
        self.0.push(Subject {
            name: plain(item.name).into_owned(),
            sha256: sha256.and_then(|hex| Digest::from_hex(&hex).ok()),
        });
    }

    fn is_full(&self) -> bool {
        self.0.len() >= limits::STATEMENT_SUBJECTS
    }
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
            (spdx.stated, spdx.parse().unwrap().packages.len()),
            (SbomFormat::Spdx, 4)
        );
        assert_eq!(cyclonedx.parse().unwrap().format, SbomFormat::Cyclonedx);
        assert!(spdx.subjects[0].sha256.is_some());
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
        let of = |kind: &str| {
            let statement = wrap(kind, cyclonedx);
            from_statement(&statement)
                .and_then(|found| found.parse().map(|_| ()))
                .unwrap_err()
        };

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
