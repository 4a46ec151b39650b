//! Fulcio: ten-minute certificates for whoever proves an identity and a key.

use super::ctlog::{self, CtLog};
use super::defects::CertificateDefect;
use super::oidc::Issuer;
use super::service::{answer, json};
use super::x509::{self, Holder, Template};
use super::{Clock, Refusal, SandboxError};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sigstore_crypto::{KeyPair, VerificationKey};
use sigstore_types::{DerCertificate, DerPublicKey, SignatureBytes};
use std::sync::Arc;
use std::time::Duration;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::{Ia5String, Utf8StringRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};

const LEAF_LIFETIME: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(2 * 86_400);
const FULCIO: &str = "1.3.6.1.4.1.57264.1";

/// Extensions of a CI job's certificate that are the value of a claim as it is (Fulcio, `docs/oid-info.md`).
const CLAIMS: &[(u8, &str)] = &[
    (10, "job_workflow_sha"),
    (11, "runner_environment"),
    (13, "sha"),
    (14, "ref"),
    (15, "repository_id"),
    (17, "repository_owner_id"),
    (19, "workflow_sha"),
    (20, "event_name"),
    (22, "repository_visibility"),
    (23, "environment"),
];

/// The deprecated ones, whose value has no DER around it.
const RAW_CLAIMS: &[(u8, &str)] = &[
    (2, "event_name"),
    (3, "sha"),
    (4, "workflow"),
    (5, "repository"),
    (6, "ref"),
];

/// The certificate authority.
pub(super) struct Fulcio {
    root: Holder,
    intermediate: Holder,
    ctlog: CtLog,
    /// What only a certificate with a defect is issued by.
    stranger: Holder,
    foreign_log: CtLog,
    issuer: Arc<Issuer>,
    clock: Clock,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    credentials: Option<Credentials>,
    public_key_request: KeyRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    oidc_identity_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyRequest {
    public_key: PublicKey,
    proof_of_possession: String,
}

#[derive(Deserialize)]
struct PublicKey {
    content: String,
}

impl Fulcio {
    pub(super) fn new(issuer: Arc<Issuer>, clock: Clock) -> Result<Self, SandboxError> {
        let now = clock.now();
        let from = now.checked_sub(DAY).unwrap_or(now);
        let root = x509::root("CN=DEMO certificate root,O=DEMO", from, AUTHORITY_LIFETIME)?;
        let intermediate = x509::intermediate(
            &root,
            Template {
                subject: "CN=DEMO certificate authority,O=DEMO",
                from,
                lifetime: AUTHORITY_LIFETIME,
                extensions: Vec::new(),
            },
            x509::CODE_SIGNING,
        )?;
        Ok(Self {
            root,
            intermediate,
            ctlog: CtLog::new()?,
            stranger: x509::root("CN=DEMO stranger,O=DEMO", from, AUTHORITY_LIFETIME)?,
            foreign_log: CtLog::new()?,
            issuer,
            clock,
        })
    }

    /// DER of the authority's certificate and of its root's.
    pub(super) fn chain(&self) -> Result<Vec<Vec<u8>>, SandboxError> {
        Ok(vec![self.intermediate.der()?, self.root.der()?])
    }

    pub(super) fn ctlog(&self) -> &CtLog {
        &self.ctlog
    }

    /// DER of the stranger's certificate.
    pub(super) fn strange_chain(&self) -> Result<Vec<Vec<u8>>, SandboxError> {
        Ok(vec![self.stranger.der()?])
    }

    pub(super) fn foreign_log(&self) -> &CtLog {
        &self.foreign_log
    }

