//! Repositories that break one rule: exit 1 by that rule, and the cache keeps what it had.

use crate::stage::{Stage, image, other_root};
use evidence::sandbox::{TufDefect, TufRole};

fn refused(stage: &Stage, why: &str) {
    let before = stage.both();

    let run = stage.update();

    assert_eq!(run.code, Some(1), "{why}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(why), "{why}: {}", run.stderr);
    assert!(
        run.stderr.contains("the cache keeps what it had"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    assert!(stage.both() == before, "{why}: the cache has changed");
    let verified = stage.run(&image(&["--trusted-root", "tuf:mine"]));
    assert_eq!(verified.code, Some(0), "{why}: {}", verified.stderr);
}

#[test]
fn each_defect_of_what_is_published_is_refused_by_the_rule_that_it_breaks() {
    use TufDefect::{Expired, ForeignKey, OtherBytes};
    use TufRole::{Snapshot, Targets, Timestamp};
    for (defect, why) in [
        (Expired(Timestamp), "timestamp metadata expired at "),
        (Expired(Snapshot), "snapshot metadata expired at "),
        (Expired(Targets), "targets metadata expired at "),
        (
            ForeignKey(Timestamp),
            "signature threshold not met for role timestamp: 0/1",
        ),
        (
            ForeignKey(Snapshot),
            "signature threshold not met for role snapshot: 0/1",
        ),
        (
            ForeignKey(Targets),
            "signature threshold not met for role targets: 0/1",
        ),
        (OtherBytes(Timestamp), "snapshot.json: sha256 mismatch"),
        (OtherBytes(Snapshot), "targets.json: sha256 mismatch"),
        (OtherBytes(Targets), "trusted_root.json: sha256 mismatch"),
    ] {
        let stage = Stage::updated();
        stage
            .repository
            .publish(&other_root(), Some(defect))
            .unwrap();

        refused(&stage, why);

        // The very same without the defect.
        stage.repository.publish(&other_root(), None).unwrap();
        let run = stage.update();
        assert_eq!(run.code, Some(0), "{defect:?}: {}", run.stderr);
    }
}

#[test]
fn a_new_root_needs_the_signature_of_the_last_one_and_must_not_have_expired() {
    for (defect, why) in [
        (
            TufDefect::ForeignKey(TufRole::Root),
            "signature threshold not met for role root: 0/1",
        ),
        (
            TufDefect::Expired(TufRole::Root),
            "root metadata expired at ",
        ),
    ] {
        let stage = Stage::updated();
        stage.repository.rotate(Some(defect)).unwrap();

        refused(&stage, why);
    }
}

#[test]
fn versions_never_go_back() {
    let stage = Stage::updated();
    let old = stage.repository.files();
    stage.repository.publish(&other_root(), None).unwrap();
    assert_eq!(stage.update().code, Some(0));
    stage.repository.set_files(old);

    let why = "rollback detected for timestamp: trusted version 2 > new version 1";
    refused(&stage, why);
}

#[test]
fn what_was_verified_before_a_failure_is_a_floor_too() {
    let stage = Stage::updated();
    let old = stage.repository.files();
    let defect = TufDefect::OtherBytes(TufRole::Targets);
    stage
        .repository
        .publish(&other_root(), Some(defect))
        .unwrap();
    refused(&stage, "trusted_root.json: sha256 mismatch");

    stage.repository.set_files(old);

    refused(&stage, "rollback detected for timestamp");
}

#[test]
fn a_repository_that_stands_still_is_refused_when_its_timestamp_has_expired() {
    let stage = Stage::updated();
    stage
        .repository
        .publish(&other_root(), Some(TufDefect::Expired(TufRole::Timestamp)))
        .unwrap();
    let expired = stage.repository.files();

    refused(&stage, "timestamp metadata expired at ");

    stage.repository.set_files(expired);
    refused(&stage, "timestamp metadata expired at ");
}

#[test]
fn a_root_of_another_version_than_its_name_is_refused() {
    let stage = Stage::updated();
    let mut files = stage.repository.files();
    files.insert("2.root.json".into(), files["1.root.json"].clone());
    stage.repository.set_files(files);

    refused(
        &stage,
        "root version must increment by one: trusted 1, got 1",
    );
}

#[test]
fn a_target_that_is_no_trusted_root_is_refused_although_it_is_signed() {
    let stage = Stage::updated();
    stage.repository.publish(b"{}", None).unwrap();

    refused(&stage, "is no trusted root");
}

#[test]
fn another_repository_does_not_pass_for_an_instance() {
    let stage = Stage::new();
    let url = stage.repository.url();

    let run = stage.run(&["trust", "update", "--mirror", &url]);

    assert_eq!(run.code, Some(1), "{}", run.stdout);
    let why = "signature threshold not met for role timestamp";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    assert!(!stage.cache().join("tuf/public-good/record.json").exists());
}

#[test]
fn wrong_command_lines_change_nothing() {
    let stage = Stage::new();
    let url = stage.repository.url();
    let junk = stage.folder.path().join("junk.json");
    std::fs::write(&junk, "{}").unwrap();
    let junk = junk.to_str().unwrap();
    for args in [
        &["--name", "mine"][..],
        &["--name", "mine", "--mirror", &url],
        &["--name", "mine", "--mirror", &url, "--root", junk],
        &[
            "--name",
            "mine",
            "--mirror",
            "ftp://tuf.example",
            "--root",
            junk,
        ],
        &["--name", "../mine", "--mirror", &url, "--root", junk],
        &["--name", "staging", "--mirror", &url, "--root", junk],
        &["--mirror", &url, "--root", junk],
        &["--instance", "nowhere"],
    ] {
        let run = stage.run(&[&["trust", "update"], args].concat());

        assert_eq!(run.code, Some(2), "{args:?}: {}{}", run.stdout, run.stderr);
    }
    assert_eq!(stage.repository.requests().len(), 0);
    assert!(!stage.cache().exists());
}
