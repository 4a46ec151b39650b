//! Bundles that change under a seal, and seals that are there already.

use crate::common::project::Project;
use crate::common::{Run, evidence, finish, run, text};
use crate::stage::{Stage, collect, command};
use evidence::model::Digest;
use std::fs;
use std::path::PathBuf;

/// A key without a password; see `fixtures/README.md`.
const ALICE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/sigstore/test-keys/alice.key"
);

/// A project whose bundle is packed and sealed by Alice.
fn sealed(stage: &Stage) -> Project {
    let project = stage.project("files: [{id: values, path: deploy/values.yaml}]\n");
    assert_eq!(collect(&project).code, Some(0));
    assert_eq!(pack(&project, "1000000000").code, Some(0));
    let run = seal(stage, &project, &["--signing-key", ALICE]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    project
}

/// Packs with other bytes for another epoch.
fn pack(project: &Project, epoch: &str) -> Run {
    let mut pack = command("pack", project);
    pack.arg("--out-dir").arg(&project.out);
    finish(pack.env("SOURCE_DATE_EPOCH", epoch))
}

fn seal(stage: &Stage, project: &Project, signer: &[&str]) -> Run {
    let mut seal = evidence();
    seal.args(["seal", &text(&project.bundle())]).args(signer);
    finish(seal.args(stage.services()).env("COSIGN_PASSWORD", ""))
}

fn beside(project: &Project, suffix: &str) -> PathBuf {
    PathBuf::from(text(&project.bundle()) + suffix)
}

/// Whether the seal that is there verifies by Alice's key.
fn verify(stage: &Stage, project: &Project) -> Run {
    run(&[
        "verify".into(),
        text(&project.bundle()),
        "--key".into(),
        ALICE.replace(".key", ".pub"),
        "--trusted-root".into(),
        text(&stage.world.path("trusted_root.json")),
    ])
}

#[test]
fn a_seal_by_the_same_key_is_kept_and_nothing_new_is_logged() {
    let stage = Stage::new();
    let project = sealed(&stage);
    let seal_bytes = fs::read(beside(&project, ".sigstore.json")).unwrap();
    let entries = stage.world.sandbox.log_size();

    let again = seal(&stage, &project, &["--signing-key", ALICE]);

    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.starts_with("kept      "), "{}", again.stderr);
    assert!(again.stderr.contains("remove it to seal anew"));
    let digest = Digest::of(&fs::read(project.bundle()).unwrap()).hex();
    assert!(again.stdout.contains(&digest), "{}", again.stdout);
    assert!(again.stdout.contains("log index  "), "{}", again.stdout);
    assert_eq!(stage.world.sandbox.log_size(), entries);
    assert_eq!(
        fs::read(beside(&project, ".sigstore.json")).unwrap(),
        seal_bytes
    );
}

#[test]
fn a_seal_that_is_damaged_or_of_another_signer_is_made_anew() {
    let stage = Stage::new();
    let project = sealed(&stage);
    let path = beside(&project, ".sigstore.json");
    let whole = fs::read_to_string(&path).unwrap();
    let token = stage.world.token("v1.4.0", &project.commit);
    let by_token = seal(&stage, &project, &["--identity-token", &token]);
    let of_token = fs::read_to_string(&path).unwrap();
    assert_eq!(by_token.code, Some(0), "{}", by_token.stderr);
    assert_ne!(of_token, whole);
    let signature = whole.split_once("\"sig\":\"").unwrap().1;
    let other = match signature.as_bytes()[20] {
        b'A' => "B",
        _ => "A",
    };
    let mut damaged = signature.to_owned();
    damaged.replace_range(20..21, other);
    for there in [of_token, whole.replace(signature, &damaged), "{}".into()] {
        fs::write(&path, there).unwrap();
        let entries = stage.world.sandbox.log_size();

        let anew = seal(&stage, &project, &["--signing-key", ALICE]);

        assert_eq!(anew.code, Some(0), "{}", anew.stderr);
        assert!(!anew.stderr.contains("kept"), "{}", anew.stderr);
        assert_eq!(stage.world.sandbox.log_size(), entries + 1);
        let verified = verify(&stage, &project);
        assert_eq!(verified.code, Some(0), "{}", verified.stdout);
    }
}

#[test]
fn a_bundle_that_changes_has_its_checksum_and_the_older_seal_is_pointed_out_and_stays() {
    let stage = Stage::new();
    let project = sealed(&stage);
    let older = Digest::of(&fs::read(project.bundle()).unwrap());
    let seal_bytes = fs::read(beside(&project, ".sigstore.json")).unwrap();
    let page = project.out.join("evidence-bundle-v1.4.0.report.html");
    fs::write(&page, "<html>older</html>").unwrap();

    let packed = pack(&project, "2000000000");

    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    let digest = Digest::of(&fs::read(project.bundle()).unwrap());
    assert_ne!(digest, older);
    let line = format!("{}  evidence-bundle-v1.4.0.tar.gz\n", digest.hex());
    assert_eq!(
        fs::read_to_string(beside(&project, ".sha256")).unwrap(),
        line
    );
    let warned = format!(
        "warning: {0}.sigstore.json does not seal this bundle: `evidence seal {0}` makes",
        project.bundle().display()
    );
    assert!(packed.stderr.contains(&warned), "{}", packed.stderr);
    let warned = format!("warning: {} is not about this bundle", page.display());
    assert!(packed.stderr.contains(&warned), "{}", packed.stderr);
    assert_eq!(
        fs::read(beside(&project, ".sigstore.json")).unwrap(),
        seal_bytes
    );
    // Nobody takes the older seal for this bundle's.
    assert_eq!(verify(&stage, &project).code, Some(1));

    let sealed = seal(&stage, &project, &["--signing-key", ALICE]);
    assert_eq!(sealed.code, Some(0), "{}", sealed.stderr);
    let said = format!("sealed another bundle, {older}, which is not there any more");
    assert!(sealed.stderr.contains(&said), "{}", sealed.stderr);
    let verified = verify(&stage, &project);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);

    // And nothing is said where all fits.
    fs::remove_file(page).unwrap();
    let again = pack(&project, "2000000000");
    assert!(!again.stderr.contains("warning"), "{}", again.stderr);
}

#[cfg(unix)]
#[test]
fn a_place_without_room_is_named_with_what_to_do() {
    let stage = Stage::new();
    let project = sealed(&stage);
    let mut verify = vec!["verify".to_owned(), text(&project.bundle())];
    verify.extend(["--key".into(), ALICE.replace(".key", ".pub")]);
    let root = text(&stage.world.path("trusted_root.json"));
    verify.extend(["--trusted-root".into(), root]);
    verify.extend(["--output".into(), "json=/dev/full".into()]);

    let run = run(&verify);

    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("error: cannot write /dev/full: No space left"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("  hint: free some space"),
        "{}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_written_and_the_link_stays() {
    let stage = Stage::new();
    let project = sealed(&stage);
    let folder = stage.world.new_folder();
    fs::write(folder.join("report.json"), "older").unwrap();
    std::os::unix::fs::symlink("report.json", folder.join("latest.json")).unwrap();
    let mut verify = vec!["verify".to_owned(), text(&project.bundle())];
    verify.extend(["--key".into(), ALICE.replace(".key", ".pub")]);
    let root = text(&stage.world.path("trusted_root.json"));
    verify.extend(["--trusted-root".into(), root]);
    verify.extend([
        "--output".into(),
        format!("json={}", text(&folder.join("latest.json"))),
    ]);

    let run = run(&verify);

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(folder.join("latest.json").is_symlink());
    let report = fs::read(folder.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["verdict"], "verified");
}
