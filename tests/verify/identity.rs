//! Who may sign: by what a certificate says of the CI run, together with others, for which release, at which place.

use crate::common::project::Project;
use crate::common::{REPOSITORY, TAG, run, text};
use crate::requirements::{by_policy, red};
use crate::sample::{Sample, Verdict, good, world};
use evidence::sandbox::{
    Caller, Content, Defect, Format, PublishedImage, SignRequest, SignedBy, Workflow,
};
use std::collections::BTreeMap;

const PLATFORM: &str = "intelgraph/platform";

#[test]
fn each_claim_that_is_not_the_sealing_runs_refuses_its_identity_and_nothing_else() {
    let none = "0".repeat(40);
    let claims = [
        ("repository", REPOSITORY, "fork/demo-shop"),
        ("ref", "refs/tags/v1.4.0", "refs/heads/main"),
        ("name", "release", "Release"),
        ("sha", good().commit.as_str(), none.as_str()),
        ("trigger", "push", "schedule"),
    ];
    let flags = |wrong: Option<&str>| -> Vec<String> {
        let flag = |(name, right, other): &(&str, &str, &str)| {
            let value = if Some(*name) == wrong { other } else { right };
            [
                format!("--certificate-github-workflow-{name}"),
                (*value).to_owned(),
            ]
        };
        claims.iter().flat_map(flag).collect()
    };
    let verify = |flags: Vec<String>| {
        good().verify_with(&flags.iter().map(String::as_str).collect::<Vec<_>>())
    };

    verify(flags(None)).is("verified", 0, &[]);
    for (name, ..) in &claims {
        verify(flags(Some(name))).is_refused_by(&["seal-identity"]);
    }
    let environment = ["--certificate-environment", "production"];
    good()
        .verify_with(&environment)
        .is_refused_by(&["seal-identity"]);
}

#[test]
fn each_claim_of_a_policy_that_is_not_the_sealing_runs_refuses_its_identity() {
    let right = [
        ("repository", format!("github.com/{REPOSITORY}")),
        ("ref", format!("refs/tags/{TAG}")),
        ("commit", good().commit.clone()),
        ("workflow", ".github/workflows/release.yml".into()),
        ("workflow-name", "release".into()),
        ("trigger", "push".into()),
        ("runner", "github-hosted".into()),
    ];
    let seal = |claims: &[(&str, String)]| {
        let claims: Vec<String> = (claims.iter())
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let issuer = world().sandbox.issuer_url();
        format!("{{issuer: '{issuer}', claims: {{{}}}}}", claims.join(", "))
    };

    by_seal(&seal(&right)).is("verified", 0, &[]);
    for at in 0..right.len() {
        let mut wrong = right.clone();
        wrong[at].1.push('x');
        by_seal(&seal(&wrong)).is_refused_by(&["seal-identity"]);
    }
    let mut more = right.to_vec();
    more.push(("environment", "production".into()));
    by_seal(&seal(&more)).is_refused_by(&["seal-identity"]);
}

#[test]
fn a_repository_and_its_issuer_are_an_identity_and_neither_is_one_alone() {
    let issuer = world().sandbox.issuer_url();
    let root = text(&world().path("trusted_root.json"));
    let by = |args: &[&str]| {
        let trust = ["--trusted-root", &root];
        let args = args.iter().chain(&trust).map(|arg| (*arg).to_owned());
        args.collect::<Vec<String>>()
    };
    let repository = ["--certificate-github-workflow-repository", REPOSITORY];
    let of = ["--certificate-oidc-issuer", issuer];
    let trigger = ["--certificate-github-workflow-trigger", "push"];

    let both = good().verify_by(&by(&[repository, of].concat()));

    both.is("verified", 0, &[]);
    let bundle = text(&good().write());
    for half in [
        repository.to_vec(),
        [trigger, of].concat(),
        trigger.to_vec(),
    ] {
        let mut args = vec!["verify".into(), bundle.clone()];
        args.extend(by(&half));
        let found = run(&args);
        assert_eq!(found.code, Some(2), "{half:?}: {}", found.stderr);
        assert!(
            found.stderr.contains("counts only with its issuer"),
            "{}",
            found.stderr
        );
    }
}

