//! What a verifier trusts: named roots and public keys.

use crate::model::{Digest, limits};
use sigstore_crypto::{KeyAlgorithm, Keyring};
use sigstore_trust_root::{SigstoreInstance, TrustedRoot};
use sigstore_types::DerPublicKey;
use sigstore_verify::Verifier;
use std::fmt;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

/// The name of the root that is built in.
pub const PUBLIC_GOOD: &str = "public-good";

/// Trusted roots in the order in which they were named; a signature holds if it holds under one of them.
///
/// ```compile_fail
/// let trusted_by_nobody = evidence::sigstore::Roots::default();
/// ```
#[derive(Clone, Debug)]
pub struct Roots {
    pub(super) roots: Vec<Arc<Root>>,
}

/// One trusted root, made ready.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) verifier: Verifier,
    pub(super) logs: Keyring,
    pub(super) trusted: TrustedRoot,
    pub(super) has_certificate_logs: bool,
    pub(super) has_timestamp_authorities: bool,
    authorities: Vec<Authority>,
}

/// What names a CA certificate in those that it issued.
struct Authority {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

/// Why a trusted root cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// Over the limit.
    #[error(
        "trusted root {name:?} is larger than {} bytes",
        limits::DOCUMENT_BYTES
    )]
    TooLarge {
        /// The root's name.
        name: String,
    },
    /// More than can be tried on each signature.
    #[error("more than {} trusted roots", limits::ROOTS)]
    TooMany,
    /// Not a `trusted_root.json`, nor lines of them.
    #[error("{name:?} is no trusted root: {reason}")]
    Malformed {
        /// The root's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Roots {
    /// No root: only what needs none can hold.
    pub fn none() -> Self {
        Self { roots: Vec::new() }
    }

    /// Adds a `trusted_root.json`, or each line of a `.jsonl` of them (as `gh attestation trusted-root` writes).
    ///
    /// # Errors
    /// When it is over the limit, malformed, or holds a key that cannot be used.
    pub fn add(&mut self, name: &str, json: &[u8]) -> Result<(), RootError> {
        if json.len() as u64 > limits::DOCUMENT_BYTES {
            return Err(RootError::TooLarge { name: name.into() });
        }
        let malformed = |reason: String| RootError::Malformed {
            name: name.into(),
            reason,
        };
        let text = std::str::from_utf8(json).map_err(|error| malformed(error.to_string()))?;
        match TrustedRoot::from_json(text) {
            Ok(root) => self.push(name.into(), root),
            Err(whole) => {
                let lines: Vec<_> = text
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .collect();
                if lines.len() < 2 {
                    return Err(malformed(whole.to_string()));
                }
                for (number, line) in (1..).zip(lines) {
                    let root = TrustedRoot::from_json(line)
                        .map_err(|error| malformed(format!("line {number}: {error}")))?;
                    self.push(format!("{name}#{number}"), root)?;
                }
                Ok(())
            }
        }
    }

    /// Adds the public-good root that is built in.
    ///
    /// # Errors
    /// When it cannot be used, which the tests rule out.
    pub fn add_public_good(&mut self) -> Result<(), RootError> {
        let json = SigstoreInstance::PublicGood.embedded_trusted_root_json();
        self.add(PUBLIC_GOOD, json.as_bytes())
    }

    /// Whether there is no root.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The roots' names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.roots.iter().map(|root| root.name.as_str()).collect()
    }

    /// Takes over the roots of another list that this one does not have by name.
    pub fn merge(&mut self, other: Self) {
        for root in other.roots {
            if self.roots.iter().all(|known| known.name != root.name) {
                self.roots.push(root);
            }
        }
    }

    /// Whether the root of that name is one of `evidence demo`: its CA says DEMO in its own name.
    pub fn is_demo(&self, name: &str) -> bool {
        let says_demo =
            |authority: &Authority| authority.subject.windows(4).any(|word| word == b"DEMO");
        self.roots
            .iter()
            .any(|root| root.name == name && root.authorities.iter().any(says_demo))
    }

    fn push(&mut self, name: String, trusted: TrustedRoot) -> Result<(), RootError> {
        if self.roots.len() >= limits::ROOTS {
            return Err(RootError::TooMany);
        }
        let malformed = |reason: String| RootError::Malformed {
            name: name.clone(),
            reason,
        };
        let verifier = Verifier::new(&trusted).map_err(|error| malformed(error.to_string()))?;
        let logs = trusted
            .rekor_keys()
            .map_err(|error| malformed(error.to_string()))?;
        let authorities = trusted
            .certificate_authorities
            .iter()
            .flat_map(|authority| &authority.cert_chain.certificates)
            .map(|certificate| Authority::parse(certificate.raw_bytes.as_bytes()))
            .collect::<Result<_, _>>()
            .map_err(|error| malformed(error.to_string()))?;
        self.roots.push(Arc::new(Root {
            verifier,
            logs,
            has_certificate_logs: !trusted.ctlogs.is_empty(),
            has_timestamp_authorities: !trusted.timestamp_authorities.is_empty(),
            authorities,
            trusted,
            name,
        }));
        Ok(())
    }
}

