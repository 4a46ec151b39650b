//! A timestamp authority (RFC 3161).

use super::defects::TimestampDefect;
use super::service::answer;
use super::x509::{self, Holder, Template};
use super::{Clock, Refusal, SandboxError};
use crate::model::{Digest, Timestamp};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use x509_cert::attr::Attribute;
use x509_cert::der::asn1::{GeneralizedTime, Int, OctetString, SetOfVec, Uint, UtcTime};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Any, Decode as _, Encode as _, Tag};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{Accuracy, TimeStampReq, TspVersion, TstInfo};

const DAY: Duration = Duration::from_secs(86_400);
const LIFETIME: Duration = Duration::from_secs(2 * 86_400);
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// The policy that Sigstore's own authority names.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");

/// Before every certificate that is issued now, and after the sandbox's roots begin.
const EARLIER: Duration = Duration::from_secs(30);

/// The authority.
pub(super) struct TimestampAuthority {
    root: Holder,
    signer: Holder,
    /// Signers of timestamps with a defect, which the sandbox's root does not know.
    strangers: BTreeMap<Stranger, Holder>,
    clock: Clock,
    issued: AtomicU64,
}

/// A signer of timestamps whom nobody should trust.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Stranger {
    Foreign,
    Expired,
    OtherUsage,
}

impl TimestampAuthority {
    pub(super) fn new(clock: Clock) -> Result<Self, SandboxError> {
        let now = clock.now();
        let from = now.checked_sub(DAY).unwrap_or(now);
        let root = x509::root("CN=DEMO timestamp root,O=DEMO", from, LIFETIME)?;
        let holder = |from, lifetime, usage| {
            let template = Template {
                subject: "CN=DEMO timestamp authority,O=DEMO",
                from,
                lifetime,
                // RFC 3161 section 2.3: the extension must be critical.
                extensions: x509::signer_extensions(usage, true)?,
            };
            x509::holder(&root, template)
        };
        let signer = holder(from, LIFETIME, x509::TIME_STAMPING)?;
        let strangers = BTreeMap::from([
            (
                Stranger::Foreign,
                holder(from, LIFETIME, x509::TIME_STAMPING)?,
            ),
            (
                Stranger::Expired,
                holder(from, DAY / 2, x509::TIME_STAMPING)?,
            ),
            (
                Stranger::OtherUsage,
                holder(from, LIFETIME, x509::CODE_SIGNING)?,
            ),
        ]);
        Ok(Self {
            root,
            signer,
            strangers,
            clock,
            issued: AtomicU64::new(1),
        })
    }

    /// DER of the authority's certificate and of its root's.
    pub(super) fn chain(&self) -> Result<Vec<Vec<u8>>, SandboxError> {
        Ok(vec![self.signer.der()?, self.root.der()?])
    }

    /// The chains of the signers whom nobody should trust, one authority each.
    pub(super) fn strange_chains(&self) -> Result<Vec<Vec<Vec<u8>>>, SandboxError> {
        let chain = |signer: &Holder| Ok(vec![signer.der()?, self.root.der()?]);
        self.strangers.values().map(chain).collect()
    }

    /// The reply to a query about the SHA-256 digest of `bytes`, DER, with this defect.
    pub(super) fn stamp(
        &self,
        bytes: &[u8],
        defect: Option<TimestampDefect>,
    ) -> Result<Vec<u8>, SandboxError> {
        use TimestampDefect as Wrong;
        let stranger = match defect {
            Some(Wrong::Foreign) => Some(Stranger::Foreign),
            Some(Wrong::ExpiredAuthority) => Some(Stranger::Expired),
            Some(Wrong::OtherUsage) => Some(Stranger::OtherUsage),
            _ => None,
        };
        let signer = stranger.and_then(|stranger| self.strangers.get(&stranger));
        let now = self.clock.now();
        let time = match defect {
            Some(Wrong::BeforeCertificate) => now.checked_sub(EARLIER).unwrap_or(now),
            _ => now,
        };
        let bytes = match defect {
            Some(Wrong::OfAnother) => &b"another signature"[..],
            _ => bytes,
        };
        let imprint = [
            sha256().to_der()?,
            OctetString::new(*Digest::of(bytes).as_raw())?.to_der()?,
        ]
        .concat();
        let query = [vec![2, 1, 1], sequence(imprint)?, vec![1, 1, 0xff]].concat();
        self.reply_by(signer.unwrap_or(&self.signer), &sequence(query)?, time)
    }

    /// The reply to a query, DER.
    pub(super) fn reply(&self, query: &[u8]) -> Result<Vec<u8>, SandboxError> {
        self.reply_by(&self.signer, query, self.clock.now())
    }

