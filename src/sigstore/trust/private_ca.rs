//! Certificates of a private CA, as cosign's `--ca-roots` and `--certificate-chain` name them.

use super::{RootError, Roots};
use crate::model::limits;
use crate::sigstore::normalise::pem_certificates;
use crate::sigstore::root::Root;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::X509Certificate;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// A private CA: roots that are trusted, and intermediate certificates that only complete chains to them.
#[derive(Clone, Debug)]
pub struct PrivateCa {
    roots: Vec<X509Certificate>,
    intermediates: Vec<X509Certificate>,
}

impl PrivateCa {
    /// Parses PEM files of root certificates and, where there is one, of intermediate ones.
    ///
    /// # Errors
    /// When one holds anything but certificates, none, or too many.
    pub fn from_roots(roots: &[u8], intermediates: Option<&[u8]>) -> Result<Self, RootError> {
        Ok(Self {
            roots: certificates(roots)?,
            intermediates: intermediates.map_or(Ok(Vec::new()), certificates)?,
        })
    }

    /// Parses a PEM file with a chain: its self-signed certificates are trusted, or else the last one.
    ///
    /// # Errors
    /// As [`Self::from_roots`].
    pub fn from_chain(chain: &[u8]) -> Result<Self, RootError> {
        let mut intermediates = certificates(chain)?;
        let mut roots = Vec::new();
        for (at, certificate) in std::mem::take(&mut intermediates).into_iter().enumerate() {
            let parsed = Certificate::from_der(certificate.raw_bytes.as_bytes())
                .map_err(|error| malformed(format!("certificate {}: {error}", at + 1)))?;
            let names = parsed.tbs_certificate;
            if names.issuer == names.subject {
                roots.push(certificate);
            } else {
                intermediates.push(certificate);
            }
        }
        if roots.is_empty() {
            roots.extend(intermediates.pop());
        }
        Ok(Self {
            roots,
            intermediates,
        })
    }
}

impl Roots {
    /// Adds a private CA. Logs and timestamp authorities are those of `base`, a `trusted_root.json`; its certificate
    /// authorities and certificate logs are not. Without a base nobody says when something was signed.
    ///
    /// # Errors
    /// When the base is none, or a certificate cannot be an authority.
    pub fn add_private_ca(
        &mut self,
        name: &str,
        ca: &PrivateCa,
        base: Option<&[u8]>,
    ) -> Result<(), RootError> {
        let bad = |reason: String| RootError::Malformed {
            name: name.into(),
            reason,
        };
        if self.roots.len() >= limits::ROOTS {
            return Err(RootError::TooMany);
        }
        if base.is_some_and(|base| base.len() as u64 > limits::DOCUMENT_BYTES) {
            return Err(RootError::TooLarge { name: name.into() });
        }
        let mut json: Value = base
            .map_or_else(
                || Ok(json!({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"})),
                serde_json::from_slice,
            )
            .map_err(|error| bad(error.to_string()))?;
        let Some(root) = json.as_object_mut() else {
            return Err(bad("not an object".into()));
        };
        let authorities: Vec<Value> = ca.roots.iter().map(authority).collect();
        root.insert("certificateAuthorities".into(), authorities.into());
        root.remove("ctlogs");
        let trusted =
            TrustedRoot::from_json(&json.to_string()).map_err(|error| bad(error.to_string()))?;
        let mut root = Root::new(name.into(), &trusted).map_err(bad)?;
        root.intermediates = ca.intermediates.clone();
        root.may_omit_names = true;
        self.roots.push(Arc::new(root));
        Ok(())
    }
}

fn authority(certificate: &X509Certificate) -> Value {
    let der = STANDARD.encode(certificate.raw_bytes.as_bytes());
    json!({"uri": "", "certChain": {"certificates": [{"rawBytes": der}]}})
}

fn certificates(pem: &[u8]) -> Result<Vec<X509Certificate>, RootError> {
    let text = std::str::from_utf8(pem).map_err(|error| malformed(error.to_string()))?;
    pem_certificates(text).map_err(|problem| malformed(problem.message))
}

fn malformed(reason: String) -> RootError {
    RootError::Malformed {
        name: "private CA".into(),
        reason,
    }
}