#[test]
fn an_image_that_another_repositorys_ci_signed_fails_unless_the_policy_names_it() {
    let image = publish("demo/foreign");
    sign(&image, platform(), None);
    let by_key = SignedBy::Key(world().images.gateway_key.clone());
    sign(&image, by_key, None);
    let identity = platform_identity("");
    let sample = red(|text| with_api(&text, "foreign", "platform", &identity));
    let demand = |more: &str| {
        by_policy(
            &sample,
            &format!("images:\n  api: {{signed-by: {}{more}}}\n", &identity[12..]),
        )
    };

    let verdict = sample.verify();
    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-image-repository");

    let unnamed = demand("");
    unnamed.is("verified", 4, &["policy", "requirement"]);
    unnamed.says("EV-policy-image-repository");
    let other = demand(", repository: github.com/intelgraph/other");
    other.is("verified", 4, &["policy", "requirement"]);

    // Somebody else's signature, which the policy accepts, does not stand for the one that the producer asks for.
    let by_other = "images:\n  api: {signed-by: {key: gateway.pub}}\n";
    by_policy(&sample, by_other).is("verified", 4, &["requirement"]);

    let named = demand(&format!(", repository: github.com/{PLATFORM}"));
    named.is("verified", 0, &[]);
    assert_eq!(named.status("api"), "verified");
}

#[test]
fn an_image_of_another_repositorys_ci_is_met_where_the_identity_names_that_repository() {
    let image = publish("demo/named");
    sign(&image, platform(), None);
    let claims =
        format!(", claims: {{repository: github.com/{PLATFORM}, ref: 'refs/tags/{{tag}}'}}");
    let identity = platform_identity(&claims);

    let (sample, released) = Sample::release(&Project::with(world(), |text| {
        with_api(&text, "named", "platform", &identity)
    }));

    assert_eq!(released.code, Some(0), "{}", released.stderr);
    let verdict = sample.verify();
    verdict.is("verified", 0, &[]);
    // The bundle's own configuration chose the signer, not the verifier.
    assert_eq!(verdict.status("api"), "recorded");
    let policy = format!(
        "images:\n  api: {{signed-by: {}}}\n",
        &identity[12..].replace("{tag}", TAG)
    );
    let accepted = by_policy(&sample, &policy);
    accepted.is("verified", 0, &[]);
    assert_eq!(accepted.status("api"), "verified");
}

#[test]
fn all_of_needs_a_signer_for_each_and_one_does_not_stand_for_two() {
    let image = publish("demo/cosigned");
    sign(
        &image,
        SignedBy::Identity(Caller::Workflow(workflow())),
        None,
    );
    let by_key = SignedBy::Key(world().images.gateway_key.clone());
    sign(&image, by_key, None);
    let both = "{all-of: [release, gateway]}";
    let (sample, released) = Sample::release(&Project::with(world(), |text| {
        with_api(&text, "cosigned", both, "")
    }));
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    let workflow = release_identity();
    let demand = |all: &[&str]| {
        let all = all.join(", ");
        by_policy(
            &sample,
            &format!("images:\n  api: {{signed-by: {{all-of: [{all}]}}}}\n"),
        )
    };
    let (gateway, other) = ("{key: gateway.pub}", "{key: other.pub}");

    sample.verify().is("verified", 0, &[]);
    demand(&[&workflow, gateway]).is("verified", 0, &[]);
    demand(&[&workflow, &format!("{{any-of: [{other}, {gateway}]}}")]).is("verified", 0, &[]);
    for lacking in [
        [workflow.as_str(), other],
        [gateway, gateway],
        [workflow.as_str(), workflow.as_str()],
    ] {
        let verdict = demand(&lacking);
        verdict.is("verified", 4, &["policy"]);
        verdict.says("EV-policy-image");
    }
}

#[test]
fn an_image_without_one_of_its_cosigners_is_a_failed_requirement() {
    let both = "{all-of: [release, gateway]}";
    let sample = red(|text| with_api(&text, "api", both, ""));

    let verdict = sample.verify();

    verdict.is("verified", 4, &["requirement"]);
    verdict.says("EV-requirement-image-cosigner");
}

#[test]
fn a_signature_that_names_another_image_is_shown_and_fails_where_it_must_match() {
    let image = publish("demo/moved");
    let elsewhere = "registry.example/elsewhere/app";
    let signer = SignedBy::Identity(Caller::Workflow(workflow()));
    sign(&image, signer, Some(Defect::OtherReference(elsewhere)));
    let (sample, released) = Sample::release(&Project::with(world(), |text| {
        with_api(&text, "moved", "release", "")
    }));
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    let workflow = release_identity();
    let demand = |sample: &Sample, more: &str| {
        let policy = format!("images:\n  api: {{signed-by: {workflow}{more}}}\n");
        by_policy(sample, &policy)
    };
    let must_match = ", docker-reference: must-match";

    let shown = demand(&sample, "");
    shown.is("verified", 0, &[]);
    let items = shown.report["items"].as_array().unwrap();
    let api = items.iter().find(|item| item["id"] == "api").unwrap();
    let fact = &api["facts"]["signatures"][0]["dockerReference"];
    assert_eq!(fact, elsewhere);
    let summary = api["summary"].as_str().unwrap();
    assert!(summary.contains(elsewhere), "{summary}");

    let refused = demand(&sample, must_match);
    refused.is("verified", 4, &["policy"]);
    refused.says("EV-policy-docker-reference");
    demand(good(), must_match).is("verified", 0, &[]);
}

