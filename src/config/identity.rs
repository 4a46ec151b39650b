//! Signers, in the one syntax that configuration and policy share.

use super::diagnostic::{Problems, Spot, quoted};
use super::fields::Fields;
use super::node::Node;
use super::paths;
use super::read::check_repository;
use super::template::{Placeholder, Template};
use crate::model::IdentityRule;
use crate::model::identity::{CertificateClaim, Pattern};
use crate::model::limits::KEY_BYTES;
use regex::RegexBuilder;
use std::collections::BTreeMap;

/// A signer as it is written: key files are not read yet, placeholders are not filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IdentitySource {
    /// A certificate's subject, issuer and claims.
    Certificate {
        /// What the subject must be; none only where `claims` name the repository.
        subject: Option<PatternSource>,
        /// What the issuer must be.
        issuer: Pattern,
        /// What the certificate must say about the CI run.
        claims: BTreeMap<CertificateClaim, PatternSource>,
    },
    /// A PEM file with a public key.
    Key {
        /// Its path.
        path: Spot<String>,
    },
}

/// What a part of a certificate must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PatternSource {
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
    "claims",
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
    let claims = match fields.get("claims") {
        Some(node) => claims(node, problems),
        None => Some(BTreeMap::new()),
    };
    // A claim that was not right is a problem of its own, not also a lack of a subject.
    let names_repository = claims
        .as_ref()
        .is_none_or(|claims| claims.contains_key(&CertificateClaim::Repository));
    let has_subject = ["subject", "subject-regexp"]
        .iter()
        .any(|key| fields.get(key).is_some());
    let subject = if has_subject || !names_repository {
        let subject = one_of(&fields, "subject", "subject-regexp", problems);
        Some(source(subject?, &Placeholder::ALL, problems)?)
    } else {
        None
    };
    let issuer = match issuer? {
        Either::Exact(text) => Pattern::Exact(text.value),
        Either::Regexp(text) => Pattern::Regexp(text),
    };
    Some(IdentitySource::Certificate {
        subject,
        issuer,
        claims: claims?,
    })
}

/// Reads `{repository: …, ref-regexp: …}`.
fn claims(
    node: &Node,
    problems: &mut Problems,
) -> Option<BTreeMap<CertificateClaim, PatternSource>> {
    let keys = CertificateClaim::ALL
        .map(|claim| (claim, claim.name(), claim.name().to_owned() + "-regexp"));
    let known: Vec<&str> = (keys.iter())
        .flat_map(|(_, exact, regexp)| [*exact, regexp.as_str()])
        .collect();
    let fields = Fields::of(node, &known, problems)?;
    let mut claims = BTreeMap::new();
    let mut all_right = true;
    for (claim, exact, regexp) in &keys {
        if fields.get(exact).is_none() && fields.get(regexp).is_none() {
            continue;
        }
        // A repository is compared without scheme, so what has one would be another way to write the same.
        let allowed: &[Placeholder] = match claim {
            CertificateClaim::Repository => &[],
            _ => &Placeholder::ALL,
        };
        let found = match one_of(&fields, exact, regexp, problems) {
            Some(Either::Exact(text)) if *claim == CertificateClaim::Repository => {
                let at = text.at;
                let value = check_repository(text, problems);
                value.map(|value| Either::Exact(Spot { value, at }))
            }
            other => other,
        };
        match found.and_then(|found| source(found, allowed, problems)) {
            Some(found) => drop(claims.insert(*claim, found)),
            None => all_right = false,
        }
    }
    if all_right && claims.is_empty() {
        problems.hinted(
            node.at,
            "nothing is said of the certificate",
            format!("known here: {}", known.join(", ")),
        );
    }
    all_right.then_some(claims)
}

fn source(text: Either, allowed: &[Placeholder], problems: &mut Problems) -> Option<PatternSource> {
    Some(match text {
        Either::Exact(text) => PatternSource::Exact(template(&text, allowed, problems)?),
        Either::Regexp(text) => PatternSource::Regexp(text),
    })
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
                "a signer is known by issuer and subject together, by issuer and claims.repository, or by {key: PATH}",
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
            Self::Certificate {
                subject,
                issuer,
                claims,
            } => Some(IdentityRule::Certificate {
                subject: subject.as_ref().map(|subject| subject.pattern(fill)),
                issuer: issuer.clone(),
                claims: (claims.iter())
                    .map(|(claim, wanted)| (*claim, wanted.pattern(fill)))
                    .collect(),
            }),
        }
    }

    /// The texts with placeholders.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Spot<Template>> {
        let (subject, claims) = match self {
            Self::Certificate {
                subject, claims, ..
            } => (subject.as_ref(), Some(claims)),
            Self::Key { .. } => (None, None),
        };
        let claims = claims.into_iter().flat_map(BTreeMap::values);
        (subject.into_iter().chain(claims)).filter_map(|source| match source {
            PatternSource::Exact(template) => Some(template),
            PatternSource::Regexp(_) => None,
        })
    }
}

impl PatternSource {
    fn pattern(&self, fill: &dyn Fn(Placeholder) -> String) -> Pattern {
        match self {
            Self::Exact(template) => Pattern::Exact(template.value.fill(fill)),
            Self::Regexp(text) => Pattern::Regexp(text.clone()),
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
