//! Values that are blanked before anything is hashed: what is stored, packed, verified, and captured again.

use crate::common::project::Project;
use crate::common::{Run, evidence, finish, text};
use crate::stage::{Stage, collect, command, line, metric, store, stored};
use evidence::model::Digest;
use evidence::sandbox::Service;
use serde_json::Value;
use std::fs;
use std::io::Read as _;

/// A command that prints a file which is not of the commit.
const DUMP: &str = "commands: [{id: dump, run: [cat, out.json]}]\n";
const OUT: &str =
    r#"{"items": [{"name": "a",  "env": {"pw": "hunter-2", "x": 1.50}}, {"env": {}}]}"#;

fn dumping(stage: &Stage, more: &str) -> Project {
    let project = stage.project(&format!("{DUMP}{more}"));
    fs::write(project.path("out.json"), OUT).unwrap();
    project
}

const RULE: &str = "redact: [{id: pw, items: [dump], pointer: /items/*/env/pw}]\n";

/// The bytes of a file that the store has of an item.
fn blob(project: &Project, id: &str, name: &str) -> Vec<u8> {
    let item = stored(project, id);
    let files = item["files"].as_array().unwrap();
    let wanted = |file: &&Value| file["path"].as_str().unwrap().ends_with(name);
    let digest: Digest = files.iter().find(wanted).unwrap()["sha256"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    fs::read(store(project).join("blobs").join(digest.hex())).unwrap()
}

fn verify(stage: &Stage, project: &Project) -> Value {
    let mut verify = evidence();
    verify.args(["verify", &text(&project.bundle()), "--output", "json"]);
    let run = finish(verify.args(stage.world.trust_args()));
    serde_json::from_str(&run.stdout).unwrap()
}

/// All members of the bundle, unpacked.
fn plain(project: &Project) -> String {
    let file = fs::File::open(project.bundle()).unwrap();
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_end(&mut bytes)
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_value_is_blanked_listed_and_verified_and_the_claim_is_recorded() {
    let stage = Stage::new();
    let project = dumping(&stage, RULE);

    let released = stage.release(&project);
    let report = verify(&stage, &project);

    // The command's claim is open, all else holds.
    assert_eq!(released.code, Some(3), "{}", released.stderr);
    let kept = String::from_utf8(blob(&project, "dump", "stdout")).unwrap();
    assert_eq!(kept, OUT.replace("\"hunter-2\"", "\"[redacted:pw]\""));
    assert!(!plain(&project).contains("hunter-2"));
    assert_eq!(report["verdict"], "undetermined");
    let findings = report["findings"].as_array().unwrap();
    let not_passed: Vec<&str> = (findings.iter())
        .map(|finding| finding["code"].as_str().unwrap_or_default())
        .filter(|code| !code.is_empty())
        .collect();
    assert_eq!(not_passed, ["EV-requirement-redacted"]);
    let redaction = findings
        .iter()
        .find(|one| one["check"] == "redaction")
        .unwrap();
    assert_eq!(redaction["outcome"], "pass");
    // Whoever has the salt and the value can prove it.
    let salts = fs::read(store(&project).join("salts/dump.json")).unwrap();
    let salts: Value = serde_json::from_slice(&salts).unwrap();
    let salt = hex::decode(salts[0]["salt"].as_str().unwrap()).unwrap();
    let salted = Digest::of(&[&salt[..], b"\"hunter-2\""].concat());
    let listed = &stored(&project, "dump")["redactions"][0];
    assert_eq!(listed["salted"], salted.to_string());
    assert_eq!(listed["pointer"], "files/dump/stdout#/items/0/env/pw");
}

#[test]
fn a_rule_that_comes_later_goes_or_changes_has_its_item_captured_again() {
    let stage = Stage::new();
    let project = dumping(&stage, "");
    let configuration = project.path("evidence.yaml");
    let plain = fs::read_to_string(&configuration).unwrap();
    let with = |rule: &str| {
        fs::write(&configuration, format!("{plain}{rule}")).unwrap();
        let run = collect(&project);
        let word = |run: &Run| line(run, "dump").split(' ').next().unwrap().to_owned();
        (
            word(&run),
            String::from_utf8(blob(&project, "dump", "stdout")).unwrap(),
        )
    };

    let first = with("");
    let later = with(RULE);
    let kept = with(RULE);
    let changed = with(&RULE.replace("env/pw", "name"));
    let gone = with("");

    assert_eq!(first, ("captured".into(), OUT.into()));
    assert!(
        later.0 == "captured" && !later.1.contains("hunter-2"),
        "{later:?}"
    );
    assert_eq!(kept, ("kept".into(), later.1));
    assert!(
        changed.0 == "captured" && changed.1.contains("hunter-2"),
        "{changed:?}"
    );
    assert_eq!(gone, first);
    assert!(!store(&project).join("salts/dump.json").exists());
}

#[test]
fn what_was_captured_under_other_rules_is_not_packed() {
    let stage = Stage::new();
    let project = dumping(&stage, "");
    let configuration = project.path("evidence.yaml");
    collect(&project);
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, format!("{text}{RULE}")).unwrap();

    let packed = finish(command("pack", &project).arg("--out-dir").arg(&project.out));

    assert_eq!(packed.code, Some(3), "{}", packed.stderr);
    let said = "captured for another configuration: configuration, dump";
    assert!(packed.stderr.contains(said), "{}", packed.stderr);
}

#[test]
fn a_rule_that_cannot_read_what_it_is_for_fails_the_capture_and_nothing_is_stored() {
    let stage = Stage::new();
    let project = dumping(&stage, RULE);
    for (out, says) in [
        (
            "warning: hunter-2\n{}",
            "redact rule \"pw\": files/dump/stdout cannot be read: no JSON at line 1",
        ),
        (
            r#"{"a": "[redacted:pw]"}"#,
            "files/dump/stdout holds the text [redacted:pw] already",
        ),
    ] {
        fs::write(project.path("out.json"), out).unwrap();

        let run = collect(&project);

        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert!(line(&run, "dump").contains(says), "{}", run.stderr);
        assert!(!run.stderr.contains("hunter-2"), "{}", run.stderr);
    }
    let files = crate::stage::files_below(&store(&project));
    for file in files {
        let bytes = fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("hunter-2"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn a_file_of_the_commit_is_not_redacted_and_one_beside_it_is() {
    let stage = Stage::new();
    let rule =
        |id: &str| format!("redact: [{{id: r, items: [{id}], pattern: 'replicas: (.*)'}}]\n");
    let committed = stage.project(
        &("files: [{id: values, path: deploy/values.yaml}]\n".to_owned() + &rule("values")),
    );
    let beside = stage
        .project(&("files: [{id: other, path: 'deploy/*.txt'}]\n".to_owned() + &rule("other")));
    fs::write(beside.path("deploy/x.txt"), "replicas: 7\n").unwrap();

    let refused = collect(&committed);
    let taken = collect(&beside);

    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        line(&refused, "values").contains(
            "redact rule \"r\" finds something in deploy/values.yaml, which is a file of the release's commit"
        ),
        "{}",
        refused.stderr
    );
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    assert_eq!(blob(&beside, "other", "x.txt"), b"replicas: [redacted:r]\n");
}

#[test]
fn a_redacted_metric_leaves_its_limit_open_and_a_gate_over_it_without_a_verdict() {
    let stage = Stage::new();
    let url = stage.world.sandbox.url(Service::Prometheus);
    let sections = metric(&url, "").replace("step: 60s", "step: 60s, limit: '>= 0'")
        + "gates: {cutover: [{metric: up, red: '> 1000000'}]}\n";
    let rule = "redact: [{id: labels, items: [up], pointer: '/data/result/*/metric/queue'}]\n";
    let plain = stage.project(&sections);
    let redacted = stage.project(&(sections + rule));

    let passing = stage.release(&plain);
    let open = stage.release(&redacted);
    let report = verify(&stage, &redacted);

    assert_eq!(passing.code, Some(0), "{}", passing.stderr);
    assert_eq!(open.code, Some(3), "{}", open.stderr);
    let answer = String::from_utf8(blob(&redacted, "up", "chunk-000.json")).unwrap();
    assert!(
        answer.contains("\"queue\":\"[redacted:labels]\""),
        "{answer}"
    );
    let items = report["items"].as_array().unwrap();
    for id in ["up", "cutover"] {
        let item = items.iter().find(|item| item["id"] == id).unwrap();
        assert_eq!(item["met"], Value::Null, "{item}");
        assert_ne!(item["status"], "verified", "{item}");
    }
    let gate = stored(&redacted, "cutover");
    assert_eq!(gate["item"]["claim"]["facts"]["verdict"], "INCONCLUSIVE");
}

#[test]
fn what_only_looks_like_a_secret_is_packed_when_it_is_allowed_and_not_before() {
    let stage = Stage::new();
    let out = "see https://me:hunter-2@host/\n";
    let project = stage.project("commands: [{id: dump, run: [cat, out.json]}]\n");
    let configuration = project.path("evidence.yaml");
    fs::write(project.path("out.json"), out).unwrap();

    let stopped = collect(&project);
    let text = fs::read_to_string(&configuration).unwrap();
    let allow = "secrets: {allow: [{item: dump, shape: url-password, reason: an example}]}\n";
    fs::write(&configuration, text.clone() + allow).unwrap();
    let allowed = collect(&project);
    let mut pack = command("pack", &project);
    pack.arg("--out-dir").arg(&project.out);
    let packed = finish(&mut pack);
    fs::write(&configuration, text).unwrap();
    let again = collect(&project);
    let refused = finish(&mut pack);

    assert_eq!(stopped.code, Some(3), "{}", stopped.stderr);
    assert!(
        line(&stopped, "dump").contains(
            "files/dump/stdout 1:10 holds a URL with a password (url-password): nothing is stored; a redact rule can blank it, or secrets.allow"
        ),
        "{}",
        stopped.stderr
    );
    assert!(
        line(&allowed, "dump").starts_with("captured"),
        "{}",
        allowed.stderr
    );
    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    assert!(line(&again, "dump").starts_with("kept"), "{}", again.stderr);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("  dump: files/dump/stdout 1:10: a URL with a password (url-password)\n"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("hunter-2"), "{}", refused.stderr);
}
