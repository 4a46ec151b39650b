//! An OIDC issuer: tokens as GitHub Actions or a mail provider issues them, and the endpoint at which a GitHub
//! runner asks for one.

use super::service::{answer, json};
use super::{Clock, Refusal, SandboxError, jws};
use crate::model::Digest;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};
use sigstore_crypto::KeyPair;
use sigstore_types::DerPublicKey;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The audience that Fulcio asks for.
pub const AUDIENCE: &str = "sigstore";
/// Seconds that a token is good for.
const LIFETIME_S: i64 = 600;

/// Who asks for a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caller {
    /// A person with this mail address.
    Email(String),
    /// A job of a GitHub Actions workflow.
    Workflow(Workflow),
}

/// A job of a GitHub Actions workflow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workflow {
    /// `ORG/NAME`.
    pub repository: String,
    /// Path of the workflow's file, such as `.github/workflows/release.yml`.
    pub path: String,
    /// The ref that it runs on, such as `refs/tags/v1.4.0`.
    pub git_ref: String,
    /// The commit that it runs on, 40 hex digits.
    pub commit: String,
    /// What started it, such as `push`.
    pub event: String,
}

impl Workflow {
    /// The release workflow of a repository, started by this tag on this commit.
    pub fn release(repository: &str, tag: &str, commit: &str) -> Self {
        Self {
            repository: repository.into(),
            path: ".github/workflows/release.yml".into(),
            git_ref: format!("refs/tags/{tag}"),
            commit: commit.into(),
            event: "push".into(),
        }
    }

    /// The identity that its certificates bear.
    pub fn identity(&self) -> String {
        format!("https://github.com/{}", self.reference())
    }

    /// The `sub` of its tokens.
    pub(super) fn subject(&self) -> String {
        format!("repo:{}:ref:{}", self.repository, self.git_ref)
    }

    fn reference(&self) -> String {
        format!("{}/{}@{}", self.repository, self.path, self.git_ref)
    }
}

/// What one token says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    /// Who it is about.
    pub caller: Caller,
    /// Who it is for.
    pub audience: String,
    /// Seconds until it expires; negative for one that has expired.
    pub lifetime_s: i64,
}

impl Claims {
    /// A good token for Fulcio.
    pub fn of(caller: Caller) -> Self {
        Self {
            caller,
            audience: AUDIENCE.into(),
            lifetime_s: LIFETIME_S,
        }
    }
}

/// The issuer.
pub(super) struct Issuer {
    key: KeyPair,
    url: String,
    clock: Clock,
    request_token: String,
    ambient: Mutex<Caller>,
}

impl Issuer {
    pub(super) fn new(url: String, clock: Clock, ambient: Caller) -> Result<Self, SandboxError> {
        let key = KeyPair::generate_ecdsa_p256()?;
        // The digest of a fresh public key that nobody is told is as good as any other secret.
        let request_token = Digest::of(KeyPair::generate_ecdsa_p256()?.public_key_bytes()).hex();
        Ok(Self {
            key,
            url,
            clock,
            request_token,
            ambient: Mutex::new(ambient),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn request_token(&self) -> &str {
        &self.request_token
    }

    /// Who asks at the endpoint of CI runners.
    pub(super) fn set_ambient(&self, caller: Caller) {
        *self.ambient.lock().unwrap_or_else(PoisonError::into_inner) = caller;
    }

    pub(super) fn issue(&self, claims: &Claims) -> Result<String, SandboxError> {
        let now = self.clock.now().as_second();
        let mut all = match &claims.caller {
            Caller::Email(address) => object(json!({
                "sub": Digest::of(address.as_bytes()).hex(), "email": address, "email_verified": true,
            })),
            Caller::Workflow(workflow) => workflow_claims(workflow),
        };
        all.extend(object(json!({
            "iss": self.url, "aud": claims.audience, "iat": now, "nbf": now,
            "exp": now.saturating_add(claims.lifetime_s),
        })));
        jws::sign(&self.key, &all)
    }

    /// The claims of a good token: by this issuer, for Fulcio, at this time.
    pub(super) fn verify(&self, token: &str) -> Result<Map<String, Value>, Refusal> {
        let refused = |why: &str| {
            Refusal::new(
                401,
                format!("There was an error processing the identity token: {why}"),
            )
        };
        let key: DerPublicKey = self
            .key
            .public_key_der()
            .map_err(|error| Refusal::new(500, error.to_string()))?;
        let claims = jws::verify(token, &key)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        let now = self.clock.now().as_second();
        if text("iss") != Some(&self.url) {
            return Err(refused("another issuer"));
        }
        if text("aud") != Some(AUDIENCE) {
            return Err(refused("another audience"));
        }
        if number("exp").is_none_or(|end| end <= now) {
            return Err(refused("expired"));
        }
        if number("nbf").is_some_and(|start| start > now) {
            return Err(refused("not valid yet"));
        }
        Ok(claims)
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", get(ambient_token))
            .with_state(self)
    }
}

async fn configuration(State(issuer): State<Arc<Issuer>>) -> Response {
    let url = &issuer.url;
    json(
        200,
        &json!({
            "issuer": url, "jwks_uri": format!("{url}/keys"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        }),
    )
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Response {
    json(200, &jws::key_set(&issuer.key))
}

/// What a runner's `ACTIONS_ID_TOKEN_REQUEST_URL` answers.
async fn ambient_token(
    State(issuer): State<Arc<Issuer>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token);
    if given != Some(issuer.request_token()) {
        return answer(401, "text/plain", "not authorised");
    }
    let ambient = issuer
        .ambient
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let mut claims = Claims::of(ambient);
    if let Some(audience) = query.get("audience") {
        claims.audience.clone_from(audience);
    }
    match issuer.issue(&claims) {
        Ok(token) => json(200, &json!({"value": token})),
        Err(error) => answer(500, "text/plain", error.to_string()),
    }
}

/// As documented for GitHub's own tokens ("OpenID Connect reference").
fn workflow_claims(workflow: &Workflow) -> Map<String, Value> {
    let owner = workflow.repository.split('/').next().unwrap_or_default();
    object(json!({
        "sub": workflow.subject(),
        "repository": workflow.repository,
        "repository_id": "424242",
        "repository_owner": owner,
        "repository_owner_id": "9001",
        "repository_visibility": "public",
        "ref": workflow.git_ref,
        "sha": workflow.commit,
        "workflow": "release",
        "workflow_ref": workflow.reference(),
        "workflow_sha": workflow.commit,
        "job_workflow_ref": workflow.reference(),
        "job_workflow_sha": workflow.commit,
        "event_name": workflow.event,
        "runner_environment": "github-hosted",
        "run_id": "7700112233",
        "run_attempt": "1",
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
