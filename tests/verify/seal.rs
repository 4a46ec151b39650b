//! The seal: absent, broken, of another bundle, by another signer, or no seal at all.

use crate::common::project::Project;
use crate::common::{REPOSITORY, TAG, World, evidence, finish, run, text};
use crate::sample::{Sample, Verdict, beside, good, sign, world};
use evidence::model::Digest;
use evidence::sandbox::{Caller, Defect, LocalKey, SignedBy, Workflow};
use serde_json::json;

#[test]
pub(crate) fn a_bundle_without_a_seal_is_refused_as_unsealed() {
    let sample = Sample {
        seal: None,
        ..good().clone()
    };

    sample.verify().is_refused_by(&["seal-present"]);
}

#[test]
pub(crate) fn a_seal_that_does_not_parse_is_refused_as_none() {
    let seal = good().seal.clone().unwrap();
    let blob = world()
        .sandbox
        .sign_blob(&good().file, &good().signer(), None)
        .unwrap();
    for broken in [
        seal[..seal.len() / 2].to_vec(),
        Vec::new(),
        b"{}".to_vec(),
        // A signature over the file's bytes, as `cosign sign-blob` makes it, states nothing.
        blob.into_bytes(),
    ] {
        good()
            .with_seal(broken)
            .verify()
            .is_refused_by(&["seal-present"]);
    }
}

#[test]
pub(crate) fn a_seal_that_was_changed_or_never_logged_is_refused_by_its_signature() {
    let statement = serde_json::to_vec(&good().statement()).unwrap();
    for defect in [Defect::BrokenSignature, Defect::NoLogEntry] {
        let seal = world()
            .sandbox
            .sign_statement(&statement, &good().signer(), Some(defect));

        good()
            .with_seal(seal.unwrap())
            .verify()
            .is_refused_by(&["seal-signature"]);
    }
    let seal = String::from_utf8(good().seal.clone().unwrap()).unwrap();
    let mut seal: serde_json::Value = serde_json::from_str(&seal).unwrap();
    let payload = base64(&good().statement().to_string().replace(TAG, "v9.9.9"));
    seal["dsseEnvelope"]["payload"] = payload.into();

    good()
        .with_seal(seal.to_string())
        .verify()
        .is_refused_by(&["seal-signature"]);
}

#[test]
pub(crate) fn the_seal_of_another_bundle_of_the_same_release_is_refused_by_its_subject() {
    let project = Project::new(world());
    let (one, _) = Sample::release(&project);
    let again = Project {
        out: world().new_folder(),
        ..project
    };
    std::fs::remove_dir_all(again.path(".evidence")).unwrap();
    let (two, _) = Sample::release(&again);

    let verdict = one.with_seal(two.seal.unwrap()).verify();

    // Manifest, plain tar and file: the seal names all three.
    verdict.is_refused_by(&["seal-manifest", "seal-predicate", "seal-subject"]);
}

#[test]
pub(crate) fn a_seal_over_another_file_is_refused_by_its_subject() {
    let mut statement = good().statement();
    statement["subject"][0]["digest"]["sha256"] = Digest::of(b"").hex().into();

    let sample = good().with_seal(sign(&statement, &good().signer()));

    sample.verify().is_refused_by(&["seal-subject"]);
}

#[test]
pub(crate) fn a_seal_over_another_manifest_is_refused_by_it() {
    let mut statement = good().statement();
    statement["predicate"]["manifest"]["digest"]["sha256"] = Digest::of(b"").hex().into();

    let sample = good().with_seal(sign(&statement, &good().signer()));

    sample.verify().is_refused_by(&["seal-manifest"]);
}

#[test]
pub(crate) fn another_signed_statement_about_the_bundle_is_no_seal() {
    let changes: [fn(&mut serde_json::Value); 8] = [
        |statement| {
            statement["predicateType"] = "https://slsa.dev/provenance/v1".into();
            statement["predicate"] = json!({"buildDefinition": {}, "runDetails": {}});
        },
        |statement| statement["predicateType"] = "https://slsa.dev/provenance/v1".into(),
        |statement| statement["predicate"] = json!({}),
        |statement| statement["_type"] = "https://in-toto.io/Statement/v0.1".into(),
        |statement| statement["subject"][0]["name"] = "image".into(),
        |statement| statement["predicate"]["release"]["version"] = "9.9.9".into(),
        |statement| statement["predicate"]["items"][0]["status"] = "asserted".into(),
        |statement| statement["predicate"]["gates"] = "GREEN".into(),
    ];
    for change in changes {
        let mut statement = good().statement();
        change(&mut statement);

        let sample = good().with_seal(sign(&statement, &good().signer()));

        sample.verify().is_refused_by(&["seal-predicate"]);
    }
}

