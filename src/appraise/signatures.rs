//! Judged signatures as facts, the same for images and SBOMs.

use crate::model::{Digest, Identity, IdentityRule, Problem, Signers, Timestamp};
use crate::sigstore::trust::{Key, Roots};
use crate::sigstore::{Content, Judgement, Object, Options, Signature, docker_reference};
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
    pub(in crate::appraise) fn keys_with(&self, signers: &Signers) -> Vec<Key> {
        let named = signers.rules().filter_map(|rule| match rule {
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
    /// Where the signer met the image, when that is another place than the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::appraise) docker_reference: Option<String>,
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
            docker_reference: None,
            log_index: signature
                .and_then(|signature| signature.log.as_ref())
                .map(|log| log.index),
            signed_at: signature.and_then(|signature| signature.times.iter().min().copied()),
            problem: problem.cloned(),
        }
    }

    /// The same for a signature on the image at this reference.
    pub(in crate::appraise) fn at(object: &Object, reference: &str) -> Self {
        let named = match &object.content {
            Content::Signature {
                docker_reference, ..
            } => docker_reference.clone(),
            _ => None,
        };
        Self {
            docker_reference: named
                .filter(|named| docker_reference::fits(named, reference) == Some(false)),
            ..Self::of(object)
        }
    }
}

/// The valid signature of an object, whoever made it.
pub(in crate::appraise) fn valid(object: &Object) -> Option<&Signature> {
    match &object.judgement {
        Judgement::Valid(signature) => Some(signature),
        _ => None,
    }
}

/// Why not all who are asked for signed, most telling first. `unmet` are those groups for which nobody did.
pub(in crate::appraise) fn why_unmet<'a>(
    what: &str,
    asked: &Signers,
    unmet: &[&[IdentityRule]],
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
    if unmet.len() < asked.groups().len() {
        let lacking: Vec<String> = unmet.iter().map(|group| one_of(group)).collect();
        return Problem::new(
            format!("{what}-cosigner"),
            format!(
                "signed by {}; not by {}, who must have signed too",
                signers.join(", "),
                lacking.join(", and not by ")
            ),
        );
    }
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

fn one_of(group: &[IdentityRule]) -> String {
    let rules: Vec<String> = group.iter().map(ToString::to_string).collect();
    rules.join(" or ")
}
