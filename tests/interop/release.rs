//! A whole release against real servers, and what strangers with their own tools make of it.

use super::project::{Project, Sealer, Sources};
use super::running::{
    EVIDENCE, Ran, TAG, run, shared, trusted_root, variable, without_network, workflow,
};
use serde_json::Value;
use std::fs;
use std::process::Command;

const PREDICATE_TYPE: &str = "https://intelgraph.github.io/evidence/bundle/v1";

#[test]
fn a_release_sealed_by_the_workflow_in_rekor_1_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    let ran = project.release(Sealer::Workflow, &[]).exits(0);

    assert_proves_itself(&project, Sealer::Workflow);
    assert_log_kind(&project, Sealer::Workflow, "dsse 0.0.1");
    assert_found_in_rekor(&project, &ran);
}

#[test]
fn a_release_sealed_by_a_plain_key_in_rekor_1_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    let ran = project.release(Sealer::PlainKey, &[]).exits(0);

    assert_proves_itself(&project, Sealer::PlainKey);
    assert_found_in_rekor(&project, &ran);
}

#[test]
fn a_release_sealed_by_cosigns_encrypted_key_in_rekor_1_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    let ran = project.release(Sealer::CosignKey, &[]).exits(0);

    assert_proves_itself(&project, Sealer::CosignKey);
    assert_found_in_rekor(&project, &ran);
}

#[test]
fn a_release_sealed_by_the_workflow_in_rekor_2_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    project
        .release(Sealer::Workflow, &["--rekor-version", "2"])
        .exits(0);

    assert_proves_itself(&project, Sealer::Workflow);
    assert_log_kind(&project, Sealer::Workflow, "hashedrekord 0.0.2");
}

#[test]
fn a_release_sealed_by_a_plain_key_in_rekor_2_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    project
        .release(Sealer::PlainKey, &["--rekor-version", "2"])
        .exits(0);

    assert_proves_itself(&project, Sealer::PlainKey);
    assert_log_kind(&project, Sealer::PlainKey, "hashedrekord 0.0.2");
}

#[test]
fn a_release_sealed_by_cosigns_encrypted_key_in_rekor_2_proves_itself() {
    let _servers = shared();
    let project = Project::new(&Sources::real());

    project
        .release(Sealer::CosignKey, &["--rekor-version", "2"])
        .exits(0);

    assert_proves_itself(&project, Sealer::CosignKey);
}

#[test]
fn a_second_release_keeps_every_capture_and_gives_the_same_bundle() {
    let _servers = shared();
    let project = Project::new(&Sources::real());
    let first = project.release(Sealer::PlainKey, &[]).exits(0);
    let bundle = project.bundle_sha256();

    let second = project.release(Sealer::PlainKey, &[]).exits(0);

    assert!(!first.items("captured").is_empty(), "{first:?}");
    // The seal by the same key over the same statement is kept, too: the log has no second entry of it.
    let (seals, kept): (Vec<_>, Vec<_>) =
        (second.items("kept").into_iter()).partition(|kept| kept.ends_with(".sigstore.json"));
    assert_eq!(seals.len(), 1, "{seals:?}");
    assert_eq!(kept, first.items("captured"));
    assert!(second.items("captured").is_empty(), "{second:?}");
    assert_eq!(project.bundle_sha256(), bundle);
}

#[test]
fn a_seal_whose_certificate_is_about_another_commit_is_refused_for_that_alone() {
    let _servers = shared();
    let project = Project::new(&Sources::real());
    project.release(Sealer::PlainKey, &[]).exits(0);
    let other = "1".repeat(40);
    project.seal(Sealer::Workflow, &other).exits(0);

    let report = verify_offline(&project, Sealer::Workflow).exits(1).json();

    assert_eq!(report["verdict"], "refused");
    let failed = failed(&report);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("EV-release-binding"), "{failed:?}");
}

#[test]
fn another_tag_than_the_one_that_is_asked_for_is_refused_for_that_alone() {
    let _servers = shared();
    let project = Project::new(&Sources::real());
    project.release(Sealer::Workflow, &[]).exits(0);

    let ran = verify_by_flags(&project, "v1.0.1").exits(1);

    assert_eq!(failed(&ran.json()), ["EV-release-asked-tag"], "{ran:?}");
}

