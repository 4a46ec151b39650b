//! Which registry credentials there are and which were used: they must stand in nothing that is stored.

use super::credentials::{Credential, Credentials, read};
use super::registry::Registry;
use crate::model::redact::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Credentials and tokens that were used, each with words for people.
#[derive(Debug, Default)]
pub(super) struct Used(Mutex<Vec<(String, Secret)>>);

impl Used {
    pub(super) fn note(&self, registry: &str, credential: &Credential) {
        match credential {
            Credential::Password { password, .. } => {
                self.add(format!("password of registry {registry}"), password);
            }
            Credential::IdentityToken(token) => {
                self.add(format!("identity token of registry {registry}"), token);
            }
        }
    }

    pub(super) fn note_token(&self, registry: &str, token: &Secret) {
        self.add(format!("token of registry {registry}"), token);
    }

    fn add(&self, name: String, secret: &Secret) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all
            .iter()
            .all(|(_, known)| known.expose() != secret.expose())
        {
            all.push((name, secret.clone()));
        }
    }
}

impl Registry {
    /// The credentials and tokens that were used so far, each with words for people.
    pub fn used_secrets(&self) -> Vec<(String, Secret)> {
        let all = self.session.used.0.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Credentials {
    /// The credentials that lie in files or were given, used or not. No helper is asked; what cannot be read is not used
    /// either.
    pub fn kept_secrets(&self) -> Vec<(String, Secret)> {
        let mut found = Vec::new();
        for (registry, (_, password)) in &self.given {
            found.push((format!("password of registry {registry}"), password.clone()));
        }
        for file in &self.files {
            let bytes = read(file, "").ok().flatten().unwrap_or_default();
            let json = serde_json::from_slice::<Value>(&bytes).unwrap_or_default();
            let auths = json.get("auths").and_then(Value::as_object);
            for (registry, entry) in auths.into_iter().flatten() {
                let of = |name: &str| entry.get(name).and_then(Value::as_str);
                let pair = of("auth").and_then(|auth| STANDARD.decode(auth.trim()).ok());
                let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
                // Docker ends a pair with zeros where it was padded.
                let password = pair.as_deref().and_then(|pair| pair.split_once(':'));
                let password = password.map(|(_, password)| password.trim_end_matches('\0'));
                let all = [
                    password,
                    of("password"),
                    of("identitytoken"),
                    of("registrytoken"),
                ];
                found.extend(all.into_iter().flatten().map(|secret| {
                    (
                        format!("credential of registry {registry}"),
                        Secret::new(secret),
                    )
                }));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_files_is_known_before_it_is_used() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/registry/docker/config.json"
        );
        let mut credentials = Credentials::none().and("ghcr.io", "me", Secret::new("given"));
        credentials.files = vec![folder.into(), "no-such-file".into()];

        let kept = credentials.kept_secrets();

        let secrets: Vec<_> = kept.iter().map(|(_, secret)| secret.expose()).collect();
        for wanted in ["given", "s3cret:colon", "t", "refresh"] {
            assert!(secrets.contains(&wanted), "{wanted}: {secrets:?}");
        }
    }

    #[test]
    fn what_was_used_is_noted_once() {
        let used = Used::default();
        let credential = Credential::Password {
            username: "me".into(),
            password: Secret::new("pw"),
        };

        used.note("r", &credential);
        used.note("s", &credential);
        used.note_token("r", &Secret::new("t"));
        used.note("r", &Credential::IdentityToken(Secret::new("i")));

        let all = used.0.into_inner().unwrap();
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "password of registry r",
                "token of registry r",
                "identity token of registry r"
            ]
        );
    }
}
