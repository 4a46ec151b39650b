//! Identity tokens: given, or ambient in CI.

use super::exchange::{SealError, Service, ask, bad, refused, require_private};
use crate::model::Timestamp;
use crate::model::limits::TOKEN_BYTES;
use crate::model::redact::Secret;
use crate::net::http::{Http, Request, Url};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::io::Read as _;
use std::path::Path;

/// The audience that Fulcio takes tokens for.
const AUDIENCE: &str = "sigstore";

/// Why a token cannot be used. Nothing of the token is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Neither a token nor a file that holds one.
    #[error("it is neither a JSON Web Token nor a file that can be read")]
    File(#[source] std::io::Error),
    /// Not header, payload and signature.
    #[error("it is no JSON Web Token: {0}")]
    Malformed(&'static str),
    /// Too late.
    #[error("it expired at {expired}")]
    Expired {
        /// When it did.
        expired: Timestamp,
    },
    /// More bytes than a token has.
    #[error("it is larger than {TOKEN_BYTES} bytes")]
    TooLarge,
    /// A GitHub Actions job that may not ask for one.
    #[error("this GitHub Actions job may not ask for one; it needs the permission id-token: write")]
    NoPermission,
}

/// A token, with the claims that signing needs. Claims are the bearer's word until Fulcio has judged the token.
#[derive(Clone, Debug)]
pub struct IdentityToken {
    raw: Secret,
    identity: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    email: Option<String>,
    exp: Option<f64>,
}

impl IdentityToken {
    /// Reads the claims of a token that is valid `now`, without verifying its signature: that is Fulcio's part.
    ///
    /// # Errors
    /// When it is no token, names nobody, or has expired.
    pub fn parse(raw: &Secret, now: Timestamp) -> Result<Self, TokenError> {
        let token = raw.expose();
        if token.len() > TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        let claims = claims(token)?;
        let expires = claims
            .exp
            .ok_or(TokenError::Malformed("it has no expiry"))?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float saturates, and a time out of range is refused"
        )]
        let expired = Timestamp::from_second(expires as i64)
            .map_err(|_| TokenError::Malformed("its expiry is no time"))?;
        if expired <= now {
            return Err(TokenError::Expired { expired });
        }
        let named = |claim: Option<String>| claim.filter(|text| !text.is_empty());
        let identity = named(claims.email)
            .or(named(claims.sub))
            .ok_or(TokenError::Malformed("it names neither subject nor e-mail"))?;
        Ok(Self {
            raw: raw.clone(),
            identity,
        })
    }

    /// What the proof of possession is a signature over: the e-mail address, else the subject.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The token itself.
    pub(super) fn raw(&self) -> &Secret {
        &self.raw
    }
}

/// The token of `--identity-token`: the token itself, or the path of a file that holds it, as in cosign.
///
/// # Errors
/// When it is neither.
pub fn given_token(text: &str) -> Result<Secret, TokenError> {
    if claims(text.trim()).is_ok() {
        return Ok(Secret::new(text.trim()));
    }
    let mut content = String::new();
    std::fs::File::open(Path::new(text))
        .and_then(|file| {
            file.take(TOKEN_BYTES as u64 + 1)
                .read_to_string(&mut content)
        })
        .map_err(TokenError::File)?;
    let token = content.trim();
    if content.len() > TOKEN_BYTES {
        return Err(TokenError::TooLarge);
    }
    claims(token)?;
    Ok(Secret::new(token))
}

