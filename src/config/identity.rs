//! Signers, in the one syntax that configuration and policy share.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::Fields;
use super::node::Node;
use super::paths;
use super::template::{Placeholder, Template};
use crate::model::IdentityRule;
use crate::model::identity::Pattern;
use crate::model::limits::KEY_BYTES;
use regex::RegexBuilder;

/// A signer as it is written: key files are not read yet, placeholders are not filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IdentitySource {
    /// A certificate's subject and issuer.
    Certificate {
        /// What the subject must be.
        subject: SubjectSource,
        /// What the issuer must be.
        issuer: Pattern,
    },
    /// A PEM file with a public key.
    Key {
        /// Its path.
        path: Spot<String>,
    },
}

/// What a certificate's subject must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SubjectSource {
    /// Equal, byte for byte.
    Exact(Spot<Template>),
    /// A regular expression that must match the whole text.
    Regexp(String),
}

/// Whose paths may be named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Paths {
    /// The file becomes a member of the bundle: a plain relative path.
    Member,
    /// Any file of the verifier's own.
    Any,
}

const KEYS: &[&str] = &[
    "issuer",
    "issuer-regexp",
    "subject",
    "subject-regexp",
    "key",
];

/// Reads `{issuer…, subject…}` or `{key: PATH}`.
pub(super) fn identity(
    node: &Node,
    paths: Paths,
    problems: &mut Problems,
) -> Option<IdentitySource> {
    let fields = Fields::of(node, KEYS, problems)?;
    if let Some(key) = fields.get("key") {
        if KEYS.iter().filter(|key| fields.get(key).is_some()).count() > 1 {
            problems.add(
                key.at,
                "an identity is a key or a certificate's issuer and subject, not both",
            );
            return None;
        }
        let path = fields.text("key", problems)?;
        if paths == Paths::Member {
            paths::check_member(&path, problems)?;
        }
        return Some(IdentitySource::Key { path });
    }
    if KEYS.iter().all(|key| fields.get(key).is_none()) {
        problems.add(
            fields.at,
            "an identity is {issuer: …, subject: …} or {key: PATH}",
        );
        return None;
    }
    let issuer = one_of(&fields, "issuer", "issuer-regexp", problems);
    let subject = one_of(&fields, "subject", "subject-regexp", problems);
    let issuer = match issuer? {
        Either::Exact(text) => Pattern::Exact(text.value),
        Either::Regexp(text) => Pattern::Regexp(text),
    };
    let subject = match subject? {
        Either::Exact(text) => SubjectSource::Exact(template(&text, &Placeholder::ALL, problems)?),
        Either::Regexp(text) => SubjectSource::Regexp(text),
    };
    Some(IdentitySource::Certificate { subject, issuer })
}

enum Either {
    Exact(Spot<String>),
    Regexp(String),
}

fn one_of(
    fields: &Fields<'_>,
    exact: &str,
    regexp: &str,
    problems: &mut Problems,
) -> Option<Either> {
    match (fields.get(exact), fields.get(regexp)) {
        (Some(_), None) => fields.text(exact, problems).map(Either::Exact),
        (None, Some(_)) => {
            let text = fields.text(regexp, problems)?;
            check_regexp(&text, problems)?;
            Some(Either::Regexp(text.value))
        }
        (Some(_), Some(node)) => {
            problems.add(
                node.at,
                format!("{exact:?} and {regexp:?} exclude each other"),
            );
            None
        }
        (None, None) => {
            let message = format!("an identity needs {exact:?} or {regexp:?}");
            problems.hinted(
                fields.at,
                message,
                "a signer is known by issuer and subject together, or by {key: PATH}",
            );
            None
        }
    }
}

fn check_regexp(text: &Spot<String>, problems: &mut Problems) -> Option<()> {
    // Anchored as it will be used: a pattern that only compiles alone (`a)|(b`) must not pass.
    let anchored = format!("^(?:{})$", text.value);
    let compiles = |pattern: &str| RegexBuilder::new(pattern).size_limit(1 << 20).build();
    if let Err(error) = compiles(&text.value).and_then(|_| compiles(&anchored)) {
        let reason = error.to_string();
        let reason = reason
            .lines()
            .last()
            .unwrap_or_default()
            .trim()
            .trim_start_matches("error: ");
        problems.add(
            text.at,
            format!("{} is no regular expression: {reason}", quoted(&text.value)),
        );
        return None;
    }
    Some(())
}

