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
) -> Result<(), Problem> {
    let envelope = match &normalised.bundle.content {
        SignatureContent::DsseEnvelope(envelope) => envelope,
        SignatureContent::MessageSignature(message) => return check_stated(message, artifact),
        _ => {
            return Err(problem(
                "bundle-unsupported",
                "a content of an unknown kind",
            ));
        }
    };
    let statement = Statement::parse(envelope.payload.as_bytes())
        .map_err(|error| problem("statement-malformed", error))?;
    let digest = artifact.digest();
    match statement.subject(&digest) {
        Some(_) => Ok(()),
        None => Err(problem(
            "digest-mismatch",
            format!("no subject of the statement is {digest}"),
        )),
    }
}

fn check_stated(message: &MessageSignature, artifact: Artifact<'_>) -> Result<(), Problem> {
    let Some(stated) = &message.message_digest else {
        return Ok(());
    };
    let found = match (stated.algorithm, artifact) {
        (HashAlgorithm::Sha2256, artifact) => artifact.digest().as_raw().to_vec(),
        (HashAlgorithm::Sha2384, Artifact::Bytes(bytes)) => {
            sigstore_crypto::sha384(bytes).as_slice().to_vec()
        }
        (HashAlgorithm::Sha2512, Artifact::Bytes(bytes)) => {
            sigstore_crypto::sha512(bytes).as_slice().to_vec()
        }
        (algorithm, _) => {
            return Err(problem(
                "bundle-unsupported",
                format!("its digest is {algorithm}, which takes the file itself"),
            ));
        }
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
