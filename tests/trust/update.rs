//! Refreshes that succeed.

use crate::stage::{Stage, blob, fixture_root, image, other_root};
use serde_json::Value;

#[test]
fn a_fresh_root_is_cached_with_its_record_and_images_and_files_verify_under_it_offline() {
    let mut stage = Stage::new();
    let before = stage.run(&image(&["--trusted-root", "tuf:mine"]));

    let run = stage.update();
    stage.runtime.block_on(stage.repository.stop());

    assert_eq!(before.code, Some(2), "{}", before.stdout);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with("mine: fetched\n"), "{}", run.stdout);
    assert_eq!(
        stage.cached("trusted_root.json").trim_ascii(),
        fixture_root().trim_ascii()
    );
    let record: Value = serde_json::from_slice(&stage.cached("record.json")).unwrap();
    assert_eq!(record["repository"], format!("{}/", stage.repository.url()));
    assert_eq!(record["tuf"]["root"]["version"], 1);
    assert_eq!(record["tuf"]["timestamp"]["version"], 1);
    for args in [
        image(&["--trusted-root", "tuf:mine"]),
        blob(&["--trusted-root", "tuf:mine"]),
    ] {
        let run = stage.run(&args);
        assert_eq!(run.code, Some(0), "{args:?}: {}", run.stdout);
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn the_next_version_takes_the_place_of_the_last_and_needs_no_flags_but_the_name() {
    let stage = Stage::updated();
    stage.repository.publish(&other_root(), None).unwrap();

    let run = stage.run(&["trust", "update", "--name", "mine"]);
    let again = stage.run(&["trust", "update", "--name", "mine"]);

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with("mine: updated\n"), "{}", run.stdout);
    assert!(
        again.stdout.starts_with("mine: unchanged\n"),
        "{}",
        again.stdout
    );
    assert_eq!(
        stage.cached("trusted_root.json").trim_ascii_end(),
        other_root().trim_ascii_end()
    );
}

#[test]
fn what_is_known_is_not_asked_for_again() {
    let stage = Stage::updated();
    let before = stage.repository.requests().len();

    let run = stage.update();

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(
        stage.repository.requests()[before..],
        ["2.root.json", "timestamp.json"]
    );
}

#[test]
fn new_keys_are_followed_from_the_first_root_and_the_old_ones_are_done_with() {
    let stage = Stage::updated();
    let of_old_keys = stage.repository.files();
    for _ in 0..3 {
        stage.repository.rotate(None).unwrap();
    }

    let known = stage.update();
    let mut replayed = of_old_keys;
    let files = stage.repository.files();
    let roots = files
        .iter()
        .filter(|(name, _)| name.ends_with(".root.json"));
    replayed.extend(roots.map(|(name, bytes)| (name.clone(), bytes.clone())));
    stage.repository.set_files(replayed);
    let old_keys = stage.update();
    std::fs::remove_dir_all(stage.cache()).unwrap();
    stage.repository.set_files(files);
    let fresh = stage.update();

    assert_eq!(known.code, Some(0), "{}", known.stderr);
    assert!(
        known.stdout.contains("(root 4, timestamp 4 "),
        "{}",
        known.stdout
    );
    assert_eq!(old_keys.code, Some(1), "{}", old_keys.stdout);
    let why = "signature threshold not met for role timestamp";
    assert!(old_keys.stderr.contains(why), "{}", old_keys.stderr);
    assert_eq!(fresh.code, Some(0), "{}", fresh.stderr);
}

#[test]
fn a_root_of_the_middle_of_the_chain_is_as_good_to_begin_with() {
    let stage = Stage::new();
    stage.repository.rotate(None).unwrap();
    let second = stage.repository.files()["2.root.json"].clone();
    stage.repository.rotate(None).unwrap();
    std::fs::write(stage.folder.path().join("root.json"), second).unwrap();

    let run = stage.update();

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        !stage
            .repository
            .requests()
            .contains(&"2.root.json".to_owned())
    );
}
