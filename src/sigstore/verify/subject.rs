//! Whether a signature speaks of the artifact at all.

use super::Artifact;
use crate::model::Problem;
use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::problem;
use crate::sigstore::statement::Statement;
use sigstore_types::{HashAlgorithm, MessageSignature, SignatureContent};

/// A statement must name the artifact; a plain signature is over its bytes, and may state their digest besides.
pub(super) fn check_subject(
    normalised: &Normalised,
    artifact: Artifact<'_>,
    statement: Option<&Statement<'_>>,
) -> Result<(), Problem> {
    let statement = match (&normalised.bundle.content, statement) {
        (SignatureContent::DsseEnvelope(_), Some(statement)) => statement,
        (SignatureContent::MessageSignature(message), None) => {
            return check_stated(message, artifact);
        }
        _ => {
            return Err(problem(
                "bundle-unsupported",
                "a content of an unknown kind",
            ));
        }
    };
    let digest = artifact.digest();
    let is_subject = statement.subject(&digest).is_some()
        || artifact
            .digest_in(HashAlgorithm::Sha2512)
            .is_some_and(|digest| statement.has_sha512(&digest));
    if is_subject {
        Ok(())
    } else {
        Err(problem(
            "digest-mismatch",
            format!("no subject of the statement is {digest}"),
        ))
    }
}

fn check_stated(message: &MessageSignature, artifact: Artifact<'_>) -> Result<(), Problem> {
    let Some(stated) = &message.message_digest else {
        return Ok(());
    };
    let Some(found) = artifact.digest_in(stated.algorithm) else {
        return Err(problem(
            "bundle-unsupported",
            format!(
                "its digest is {}, which takes the file itself",
                stated.algorithm
            ),
        ));
    };
    if stated.digest.as_bytes() == found {
        Ok(())
    } else {
        Err(problem(
            "digest-mismatch",
            "the digest that the Sigstore bundle states is another one",
        ))
    }
}
