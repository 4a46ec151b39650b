//! Sealing: services that are down, tokens and keys that are wrong, and who the signer is in the end.

use crate::common::project::Project;
use crate::common::{Run, TAG, World, evidence, finish, run, text};
use crate::stage::{Stage, names};
use evidence::model::Digest;
use evidence::sandbox::{Caller, Claims, Service, Workflow};
use std::fs;
use std::path::{Path, PathBuf};

/// A P-256 key in PKCS #8, made for this test alone.
const PLAIN_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgY2xmLwAGUwv72DId\n\
IYbyDw96RTHhzKs+CndcEgwX3LahRANCAAThXPmRzcG+WkXZgaCU1wuVNH3K9gKc\n\
lqHZr5lWVTtja/+SnFBn/dHNzxbyTU0e30eJU7RzmG7wgNyvSUYQpdbu\n\
-----END PRIVATE KEY-----\n";
/// cosign's encrypted key; see `fixtures/README.md`.
const COSIGN_KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/sigstore/test-keys/alice.key"
);

fn small(stage: &Stage) -> Project {
    stage.project("files: [{id: values, path: deploy/values.yaml}]\n")
}

fn bundle(project: &Project) -> PathBuf {
    project.out.join(format!("evidence-bundle-{TAG}.tar.gz"))
}

fn seal_of(project: &Project) -> PathBuf {
    PathBuf::from(text(&bundle(project)) + ".sigstore.json")
}

/// `evidence seal` with these flags besides the services.
fn seal(stage: &Stage, project: &Project, flags: &[&str]) -> Run {
    let bundle = text(&bundle(project));
    finish(
        evidence()
            .args(["seal", &bundle])
            .args(stage.services())
            .args(flags),
    )
}

/// A packed bundle without a seal.
fn packed(project: &Project) {
    for name in ["collect", "pack"] {
        let mut command = crate::stage::command(name, project);
        if name == "pack" {
            command.arg("--out-dir").arg(&project.out);
        }
        let run = finish(&mut command);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
}

#[test]
fn a_log_that_is_down_leaves_the_bundle_intact_and_sealing_resumes() {
    let mut stage = Stage::new();
    let project = small(&stage);
    stage.stop(Service::Rekor);

    let first = stage.release(&project);
    let before = fs::read(bundle(&project)).unwrap();
    stage.restart(Service::Rekor);
    let token = stage.world.token(TAG, &project.commit);
    let second = seal(&stage, &project, &["--identity-token", &token]);

    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let hint = format!("run `evidence seal {}`", bundle(&project).display());
    assert!(first.stderr.contains(&hint), "{}", first.stderr);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert_eq!(fs::read(bundle(&project)).unwrap(), before);
    let digest = Digest::of(&before).hex();
    let checksums = fs::read_to_string(text(&bundle(&project)) + ".sha256").unwrap();
    assert!(checksums.starts_with(&digest), "{checksums}");
    let said = |name: &str| {
        let line = second
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}: {}", second.stdout))
            .trim()
    };
    assert_eq!(said("sha256 "), digest);
    assert!(said("log index ").parse::<u64>().is_ok());
    assert_eq!(said("log id ").len(), 64, "{}", second.stdout);
    assert_eq!(said("entry uuid ").len(), 80, "{}", second.stdout);
    let mut verify = vec!["verify".to_owned(), text(&bundle(&project))];
    verify.extend(stage.world.trust_args());
    assert_eq!(run(&verify).code, Some(0));
}

#[test]
fn each_service_that_is_down_is_named_and_nothing_is_written() {
    let mut stage = Stage::new();
    let project = small(&stage);
    packed(&project);
    let before = names(&project.out);
    for (service, words) in [
        (Service::Fulcio, "certificate authority"),
        (Service::Tsa, "timestamp authority"),
        (Service::Rekor, "log"),
    ] {
        stage.stop(service);
        let token = stage.world.token(TAG, &project.commit);

        let run = seal(&stage, &project, &["--identity-token", &token]);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert!(run.stderr.contains(words), "{service}: {}", run.stderr);
        assert!(
            run.stderr.contains("the bundle is intact"),
            "{}",
            run.stderr
        );
        assert_eq!(names(&project.out), before);
        stage.restart(service);
    }
}