#[test]
fn what_this_version_cannot_judge_leaves_the_verdict_open_and_is_named() {
    let role = "roles: {lead: {key: other.pub}}\n";
    by_policy(good(), role).is("verified", 0, &[]);
    by_policy(good(), "require: {stages: [tag]}\n").is("verified", 0, &[]);
    for (demand, code, name) in [
        (
            "require: {stages: [tag, t+120]}\n",
            "EV-policy-stage",
            "t+120",
        ),
        (
            "roles: {lead: {key: other.pub}}\napprovals: {go: {all-of: [lead]}}\n",
            "EV-policy-approval",
            "go",
        ),
    ] {
        let verdict = by_policy(good(), demand);

        verdict.is("undetermined", 3, &[]);
        verdict.says(code);
        let findings = verdict.report["findings"].as_array().unwrap();
        let found = findings.iter().find(|one| one["code"] == code).unwrap();
        assert_eq!(found["subject"], name);
        assert!(found["message"].as_str().unwrap().contains(name));
    }
}

#[test]
fn a_file_is_accepted_from_whom_the_policy_lets_seal_and_from_nobody_else() {
    let bundle = good().write();
    let seal = text(&bundle) + ".sigstore.json";
    let verify = |seal_by: &str| {
        let policy = seal_policy(seal_by);
        let args = [
            "blob",
            "verify",
            &text(&bundle),
            "--bundle",
            &seal,
            "--attestation",
            "https://intelgraph.github.io/evidence/bundle/v1",
            "--policy",
            &policy,
        ];
        run(&args).code
    };
    let issuer = world().sandbox.issuer_url();
    let of = |repository: &str| {
        format!("{{issuer: '{issuer}', claims: {{repository: github.com/{repository}}}}}")
    };

    assert_eq!(verify(&of(REPOSITORY)), Some(0));
    assert_eq!(verify(&of(PLATFORM)), Some(1));
}

/// Verifies the good bundle by a policy whose seal is accepted by this identity alone.
fn by_seal(seal: &str) -> Verdict {
    good().verify_by(&["--policy".into(), seal_policy(seal)])
}

/// Path of a policy that demands nothing but that seal.
fn seal_policy(seal: &str) -> String {
    let folder = world().new_folder();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    put("trusted_root.json", world().sandbox.trusted_root_json());
    let policy = format!("version: 1\ntrusted-roots: [trusted_root.json]\nseal: {seal}\n");
    put("policy.yaml", &policy);
    text(&folder.join("policy.yaml"))
}

/// The configuration with another image, signer and identity under the name `api`, and no SBOM of it.
fn with_api(text: &str, image: &str, signed_by: &str, identity: &str) -> String {
    text.replace(
        "demo/api:{tag}\", signed-by: release, sbom: {format: spdx, signed-by: release}",
        &format!("demo/{image}:{{tag}}\", signed-by: {signed_by}"),
    )
    .replace("identities:\n", &format!("identities:\n{identity}\n"))
}

fn publish(repository: &str) -> PublishedImage {
    world().sandbox.push_image(repository, repository).unwrap()
}

fn sign(image: &PublishedImage, signer: SignedBy, defect: Option<Defect>) {
    let request = SignRequest {
        repository: image.repository.clone(),
        image: image.descriptor.clone(),
        signer,
        format: Format::Legacy,
        content: Content::Signature(BTreeMap::new()),
        defect,
    };
    world().sandbox.sign(&request).unwrap();
}

fn workflow() -> Workflow {
    Workflow::release(REPOSITORY, TAG, &"1".repeat(40))
}

fn platform() -> SignedBy {
    let workflow = Workflow::release(PLATFORM, TAG, &"2".repeat(40));
    SignedBy::Identity(Caller::Workflow(workflow))
}

/// `platform: {…}` as a line of the section `identities`.
fn platform_identity(claims: &str) -> String {
    let issuer = world().sandbox.issuer_url();
    let subject = Workflow::release(PLATFORM, TAG, "").identity();
    format!("  platform: {{issuer: '{issuer}', subject: '{subject}'{claims}}}")
}

fn release_identity() -> String {
    let issuer = world().sandbox.issuer_url();
    format!(
        "{{issuer: '{issuer}', subject: '{}'}}",
        workflow().identity()
    )
}
