//! RFC 3161 timestamps over a signature.

use crate::model::Timestamp;
use crate::sigstore::normalise::Normalised;
use crate::sigstore::problem::problem;
use crate::sigstore::root::Root;
use crate::sigstore::signature::Judgement;
use sigstore_tsa::verify_timestamp_for_authority;
use sigstore_types::{SignatureContent, TimestampToken};

/// The times of all its timestamps: each must be of an authority of the root, in that authority's window.
pub(super) fn timestamps(
    root: &Root,
    normalised: &Normalised,
) -> Result<Vec<Timestamp>, Box<Judgement>> {
    let material = &normalised.bundle.verification_material;
    let tokens = &material.timestamp_verification_data.rfc3161_timestamps;
    let mut times = tokens
        .iter()
        .map(|token| verify(root, normalised, &token.signed_timestamp))
        .collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

fn verify(
    root: &Root,
    normalised: &Normalised,
    token: &TimestampToken,
) -> Result<Timestamp, Box<Judgement>> {
    if root.timestamp_authorities.is_empty() {
        // Those that have not begun were left out when the root was read.
        if root.trusted.timestamp_authorities.is_empty() {
            return Err(no_authority(root));
        }
        return Err(Box::new(Judgement::Invalid(problem(
            "timestamp-window",
            "none of the root's timestamp authorities counts yet",
        ))));
    }
    let signature = match &normalised.bundle.content {
        SignatureContent::DsseEnvelope(envelope) => &envelope.signature.sig,
        SignatureContent::MessageSignature(message) => &message.signature,
        _ => {
            return Err(Box::new(Judgement::Invalid(problem(
                "bundle-unsupported",
                "a content of an unknown kind",
            ))));
        }
    };
    let mut best = None;
    for authority in &root.timestamp_authorities {
        match verify_timestamp_for_authority(token, signature, authority) {
            Ok(time) => return Ok(time),
            Err(error @ sigstore_tsa::Error::TimestampOutsideValidity { .. }) => {
                best = Some(problem("timestamp-window", error));
            }
            Err(error) => best = best.or(Some(problem("timestamp-invalid", error))),
        }
    }
    let problem = best.unwrap_or_else(|| problem("timestamp-invalid", "no authority made it"));
    Err(Box::new(Judgement::Invalid(problem)))
}

pub(super) fn no_authority(root: &Root) -> Box<Judgement> {
    Box::new(Judgement::UnknownRoot(problem(
        "root-unknown",
        format!("{} has no timestamp authority", root.name),
    )))
}