/// The token that the CI job has: `SIGSTORE_ID_TOKEN` (cosign's variable, and GitLab's by convention), else the one that
/// GitHub Actions gives to jobs with `id-token: write`. None outside of CI.
///
/// `environment` looks up a variable.
///
/// # Errors
/// When the job should have a token and does not get it.
pub async fn ambient_token(
    http: &Http,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, SealError> {
    match source(environment).map_err(SealError::Token)? {
        Some(Ambient::Token(token)) => Ok(Some(token)),
        Some(Ambient::GitHub { url, bearer }) => github_token(http, &url, &bearer).await.map(Some),
        None => Ok(None),
    }
}

/// Whether [`ambient_token`] has somebody to ask; asks nobody.
///
/// # Errors
/// When the job should have a token and may not ask for it.
pub fn has_ambient_token(environment: impl Fn(&str) -> Option<String>) -> Result<bool, TokenError> {
    Ok(source(environment)?.is_some())
}

/// Where a CI job has its token from.
enum Ambient {
    Token(Secret),
    GitHub { url: String, bearer: String },
}

fn source(environment: impl Fn(&str) -> Option<String>) -> Result<Option<Ambient>, TokenError> {
    let environment = |name| environment(name).filter(|value| !value.is_empty());
    if let Some(token) = environment("SIGSTORE_ID_TOKEN") {
        return Ok(Some(Ambient::Token(Secret::new(token.trim()))));
    }
    let url = environment("ACTIONS_ID_TOKEN_REQUEST_URL");
    let bearer = environment("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    match (url, bearer) {
        (Some(url), Some(bearer)) => Ok(Some(Ambient::GitHub { url, bearer })),
        _ if environment("GITHUB_ACTIONS").as_deref() == Some("true") => {
            Err(TokenError::NoPermission)
        }
        _ => Ok(None),
    }
}

/// GitHub's "OpenID Connect reference", "Updating your actions for OIDC".
async fn github_token(http: &Http, url: &str, bearer: &str) -> Result<Secret, SealError> {
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    let service = Service::TokenIssuer;
    let mut url = Url::parse(url).map_err(|_| bad(service, "its address is no URL"))?;
    require_private(service, &url)?;
    url.query_pairs_mut().append_pair("audience", AUDIENCE);
    let bearer = Secret::new(format!("Bearer {bearer}"));
    let request = Request::get(url, TOKEN_BYTES as u64)
        .header("accept", "application/json")
        .secret("authorization", bearer.clone());
    let response = ask(http, service, request).await?;
    if !response.status.is_success() {
        return Err(refused(service, &response, Some(&bearer)));
    }
    // The parser's own words could quote the token.
    serde_json::from_slice::<Answer>(&response.body)
        .map(|answer| Secret::new(answer.value))
        .map_err(|_| bad(service, "it holds no token"))
}

fn claims(token: &str) -> Result<Claims, TokenError> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Malformed("it has not three parts"));
    };
    let payload = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| TokenError::Malformed("its payload is not base64url"))?;
    serde_json::from_slice(&payload)
        .map_err(|_| TokenError::Malformed("its payload holds no claims"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::seal::stub::{http, serve};
    use axum::Router;
    use axum::extract::Query;
    use axum::http::HeaderMap;
    use axum::routing::get;
    use std::collections::BTreeMap;

    pub(crate) fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn parse(claims: &str) -> Result<IdentityToken, TokenError> {
        IdentityToken::parse(&Secret::new(token(claims)), now())
    }

    fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
        let pairs: BTreeMap<String, String> = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        move |name| pairs.get(name).cloned()
    }

    #[test]
    fn the_identity_is_the_email_address_or_else_the_subject() {
        let exp = now().as_second() + 1;
        let of = |claims: String| parse(&claims).unwrap().identity().to_owned();

        assert_eq!(of(format!(r#"{{"sub":"repo:x","exp":{exp}}}"#)), "repo:x");
        assert_eq!(
            of(format!(r#"{{"sub":"1","email":"a@b","exp":{exp}.5}}"#)),
            "a@b"
        );
        assert_eq!(of(format!(r#"{{"sub":"1","email":"","exp":{exp}}}"#)), "1");
    }

    #[test]
    fn an_expired_token_says_when_it_expired() {
        let at = now().as_second();

        let error = parse(&format!(r#"{{"sub":"x","exp":{at}}}"#)).unwrap_err();

        assert_eq!(error.to_string(), "it expired at 2026-11-21T12:00:00Z");
    }

    #[test]
    fn what_is_no_token_is_refused_and_never_shown() {
        for claims in [
            "",
            "[]",
            "{}",
            r#"{"sub":"hush"}"#,
            r#"{"exp":99999999999}"#,
            r#"{"sub":"hush","exp":1e300}"#,
            r#"{"sub":"hush","exp":"soon"}"#,
        ] {
            let error = parse(claims).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
        for raw in ["", "a.b", "a.b.c", "a.b.c.d"] {
            assert!(IdentityToken::parse(&Secret::new(raw), now()).is_err());
        }
        let long = Secret::new("x".repeat(TOKEN_BYTES + 1));
        let error = IdentityToken::parse(&long, now()).unwrap_err();
        assert!(matches!(error, TokenError::TooLarge));
    }

    #[test]
    fn a_given_token_is_a_token_or_a_file_with_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let text = token(r#"{"sub":"x","exp":1}"#);
        std::fs::write(&path, format!("{text}\n")).unwrap();

        let direct = given_token(&text).unwrap();
        let from_file = given_token(path.to_str().unwrap()).unwrap();

        assert_eq!(direct.expose(), text);
        assert_eq!(from_file.expose(), text);
        assert!(matches!(given_token("absent"), Err(TokenError::File(_))));
        std::fs::write(&path, "no token").unwrap();
        let error = given_token(path.to_str().unwrap()).unwrap_err();
        assert!(matches!(error, TokenError::Malformed(_)));
    }

    #[tokio::test]
    async fn a_job_of_github_actions_asks_for_the_audience_with_its_bearer() {
        let issuer = Router::new().route(
            "/token",
            get(
                |query: Query<BTreeMap<String, String>>, headers: HeaderMap| async move {
                    assert_eq!(headers["authorization"], "Bearer s3cret");
                    format!(
                        r#"{{"count":1,"value":"{}.{}"}}"#,
                        query["audience"], query["api-version"]
                    )
                },
            ),
        );
        let url = serve(issuer).await.join("token?api-version=2.0").unwrap();
        let environment = variables(&[
            ("GITHUB_ACTIONS", "true"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret"),
        ]);

        let found = ambient_token(&http(), environment).await.unwrap().unwrap();

        assert_eq!(found.expose(), "sigstore.2.0");
    }

    #[tokio::test]
    async fn a_refusal_of_the_issuer_is_told_without_the_bearer() {
        let issuer = Router::new().route(
            "/token",
            get(|headers: HeaderMap| async move {
                let repeated = headers["authorization"].to_str().unwrap().to_owned();
                (axum::http::StatusCode::FORBIDDEN, repeated)
            }),
        );
        let url = serve(issuer).await.join("token").unwrap();
        let environment = variables(&[
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret"),
        ]);

        let error = ambient_token(&http(), environment).await.unwrap_err();

        assert_eq!(error.service(), Some(Service::TokenIssuer));
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        assert!(!error.is_passing());
    }

    #[tokio::test]
    async fn without_ci_there_is_no_ambient_token_and_without_permission_an_error() {
        let none = ambient_token(&http(), variables(&[])).await.unwrap();
        let given = variables(&[("SIGSTORE_ID_TOKEN", "a.b.c\n")]);
        let given = ambient_token(&http(), given).await.unwrap().unwrap();
        let no_permission = variables(&[("GITHUB_ACTIONS", "true")]);
        let error = ambient_token(&http(), no_permission).await.unwrap_err();

        assert!(none.is_none());
        assert_eq!(given.expose(), "a.b.c");
        assert!(matches!(error, SealError::Token(TokenError::NoPermission)));
    }

    #[tokio::test]
    async fn a_bearer_is_not_sent_in_the_clear() {
        let environment = variables(&[
            (
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                "http://issuer.example/token",
            ),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret"),
        ]);

        let error = ambient_token(&http(), environment).await.unwrap_err();

        assert!(matches!(error, SealError::Plain { .. }));
    }
}
