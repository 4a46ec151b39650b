//! No check without a negative, and no negative for a check that is none.

use crate::case::Case;
use crate::{
    blob, bundle, certificate, envelope, image, large, legacy, log, proof, signer, statement,
    timestamp,
};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every theme of this folder.
const THEMES: &[&[Case]] = &[
    blob::CASES,
    bundle::CASES,
    certificate::CASES,
    envelope::CASES,
    image::CASES,
    large::CASES,
    legacy::CASES,
    log::CASES,
    proof::CASES,
    signer::CASES,
    statement::CASES,
    timestamp::CASES,
];

/// Codes that no signature can reach alone: the file and the function of the unit test that reaches them.
const UNIT_TESTS: &[(&str, &str, &str)] = &[
    ("binding-repository", TAG_BINDING, DIFFERENCE),
    ("binding-ref", TAG_BINDING, DIFFERENCE),
    ("binding-commit", TAG_BINDING, DIFFERENCE),
    (
        "repository",
        POLICY,
        "an_image_that_the_ci_of_another_repository_signed_is_refused",
    ),
    (
        "docker-reference",
        POLICY,
        "a_signature_for_another_name_counts_for_nothing_where_the_policy_says_so",
    ),
    (
        "unlisted",
        POLICY,
        "an_image_that_the_policy_says_nothing_of_is_refused",
    ),
    (
        "unresolved",
        MANIFESTS,
        "what_a_manifest_leaves_open_is_undetermined_and_never_passed_over",
    ),
    (
        "platform",
        "tests/spot/platforms.rs",
        "a_platform_that_the_index_does_not_list_is_refused_with_those_that_it_does",
    ),
    (
        "not-judged",
        "tests/spot/many.rs",
        "fail_fast_ends_at_the_first_that_is_not_verified",
    ),
    (
        "unreachable",
        "tests/spot/many.rs",
        "every_image_is_reported_although_some_are_refused",
    ),
    (
        "root-malformed",
        "tests/online/many.rs",
        "a_present_root_of_an_unknown_name_or_none_at_all_is_refused",
    ),
    (
        "tree-missing",
        "tests/online/v1.rs",
        "a_log_that_no_longer_has_the_tree_is_caught",
    ),
];

/// Codes that nothing reaches: for errors that the crates do not have yet, and for a thread that breaks off.
const FALLBACKS: &[&str] = &["certificate-invalid", "log-invalid", "broken"];

/// Texts of the engine that look like codes.
const NO_CODES: &[&str] = &["public-good", "docker-manifest-digest"];

const POLICY: &str = "tests/spot/policy.rs";
const MANIFESTS: &str = "tests/spot/manifests.rs";
const TAG_BINDING: &str = "src/sigstore/tag_binding.rs";
const DIFFERENCE: &str = "each_difference_is_its_own_problem";

#[test]
fn every_code_of_the_engine_has_a_negative() {
    let told = told();
    let missing: BTreeMap<_, _> = codes()
        .into_iter()
        .filter(|(code, _)| !told.contains(code.as_str()))
        .collect();

    assert!(
        missing.is_empty(),
        "codes without a negative, and where they stand: {missing:#?}\n\
         Add a case to the theme's file in tests/negatives (`refused(\"what is wrong\", \"CODE\", |stage, wrong| …)`), \
         made by the sandbox with exactly that wrong. Where no signature can reach it alone, name a unit test in \
         UNIT_TESTS of tests/negatives/checks.rs. If the text is no code, add it to NO_CODES there."
    );
}

#[test]
fn every_negative_is_for_a_code_that_there_is() {
    let codes = codes();
    let gone: Vec<_> = told()
        .into_iter()
        .filter(|code| !codes.contains_key(*code))
        .collect();

    assert!(
        gone.is_empty(),
        "no code of src/sigstore or src/cli: {gone:?}. Was it renamed? Then rename it in tests/negatives, too."
    );
}

#[test]
fn the_unit_tests_that_stand_for_negatives_are_there() {
    for (code, file, function) in UNIT_TESTS {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let (_, after) = text
            .split_once(&format!("fn {function}()"))
            .unwrap_or_else(|| panic!("{file} has no test {function} for {code}"));
        let body = after.split("#[test]").next().unwrap();
        assert!(body.contains(code), "{function}: {code}");
    }
}

#[test]
fn there_are_more_than_sixty_and_each_has_its_own_name() {
    let cases: Vec<_> = THEMES.iter().copied().flatten().collect();
    let mut names = BTreeSet::new();
    for theme in THEMES {
        let own: BTreeSet<_> = theme.iter().map(|case| case.name).collect();
        assert_eq!(
            own.len(),
            theme.len(),
            "two cases of one theme have one name"
        );
        names.extend(own);
    }
    assert!(cases.len() >= 60, "{}", cases.len());
    assert!(names.len() >= 60, "{}", names.len());
}

#[test]
fn the_scan_finds_codes_wherever_they_are_written() {
    let text = "problem(\n    \"a-b\",\n)\n// \"c-d\"\n#[serde(rename = \"e-f\")]\nlet x = \"g-h\";\n#[cfg(test)]\n\"i-j\"";

    let mut found = BTreeMap::new();
    scan(text, Path::new("x.rs"), &kebab(), &mut found);

    assert_eq!(found.keys().collect::<Vec<_>>(), ["a-b", "g-h"]);
}

fn told() -> BTreeSet<&'static str> {
    let cases = THEMES.iter().copied().flatten().map(|case| case.code);
    let units = UNIT_TESTS.iter().map(|(code, ..)| *code);
    cases
        .chain(units)
        .chain(FALLBACKS.iter().copied())
        .collect()
}

/// Every code that the engine or the spot checks write, with the file of one place.
fn codes() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let word = r#"(?:(?:failure|unreadable|refused|undetermined)\([^"]{0,160}|Some\(\(\s*|\|\| \()"([a-z-]+)""#;
    let word = Regex::new(word).unwrap();
    for (folder, pattern) in [("src/sigstore", kebab()), ("src/cli", word)] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            scan(&text, &path, &pattern, &mut found);
        }
    }
    for no_code in NO_CODES {
        found.remove(*no_code);
    }
    assert!(found.len() > 50, "the scan found too little: {found:?}");
    found
}

fn kebab() -> Regex {
    Regex::new(r#""([a-z0-9]+(?:-[a-z0-9]+)+)""#).unwrap()
}

/// Adds what the pattern finds in the code before the file's tests, outside of comments and attributes.
fn scan(text: &str, path: &Path, pattern: &Regex, found: &mut BTreeMap<String, PathBuf>) {
    let code: Vec<_> = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|line| {
            let line = line.trim_start();
            !line.starts_with("//") && !line.starts_with("#[")
        })
        .collect();
    for captures in pattern.captures_iter(&code.join("\n")) {
        found.insert(captures[1].to_owned(), path.to_owned());
    }
}

/// The folder's files but those that are tests as a whole.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path
            .file_stem()
            .is_some_and(|name| name == "defects" || name == "tests");
        if is_test {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}
