//! Whether a signer is one that was asked for.

use super::signature::{ABSENT, CertificateClaims, Signature};
use super::trust::Key;
use crate::model::identity::{CertificateClaim, Pattern};
use crate::model::repository::plain_repository;
use crate::model::{Identity, IdentityRule};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// Bytes of a compiled regular expression.
const REGEX_BYTES: usize = 1 << 20;

/// Why a rule cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// No regular expression, or one that is too large.
    #[error("{pattern:?} is no usable regular expression")]
    Regexp {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        #[source]
        cause: Box<regex::Error>,
    },
    /// The rule's key is no public key that can be used.
    #[error("the rule's key cannot be used")]
    Key(#[source] super::trust::KeyError),
    /// An empty text would match a certificate that says nothing.
    #[error("the {0} to match is empty")]
    Empty(&'static str),
    /// An issuer alone accepts everybody whom it knows.
    #[error("the rule names neither a subject nor a repository")]
    Anybody,
}

/// Something in a rule that works and that its author hardly meant.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RuleWarning {
    /// The pattern accepts a text that nobody would have in mind.
    CatchAll {
        /// `subject`, `issuer`, or a claim's name.
        field: &'static str,
        /// The pattern as written.
        pattern: String,
    },
    /// The pattern is anchored by us, not by its author: other tools search with it.
    Unanchored {
        /// `subject`, `issuer`, or a claim's name.
        field: &'static str,
        /// The pattern as written.
        pattern: String,
    },
}

impl std::fmt::Display for RuleWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CatchAll { field, pattern } => write!(
                f,
                "the {field} pattern {pattern:?} accepts nearly everything"
            ),
            Self::Unanchored { field, pattern } => write!(
                f,
                "the {field} pattern {pattern:?} is not anchored: here it must match the whole text, \
                 cosign would accept any text that contains a match; write ^…$"
            ),
        }
    }
}

/// Whether the rule accepts who made this signature. A rule that cannot be used accepts nobody.
pub fn matches(rule: &IdentityRule, signature: &Signature) -> bool {
    match (rule, &signature.identity) {
        (
            IdentityRule::Certificate {
                subject,
                issuer,
                claims,
            },
            Identity::Certificate {
                subject: its_subject,
                issuer: its_issuer,
            },
        ) => {
            is_somebody(subject.as_ref(), claims)
                && subject
                    .as_ref()
                    .is_none_or(|subject| matches_stated(subject, its_subject))
                && matches_stated(issuer, its_issuer)
                && claims.iter().all(|(claim, wanted)| {
                    (signature.certificate.as_ref())
                        .is_some_and(|found| matches_claim(*claim, wanted, found))
                })
        }
        (IdentityRule::Key { pem }, Identity::Key { fingerprint }) => {
            Key::parse(pem.as_bytes()).is_ok_and(|key| key.fingerprint() == *fingerprint)
        }
        _ => false,
    }
}

/// Checks that the rule can be used, and lists what its author hardly meant.
///
/// # Errors
/// When a regular expression does not compile, a text is empty, nobody in particular is named, or a key does not parse.
pub fn check_rule(rule: &IdentityRule) -> Result<Vec<RuleWarning>, RuleError> {
    match rule {
        IdentityRule::Key { pem } => Key::parse(pem.as_bytes())
            .map(|_| Vec::new())
            .map_err(RuleError::Key),
        IdentityRule::Certificate {
            subject,
            issuer,
            claims,
        } => {
            if !is_somebody(subject.as_ref(), claims) {
                return Err(RuleError::Anybody);
            }
            let subject = subject.iter().map(|pattern| ("subject", pattern));
            let claims = claims
                .iter()
                .map(|(claim, pattern)| (claim.name(), pattern));
            let mut warnings = Vec::new();
            for (field, pattern) in subject.chain([("issuer", issuer)]).chain(claims) {
                warnings.extend(check_pattern(field, pattern)?);
            }
            Ok(warnings)
        }
    }
}

