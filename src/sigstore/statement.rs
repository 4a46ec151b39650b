//! in-toto statements, v0.1 and v1 (<https://github.com/in-toto/attestation/tree/main/spec>).

use super::json::{self, AtMost};
use crate::model::{Digest, DigestError, limits};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What `_type` may be.
pub const TYPES: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];
/// cosign's predicate type of a plain signature on an image.
pub const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// A statement about subjects. Being parsed says nothing about who stated it.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    /// What kind of predicate it is, a URI.
    pub predicate_type: String,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// The predicate's JSON as it stands in the statement; `null` where there is none.
    pub predicate: &'a str,
}

/// What a statement is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// A name that only people read.
    pub name: Option<String>,
    /// Its SHA-256; none where only other digests are stated.
    pub sha256: Option<Digest>,
    /// Its SHA-512, as npm states it; compared only with files, never with images.
    pub sha512: Option<[u8; 64]>,
    /// Signed annotations (cosign 3).
    pub annotations: BTreeMap<String, String>,
}

/// Why bytes are no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Not the JSON of a statement, or a key stands twice in one object.
    #[error("not the JSON of an in-toto statement: {0}")]
    Json(#[from] serde_json::Error),
    /// Another `_type`.
    #[error("the statement's type is {0:?}")]
    Type(String),
    /// It is about nothing.
    #[error("the statement has no subject")]
    NoSubject,
    /// A subject's `sha256` is no SHA-256.
    #[error("a subject's sha256 is none")]
    Digest(#[from] DigestError),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "_type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    subject: AtMost<WireSubject<'a>, { limits::STATEMENT_SUBJECTS }>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireSubject<'a> {
    name: Option<String>,
    #[serde(borrow, default)]
    digest: WireDigest<'a>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
struct WireDigest<'a> {
    #[serde(borrow)]
    sha256: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sha512: Option<Cow<'a, str>>,
}

impl<'a> Statement<'a> {
    /// Parses a statement.
    ///
    /// # Errors
    /// When it is no statement of a known version, is about nothing, or could be read in two ways.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StatementError> {
        json::refuse_duplicate_keys(bytes)?;
        let wire: Wire<'a> = serde_json::from_slice(bytes)?;
        if !TYPES.contains(&&*wire.kind) {
            return Err(StatementError::Type(wire.kind.chars().take(100).collect()));
        }
        if wire.subject.0.is_empty() {
            return Err(StatementError::NoSubject);
        }
        let subjects = wire
            .subject
            .0
            .into_iter()
            .map(Subject::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            predicate_type: wire.predicate_type,
            subjects,
            predicate: wire.predicate.map_or("null", RawValue::get),
        })
    }

    /// The subject with that SHA-256.
    pub fn subject(&self, digest: &Digest) -> Option<&Subject> {
        self.subjects
            .iter()
            .find(|subject| subject.sha256 == Some(*digest))
    }

    /// Whether a subject has that SHA-512.
    pub fn has_sha512(&self, digest: &[u8]) -> bool {
        self.subjects
            .iter()
            .any(|subject| subject.sha512.is_some_and(|has| has == digest))
    }

    /// Names and digests of the subjects that have a SHA-256.
    pub fn digests(&self) -> Vec<(Option<String>, Digest)> {
        self.subjects
            .iter()
            .filter_map(|subject| Some((subject.name.clone(), subject.sha256?)))
            .collect()
    }
}

impl TryFrom<WireSubject<'_>> for Subject {
    type Error = DigestError;

    fn try_from(wire: WireSubject<'_>) -> Result<Self, Self::Error> {
        let (sha256, sha512) = (wire.digest.sha256, wire.digest.sha512);
        Ok(Self {
            name: wire.name,
            sha256: sha256.map(|hex| Digest::from_hex(&hex)).transpose()?,
            sha512: sha512.and_then(|text| {
                let mut bytes = [0; 64];
                hex::decode_to_slice(&*text, &mut bytes).ok()?;
                // Written as the bytes would be: two spellings of one digest are one too many.
                (hex::encode(bytes) == *text).then_some(bytes)
            }),
            annotations: wire
                .annotations
                .unwrap_or_default()
                .into_iter()
                .map(|(key, value)| (key, text_of(value)))
                .collect(),
        })
    }
}

