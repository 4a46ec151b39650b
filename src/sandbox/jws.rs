//! ES256 tokens (RFC 7515, RFC 7518 section 3.4).

use super::{Refusal, SandboxError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sigstore_crypto::{KeyPair, SigningScheme, VerificationKey};
use sigstore_types::{DerPublicKey, SignatureBytes};
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};

const KEY_ID: &str = "demo";
const SCALAR_BYTES: usize = 32;

/// Signs the claims.
pub(super) fn sign(key: &KeyPair, claims: &Map<String, Value>) -> Result<String, SandboxError> {
    let header = json!({"alg": "ES256", "kid": KEY_ID, "typ": "JWT"});
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(serde_json::to_string(claims)?)
    );
    let signature = raw_signature(key.sign(signed.as_bytes())?.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims of a token that this key signed.
pub(super) fn verify(token: &str, key: &DerPublicKey) -> Result<Map<String, Value>, Refusal> {
    let refused = |why: &str| {
        Refusal::new(
            401,
            format!("There was an error processing the identity token: {why}"),
        )
    };
    let (signed, signature) = token
        .rsplit_once('.')
        .ok_or_else(|| refused("not a token"))?;
    let (header, payload) = signed
        .split_once('.')
        .ok_or_else(|| refused("not a token"))?;
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| refused("not base64url"))
    };
    let header: Value =
        serde_json::from_slice(&decode(header)?).map_err(|_| refused("header is not JSON"))?;
    if header.get("alg").and_then(Value::as_str) != Some("ES256") {
        return Err(refused("algorithm is not ES256"));
    }
    let signature = der_signature(&decode(signature)?).ok_or_else(|| refused("no signature"))?;
    VerificationKey::from_spki_with_scheme(key, SigningScheme::EcdsaP256Sha256)
        .and_then(|key| key.verify(signed, &SignatureBytes::new(signature)))
        .map_err(|_| refused("signature does not verify"))?;
    serde_json::from_slice(&decode(payload)?).map_err(|_| refused("claims are not JSON"))
}

/// The key set that an issuer publishes (RFC 7517).
pub(super) fn key_set(key: &KeyPair) -> Value {
    let point = key.public_key_bytes();
    let part = |from: usize| {
        URL_SAFE_NO_PAD.encode(point.get(from..from + SCALAR_BYTES).unwrap_or_default())
    };
    json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
        "x": part(1), "y": part(1 + SCALAR_BYTES)}]})
}

/// Both numbers of a DER signature, each in 32 bytes.
fn raw_signature(der: &[u8]) -> Result<Vec<u8>, SandboxError> {
    let mut outer = SliceReader::new(der)?;
    let (r, s) = outer.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
    let mut raw = Vec::with_capacity(2 * SCALAR_BYTES);
    for number in [r, s] {
        let bytes = number.as_bytes();
        raw.extend(std::iter::repeat_n(
            0,
            SCALAR_BYTES.saturating_sub(bytes.len()),
        ));
        raw.extend_from_slice(bytes);
    }
    Ok(raw)
}

fn der_signature(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = (raw.len() == 2 * SCALAR_BYTES).then(|| raw.split_at(SCALAR_BYTES))?;
    let body = [
        UintRef::new(r).ok()?.to_der().ok()?,
        UintRef::new(s).ok()?.to_der().ok()?,
    ]
    .concat();
    x509_cert::der::Any::new(x509_cert::der::Tag::Sequence, body)
        .ok()?
        .to_der()
        .ok()
}