    /// A certificate for this key and the token's identity, DER, with this defect.
    ///
    /// `proof` is the key's signature over the token's mail address, or else its subject.
    pub(super) fn certify(
        &self,
        token: &str,
        key: &DerPublicKey,
        proof: &SignatureBytes,
        defect: Option<CertificateDefect>,
    ) -> Result<Vec<u8>, SandboxError> {
        let claims = self.issuer.verify(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let identity = text("email").or_else(|| text("sub")).unwrap_or_default();
        VerificationKey::from_spki(key)
            .and_then(|key| key.verify(identity, proof))
            .map_err(|_| {
                Refusal::new(
                    400,
                    "The signature supplied in the request could not be verified",
                )
            })?;
        self.issue(&claims, key, defect)
    }

    fn issue(
        &self,
        claims: &Map<String, Value>,
        key: &DerPublicKey,
        defect: Option<CertificateDefect>,
    ) -> Result<Vec<u8>, SandboxError> {
        use CertificateDefect as Wrong;
        let now = self.clock.now();
        let from = match defect {
            Some(Wrong::Expired) => now.checked_sub(HOUR),
            Some(Wrong::NotYetValid) => now.checked_add(HOUR),
            _ => Ok(now),
        };
        let template = Template {
            subject: "CN=DEMO signer,O=DEMO",
            from: from.unwrap_or(now),
            lifetime: LEAF_LIFETIME,
            extensions: self.extensions(claims, defect)?,
        };
        let issuer = match defect {
            Some(Wrong::StrangeIssuer) => &self.stranger,
            _ => &self.intermediate,
        };
        let mut tbs = x509::issued(issuer, &template, key.as_bytes())?;
        let promised = match defect {
            Some(Wrong::PromiseOfAnother) => {
                let spki = KeyPair::generate_ecdsa_p256()?.public_key_der()?;
                x509::issued(issuer, &template, spki.as_bytes())?
            }
            _ => tbs.clone(),
        };
        let spki = issuer.spki()?;
        let promise = |log: &CtLog| log.promise(&promised, &spki, now);
        let promises = match defect {
            Some(Wrong::NoPromise) => Vec::new(),
            Some(Wrong::ForeignPromise) => vec![promise(&self.foreign_log)?],
            Some(Wrong::TwoPromises) => vec![promise(&self.ctlog)?, promise(&self.ctlog)?],
            _ => vec![promise(&self.ctlog)?],
        };
        if let (Some(extensions), false) = (tbs.extensions.as_mut(), promises.is_empty()) {
            extensions.push(ctlog::list(&promises)?);
        }
        let signer = match defect {
            Some(Wrong::ForgedIssuer) => &self.stranger.key,
            _ => &issuer.key,
        };
        Ok(x509::sign(tbs, signer)?.to_der()?)
    }

    fn extensions(
        &self,
        claims: &Map<String, Value>,
        defect: Option<CertificateDefect>,
    ) -> Result<Vec<Extension>, SandboxError> {
        use CertificateDefect as Wrong;
        let usage = match defect {
            Some(Wrong::OtherUsage) => x509::TIME_STAMPING,
            _ => x509::CODE_SIGNING,
        };
        let mut extensions = x509::signer_extensions(usage, false)?;
        let mut names = alternative_name(claims)?;
        match defect {
            // The extended usage comes last.
            Some(Wrong::NoUsage) => extensions.truncate(1),
            Some(Wrong::TwoNames) => names.0.push(GeneralName::Rfc822Name(Ia5String::new(
                "mallory@example.test",
            )?)),
            Some(Wrong::TwoNameLists) => {
                let other = GeneralName::Rfc822Name(Ia5String::new("mallory@example.test")?);
                extensions.push(x509::extension(&SubjectAltName(vec![other]), true)?);
            }
            Some(Wrong::IsAuthority) => {
                let constraints = BasicConstraints {
                    ca: true,
                    path_len_constraint: None,
                };
                extensions.push(x509::extension(&constraints, true)?);
            }
            _ => {}
        }
        if defect != Some(Wrong::NoName) {
            extensions.push(x509::extension(&names, true)?);
        }
        let mut claimed = claim_extensions(self.issuer.url(), claims)?;
        if defect == Some(Wrong::NoIssuer) {
            let issuers = [oid(1)?, oid(8)?];
            claimed.retain(|extension| !issuers.contains(&extension.extn_id));
        }
        extensions.extend(claimed);
        Ok(extensions)
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v2/signingCert", post(signing_certificate))
            .route("/api/v2/trustBundle", get(trust_bundle))
            .with_state(self)
    }

    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, SandboxError> {
        let bad = |why: &str| Refusal::new(400, why);
        let request: Request =
            serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))?;
        // cosign sends the token as a header, sigstore-rust in the body.
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = request
            .credentials
            .as_ref()
            .map(|credentials| credentials.oidc_identity_token.as_str())
            .or(bearer)
            .ok_or_else(|| Refusal::new(401, "no identity token"))?;
        let key = DerPublicKey::from_pem(&request.public_key_request.public_key.content)
            .map_err(|_| bad("The public key supplied in the request could not be parsed"))?;
        let proof = STANDARD
            .decode(&request.public_key_request.proof_of_possession)
            .map_err(|_| bad("The signature supplied in the request is not base64"))?;
        let leaf = self.certify(token, &key, &SignatureBytes::new(proof), None)?;
        let chain: Vec<String> = std::iter::once(leaf)
            .chain(self.chain()?)
            .map(|der| pem(&der))
            .collect();
        Ok(json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}))
    }
}

