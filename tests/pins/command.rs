//! `evidence pins` without a registry.

use crate::common::{Run, evidence, finish};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

const DIGEST: &str = "sha256:2d01a16bab53a8405876cec4c27235d47455a7b72b75334c614f2fb0968b3f90";

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs `evidence pins` in a folder.
pub(crate) fn pins(folder: &Path, args: &[&str]) -> Run {
    finish(evidence().current_dir(folder).arg("pins").args(args))
}

fn pod(image: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: {image}\n")
}

#[test]
fn what_is_not_pinned_is_listed_with_file_line_and_column() {
    let folder = folder(&[
        ("k8s/pod.yaml", &pod("nginx:1.27")),
        ("k8s/pinned.yaml", &pod(&format!("nginx:1.27@{DIGEST}"))),
        (
            "k8s/short.yaml",
            &pod("nginx@sha256:9f2c41d0a1b29f2c41d0a1b29f2c41d0a1b29f2c41"),
        ),
        ("Dockerfile", "ARG V\nFROM alpine AS a\nFROM x:$V\n"),
        ("notes.txt", "image: not/looked-at:1\n"),
    ]);

    let run = pins(folder.path(), &["."]);

    assert_eq!(
        run.stdout,
        "Dockerfile:2:6: alpine: neither tag nor digest\n\
         Dockerfile:3:6: x:$V: filled in by a variable: whoever sets it decides which image it is\n\
         k8s/pod.yaml:5:14: nginx:1.27: a tag, not a digest\n\
         k8s/short.yaml:5:14: nginx@sha256:9f2c41d0a1b29f2c41d0a1b29f2c41d0a1b29f2c41: not a digest: 42 hex digits, 64 needed\n\
         5 image references in 4 files: 1 pinned, 3 not pinned, 1 not known\n"
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(4), ""));
}

#[test]
fn all_pinned_is_exit_0_and_one_tag_is_exit_4() {
    let pinned = pod(&format!("nginx@{DIGEST}"));
    let folder = folder(&[("a.yaml", &pinned), ("b.yaml", &pod("nginx:1"))]);

    let good = pins(folder.path(), &["a.yaml"]);
    let bad = pins(folder.path(), &["a.yaml", "b.yaml"]);

    assert_eq!(good.code, Some(0));
    assert_eq!(
        good.stdout,
        "1 image reference in 1 file: 1 pinned, 0 not pinned, 0 not known\n"
    );
    assert_eq!(bad.code, Some(4));
}

#[test]
fn a_file_that_cannot_be_read_is_exit_3_and_the_others_are_still_looked_at() {
    let pinned = pod(&format!("nginx@{DIGEST}"));
    let folder = folder(&[
        ("a.yaml", "image: [1\nb: 2\n"),
        ("b.yaml", &pinned),
        ("c.yaml", "image: a:1\nimage: b:1\n"),
    ]);
    fs::write(folder.path().join("d.yaml"), b"x: 1\nimage: \xff\n").unwrap();

    let run = pins(folder.path(), &[".", "missing.yaml"]);

    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("a.yaml:2:2: error: "), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "c.yaml:2:1: error: the key \"image\" stands twice in one map"
    );
    assert_eq!(lines[2], "d.yaml:2:1: error: the file is not UTF-8");
    assert!(
        lines[3].starts_with("missing.yaml: error: "),
        "{}",
        lines[3]
    );
    assert_eq!(
        lines[4],
        "1 image reference in 5 files: 1 pinned, 0 not pinned, 0 not known; 4 files could not be read"
    );
    assert_eq!(run.code, Some(3));
}

