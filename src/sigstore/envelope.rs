//! DSSE envelopes (<https://github.com/secure-systems-lab/dsse>).

use super::{json, problem::problem};
use crate::model::Problem;
use sigstore_types::DsseEnvelope;

/// The only payload type that is read.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Parses an envelope with exactly one signature over an in-toto statement. Checks no signature.
pub(super) fn parse(bytes: &[u8]) -> Result<DsseEnvelope, Problem> {
    let malformed = |error: serde_json::Error| problem("envelope-malformed", error);
    json::refuse_duplicate_keys(bytes).map_err(malformed)?;
    let envelope: DsseEnvelope = serde_json::from_slice(bytes).map_err(malformed)?;
    check_type(&envelope)?;
    Ok(envelope)
}

/// Checks that the payload is said to be an in-toto statement.
pub(super) fn check_type(envelope: &DsseEnvelope) -> Result<(), Problem> {
    if envelope.payload_type == IN_TOTO {
        Ok(())
    } else {
        Err(problem(
            "envelope-type",
            format!("the payload is {:?}, not {IN_TOTO}", envelope.payload_type),
        ))
    }
}
