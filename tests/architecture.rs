//! The layout of the house: who may import whom, and what touches the world.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// Folder, and the folders that it may import.
const TABLE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("disk", &["model"]),
    ("redact", &["model"]),
    ("secrets", &["model", "redact"]),
    ("oci", &["model"]),
    ("git", &["model"]),
    ("sbom", &["model"]),
    ("vulns", &["model", "sbom"]),
    ("metrics", &["model"]),
    ("bundle", &["model"]),
    ("sigstore", &["model", "oci"]),
    ("net", &["model", "disk", "oci"]),
    (
        "config",
        &[
            "model", "redact", "secrets", "oci", "sigstore", "metrics", "sbom", "vulns",
        ],
    ),
    (
        "appraise",
        &[
            "model", "oci", "git", "sigstore", "sbom", "vulns", "metrics",
        ],
    ),
    ("decide", &["model", "sigstore", "metrics", "appraise"]),
    ("seal", &["model", "sigstore", "net", "decide"]),
    ("publish", &["model", "sigstore", "net"]),
    ("sandbox", &["model", "oci", "sigstore", "metrics"]),
    (
        "verify",
        &[
            "model", "oci", "git", "bundle", "sigstore", "metrics", "sbom", "vulns", "config",
            "appraise", "decide", "redact",
        ],
    ),
    ("report", &["model", "metrics", "sbom", "vulns", "decide"]),
    (
        "collect",
        &[
            "model", "disk", "config", "net", "oci", "git", "bundle", "sigstore", "sbom", "vulns",
            "metrics", "appraise", "redact", "secrets",
        ],
    ),
];

/// Folders at the edge: only they touch files, sockets, the environment and the clock.
const EDGE: &[&str] = &[
    "disk", "net", "collect", "seal", "publish", "sandbox", "cli",
];

const WORLD: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::process",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "reqwest",
    "tempfile",
    "File::open",
];

#[test]
fn every_folder_imports_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (folder, allowed) in TABLE {
        for (path, text) in sources(folder) {
            for (number, line) in code_lines(&text) {
                for other in imported(line) {
                    if other != *folder && !allowed.contains(&other) && is_folder(other) {
                        wrong.push(format!(
                            "{}:{number}: {folder} imports {other}",
                            path.display()
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_edge_touches_the_world() {
    let mut wrong = Vec::new();
    for (folder, _) in TABLE.iter().filter(|(folder, _)| !EDGE.contains(folder)) {
        for (path, text) in sources(folder) {
            for (number, line) in code_lines(&text) {
                for word in WORLD.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!(
                        "{}:{number}: {word} outside of the edge",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_folder() {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap());
    for folder in folders.filter(|entry| entry.file_type().unwrap().is_dir()) {
        let name = folder.file_name().into_string().unwrap();
        assert!(
            name == "cli" || TABLE.iter().any(|(known, _)| *known == name),
            "{name}"
        );
    }
}

#[test]
fn the_checks_see_what_they_are_for() {
    assert_eq!(imported("use crate::net::{Http, http};"), ["net"]);
    assert_eq!(
        imported("    let x = crate::seal::sign(crate::model::Digest::of(b));"),
        ["seal", "model"]
    );
    assert_eq!(imported("use crate::{net, model};"), ["net", "model"]);
    assert!(
        code_lines("a\n#[cfg(test)]\nmod tests {\nb")
            .iter()
            .all(|(_, line)| *line != "b")
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn is_folder(name: &str) -> bool {
    TABLE.iter().any(|(folder, _)| *folder == name) || name == "cli"
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    // The table knows folders that are still to come.
    let mut open: Vec<_> = Some(root().join(folder))
        .filter(|dir| dir.is_dir())
        .into_iter()
        .collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// Lines of code up to the file's tests, without comments.
fn code_lines(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .collect()
}

/// Folders that a line names after `crate::`.
fn imported(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(
                list.split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|part| first_word(part.trim())),
            ),
            None => found.push(first_word(rest)),
        }
    }
    found
}

fn first_word(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}
