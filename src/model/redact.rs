//! Keeping secrets out of what is stored and said.

use super::Digest;
use serde::{Deserialize, Serialize};

/// A place that was blanked before hashing. Signed and content-addressed bytes are never redacted.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedactedPlace {
    /// Name of the rule that asked for it.
    pub rule: String,
    /// Member and RFC 6901 JSON pointer (`metrics/p95/response.json#/data/x`).
    pub pointer: String,
    /// SHA-256 of salt and value, so that the value can be revealed and proven later.
    pub salted: Digest,
}

/// A text that must never be printed, stored or sent anywhere but to the service it is for.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// The URL with user, password, query and fragment left out.
pub fn url_without_secrets(url: &str) -> String {
    let without_tail = url.split(['?', '#']).next().unwrap_or_default();
    match without_tail.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = match rest.find('/') {
                Some(slash) => rest.split_at(slash),
                None => (rest, ""),
            };
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => without_tail.rsplit('@').next().unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_password_query_and_fragment_never_leave() {
        assert_eq!(
            url_without_secrets("https://me:pw@host:9090/api/v1?token=x#y"),
            "https://host:9090/api/v1"
        );
        assert_eq!(url_without_secrets("http://a@b@host"), "http://host");
        assert_eq!(format!("{:?}", Secret::new("pw")), "(secret)");
    }
}
