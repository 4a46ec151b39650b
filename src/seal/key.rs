//! A private key from a file.

use super::cosign_key;
use crate::model::limits::KEY_BYTES;
use crate::model::redact::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_crypto::KeyPair;
use x509_cert::der::asn1::{Any, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use x509_cert::spki::AlgorithmIdentifierRef;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A P-256 key pair whose private half came from a file.
#[derive(Debug)]
pub struct LocalKey {
    pair: KeyPair,
}

/// Why a file gives no key to sign with. Nothing of the key or the password is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM block with a private key.
    #[error("the file holds no private key in PEM")]
    NoKey,
    /// A PEM block of another kind.
    #[error("a {label:?} is no private key to sign with")]
    Label {
        /// The label between `BEGIN` and the dashes.
        label: String,
    },
    /// A form of encryption that is not read.
    #[error(
        "the key is encrypted in OpenSSL's own way; cosign import-key-pair or openssl pkey converts it"
    )]
    OtherEncryption,
    /// A key of another algorithm.
    #[error("the key is {found}; sealing takes ECDSA P-256")]
    Algorithm {
        /// What it is.
        found: String,
    },
    /// More bytes than any key has.
    #[error("the key file is larger than {KEY_BYTES} bytes")]
    TooLarge,
    /// Not what the label says.
    #[error("the key is malformed: {0}")]
    Malformed(String),
    /// Key derivation that costs too much to try.
    #[error("the key asks for scrypt with N={n}, r={r}, p={p}, which is more than is tried")]
    Cost {
        /// Cost.
        n: u64,
        /// Block size.
        r: u32,
        /// Parallelism.
        p: u32,
    },
    /// The password does not open the key.
    #[error("the password does not open the key")]
    Password,
}

impl LocalKey {
    /// Reads a P-256 private key: PKCS#8 (`PRIVATE KEY`), SEC 1 (`EC PRIVATE KEY`), or cosign's encrypted key file
    /// (`ENCRYPTED SIGSTORE PRIVATE KEY`, before that `ENCRYPTED COSIGN PRIVATE KEY`).
    ///
    /// No password is the empty one, as in cosign.
    ///
    /// # Errors
    /// When there is no such key, or the password does not open it.
    pub fn parse(pem: &[u8], password: Option<&Secret>) -> Result<Self, KeyError> {
        if pem.len() > KEY_BYTES {
            return Err(KeyError::TooLarge);
        }
        let text = std::str::from_utf8(pem).map_err(|_| KeyError::NoKey)?;
        let (label, body) = blocks(text)
            // `openssl ecparam -genkey` writes the curve in a block of its own before the key.
            .find(|(label, _)| *label != "EC PARAMETERS")
            .ok_or(KeyError::NoKey)?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(&decode(body)?),
            "EC PRIVATE KEY" if body.contains("ENCRYPTED") => Err(KeyError::OtherEncryption),
            "EC PRIVATE KEY" => Self::from_sec1(&decode(body)?),
            "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
                let password = password.map_or("", Secret::expose);
                Self::from_pkcs8(&cosign_key::open(&decode(body)?, password)?)
            }
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::OtherEncryption),
            "RSA PRIVATE KEY" => Err(KeyError::Algorithm {
                found: "RSA".into(),
            }),
            _ => Err(KeyError::Label {
                label: label.chars().take(60).collect(),
            }),
        }
    }

    /// The key pair.
    pub(super) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The public half, SubjectPublicKeyInfo in PEM.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        let key = self.pair.public_key_der().map_err(malformed)?;
        Ok(unix_lines(&key.to_pem()))
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, curve) = algorithm(der).map_err(malformed)?;
        let found = match (algorithm, curve) {
            (EC_PUBLIC_KEY, Some(P256)) => {
                let pair = KeyPair::from_pkcs8_der(der).map_err(malformed)?;
                return Ok(Self { pair });
            }
            (EC_PUBLIC_KEY, Some(curve)) => format!("ECDSA on curve {curve}"),
            (RSA, _) => "RSA".into(),
            (ED25519, _) => "Ed25519".into(),
            (other, _) => format!("of algorithm {other}"),
        };
        Err(KeyError::Algorithm { found })
    }

    /// SEC 1 is what PKCS#8 wraps: the curve stands outside, then the very same bytes.
    fn from_sec1(der: &[u8]) -> Result<Self, KeyError> {
        if let Some(curve) = sec1_curve(der).map_err(malformed)?
            && curve != P256
        {
            return Err(KeyError::Algorithm {
                found: format!("ECDSA on curve {curve}"),
            });
        }
        Self::from_pkcs8(&wrap_sec1(der).map_err(malformed)?)
    }
}