/// A text as it is, anything else as JSON.
pub(super) fn text_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A predicate type that was asked for, by cosign's short name or as a URI.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PredicateType {
    uri: String,
    versions: bool,
}

impl PredicateType {
    /// From cosign's short name (`spdx`, `cyclonedx`, `slsaprovenance`, …) or a URI.
    ///
    /// None when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (uri, versions) = match text {
            "spdx" | "spdxjson" => ("https://spdx.dev/Document", true),
            "cyclonedx" => ("https://cyclonedx.org/bom", true),
            "slsaprovenance" | "slsaprovenance02" => ("https://slsa.dev/provenance/v0.2", false),
            "slsaprovenance1" => ("https://slsa.dev/provenance/v1", false),
            "vuln" => ("https://cosign.sigstore.dev/attestation/vuln/v1", false),
            "openvex" => ("https://openvex.dev/ns", true),
            "link" => ("https://in-toto.io/Link/v1", false),
            "custom" => ("https://cosign.sigstore.dev/attestation/v1", false),
            uri if uri.contains("://") => (uri, false),
            _ => return None,
        };
        Some(Self {
            uri: uri.into(),
            versions,
        })
    }

    /// Whether a statement's predicate type is this one. SBOM formats and VEX may have a version behind a slash.
    pub fn matches(&self, predicate_type: &str) -> bool {
        match predicate_type.strip_prefix(&self.uri) {
            Some("") => true,
            Some(rest) => self.versions && rest.starts_with('/'),
            None => false,
        }
    }

    /// The URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(edit: fn(String) -> String) -> String {
        let hex = Digest::of(b"x").hex();
        edit(format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"n","digest":{{"sha256":"{hex}"}},"annotations":{{"a":"b","n":1}}}}],"predicateType":"https://p.example/v1","predicate":{{"k":[1]}}}}"#
        ))
    }

    #[test]
    fn a_statement_keeps_subject_annotations_and_predicate() {
        let text = statement(|text| text);

        let parsed = Statement::parse(text.as_bytes()).unwrap();

        let subject = parsed.subject(&Digest::of(b"x")).unwrap();
        assert_eq!(subject.annotations["a"], "b");
        assert_eq!(subject.annotations["n"], "1");
        assert_eq!(parsed.predicate, r#"{"k":[1]}"#);
        assert!(parsed.subject(&Digest::of(b"y")).is_none());
    }

    #[test]
    fn statements_with_one_defect_are_refused() {
        let defects: [fn(String) -> String; 6] = [
            |text| text.replace("Statement/v1", "Statement/v2"),
            |text| text.replace(r#""name":"n","#, r#""name":"n","name":"m","#),
            |text| text.replace(r#"{"k":[1]}"#, r#"{"k":[1],"k":2}"#),
            |text| text.replace(r#""sha256":""#, r#""sha256":"A"#),
            |text| text.replace("predicateType", "PredicateType"),
            |text| format!("{text}x"),
        ];
        for defect in defects {
            let text = statement(defect);
            assert!(Statement::parse(text.as_bytes()).is_err(), "{text}");
        }
        let none =
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"p"}"#;
        assert!(matches!(
            Statement::parse(none.as_bytes()),
            Err(StatementError::NoSubject)
        ));
    }

    #[test]
    fn short_names_are_cosigns() {
        let spdx = PredicateType::parse("spdx").unwrap();
        assert!(spdx.matches("https://spdx.dev/Document"));
        assert!(spdx.matches("https://spdx.dev/Document/v2.3"));
        assert!(!spdx.matches("https://spdx.dev/DocumentX"));
        assert!(
            !PredicateType::parse("slsaprovenance")
                .unwrap()
                .matches("https://slsa.dev/provenance/v1")
        );
        assert!(PredicateType::parse("nonsense").is_none());
    }
}
