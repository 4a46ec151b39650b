//! Whom rules accept, and of what their authors are warned.

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
