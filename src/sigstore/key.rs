//! Public keys: which are taken, and whether one made a signature.

use crate::model::Digest;
use aws_lc_rs::signature::{ECDSA_P521_SHA512_ASN1, UnparsedPublicKey};
use sigstore_crypto::{
    KeyAlgorithm, SigningScheme, validate_raw_public_key, verify_signature,
    verify_signature_prehashed,
};
use sigstore_types::{DerPublicKey, HashAlgorithm, SignatureBytes};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");
/// SEC 1, section 2.3.3: what an uncompressed point starts with. No other form is taken.
const UNCOMPRESSED: u8 = 4;
/// An uncompressed point of P-521: two numbers of 66 bytes after the first byte.
const P521_POINT_BYTES: usize = 133;

/// A public key of which the verifier knows whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    pub(super) der: DerPublicKey,
    kind: Kind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    /// One that the `sigstore-crypto` crate verifies.
    Common(KeyAlgorithm),
    /// ECDSA on P-521, which it does not; the point.
    P521(Vec<u8>),
    /// Ed25519: the crate verifies the pure form, cosign signs the prehashed one (RFC 8032, section 5.1).
    Ed25519([u8; 32]),
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not one PEM block `PUBLIC KEY`.
    #[error("not a PEM file with one PUBLIC KEY")]
    Pem,
    /// A private key or its like: a verifier has no use for it.
    #[error("a {0}, not a PUBLIC KEY")]
    Label(String),
    /// A key of a kind that cannot be verified.
    #[error("a key of this kind cannot be used: {0}")]
    Unsupported(String),
    /// A curve that Sigstore's clients do not use.
    #[error("ECDSA on {0} cannot be used: P-256, P-384 and P-521 can")]
    Curve(String),
    /// An RSA key that is too short to be safe, or too long to be verified.
    #[error("{0}")]
    Size(String),
}

impl Key {
    /// Parses a PEM file with a SubjectPublicKeyInfo (`PUBLIC KEY`): ECDSA on P-256, P-384 or P-521, Ed25519, RSA of
    /// 2048 to 8192 bits, ML-DSA.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn parse(pem: &[u8]) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(pem).map_err(|_| KeyError::Pem)?;
        let mut labels = text.lines().filter_map(|line| {
            line.trim()
                .strip_prefix("-----BEGIN ")?
                .strip_suffix("-----")
        });
        match (labels.next(), labels.next()) {
            (Some("PUBLIC KEY"), None) => {}
            (Some(other), None) if text.len() < 64_000 => {
                return Err(KeyError::Label(other.chars().take(60).collect()));
            }
            _ => return Err(KeyError::Pem),
        }
        Self::from_der(DerPublicKey::from_pem(text).map_err(|_| KeyError::Pem)?)
    }

    /// The key of a DER SubjectPublicKeyInfo.
    pub(super) fn from_der(der: DerPublicKey) -> Result<Self, KeyError> {
        let kind = Kind::of(&der)?;
        Ok(Self { der, kind })
    }

    /// SHA-256 of the DER SubjectPublicKeyInfo, 64 hex digits.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.der)
    }

    /// The key as PEM.
    pub fn pem(&self) -> String {
        self.der.to_pem()
    }

    /// Whether the key made the signature over the message.
    ///
    /// Of ECDSA and RSA, the hash is the curve's own or SHA-256 (older versions of cosign used it with every key), or
    /// the one that `stated` names. Of Ed25519, the message was hashed before or not: cosign does the first for what
    /// goes to the log. No two of these forms can be mistaken for each other.
    pub(super) fn made(
        &self,
        message: &[u8],
        signature: &SignatureBytes,
        stated: Option<HashAlgorithm>,
    ) -> bool {
        let is_made_by = |scheme| verify_signature(&self.der, message, signature, scheme).is_ok();
        match &self.kind {
            Kind::Common(algorithm) => schemes(*algorithm, stated).into_iter().any(is_made_by),
            Kind::P521(point) => UnparsedPublicKey::new(&ECDSA_P521_SHA512_ASN1, point)
                .verify(message, signature.as_bytes())
                .is_ok(),
            Kind::Ed25519(point) => {
                is_made_by(SigningScheme::Ed25519) || made_prehashed(point, message, signature)
            }
        }
    }

    /// Whether the key made the signature over a message with this SHA-256. Only ECDSA and RSA over SHA-256 can tell.
    pub(super) fn made_over(&self, digest: &Digest, signature: &SignatureBytes) -> bool {
        let Kind::Common(algorithm) = &self.kind else {
            return false;
        };
        schemes(*algorithm, None)
            .into_iter()
            .filter(|scheme| scheme.hash_algorithm() == Some(HashAlgorithm::Sha2256))
            .any(|scheme| {
                verify_signature_prehashed(&self.der, digest.as_raw(), signature, scheme).is_ok()
            })
    }

    /// Whether the `sigstore-verify` crate can judge every signature of a certificate with this key.
    pub(super) fn is_common_in_certificates(&self) -> bool {
        self.kind == Kind::Common(KeyAlgorithm::EcdsaP256)
    }
}

