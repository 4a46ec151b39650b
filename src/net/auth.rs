//! The challenge and token flow of registries (distribution spec, "Token Authentication Specification"; RFC 9110, 11.6.1).

use super::credentials::Credential;
use super::http::{Request, Response, Url};
use crate::model::limits;
use crate::model::redact::Secret;
use crate::oci::reference::is_loopback_host;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Longest `WWW-Authenticate` that is read.
const CHALLENGE_BYTES: usize = 8 << 10;
/// Headers with challenges that are read.
const CHALLENGES: usize = 8;
/// A token without a lifetime lives so long (token specification, `expires_in`).
const DEFAULT_SECONDS: u64 = 60;
/// A token that ends so soon is no longer used.
const MARGIN: Duration = Duration::from_secs(10);

/// How a registry wants to be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token from this service.
    Bearer {
        /// The service's address, not yet judged.
        realm: String,
        /// The name under which the service knows the registry.
        service: Option<String>,
    },
}

/// A token and its end.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The text, visible ASCII.
    pub(super) text: Secret,
    expires: Option<Instant>,
}

/// Why an address is not asked for a token, or an answer is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The registry names a token service that credentials may not be sent to.
    #[error("the registry names {0:?} as its token service, which is not https")]
    Realm(String),
    /// Not the JSON of a token.
    #[error("the token service's answer is not the JSON of a token")]
    Json,
    /// No token that a header can carry.
    #[error(
        "the token service's answer has no token of at most {} visible ASCII characters",
        limits::REGISTRY_TOKEN_BYTES
    )]
    Token,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Challenge {
    /// The challenge of an answer with status 401: `Bearer` where there is one, else `Basic`.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let all = challenges(response);
        let bearer = all.iter().find_map(|(scheme, parameters)| {
            let realm = parameters.get("realm").filter(|_| scheme == "bearer")?;
            Some(Self::Bearer {
                realm: realm.clone(),
                service: parameters.get("service").cloned(),
            })
        });
        let basic = || all.iter().any(|(scheme, _)| scheme == "basic");
        bearer.or_else(|| basic().then_some(Self::Basic))
    }
}

/// Whether the registry says that the token allows too little (RFC 6750, 3.1).
pub(super) fn lacks_scope(response: &Response) -> bool {
    challenges(response).iter().any(|(scheme, parameters)| {
        let error = parameters.get("error").map(String::as_str);
        scheme == "bearer" && error == Some("insufficient_scope")
    })
}

fn challenges(response: &Response) -> Vec<(String, BTreeMap<String, String>)> {
    let headers = response.headers.get_all("www-authenticate").iter();
    headers
        .filter_map(|value| value.to_str().ok())
        .filter(|text| text.len() <= CHALLENGE_BYTES)
        .take(CHALLENGES)
        .flat_map(parse)
        .collect()
}

/// The header for `Basic`.
pub(super) fn basic(username: &str, password: &Secret) -> Secret {
    let pair = format!("{username}:{}", password.expose());
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

/// The request for a token.
///
/// Credentials go to an https address only, since the registry alone says which; a registry that is itself asked
/// over plain http may name its own host or this machine too.
pub(super) fn token_request(
    base: &Url,
    realm: &str,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
) -> Result<Request, TokenError> {
    let refused = || TokenError::Realm(realm.chars().take(200).collect());
    let mut url = Url::parse(realm).map_err(|_| refused())?;
    let plain_allowed = base.scheme() == "http"
        && url.scheme() == "http"
        && (url.host_str() == base.host_str() || url.host_str().is_some_and(is_loopback_host));
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || (url.scheme() != "https" && !plain_allowed) {
        return Err(refused());
    }
    if let Some(Credential::IdentityToken(refresh)) = credential {
        let form = Url::parse_with_params(
            "form:",
            [
                ("grant_type", "refresh_token"),
                ("service", service.unwrap_or_default()),
                ("client_id", "evidence"),
                ("scope", scope),
                ("refresh_token", refresh.expose()),
            ],
        )
        .map_err(|_| refused())?;
        let body = form.query().unwrap_or_default().as_bytes().to_vec();
        return Ok(Request::post(
            url,
            "application/x-www-form-urlencoded",
            body,
            limits::REGISTRY_ANSWER_BYTES,
        ));
    }
    if let Some(service) = service {
        url.query_pairs_mut().append_pair("service", service);
    }
    url.query_pairs_mut().append_pair("scope", scope);
    let request = Request::get(url, limits::REGISTRY_ANSWER_BYTES);
    Ok(match credential {
        Some(Credential::Password { username, password }) => {
            request.secret("authorization", basic(username, password))
        }
        _ => request,
    })
}

impl Token {
    /// The token of the service's answer, which came at `now`.
    pub(super) fn parse(body: &[u8], now: Instant) -> Result<Self, TokenError> {
        let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| TokenError::Json)?;
        let text = answer
            .token
            .filter(|token| !token.is_empty())
            .or(answer.access_token)
            .filter(|token| {
                (1..=limits::REGISTRY_TOKEN_BYTES).contains(&token.len())
                    && token.bytes().all(|byte| byte.is_ascii_graphic())
            })
            .ok_or(TokenError::Token)?;
        let seconds = answer.expires_in.unwrap_or(DEFAULT_SECONDS);
        Ok(Self {
            text: Secret::new(text),
            expires: now.checked_add(Duration::from_secs(seconds)),
        })
    }

    /// Whether it is still good for a request.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.expires.is_none_or(|end| now + MARGIN < end)
    }

    /// The header that carries it.
    pub(super) fn header(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.text.expose()))
    }
}

