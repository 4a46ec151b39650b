//! `--online` against the real logs: Rekor v1's own proofs, and the files of a Rekor v2 behind a bare file server.

use crate::running::{Ran, evidence, public_key, run, shared, stack_file, trusted_root, variable};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

#[test]
fn rekor_1_confirms_what_cosign_3_logged_and_what_came_after_it() {
    let _servers = shared();
    let case = Case::new("rekor1");
    case.sign("first", "rekor1_tsa");
    case.sign("second", "rekor1_tsa");

    for name in ["first", "second"] {
        let said = case.verify(name, &["--online"]).exits(0).stdout;

        assert!(said.contains("has the entry at index"), "{said}");
        assert!(said.contains("is the log that had"), "{said}");
    }
}

#[test]
fn rekor_1_confirms_an_old_bundle_of_cosign_2_by_its_index() {
    let _servers = shared();
    let case = Case::new("old");
    let (blob, bundle) = (case.file("blob"), case.file("blob.json"));
    fs::write(&blob, format!("old {blob}")).unwrap();
    let signed = Command::new("bash")
        .args(["-c", "source \"$1\" && exec cosign-v2 sign-blob --yes --key \"$2\" --rekor-url \"$3\" --bundle \"$4\" \"$5\"", "-"])
        .args([&stack_file("cosign-v2.env"), &stack_file("keys/alice.key"), &variable("STACK_REKOR1_URL")])
        .args([&bundle, &blob])
        .output()
        .unwrap();
    assert!(signed.status.success(), "{signed:?}");

    let said = case.verify("blob", &["--online"]).exits(0).stdout;

    assert!(said.contains("has the entry at index"), "{said}");
    assert!(said.contains("no checkpoint was recorded"), "{said}");
}

#[test]
fn rekor_2_confirms_by_its_files_what_cosign_3_logged_and_what_came_after_it() {
    let _servers = shared();
    let case = Case::new("rekor2");
    case.sign("first", "rekor2_tsa");
    for number in 0..5 {
        case.sign(&format!("more{number}"), "rekor2_tsa");
    }
    let files = Files::of(&variable("STACK_REKOR2_STORAGE"));
    let address = format!("{}={}", case.log_id(), files.url);

    for name in ["first", "more4"] {
        let said = case
            .verify(name, &["--online", "--rekor-url", &address])
            .exits(0)
            .stdout;

        assert!(said.contains("is the log that had"), "{said}");
    }
}

#[test]
fn a_rekor_2_whose_files_were_changed_is_caught() {
    let _servers = shared();
    let case = Case::new("changed");
    case.sign("first", "rekor2_tsa");
    case.sign("second", "rekor2_tsa");
    let copy = case.folder.path().join("copy");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(variable("STACK_REKOR2_STORAGE"))
        .arg(&copy)
        .status()
        .unwrap();
    assert!(copied.success());
    let tiles = walk(&copy.join("tile/0"));
    assert!(!tiles.is_empty());
    for tile in tiles {
        let mut bytes = fs::read(&tile).unwrap();
        bytes.iter_mut().for_each(|byte| *byte ^= 1);
        fs::write(&tile, bytes).unwrap();
    }
    let files = Files::of(copy.to_str().unwrap());
    let address = format!("{}={}", case.log_id(), files.url);

    let said = case
        .verify("first", &["--online", "--rekor-url", &address])
        .exits(1)
        .stdout;

    assert!(said.contains("EV-log-online-inconsistent"), "{said}");
}

#[test]
fn rekor_2_itself_does_not_serve_its_tiles_and_a_root_may_name_nobody() {
    let _servers = shared();
    let case = Case::new("nobody");
    case.sign("first", "rekor2_tsa");

    // The trusted root's address is the origin of the checkpoints, and no host.
    let said = case.verify("first", &["--online"]).exits(3).stdout;

    assert!(said.contains("EV-log-online-unreachable"), "{said}");
    let address = format!("{}={}", case.log_id(), variable("STACK_REKOR2_URL"));
    let said = case
        .verify("first", &["--online", "--rekor-url", &address])
        .exits(3)
        .stdout;
    assert!(said.contains("EV-log-online-answer"), "{said}");
}

/// Files that cosign signed with the key `alice`.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
        Self { folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn sign(&self, name: &str, config: &str) {
        // Logs refuse the very entry that they have.
        fs::write(self.file(name), self.file(name)).unwrap();
        let signed = Command::new("cosign-v3")
            .args(["sign-blob", "--yes", "--key", &stack_file("keys/alice.key")])
            .args([
                "--signing-config",
                &stack_file(&format!("trust/signing_config_{config}.json")),
            ])
            .args(["--trusted-root", &trusted_root(), "--bundle"])
            .args([self.file(&format!("{name}.json")), self.file(name)])
            .output()
            .unwrap();
        assert!(signed.status.success(), "{signed:?}");
    }

    fn verify(&self, name: &str, flags: &[&str]) -> Ran {
        run(evidence()
            .args(["blob", "verify", &self.file(name), "--bundle"])
            .arg(self.file(&format!("{name}.json")))
            .args([
                "--key",
                &public_key("alice"),
                "--trusted-root",
                &trusted_root(),
            ])
            .args(flags))
    }

    /// Id of the log that has the first file, in hex.
    fn log_id(&self) -> String {
        use base64::Engine as _;
        let bundle = fs::read(self.file("first.json")).unwrap();
        let bundle: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
        let id = bundle
            .pointer("/verificationMaterial/tlogEntries/0/logId/keyId")
            .and_then(serde_json::Value::as_str)
            .unwrap();
        hex::encode(
            base64::engine::general_purpose::STANDARD
                .decode(id)
                .unwrap(),
        )
    }
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A server of a folder's files.
struct Files {
    url: String,
    server: Child,
}

impl Files {
    fn of(folder: &str) -> Self {
        let mut server = Command::new("python3")
            .args([
                "-u",
                "-m",
                "http.server",
                "0",
                "--bind",
                "127.0.0.1",
                "--directory",
                folder,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        // Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ...
        let url = line.split(['(', ')']).nth(1).unwrap().to_owned();
        Self { url, server }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
