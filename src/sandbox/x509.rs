//! Certificates of the throw-away trust, made field by field: the certificate transparency log signs the same
//! to-be-signed part that ends up in the certificate, only without its own signature (RFC 6962 section 3.2).

use super::SandboxError;
use crate::model::{Digest, Timestamp};
use sigstore_crypto::KeyPair;
use std::time::Duration;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::der::asn1::{BitString, OctetString, UtcTime};
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// Extended key usage: code signing.
pub(super) const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// Extended key usage: timestamps.
pub(super) const TIME_STAMPING: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A key with a certificate.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) key: KeyPair,
    pub(super) certificate: Certificate,
}

impl Holder {
    /// The certificate's DER.
    pub(super) fn der(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.certificate.to_der()?)
    }

    /// The DER of the key that it certifies.
    pub(super) fn spki(&self) -> Result<Vec<u8>, SandboxError> {
        let spki = &self.certificate.tbs_certificate.subject_public_key_info;
        Ok(spki.to_der()?)
    }
}

/// What one certificate says.
pub(super) struct Template<'a> {
    /// RFC 4514 text.
    pub(super) subject: &'a str,
    pub(super) from: Timestamp,
    pub(super) lifetime: Duration,
    pub(super) extensions: Vec<Extension>,
}

/// A root, signed by its own key.
pub(super) fn root(
    subject: &str,
    from: Timestamp,
    lifetime: Duration,
) -> Result<Holder, SandboxError> {
    let key = KeyPair::generate_ecdsa_p256()?;
    let template = Template {
        subject,
        from,
        lifetime,
        extensions: authority_extensions(None)?,
    };
    let name = name(subject)?;
    let tbs = to_be_signed(&template, &name, None, key.public_key_der()?.as_bytes())?;
    Ok(Holder {
        certificate: sign(tbs, &key)?,
        key,
    })
}

/// An authority below another, for leaves of one usage.
pub(super) fn intermediate(
    issuer: &Holder,
    template: Template<'_>,
    usage: ObjectIdentifier,
) -> Result<Holder, SandboxError> {
    let template = Template {
        extensions: authority_extensions(Some(usage))?,
        ..template
    };
    holder(issuer, template)
}

/// A fresh key with a certificate by `issuer`.
pub(super) fn holder(issuer: &Holder, template: Template<'_>) -> Result<Holder, SandboxError> {
    let key = KeyPair::generate_ecdsa_p256()?;
    let tbs = issued(issuer, &template, key.public_key_der()?.as_bytes())?;
    Ok(Holder {
        certificate: sign(tbs, &issuer.key)?,
        key,
    })
}

/// What `issuer` is to sign for this key.
pub(super) fn issued(
    issuer: &Holder,
    template: &Template<'_>,
    spki: &[u8],
) -> Result<TbsCertificate, SandboxError> {
    let name = issuer.certificate.tbs_certificate.subject.clone();
    to_be_signed(template, &name, Some(key_id(&issuer.spki()?)?), spki)
}

/// The certificate over this to-be-signed part.
pub(super) fn sign(tbs: TbsCertificate, key: &KeyPair) -> Result<Certificate, SandboxError> {
    let signature = key.sign(&tbs.to_der()?)?;
    Ok(Certificate {
        signature_algorithm: ecdsa_with_sha256(),
        signature: BitString::from_bytes(signature.as_bytes())?,
        tbs_certificate: tbs,
    })
}

/// ECDSA with SHA-256, as X.509 and CMS name it.
pub(super) fn ecdsa_with_sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

/// An extension around this value.
pub(super) fn extension<T: Encode + AssociatedOid>(
    value: &T,
    critical: bool,
) -> Result<Extension, SandboxError> {
    raw_extension(T::OID, &value.to_der()?, critical)
}

/// An extension with these bytes as its value.
pub(super) fn raw_extension(
    oid: ObjectIdentifier,
    value: &[u8],
    critical: bool,
) -> Result<Extension, SandboxError> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value)?,
    })
}

/// What a signer's certificate needs besides its names.
pub(super) fn signer_extensions(
    usage: ObjectIdentifier,
    usage_critical: bool,
) -> Result<Vec<Extension>, SandboxError> {
    Ok(vec![
        extension(&KeyUsage(KeyUsages::DigitalSignature.into()), true)?,
        extension(&ExtendedKeyUsage(vec![usage]), usage_critical)?,
    ])
}

fn authority_extensions(usage: Option<ObjectIdentifier>) -> Result<Vec<Extension>, SandboxError> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: usage.map(|_| 0),
    };
    let mut extensions = vec![
        extension(&constraints, true)?,
        extension(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign), true)?,
    ];
    if let Some(usage) = usage {
        extensions.push(extension(&ExtendedKeyUsage(vec![usage]), false)?);
    }
    Ok(extensions)
}

fn to_be_signed(
    template: &Template<'_>,
    issuer: &Name,
    issuer_key: Option<OctetString>,
    spki: &[u8],
) -> Result<TbsCertificate, SandboxError> {
    let mut extensions = vec![extension(&SubjectKeyIdentifier(key_id(spki)?), false)?];
    if let Some(id) = issuer_key {
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(id),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        extensions.push(extension(&authority, false)?);
    }
    extensions.extend(template.extensions.iter().cloned());
    let end = template
        .from
        .checked_add(template.lifetime)
        .unwrap_or(Timestamp::MAX);
    Ok(TbsCertificate {
        version: Version::V3,
        serial_number: serial(template, spki)?,
        signature: ecdsa_with_sha256(),
        issuer: issuer.clone(),
        validity: Validity {
            not_before: time(template.from)?,
            not_after: time(end)?,
        },
        subject: name(template.subject)?,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(spki)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    })
}

/// Sixteen bytes that no other certificate of this run has: keys are fresh, and one key's certificates differ in time.
fn serial(template: &Template<'_>, spki: &[u8]) -> Result<SerialNumber, SandboxError> {
    let seed = [spki, &template.from.as_nanosecond().to_be_bytes()].concat();
    let digest = Digest::of(&seed);
    let mut bytes = [0x4d; 16];
    for (to, from) in bytes.iter_mut().skip(1).zip(digest.as_raw()) {
        *to = *from;
    }
    Ok(SerialNumber::new(&bytes)?)
}

/// RFC 7093 section 2, method 1.
fn key_id(spki: &[u8]) -> Result<OctetString, SandboxError> {
    let spki = SubjectPublicKeyInfoOwned::from_der(spki)?;
    let digest = Digest::of(spki.subject_public_key.raw_bytes());
    Ok(OctetString::new(
        digest.as_raw().get(..20).unwrap_or_default(),
    )?)
}

fn name(text: &str) -> Result<Name, SandboxError> {
    Ok(text.parse()?)
}

fn time(at: Timestamp) -> Result<Time, SandboxError> {
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    Ok(Time::UtcTime(UtcTime::from_unix_duration(
        Duration::from_secs(seconds),
    )?))
}
