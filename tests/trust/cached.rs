//! Who uses the cache: an instance's root is the cached one when that is later, old ones are pointed out, damaged ones
//! stand for nothing.

use crate::stage::{Run, blob, fixture_root, image, run};
use evidence::model::Digest;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A cache with the fixtures' root under a name, as a refresh at that time leaves it.
fn cache(name: &str, refreshed: &str) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let place = folder.path().join("tuf").join(name);
    let role = json!({"version": 1, "expires": "2026-01-08T00:00:00Z"});
    let record = json!({
        "version": 1,
        "refreshed": refreshed,
        "repository": "https://tuf.example/",
        "digest": Digest::of(&fixture_root()),
        "tuf": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
    });
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("trusted_root.json"), fixture_root()).unwrap();
    std::fs::write(place.join("record.json"), record.to_string()).unwrap();
    folder
}

fn now() -> String {
    evidence::model::Timestamp::now().to_string()
}

/// Runs with nothing to say about the age of what is built in.
fn quiet(cache: Option<&Path>, args: &[&str]) -> Run {
    run(cache, &[("EVIDENCE_WARN_ROOT_AGE", "36500")], args)
}

#[test]
fn an_instance_is_verified_with_its_cached_root_and_without_one_with_the_built_in() {
    for (name, trust) in [
        ("public-good", &[][..]),
        ("public-good", &["--trusted-root", "public-good"]),
        ("public-good", &["--instance", "public-good"]),
        ("staging", &["--instance", "staging"]),
        ("staging", &["--trusted-root", "staging"]),
        ("github", &["--instance", "github"]),
        (
            "github",
            &["--trusted-root", "public-good", "--trusted-root", "github"],
        ),
    ] {
        let cache = cache(name, &now());
        for args in [image(trust), blob(trust)] {
            let cached = quiet(Some(cache.path()), &args);
            let built_in = quiet(None, &args);

            assert_eq!(cached.code, Some(0), "{args:?}: {}", cached.stdout);
            assert_eq!(built_in.code, Some(3), "{args:?}: {}", built_in.stdout);
        }
    }
}

#[test]
fn a_cached_root_of_one_instance_says_nothing_about_another() {
    let cache = cache("staging", &now());

    let run = quiet(Some(cache.path()), &image(&["--instance", "github"]));

    assert_eq!(run.code, Some(3), "{}", run.stdout);
}

#[test]
fn an_instance_and_a_root_exclude_each_other() {
    let args = image(&["--instance", "github", "--trusted-root", "staging"]);

    assert_eq!(quiet(None, &args).code, Some(2));
}

#[test]
fn a_cached_root_that_is_older_than_the_built_in_one_is_not_used() {
    let cache = cache("public-good", "2025-01-01T00:00:00Z");

    let run = quiet(Some(cache.path()), &image(&[]));
    let shown = quiet(Some(cache.path()), &["trust", "show", "--output", "json"]);

    assert_eq!(run.code, Some(3), "{}", run.stdout);
    let page: Value = serde_json::from_str(&shown.stdout).unwrap();
    let row = |index: usize| {
        (
            page["roots"][index]["source"].clone(),
            page["roots"][index]["used"].clone(),
        )
    };
    assert_eq!(row(0), (json!("embedded"), json!(true)));
    assert_eq!(row(1), (json!("cached"), json!(false)));
}

#[test]
fn a_policy_names_instances_and_files_side_by_side() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good");
    let bundle = good.join("evidence-bundle-v1.4.0.tar.gz");
    let seal = "version: 1\nseal: {any-of: [{issuer-regexp: 'http://127.0.0.1:[0-9]+', \
                subject-regexp: 'https://github.com/intelgraph/demo-shop/.*'}]}\n";
    std::fs::copy(
        good.join("trusted_root.json"),
        folder.path().join("trusted_root.json"),
    )
    .unwrap();
    for (roots, exit) in [
        ("[github, staging, public-good, trusted_root.json]", Some(0)),
        ("[github, staging, public-good]", Some(3)),
    ] {
        let policy = folder.path().join("policy.yaml");
        std::fs::write(&policy, format!("{seal}trusted-roots: {roots}\n")).unwrap();
        let args = [
            "verify",
            bundle.to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
        ];

        let run = quiet(None, &args);

        assert_eq!(run.code, exit, "{roots}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn an_old_root_is_pointed_out_once_and_a_young_one_is_not() {
    let old = cache("mine", "2025-01-01T00:00:00Z");
    let young = cache("mine", &now());
    let args = image(&["--trusted-root", "tuf:mine"]);

    let of_old = run(Some(old.path()), &[], &args);
    let of_young = run(Some(young.path()), &[], &args);

    assert_eq!((of_old.code, of_young.code), (Some(0), Some(0)));
    assert!(
        of_old
            .stderr
            .starts_with("warning: the trusted root tuf:mine is ")
            && of_old
                .stderr
                .ends_with(" days old: evidence trust update --name mine\n"),
        "{}",
        of_old.stderr
    );
    assert_eq!(of_young.stderr, "");
}

#[test]
fn a_built_in_root_is_pointed_out_once_for_many_bundles_when_it_is_older_than_allowed() {
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles/good");
    let bundle = good.join("evidence-bundle-v1.4.0.tar.gz");
    let bundle = bundle.to_str().unwrap();
    let args = [
        "verify",
        bundle,
        bundle,
        "--certificate-identity",
        "a@b.example",
        "--certificate-oidc-issuer",
        "https://b.example",
    ];
    let warnings = |days: &str| {
        let run = run(None, &[("EVIDENCE_WARN_ROOT_AGE", days)], &args);
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        run.stderr
            .matches("warning: the trusted root public-good is ")
            .count()
    };

    assert_eq!(warnings("0"), 1);
    assert_eq!(warnings("36500"), 0);
}

#[test]
fn an_age_that_is_no_number_is_an_error() {
    let run = run(None, &[("EVIDENCE_WARN_ROOT_AGE", "soon")], &image(&[]));

    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn a_cached_root_unlike_its_record_is_undetermined_and_nothing_else_takes_its_place() {
    for (file, text) in [
        ("trusted_root.json", "{}"),
        ("record.json", "{}"),
        ("record.json", "not json"),
    ] {
        let cache = cache("public-good", &now());
        let place = cache.path().join("tuf/public-good");
        std::fs::write(place.join(file), text).unwrap();

        for args in [image(&[]), vec!["trust", "show"]] {
            let run = quiet(Some(cache.path()), &args);

            assert_eq!(run.code, Some(3), "{file}: {}", run.stdout);
            let why = "the cached root public-good is damaged";
            assert!(run.stderr.contains(why), "{}", run.stderr);
        }
    }
}

#[test]
fn the_text_shows_windows_and_marks_those_that_are_over() {
    let run = quiet(None, &["trust", "show", "--trusted-root", "public-good"]);

    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for line in [
        "public-good: embedded, of 2026-10-23 (",
        "    https://fulcio.sigstore.dev, from 2021-03-07 until 2022-12-31 (over)\n",
        "      CN=sigstore,O=sigstore.dev, from 2021-03-07 until 2031-02-23\n",
        "      id c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d, PKIX_ECDSA_P256_SHA_256\n",
    ] {
        assert!(run.stdout.contains(line), "{line}{}", run.stdout);
    }
}