#[test]
fn folders_of_others_are_left_aside_and_links_are_not_followed_without_a_word() {
    let image = pod("nginx:1");
    let folder = folder(&[
        (".git/a.yaml", &image),
        (".hidden/a.yaml", &image),
        ("node_modules/x/a.yaml", &image),
        ("target/a.yaml", &image),
        (
            ".github/workflows/a.yaml",
            "on: push\njobs: {a: {container: 'b:1'}}\n",
        ),
        ("outside/a.yaml", &image),
        ("in/side/a.yaml", &image),
    ]);
    #[cfg(unix)]
    {
        let outside = folder.path().join("outside");
        std::os::unix::fs::symlink(&outside, folder.path().join("in/folder")).unwrap();
        std::os::unix::fs::symlink(outside.join("a.yaml"), folder.path().join("in/a.yaml"))
            .unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("in/side/up")).unwrap();
    }

    let inside = pins(folder.path(), &["in"]);
    let all = pins(folder.path(), &["."]);

    #[cfg(unix)]
    {
        let unread = "a link out of what is read, which is followed only where it is named itself";
        for link in ["in/a.yaml", "in/folder"] {
            assert!(
                inside
                    .stdout
                    .contains(&format!("{link}: error: {unread}\n")),
                "{}",
                inside.stdout
            );
        }
        assert_eq!(inside.code, Some(4), "what is not pinned comes first");
        assert_eq!(inside.stdout.lines().count(), 4, "{}", inside.stdout);
    }
    #[cfg(unix)]
    {
        let alone = folder.path().join("alone");
        std::fs::create_dir(&alone).unwrap();
        std::os::unix::fs::symlink("../outside/a.yaml", alone.join("a.yaml")).unwrap();
        assert_eq!(pins(folder.path(), &["alone"]).code, Some(3));
    }
    assert!(
        inside.stdout.contains("in/side/a.yaml:5:14: "),
        "{}",
        inside.stdout
    );
    let named: Vec<_> = all
        .stdout
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        named[..3],
        [
            ".github/workflows/a.yaml",
            "in/side/a.yaml",
            "outside/a.yaml"
        ]
    );
    assert!(
        all.stdout
            .ends_with("3 image references in 3 files: 0 pinned, 3 not pinned, 0 not known\n")
    );
}

#[test]
fn standard_input_is_read_as_what_it_holds() {
    let mut child = evidence()
        .args(["pins", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(pod("nginx:1").as_bytes()).unwrap();
    drop(stdin);

    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("-:5:14: nginx:1: a tag, not a digest\n"),
        "{text}"
    );
}

#[test]
fn standard_input_cannot_be_fixed_nor_a_dry_run_be_without_fix() {
    let folder = folder(&[]);

    assert_eq!(pins(folder.path(), &["-", "--fix"]).code, Some(2));
    assert_eq!(pins(folder.path(), &["x", "--dry-run"]).code, Some(2));
    assert_eq!(pins(folder.path(), &[]).code, Some(2));
}

#[test]
fn a_reference_cannot_steer_the_terminal() {
    let text = "containers:\n  - image: \"a\\e[2K\\nforged.yaml:1:1: b\\u202e\"\n";
    let folder = folder(&[("values.yaml", text)]);

    let run = pins(folder.path(), &["values.yaml"]);

    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        run.stdout
    );
}

#[test]
fn the_same_files_as_sarif_have_a_rule_a_level_and_a_region_each() {
    let folder = folder(&[
        ("a b.yaml", &pod("nginx:1")),
        ("bad.yaml", "image: [1\nb: 2\n"),
        ("short.yaml", &pod("nginx@sha256:12")),
        ("template.yaml", &pod("'{{ x }}'")),
    ]);

    let run = pins(folder.path(), &[".", "--output", "sarif"]);

    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let said: Vec<_> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            format!(
                "{} {} {}:{}",
                result["ruleId"].as_str().unwrap(),
                result["level"].as_str().unwrap(),
                place["artifactLocation"]["uri"].as_str().unwrap(),
                place["region"]["startLine"],
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "EV-pins-tag warning a%20b.yaml:5",
            "EV-pins-unread error bad.yaml:2",
            "EV-pins-invalid error short.yaml:5",
            "EV-pins-unknown note template.yaml:5",
        ]
    );
    assert_eq!(run.code, Some(4));
}
