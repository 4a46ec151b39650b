//! Everything that crosses the boundary validates against its schema in `schemas/`.

#![allow(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]
#![cfg(test)]

use assert_cmd::Command;
use base64::Engine as _;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::{Path, PathBuf};

const BUNDLE: &str = "evidence-bundle-v1.4.0.tar.gz";

#[test]
fn every_schema_is_printed_as_it_is_kept_and_is_a_valid_schema() {
    for name in [
        "config",
        "policy",
        "manifest",
        "report",
        "spot-check",
        "trust",
        "pins",
        "sbom-check",
        "sbom-diff",
        "vulns-check",
        "seal-predicate",
        "gate",
        "metric-snapshot",
        "inspect",
    ] {
        let file = format!("schemas/evidence-{name}-v1.schema.json");
        let kept = std::fs::read_to_string(root().join(&file)).unwrap();

        let (code, printed) = evidence(&root(), &["schema", name]);

        assert_eq!(code, Some(0));
        assert_eq!(printed, kept, "{name}");
        let value: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(
            value["$id"],
            format!("https://intelgraph.github.io/evidence/{file}")
        );
        assert!(jsonschema::meta::is_valid(&value), "{name}");
        if !["config", "policy"].contains(&name) {
            every_property_is_described(&value, name);
        }
    }
}

fn every_property_is_described(schema: &Value, at: &str) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            assert!(described, "{at}/{name} has no description");
        }
    }
    match schema {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| every_property_is_described(value, &format!("{at}/{key}"))),
        Value::Array(list) => list
            .iter()
            .for_each(|value| every_property_is_described(value, at)),
        _ => {}
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn all_that_a_fresh_demonstration_writes_is_by_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = evidence(folder.path(), &["demo", "--dir", "demo"]);
    assert_eq!(code, Some(0), "{text}");

    let dir = folder.path().join("demo");

    valid("manifest", &manifest(&dir));
    valid("seal-predicate", &predicate(&dir));
    let report = report(&dir, BUNDLE, &[], 0);
    valid("report", &report);
    assert_eq!(report["items"].as_array().unwrap().len(), 16);
}

#[test]
fn the_manifest_and_the_predicate_are_by_their_schemas() {
    valid("manifest", &manifest(&good()));
    valid("seal-predicate", &predicate(&good()));
}

#[test]
fn a_report_is_by_its_schema_whatever_the_verdict() {
    let folder = copy();
    let report_of = |args: &[&str], exit| {
        let report = report(folder.path(), BUNDLE, args, exit);
        valid("report", &report);
        report
    };

    let verified = report_of(&[], 0);
    let other_tag = report_of(&["--tag", "v1.5.0"], 1);
    std::fs::rename(
        folder.path().join(format!("{BUNDLE}.sigstore.json")),
        folder.path().join("away"),
    )
    .unwrap();
    let unsealed = report_of(&[], 1);
    let junk = report_of(&["--seal", "policy.yaml"], 1);
    let mut bytes = std::fs::read(folder.path().join(BUNDLE)).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(folder.path().join(BUNDLE), &bytes).unwrap();
    let flipped = report_of(&["--seal", "away"], 1);
    std::fs::write(folder.path().join(BUNDLE), b"").unwrap();
    let empty = report_of(&["--seal", "away"], 1);

    assert_eq!(verified["verdict"], "verified");
    for report in [other_tag, unsealed, junk, flipped, empty] {
        assert_eq!(report["verdict"], "refused");
        assert_eq!(report["exitCode"], 1);
    }
}