    fn reply_by(
        &self,
        signer: &Holder,
        query: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, SandboxError> {
        let query = TimeStampReq::from_der(query)
            .map_err(|error| Refusal::new(400, format!("error parsing request: {error}")))?;
        if query.message_imprint.hash_algorithm.oid != SHA256
            || query.message_imprint.hashed_message.as_bytes().len() != 32
        {
            return Err(Refusal::new(400, "unsupported hash algorithm").into());
        }
        let certificate_wanted = query.cert_req;
        let said = self.said(query, now)?;
        let token = ContentInfo {
            content_type: SIGNED_DATA,
            content: Any::encode_from(&signed(signer, said, now, certificate_wanted)?)?,
        };
        // PKIStatusInfo { status granted (0) }, then the token.
        let granted = sequence(vec![2, 1, 0])?;
        sequence([granted, token.to_der()?].concat())
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v1/timestamp", post(timestamp))
            .route("/api/v1/timestamp/certchain", get(certificates))
            .with_state(self)
    }

    fn said(&self, query: TimeStampReq, now: Timestamp) -> Result<TstInfo, SandboxError> {
        let serial = self.issued.fetch_add(1, Ordering::Relaxed);
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        Ok(TstInfo {
            version: TspVersion::V1,
            policy: POLICY,
            message_imprint: query.message_imprint,
            serial_number: Int::from(Uint::new(&serial.to_be_bytes())?),
            gen_time: GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))?,
            accuracy: Some(Accuracy {
                seconds: Some(1),
                millis: None,
                micros: None,
            }),
            ordering: false,
            nonce: query.nonce,
            tsa: None,
            extensions: None,
        })
    }
}

fn signed(
    by: &Holder,
    said: TstInfo,
    now: Timestamp,
    with_certificate: bool,
) -> Result<SignedData, SandboxError> {
    let content = said.to_der()?;
    let attributes = attributes(by, &content, now)?;
    let signature = by.key.sign(&attributes.to_der()?)?;
    let certificate = by.certificate.clone();
    let names = &certificate.tbs_certificate;
    let signer = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: names.issuer.clone(),
            serial_number: names.serial_number.clone(),
        }),
        digest_alg: sha256(),
        signed_attrs: Some(attributes),
        signature_algorithm: x509::ecdsa_with_sha256(),
        signature: OctetString::new(signature.as_bytes())?,
        unsigned_attrs: None,
    };
    let certificates = with_certificate
        .then(|| SetOfVec::try_from(vec![CertificateChoices::Certificate(certificate)]))
        .transpose()?;
    Ok(SignedData {
        version: CmsVersion::V3,
        digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: TST_INFO,
            econtent: Some(Any::encode_from(&OctetString::new(content)?)?),
        },
        certificates: certificates.map(CertificateSet),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
    })
}

fn attributes(
    by: &Holder,
    content: &[u8],
    now: Timestamp,
) -> Result<SetOfVec<Attribute>, SandboxError> {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let time = UtcTime::from_unix_duration(Duration::from_secs(seconds))?;
    let digest = OctetString::new(*Digest::of(content).as_raw())?;
    // SigningCertificateV2 { SEQUENCE OF ESSCertIDv2 { certHash } }, SHA-256 being the default (RFC 5035).
    let hash = OctetString::new(*Digest::of(&by.der()?).as_raw())?;
    let certificate = sequence(sequence(sequence(hash.to_der()?)?)?)?;
    Ok(SetOfVec::try_from(vec![
        attribute(CONTENT_TYPE, Any::encode_from(&TST_INFO)?)?,
        attribute(SIGNING_TIME, Any::encode_from(&time)?)?,
        attribute(MESSAGE_DIGEST, Any::encode_from(&digest)?)?,
        attribute(SIGNING_CERTIFICATE_V2, Any::from_der(&certificate)?)?,
    ])?)
}

async fn timestamp(State(authority): State<Arc<TimestampAuthority>>, body: Bytes) -> Response {
    match authority.reply(&body) {
        Ok(reply) => answer(200, "application/timestamp-reply", reply),
        Err(error) => {
            let refusal = Refusal::from(error);
            answer(refusal.status, "text/plain", refusal.message)
        }
    }
}

async fn certificates(State(authority): State<Arc<TimestampAuthority>>) -> Response {
    match authority.chain() {
        Ok(chain) => {
            let chain: String = chain.iter().map(|der| super::ca::pem(der)).collect();
            answer(200, "application/pem-certificate-chain", chain)
        }
        Err(error) => answer(500, "text/plain", error.to_string()),
    }
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, SandboxError> {
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA256,
        parameters: None,
    }
}

fn sequence(body: Vec<u8>) -> Result<Vec<u8>, SandboxError> {
    Ok(Any::new(Tag::Sequence, body)?.to_der()?)
}