impl Kind {
    fn of(der: &DerPublicKey) -> Result<Self, KeyError> {
        let unsupported = |reason: String| KeyError::Unsupported(reason);
        let spki = SubjectPublicKeyInfoRef::try_from(der.as_bytes())
            .map_err(|error| unsupported(error.to_string()))?;
        let point = spki
            .subject_public_key
            .as_bytes()
            .ok_or_else(|| unsupported("its bits are no whole bytes".into()))?;
        if spki.algorithm.oid == EC_PUBLIC_KEY {
            match spki.algorithm.parameters_oid() {
                Ok(P521)
                    if point.len() == P521_POINT_BYTES && point.first() == Some(&UNCOMPRESSED) =>
                {
                    return Ok(Self::P521(point.into()));
                }
                Ok(P521) => return Err(unsupported("a point of P-521 is written in full".into())),
                Ok(SECP256K1) => return Err(KeyError::Curve("secp256k1".into())),
                _ => {}
            }
        }
        let algorithm =
            KeyAlgorithm::from_spki(der).map_err(|error| unsupported(error.to_string()))?;
        validate_raw_public_key(algorithm.default_signing_scheme(), point)
            .map_err(|error| KeyError::Size(error.to_string()))?;
        match (algorithm, <[u8; 32]>::try_from(point)) {
            (KeyAlgorithm::Ed25519, Ok(point)) => Ok(Self::Ed25519(point)),
            (KeyAlgorithm::Ed25519, Err(_)) => {
                Err(unsupported("Ed25519 keys have 32 bytes".into()))
            }
            _ => Ok(Self::Common(algorithm)),
        }
    }
}

fn schemes(algorithm: KeyAlgorithm, stated: Option<HashAlgorithm>) -> Vec<SigningScheme> {
    let mut schemes = vec![algorithm.default_signing_scheme()];
    for hash in [stated, Some(HashAlgorithm::Sha2256)].into_iter().flatten() {
        match algorithm.resolve_signing_scheme(hash) {
            Ok(scheme) if !schemes.contains(&scheme) => schemes.push(scheme),
            _ => {}
        }
    }
    schemes
}

/// Ed25519ph without a context.
fn made_prehashed(point: &[u8; 32], message: &[u8], signature: &SignatureBytes) -> bool {
    use ed25519_dalek::{Digest as _, Sha512, Signature, VerifyingKey};
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(point),
        Signature::from_slice(signature.as_bytes()),
    ) else {
        return false;
    };
    let hashed = Sha512::new_with_prefix(message);
    // Strict: keys and nonces of small order, under which a signature holds for many messages, are refused.
    key.verify_prehashed_strict(hashed, None, &signature)
        .is_ok()
}

pub(super) fn fingerprint(der: &DerPublicKey) -> String {
    Digest::of(der.as_bytes()).hex()
}

#[cfg(test)]
mod tests;