/// Label and body of each PEM block (RFC 7468, read laxly: headers and any line length).
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once(&format!("-----END {label}-----"))?;
        rest = after;
        Some((label, body))
    })
}

fn decode(body: &str) -> Result<Vec<u8>, KeyError> {
    let joined: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(joined).map_err(malformed)
}

/// Algorithm and, for elliptic curves, the curve of a PKCS#8 key (RFC 5958 section 2).
fn algorithm(der: &[u8]) -> x509_cert::der::Result<(ObjectIdentifier, Option<ObjectIdentifier>)> {
    let outer = Any::from_der(der)?;
    outer.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(outer.value())?;
    u8::decode(&mut reader)?;
    let algorithm = AlgorithmIdentifierRef::decode(&mut reader)?;
    let curve = algorithm
        .parameters
        .and_then(|parameters| parameters.decode_as().ok());
    Ok((algorithm.oid, curve))
}

/// The curve that a SEC 1 key names, if it names one (RFC 5915 section 3).
fn sec1_curve(der: &[u8]) -> x509_cert::der::Result<Option<ObjectIdentifier>> {
    let outer = Any::from_der(der)?;
    outer.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(outer.value())?;
    u8::decode(&mut reader)?;
    OctetString::decode(&mut reader)?;
    if reader.is_finished() {
        return Ok(None);
    }
    let next = Any::decode(&mut reader)?;
    let is_parameters = next.tag().octet() == 0xa0;
    Ok(is_parameters
        .then(|| ObjectIdentifier::from_der(next.value()).ok())
        .flatten())
}

fn wrap_sec1(der: &[u8]) -> x509_cert::der::Result<Vec<u8>> {
    let mut algorithm = EC_PUBLIC_KEY.to_der()?;
    algorithm.extend(P256.to_der()?);
    let mut content = 0_u8.to_der()?;
    content.extend(Any::new(Tag::Sequence, algorithm)?.to_der()?);
    content.extend(OctetString::new(der)?.to_der()?);
    Any::new(Tag::Sequence, content)?.to_der()
}

/// PEM with the line ends that everybody else writes; the crate ends its lines with CR LF.
pub(super) fn unix_lines(pem: &str) -> String {
    pem.replace("\r\n", "\n")
}

