//! How a metrics server or Grafana is told who asks, and that none of it is ever stored.

use super::secrets::{known, of_url};
use crate::model::redact::Secret;
use crate::net::http::Url;
use crate::net::{Http, HttpError, HttpOptions, Request};
use crate::secrets::{Known, Search};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Credentials and trust for one server.
#[derive(Clone, Debug, Default)]
pub struct ServerAuth {
    /// A bearer token.
    pub bearer: Option<Secret>,
    /// User and password.
    pub basic: Option<(String, Secret)>,
    /// Further headers whose values are secrets, or name a tenant.
    pub headers: Vec<(String, Secret)>,
    /// Further headers whose values stand in the configuration for all to read.
    pub plain_headers: Vec<(String, String)>,
    /// PEM certificates of further CAs that its TLS is trusted by.
    pub ca_pem: Option<Vec<u8>>,
}

/// Headers that name a tenant. Their values are no secrets: they come back as labels.
const TENANT_HEADERS: &[&str] = &[
    "x-scope-orgid",
    "thanos-tenant",
    "x-grafana-org-id",
    "accountid",
    "projectid",
];

impl ServerAuth {
    /// A client that trusts the server's CAs besides those of `options`.
    ///
    /// # Errors
    /// When a certificate does not parse or TLS cannot be set up.
    pub fn client(&self, options: &HttpOptions) -> Result<Http, HttpError> {
        let mut options = options.clone();
        options.roots.extend(self.ca_pem.clone());
        Http::new(&options)
    }

    /// The request with the credentials as secret headers.
    #[must_use]
    pub fn apply(&self, mut request: Request) -> Request {
        if let Some(token) = &self.bearer {
            let value = Secret::new(format!("Bearer {}", token.expose()));
            request = request.secret("authorization", value);
        } else if let Some((user, password)) = &self.basic {
            let value = Secret::new(format!("Basic {}", pair(user, password)));
            request = request.secret("authorization", value);
        }
        for (name, value) in &self.headers {
            request = request.secret(name, value.clone());
        }
        for (name, value) in &self.plain_headers {
            // No secret, but for this server alone.
            request = request.secret(name, Secret::new(value));
        }
        request
    }

    /// The credentials of the server of this name: token, password, and headers that name no tenant.
    pub fn known(&self, server: &str, url: &Url) -> Vec<Known> {
        let is_tenant = |name: &str| TENANT_HEADERS.contains(&name.to_ascii_lowercase().as_str());
        let headers = self.headers.iter().filter(|(name, _)| !is_tenant(name));
        let bearer = self.bearer.iter().map(|token| ("bearer token", token));
        let basic = self
            .basic
            .iter()
            .map(|(_, password)| ("password", password));
        let own = bearer.chain(basic);
        let own = own.map(|(what, secret)| known(format!("{what} of {server}"), secret));
        let headers =
            headers.map(|(name, value)| known(format!("header {name} of {server}"), value));
        own.chain(headers).chain(of_url(server, url)).collect()
    }

    /// Whether these bytes hold one of the credentials, in any form, or the URL's password.
    pub fn leaks_into(&self, bytes: &[u8], url: &Url) -> bool {
        let known = self.known("", url);
        // Without a search nothing is shown.
        !known.is_empty() && Search::known(&known).map_or(true, |search| search.is_in(bytes))
    }
}

fn pair(user: &str, password: &Secret) -> String {
    STANDARD.encode(format!("{user}:{}", password.expose()))
}

/// `application/x-www-form-urlencoded` of these pairs.
pub(super) fn form_encoded(pairs: &[(&str, &str)]) -> String {
    // The crate that URLs come from has the only encoder needed; its base is never sent.
    match Url::parse("http://form.invalid/") {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(pairs);
            url.query().unwrap_or_default().into()
        }
        Err(_) => String::new(),
    }
}

/// Percent encoding undone; a plus stays one.
pub(super) fn decoded(text: &str) -> String {
    let query = format!("http://form.invalid/?x={}", text.replace('+', "%2B"));
    Url::parse(&query)
        .ok()
        .and_then(|url| {
            url.query_pairs()
                .next()
                .map(|(_, value)| value.into_owned())
        })
        .unwrap_or_default()
}