#[test]
fn a_signer_that_cannot_sign_is_refused_before_the_first_capture() {
    let stage = Stage::new();
    let project = small(&stage);
    let workflow = Workflow::release("intelgraph/demo-shop", TAG, &project.commit);
    let claims = Claims {
        lifetime_s: -1,
        ..Claims::of(Caller::Workflow(workflow))
    };
    let expired = stage.world.sandbox.identity_token(&claims).unwrap();
    for (flags, words) in [
        (vec!["--identity-token", &expired], "it expired at "),
        (
            vec!["--identity-token", "no-such-file"],
            "neither a JSON Web Token nor a file",
        ),
        (vec!["--signing-key", COSIGN_KEY], "password"),
        (
            vec![],
            "nobody to seal as: there is no CI identity token here",
        ),
    ] {
        let run = finish(
            crate::stage::command("release", &project)
                .arg("--out-dir")
                .arg(&project.out)
                .args(stage.services())
                .args(flags)
                .env("COSIGN_PASSWORD", "a wrong one"),
        );

        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(!run.stderr.contains(&expired));
        assert!(!project.path(".evidence").exists(), "{words}");
    }
}

#[test]
fn a_ci_job_seals_by_its_own_token() {
    let stage = Stage::new();
    let project = small(&stage);
    packed(&project);

    let run = finish(
        evidence()
            .args(["seal", &text(&bundle(&project))])
            .args(stage.services())
            .envs(stage.world.sandbox.ambient_environment()),
    );

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let identity = stage.world.sandbox.workflow().identity();
    assert!(run.stdout.contains(&identity), "{}", run.stdout);
    assert!(seal_of(&project).is_file());
}

#[test]
fn a_local_key_seals_plain_or_encrypted_as_cosign_does() {
    let stage = Stage::new();
    let project = small(&stage);
    packed(&project);
    let plain = stage.world.new_folder().join("release.pem");
    fs::write(&plain, PLAIN_KEY).unwrap();
    for key in [text(&plain), COSIGN_KEY.into()] {
        let run = finish(
            evidence()
                .args(["seal", &text(&bundle(&project)), "--signing-key", &key])
                .args(stage.services())
                .env("COSIGN_PASSWORD", ""),
        );

        assert_eq!(run.code, Some(0), "{key}: {}", run.stderr);
        assert!(run.stdout.contains("entry uuid "), "{}", run.stdout);
        fs::remove_file(seal_of(&project)).unwrap();
    }
}

#[test]
fn a_seal_that_the_given_root_does_not_know_is_not_written() {
    let stage = Stage::new();
    let project = small(&stage);
    packed(&project);
    let before = names(&project.out);
    let other = World::start();
    let token = stage.world.token(TAG, &project.commit);

    let run = finish(
        evidence()
            .args(["seal", &text(&bundle(&project)), "--identity-token", &token])
            .arg("--signing-config")
            .arg(stage.world.path("signing_config.json"))
            .arg("--seal-trusted-root")
            .arg(other.path("trusted_root.json")),
    );

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stderr.contains("does not verify, so it is not written")
            && run.stderr.contains("--seal-trusted-root"),
        "{}",
        run.stderr
    );
    assert_eq!(names(&project.out), before);
}

#[test]
fn a_file_that_is_no_bundle_is_not_sealed() {
    let stage = Stage::new();
    let file = stage.world.new_folder().join("b.tar.gz");
    fs::write(&file, "no bundle").unwrap();
    let token = stage.world.token(TAG, &"0".repeat(40));

    let run = finish(
        evidence()
            .args(["seal", &text(&file), "--identity-token", &token])
            .args(stage.services()),
    );

    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(!Path::new(&(text(&file) + ".sigstore.json")).exists());
    assert_eq!(stage.world.sandbox.log_size(), log_of_images());
}

/// Entries that a new world's images have made.
fn log_of_images() -> usize {
    World::start().sandbox.log_size()
}