#[test]
fn what_a_bundle_holds_is_by_its_schema_also_where_it_breaks() {
    let folder = copy();
    let inspected = |exit| {
        let args = ["inspect", BUNDLE, "--output", "json"];
        let (code, text) = evidence(folder.path(), &args);
        assert_eq!(code, Some(exit), "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        valid("inspect", &answer);
        answer
    };

    let whole = inspected(0);
    let mut bytes = std::fs::read(folder.path().join(BUNDLE)).unwrap();
    bytes.extend_from_slice(b"tail");
    std::fs::write(folder.path().join(BUNDLE), &bytes).unwrap();
    let tailed = inspected(1);

    for (answer, complete) in [(&whole, true), (&tailed, false)] {
        assert_eq!(answer["complete"], complete);
        assert_eq!(answer["verified"], false);
        assert_eq!(answer["members"].as_array().unwrap().len(), 76);
    }
    assert_eq!(whole["defects"], json!([]));
    assert_eq!(tailed["defects"][0]["code"], "archive");
    assert_eq!(tailed["bundle"]["tar"], Value::Null);
}

#[cfg(feature = "net")]
#[test]
fn the_answer_about_images_is_by_its_schema_good_or_bad() {
    let sigstore = root().join("fixtures/sigstore");
    let trust = [
        "--trusted-root",
        "trust/trusted_root.json",
        "--output",
        "json",
    ];
    for (images, key, exit, verdict) in [
        (vec!["images/i02-v2-key/layout"], "alice", 0, "verified"),
        (vec!["images/i02-v2-key/layout"], "bob", 1, "refused"),
        (vec!["images/i01-unsigned/layout"], "alice", 1, "refused"),
        (
            vec!["images/i02-v2-key/layout", "not-there"],
            "alice",
            3,
            "verified",
        ),
    ] {
        let references: Vec<String> = images.iter().map(|dir| format!("oci:{dir}")).collect();
        let key = format!("test-keys/{key}.pub");
        let mut args = vec!["image", "verify", "--key", &key];
        args.extend(trust);
        args.extend(references.iter().map(String::as_str));

        let (code, text) = evidence(&sigstore, &args);

        assert_eq!(code, Some(exit), "{images:?}: {text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        valid("spot-check", &answer);
        assert_eq!(answer["images"].as_array().unwrap().len(), images.len());
        assert_eq!(answer["images"][0]["verdict"], verdict, "{images:?}");
    }
}

#[cfg(feature = "net")]
#[test]
fn the_answer_about_images_as_sarif_and_junit_says_which_one_has_no_signature() {
    let sigstore = root().join("fixtures/sigstore");
    let answer = |format| {
        let args = [
            "image",
            "verify",
            "--key",
            "test-keys/alice.pub",
            "--trusted-root",
            "trust/trusted_root.json",
            "--output",
            format,
            "oci:images/i02-v2-key/layout",
            "oci:images/i01-unsigned/layout",
        ];
        let (code, text) = evidence(&sigstore, &args);
        assert_eq!(code, Some(1), "{text}");
        text
    };

    let log: Value = serde_json::from_str(&answer("sarif")).unwrap();
    let xml = answer("junit");

    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["ruleId"], "EV-signature-missing");
    let place = &results[0]["locations"][0]["logicalLocations"][0];
    let unsigned = "oci:images/i01-unsigned/layout";
    assert_eq!(place["fullyQualifiedName"], unsigned);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let suites = document
        .root_element()
        .children()
        .filter(|node| node.is_element());
    let said: Vec<_> = suites
        .map(|suite| {
            let attribute = |name| suite.attribute(name).unwrap().to_owned();
            (attribute("name"), attribute("tests"), attribute("failures"))
        })
        .collect();
    let row = |name: &str, failures: &str| (name.to_owned(), "1".to_owned(), failures.to_owned());
    assert_eq!(
        said,
        [row("oci:images/i02-v2-key/layout", "0"), row(unsigned, "1")]
    );
}

#[test]
fn the_answer_about_a_file_is_by_its_schema_good_or_bad() {
    for (identity, exit) in [
        ("https://github.com/intelgraph/demo-shop/.*", 0),
        ("nobody", 1),
    ] {
        let seal = format!("{BUNDLE}.sigstore.json");
        let args = [
            "blob",
            "verify",
            BUNDLE,
            "--bundle",
            &seal,
            "--attestation",
            "https://intelgraph.github.io/evidence/bundle/v1",
            "--certificate-identity-regexp",
            identity,
            "--certificate-oidc-issuer-regexp",
            "http://127.0.0.1:[0-9]+",
            "--trusted-root",
            "trusted_root.json",
            "--output",
            "json",
        ];

        let (code, text) = evidence(&good(), &args);

        assert_eq!(code, Some(exit), "{text}");
        valid("spot-check", &serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn what_is_shown_of_roots_is_by_its_schema_wherever_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    cached_root(folder.path());
    let file = good().join("trusted_root.json");
    let show = |args: &[&str]| {
        let args = [&["trust", "show", "--output", "json", "--cache", "."], args].concat();
        let (code, text) = evidence(folder.path(), &args);
        assert_eq!(code, Some(0), "{text}");
        let page: Value = serde_json::from_str(&text).unwrap();
        valid("trust", &page);
        page
    };

    let all = show(&[]);
    let one = show(&["--trusted-root", file.to_str().unwrap()]);

    let list = |page: &Value| -> Vec<String> {
        let roots = page["roots"].as_array().unwrap().iter();
        roots
            .map(|root| format!("{} {}", root["name"], root["source"]).replace('"', ""))
            .collect()
    };
    assert_eq!(
        list(&all),
        [
            "public-good embedded",
            "staging embedded",
            "github embedded",
            "tuf:mine cached"
        ]
    );
    assert_eq!(list(&one), [format!("{} file", file.display())]);
    let places = [
        "/roots/3",
        "/roots/3/refresh",
        "/roots/3/refresh/tuf",
        "/roots/3/refresh/tuf/root",
        "/roots/3/certificateAuthorities/0",
        "/roots/3/certificateAuthorities/0/certificates/0",
        "/roots/3/transparencyLogs/0",
    ];
    for place in [""].iter().chain(&places) {
        let mut more = all.clone();
        let object = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("surprise".into(), json!(1));
        assert!(!is_valid("trust", &more), "{place} with an unknown key");
        each_key_is_needed("trust", &all, place);
    }
}

/// A cache with the root of the good bundle, as a refresh leaves it.
fn cached_root(folder: &Path) {
    let root = std::fs::read(good().join("trusted_root.json")).unwrap();
    let role = json!({"version": 7, "expires": "2026-01-08T00:00:00Z"});
    let record = json!({
        "version": 1,
        "refreshed": "2026-01-01T00:00:00Z",
        "repository": "https://tuf.example/",
        "digest": evidence::model::Digest::of(&root),
        "tuf": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
    });
    let place = folder.join("tuf/mine");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("trusted_root.json"), &root).unwrap();
    std::fs::write(place.join("record.json"), record.to_string()).unwrap();
}

#[test]
fn the_answer_about_pins_is_by_its_schema_good_or_bad() {
    let folder = tempfile::tempdir().unwrap();
    let pinned = format!("FROM a@sha256:{}\n", "a".repeat(64));
    for (name, text) in [
        ("good.Dockerfile", pinned.as_str()),
        ("bad.Dockerfile", "FROM a:1\nFROM b@sha256:12\nFROM c:$X\n"),
        ("bad.yaml", "image: [1\nb: 2\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for (paths, exit) in [
        (["good.Dockerfile", "good.Dockerfile"], 0),
        (["good.Dockerfile", "bad.Dockerfile"], 4),
        (["good.Dockerfile", "bad.yaml"], 3),
    ] {
        let args = [["pins", "--output", "json"].as_slice(), &paths].concat();

        let (code, text) = evidence(folder.path(), &args);

        assert_eq!(code, Some(exit), "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        valid("pins", &answer);
        let summary = &answer["summary"];
        let count = |key: &str| summary[key].as_u64().unwrap();
        assert_eq!(
            count("references"),
            count("pinned") + count("unpinned") + count("unknown")
        );
        assert_eq!(count("unread"), u64::from(exit == 3));
        for place in ["", "/summary", "/files/0", "/files/0/references/0"] {
            let mut more = answer.clone();
            let object = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.insert("surprise".into(), json!(1));
            assert!(!is_valid("pins", &more), "{place} with an unknown key");
            each_key_is_needed("pins", &answer, place);
        }
    }
}

#[test]
fn unknown_and_missing_keys_are_no_manifest_report_or_answer() {
    let report = report(&good(), BUNDLE, &[], 0);
    let finding = report["findings"][0].clone();
    let answer = json!({"version": 1, "blobs": [
        {
            "reference": "x", "platform": null, "digest": null, "verdict": "refused", "findings": [finding],
            "notes": [], "mentions": [], "platforms": [],
        }
    ]});
    let cases = [
        (
            "manifest",
            manifest(&good()),
            [
                "/release",
                "/items/0",
                "/items/0/claim",
                "/items/0/expectation",
                "/files/0",
                "/producer",
            ]
            .as_slice(),
        ),
        (
            "report",
            report,
            [
                "/bundle",
                "/release",
                "/signer",
                "/log",
                "/items/0",
                "/findings/0",
            ]
            .as_slice(),
        ),
        (
            "spot-check",
            answer,
            ["/blobs/0", "/blobs/0/findings/0"].as_slice(),
        ),
    ];
    for (name, value, places) in cases {
        valid(name, &value);
        for place in [""].iter().chain(places) {
            let mut more = value.clone();
            let object = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
            object.insert("surprise".into(), json!(1));
            assert!(!is_valid(name, &more), "{name}{place} with an unknown key");
            each_key_is_needed(name, &value, place);
        }
    }
}

#[test]
fn a_predicate_needs_its_keys_and_may_have_more_as_in_toto_says() {
    let value = predicate(&good());
    for place in ["", "/release", "/manifest", "/items/0"] {
        let mut more = value.clone();
        let object = more.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("surprise".into(), json!(1));
        assert!(is_valid("seal-predicate", &more), "{place}");
        each_key_is_needed("seal-predicate", &value, place);
    }
}

/// Keys that the code leaves out where there is nothing to say.
const OPTIONAL: [&str; 6] = [
    "name",
    "uri",
    "mediaType",
    "previous",
    "tagObject",
    "undetermined",
];

fn each_key_is_needed(name: &str, value: &Value, place: &str) {
    let keys = value.pointer(place).unwrap().as_object().unwrap().keys();
    for key in keys.filter(|key| !OPTIONAL.contains(&key.as_str())) {
        let mut less = value.clone();
        let object = less.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.remove(key);
        assert!(!is_valid(name, &less), "{name}{place} without {key}");
    }
}

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn good() -> PathBuf {
    root().join("fixtures/bundles/good")
}

/// A copy of the good bundle to break.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    let seal = format!("{BUNDLE}.sigstore.json");
    for name in [
        BUNDLE,
        &seal,
        "policy.yaml",
        "trusted_root.json",
        "keys/gateway.pub",
    ] {
        std::fs::copy(good().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn validator(name: &str) -> jsonschema::Validator {
    let path = root().join(format!("schemas/evidence-{name}-v1.schema.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn is_valid(name: &str, value: &Value) -> bool {
    validator(name).is_valid(value)
}

fn valid(name: &str, value: &Value) {
    let errors: Vec<String> = validator(name)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn manifest(dir: &Path) -> Value {
    let file = std::fs::File::open(dir.join(BUNDLE)).unwrap();
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
    let mut first = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(first.path().unwrap().to_str(), Some("manifest.json"));
    let mut text = String::new();
    first.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn predicate(dir: &Path) -> Value {
    let bytes = std::fs::read(dir.join(format!("{BUNDLE}.sigstore.json"))).unwrap();
    let seal: Value = serde_json::from_slice(&bytes).unwrap();
    let payload = seal["dsseEnvelope"]["payload"].as_str().unwrap();
    let statement = base64::engine::general_purpose::STANDARD
        .decode(payload)
        .unwrap();
    let mut statement: Value = serde_json::from_slice(&statement).unwrap();
    statement["predicate"].take()
}

fn report(dir: &Path, bundle: &str, more: &[&str], exit: i32) -> Value {
    let args = [
        &[
            "verify",
            bundle,
            "--policy",
            "policy.yaml",
            "--output",
            "json",
        ],
        more,
    ]
    .concat();
    let (code, text) = evidence(dir, &args);
    assert_eq!(code, Some(exit), "{more:?}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Exit code and standard output.
fn evidence(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("evidence")
        .unwrap()
        .current_dir(dir)
        .env_clear()
        // git, and no settings of whoever runs this.
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}