/// Reads placeholders; each that is not `allowed` here is a problem.
pub(super) fn template(
    text: &Spot<String>,
    allowed: &[Placeholder],
    problems: &mut Problems,
) -> Option<Spot<Template>> {
    let names = || {
        allowed
            .iter()
            .map(|p| format!("{{{}}}", p.name()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let unknown = match Template::parse(&text.value) {
        Ok(value) => {
            let other = value.placeholders().find(|found| !allowed.contains(found));
            match other {
                None => return Some(Spot { value, at: text.at }),
                Some(found) => found.name().to_owned(),
            }
        }
        Err(word) => word,
    };
    problems.hinted(
        text.at,
        format!("nothing fills in {{{unknown}}} here"),
        format!("known here: {}", names()),
    );
    None
}

impl IdentitySource {
    /// The rule, placeholders filled in and the key file read.
    pub(super) fn rule(
        &self,
        fill: &dyn Fn(Placeholder) -> String,
        read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
        problems: &mut Problems,
    ) -> Option<IdentityRule> {
        match self {
            Self::Key { path } => key(path, read, problems).map(|pem| IdentityRule::Key { pem }),
            Self::Certificate { subject, issuer } => Some(IdentityRule::Certificate {
                subject: match subject {
                    SubjectSource::Exact(template) => Pattern::Exact(template.value.fill(fill)),
                    SubjectSource::Regexp(text) => Pattern::Regexp(text.clone()),
                },
                issuer: issuer.clone(),
            }),
        }
    }
}

fn key(
    path: &Spot<String>,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    problems: &mut Problems,
) -> Option<String> {
    let bytes = file(path, KEY_BYTES as u64, read, problems)?;
    let name = quoted(&path.value);
    let Ok(text) = String::from_utf8(bytes) else {
        problems.add(path.at, format!("the key file {name} is no text"));
        return None;
    };
    // A member of a published bundle: a private key must not get there by a slip.
    if text.contains("PRIVATE KEY") {
        problems.hinted(
            path.at,
            format!("the key file {name} holds a private key"),
            "name the file with the public key (cosign public-key, openssl pkey -pubout)",
        );
        return None;
    }
    if !text.contains("-----BEGIN PUBLIC KEY-----") {
        problems.add(
            path.at,
            format!("the key file {name} holds no PEM public key"),
        );
        return None;
    }
    Some(text)
}

/// The bytes of a file that is named at `path`.
pub(super) fn file(
    path: &Spot<String>,
    limit: u64,
    read: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
    problems: &mut Problems,
) -> Option<Vec<u8>> {
    let name = quoted(&path.value);
    let Some(bytes) = read(&path.value) else {
        problems.add(path.at, format!("the file {name} cannot be read"));
        return None;
    };
    if u64::try_from(bytes.len()).map_or(true, |size| size > limit) {
        problems.add(
            path.at,
            format!("the file {name} is larger than {limit} bytes"),
        );
        return None;
    }
    Some(bytes)
}

/// Which names a list or a single name gives; each must be known.
pub(super) fn known_names(
    names: &[Spot<String>],
    what: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Vec<String> {
    for name in names {
        check_known(name, what, known, problems);
    }
    names.iter().map(|name| name.value.clone()).collect()
}

/// A problem when `name` is not among `known`.
pub(super) fn check_known(
    name: &Spot<String>,
    what: &str,
    known: &[&str],
    problems: &mut Problems,
) {
    if known.contains(&name.value.as_str()) {
        return;
    }
    let message = format!("unknown {what} {}", quoted(&name.value));
    let hint = super::diagnostic::did_you_mean(&name.value, known).unwrap_or_else(|| match known {
        [] => format!("no {what} is defined"),
        _ => format!("defined: {}", known.join(", ")),
    });
    problems.hinted(name.at, message, hint);
}
