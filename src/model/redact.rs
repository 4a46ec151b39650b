//! Keeping secrets out of what is stored and said.

use super::Digest;
use serde::{Deserialize, Serialize};

/// A place that was blanked before hashing. Signed and content-addressed bytes are never redacted.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedactedPlace {
    /// Member and place in it: `#` and an RFC 6901 JSON pointer (`metrics/p95/chunk-000.json#/data/x`), a field of a
    /// table (`#column=owner;row=3`, rows from 1, the header is none), or the how-manieth text of the rule (`#match=2`).
    pub pointer: String,
    /// Name of the rule that asked for it.
    pub rule: String,
    /// SHA-256 of 32 bytes of salt and the value's own bytes, so that the value can be revealed and proven later.
    pub salted: Digest,
}

impl RedactedPlace {
    /// The member that it is in.
    pub fn member(&self) -> &str {
        self.pointer.split('#').next().unwrap_or_default()
    }
}

/// What a rule blanks, and its name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RedactRule {
    /// Unique in the configuration; stands in the text that takes the place of a value.
    pub id: String,
    /// What it blanks.
    pub what: Blank,
}

/// What is blanked.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blank {
    /// JSON values, by an RFC 6901 pointer in which `*` is any key or index.
    Pointer(String),
    /// The fields of a CSV column, by its header.
    Column(String),
    /// What a regular expression matches, or its first group where it has one.
    Pattern(String),
}

impl RedactRule {
    /// The text that stands in the place of each of its values; in JSON as a string.
    pub fn marker(&self) -> String {
        format!("[redacted:{}]", self.id)
    }

    /// Digest of rules, in their order; none of no rules.
    pub fn digest(rules: &[Self]) -> Option<Digest> {
        // Texts always serialise.
        let text = serde_json::to_vec(rules).unwrap_or_default();
        (!rules.is_empty()).then(|| Digest::of(&text))
    }
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