/// A certificate's PEM.
pub(super) fn pem(der: &[u8]) -> String {
    DerCertificate::from_bytes(der).to_pem()
}

async fn signing_certificate(
    State(fulcio): State<Arc<Fulcio>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match fulcio.answer(&headers, &body) {
        Ok(value) => json(200, &value),
        Err(error) => {
            let refusal = Refusal::from(error);
            json(
                refusal.status,
                &json!({"code": 3, "message": refusal.message, "details": []}),
            )
        }
    }
}

async fn trust_bundle(State(fulcio): State<Arc<Fulcio>>) -> Response {
    match fulcio.chain() {
        Ok(chain) => {
            let chain: Vec<String> = chain.iter().map(|der| pem(der)).collect();
            json(200, &json!({"chains": [{"certificates": chain}]}))
        }
        Err(error) => answer(500, "text/plain", error.to_string()),
    }
}

fn alternative_name(claims: &Map<String, Value>) -> Result<SubjectAltName, SandboxError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let name = match (text("email"), text("job_workflow_ref")) {
        (Some(email), _) => GeneralName::Rfc822Name(Ia5String::new(email)?),
        (None, Some(workflow)) => GeneralName::UniformResourceIdentifier(Ia5String::new(
            &format!("https://github.com/{workflow}"),
        )?),
        (None, None) => return Err(Refusal::new(400, "a token without identity").into()),
    };
    Ok(SubjectAltName(vec![name]))
}

fn claim_extensions(
    issuer: &str,
    claims: &Map<String, Value>,
) -> Result<Vec<Extension>, SandboxError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let mut extensions = vec![raw(1, issuer)?, utf8(8, issuer)?];
    for (number, claim) in RAW_CLAIMS {
        if let Some(value) = text(claim) {
            extensions.push(raw(*number, value)?);
        }
    }
    for (number, claim) in CLAIMS {
        if let Some(value) = text(claim) {
            extensions.push(utf8(*number, value)?);
        }
    }
    let github = |path: &str| format!("https://github.com/{path}");
    for (number, path) in [
        (9, text("job_workflow_ref").map(String::from)),
        (12, text("repository").map(String::from)),
        (16, text("repository_owner").map(String::from)),
        (18, text("workflow_ref").map(String::from)),
        (21, run_path(claims)),
    ] {
        if let Some(path) = path {
            extensions.push(utf8(number, &github(&path))?);
        }
    }
    if let Some(subject) = text("sub") {
        extensions.push(utf8(24, subject)?);
    }
    Ok(extensions)
}

fn run_path(claims: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    Some(format!(
        "{}/actions/runs/{}/attempts/{}",
        text("repository")?,
        text("run_id")?,
        text("run_attempt")?
    ))
}

fn raw(number: u8, value: &str) -> Result<Extension, SandboxError> {
    x509::raw_extension(oid(number)?, value.as_bytes(), false)
}

fn utf8(number: u8, value: &str) -> Result<Extension, SandboxError> {
    x509::raw_extension(oid(number)?, &Utf8StringRef::new(value)?.to_der()?, false)
}

fn oid(number: u8) -> Result<ObjectIdentifier, SandboxError> {
    ObjectIdentifier::new(&format!("{FULCIO}.{number}"))
        .map_err(|error| SandboxError::Der(error.into()))
}