/// All challenges of one header, schemes and parameter names in lower case. Total: what is malformed is left out.
fn parse(header: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() && after.is_empty() {
            return found;
        }
        match after.trim_start_matches([' ', '\t']).strip_prefix('=') {
            Some(value) => {
                let (value, after) = parameter(value.trim_start_matches([' ', '\t']));
                if let Some((_, parameters)) = found.last_mut() {
                    // The first one counts: a repeated parameter must not replace it.
                    parameters.entry(word.to_ascii_lowercase()).or_insert(value);
                }
                rest = after;
            }
            None => {
                found.push((word.to_ascii_lowercase(), BTreeMap::new()));
                rest = after;
            }
        }
    }
}

/// A quoted or bare value, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.into(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    fn password() -> Credential {
        Credential::Password {
            username: "me".into(),
            password: Secret::new("pw"),
        }
    }

    #[test]
    fn challenges_are_parsed_however_they_are_spaced_quoted_and_joined() {
        let all = parse(
            r#"Negotiate abc==, BASIC realm="a, \"b\"" , bearer Realm = "https://t/x?y=1,2",service=r.io,scope="repository:a:pull,push""#,
        );

        let schemes: Vec<_> = all.iter().map(|(scheme, _)| scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "basic", "bearer"]);
        assert_eq!(all[1].1["realm"], "a, \"b\"");
        assert_eq!(all[2].1["realm"], "https://t/x?y=1,2");
        assert_eq!(all[2].1["service"], "r.io");
        assert_eq!(all[2].1["scope"], "repository:a:pull,push");
    }

    #[test]
    fn a_malformed_challenge_ends_and_gives_what_there_is() {
        for text in [
            "",
            ",,,",
            "=",
            "Bearer realm=\"open",
            "Bearer =",
            "a=b=c",
            "\"",
            "Bearer \\",
        ] {
            let _ = parse(text);
        }
        assert_eq!(parse("Bearer realm=\"open")[0].1["realm"], "open");
    }

    #[test]
    fn credentials_go_to_https_or_from_a_plain_registry_to_its_own_host_or_this_machine() {
        let ask = |registry: &str, realm: &str| {
            token_request(&base(registry), realm, None, "s", Some(&password())).is_ok()
        };

        assert!(ask("https://ghcr.io", "https://auth.example/token"));
        assert!(ask("http://127.0.0.1:5000", "http://localhost:5001/token"));
        assert!(ask(
            "http://registry.lan:5000",
            "http://registry.lan:5001/t"
        ));
        assert!(!ask("https://ghcr.io", "http://ghcr.io/token"));
        assert!(!ask("https://ghcr.io", "http://127.0.0.1/token"));
        assert!(!ask("http://127.0.0.1:5000", "http://auth.example/token"));
        assert!(!ask("https://ghcr.io", "https://a:b@auth.example/token"));
        assert!(!ask("https://ghcr.io", "/token"));
        assert!(!ask("https://ghcr.io", "file:///token"));
    }

    #[test]
    fn a_refresh_token_is_posted_and_never_in_the_url() {
        let refresh = Credential::IdentityToken(Secret::new("r&t"));

        let request = token_request(
            &base("https://ghcr.io"),
            "https://auth.example/token",
            Some("r"),
            "repository:a:pull",
            Some(&refresh),
        )
        .unwrap();

        assert_eq!(request.url.as_str(), "https://auth.example/token");
        let body = String::from_utf8(request.body.unwrap().1).unwrap();
        assert_eq!(
            body,
            "grant_type=refresh_token&service=r&client_id=evidence&scope=repository%3Aa%3Apull&refresh_token=r%26t"
        );
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        let now = Instant::now();
        for body in [
            r#"{"token":"a\nb"}"#,
            r#"{"token":"a b"}"#,
            r#"{"token":""}"#,
            r#"{"token":"ü"}"#,
            r#"{}"#,
        ] {
            let found = Token::parse(body.as_bytes(), now);
            assert_eq!(found.unwrap_err(), TokenError::Token, "{body}");
        }
        let long = format!(
            "{{\"token\":\"{}\"}}",
            "a".repeat(limits::REGISTRY_TOKEN_BYTES + 1)
        );
        assert!(Token::parse(long.as_bytes(), now).is_err());
        assert_eq!(Token::parse(b"<html>", now).unwrap_err(), TokenError::Json);
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let now = Instant::now();
        let token = Token::parse(br#"{"access_token":"t","expires_in":300}"#, now).unwrap();

        assert!(token.is_fresh(now + Duration::from_secs(280)));
        assert!(!token.is_fresh(now + Duration::from_secs(291)));
        assert_eq!(token.header().expose(), "Bearer t");
    }
}
