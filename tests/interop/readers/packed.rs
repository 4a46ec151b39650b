//! A bundle of several MiB, collected and packed by the real program: text, noise, archives, empty and oddly named files.

use crate::running::{TAG, evidence, run};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The bundle, and the files that are in it.
pub(crate) struct Packed {
    pub(crate) bundle: PathBuf,
    /// Bytes by the name in the repository.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    _folder: TempDir,
}

pub(crate) fn packed() -> Packed {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repository");
    let files = files();
    for (name, bytes) in &files {
        put(&root, name, bytes);
    }
    put(
        &root,
        "evidence.yaml",
        b"version: 1\nrelease: {repository: github.com/intelgraph/shop, package: bundle.tar.gz}\n\
          files: [{id: data, path: 'data/**'}]\ncommands: [{id: history, run: [git, log]}]\n",
    );
    git(&root, &["init", "--quiet"]);
    git(&root, &["add", "--all"]);
    git(&root, &["commit", "--quiet", "--message", "Data"]);
    git(&root, &["tag", "--annotate", TAG, "--message", "Data"]);
    let config = root.join("evidence.yaml");
    for command in [
        &["collect", "--tag", TAG][..],
        &["pack", "--tag", TAG, "--out-dir"],
    ] {
        let mut program = evidence();
        program.args(command);
        if command[0] == "pack" {
            program.arg(folder.path());
        }
        run(program.arg("--config").arg(&config)).exits(0);
    }
    Packed {
        bundle: folder.path().join("bundle.tar.gz"),
        files,
        _folder: folder,
    }
}

fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |name: &str, bytes: Vec<u8>| {
        files.insert(format!("data/{name}"), bytes);
    };
    let text: String = (0..60_000)
        .map(|line| format!("{line} GET /cart 200 {} ms\n", line * 7 % 350))
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&text.as_bytes()[..500_000]).unwrap();
    add("report.log", text.into_bytes());
    add("report.log.gz", packed.finish().unwrap());
    add("noise.bin", noise(3_333_333));
    add("empty.txt", Vec::new());
    for size in [1, 511, 512, 513, 1 << 20] {
        add(&format!("exact/{size}"), noise(size));
    }
    for number in 0..200 {
        add(
            &format!("many/{number:03}.txt"),
            format!("file {number}\n").into_bytes(),
        );
    }
    add("Ablauf (für Prüfer) ✓.md", b"# Ablauf\n".to_vec());
    add(
        &format!("{}/deep.txt", "a-long-folder-name/".repeat(8)),
        b"deep\n".to_vec(),
    );
    files
}

/// Bytes that nothing compresses, the same in each run (xorshift).
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    bytes.flatten().take(size).collect()
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn git(root: &Path, args: &[&str]) {
    let who = ["-c", "user.name=Test", "-c", "user.email=test@example.test"];
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(who).args(args);
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