#[test]
pub(crate) fn a_seal_by_another_workflow_is_refused_by_its_identity() {
    let workflow = Workflow {
        path: ".github/workflows/ci.yml".into(),
        ..good().workflow()
    };
    let signer = SignedBy::Identity(Caller::Workflow(workflow));

    let sample = good().with_seal(sign(&good().statement(), &signer));

    sample.verify().is_refused_by(&["seal-identity"]);
}

#[test]
pub(crate) fn a_seal_that_another_issuer_was_asked_for_is_refused_by_its_identity() {
    let mut args = world().trust_args();
    args[3] = "https://token.actions.githubusercontent.com".into();

    good().verify_by(&args).is_refused_by(&["seal-identity"]);
}

#[test]
pub(crate) fn a_seal_by_another_key_is_refused_by_its_identity() {
    let [one, other] = [(); 2].map(|()| LocalKey::generate().unwrap());
    let sample = good().with_seal(sign(&good().statement(), &SignedBy::Key(one)));

    sample
        .verify_by(&key_args(&other))
        .is_refused_by(&["seal-identity"]);
}

#[test]
pub(crate) fn a_seal_by_the_accepted_key_verifies_and_its_binding_is_listed_as_not_proven() {
    let key = LocalKey::generate().unwrap();
    let sample = good().with_seal(sign(&good().statement(), &SignedBy::Key(key.clone())));

    let verdict = sample.verify_by(&key_args(&key));

    verdict.is("verified", 0, &[]);
    let skipped = verdict.checks(|finding| finding["outcome"] == "skip");
    assert!(skipped.contains(&"release-binding"), "{skipped:?}");
}

#[test]
pub(crate) fn a_root_that_the_verifier_lacks_leaves_it_undetermined() {
    let elsewhere = World::start();
    let mut args = world().trust_args();
    args[5] = text(&elsewhere.path("trusted_root.json"));

    let verdict = good().verify_by(&args);
    let by_default = good().verify_by(&args[..4]);

    verdict.is("undetermined", 3, &[]);
    by_default.is("undetermined", 3, &[]);
}

#[test]
pub(crate) fn without_an_identity_the_signer_is_named_and_not_recommended() {
    let mut args = vec!["verify".into(), text(&good().write())];
    args.extend(world().trust_args().drain(4..));

    let found = run(&args);

    assert_eq!(found.code, Some(2), "{}", found.stderr);
    let signer = format!("{REPOSITORY}/.github/workflows/release.yml@refs/tags/{TAG}");
    assert!(found.stderr.contains(&signer), "{}", found.stderr);
    assert!(
        found.stderr.contains("no recommendation"),
        "{}",
        found.stderr
    );
}

#[test]
pub(crate) fn the_seal_command_seals_an_edited_bundle_and_the_edit_is_refused_all_the_same() {
    let edited = good().bundle().edit_item("api_p95", |item| {
        item["claim"]["facts"]["value"] = "0.1".into();
    });
    let bundle = good().with_file(edited.pack()).write();
    let sealed = finish(
        evidence()
            .args(["seal", &text(&bundle)])
            .args(["--identity-token", &world().token(TAG, &good().commit)])
            .args([
                "--signing-config",
                &text(&world().path("signing_config.json")),
            ])
            .args([
                "--seal-trusted-root",
                &text(&world().path("trusted_root.json")),
            ]),
    );
    assert_eq!(sealed.code, Some(0), "{}", sealed.stderr);
    assert!(beside(&bundle, ".sigstore.json").exists());

    let verdict = Verdict::of(&bundle, &world().trust_args());

    verdict.is_refused_by(&["claim"]);
}

fn key_args(key: &LocalKey) -> Vec<String> {
    let path = world().new_folder().join("seal.pub");
    std::fs::write(&path, key.public_pem().unwrap()).unwrap();
    let root = text(&world().path("trusted_root.json"));
    ["--key", &text(&path), "--trusted-root", &root]
        .map(String::from)
        .into()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