#[test]
fn without_a_policy_an_image_signed_by_the_producers_own_key_is_recorded_not_verified() {
    let _servers = shared();
    let project = Project::new(&Sources::real());
    project.release(Sealer::Workflow, &[]).exits(0);

    let report = verify_by_flags(&project, TAG).exits(0).json();

    assert_eq!(item(&report, "client")["status"], "verified");
    assert_eq!(item(&report, "gateway")["status"], "recorded");
    assert_eq!(item(&report, "legacy-key")["status"], "recorded");
}

/// Everything that a stranger does with the released files, on a machine without any network.
fn assert_proves_itself(project: &Project, sealer: Sealer) {
    let report = verify_offline(project, sealer).exits(0).json();
    assert_eq!(report["verdict"], "verified", "{report:#}");
    assert_eq!(report["exitCode"], 0);
    assert_eq!(report["release"]["commit"], *project.commit);
    for id in ["api", "client", "gateway", "legacy-key", "lag", "roll-back"] {
        assert_eq!(item(&report, id)["status"], "verified", "{id}: {report:#}");
    }
    let sha256 = project.bundle_sha256();
    let digest = report["bundle"]["digest"].as_str().unwrap();
    assert!(digest.ends_with(&sha256), "{digest} and {sha256}");
    assert_unpacks(project);
    assert_cosign_accepts(project, sealer);
    assert!(
        project
            .path("out/evidence-bundle-v1.0.0.report.html")
            .is_file()
    );
}

fn verify_offline(project: &Project, sealer: Sealer) -> Ran {
    run(without_network(EVIDENCE)
        .arg("verify")
        .arg(project.bundle())
        .args(["--output", "json", "--policy"])
        .arg(project.policy(sealer)))
}

fn verify_by_flags(project: &Project, tag: &str) -> Ran {
    run(without_network(EVIDENCE)
        .arg("verify")
        .arg(project.bundle())
        .args(["--output", "json", "--tag", tag])
        .args(["--trusted-root", &trusted_root()])
        .args(workflow()))
}

fn failed(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let failed = findings.filter(|finding| finding["outcome"] == "fail");
    failed.map(|one| one["code"].as_str().unwrap()).collect()
}

fn item<'a>(report: &'a Value, id: &str) -> &'a Value {
    let items = report["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == id).unwrap()
}

/// `tar` unpacks what the manifest lists, byte for byte.
fn assert_unpacks(project: &Project) {
    let folder = project.path("unpacked");
    fs::create_dir_all(&folder).unwrap();
    run(Command::new("tar")
        .arg("xzf")
        .arg(project.bundle())
        .arg("-C")
        .arg(&folder))
    .exits(0);
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut lines = String::new();
    for file in manifest["files"].as_array().unwrap() {
        let digest = file["sha256"].as_str().unwrap();
        let hex = digest.rsplit(':').next().unwrap();
        lines.push_str(&format!("{hex}  {}\n", file["path"].as_str().unwrap()));
    }
    assert!(lines.lines().count() > 20, "{lines}");
    fs::write(project.path("SHA256SUMS"), lines).unwrap();
    run(Command::new("sha256sum")
        .args(["--check", "--quiet", "--strict", "../SHA256SUMS"])
        .current_dir(&folder))
    .exits(0);
}

fn assert_cosign_accepts(project: &Project, sealer: Sealer) {
    let mut seal = project.bundle().into_os_string();
    seal.push(".sigstore.json");
    run(without_network("cosign-v3")
        .args(["verify-blob-attestation", "--type", PREDICATE_TYPE])
        .args(["--trusted-root", &trusted_root()])
        .args(sealer.accepted())
        .arg("--bundle")
        .arg(seal)
        .arg(project.bundle()))
    .exits(0);
}

fn assert_log_kind(project: &Project, sealer: Sealer, kind: &str) {
    let report = verify_offline(project, sealer).json();

    assert_eq!(report["log"]["kind"], kind, "{report:#}");
}

/// The log's own client finds the entry by the digest of the tarball, under the UUID that was printed.
fn assert_found_in_rekor(project: &Project, released: &Ran) {
    let found = run(Command::new("rekor-cli")
        .args(["search", "--rekor_server", &variable("STACK_REKOR1_URL")])
        .args(["--sha", &project.bundle_sha256()]))
    .exits(0)
    .stdout;
    let uuid = released
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("entry uuid "))
        .unwrap();
    assert!(found.lines().any(|line| line == uuid), "{uuid} in {found}");
}