/// An issuer stands behind very many; a subject or a repository says which of them.
fn is_somebody(subject: Option<&Pattern>, claims: &BTreeMap<CertificateClaim, Pattern>) -> bool {
    subject.is_some() || claims.contains_key(&CertificateClaim::Repository)
}

fn check_pattern(field: &'static str, pattern: &Pattern) -> Result<Option<RuleWarning>, RuleError> {
    match pattern {
        Pattern::Exact(text) | Pattern::Regexp(text) if text.is_empty() => {
            Err(RuleError::Empty(field))
        }
        Pattern::Exact(_) => Ok(None),
        Pattern::Regexp(text) => {
            let regex = anchored(text).map_err(|cause| RuleError::Regexp {
                pattern: text.clone(),
                cause: Box::new(cause),
            })?;
            let nonsense = ["x", "zqj 7@!", "https://zqj.invalid/7"];
            let pattern = text.clone();
            if nonsense.iter().any(|text| regex.is_match(text)) {
                Ok(Some(RuleWarning::CatchAll { field, pattern }))
            } else if !is_anchored(text) {
                Ok(Some(RuleWarning::Unanchored { field, pattern }))
            } else {
                Ok(None)
            }
        }
    }
}

/// Whether the author anchored the whole pattern: of `^a|b$` each half is open at one end.
fn is_anchored(pattern: &str) -> bool {
    let begins = pattern.starts_with('^') || pattern.starts_with(r"\A");
    // A backslash before it makes the last sign a plain one, unless that is a plain one itself.
    let is_sign = |before: &str| {
        let slashes = before.bytes().rev().take_while(|b| *b == b'\\').count();
        slashes % 2 == 0
    };
    let ends = (pattern.strip_suffix('$').is_some_and(is_sign))
        || (pattern.strip_suffix(r"\z").is_some_and(is_sign));
    begins && ends && !has_bare_alternative(pattern)
}

/// Whether a `|` stands outside of every group and class.
fn has_bare_alternative(pattern: &str) -> bool {
    let (mut depth, mut in_class) = (0_usize, false);
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth = depth.saturating_sub(1),
            '|' if !in_class && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

fn matches_claim(claim: CertificateClaim, wanted: &Pattern, found: &CertificateClaims) -> bool {
    let Some(text) = found.get(claim) else {
        return false;
    };
    match (claim, wanted) {
        (CertificateClaim::Repository, Pattern::Exact(wanted)) => {
            !wanted.is_empty() && plain_repository(wanted) == plain_repository(text)
        }
        // Both are names of the one repository.
        (CertificateClaim::Repository, wanted) => {
            matches_text(wanted, text) || matches_text(wanted, plain_repository(text))
        }
        (CertificateClaim::Workflow, wanted) => {
            matches_text(wanted, text)
                || (found.workflow_path()).is_some_and(|path| matches_text(wanted, path))
        }
        (_, wanted) => matches_text(wanted, text),
    }
}

/// What a certificate does not state only the pattern `^$` accepts: one that takes everything is not meant for nothing.
fn matches_stated(pattern: &Pattern, text: &str) -> bool {
    match text {
        "" => *pattern == Pattern::Regexp(ABSENT.into()),
        _ => matches_text(pattern, text),
    }
}

fn matches_text(pattern: &Pattern, text: &str) -> bool {
    match pattern {
        Pattern::Exact(wanted) => !wanted.is_empty() && wanted == text,
        Pattern::Regexp(wanted) => anchored(wanted).is_ok_and(|regex| regex.is_match(text)),
    }
}

/// The expression must match the whole text. cosign leaves it unanchored, which lets forks in.
fn anchored(pattern: &str) -> Result<Regex, regex::Error> {
    let compile = |text: &str| RegexBuilder::new(text).size_limit(REGEX_BYTES).build();
    // By itself first: `a)|(b` would break out of the group below.
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
}

#[cfg(test)]
mod tests;
