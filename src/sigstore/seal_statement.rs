//! The statement that seals an evidence bundle, read from signed bytes.

use crate::model::Digest;
use crate::model::predicate::{SEAL_PREDICATE_TYPE, SealPredicate};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a seal's statement says.
#[derive(Clone, Debug)]
pub struct SealStatement {
    /// The predicate.
    pub predicate: SealPredicate,
    /// The bundle's digest.
    pub bundle: Digest,
    /// The further subjects, by name: the images.
    pub images: BTreeMap<String, Digest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Box<serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    digest: BTreeMap<String, String>,
}

impl Subject {
    fn sha256(&self) -> Option<Digest> {
        self.digest
            .get("sha256")
            .and_then(|hex| Digest::from_hex(hex).ok())
    }
}

/// Reads an in-toto Statement v1 whose first subject is a bundle and whose predicate is ours.
///
/// # Errors
/// In one sentence, why it is no seal.
pub fn parse(bytes: &[u8]) -> Result<SealStatement, String> {
    let statement: Statement = serde_json::from_slice(bytes)
        .map_err(|error| format!("the statement is malformed: {error}"))?;
    if statement.kind != "https://in-toto.io/Statement/v1" {
        return Err(format!("the statement has type {:?}", statement.kind));
    }
    if statement.predicate_type != SEAL_PREDICATE_TYPE {
        return Err(format!(
            "the signed statement is a {:?}, no seal",
            statement.predicate_type
        ));
    }
    let bundle = statement
        .subject
        .first()
        .filter(|subject| subject.name.ends_with(".tar.gz"))
        .and_then(Subject::sha256)
        .ok_or_else(|| "the statement's first subject is no bundle".to_owned())?;
    let mut images = BTreeMap::new();
    for image in statement.subject.iter().skip(1) {
        let digest = image
            .sha256()
            .ok_or("a subject of the statement has no sha256")?;
        if images.insert(image.name.clone(), digest).is_some() {
            return Err(format!("the statement names {:?} twice", image.name));
        }
    }
    let predicate = serde_json::from_str(statement.predicate.get())
        .map_err(|error| format!("the seal's predicate is malformed: {error}"))?;
    Ok(SealStatement {
        predicate,
        bundle,
        images,
    })
}