/// The address of an endpoint below a server's URL: its path goes before, user and password stay, query and fragment go.
pub(super) fn endpoint(server: &Url, path: &[&str]) -> Url {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    // A URL without a host has no path segments; the client refuses it.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth() -> ServerAuth {
        ServerAuth {
            bearer: None,
            basic: Some(("me".into(), Secret::new("p w/\"ü+1"))),
            headers: vec![
                ("X-Api-Key".into(), Secret::new("key-123456")),
                ("X-Scope-OrgID".into(), Secret::new("team-alpha")),
            ],
            plain_headers: vec![("X-Site".into(), "north-east".into())],
            ca_pem: None,
        }
    }

    #[test]
    fn a_secret_is_found_in_each_form_that_it_takes() {
        let url = Url::parse("http://host:9090/").unwrap();
        let auth = auth();
        let basic = STANDARD.encode("me:p w/\"ü+1");
        for text in [
            "xx p w/\"ü+1 xx",
            r#"{"x":"p w/\"ü+1"}"#,
            "q=p+w%2F%22%C3%BC%2B1",
            "q=p%20w%2F%22%C3%BC%2B1",
            &basic,
            &STANDARD.encode("p w/\"ü+1"),
            "key-123456",
        ] {
            assert!(auth.leaks_into(text.as_bytes(), &url), "{text}");
        }
        assert!(!auth.leaks_into(b"me, tenant team-alpha of north-east", &url));
        assert!(!ServerAuth::default().leaks_into(b"anything", &url));
    }

    #[test]
    fn a_very_long_secret_is_found_too() {
        let long = "s.(+ecret".repeat(1_000);
        let auth = ServerAuth {
            bearer: Some(Secret::new(&long)),
            ..ServerAuth::default()
        };
        let url = Url::parse("http://host/").unwrap();

        assert!(auth.leaks_into(format!("x{long}x").as_bytes(), &url));
        assert!(!auth.leaks_into(&long.as_bytes()[..4_000], &url));
    }

    #[test]
    fn every_secret_is_listed_and_nothing_else() {
        let auth = ServerAuth {
            bearer: Some(Secret::new("token-1")),
            ..auth()
        };

        let known = auth.known("main", &Url::parse("http://host/?key=in-the-url").unwrap());

        let shown: Vec<_> = known
            .iter()
            .map(|one| (one.name.as_str(), one.secret.expose()))
            .collect();
        assert_eq!(
            shown,
            [
                ("bearer token of main", "token-1"),
                ("password of main", "p w/\"ü+1"),
                ("header X-Api-Key of main", "key-123456"),
                ("key in the URL of main", "in-the-url"),
            ]
        );
    }

    #[test]
    fn the_password_of_a_url_is_a_secret_too() {
        let url = Url::parse("http://me:s%40cret-1@host/").unwrap();
        for text in ["s@cret-1", "s%40cret-1", &STANDARD.encode("me:s@cret-1")] {
            assert!(
                ServerAuth::default().leaks_into(text.as_bytes(), &url),
                "{text}"
            );
        }
    }

    #[test]
    fn credentials_travel_as_secret_headers_and_are_not_printed() {
        let url = Url::parse("http://host/").unwrap();
        let bearer = ServerAuth {
            bearer: Some(Secret::new("token-1")),
            ..auth()
        };

        let request = bearer.apply(Request::get(url.clone(), 1));
        let basic = auth().apply(Request::get(url, 1));

        assert_eq!(request.secrets[0].1.expose(), "Bearer token-1");
        assert!(basic.secrets[0].1.expose().starts_with("Basic "));
        assert_eq!(request.secrets.len(), 4);
        assert!(!format!("{request:?}{bearer:?}").contains("token-1"));
    }

    #[test]
    fn an_endpoint_keeps_the_path_of_its_server() {
        let of = |text| endpoint(&Url::parse(text).unwrap(), &["api", "v1", "a b"]).to_string();

        assert_eq!(of("http://h:1"), "http://h:1/api/v1/a%20b");
        assert_eq!(of("http://h/prom/?x=1#y"), "http://h/prom/api/v1/a%20b");
        assert_eq!(of("http://h/prom"), "http://h/prom/api/v1/a%20b");
    }
}
