//! DSSE envelopes (<https://github.com/secure-systems-lab/dsse>).

use super::json::{self, AtMost};
use super::problem::problem;
use crate::model::Problem;
use serde::Deserialize;
use sigstore_types::DsseEnvelope;
use std::borrow::Cow;

/// The only payload type that is read.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// All that an envelope may hold, and not one signature more: nothing is decoded or copied yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Shape<'a> {
    #[serde(borrow, rename = "payload")]
    _payload: Cow<'a, str>,
    #[serde(borrow, rename = "payloadType")]
    _payload_type: Cow<'a, str>,
    #[serde(borrow, rename = "signatures")]
    _signatures: AtMost<ShapeSignature<'a>, 1>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapeSignature<'a> {
    #[serde(borrow, rename = "sig")]
    _sig: Cow<'a, str>,
    #[serde(borrow, rename = "keyid")]
    _keyid: Option<Cow<'a, str>>,
    /// Some generators of provenance put the certificate here, which no verifier of Sigstore bundles reads.
    #[serde(borrow, rename = "cert")]
    _cert: Option<Cow<'a, str>>,
}

/// Parses an envelope with exactly one signature over an in-toto statement. Checks no signature.
pub(super) fn parse(bytes: &[u8]) -> Result<DsseEnvelope, Problem> {
    let malformed = |error: serde_json::Error| problem("envelope-malformed", error);
    json::refuse_duplicate_keys(bytes).map_err(malformed)?;
    let _: Shape<'_> = serde_json::from_slice(bytes).map_err(malformed)?;
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
