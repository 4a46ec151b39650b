//! Which release: what the certificate binds, what was asked for, and what the manifest says.

use crate::common::TAG;
use crate::sample::{Verdict, good, sign, world};
use evidence::sandbox::{Caller, SignedBy, Workflow};
use serde_json::Value;

#[test]
pub(crate) fn the_release_that_was_asked_for_verifies() {
    let repository = format!("github.com/{}", crate::common::REPOSITORY);
    let commit = good().commit.clone();

    let asked = [
        "--tag",
        TAG,
        "--repository",
        &repository,
        "--commit",
        &commit,
    ];

    good().verify_with(&asked).is("verified", 0, &[]);
}

#[test]
pub(crate) fn another_tag_repository_or_commit_than_asked_for_is_refused() {
    let commit = "f".repeat(40);
    for asked in [
        ["--tag", "v1.5.0"],
        ["--repository", "github.com/intelgraph/other"],
        ["--commit", &commit],
    ] {
        good().verify_with(&asked).is_refused_by(&["release-asked"]);
    }
}

#[test]
pub(crate) fn last_months_good_bundle_under_this_months_name_is_refused_when_this_tag_is_asked_for()
{
    let folder = world().new_folder();
    let renamed = folder.join("evidence-bundle-v1.5.0.tar.gz");
    std::fs::write(&renamed, &good().file).unwrap();
    let seal = folder.join("evidence-bundle-v1.5.0.tar.gz.sigstore.json");
    std::fs::write(seal, good().seal.as_ref().unwrap()).unwrap();
    let mut args = world().trust_args();
    args.extend(["--tag".into(), "v1.5.0".into()]);

    Verdict::of(&renamed, &args).is_refused_by(&["release-asked"]);
}

#[test]
pub(crate) fn a_certificate_for_another_commit_tag_or_repository_is_refused_by_its_binding() {
    let own = good().workflow();
    let others = [
        (
            "EV-release-binding-commit",
            Workflow {
                commit: "f".repeat(40),
                ..own.clone()
            },
        ),
        (
            "EV-release-binding-ref",
            Workflow {
                git_ref: "refs/tags/v1.3.0".into(),
                ..own.clone()
            },
        ),
        (
            "EV-release-binding-ref",
            Workflow {
                git_ref: format!("refs/heads/{TAG}"),
                ..own.clone()
            },
        ),
        (
            "EV-release-binding-repository",
            Workflow {
                repository: "intelgraph/fork".into(),
                ..own
            },
        ),
    ];
    let mut args = world().trust_args();
    args[0] = "--certificate-identity-regexp".into();
    args[1] = "https://github.com/intelgraph/.*".into();
    for (code, other) in others {
        let signer = SignedBy::Identity(Caller::Workflow(other));
        let sample = good().with_seal(sign(&good().statement(), &signer));

        let verdict = sample.verify_by(&args);

        verdict.is_refused_by(&["release-binding"]);
        verdict.says(code);
    }
}

#[test]
pub(crate) fn an_edited_release_is_refused_by_each_check_that_it_contradicts() {
    let stories: [(&str, &str, &[&str]); 6] = [
        ("version", "9.9.9", &["plan"]),
        ("previous", "v1.3.0", &["plan"]),
        // Images that the CI of the right repository signed are another's then.
        (
            "repository",
            "github.com/intelgraph/fork",
            &["claim", "plan", "release-binding", "requirement"],
        ),
        // The tag's own objects speak of another name, and so does every reference that the tag is part of.
        (
            "tag",
            "v9.9.9",
            &["claim", "plan", "release-binding", "requirement"],
        ),
        (
            "commit",
            "ffffffffffffffffffffffffffffffffffffffff",
            &["claim", "release-binding", "requirement"],
        ),
        (
            "tagObject",
            "ffffffffffffffffffffffffffffffffffffffff",
            &["claim", "requirement"],
        ),
    ];
    for (name, value, checks) in stories {
        let bundle = good().bundle().edit_manifest(|manifest| {
            manifest["release"][name] = Value::from(value);
        });

        good().resealed(&bundle).verify().is_refused_by(checks);
    }
}
