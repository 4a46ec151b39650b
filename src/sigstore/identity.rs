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
mod tests {
    use super::*;

    const RELEASE: &str =
        "https://github.com/example-org/widget/.github/workflows/release.yml@refs/tags/v1.4.0";
    const ISSUER: &str = "https://token.actions.githubusercontent.com";

    fn rule(subject: Pattern) -> IdentityRule {
        IdentityRule::certificate(subject, Pattern::Exact(ISSUER.into()))
    }

    fn regexp(text: &str) -> IdentityRule {
        rule(Pattern::Regexp(text.into()))
    }

    fn signer(subject: &str) -> Signature {
        signature(subject, ISSUER)
    }

    fn signature(subject: &str, issuer: &str) -> Signature {
        let certificate = CertificateClaims {
            source_repository: Some("https://github.com/example-org/widget".into()),
            source_ref: Some("refs/tags/v1.4.0".into()),
            source_digest: Some("4f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39".into()),
            trigger: Some("push".into()),
            build_config: Some(RELEASE.into()),
            workflow_name: Some("Release".into()),
            runner_environment: Some("github-hosted".into()),
            run_invocation: None,
            deployment_environment: Some("production".into()),
        };
        Signature {
            identity: Identity::Certificate {
                subject: subject.into(),
                issuer: issuer.into(),
            },
            certificate: Some(certificate),
            log: None,
            unlogged: None,
            times: Vec::new(),
            root: None,
        }
    }

    fn with(claims: &[(CertificateClaim, Pattern)]) -> IdentityRule {
        IdentityRule::Certificate {
            subject: Some(Pattern::Exact(RELEASE.into())),
            issuer: Pattern::Exact(ISSUER.into()),
            claims: claims.iter().cloned().collect(),
        }
    }

    fn exact(text: &str) -> Pattern {
        Pattern::Exact(text.into())
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

        assert!(matches(&exact, &signer(RELEASE)));
        assert!(!matches(&exact, &signer(&RELEASE.to_uppercase())));
        assert!(!matches(
            &exact,
            &signature(RELEASE, "https://other.example")
        ));
    }

    #[test]
    fn each_claim_that_the_certificate_does_not_make_refuses_it() {
        let cases = [
            (
                CertificateClaim::Repository,
                "github.com/example-org/widget",
                "github.com/fork/widget",
            ),
            (
                CertificateClaim::Ref,
                "refs/tags/v1.4.0",
                "refs/heads/v1.4.0",
            ),
            (
                CertificateClaim::Commit,
                "4f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
                "5f2a9c0d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
            ),
            (
                CertificateClaim::Workflow,
                ".github/workflows/release.yml",
                ".github/workflows/other.yml",
            ),
            (CertificateClaim::WorkflowName, "Release", "release"),
            (CertificateClaim::Trigger, "push", "pull_request"),
            (CertificateClaim::Environment, "production", "staging"),
            (CertificateClaim::Runner, "github-hosted", "self-hosted"),
        ];
        assert_eq!(cases.map(|(claim, ..)| claim), CertificateClaim::ALL);
        let all = cases.map(|(claim, right, _)| (claim, exact(right)));
        assert!(matches(&with(&all), &signer(RELEASE)));
        for (at, (claim, right, wrong)) in cases.iter().enumerate() {
            let mut one_wrong = all.clone();
            one_wrong[at].1 = exact(wrong);
            assert!(!matches(&with(&one_wrong), &signer(RELEASE)), "{claim}");

            // The same by an expression, which must match the whole text.
            let whole = regex::escape(right);
            one_wrong[at].1 = Pattern::Regexp(whole);
            assert!(matches(&with(&one_wrong), &signer(RELEASE)), "{claim}");
            one_wrong[at].1 = Pattern::Regexp(regex::escape(&right[..right.len() - 1]));
            assert!(!matches(&with(&one_wrong), &signer(RELEASE)), "{claim}");
        }
    }

    #[test]
    fn a_certificate_that_says_nothing_meets_no_claim() {
        let mut silent = signer(RELEASE);
        silent.certificate = Some(CertificateClaims::default());
        let mut none = signer(RELEASE);
        none.certificate = None;
        for claim in CertificateClaim::ALL {
            for rule in [exact("push"), Pattern::Regexp(".*".into())] {
                assert!(!matches(&with(&[(claim, rule.clone())]), &silent));
                assert!(!matches(&with(&[(claim, rule)]), &none));
            }
        }
    }