pub(super) fn malformed(error: impl std::fmt::Display) -> KeyError {
    KeyError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Throw-away keys, made for these tests with openssl 3.0 on 2026-11-21.
    const PKCS8: &str = "-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQmcGyhIpRoc0Q5po\n\
O82rUbYN1GXdXAbI968gprftK7WhRANCAAR6e6Ue5WXU2e7Vpv8UbdBzCI0lDMqg\n\
mTiFpnQdqI0BYvYA6HXjfrob99jzCq8ciNm7Di0d+8phyk03LB2zYc7C\n\
-----END PRIVATE KEY-----";
    const SEC1: &str = "-----BEGIN EC PRIVATE KEY-----\n\
MHcCAQEEIEJnBsoSKUaHNEOaaDvNq1G2DdRl3VwGyPevIKa37Su1oAoGCCqGSM49\n\
AwEHoUQDQgAEenulHuVl1Nnu1ab/FG3QcwiNJQzKoJk4haZ0HaiNAWL2AOh14366\n\
G/fY8wqvHIjZuw4tHfvKYcpNNywds2HOwg==\n\
-----END EC PRIVATE KEY-----";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEenulHuVl1Nnu1ab/FG3QcwiNJQzK\n\
oJk4haZ0HaiNAWL2AOh14366G/fY8wqvHIjZuw4tHfvKYcpNNywds2HOwg==\n\
-----END PUBLIC KEY-----";
    const P384: &str = "-----BEGIN PRIVATE KEY-----\n\
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBiLV2IpYW9yrwcYfvT\n\
IgUcvYJWUF6urDPZ8nAhKATpDFiV8fgdKEDKVD+/wNdLxbWhZANiAATNKaK/8KLO\n\
s5rWRhp56UJE1Cj3hzVVdXpfSYxvB5FbUk6JD5sTMPM6nloW1f52wARrBSjNCUPE\n\
xtCUFf8seH57p02lIJ2HKZsYtqq+zRgciyEiK/vfWP3ekT+8/rWqCPM=\n\
-----END PRIVATE KEY-----";
    const P384_SEC1: &str = "-----BEGIN EC PRIVATE KEY-----\n\
MIGkAgEBBDBiLV2IpYW9yrwcYfvTIgUcvYJWUF6urDPZ8nAhKATpDFiV8fgdKEDK\n\
VD+/wNdLxbWgBwYFK4EEACKhZANiAATNKaK/8KLOs5rWRhp56UJE1Cj3hzVVdXpf\n\
SYxvB5FbUk6JD5sTMPM6nloW1f52wARrBSjNCUPExtCUFf8seH57p02lIJ2HKZsY\n\
tqq+zRgciyEiK/vfWP3ekT+8/rWqCPM=\n\
-----END EC PRIVATE KEY-----";
    const ED25519_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MC4CAQAwBQYDK2VwBCIEIFNxc8WL425Yg/QTKzbXvUlofR5hpl7eqR6YucBRvblR\n\
-----END PRIVATE KEY-----";

    fn parse(pem: &str) -> Result<LocalKey, KeyError> {
        LocalKey::parse(pem.as_bytes(), None)
    }

    fn error(pem: &str) -> String {
        parse(pem).unwrap_err().to_string()
    }

    #[test]
    fn pkcs8_and_sec1_give_the_same_key() {
        for pem in [PKCS8, SEC1] {
            assert_eq!(parse(pem).unwrap().public_pem().unwrap().trim(), PUBLIC);
        }
        let with_parameters = format!(
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{SEC1}"
        );
        assert!(parse(&with_parameters).is_ok());
    }

    #[test]
    fn windows_line_ends_and_text_around_a_key_do_not_matter() {
        let pem = format!("a note\r\n{}\r\nanother", PKCS8.replace('\n', "\r\n"));
        assert!(parse(&pem).is_ok());
    }

    #[test]
    fn other_algorithms_are_named() {
        assert!(error(P384).contains("ECDSA on curve 1.3.132.0.34"));
        assert!(error(P384_SEC1).contains("ECDSA on curve 1.3.132.0.34"));
        assert!(error(ED25519_KEY).contains("Ed25519"));
        assert!(error(&SEC1.replace("EC PRIVATE", "RSA PRIVATE")).contains("RSA"));
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        assert!(matches!(parse(""), Err(KeyError::NoKey)));
        assert!(matches!(parse("not a key"), Err(KeyError::NoKey)));
        assert!(matches!(parse(PUBLIC), Err(KeyError::Label { .. })));
        let encrypted = PKCS8.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert!(matches!(parse(&encrypted), Err(KeyError::OtherEncryption)));
        let cut = PKCS8.replace("MIGH", "MIGI");
        assert!(matches!(parse(&cut), Err(KeyError::Malformed(_))));
        let large = format!("{}{PKCS8}", " ".repeat(KEY_BYTES));
        assert!(matches!(parse(&large), Err(KeyError::TooLarge)));
    }

    #[test]
    fn a_key_is_not_printed() {
        let printed = format!("{:?}", parse(PKCS8).unwrap());
        assert_eq!(
            printed,
            "LocalKey { pair: KeyPair { algorithm: EcdsaP256, .. } }"
        );
    }
}
