//! A TLS server's certificate by a CA of its own, for tests of who trusts whom.

use super::SandboxError;
use super::ca::pem;
use super::x509::{Template, extension, holder, root, signer_extensions};
use crate::model::Timestamp;
use sigstore_crypto::KeyPair;
use std::fmt;
use std::time::Duration;
use x509_cert::der::asn1::Ia5String;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Extended key usage: TLS servers.
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const DAY: Duration = Duration::from_secs(86_400);

/// A key and certificate for one host name, good from an hour before `now` for a day.
pub struct TlsIdentity {
    ca: Vec<u8>,
    certificate: Vec<u8>,
    key: KeyPair,
}

impl TlsIdentity {
    /// A fresh CA, and a fresh P-256 key that it certifies for the host.
    ///
    /// # Errors
    /// When the name is none, or no key can be made.
    pub fn of(host: &str, now: Timestamp) -> Result<Self, SandboxError> {
        let from = now.checked_sub(DAY / 24).unwrap_or(now);
        let ca = root("CN=tls-ca,O=evidence sandbox", from, DAY)?;
        let mut extensions = signer_extensions(SERVER_AUTH, false)?;
        let name = GeneralName::DnsName(Ia5String::new(host)?);
        extensions.push(extension(&SubjectAltName(vec![name]), false)?);
        let template = Template {
            subject: "CN=registry,O=evidence sandbox",
            from,
            lifetime: DAY,
            extensions,
        };
        let server = holder(&ca, template)?;
        Ok(Self {
            ca: ca.der()?,
            certificate: server.der()?,
            key: server.key,
        })
    }

    /// The CA's certificate, PEM.
    pub fn ca_pem(&self) -> String {
        pem(&self.ca)
    }

    /// The server's certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// ECDSA with SHA-256 over the message, DER.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SandboxError> {
        Ok(self.key.sign(message)?.as_bytes().to_vec())
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity(…)")
    }
}
