//! Real SBOMs, attested by the real cosigns in a real registry, checked and compared there.

use super::requests::by_alice;
use super::running::{by_key, evidence, run, shared, stack_file, trusted_root, variable};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A release of Debian before and after its security updates, as syft sees it.
const PAIR: &str = "fixtures/sbom/pairs/debian-bookworm-security";

#[test]
fn what_moved_between_two_attested_images_is_what_the_distributions_own_tool_says() {
    let _servers = shared();
    for (cosign, attest) in [("v2", attest_legacy as fn(&str, &Path)), ("v3", attest)] {
        let images = ["old", "new"].map(|side| {
            let image = push(&format!("drift-{cosign}-{side}"));
            attest(&image, &file(&format!("{side}.spdx.json")));
            image
        });

        let mut command = evidence();
        command.args(["sbom", "diff", "--output", "json"]);
        command.args(flags("alice")).args(&images);
        let json = run(&mut command).exits(0).json();

        let expected: Value =
            serde_json::from_slice(&std::fs::read(file("expected.json")).unwrap()).unwrap();
        let drift = &json["comparisons"][0]["drift"];
        for kind in ["added", "removed", "upgraded", "downgraded"] {
            let (found, wanted) = (drift[kind].as_array(), expected[kind].as_array());
            assert_eq!(
                found.unwrap().len(),
                wanted.unwrap().len(),
                "{cosign}: {kind} of {drift}"
            );
        }
    }
}

#[test]
fn an_attested_sbom_is_checked_for_whoever_made_it_and_for_nobody_else() {
    let _servers = shared();
    let image = push("checked");
    attest(&image, &file("new.spdx.json"));
    let check = |key: &str| {
        let mut command = evidence();
        command.args([
            "sbom",
            "check",
            "--output",
            "json",
            "--profile",
            "ntia-2021",
        ]);
        run(command.args(flags(key)).arg(&image))
    };

    let json = check("alice").exits(0).json();

    assert_eq!(json["targets"][0]["standing"], "met", "{json}");
    check("bob").exits(1);
}

fn flags(key: &str) -> Vec<String> {
    let unlogged = ["--insecure-ignore-tlog", "--trusted-root"].map(String::from);
    [unlogged.to_vec(), vec![trusted_root()], by_key(key)].concat()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(PAIR).join(name)
}

/// Pushes an image that no other story has; gives its reference by digest.
fn push(name: &str) -> String {
    let tag = format!("{}/shop/{name}:v1", variable("STACK_REGISTRY"));
    let layer = stack_file("images/api.tar");
    let mut append = Command::new("crane");
    append.args(["append", "--oci-empty-base", "--new_layer", &layer]);
    run(append.args(["--new_tag", &tag])).exits(0);
    let mut mutate = Command::new("crane");
    let label = format!("name={name}");
    mutate.args(["mutate", "--label", &label, "--tag", &tag, &tag]);
    run(&mut mutate).exits(0).stdout.trim().to_owned()
}

fn attest(image: &str, document: &Path) {
    let mut command = by_alice("cosign-v3", "attest");
    command.args(["--type=spdxjson", "--predicate"]);
    run(command.arg(document).arg(image)).exits(0);
}

fn attest_legacy(image: &str, document: &Path) {
    let mut command = Command::new("cosign-v2");
    let key = format!("--key={}", stack_file("keys/alice.key"));
    command.args(["attest", "--tlog-upload=false", "--yes", &key]);
    command.args(["--type=spdxjson", "--predicate"]);
    run(command.arg(document).arg(image)).exits(0);
}