impl Root {
    /// Whether one of the root's certificate authorities says that it issued this: by name, and by key id where both
    /// state one. Whether it really did is the verifier's business.
    pub(super) fn knows_issuer_of(&self, certificate: &Certificate) -> bool {
        let Ok(issuer) = certificate.tbs_certificate.issuer.to_der() else {
            return false;
        };
        let wanted = super::signature::authority_key_id(certificate);
        self.authorities.iter().any(|authority| {
            authority.subject == issuer
                && match (&authority.key_id, &wanted) {
                    (Some(has), Some(wanted)) => has == wanted,
                    _ => true,
                }
        })
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Root").field(&self.name).finish()
    }
}

impl Authority {
    fn parse(der: &[u8]) -> Result<Self, x509_cert::der::Error> {
        let certificate = Certificate::from_der(der)?;
        let key_id: Option<(bool, SubjectKeyIdentifier)> = certificate.tbs_certificate.get()?;
        Ok(Self {
            subject: certificate.tbs_certificate.subject.to_der()?,
            key_id: key_id.map(|(_, id)| id.0.into_bytes()),
        })
    }
}

/// A public key of which the verifier knows whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    pub(super) der: DerPublicKey,
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
}

impl Key {
    /// Parses a PEM file with a SubjectPublicKeyInfo (`PUBLIC KEY`): ECDSA P-256 or P-384, RSA, Ed25519.
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
        let der = DerPublicKey::from_pem(text).map_err(|_| KeyError::Pem)?;
        KeyAlgorithm::from_spki(&der).map_err(|error| KeyError::Unsupported(error.to_string()))?;
        Ok(Self { der })
    }

    /// SHA-256 of the DER SubjectPublicKeyInfo, 64 hex digits.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.der)
    }

    /// The key as PEM.
    pub fn pem(&self) -> String {
        self.der.to_pem()
    }
}

pub(super) fn fingerprint(der: &DerPublicKey) -> String {
    Digest::of(der.as_bytes()).hex()
}

/// How strictly signatures are judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// Accept a signature without a transparency log entry. One with a certificate still needs a trusted time.
    pub ignore_tlog: bool,
}

impl Options {
    /// A log entry is needed.
    pub const STRICT: Self = Self { ignore_tlog: false };
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../fixtures/sigstore/trust/trusted_root.json");
    const ALICE: &[u8] = include_bytes!("../../fixtures/sigstore/test-keys/alice.pub");

    #[test]
    fn the_built_in_root_and_lines_of_roots_can_be_used() {
        let mut roots = Roots::none();
        let lines = [ROOT, b"\n", ROOT].concat();

        roots.add_public_good().unwrap();
        roots.add("mine", &lines).unwrap();

        assert_eq!(roots.names(), ["public-good", "mine#1", "mine#2"]);
    }

    #[test]
    fn what_is_no_root_is_refused() {
        for bad in [&b"{}"[..], b"", b"[1]", b"\xff", &ROOT[..ROOT.len() - 2]] {
            assert!(Roots::none().add("x", bad).is_err());
        }
    }

    #[test]
    fn a_key_is_one_public_key_and_nothing_else() {
        let text = String::from_utf8(ALICE.to_vec()).unwrap();

        assert_eq!(Key::parse(ALICE).unwrap().fingerprint().len(), 64);
        for bad in [
            text.replace("PUBLIC KEY", "PRIVATE KEY"),
            text.repeat(2),
            String::new(),
            text.replace("MFkw", "MFkx"),
        ] {
            assert!(Key::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
