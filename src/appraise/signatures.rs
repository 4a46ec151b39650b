//! Judged signatures as facts, the same for images and SBOMs.

use crate::model::{Digest, Identity, IdentityRule, Problem, Timestamp};
use crate::sigstore::identity;
use crate::sigstore::trust::{Key, Roots};
use crate::sigstore::{Content, Judgement, Object, Options, Signature};
use serde::Serialize;

/// Under which roots and keys signatures are judged. Whom to accept is another question.
#[derive(Clone, Copy, Debug)]
pub struct SignatureTrust<'a> {
    /// Trusted roots.
    pub roots: &'a Roots,
    /// Keys that a signature may have been made with, besides those of the expectation.
    pub keys: &'a [Key],
    /// How strict.
    pub options: &'a Options,
}

impl SignatureTrust<'_> {
    /// These keys and the expectation's.
    pub(in crate::appraise) fn keys_with(&self, rules: &[IdentityRule]) -> Vec<Key> {
        let named = rules.iter().filter_map(|rule| match rule {
            IdentityRule::Key { pem } => Key::parse(pem.as_bytes()).ok(),
            IdentityRule::Certificate { .. } => None,
        });
        self.keys.iter().cloned().chain(named).collect()
    }
}

/// How one object was judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::appraise) enum Outcome {
    Valid,
    Invalid,
    UnknownRoot,
    UnknownKey,
}

/// One judged object in the facts of a claim.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::appraise) struct ObjectFact {
    pub(in crate::appraise) object: Digest,
    pub(in crate::appraise) manifest: Digest,
    pub(in crate::appraise) format: String,
    pub(in crate::appraise) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) predicate_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) signer: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) log_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) signed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) problem: Option<Problem>,
}

impl ObjectFact {
    pub(in crate::appraise) fn of(object: &Object) -> Self {
        let (outcome, signature, problem) = match &object.judgement {
            Judgement::Valid(signature) => (Outcome::Valid, Some(signature), None),
            Judgement::Invalid(problem) => (Outcome::Invalid, None, Some(problem)),
            Judgement::UnknownRoot(problem) => (Outcome::UnknownRoot, None, Some(problem)),
            Judgement::UnknownKey(problem) => (Outcome::UnknownKey, None, Some(problem)),
        };
        Self {
            object: object.source,
            manifest: object.manifest,
            format: object.format.to_string(),
            outcome,
            predicate_type: match &object.content {
                Content::Attestation { predicate_type, .. } => Some(predicate_type.clone()),
                _ => None,
            },
            signer: signature.map(|signature| signature.identity.clone()),
            log_index: signature
                .and_then(|signature| signature.log.as_ref())
                .map(|log| log.index),
            signed_at: signature.and_then(|signature| signature.times.iter().min().copied()),
            problem: problem.cloned(),
        }
    }
}

/// The valid signature of an object whose signer one of the rules accepts.
pub(in crate::appraise) fn accepted<'a>(
    object: &'a Object,
    rules: &[IdentityRule],
) -> Option<&'a Signature> {
    let signature = valid(object)?;
    rules
        .iter()
        .any(|rule| identity::matches(rule, &signature.identity))
        .then_some(signature)
}

/// The valid signature of an object, whoever made it.
pub(in crate::appraise) fn valid(object: &Object) -> Option<&Signature> {
    match &object.judgement {
        Judgement::Valid(signature) => Some(signature),
        _ => None,
    }
}

/// Why no signature was accepted, most telling first.
pub(in crate::appraise) fn why_none<'a>(
    what: &str,
    objects: impl Iterator<Item = &'a Object> + Clone,
) -> Problem {
    if let Some(object) = objects
        .clone()
        .find(|object| matches!(object.judgement, Judgement::UnknownRoot(_)))
    {
        let reason = match &object.judgement {
            Judgement::UnknownRoot(problem) => problem.message.clone(),
            _ => String::new(),
        };
        return Problem::new(format!("{what}-root-unknown"), reason);
    }
    let signers: Vec<String> = objects
        .clone()
        .filter_map(valid)
        .map(|signature| signature.identity.to_string())
        .collect();
    if !signers.is_empty() {
        return Problem::new(
            format!("{what}-identity"),
            format!(
                "signed by {}, which is not the identity asked for",
                signers.join(", ")
            ),
        );
    }
    let broken = objects.clone().find_map(|object| match &object.judgement {
        Judgement::Invalid(problem) | Judgement::UnknownKey(problem) => {
            Some(problem.message.clone())
        }
        _ => None,
    });
    match broken {
        Some(reason) => Problem::new(format!("{what}-signature"), reason),
        None => Problem::new(format!("{what}-unsigned"), "no signature found"),
    }
}