    #[test]
    fn a_workflow_is_known_by_its_path_or_by_its_whole_uri_and_nothing_between() {
        let workflow = |text: &str| with(&[(CertificateClaim::Workflow, exact(text))]);

        assert!(matches(&workflow(RELEASE), &signer(RELEASE)));
        for other in [
            "release.yml",
            "workflows/release.yml",
            ".github/workflows/release.yml@refs/tags/v1.4.0",
            "https://github.com/example-org/widget/.github/workflows/release.yml",
        ] {
            assert!(!matches(&workflow(other), &signer(RELEASE)), "{other}");
        }
        // Another repository's workflow of the same path, and a file that only begins like it.
        for uri in [
            "https://github.com/evil/widget/.github/workflows/release.yml@refs/tags/v1.4.0",
            "https://github.com/example-org/widget/.github/workflows/release.yml@x.yml@refs/heads/a",
        ] {
            let mut signature = signer(RELEASE);
            let claims = signature.certificate.as_mut().unwrap();
            claims.build_config = Some(uri.into());
            let rule = workflow(".github/workflows/release.yml");
            assert!(!matches(&rule, &signature), "{uri}");
        }
    }

    #[test]
    fn a_repository_stands_in_for_the_subject_and_an_issuer_alone_for_nobody() {
        let of = |claim: CertificateClaim, text: &str| IdentityRule::Certificate {
            subject: None,
            issuer: exact(ISSUER),
            claims: BTreeMap::from([(claim, exact(text))]),
        };

        let by_repository = of(
            CertificateClaim::Repository,
            "github.com/example-org/widget",
        );
        let by_trigger = of(CertificateClaim::Trigger, "push");

        assert!(matches(&by_repository, &signer(RELEASE)));
        assert!(!matches(&by_trigger, &signer(RELEASE)));
        assert!(matches!(check_rule(&by_trigger), Err(RuleError::Anybody)));
        assert!(check_rule(&by_repository).is_ok());
    }

    #[test]
    fn a_rule_that_cannot_be_used_is_refused_and_accepts_nobody() {
        for bad in ["(", "a)|(b", "a{1000000}", ""] {
            assert!(check_rule(&regexp(bad)).is_err(), "{bad}");
            assert!(!matches(&regexp(bad), &signer(RELEASE)), "{bad}");
            let claim = with(&[(CertificateClaim::Ref, Pattern::Regexp(bad.into()))]);
            assert!(check_rule(&claim).is_err(), "{bad}");
        }
        let no_key = IdentityRule::Key { pem: "x".into() };
        assert!(check_rule(&no_key).is_err());
    }

    #[test]
    fn a_pattern_for_everything_and_one_without_anchors_are_warned_about() {
        let warned = |rule: &IdentityRule| -> Vec<String> {
            let warnings = check_rule(rule).unwrap();
            warnings.iter().map(ToString::to_string).collect()
        };
        let everything = |text: &str| {
            matches!(
                &check_rule(&regexp(text)).unwrap()[..],
                [RuleWarning::CatchAll { .. }]
            )
        };
        let open = |text: &str| {
            matches!(
                &check_rule(&regexp(text)).unwrap()[..],
                [RuleWarning::Unanchored { .. }]
            )
        };

        assert!(everything(".*") && everything("https://.*") && everything("^.*$"));
        for unanchored in [
            "https://github.com/example-org/.*",
            "^https://github.com/example-org/.*",
            r"https://github.com/example-org/.*$",
            r"^https://github.com/example-org/.*\$",
            "^https://github.com/a/.*|https://github.com/b/.*$",
        ] {
            assert!(open(unanchored), "{unanchored}");
        }
        for anchored in [
            "^https://github.com/example-org/.*$",
            r"\Ahttps://github.com/example-org/[^|]*\z",
            r"^https://github.com/(a|b)/.*$",
            r"^https://github.com/a\|b/\\$",
        ] {
            assert_eq!(warned(&regexp(anchored)), [""; 0], "{anchored}");
        }
        let claim = with(&[(
            CertificateClaim::Ref,
            Pattern::Regexp("refs/tags/.*".into()),
        )]);
        assert_eq!(
            warned(&claim),
            [
                "the ref pattern \"refs/tags/.*\" is not anchored: here it must match the whole text, \
              cosign would accept any text that contains a match; write ^…$"
            ]
        );
    }
}
