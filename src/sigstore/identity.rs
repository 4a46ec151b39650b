//! Whether a signer is one that was asked for.

use super::trust::Key;
use crate::model::identity::Pattern;
use crate::model::{Identity, IdentityRule};
use regex::{Regex, RegexBuilder};

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
}

/// Something in a rule that works and that its author hardly meant.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RuleWarning {
    /// The pattern accepts a text that nobody would have in mind.
    CatchAll {
        /// `subject` or `issuer`.
        field: &'static str,
        /// The pattern as written.
        pattern: String,
    },
}

impl std::fmt::Display for RuleWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::CatchAll { field, pattern } = self;
        write!(
            f,
            "the {field} pattern {pattern:?} accepts nearly everything"
        )
    }
}

/// Whether the rule accepts this signer. A rule that cannot be used accepts nobody.
pub fn matches(rule: &IdentityRule, signer: &Identity) -> bool {
    match (rule, signer) {
        (
            IdentityRule::Certificate { subject, issuer },
            Identity::Certificate {
                subject: its_subject,
                issuer: its_issuer,
            },
        ) => matches_text(subject, its_subject) && matches_text(issuer, its_issuer),
        (IdentityRule::Key { pem }, Identity::Key { fingerprint }) => {
            Key::parse(pem.as_bytes()).is_ok_and(|key| key.fingerprint() == *fingerprint)
        }
        _ => false,
    }
}

/// Checks that the rule can be used, and lists what its author hardly meant.
///
/// # Errors
/// When a regular expression does not compile, a text is empty, or a key does not parse.
pub fn check_rule(rule: &IdentityRule) -> Result<Vec<RuleWarning>, RuleError> {
    match rule {
        IdentityRule::Key { pem } => Key::parse(pem.as_bytes())
            .map(|_| Vec::new())
            .map_err(RuleError::Key),
        IdentityRule::Certificate { subject, issuer } => {
            let mut warnings = Vec::new();
            for (field, pattern) in [("subject", subject), ("issuer", issuer)] {
                warnings.extend(check_pattern(field, pattern)?);
            }
            Ok(warnings)
        }
    }
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
            Ok(nonsense
                .iter()
                .any(|text| regex.is_match(text))
                .then(|| RuleWarning::CatchAll {
                    field,
                    pattern: text.clone(),
                }))
        }
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
mod tests {
    use super::*;

    const RELEASE: &str =
        "https://github.com/example-org/widget/.github/workflows/release.yml@refs/tags/v1.4.0";
    const ISSUER: &str = "https://token.actions.githubusercontent.com";

    fn rule(subject: Pattern) -> IdentityRule {
        IdentityRule::Certificate {
            subject,
            issuer: Pattern::Exact(ISSUER.into()),
        }
    }

    fn signer(subject: &str) -> Identity {
        Identity::Certificate {
            subject: subject.into(),
            issuer: ISSUER.into(),
        }
    }

    fn regexp(text: &str) -> IdentityRule {
        rule(Pattern::Regexp(text.into()))
    }

    #[test]
    fn an_expression_must_match_the_whole_subject() {
        assert!(matches(
            &regexp(r".*/release\.yml@refs/tags/.*"),
            &signer(RELEASE)
        ));

        assert!(!matches(
            &regexp("release.yml@refs/tags/v1.4.0"),
            &signer(RELEASE)
        ));
        assert!(!matches(
            &regexp(r"https://github\.com/example-org/.*"),
            &signer(&format!("https://evil.example/\n{RELEASE}"))
        ));
    }

    #[test]
    fn an_expression_cannot_break_out_of_its_anchors() {
        for breakout in ["zzz)|(.*", "(?x)zzz #", "zzz|"] {
            assert!(!matches(&regexp(breakout), &signer(RELEASE)), "{breakout}");
        }
    }

    #[test]
    fn subject_and_issuer_must_both_match() {
        let exact = rule(Pattern::Exact(RELEASE.into()));
        let other_issuer = Identity::Certificate {
            subject: RELEASE.into(),
            issuer: "https://other.example".into(),
        };

        assert!(matches(&exact, &signer(RELEASE)));
        assert!(!matches(&exact, &signer(&RELEASE.to_uppercase())));
        assert!(!matches(&exact, &other_issuer));
    }

    #[test]
    fn a_rule_that_cannot_be_used_is_refused_and_accepts_nobody() {
        for bad in ["(", "a)|(b", "a{1000000}", ""] {
            assert!(check_rule(&regexp(bad)).is_err(), "{bad}");
            assert!(!matches(&regexp(bad), &signer(RELEASE)), "{bad}");
        }
        let no_key = IdentityRule::Key { pem: "x".into() };
        assert!(check_rule(&no_key).is_err());
    }

    #[test]
    fn a_pattern_for_everything_is_warned_about() {
        assert_eq!(check_rule(&regexp(".*")).unwrap().len(), 1);
        assert_eq!(check_rule(&regexp("https://.*")).unwrap().len(), 1);
        assert_eq!(
            check_rule(&regexp("https://github.com/example-org/.*"))
                .unwrap()
                .len(),
            0
        );
    }
}
